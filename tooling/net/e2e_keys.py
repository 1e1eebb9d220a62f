"""Key files of native mode on disk: appended to while associations run, read for a capture afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Final

from conform62351.profiles.native.keyfile import KeyFileError, KeyLine, read_key_lines
from conform62351.tooling.net.errors import CaptureError

MAX_KEY_FILE: Final = 64 * 1024 * 1024
_OWNER_ONLY: Final = 0o600


class KeyFileWriter:
    """A key file that lines are appended to; what it holds are secrets, so only its owner may read it.

    Every line is handed to the system at once: threads and processes may share a file.

    Raises:
        CaptureError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _OWNER_ONLY)
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror}") from error
        self._open = True

    def add(self, line: str) -> None:
        """Append a line, given without its end. Raises CaptureError when it cannot be written."""
        octets = f"{line}\n".encode("ascii")
        try:
            written = os.write(self._file, octets)
        except OSError as error:
            raise CaptureError(f"{self.path}: {error.strerror}") from error
        if written != len(octets):
            raise CaptureError(f"{self.path}: a line could not be written whole")

    def close(self) -> None:
        """Close the file; closing it again does nothing."""
        if self._open:
            self._open = False
            os.close(self._file)

    def __enter__(self) -> KeyFileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_key_file(path: Path) -> tuple[KeyLine, ...]:
    """Return what a key file tells.

    Raises:
        CaptureError: it cannot be read, is too large, holds no secret, or a line of it has another form.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise CaptureError(f"{path}: {error.strerror}") from error
    if len(octets) > MAX_KEY_FILE:
        raise CaptureError(f"{path}: larger than {MAX_KEY_FILE} octets")
    try:
        lines = read_key_lines(octets.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise CaptureError(f"{path}: octet {error.start} is no text") from error
    except KeyFileError as error:
        raise CaptureError(f"{path}, {error}") from error
    if not lines:
        raise CaptureError(f"{path}: no line with a secret")
    return lines
