"""How messages are cut: by TCP into segments, and by COTP into DTs, at whatever places."""

from __future__ import annotations

from random import Random
from typing import Final

import msgspec

from conform62351.tooling.engine.steps import Accept, Connect, Conversation, SendingStep
from conform62351.tooling.fuzz.mutators.mutator import Rearranger
from conform62351.tooling.net.raw_stream import WAYS

_SIZES: Final = (1, 2, 3, 4, 5, 6, 7, 8, 11, 127, 128, 129, 1023, 1024, 1448, 4096)
"""Octets of a segment, or of data in a DT: within the header of TPKT, at its end, and at round numbers."""
_SINGLE: Final = 0.2
"""The share of cuts into single octets."""
_EMPTY_FIRST: Final = 0.2
"""The share of messages whose first DT has no data."""
_PAUSE_S: Final = 0.002
_FEWEST_PAUSED: Final = 64
"""Octets of the smallest segments that a pause is made between: a case shall not take seconds."""


class SegmentRearranger:
    """Has TCP or COTP cut what one step sends, or all steps, into other pieces."""

    def __init__(self, name: str, *, tcp: bool, start: int = 0) -> None:
        self.name = name
        self._tcp = tcp
        self._start = start

    def suits(self, talk: Conversation) -> bool:
        """Return whether the conversation sends anything."""
        return bool(self._sending(talk))

    def change(self, talk: Conversation, random: Random) -> Conversation:
        """Return the conversation with steps that cut what they send, behind the first ``start``."""
        places = self._sending(talk)
        chosen = set(places) if random.random() < 0.3 else {random.choice(places)}
        steps = list(talk.steps)
        for at in sorted(chosen):
            steps[at] = msgspec.structs.replace(steps[at], **self._cut(random))
        return msgspec.structs.replace(talk, steps=tuple(steps))

    def _sending(self, talk: Conversation) -> list[int]:
        return [
            at
            for at, step in enumerate(talk.steps)
            if at >= self._start and isinstance(step, SendingStep) and not isinstance(step, Accept)
        ]

    def _cut(self, random: Random) -> dict[str, object]:
        count = random.choice((1, 1, 2, 5))
        sizes = (1,) if random.random() < _SINGLE else tuple(random.choice(_SIZES) for _ in range(count))
        if not self._tcp:
            return {"tpdus": (0, *sizes) if random.random() < _EMPTY_FIRST else sizes}
        pause = _PAUSE_S if sizes[-1] >= _FEWEST_PAUSED and random.random() < 0.3 else 0.0
        return {"segments": sizes, "pause": pause}


class RawRearranger:
    """Has the tester's own TCP send what goes over a connection, in segments that no socket would send."""

    name = "raw segments"

    def suits(self, talk: Conversation) -> bool:
        """Return whether the tester opens a connection, and does no TLS there."""
        return bool(self._connecting(talk))

    def change(self, talk: Conversation, random: Random) -> Conversation:
        """Return the conversation with one connection that is sent over in one of the ways."""
        steps = list(talk.steps)
        at = random.choice(self._connecting(talk))
        steps[at] = msgspec.structs.replace(steps[at], raw=random.choice(sorted(WAYS)))
        return msgspec.structs.replace(talk, steps=tuple(steps))

    def _connecting(self, talk: Conversation) -> list[int]:
        return [at for at, step in enumerate(talk.steps) if isinstance(step, Connect) and step.tls is None]


def segment_rearrangers(start: int = 0, *, raw: bool = False) -> tuple[Rearranger, ...]:
    """Return what cuts messages otherwise, those behind the first ``start`` steps.

    ``raw``: also by segments of the tester's own TCP, from where the connection is opened.
    """
    made: tuple[Rearranger, ...] = (
        SegmentRearranger("TCP segments", tcp=True, start=start),
        SegmentRearranger("DTs", tcp=False, start=start),
    )
    return (*made, RawRearranger()) if raw else made
