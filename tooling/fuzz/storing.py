"""Files that are written all the time, and are whole whenever the process that writes them is killed."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

T = TypeVar("T")

SLOT: Final = 1 << 18
HEADER: Final = struct.Struct("!QII")
MOST_LINE: Final = 4 * 1024 * 1024
"""Octets of a line of a journal: a conversation with mutations stays far below."""


class StateError(Exception):
    """The folder of a campaign cannot be used: the message names the file and says why."""


class Slots:
    """A file that holds one value; it is written over all the time, and always holds a whole one.

    Two places are written by turns, each with its number and a checksum.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._number = 0

    def read(self) -> bytes | None:
        """Return the value that was written last; None: there is none."""
        best: bytes | None = None
        for place in range(2):
            octets = os.pread(self._descriptor, SLOT, place * SLOT)
            if len(octets) < HEADER.size:
                continue
            number, length, checksum = HEADER.unpack_from(octets)
            value = octets[HEADER.size : HEADER.size + length]
            if len(value) == length and _checksum(number, value) == checksum and number > self._number:
                self._number, best = number, value
        return best

    def write(self, value: bytes) -> None:
        """Put ``value`` in the place of the older one.

        Raises:
            StateError: it is too long, or the disk takes no more.
        """
        if HEADER.size + len(value) > SLOT:
            raise StateError(f"{len(value)} octets of counts are more than there is room for")
        self._number += 1
        header = HEADER.pack(self._number, len(value), _checksum(self._number, value))
        try:
            os.pwrite(self._descriptor, header + value, self._number % 2 * SLOT)
        except OSError as error:
            raise StateError(f"the counts cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def _checksum(number: int, value: bytes) -> int:
    return zlib.crc32(value, number & 0xFFFFFFFF)


class Journal(Generic[T]):
    """Values of one type in a file, one JSON line each; what was added survives the end of the process.

    A last line that a killed process has left unfinished is cut off.
    """

    def __init__(self, path: Path, kind: type[T]) -> None:
        self.path = path
        self._decoder = msgspec.json.Decoder(kind)
        self._encoder = msgspec.json.Encoder()
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StateError(f"{path}: {error.strerror}") from error

    def add(self, value: T) -> None:
        """Append a value.

        Raises:
            StateError: the disk takes no more.
        """
        line = self._encoder.encode(value) + b"\n"
        try:
            if os.write(self._descriptor, line) != len(line):
                raise StateError(f"{self.path}: the disk is full")
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror}") from error

    def read(self, wanted: Callable[[T], bool] = lambda _: True) -> Iterator[T]:
        """Yield the values that there are, in order, up to the first that is not ``wanted``.

        That one and what follows it is cut off, and what is no whole line.

        Raises:
            StateError: the file cannot be read, or a line is no such value.
        """
        whole = 0
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(iter(lambda: file.readline(MOST_LINE), b""), start=1):
                    if not line.endswith(b"\n") or not wanted(value := self._decode(line, number)):
                        break
                    whole += len(line)
                    yield value
            os.ftruncate(self._descriptor, whole)
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror}") from error

    def _decode(self, line: bytes, number: int) -> T:
        try:
            return self._decoder.decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise StateError(f"{self.path}:{number}: {error}") from error

    def clear(self) -> None:
        """Remove all values.

        Raises:
            StateError: the file cannot be written.
        """
        try:
            os.ftruncate(self._descriptor, 0)
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
