"""TPKT, TPDUs and SPDUs as scapy packets: every field by name, lengths computed unless they are given.

This is a model of fields to vary; the codecs of ``profiles`` are what the project speaks with, and the tests
hold one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class PacketClasses:
    """The classes; scapy stacks them with ``/`` and takes octets as the argument of each."""

    tpkt: Any
    cr: Any
    cc: Any
    dr: Any
    dc: Any
    dt: Any
    er: Any
    other_tpdu: Any
    tpdu_parameter: Any
    spdu: Any
    spdu_parameter: Any


@cache
def packet_classes() -> PacketClasses:
    """Return the packet classes, made when they are first asked for."""
    from scapy.fields import BitField, ByteField, ShortField, StrLenField, XByteField, XShortField
    from scapy.packet import Packet, Raw

    li, references = ByteField("li", None), (XShortField("dst_ref", 0), XShortField("src_ref", 0))
    parameter = _tpdu_parameter()
    tpdu = _make(Packet, "TPDU", [], post_build=_with_length_indicator)

    def variable_part(fixed: int) -> Any:
        return _parameters(parameter, lambda packet: max(packet.li - fixed, 0))

    def connect(title: str, code: int) -> Any:
        codes = BitField("code", code, 4), BitField("cdt", 0, 4)
        return _make(tpdu, title, [li, *codes, *references, XByteField("class_option", 0), variable_part(6)])

    def header(fixed: int) -> Any:
        return StrLenField("header", b"", length_from=lambda packet: max(packet.li - fixed, 0))

    cr, cc = connect("CR", 0xE), connect("CC", 0xD)
    reason = ByteField("reason", 0)
    dr = _make(tpdu, "DR", [li, XByteField("code", 0x80), *references, reason, variable_part(6)])
    dc = _make(tpdu, "DC", [li, XByteField("code", 0xC0), *references, variable_part(5)])
    er = _make(
        tpdu, "ER", [li, XByteField("code", 0x70), references[0], ByteField("cause", 0), variable_part(4)]
    )
    spdu_parameter, spdu = _session_classes()
    codes = BitField("code", 0xF, 4), BitField("roa", 0, 4)
    dt = _make(
        tpdu,
        "DT",
        [li, *codes, BitField("eot", 1, 1), BitField("number", 0, 7), header(2)],
        guess_payload_class=lambda packet, _: spdu if packet.eot else Raw,
    )
    other = _make(tpdu, "TPDU of another class", [li, XByteField("code", 0x10), header(1)])
    by_code = {0xE: cr, 0xD: cc, 0x8: dr, 0xC: dc, 0xF: dt, 0x7: er}
    tpkt = _make(
        Packet,
        "TPKT",
        [ByteField("version", 3), ByteField("reserved", 0), ShortField("length", None)],
        post_build=_with_packet_length,
        guess_payload_class=lambda _, payload: by_code.get(payload[1] >> 4, other) if payload[1:] else Raw,
    )
    return PacketClasses(tpkt, cr, cc, dr, dc, dt, er, other, parameter, spdu, spdu_parameter)


def _make(base: Any, title: str, fields: list[Any], **methods: Any) -> Any:
    """Return a packet class; scapy's metaclass reads its fields."""
    return type(base)(title, (base,), {"name": title, "fields_desc": fields, **methods})


def _parameters(parameter: Any, length_from: Any) -> Any:
    from scapy.fields import PacketListField

    return PacketListField("parameters", [], parameter, length_from=length_from)


def _with_length_indicator(packet: Any, header: bytes, payload: bytes) -> bytes:
    if packet.li is None:
        header = bytes((min(len(header) - 1, 0xFF),)) + header[1:]
    return header + payload


def _with_packet_length(packet: Any, header: bytes, payload: bytes) -> bytes:
    if packet.length is None:
        header = header[:2] + min(len(header) + len(payload), 0xFFFF).to_bytes(2, "big")
    return header + payload


def _no_payload(_: Any, octets: bytes) -> tuple[bytes, bytes]:
    """What follows a parameter is the next parameter."""
    return b"", octets


def _tpdu_parameter() -> Any:
    from scapy.fields import FieldLenField, StrLenField, XByteField
    from scapy.packet import Packet

    length = FieldLenField("length", None, fmt="B", length_of="value")
    value = StrLenField("value", b"", length_from=lambda packet: packet.length)
    return _make(
        Packet, "TPDU parameter", [XByteField("code", 0xC1), length, value], extract_padding=_no_payload
    )


def _session_classes() -> tuple[Any, Any]:
    """Return the classes of an SPDU's parameter and of an SPDU; DATA TRANSFER stands behind GIVE TOKENS."""
    from scapy.fields import ByteField, StrLenField
    from scapy.packet import Packet, Raw

    length_indicator = _length_indicator()
    value = StrLenField("value", b"", length_from=lambda packet: packet.length)
    parameter = _make(
        Packet,
        "SPDU parameter",
        [ByteField("code", 193), length_indicator("length", None, "value"), value],
        extract_padding=_no_payload,
    )
    parameters = _parameters(parameter, lambda packet: packet.length)
    spdu: Any = _make(
        Packet,
        "SPDU",
        [ByteField("si", 13), length_indicator("length", None, "parameters"), parameters],
        guess_payload_class=lambda packet, _: (
            spdu if packet.si == 1 and not isinstance(packet.underlayer, spdu) else Raw
        ),
    )
    return parameter, spdu


def _length_indicator() -> Any:
    """Return the field of a session length indicator: one octet up to 254, else FF and two octets."""
    from scapy.fields import Field

    def initialise(field: Any, name: str, default: int | None, counted: str) -> None:
        Field.__init__(field, name, default, "B")
        field.counted = counted

    def addfield(field: Any, packet: Any, octets: bytes, value: int | None) -> bytes:
        if value is None:
            counted, content = packet.getfield_and_val(field.counted)
            value = len(counted.addfield(packet, b"", content))
        value = min(value, 0xFFFF)
        return octets + (bytes((value,)) if value < 0xFF else b"\xff" + value.to_bytes(2, "big"))

    def getfield(_: Any, __: Any, octets: bytes) -> tuple[bytes, int]:
        if octets[:1] == b"\xff":
            return octets[3:], int.from_bytes(octets[1:3], "big")
        return octets[1:], octets[0] if octets else 0

    methods = {"__slots__": ("counted",), "__init__": initialise, "addfield": addfield, "getfield": getfield}
    base: Any = Field
    return type(base)("LengthIndicator", (Field,), methods)
