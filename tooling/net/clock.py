"""The clock that drivers, engine and reference device are given."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The host's clock; ``offset`` in seconds shifts what it calls UTC, never what it measures.

    Subclass it to give a test its own time.
    """

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = timedelta(seconds=offset)

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; they never go back."""
        return time.monotonic()

    def utc(self) -> datetime:
        """Return the time of day, shifted by the offset, with the time zone UTC."""
        return datetime.now(UTC) + self.offset

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``; zero or less returns at once."""
        if seconds > 0:
            time.sleep(seconds)
