"""Records and handshake messages out of a stream of octets, and back (RFC 5246 6.2.1 and 7.4) (R).

Both readers hold at most one record or message and a bounded piece more; what never ends is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

import msgspec

from conform62351.profiles.tls.engine.wire import TlsDecodeError, vector24, write8, write16
from conform62351.profiles.tls.records import HEADER_LENGTH, MAX_FRAGMENT, MAX_MESSAGE, ContentType

MAX_PLAIN: Final = 16384
"""Octets of a fragment before protection at most."""
MAX_MESSAGES: Final = 64
"""Messages of one handshake at most; the longest that TLS 1.2 has takes eight from either side."""
MAJOR: Final = 3
MESSAGE_HEADER: Final = 4

_ANCIENT: Final = 0x80
"""Begins the length of a message of SSL 2.0 whose header has two octets."""
_ANCIENT_TYPE: Final = (b"", b"\x01")
"""CLIENT-HELLO of SSL 2.0, which follows the length, as far as it has come."""
_HEADER: Final = Struct(">BHH")
_KINDS: Final = frozenset(int(kind) for kind in ContentType)
_UNEXPECTED: Final = "unexpected_message"


class Record(msgspec.Struct, frozen=True):
    """A record as it came: the fragment is protected where its direction is."""

    kind: int
    version: int
    fragment: bytes

    @property
    def octets(self) -> bytes:
        """The whole record."""
        return write_record(self.kind, self.version, self.fragment)


class AncientHello(TlsDecodeError):
    """A ClientHello in the form of SSL 2.0 (RFC 5246 E.2); ``version`` is the one that it offers."""

    def __init__(self, version: int) -> None:
        super().__init__(0, "a ClientHello in the form of SSL 2.0", "protocol_version")
        self.version = version


class Message(msgspec.Struct, frozen=True):
    """A whole handshake message, unread: its type and its body."""

    kind: int
    body: bytes

    @property
    def octets(self) -> bytes:
        """The message with its header, as a transcript holds it."""
        return write_message(self.kind, self.body)


class RecordReader:
    """Cuts a stream into records; set ``protected`` when the peer has changed its cipher."""

    def __init__(self) -> None:
        self.protected = False
        """Whether fragments may have the length that only protection gives them."""
        self.ancient = False
        """Whether a ClientHello in the form of SSL 2.0 may come in the place of a record."""
        self._octets = bytearray()

    @property
    def pending(self) -> int:
        """Octets that are held and not yet handed out."""
        return len(self._octets)

    def feed(self, octets: bytes) -> None:
        """Take octets in pieces of any size; take the records out before the next piece."""
        self._octets += octets

    def next(self) -> Record | None:
        """Return the next whole record, None when there is none yet.

        Raises:
            AncientHello: there is one, where one may be.
            TlsDecodeError: the header is none; every further call raises it again.
        """
        if not self._octets:
            return None
        kind = self._octets[0]
        if self.ancient and kind & _ANCIENT and bytes(self._octets[2:3]) in _ANCIENT_TYPE:
            if len(self._octets) < HEADER_LENGTH:
                return None
            raise AncientHello(int.from_bytes(self._octets[3:HEADER_LENGTH], "big"))
        if kind not in _KINDS:
            raise TlsDecodeError(0, f"a record of the unknown type {kind}", _UNEXPECTED)
        told = kind == ContentType.ALERT and not self.protected
        # Who has no such version may say so in a record of it, as OpenSSL does.
        if len(self._octets) > 1 and self._octets[1] != MAJOR and not told:
            raise TlsDecodeError(1, f"a record of version {self._octets[1]}.x", "protocol_version")
        if len(self._octets) < HEADER_LENGTH:
            return None
        _, version, length = _HEADER.unpack_from(self._octets)
        if length > (MAX_FRAGMENT if self.protected else MAX_PLAIN):
            raise TlsDecodeError(3, f"a record of {length} octets", "record_overflow")
        end = HEADER_LENGTH + length
        if len(self._octets) < end:
            return None
        fragment = bytes(self._octets[HEADER_LENGTH:end])
        del self._octets[:end]
        return Record(kind, version, fragment)


class MessageJoiner:
    """Joins the fragments of handshake records to messages; ``restart`` it for every handshake."""

    def __init__(self, largest: int = MAX_MESSAGE, messages: int = MAX_MESSAGES) -> None:
        self._largest = largest
        self._messages = messages
        self._count = 0
        self._octets = bytearray()

    @property
    def pending(self) -> int:
        """Octets of messages not complete or not taken out; a ChangeCipherSpec must not meet any."""
        return len(self._octets)

    def restart(self) -> None:
        """Begin to count the messages of another handshake; octets that are held stay."""
        self._count = 0

    def feed(self, fragment: bytes) -> None:
        """Take the plain fragment of a handshake record; take the messages out before the next.

        Raises:
            TlsDecodeError: the fragment is empty (RFC 5246 6.2.1 forbids it).
        """
        if not fragment:
            raise TlsDecodeError(0, "an empty record of handshake", _UNEXPECTED)
        self._octets += fragment

    def next(self) -> Message | None:
        """Return the next whole message, None when there is none yet.

        Raises:
            TlsDecodeError: a message is too long, or one too many; every further call raises it again.
        """
        if len(self._octets) < MESSAGE_HEADER:
            return None
        kind, length = self._octets[0], int.from_bytes(self._octets[1:MESSAGE_HEADER], "big")
        if length > self._largest:
            raise TlsDecodeError(1, f"a handshake message of {length} octets", "illegal_parameter")
        if self._count >= self._messages:
            raise TlsDecodeError(0, f"more than {self._messages} messages in one handshake", _UNEXPECTED)
        end = MESSAGE_HEADER + length
        if len(self._octets) < end:
            return None
        body = bytes(self._octets[MESSAGE_HEADER:end])
        del self._octets[:end]
        self._count += 1
        return Message(kind, body)


def write_message(kind: int, body: bytes) -> bytes:
    """Return a handshake message with its header."""
    return write8(kind) + vector24(body)


def write_record(kind: int, version: int, fragment: bytes) -> bytes:
    """Return a record of a fragment as it is to stand in it."""
    return write8(kind) + write16(version) + write16(len(fragment)) + fragment


def fragments(
    kind: int,
    version: int,
    octets: bytes,
    *,
    protect: Callable[[int, bytes, int], bytes] | None = None,
    size: int = MAX_PLAIN,
) -> list[bytes]:
    """Return the records that carry ``octets``, each of ``size`` octets at most before protection.

    No octets make one empty record. ``protect`` gets type, plain fragment and version of each, in order.
    """
    found: list[bytes] = []
    for start in range(0, len(octets) or 1, size):
        piece = octets[start : start + size]
        found.append(write_record(kind, version, piece if protect is None else protect(kind, piece, version)))
    return found
