"""The record layer of TLS, as far as it is plain: borders of records, alerts, the peer's certificates.

RFC 5246 6.2.1, 7.1 and 7.4.2; up to the first ChangeCipherSpec of a direction everything in it is plain, in
TLS 1.3 (RFC 8446) only the hellos (R). Length and memory are bounded: what is no TLS, or longer than TLS
allows, ends the reading, and it is for the machine that gets the same octets to judge it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tls.alerts import Alert

HEADER_LENGTH: Final = 5
MAX_FRAGMENT: Final = 16384 + 2048
"""Octets of a protected record at most (RFC 5246 6.2.3); those of TLS 1.3 are shorter."""
MAX_MESSAGE: Final = 1 << 18
"""Octets of a handshake message that is put together here."""


class ContentType(IntEnum):
    """Types of records."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23
    HEARTBEAT = 24


class HandshakeType(IntEnum):
    """Types of handshake messages up to TLS 1.2, and those of TLS 1.3 that are looked at."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CERTIFICATE_STATUS = 22
    KEY_UPDATE = 24


class RecordBorders:
    """Tells a driver how many octets to read so that it never reads past the end of a record.

    What follows the last record of a handshake then stays in the socket, where ``poll`` sees it.
    """

    def __init__(self) -> None:
        self._header = b""
        self._left = 0

    @property
    def wanted(self) -> int:
        """Octets to the end of the present header or record, at least 1."""
        return self._left or HEADER_LENGTH - len(self._header)

    def take(self, octets: bytes) -> None:
        """Take note of octets that were read, at most ``wanted``."""
        if self._left:
            self._left -= len(octets)
            return
        self._header += octets
        if len(self._header) == HEADER_LENGTH:
            self._left = int.from_bytes(self._header[3:], "big")
            self._header = b""


class PlainRecords:
    """Reads one direction of a connection while it is plain: its alerts and its certificates."""

    def __init__(self) -> None:
        self.certificates: tuple[bytes, ...] = ()
        """Those of the last Certificate message, in DER and in the order in which they came."""
        self.ended = False
        """Whether the plain part is over: nothing more is read."""
        self._octets = bytearray()
        self._messages = bytearray()

    def take(self, octets: bytes) -> list[Alert]:
        """Take octets in pieces of any size and return the alerts among them."""
        alerts: list[Alert] = []
        if self.ended:
            return alerts
        self._octets += octets
        while not self.ended and len(self._octets) >= HEADER_LENGTH:
            kind, major = self._octets[:2]
            length = int.from_bytes(self._octets[3:HEADER_LENGTH], "big")
            if kind not in (ContentType.ALERT, ContentType.HANDSHAKE) or major != 3 or length > MAX_FRAGMENT:
                self._stop()
            elif len(self._octets) < HEADER_LENGTH + length:
                break
            else:
                fragment = bytes(self._octets[HEADER_LENGTH : HEADER_LENGTH + length])
                del self._octets[: HEADER_LENGTH + length]
                if kind == ContentType.HANDSHAKE:
                    self._take_messages(fragment)
                elif length == 2:
                    alerts.append(Alert.of(fragment))
        return alerts

    def _stop(self) -> None:
        self.ended = True
        self._octets.clear()
        self._messages.clear()

    def _take_messages(self, fragment: bytes) -> None:
        self._messages += fragment
        while len(self._messages) >= 4:
            kind, length = self._messages[0], int.from_bytes(self._messages[1:4], "big")
            if length > MAX_MESSAGE:
                self._stop()
                return
            if len(self._messages) < 4 + length:
                return
            body = bytes(self._messages[4 : 4 + length])
            del self._messages[: 4 + length]
            if kind == HandshakeType.CERTIFICATE:
                try:
                    self.certificates = certificate_list(body)
                except ProtocolError:
                    self._stop()


def certificate_list(body: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a Certificate message of TLS 1.2 (RFC 5246 7.4.2).

    Raises:
        ProtocolError: lengths that do not fit one another, or an empty certificate.
    """
    found: list[bytes] = []
    if len(body) < 3 or int.from_bytes(body[:3], "big") != len(body) - 3:
        raise ProtocolError("TLS", 0, "a certificate_list of another length than its message")
    position = 3
    while position < len(body):
        length = int.from_bytes(body[position : position + 3], "big")
        start, position = position + 3, position + 3 + length
        if not length or position > len(body):
            raise ProtocolError("TLS", start - 3, "a certificate that does not end within its list")
        found.append(body[start:position])
    return tuple(found)
