"""One source of the signed times that the tester sends.

A receiver remembers (subject, assoID, time) and takes a second PDU with the same time for a replay
(11-decisions 29). Two associations of one identity must therefore never carry the same time, in
whatever resolution the device keeps it, and neither must the next run or a worker beside this one.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import msgspec

from conform62351.tooling.net.clock import Clock

MAXIMUM_STATE = 1 << 20


class AllocatorError(Exception):
    """The allocator's state file cannot be used: the message names it."""


class TimeAllocator:
    """Hands out times in seconds since 1970 UTC, rising strictly for each identity.

    ``resolution`` is the device's, in seconds (PIXIT ``time_resolution``): times differ by at least
    that much. Under load, allocated times run ahead of the clock; ``ahead`` tells by how much, so that
    a caller can wait before it leaves the device's window. The state file is locked while it is used and
    keeps the last time of each identity, or the last one that an allocator has reserved for it: what a
    process has not used of that, nobody does.

    Source: 11-decisions 29 (I).
    """

    def __init__(self, state: Path, resolution: float, clock: Clock) -> None:
        if resolution <= 0:
            raise ValueError("resolution must be positive")
        self._state = state
        self._resolution_ms = max(1, round(resolution * 1000))
        self._clock = clock
        self._lock = threading.Lock()
        self._reserved: dict[tuple[int, str], tuple[int, int]] = {}

    def allocate(self, identity: str, *, not_before: float = 0.0, reserve: float = 0.0) -> float:
        """Return the next time for ``identity``: now, or one resolution after its last one.

        Where the state file has to be asked, the times of the next ``reserve`` seconds are set aside for this
        allocator. Others then get later ones.

        Raises:
            AllocatorError: the state file cannot be read or written.
        """
        step = self._resolution_ms
        wanted = -(-round(max(self._clock.utc().timestamp(), not_before) * 1000) // step) * step
        # A process that was forked has the reservations of its parent, and may not use them.
        key = (os.getpid(), identity)
        with self._lock:
            last, end = self._reserved.get(key, (0, 0))
            granted = max(wanted, last + step)
            if granted > end:
                granted, end = self._reserve(identity, wanted, round(reserve * 1000) // step * step)
            self._reserved[key] = (granted, end)
        return granted / 1000

    def _reserve(self, identity: str, wanted: int, more: int) -> tuple[int, int]:
        """Return the first time that is free from ``wanted`` on, and the last of those set aside with it."""
        try:
            descriptor = os.open(self._state, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise AllocatorError(f"{self._state}: {error.strerror}") from error
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = self._load(file.read(MAXIMUM_STATE + 1))
            granted = max(wanted, last.get(identity, 0) + self._resolution_ms)
            last[identity] = granted + more
            file.seek(0)
            file.truncate()
            file.write(msgspec.json.encode(last).decode())
        return granted, granted + more

    def ahead(self, granted: float) -> float:
        """Return by how many seconds ``granted`` lies in the future, 0 when it does not."""
        return max(0.0, granted - self._clock.utc().timestamp())

    def _load(self, text: str) -> dict[str, int]:
        if not text:
            return {}
        try:
            if len(text) <= MAXIMUM_STATE:
                return msgspec.json.decode(text, type=dict[str, int])
        except msgspec.MsgspecError:
            pass
        raise AllocatorError(f"{self._state}: not a state of allocated times; remove it to start afresh")
