"""The append-only event log of a run, one JSON object a line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from conform62351.reports.model.events import AnyEvent

MAXIMUM_LINE = 16 * 1024 * 1024
BLOCK = 64 * 1024


class EventLogError(Exception):
    """An event log cannot be read or written: the message names the file, and the line that was read."""


class EventLog:
    """Writes events as they happen; what was written survives the end of the process.

    ``observer`` is called with each event after it is written (progress, verbose output). To a log that
    exists events are added; a last line that a killed run left unfinished is cut off first.
    """

    def __init__(self, path: Path, observer: Callable[[AnyEvent], None] | None = None) -> None:
        self.path = path
        self._observer = observer
        self._encode = msgspec.json.Encoder().encode
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._end_with_a_line()

    def write(self, event: AnyEvent) -> None:
        """Append one event; it reaches the operating system before this returns.

        Raises:
            EventLogError: the disk is full, or takes no more for another reason.
        """
        line = self._encode(event) + b"\n"
        try:
            written = os.write(self._descriptor, line)
            while 0 < written < len(line):
                line = line[written:]
                written = os.write(self._descriptor, line)
        except OSError as error:
            self._end_with_a_line()
            raise EventLogError(f"{self.path}: {error.strerror}") from error
        if self._observer is not None:
            self._observer(event)

    def _end_with_a_line(self) -> None:
        """Cut off what stands behind the last line feed, so that the next event has a line to itself."""
        end = size = os.lseek(self._descriptor, 0, os.SEEK_END)
        while end:
            start = max(0, end - BLOCK)
            found = os.pread(self._descriptor, end - start, start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            os.ftruncate(self._descriptor, end)

    def close(self) -> None:
        """Close the file; further writes are errors."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_events(path: Path) -> Iterator[AnyEvent]:
    """Yield the events of a log in order.

    A last line that a killed run left unfinished is passed over.

    Raises:
        EventLogError: the file cannot be opened, or a line is no event.
    """
    decoder = msgspec.json.Decoder(AnyEvent)
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    return
                if len(line) > MAXIMUM_LINE:
                    raise EventLogError(f"{path}:{number}: line longer than {MAXIMUM_LINE} octets")
                try:
                    yield decoder.decode(line)
                except msgspec.MsgspecError as error:
                    raise EventLogError(f"{path}:{number}: not an event: {error}") from error
    except OSError as error:
        raise EventLogError(f"{path}: {error.strerror}") from error
