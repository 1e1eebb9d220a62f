"""When the tester may meet the device again: ``min_interval``, ``lockout`` and ``pace`` of the PIXIT."""

from __future__ import annotations

from conform62351.pics.pixit import Pixit
from conform62351.tooling.net.clock import Clock


class Pacing:
    """Waits as long as the device wants to be left alone, all in seconds."""

    def __init__(self, pixit: Pixit, clock: Clock) -> None:
        self._pixit = pixit
        self._clock = clock
        self._next_connection = 0.0
        self._locked_out_until = 0.0
        self._next_request = 0.0

    def await_connection(self) -> None:
        """Wait until a connection may be opened, for ``min_interval`` and ``lockout``."""
        self._sleep_until(max(self._next_connection, self._locked_out_until))
        self._next_connection = self._clock.monotonic() + self._pixit.number("min_interval")

    def await_lockout(self) -> None:
        """Wait until a device that has locked the tester out does so no longer."""
        self._sleep_until(self._locked_out_until)

    def await_request(self) -> None:
        """Wait until the PIXIT's ``pace`` allows a further request."""
        if self._pixit.number("pace"):
            self._sleep_until(self._next_request)
            self._next_request = self._clock.monotonic() + self._pixit.number("pace")

    def was_refused(self) -> None:
        """Take note that the device has refused an authentication: it may lock the tester out now."""
        self._locked_out_until = self._clock.monotonic() + self._pixit.number("lockout")

    def _sleep_until(self, at: float) -> None:
        self._clock.sleep(at - self._clock.monotonic())
