"""Whose turn it is: bases by configuration of the device, by moment, and by chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Final

from conform62351.pics.pixit_actions import Configuration
from conform62351.tooling.fuzz.bases import Base

STRETCH: Final = 24
"""Cases of one base in a row: one association carries many of them."""
ROUND: Final = 4
"""Stretches in one configuration of the device, at least."""
CASES_A_SECOND: Final = 50
"""About as many cases as a device takes: its configuration is changed when it has paid."""


class Turns:
    """The turns of ``bases``; dearer ones of the ``configurations`` of the PIXIT stay for longer rounds."""

    def __init__(self, bases: Iterable[Base], configurations: Mapping[str, Configuration]) -> None:
        by_configuration: dict[str, list[Base]] = {}
        for base in bases:
            by_configuration.setdefault(base.configuration, []).append(base)
        self._order = list(by_configuration.values())
        used = by_configuration.keys() & configurations.keys()
        dearest = max((configurations[name].cost for name in used), default=0.0)
        self._round = max(ROUND, int(dearest * CASES_A_SECOND / STRETCH))

    def of(self, stretch: int, random: Random) -> Iterator[Base]:
        """Yield all bases, the one whose turn it is first; each next one is for who cannot play those before.

        The configuration is that of the round, then the following ones.
        """
        first = stretch // self._round
        for place in range(len(self._order)):
            yield from by_moment(self._order[(first + place) % len(self._order)], random)

    def together(self, stretch: int) -> Sequence[Base]:
        """Return the bases of the configuration of the round, in their own order."""
        return self._order[stretch // self._round % len(self._order)] if self._order else ()


def by_moment(bases: Iterable[Base], random: Random) -> list[Base]:
    """Return ``bases`` in chance order, in which every moment is as likely to be the first.

    There are many more bases of data than of the moment in which a device takes a certificate.
    """
    drawn = list(bases)
    random.shuffle(drawn)
    moments = sorted({base.moment for base in drawn})
    random.shuffle(moments)
    return sorted(drawn, key=lambda base: moments.index(base.moment))
