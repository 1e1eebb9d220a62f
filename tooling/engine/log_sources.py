"""Where the device's security-event log comes from: a file, an action of the PIXIT, or the collector.

Each source hands on whole lines in the order of the log, each once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.log_collector import LogCollector

MEANS = "security-event log"
"""What a set-up offers when the tester can read the log."""
COLLECTED = "log collector"
"""What a set-up offers when the device sends its log to the tester."""
MAXIMUM_LINE = 65536
"""Octets of a line without an end that a file may hold before it is taken for one."""
BLOCK = 1024 * 1024
MOST_BLOCKS = 16
"""How much of a file is read at once; a device that floods its log costs no more."""
ANCHOR = 16
"""Lines by which the place in a log is found again that is always read from its end."""
WHOLE = 256 * 1024
"""Octets below which an answer is taken for the whole log, not for the end of a longer one."""


class LogUnreadable(Exception):
    """The log cannot be read now; the message is one line and says why."""


class NobodySends(LogUnreadable):
    """The collector is there, and no device has connected to it."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line without its end; ``at`` is when the tester read it, seconds since 1970 by its clock.

    ``behind_loss`` tells that lines may be missing before it, because the reading could not be continued.
    """

    octets: bytes
    at: float
    behind_loss: bool = False


class LogSource(Protocol):
    """A log under observation since the source was made."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with how the log is carried, beside its lines."""

    def read(self) -> Sequence[SourceLine]:
        """Return the lines that have been added since the last call. Raises LogUnreadable."""

    def close(self) -> None:
        """Give up what the source holds."""


class FileSource:
    """Follows a file from its present end on, also when it is renamed and begun anew, or emptied.

    A file that is not there yet is read from its beginning when it comes.
    """

    faults = ()

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._descriptor = -1
        self._position = 0
        self._begun = b""
        self._passing_over = False
        """The rest of the line is not wanted: it began before, or was taken already."""
        try:
            self._open()
            self._position = os.lseek(self._descriptor, 0, os.SEEK_END)
            last = os.pread(self._descriptor, 1, self._position - 1) if self._position else b"\n"
            self._passing_over = last != b"\n"
        except FileNotFoundError:
            self.close()
        except OSError as error:
            self.close()
            raise LogUnreadable(f"{path}: {error.strerror}") from error

    def _open(self) -> None:
        self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self._position = 0

    def read(self) -> Sequence[SourceLine]:
        """Return the new lines, what was added to a file that has been renamed since first."""
        try:
            lines = self._rest()
            if self._replaced():
                self.close()
                self._open()
                lines += self._rest()
        except FileNotFoundError:
            raise LogUnreadable(f"{self._path}: No such file or directory")
        except OSError as error:
            raise LogUnreadable(f"{self._path}: {error.strerror}") from error
        at = self._clock.unix()
        return [SourceLine(line, at) for line in lines]

    def _replaced(self) -> bool:
        """Return whether the name stands for another file than the one that is open, or was never opened."""
        if self._descriptor < 0:
            return True
        there, ours = os.stat(self._path), os.fstat(self._descriptor)
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def _rest(self) -> list[bytes]:
        lines: list[bytes] = []
        if self._descriptor < 0:
            return lines
        if os.fstat(self._descriptor).st_size < self._position:
            self._position, self._begun, self._passing_over = 0, b"", False
        for _ in range(MOST_BLOCKS):
            octets = os.pread(self._descriptor, BLOCK, self._position)
            self._position += len(octets)
            *whole, self._begun = (self._begun + octets).split(b"\n")
            if whole and self._passing_over:
                del whole[0]
                self._passing_over = False
            lines += [line.removesuffix(b"\r") for line in whole]
            if len(self._begun) > MAXIMUM_LINE:
                if not self._passing_over:
                    lines.append(self._begun)
                self._begun, self._passing_over = b"", True
            if len(octets) < BLOCK:
                break
        return [line for line in lines if line]

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._begun, self._passing_over = b"", False


class EndSource:
    """Reads the end of the log again and again by ``read_end``, and finds in it what is new.

    ``read_end`` returns the last lines of the log; it raises LogUnreadable. Lines that were there when the
    source was made are not returned.
    """

    faults = ()

    def __init__(self, read_end: Callable[[], bytes], clock: Clock) -> None:
        self._read_end = read_end
        self._clock = clock
        self._known = self._lines()[0][-ANCHOR:]

    def _lines(self) -> tuple[list[bytes], int]:
        octets = self._read_end()
        whole, _, _ = octets.rpartition(b"\n")
        return [line.removesuffix(b"\r") for line in whole.split(b"\n") if line.strip()], len(octets)

    def read(self) -> Sequence[SourceLine]:
        """Return the lines behind those that were the last ones before."""
        lines, size = self._lines()
        new = _behind(self._known, lines)
        lost = False
        if new is None:
            new, lost = lines, size >= WHOLE
        if lines:
            self._known = lines[-ANCHOR:]
        at = self._clock.unix()
        return [SourceLine(line, at, lost and number == 0) for number, line in enumerate(new)]

    def close(self) -> None:
        """There is nothing to give up."""


def _behind(known: list[bytes], lines: list[bytes]) -> list[bytes] | None:
    """Return those of ``lines`` that come behind ``known``, None when nothing of it is found there."""
    if not known:
        return lines
    for end in range(len(lines), 0, -1):
        if lines[end - 1] == known[-1]:
            before = lines[max(0, end - len(known)) : end]
            if before == known[-len(before) :]:
                return lines[end:]
    return None


class CollectorSource:
    """Takes what a collector receives, over whatever connections it comes."""

    def __init__(self, collector: LogCollector) -> None:
        self._collector = collector
        self._taken = 0

    @property
    def faults(self) -> tuple[str, ...]:
        """What came that is no syslog over TLS."""
        return self._collector.remarks

    def read(self) -> Sequence[SourceLine]:
        """Return the messages that came since. Raises NobodySends as long as no device has connected."""
        messages = self._collector.messages(self._taken)
        self._taken += len(messages)
        if not messages and not self._collector.connected:
            raise NobodySends(f"no device sends its log to {self._collector.address}")
        return [SourceLine(message.octets, message.at) for message in messages]

    def pause(self) -> None:
        """Be away, as a collector that cannot be reached."""
        self._collector.pause()

    def resume(self, limit: float) -> bool:
        """Be back; wait up to ``limit`` seconds for the device, and return whether it has come.

        Raises:
            LogUnreadable: the collector cannot come back.
        """
        try:
            self._collector.resume()
        except NetError as error:
            raise LogUnreadable(f"the log cannot be collected: {error}") from error
        return self._collector.wait_for_sender(limit)

    def close(self) -> None:
        """Stop the collector."""
        self._collector.stop()
