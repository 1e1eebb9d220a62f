"""The headers of TPKT, TPDUs and SPDUs as fields: where each stands in the octets, and its borders.

The fields are those of scapy's packet classes, which are loaded when they are asked for first. A field is
found by writing it: what changes in the octets is where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

import msgspec

from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.net.scapy_room.fields import packet_classes

_TPKT: Final = "TPKT"
_COTP: Final = "COTP."
_SESSION: Final = "SES."
_NUMBERS: Final = ("B", "H", "I")
"""What scapy calls numbers of one, two and four octets."""
_HEADER: Final = 4
"""Octets of a TPKT header."""
_ANY: Final = 0.2
"""The share of values that are not at a border."""


class Field(msgspec.Struct, frozen=True):
    """One field of a header: its name, where it stands, how many bits it has and its value.

    ``shift`` is how many bits of its octets lie below it.
    """

    name: str
    at: int
    octets: int
    bits: int
    shift: int
    value: int

    def with_value(self, whole: bytes, value: int) -> bytes:
        """Return the octets of the field, out of those of the whole PDU, with another value."""
        old = int.from_bytes(whole[self.at : self.at + self.octets], "big")
        mask = ((1 << self.bits) - 1) << self.shift
        return (old & ~mask | (value << self.shift) & mask).to_bytes(self.octets, "big")

    def borders(self) -> tuple[int, ...]:
        """Return the values at the borders of the field, and next to its own."""
        most = (1 << self.bits) - 1
        wanted = (
            0,
            1,
            most,
            most - 1,
            most >> 1,
            (most >> 1) + 1,
            self.value - 1,
            self.value + 1,
            *values.LENGTHS,
        )
        return tuple(dict.fromkeys(value for value in wanted if 0 <= value <= most and value != self.value))

    def draw(self, random: Random) -> int:
        """Return a value that is not its own: one of the borders, or any."""
        drawn = random.getrandbits(self.bits) if random.random() < _ANY else self.value
        return random.choice(self.borders()) if drawn == self.value else drawn


def fields_of(pdu: str, octets: bytes) -> tuple[Field, ...]:
    """Return the numeric fields of the header of a TPKT, TPDU or SPDU, in the order in which they stand.

    ``octets`` begin with the PDU of that name; those of any other PDU have no fields here, and neither has a
    header that is not whole.
    """
    if pdu == _TPKT:
        return tuple(_fields(packet_classes().tpkt, octets[:_HEADER]))
    if pdu.startswith(_COTP) and len(octets) >= 2:
        return tuple(_tpdu_fields(octets[: 1 + octets[0]]))
    if pdu.startswith(_SESSION) and octets:
        return tuple(_spdu_fields(octets))
    return ()


def _tpdu_fields(header: bytes) -> Iterator[Field]:
    """Yield the fixed fields of a TPDU, and code and length of each parameter behind them."""
    if len(header) < 2:
        return
    packet_class = _tpdu_class(header)
    fixed = list(_fields(packet_class, header))
    yield from fixed
    if len(fixed) < sum(bool(_width(description)) for description in packet_class.fields_desc):
        return
    at = fixed[-1].at + fixed[-1].octets
    for parameter in getattr(packet_class(header), "parameters", ()):
        if at + 2 > len(header):
            return
        yield Field(f"parameter {parameter.code:02X}", at, 1, 8, 0, header[at])
        yield Field("length", at + 1, 1, 8, 0, header[at + 1])
        at += 2 + header[at + 1]


def _tpdu_class(octets: bytes) -> Any:
    classes = packet_classes()
    by_code = {
        0xE: classes.cr,
        0xD: classes.cc,
        0x8: classes.dr,
        0xC: classes.dc,
        0xF: classes.dt,
        0x7: classes.er,
    }
    return by_code.get(octets[1] >> 4, classes.other_tpdu)


def _fields(packet_class: Any, header: bytes) -> Iterator[Field]:
    """Yield the fields of a fixed width at the beginning of a packet of this class."""
    from_left = 0
    for description in packet_class.fields_desc:
        bits = _width(description)
        if not bits or from_left + bits > 8 * len(header):
            return
        first, last = from_left // 8, (from_left + bits - 1) // 8
        shift = 8 * (last + 1) - from_left - bits
        whole = int.from_bytes(header[first : last + 1], "big")
        value = whole >> shift & (1 << bits) - 1
        yield Field(description.name, first, last + 1 - first, bits, shift, value)
        from_left += bits


def _width(description: Any) -> int:
    """Return the bits of a numeric field of scapy, 0 for any other."""
    if description.islist:
        return 0
    bits = getattr(description, "size", None)
    if bits is not None:
        return int(bits)
    return 8 * int(description.sz) if description.fmt[-1:] in _NUMBERS else 0


def _spdu_fields(octets: bytes) -> Iterator[Field]:
    """Yield SI and length indicator of each SPDU, and code and length indicator of each of its parameters."""
    packet, at = packet_classes().spdu(octets), 0
    while packet is not None and hasattr(packet, "si"):
        yield Field("si", at, 1, 8, 0, octets[at])
        yield from _indicator(octets, at + 1)
        inner = at + 1 + _indicator_octets(octets, at + 1)
        for parameter in packet.parameters:
            if inner + 1 >= len(octets):
                break
            yield Field(f"parameter {parameter.code}", inner, 1, 8, 0, octets[inner])
            yield from _indicator(octets, inner + 1)
            inner += 1 + _indicator_octets(octets, inner + 1) + parameter.length
        at += 1 + _indicator_octets(octets, at + 1) + packet.length
        packet = packet.payload if at + 1 < len(octets) and hasattr(packet.payload, "si") else None


def _indicator_octets(octets: bytes, at: int) -> int:
    return 3 if octets[at : at + 1] == b"\xff" else 1


def _indicator(octets: bytes, at: int) -> Iterator[Field]:
    if octets[at : at + 1] == b"\xff":
        if at + 3 <= len(octets):
            yield Field("length", at + 1, 2, 16, 0, int.from_bytes(octets[at + 1 : at + 3], "big"))
    elif at < len(octets):
        yield Field("length", at, 1, 8, 0, octets[at])
