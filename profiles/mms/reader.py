"""A strict reader of BER values, made from an ASN.1 module.

asn1tools reads what is well formed, and takes much that is not: unknown and misplaced components, INTEGERs
without content, BIT STRINGs with more unused bits than bits. This reader goes over the structure that
:func:`conform62351.profiles.tlv.walk` has found, and gives the same values as asn1tools for octets that are
right, an error with its place for octets that are not, and notes what X.690 permits but a careful sender
does not write. It knows the types that ``asn1/mms.asn`` uses, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeAlias

import asn1tools

from conform62351.profiles.asn1 import Asn1Error
from conform62351.profiles.asn1.guard import MAX_SUBIDENTIFIER
from conform62351.profiles.object_identifier import read_object_identifier
from conform62351.profiles.tlv import Anomaly, AnomalyCode, Tlv, Walk

CONSTRUCTED: Final = 0x20
CONTEXT: Final = 0x80
SEQUENCE: Final = 0x30
OCTET_STRING: Final = 0x04
BIT_STRING: Final = 0x03
SHOWN_OCTETS: Final = 16
"""Octets of an INTEGER up to which a message shows its value."""


class Reading:
    """One value being read: its octets, and the oddities met so far."""

    __slots__ = ("anomalies", "octets")

    def __init__(self, walked: Walk) -> None:
        self.octets = walked.octets
        self.anomalies = list(walked.anomalies)

    def note(self, offset: int, code: AnomalyCode, message: str) -> None:
        """Keep a readable oddity."""
        self.anomalies.append(Anomaly(offset, code, message))


Read: TypeAlias = Callable[[Tlv, Reading], Any]
Table: TypeAlias = dict[int, Read]
"""What reads a value of a type, by the identifier octets that the value may begin with."""
Descriptor: TypeAlias = Mapping[str, Any]
"""A type as ``asn1tools.parse_string`` describes it."""


class Reader:
    """The strict reader of one type of a module."""

    def __init__(self, text: str, type_name: str) -> None:
        (parsed,) = asn1tools.parse_string(text).values()
        self._types: Mapping[str, Descriptor] = parsed["types"]
        self._tables: dict[str, Table] = {}
        self._tags = self.named(type_name)
        self.alternatives: Mapping[int, str] = self._alternatives(type_name)

    def read(self, walked: Walk) -> tuple[Any, tuple[Anomaly, ...]]:
        """Return the value, shaped as asn1tools shapes it, and the anomalies.

        Raises:
            Asn1Error: the octets are no value of the type.
        """
        read = self._tags.get(walked.root.tag)
        if read is None:
            _refuse(walked.root, "unknown tag")
        reading = Reading(walked)
        return read(walked.root, reading), tuple(reading.anomalies)

    def _alternatives(self, type_name: str) -> Mapping[int, str]:
        """Return the names of the alternatives of a CHOICE by their tags."""
        return {
            tag: member["name"]
            for member in self._types[type_name].get("members", ())
            for tag in self._tagged(member, type_name)
        }

    def named(self, name: str) -> Table:
        """Return the table of a named type; a type that is being made has an empty one that fills later."""
        if name not in self._tables:
            table = self._tables[name] = Table()
            table.update(self._tagged(self._types[name], name))
        return self._tables[name]

    def _tagged(self, descriptor: Descriptor, where: str) -> Table:
        table = self._untagged(descriptor, where)
        tag = descriptor.get("tag")
        if tag is None:
            return table
        number: int = tag["number"]
        if tag.get("kind") == "IMPLICIT":
            return {CONTEXT | own & CONSTRUCTED | number: read for own, read in table.items()}
        return {CONTEXT | CONSTRUCTED | number: _explicit(table, where)}

    def _untagged(self, descriptor: Descriptor, where: str) -> Table:
        kind: str = descriptor["type"]
        if kind == "CHOICE":
            return self._choice(descriptor, where)
        if kind == "SEQUENCE":
            return {SEQUENCE: self._sequence(descriptor, where)}
        if kind == "SEQUENCE OF":
            return {SEQUENCE: _sequence_of(self._tagged(descriptor["element"], where), where)}
        if kind == "INTEGER":
            (bounds,) = descriptor.get("restricted-to", [None])
            return {0x02: _integer(bounds, where)}
        if kind in _PRIMITIVES:
            return dict(_PRIMITIVES[kind])
        return self.named(kind)

    def _choice(self, descriptor: Descriptor, where: str) -> Table:
        table = Table()
        for member in descriptor["members"]:
            name: str = member["name"]
            for tag, read in self._tagged(member, f"{where}.{name}").items():
                table[tag] = _alternative(name, read)
        return table

    def _sequence(self, descriptor: Descriptor, where: str) -> Read:
        components = [
            (
                member["name"],
                self._tagged(member, f"{where}.{member['name']}"),
                member.get("optional", False) or "default" in member,
                member.get("default"),
            )
            for member in descriptor["members"]
        ]

        def read_sequence(node: Tlv, reading: Reading) -> dict[str, Any]:
            value: dict[str, Any] = {}
            children = node.children
            index, count = 0, len(children)
            for name, table, optional, default in components:
                read = table.get(children[index].tag) if index < count else None
                if read is not None:
                    value[name] = read(children[index], reading)
                    index += 1
                elif not optional:
                    found = f"tag {children[index].tag:02X}" if index < count else "the end"
                    _refuse(children[index] if index < count else node, f"{where}: {found} instead of {name}")
                elif default is not None:
                    value[name] = default
            if index < count:
                _refuse(children[index], f"{where}: no component can have tag {children[index].tag:02X} here")
            return value

        return read_sequence


def _refuse(node: Tlv, message: str) -> NoReturn:
    raise Asn1Error(node.start, message)


def _alternative(name: str, read: Read) -> Read:
    def read_alternative(node: Tlv, reading: Reading) -> tuple[str, Any]:
        return name, read(node, reading)

    return read_alternative


def _explicit(table: Table, where: str) -> Read:
    def read_explicit(node: Tlv, reading: Reading) -> Any:
        if len(node.children) != 1:
            _refuse(node, f"{where}: {len(node.children)} values within one tag")
        child = node.children[0]
        read = table.get(child.tag)
        if read is None:
            _refuse(child, f"{where}: no alternative has tag {child.tag:02X}")
        return read(child, reading)

    return read_explicit


def _sequence_of(table: Table, where: str) -> Read:
    def read_elements(node: Tlv, reading: Reading) -> list[Any]:
        values = []
        for child in node.children:
            read = table.get(child.tag)
            if read is None:
                _refuse(child, f"{where}: no element has tag {child.tag:02X}")
            values.append(read(child, reading))
        return values

    return read_elements


def _integer(bounds: tuple[int, int] | None, where: str) -> Read:
    lower, upper = bounds or (None, None)

    def read_integer(node: Tlv, reading: Reading) -> int:
        content = reading.octets[node.content : node.content_end]
        if not content:
            _refuse(node, f"{where}: an INTEGER without content")
        if len(content) > 1 and content[0] in (0x00, 0xFF) and content[0] >> 7 == content[1] >> 7:
            reading.note(
                node.content,
                AnomalyCode.NON_MINIMAL_INTEGER,
                f"an INTEGER begins with {content[:2].hex(' ')}",
            )
        value = int.from_bytes(content, "big", signed=True)
        if lower is not None and upper is not None and not lower <= value <= upper:
            # Python writes no number of many thousand digits: it would be a message without end.
            shown = value if len(content) <= SHOWN_OCTETS else f"an INTEGER of {len(content)} octets"
            _refuse(node, f"{where}: {shown} is not within {lower} to {upper}")
        return value

    return read_integer


def _boolean(node: Tlv, reading: Reading) -> bool:
    content = reading.octets[node.content : node.content_end]
    if len(content) != 1:
        _refuse(node, f"a BOOLEAN of {len(content)} octets")
    if content[0] not in (0x00, 0xFF):
        reading.note(node.content, AnomalyCode.BOOLEAN_VALUE, f"TRUE written as {content[0]:02X}")
    return content != b"\0"


def _null(node: Tlv, reading: Reading) -> None:  # noqa: ARG001 - NULL has no octets to look at
    if node.content != node.content_end:
        _refuse(node, f"a NULL of {node.content_end - node.content} octets")


def _bits(content: bytes, node: Tlv, reading: Reading) -> tuple[bytes, int]:
    """Return the octets and the number of bits of one primitive BIT STRING."""
    unused = content[0] if content else 8
    if unused > 7 or (unused and len(content) == 1):
        _refuse(node, f"a BIT STRING of {len(content)} octets with {unused} unused bits")
    octets = content[1:]
    if unused and octets[-1] & (1 << unused) - 1:
        reading.note(
            node.content, AnomalyCode.BIT_STRING_PADDING, "the unused bits of a BIT STRING are not zero"
        )
        octets = octets[:-1] + bytes((octets[-1] >> unused << unused,))
    return octets, 8 * len(octets) - unused


def _bit_string(node: Tlv, reading: Reading) -> tuple[bytes, int]:
    return _bits(reading.octets[node.content : node.content_end], node, reading)


def _constructed_bit_string(node: Tlv, reading: Reading) -> tuple[bytes, int]:
    octets, length = b"", 0
    for child in _segments(node, reading, BIT_STRING):
        if length % 8:
            _refuse(child, "only the last segment of a BIT STRING may have unused bits")
        more, bits = _bits(reading.octets[child.content : child.content_end], child, reading)
        octets += more
        length += bits
    return octets, length


def _segments(node: Tlv, reading: Reading, tag: int) -> list[Tlv]:
    """Return the primitive segments of a string in constructed form (X.690 8.6.4, 8.7.3, 8.23.6)."""
    reading.note(node.start, AnomalyCode.CONSTRUCTED_STRING, "a string in constructed form")
    found: list[Tlv] = []
    stack = list(reversed(node.children))
    while stack:
        child = stack.pop()
        if child.tag == tag | CONSTRUCTED:
            stack.extend(reversed(child.children))
        elif child.tag == tag:
            found.append(child)
        else:
            _refuse(child, f"a segment of a string with tag {child.tag:02X}")
    return found


def _octets(node: Tlv, reading: Reading) -> bytes:
    if node.tag & CONSTRUCTED:
        segments = _segments(node, reading, OCTET_STRING)
        return b"".join(reading.octets[part.content : part.content_end] for part in segments)
    return reading.octets[node.content : node.content_end]


def _visible_string(node: Tlv, reading: Reading) -> str:
    content = _octets(node, reading)
    if not content.isascii():
        _refuse(node, "a VisibleString with octets above 7F")
    text = content.decode("ascii")
    if not text.isprintable():
        reading.note(node.content, AnomalyCode.CONTENT_FORM, "a VisibleString with control characters")
    return text


def _utf8_string(node: Tlv, reading: Reading) -> str:
    try:
        return _octets(node, reading).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Asn1Error(node.content, f"a UTF8String that is not UTF-8: {error.reason}") from error


def _object_identifier(node: Tlv, reading: Reading) -> str:
    try:
        found = read_object_identifier(bytes(reading.octets[node.content : node.content_end]))
    except ValueError as error:
        _refuse(node, str(error))
    if found.longest > MAX_SUBIDENTIFIER:
        _refuse(node, f"a subidentifier of more than {MAX_SUBIDENTIFIER} octets")
    for position in found.padded:
        message = "a subidentifier begins with 80"
        reading.note(node.content + position, AnomalyCode.NON_MINIMAL_OBJECT_IDENTIFIER, message)
    return found.dotted


_PRIMITIVES: Final[Mapping[str, Table]] = {
    "BOOLEAN": {0x01: _boolean},
    "BIT STRING": {BIT_STRING: _bit_string, BIT_STRING | CONSTRUCTED: _constructed_bit_string},
    "OCTET STRING": {OCTET_STRING: _octets, OCTET_STRING | CONSTRUCTED: _octets},
    "NULL": {0x05: _null},
    "OBJECT IDENTIFIER": {0x06: _object_identifier},
    "UTF8String": {0x0C: _utf8_string, 0x0C | CONSTRUCTED: _utf8_string},
    "VisibleString": {0x1A: _visible_string, 0x1A | CONSTRUCTED: _visible_string},
}
