"""The memory of signed times that are used up (IEC 62351-4 clause 11, N; 11-decisions 41)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable
from typing import Final

from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.pki.certificate import Certificate

WINDOW: Final = 600.0
"""Seconds that a signed time may be away from the local time, either way, inclusive (N)."""
MAX_TIMES: Final = 65_536

ReplayKey = Callable[[Certificate, TimeReading], Hashable]
"""Makes of a certificate and a time what must not come twice."""


def certificate_and_time(certificate: Certificate, time: TimeReading) -> Hashable:
    """Return the key under which the same time is fresh again for another certificate (I).

    A certificate is known by its public key: its octets can be changed where its issuer has not signed them,
    and the signature over the time fits every certificate for that key.
    """
    return certificate.spki, time.instant


def time_alone(_: Certificate, time: TimeReading) -> Hashable:
    """Return the key of devices that take no time twice, whoever signed it."""
    return time.instant


class ReplayMemory:
    """The times that were received, and those that this side has signed, of all associations of one device.

    A time is kept as long as it is within its window, and then too old in any case (11-decisions 41).
    There are ``maximum`` at most: while all of them are needed the memory is full, and nothing more can be
    told from a replay. The caller sees to it that one thread at a time uses it.
    """

    def __init__(self, maximum: int = MAX_TIMES, key: ReplayKey = certificate_and_time) -> None:
        self._maximum = maximum
        self._key = key
        self._keys: set[Hashable] = set()
        self._ends: list[tuple[int, int, Hashable]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._keys)

    def is_full(self, now: float) -> bool:
        """Return whether there is no room for one more time at ``now``, in seconds since 1970 UTC."""
        self._forget(now)
        return len(self._keys) >= self._maximum

    def holds(self, certificate: Certificate, time: TimeReading, now: float) -> bool:
        """Return whether the time has been received or signed before, and is to be remembered still."""
        self._forget(now)
        return self._key(certificate, time) in self._keys

    def remember(
        self, certificate: Certificate, time: TimeReading, now: float, window: float = WINDOW
    ) -> None:
        """Remember a time whose signature verifies, for the window of ``window`` seconds behind it.

        Without room for it nothing happens.
        """
        key = self._key(certificate, time)
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
