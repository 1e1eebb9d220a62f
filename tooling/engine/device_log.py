"""The device's security-event log as the tester follows it: what was logged since a moment."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conform62351.profiles.securitylog import EventLineError, EventRecord
from conform62351.profiles.securitylog_reader import Remark, identifier_in, parse_line, seems_event
from conform62351.tooling.engine.log_sources import (
    CollectorSource,
    LogSource,
    LogUnreadable,
    SourceLine,
)
from conform62351.tooling.net.clock import Clock

POLL_S = 0.005
LONGEST_POLL_S = 0.1
KEPT = 10_000
"""Entries that are kept; older ones have been judged."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line that the device logged: its ``record``, or the ``fault`` for which it cannot be read.

    ``number`` counts the entries of this log from 0; ``at`` is when the tester read the line, seconds since
    1970. ``behind_loss``: lines may be missing before it. ``id`` is the event that it tells of, as far as
    that can be known of an unreadable line.
    """

    number: int
    line: bytes
    at: float
    record: EventRecord | None
    remarks: tuple[Remark, ...] = ()
    fault: str = ""
    behind_loss: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class LogMark:
    """A moment in the log: the ``number`` of the next entry, and the tester's time in seconds since 1970."""

    number: int
    at: float


class DeviceLog:
    """Follows the log that ``source`` reads. Lines that are no security events are passed over.

    A log may hold others: a line that cannot be read counts when it has the signs of a security event.
    """

    def __init__(self, source: LogSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._entries: deque[LogEntry] = deque(maxlen=KEPT)
        self._next = 0
        self._lost = False

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with how the log is carried; empty for a log that is no network's matter."""
        return self._source.faults

    @property
    def collector(self) -> CollectorSource | None:
        """The source, if the device sends its log; None for a log that the tester fetches."""
        return self._source if isinstance(self._source, CollectorSource) else None

    def mark(self) -> LogMark:
        """Return this moment: what the log holds by now comes before it.

        A log that cannot be read now may be readable when something is expected of it; that is not judged
        here.
        """
        try:
            self._take()
        except LogUnreadable:
            """What it held meanwhile counts as logged behind the mark."""
        return LogMark(self._next, self._clock.unix())

    def since(self, mark: LogMark) -> list[LogEntry]:
        """Return the entries behind ``mark`` that have been read."""
        skipped = max(0, mark.number - self._next + len(self._entries))
        return list(itertools.islice(self._entries, skipped, None))

    def before(self, mark: LogMark) -> LogEntry | None:
        """Return the last entry before ``mark``, if one was read."""
        earlier = mark.number - 1 - self._next + len(self._entries)
        return self._entries[earlier] if 0 <= earlier < len(self._entries) else None

    def wait_for(
        self, wanted: Callable[[LogEntry], bool], limit: float, *, since: LogMark
    ) -> LogEntry | None:
        """Return the first entry behind ``since`` that is ``wanted``, None after ``limit`` seconds without.

        Raises:
            LogUnreadable: at the end of that time the log cannot be read.
        """
        deadline = self._clock.monotonic() + limit
        looked_at = since.number
        for pause in _pauses():
            left = deadline - self._clock.monotonic()
            try:
                self._take()
            except LogUnreadable:
                if left <= 0:
                    raise
            for entry in self.since(LogMark(looked_at, since.at)):
                if wanted(entry):
                    return entry
            looked_at = self._next
            if left <= 0:
                break
            self._clock.sleep(min(pause, left))
        return None

    def _take(self) -> None:
        for line in self._source.read():
            self._lost = self._lost or line.behind_loss
            if (entry := _entry(self._next, line, self._lost)) is not None:
                self._entries.append(entry)
                self._next += 1
                self._lost = False

    def close(self) -> None:
        """Give up the source."""
        self._source.close()


def _entry(number: int, line: SourceLine, behind_loss: bool) -> LogEntry | None:
    try:
        parsed = parse_line(line.octets)
    except EventLineError as error:
        if not seems_event(line.octets):
            return None
        return LogEntry(
            number,
            line.octets,
            line.at,
            None,
            fault=str(error),
            behind_loss=behind_loss,
            id=identifier_in(line.octets),
        )
    return LogEntry(
        number,
        line.octets,
        line.at,
        parsed.record,
        parsed.remarks,
        behind_loss=behind_loss,
        id=parsed.record.id,
    )


def _pauses() -> Iterator[float]:
    """Yield seconds between readings: short ones first, since most events are there at once."""
    pause = POLL_S
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_POLL_S)
