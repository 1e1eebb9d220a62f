"""What is told while something goes on: lines that stay, and one that is renewed on a terminal."""

from __future__ import annotations

from typing import Final, TextIO

WIDTH: Final = 118
_BACK: Final = "\r\x1b[K"


class RenewedLine:
    """Writes at once to ``stream``; ``live``: it is a terminal, on which a line can be renewed.

    What cannot be written must not disturb what it tells of: the first such error ends the writing.
    """

    def __init__(self, stream: TextIO, *, live: bool) -> None:
        self.live: Final = live
        self._stream = stream
        self._gone = False

    def renew(self, text: str) -> None:
        """Show ``text``, in place of what stands there on a terminal, and as a line elsewhere."""
        self._write(f"{_BACK}{text[:WIDTH]}" if self.live else f"{text[:WIDTH]}\n")

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self._write(f"{_BACK if self.live else ''}{text}\n")

    def clear(self) -> None:
        """Remove the renewed line."""
        if self.live:
            self._write(_BACK)

    def _write(self, text: str) -> None:
        if self._gone:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._gone = True
