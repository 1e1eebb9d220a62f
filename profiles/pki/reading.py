"""Reading DER of X.509 structures: typed helpers over the strict walker.

The walker is used rather than asn1crypto, because signatures and names need the exact octets as they came,
because it cannot recurse, and because everything it finds odd is reported instead of accepted in silence.
"""

from __future__ import annotations

import re
from calendar import timegm
from datetime import datetime
from typing import Final, NoReturn

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.object_identifier import read_object_identifier
from conform62351.profiles.tlv import Limits, Tlv, TlvError, Walk, walk

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
ENUMERATED: Final = 0x0A
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

MAX_INTEGER_OCTETS: Final = 128
MAX_OID_OCTETS: Final = 128


class DerError(ProtocolError):
    """Octets that are not the X.509 structure that they should be."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("X509", offset, message)


def read(octets: bytes, what: str, limits: Limits, tag: int = SEQUENCE) -> Walk:
    """Return the structure of ``octets``, one whole TLV of ``tag``. Raises DerError."""
    try:
        found = walk(octets, limits=limits)
    except TlvError as error:
        raise DerError(error.offset, f"{what}: {error.message}") from error
    if found.root.end != len(octets):
        raise DerError(found.root.end, f"{len(octets) - found.root.end} octets after the end of {what}")
    if found.root.tag != tag:
        raise DerError(0, f"{what} begins with {octets[0]:02X}")
    return found


def fail(node: Tlv, what: str, message: str) -> NoReturn:
    """Raise the DerError about ``node``."""
    raise DerError(node.start, f"{what}: {message}")


class Series:
    """The components of a SEQUENCE taken one after the other, as the ASN.1 lists them."""

    __slots__ = ("_next", "_node", "_what")

    def __init__(self, node: Tlv, what: str) -> None:
        self._node = node
        self._what = what
        self._next = 0

    def take(self, tag: int, name: str) -> Tlv:
        """Return the next component, which is called ``name`` and must carry ``tag``. Raises DerError."""
        found = self.take_if(tag)
        if found is None:
            children = self._node.children
            if self._next < len(children):
                fail(
                    children[self._next], self._what, f"{children[self._next].tag:02X} where {name} should be"
                )
            fail(self._node, self._what, f"{name} is missing")
        return found

    def take_if(self, *tags: int) -> Tlv | None:
        """Return the next component when it carries one of ``tags``."""
        children = self._node.children
        if self._next < len(children) and children[self._next].tag in tags:
            self._next += 1
            return children[self._next - 1]
        return None

    def end(self) -> None:
        """Raise DerError unless all components have been taken."""
        children = self._node.children
        if self._next < len(children):
            node = children[self._next]
            fail(node, self._what, f"unexpected component {node.tag:02X}")


def integer(found: Walk, node: Tlv, what: str) -> int:
    """Return the value of an INTEGER or ENUMERATED of at most 128 octets. Raises DerError."""
    content = found.content(node)
    if not 0 < len(content) <= MAX_INTEGER_OCTETS:
        fail(node, what, f"an integer of {len(content)} octets")
    return int.from_bytes(content, "big", signed=True)


def boolean(found: Walk, node: Tlv, what: str) -> bool:
    """Return the value of a BOOLEAN. Raises DerError."""
    content = found.content(node)
    if len(content) != 1:
        fail(node, what, f"a BOOLEAN of {len(content)} octets")
    return content != b"\0"


def bits(found: Walk, node: Tlv, what: str) -> bytes:
    """Return the octets of a primitive BIT STRING that holds whole octets. Raises DerError."""
    content = found.content(node)
    if not content or content[0]:
        fail(node, what, "not a BIT STRING of whole octets")
    return content[1:]


def named_bits(found: Walk, node: Tlv, names: tuple[str, ...], what: str) -> frozenset[str]:
    """Return the names of the bits that are set in a BIT STRING, number 0 first in ``names``."""
    content = found.content(node)
    if not content or content[0] > 7 or (content[0] and len(content) == 1):
        fail(node, what, "not a BIT STRING")
    return frozenset(
        name
        for number, name in enumerate(names)
        if number // 8 + 1 < len(content) and content[number // 8 + 1] & 0x80 >> number % 8
    )


def identifier(found: Walk, node: Tlv, what: str) -> str:
    """Return an OBJECT IDENTIFIER in dotted form. Raises DerError."""
    dotted = dotted_identifier(found.content(node))
    if dotted is None:
        fail(node, what, "not an OBJECT IDENTIFIER that can be read")
    return dotted


def dotted_identifier(content: bytes) -> str | None:
    """Return the dotted form of the content octets of an OBJECT IDENTIFIER, None when they are not one."""
    if not content or len(content) > MAX_OID_OCTETS or content[-1] & 0x80:
        return None
    return read_object_identifier(content).dotted


_UTC: Final = re.compile(rb"([0-9]{2})([0-9]{8})([0-9]{2})?(Z|[+-][0-9]{4})")
_GENERALIZED: Final = re.compile(rb"([0-9]{4})([0-9]{6})([0-9]{4})?(?:[.,][0-9]{1,9})?(Z|[+-][0-9]{4})?")

_TIME_FIELDS: Final = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))


def moment_of(found: Walk, node: Tlv, what: str) -> tuple[float, str | None]:
    """Return a Time as seconds since 1970 and what is odd about its form.

    RFC 5280 wants seconds and ``Z``, no fraction; other forms of X.690 are read. Raises DerError.
    """
    content = found.content(node)
    if node.tag == UTC_TIME:
        return _time(found, node, what, *_utc_digits(content))
    match = _GENERALIZED.fullmatch(content)
    if match is None:
        return _time(found, node, what, b"", b"")
    digits = match[1] + match[2] + (match[3] or b"0000")
    return _time(found, node, what, digits, match[4] or b"Z")


def _utc_digits(content: bytes) -> tuple[bytes, bytes]:
    match = _UTC.fullmatch(content)
    if match is None:
        return b"", b""
    century = b"19" if match[1] >= b"50" else b"20"
    return century + match[1] + match[2] + (match[3] or b"00"), match[4]


def _time(found: Walk, node: Tlv, what: str, digits: bytes, zone: bytes) -> tuple[float, str | None]:
    content = found.content(node)
    try:
        year, month, day, hour, minute, second = (int(digits[at:end]) for at, end in _TIME_FIELDS)
        unix = float(timegm(datetime(year, month, day, hour, minute, second).timetuple()))
    except ValueError:
        fail(node, what, f"{content[:32]!r} is no time")
    if zone != b"Z":
        offset = int(zone[1:3]) * 3600 + int(zone[3:]) * 60
        unix -= offset if zone[:1] == b"+" else -offset
    usual = len(content) == (13 if node.tag == UTC_TIME else 15) and content.endswith(b"Z")
    return unix, None if usual else f"{what} is written {content.decode('ascii')}"


def oddities(found: Walk, what: str) -> tuple[str, ...]:
    """Return in words what keeps ``found`` from being DER, at most eight places."""
    return tuple(f"{what}, octet {anomaly.offset}: {anomaly.message}" for anomaly in found.anomalies[:8])
