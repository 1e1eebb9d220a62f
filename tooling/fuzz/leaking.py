"""Which kind of case makes a process grow: suspected by what grows with such cases, and tried by repetition.

The growth of a process over a campaign says nothing of what is rare: a leak of one case in a thousand is lost
in what all the others do. So what grows is booked to the kind of case that was just played, and once that is
much, the case is played again and again: what is no leak comes to an end.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

import msgspec

from conform62351.tooling.fuzz.case import Case

Kind = tuple[str, ...]
Done = Callable[[], bool]
DESCRIPTORS: Final = "descriptors"
FIRST: Final = 4
"""Plays after which a suspicion is given up when hardly any of them has made the figure grow."""
BLOCK: Final = 16
BLOCKS: Final = 3
"""Plays behind them, in blocks that all have to show a leak, and none much less of it than the one before:
what fills up, such as the memory that each of several threads keeps for itself, comes to an end."""
SHARE: Final = 0.8
"""The share of plays that a leak shows in: memory is given out in pages."""
CONTINUING: Final = 0.5
MOST_KINDS: Final = 4096
MOST_TRIED: Final = 3
"""How often a kind of case is tried: one that has never leaked is not at fault."""
PLAYS_A_CASE: Final = 0.25
"""Plays that all trials may come to for each case, beside :data:`PLAYS_AT_FIRST`."""
PLAYS_AT_FIRST: Final = 200


class Figures(msgspec.Struct, frozen=True):
    """What a process has: octets in memory, and open descriptors."""

    memory: int
    descriptors: int


class Suspect(msgspec.Struct, frozen=True):
    """A figure that has grown by ``enough`` with cases of one kind; a leak is ``a_play`` for each play."""

    figure: str
    unit: str
    enough: int
    a_play: int


class Leak(msgspec.Struct, frozen=True):
    """What grew, by how much in how many plays."""

    suspect: Suspect
    by: int
    plays: int


SUSPECTS: Final = (
    Suspect("memory", "octets", 512 * 1024, 192 * 1024),
    Suspect(DESCRIPTORS, DESCRIPTORS, 3, 1),
)
"""A correct device keeps a signed time for 20 minutes, in some 200 octets, and where connections come side by
side the heaps of its threads fill by some 60 KiB a play for a hundred plays. Smaller leaks are seen over a
campaign."""


class Suspicions:
    """Books the growth of one process to kinds of cases; ``figures`` returns None once there is none."""

    def __init__(self, figures: Callable[[], Figures | None]) -> None:
        self._figures = figures
        self._most: dict[str, int] = {}
        self._grown: dict[tuple[str, Kind], int] = {}
        self._tried: dict[tuple[str, Kind], int] = {}
        self._room = float(PLAYS_AT_FIRST)

    def behind(self, case: Case) -> Suspect | None:
        """Take note of the figures behind a case; return the one that is worth to be tried with it."""
        self._room += PLAYS_A_CASE
        kind = kind_of(case)
        figures = self._figures()
        found = None
        for suspect in SUSPECTS:
            key = (suspect.figure, kind)
            if key not in self._grown and len(self._grown) >= MOST_KINDS:
                continue
            grown = self._grown[key] = self._grown.get(key, 0) + self._growth(suspect, figures)
            if grown >= suspect.enough and self._tried.get(key, 0) < MOST_TRIED and found is None:
                found = suspect
                self._grown[key] = 0
        return found if self._room >= FIRST + BLOCKS * BLOCK else None

    def _growth(self, suspect: Suspect, figures: Figures | None) -> int:
        """Return by how much a figure is above all that it was before; 0 the first time."""
        if figures is None:
            return 0
        value = int(getattr(figures, suspect.figure))
        before = self._most.get(suspect.figure, value)
        self._most[suspect.figure] = max(before, value)
        return max(0, value - before)

    def tried(
        self, case: Case, suspect: Suspect, play: Callable[[], object], settle: Callable[[Done], object]
    ) -> Leak | None:
        """Play the case again, by ``play``, some 50 times at most; return what it leaks, None if nothing.

        ``settle`` waits until what it is given is true, or the device had the time to close its connections.
        """
        key = (suspect.figure, kind_of(case))
        self._tried[key] = self._tried.get(key, 0) + 1
        before = self._figures()
        if before is None or self._rises(suspect, play, FIRST)[0] < FIRST - 1:
            return None
        returned = functools.partial(self._has_closed, before.descriptors)
        by = 0
        for _ in range(BLOCKS):
            rises, grown = self._rises(suspect, play, BLOCK)
            if rises < SHARE * BLOCK or grown < max(SHARE * BLOCK * suspect.a_play, CONTINUING * by):
                return None
            by = grown
            if suspect.figure != DESCRIPTORS:
                # What is kept for connections that the device is not done with is given back.
                settle(returned)
        if suspect.figure == DESCRIPTORS:
            settle(returned)
            if self._has_closed(before.descriptors + int(SHARE * BLOCKS * BLOCK)):
                return None
        return Leak(suspect, by, BLOCK)

    def _has_closed(self, descriptors: int) -> bool:
        """Return whether no more descriptors than that are open."""
        figures = self._figures()
        return figures is None or figures.descriptors <= descriptors

    def _rises(self, suspect: Suspect, play: Callable[[], object], plays: int) -> tuple[int, int]:
        """Play ``plays`` times; return how often the figure grew, and by how much."""
        grown = []
        for _ in range(plays):
            self._room -= 1
            play()
            grown.append(self._growth(suspect, self._figures()))
        return sum(one > 0 for one in grown), sum(grown)


def kind_of(case: Case) -> Kind:
    """Return what cases have in common that do alike: the base, and which PDUs are changed."""
    return (case.base, *sorted({placed.mutation.pdu for placed in case.mutations}))
