"""Syslog messages on a stream: the octet counting of RFC 5425, ``LENGTH SP MESSAGE`` (R).

A stream has no way back into step: behind a frame that is none, nothing can be read any more.
"""

from __future__ import annotations

import re

MAXIMUM_FRAME = 65536
"""Octets of a message that a reader takes; RFC 5425 asks for 2048 at least and sets no upper limit."""

_LENGTH = re.compile(rb"[1-9][0-9]{0,8} ")
_BEGINNING = re.compile(rb"[1-9][0-9]{0,8}")


def frame(message: bytes) -> bytes:
    """Return ``message`` as a frame."""
    return b"%d %b" % (len(message), message)


class FrameReader:
    """Cuts a stream into messages, however it comes in pieces.

    ``fault`` says why nothing more is read, and is empty until then.
    """

    def __init__(self, maximum: int = MAXIMUM_FRAME) -> None:
        self.fault = ""
        self._maximum = maximum
        self._pending = bytearray()
        self._consumed = 0

    def receive(self, octets: bytes) -> list[bytes]:
        """Return the messages that ``octets`` complete; what comes behind a fault is dropped."""
        if self.fault:
            return []
        self._pending += octets
        messages: list[bytes] = []
        position = 0
        while (found := _LENGTH.match(self._pending, position)) is not None:
            length = int(found[0])
            if length > self._maximum:
                self._fail(position, f"a message of {length} octets is longer than {self._maximum}")
                break
            if len(self._pending) < found.end() + length:
                break
            messages.append(bytes(self._pending[found.end() : found.end() + length]))
            position = found.end() + length
        else:
            rest = bytes(self._pending[position : position + 10])
            if rest and not _BEGINNING.fullmatch(rest):
                self._fail(position, "neither a length nor a space behind one")
        self._consumed += position
        del self._pending[:position]
        return messages

    def receive_eof(self) -> None:
        """Take note that the stream has ended; within a frame that is a fault."""
        if self._pending and not self.fault:
            self._fail(0, f"the stream ends within a frame, behind {len(self._pending)} octets of it")

    def _fail(self, position: int, why: str) -> None:
        self.fault = f"octet {self._consumed + position}: {why}"
