"""The event log with the run's clock and the case under way."""

from __future__ import annotations

from typing import Final, Protocol

from conform62351.reports.model.events import Acted, AnyEvent, Noted
from conform62351.tooling.net.clock import Clock


def microseconds(seconds: float) -> float:
    """Return ``seconds`` without what is less than a microsecond, as events have it."""
    return int(seconds * 1e6) / 1e6


class Sink(Protocol):
    """What takes events."""

    def write(self, event: AnyEvent) -> None:
        """Append one event."""


class RunLog:
    """Writes events with times from its making on; ``case`` is the identifier that new events belong to.

    ``write`` appends an event.
    """

    def __init__(self, log: Sink, clock: Clock, *, offset: float = 0.0) -> None:
        self.case = ""
        self.write: Final = log.write
        self._clock = clock
        self._monotonic = clock.monotonic
        self._origin = clock.monotonic() - offset

    def to(self, sink: Sink) -> RunLog:
        """Return a log with the times of this one whose events go to ``sink``; its ``case`` is its own."""
        return RunLog(sink, self._clock, offset=self._monotonic() - self._origin)

    def now(self) -> float:
        """Return seconds since the run's first event, in whole microseconds."""
        return int((self._monotonic() - self._origin) * 1e6) / 1e6

    def acted(self, action: str, *, by: str = "", error: str = "") -> None:
        """Append an action on the device: what carried it out, and why it failed if it did."""
        self.write(Acted(t=self.now(), case=self.case, action=action, by=by, error=error))

    def note(self, text: str) -> None:
        """Append a remark on the run itself."""
        self.write(Noted(t=self.now(), text=text, case=self.case))
