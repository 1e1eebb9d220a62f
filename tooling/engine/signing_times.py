"""The times that the tester signs: new ones for every authentication, whatever they are used for.

A replay check may be keyed on the time per certificate or on the time alone (3-compatibility, mark I). Hence
all credentials of the tester share one sequence, and times that are moved away from the clock never meet one
that was or will be sent at its own time: the usual ones are odd multiples of the device's resolution, the
others even ones.
"""

from __future__ import annotations

import os
from pathlib import Path

from conform62351.tooling.engine.time_allocator import AllocatorError, TimeAllocator
from conform62351.tooling.net.clock import Clock

STATE_FILE = "signed-times.json"
MOST_AHEAD_S = 240.0
"""How far times may run ahead of the clock before the tester waits: well within the window of 10 minutes."""
WHOLE_S = 1.0
RESERVED_S = 0.1
"""Seconds of usual times that are set aside at once: a worker beside this one runs ahead by as much."""


def default_state() -> Path:
    """Return the file that remembers signed times across runs, in the user's directory for state."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "conform62351" / STATE_FILE


class SigningTimes:
    """Gives out times in seconds since 1970 UTC; ``resolution`` is the device's, in seconds.

    The state file is shared by all runs and workers of this user.
    """

    def __init__(self, state: Path, resolution: float, clock: Clock) -> None:
        self._state = state
        self._resolution = max(resolution, 0.001)
        self._clock = clock
        self._has_folder = False
        self.steps = 2 * self._resolution
        """The distance between two times, which is how far a time may be off the one that was asked for."""
        self._fine = TimeAllocator(state, self.steps, clock)
        self._coarse = TimeAllocator(state, self.steps * -(-WHOLE_S // self.steps), clock)

    def usual(self) -> float:
        """Return a time of now.

        Raises:
            AllocatorError: the state file cannot be read or written.
        """
        return self._in_time(self._fine, "tester", RESERVED_S) + self._resolution

    def whole(self) -> float:
        """Return a time of now that has no fraction of a second, where the device's resolution allows it.

        Raises:
            AllocatorError: the state file cannot be read or written.
        """
        return self._in_time(self._coarse, "tester, whole seconds")

    def moved(self, seconds: float) -> float:
        """Return a time that lies ``seconds`` from now, or up to one step and a half later.

        Raises:
            AllocatorError: the state file cannot be read or written.
        """
        return self._in_time(self._fine, "tester, moved") + round(seconds / self.steps) * self.steps

    def _in_time(self, allocator: TimeAllocator, identity: str, reserve: float = 0.0) -> float:
        if not self._has_folder:
            try:
                self._state.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise AllocatorError(f"{self._state.parent}: {error.strerror}") from error
            self._has_folder = True
        granted = allocator.allocate(identity, reserve=reserve)
        self._clock.sleep(allocator.ahead(granted) - MOST_AHEAD_S)
        return granted
