"""The content octets of ASN.1's primitive types, by the names that the notation has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from conform62351.profiles.object_identifier import read_object_identifier

MAXIMUM_BITS: Final = 32
ASCII_STRINGS: Final = ("NumericString", "PrintableString", "IA5String", "VisibleString")


class Bits(msgspec.Struct, frozen=True):
    """A BIT STRING of at most 32 bits: the positions that are set; bit 0 is the first."""

    positions: frozenset[int] = frozenset()

    def __contains__(self, position: int) -> bool:
        return position in self.positions


def _write_bits(value: Bits) -> bytes:
    """Return the content of a BIT STRING without trailing zero bits (11-decisions 11)."""
    if not value.positions:
        return b"\0"
    last = max(value.positions)
    if not 0 <= min(value.positions) <= last < MAXIMUM_BITS:
        raise ValueError("bits beyond 32")
    octets = bytearray(last // 8 + 1)
    for position in value.positions:
        octets[position // 8] |= 0x80 >> position % 8
    return bytes((7 - last % 8,)) + bytes(octets)


def _read_bits(content: bytes) -> Bits:
    unused, octets = content[0], content[1:]
    if unused > 7 or (unused and not octets) or 8 * len(octets) - unused > MAXIMUM_BITS:
        raise ValueError("no BIT STRING of at most 32 bits")
    count = 8 * len(octets) - unused
    return Bits(frozenset(n for n in range(count) if octets[n // 8] & 0x80 >> n % 8))


@lru_cache(maxsize=256)
def _write_oid(value: str) -> bytes:
    first, second, *rest = (int(arc) for arc in value.split("."))
    if not (0 <= first <= 2 and second >= 0 and (first == 2 or second < 40)) or min(rest, default=0) < 0:
        raise ValueError("no object identifier")
    content = b""
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(septets))
    return content


def _read_oid(content: bytes) -> str:
    found = read_object_identifier(content)
    if found.padded:
        raise ValueError("an arc begins with a zero")
    return found.dotted


def write_integer(value: int) -> bytes:
    """Return the content of an INTEGER, in as few octets as there can be (X.690, 8.3)."""
    return value.to_bytes(
        value.bit_length() // 8 + 1 if value >= 0 else (~value).bit_length() // 8 + 1, "big", signed=True
    )


def _read_integer(content: bytes) -> int:
    if not content:
        raise ValueError("an integer without octets")
    return int.from_bytes(content, "big", signed=True)


def _read_boolean(content: bytes) -> bool:
    if len(content) != 1:
        raise ValueError("a boolean of other than one octet")
    return content != b"\0"


WRITERS: Final[Mapping[str, Callable[[Any], bytes]]] = {
    "BOOLEAN": lambda value: b"\xff" if value else b"\0",
    "INTEGER": write_integer,
    "ENUMERATED": write_integer,
    "BIT STRING": _write_bits,
    "OCTET STRING": bytes,
    "OBJECT IDENTIFIER": _write_oid,
    "UTF8String": str.encode,
    **dict.fromkeys(ASCII_STRINGS, lambda value: value.encode("ascii")),
    "GeneralizedTime": bytes,
}
READERS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "BOOLEAN": _read_boolean,
    "INTEGER": _read_integer,
    "ENUMERATED": _read_integer,
    "BIT STRING": _read_bits,
    "OCTET STRING": bytes,
    "OBJECT IDENTIFIER": _read_oid,
    "UTF8String": bytes.decode,
    **dict.fromkeys(ASCII_STRINGS, lambda content: content.decode("ascii")),
    "GeneralizedTime": bytes,
}
"""By kind; octets that are none raise ValueError or IndexError.

Times stay octets: their forms are judged elsewhere."""
