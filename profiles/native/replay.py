"""The memory of signed times that are used up: one store for all signed SecPDUs (decision 29; N, I)."""

from __future__ import annotations

import heapq
from typing import Final

from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.pki.certificate import Certificate

WINDOW: Final = 600.0
"""Seconds that a time may be away from the local one, either way, inclusive (N)."""
MAXIMUM: Final = 65_536

_Key = tuple[bytes, str | None, tuple[int, str]]


class ReplayStore:
    """What has been received under a signature that verifies: subject of pkCert, assoID and time.

    An entry is kept until its time is out of the window, and then too old in any case. There are ``maximum``
    at most: a full store takes no more, and its owner cannot tell a new PDU from a replay. It belongs to all
    associations of a device, which sees to it that one thread at a time uses it.
    """

    def __init__(self, maximum: int = MAXIMUM) -> None:
        self._maximum = maximum
        self._keys: set[_Key] = set()
        self._ends: list[tuple[int, int, _Key]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._keys)

    def is_full(self, now: float) -> bool:
        """Return whether there is no room at ``now``, in seconds since 1970 UTC."""
        self._forget(now)
        return len(self._keys) >= self._maximum

    def holds(self, certificate: Certificate, asso_id: str | None, time: TimeReading, now: float) -> bool:
        """Return whether the same has been received before, and is to be remembered still."""
        self._forget(now)
        return _key(certificate, asso_id, time) in self._keys

    def enter(
        self,
        certificate: Certificate,
        asso_id: str | None,
        time: TimeReading,
        now: float,
        window: float = WINDOW,
    ) -> None:
        """Remember what has verified for ``window`` seconds behind its time; without room nothing happens."""
        key = _key(certificate, asso_id, time)
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


def _key(certificate: Certificate, asso_id: str | None, time: TimeReading) -> _Key:
    return certificate.subject, asso_id, time.instant
