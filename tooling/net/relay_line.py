"""The line behind an intermediary: how long octets are on their way, how many at a time, in what pieces."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import Final

LONGEST_DELAY_S: Final = 3600.0
MOST_UNDER_WAY: Final = 1 << 20
USUAL_PIECE: Final = 1460
"""Octets of a segment of TCP over Ethernet: a slow line has sent so many when the next ones begin."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a line does to octets, in either direction alike; none of it changes them or their order.

    ``delay`` is how many seconds they are on their way, ``jitter`` up to how many more, drawn anew for each
    piece. ``rate`` is how many octets a second it carries, 0: any. ``piece`` is how many it hands on at once,
    0: all that have come together.
    """

    delay: float = 0.0
    jitter: float = 0.0
    rate: float = 0.0
    piece: int = 0


class Way:
    """One direction of a line: octets that are on their way, each with the moment at which it arrives.

    Moments are seconds of whatever clock the caller has.
    """

    def __init__(self, line: Line, draw: random.Random) -> None:
        self._line = line
        self._draw = draw
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._octets = 0
        self._clear_at = 0.0
        self._arrived_at = 0.0

    def put(self, octets: bytes, now: float) -> None:
        """Send octets on their way; none stand for the end, which takes as long as any."""
        line = self._line
        size = line.piece or (USUAL_PIECE if line.rate else len(octets))
        for begin in range(0, max(len(octets), 1), size or 1):
            piece = octets[begin : begin + size]
            self._clear_at = max(self._clear_at, now) + (len(piece) / line.rate if line.rate else 0.0)
            arrives = self._clear_at + line.delay + self._draw.uniform(0.0, line.jitter)
            self._arrived_at = max(self._arrived_at, arrives)
            self._under_way.append((self._arrived_at, piece))
            self._octets += len(piece)

    @property
    def full(self) -> bool:
        """Whether so much is under way that nothing more is to be taken from the sender."""
        return self._octets >= MOST_UNDER_WAY

    def due_in(self, now: float) -> float | None:
        """Return in how many seconds the next octets arrive; None: there are none under way."""
        return max(self._under_way[0][0] - now, 0.0) if self._under_way else None

    def take(self, now: float) -> bytes | None:
        """Return the next octets that have arrived; None: there are none yet."""
        if not self._under_way or self._under_way[0][0] > now:
            return None
        _, octets = self._under_way.popleft()
        self._octets -= len(octets)
        return octets
