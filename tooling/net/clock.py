"""The clock that drivers, engine and reference device are given."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The host's clock; ``offset`` in seconds shifts its time of day, never what it measures.

    Subclass it to give a test its own time.
    """

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = timedelta(seconds=offset)

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; they never go back."""
        return time.monotonic()

    def unix(self) -> float:
        """Return the time of day as seconds since 1970, shifted by the offset."""
        return time.time() + self.offset.total_seconds()

    def utc(self) -> datetime:
        """Return the same with the time zone UTC."""
        return datetime.fromtimestamp(self.unix(), UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``; zero or less returns at once."""
        if seconds > 0:
            time.sleep(seconds)
