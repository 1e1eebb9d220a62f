"""The memory of signed times that are used up, which both modes have (clauses 11 and 14, N)."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Final

from conform62351.profiles.generalized_time import TimeReading

WINDOW: Final = 600.0
"""Seconds that a signed time may be away from the local time, either way, inclusive (N)."""
MAX_TIMES: Final = 65_536


class SignedTimes:
    """Times under the keys that must not come twice.

    A time is kept as long as it is within its window, and then too old in any case (11-decisions 29, 41; I).
    There are ``maximum`` at most: while all of them are needed the memory is full, and nothing more can be
    told from a replay. The caller sees to it that one thread at a time uses it.
    """

    def __init__(self, maximum: int = MAX_TIMES) -> None:
        self._maximum = maximum
        self._keys: set[Hashable] = set()
        self._ends: list[tuple[int, int, Hashable]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._keys)

    def is_full(self, now: float) -> bool:
        """Return whether there is no room for one more time at ``now``, in seconds since 1970 UTC."""
        self._forget(now)
        return len(self._keys) >= self._maximum

    def has(self, key: Hashable, now: float) -> bool:
        """Return whether ``key`` has been put in before, and is to be remembered still."""
        self._forget(now)
        return key in self._keys

    def put(self, key: Hashable, time: TimeReading, now: float, window: float) -> None:
        """Remember ``key`` for ``window`` seconds behind its time; without room for it nothing happens."""
        if key in self._keys or self.is_full(now):
            return
        self._keys.add(key)
        self._count += 1
        heapq.heappush(self._ends, (time.milliseconds + round(window * 1000), self._count, key))

    def _forget(self, now: float) -> None:
        # In whole milliseconds, as the window is checked: what is within it must not be forgotten.
        local = round(now * 1000)
        while self._ends and self._ends[0][0] < local:
            self._keys.discard(heapq.heappop(self._ends)[2])
