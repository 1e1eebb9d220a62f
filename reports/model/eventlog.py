"""The append-only event log of a run, one JSON object a line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from conform62351.reports.model.events import AnyEvent

MAXIMUM_LINE = 16 * 1024 * 1024


class EventLogError(Exception):
    """An event log cannot be read: the message names file and line."""


class EventLog:
    """Writes events as they happen; what was written survives the end of the process.

    ``observer`` is called with each event after it is written (progress, verbose output).
    """

    def __init__(self, path: Path, observer: Callable[[AnyEvent], None] | None = None) -> None:
        self.path = path
        self._observer = observer
        self._encode = msgspec.json.Encoder().encode
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, event: AnyEvent) -> None:
        """Append one event; it reaches the operating system before this returns."""
        os.write(self._descriptor, self._encode(event) + b"\n")
        if self._observer is not None:
            self._observer(event)

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
