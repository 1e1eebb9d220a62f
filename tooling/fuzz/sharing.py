"""Several processes at one device: they play side by side, and look alone into what one of them has met.

The device is a room. Who plays ordinary cases is in it among others; who confirms a finding, looks at a base
for the first time, resets or boots the device has it alone, so that what is seen then is nobody else's doing.
Both are locks of the system (flock) in the campaign's folder, which ends with the process that holds them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from conform62351.tooling.fuzz.progress import Interrupted

FOLDER: Final = "sharing"
ROOM_FILE: Final = "room"
TURN_FILE: Final = "turn"
CHANGES_FILE: Final = "changes"
POLL_S: Final = 0.005
OTHERS_S: Final = 0.3
"""Seconds in which those who wait for the device get it first: many times what passes between two looks."""
LIMIT_S: Final = 3600.0
_NEWS: Final = struct.Struct("!QQ")
"""How often the device was changed, and how often it was asked who has done so."""


class DeviceHeld(Exception):
    """Others have not let go of the device in all the time that they may take: the message says so."""


class Share:
    """The share of a worker in a device; this one has it for itself, as long as ``workers`` is 1.

    ``worker`` is its number among ``workers``, from 1. What is called ``rest`` ends the associations that
    stand, before others get the device. ``disturbed``: others have changed the device between the last time
    that it was entered and the time that it was had alone. No wait for others takes longer than ``limit``
    seconds.
    """

    def __init__(self, workers: int = 1, worker: int = 0) -> None:
        self.workers = workers
        self.worker = worker
        self.disturbed = False
        self.limit = LIMIT_S

    def enter(self, rest: Callable[[], None], ended: Callable[[], bool]) -> bool:
        """Be among those who play, and let others have the device alone first; False: it has ``ended``.

        Raises:
            DeviceHeld: they do not let go of it.
        """
        del rest, ended
        return True

    def leave(self, rest: Callable[[], None]) -> None:
        """Be no longer among those who play."""

    @contextlib.contextmanager
    def alone(self, rest: Callable[[], None]) -> Iterator[None]:
        """Have the device alone; behind it nobody is in the room until :meth:`enter`.

        Raises:
            DeviceHeld: others do not let go of it.
            Interrupted: somebody has ended the campaign meanwhile.
        """
        del rest
        yield

    def others_first(self, rest: Callable[[], None]) -> bool:
        """Ask others what they know of it, then have it alone again; return whether they have changed it.

        Raises:
            DeviceHeld, Interrupted: as for :meth:`alone`.
        """
        del rest
        return False

    def changed(self) -> None:
        """Tell the others that the device is not as they have left it: it was down, reset, or is at fault."""

    def renewed(self) -> bool:
        """Return whether others have changed the device since this was asked last."""
        return False

    def asked(self) -> bool:
        """Return whether another worker has met the device down and does not know why.

        Who then has it alone, to see whether it has done so itself, asks nobody in its turn.
        """
        return False

    def crowd(self) -> int:
        """Return how many play at the device; 0 where it is another worker who has to look at its growth."""
        return 1


class SharedDevice(Share):
    """The share of a worker in a device that ``workers`` processes with the same ``folder`` have together.

    ``stopped`` ends a wait as well.

    Raises:
        OSError: the folder cannot be used.
    """

    def __init__(
        self, folder: Path, worker: int, workers: int, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__(workers, worker)
        self._stopped = stopped
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as left:
            self._room = left.enter_context(_Lock(folder / ROOM_FILE))
            self._turn = left.enter_context(_Lock(folder / TURN_FILE))
            self._file = os.open(folder / CHANGES_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            left.callback(os.close, self._file)
            self._left = left.pop_all()
        self._inside = False
        self._alone = False
        self._renewed = False
        self._asked = False
        self._answering = False
        self._changes, self._asks = self._news()

    def enter(self, rest: Callable[[], None], ended: Callable[[], bool]) -> bool:
        """Be among those who play. Who waits to be alone has taken the turn, and goes first."""
        if self._inside:
            if self._turn.take(fcntl.LOCK_SH):
                self._turn.give_back()
                return True
            self.leave(rest)
        if not self._waited(self._enters, ended):
            return False
        self._inside = True
        self._look()
        return True

    def _enters(self) -> bool:
        if not self._turn.take(fcntl.LOCK_SH):
            return False
        found = self._room.take(fcntl.LOCK_SH)
        self._turn.give_back()
        return found

    def leave(self, rest: Callable[[], None]) -> None:
        """Be no longer among those who play: no association of this worker stands behind it."""
        if self._inside:
            rest()
            self._inside = False
            self._room.give_back()

    @contextlib.contextmanager
    def alone(self, rest: Callable[[], None]) -> Iterator[None]:
        """Have the device alone: nobody has so much as an association with it."""
        self.leave(rest)
        self._take()
        found = self._look()
        self.disturbed, self._answering = found or self._answering, False
        try:
            yield
        finally:
            rest()
            self._let_go()

    def others_first(self, rest: Callable[[], None]) -> bool:
        """Ask others what they know of it; return whether they have changed the device meanwhile."""
        rest()
        self._write(self._changes, self._asks + 1)
        self._let_go()
        time.sleep(OTHERS_S)
        self._take()
        return self._look()

    def _take(self) -> None:
        if not self._waited(lambda: self._turn.take(fcntl.LOCK_EX), self._stopped):
            raise Interrupted
        # From here on nobody enters, and those inside leave behind the case that they are about.
        try:
            self._alone = self._waited(lambda: self._room.take(fcntl.LOCK_EX), self._stopped)
        finally:
            if not self._alone:
                self._turn.give_back()
        if not self._alone:
            raise Interrupted

    def _let_go(self) -> None:
        if self._alone:
            self._alone = False
            self._room.give_back()
            self._turn.give_back()

    def _waited(self, done: Callable[[], bool], ended: Callable[[], bool]) -> bool:
        """Wait until something is ``done``; return False where it has ``ended`` before."""
        deadline = time.monotonic() + self.limit
        while not done():
            if ended():
                return False
            if time.monotonic() > deadline:
                raise DeviceHeld(f"another worker has not let go of the device for {self.limit:.0f} s")
            time.sleep(POLL_S)
        return True

    def changed(self) -> None:
        """Count one more change. It is told before it is done: who is killed meanwhile has told it."""
        self._write(self._changes + 1, self._asks)

    def renewed(self) -> bool:
        """Return whether others have changed the device since this was asked last."""
        found, self._renewed = self._renewed, False
        return found

    def asked(self) -> bool:
        """Return whether another worker has met the device down and does not know why."""
        self._answering, self._asked = self._asked, False
        return self._answering

    def crowd(self) -> int:
        """Return how many play at the device now; the first worker looks at its growth while it is shared."""
        if self._alone:
            return 1
        return self.workers if self.worker == 1 else 0

    def _look(self) -> bool:
        """Return whether others have changed the device since the last look."""
        changes, asks = self._news()
        found = changes != self._changes
        self._renewed = self._renewed or found
        self._asked = self._asked or asks != self._asks
        self._changes, self._asks = changes, asks
        return found

    def _news(self) -> tuple[int, int]:
        octets = os.pread(self._file, _NEWS.size, 0)
        changes, asks = _NEWS.unpack(octets) if len(octets) == _NEWS.size else (0, 0)
        return int(changes), int(asks)

    def _write(self, changes: int, asks: int) -> None:
        """Write the news, which nobody else does while the device is had alone."""
        self._changes, self._asks = changes, asks
        os.pwrite(self._file, _NEWS.pack(changes, asks), 0)

    def close(self) -> None:
        """Give back what is held, and close the files."""
        self._left.close()


class _Lock:
    """A lock in a file, of this process or of none; it is taken at once or not at all."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def take(self, how: int) -> bool:
        """Take it, as LOCK_SH or LOCK_EX says; return whether nobody is in the way."""
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_back(self) -> None:
        """Give it back."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def __enter__(self) -> _Lock:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
