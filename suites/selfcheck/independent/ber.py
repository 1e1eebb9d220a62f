"""BER: writing in the senders' form, reading of any valid form with notes about what senders do not write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from conform62351.suites.selfcheck.independent.errors import Broken

DEPTH = 32
TIME = re.compile(rb"(\d{14})(?:([.,])(\d{0,6}))?Z", re.ASCII)


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode with a minimal definite length."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def integer(value: int, tag: int = 2) -> bytes:
    """Encode an INTEGER, or something of its form."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str, tag: int = 6) -> bytes:
    """Encode an OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        content += bytes(reversed(septets))
    return tlv(tag, bytes(content))


def bits(*set_: int, tag: int = 3) -> bytes:
    """Encode a BIT STRING of named bits (fewer than 8); trailing zero bits are cut."""
    if not set_:
        return tlv(tag, b"\0")
    return tlv(tag, bytes((7 - max(set_), sum(0x80 >> bit for bit in set_))))


def time(milliseconds: int) -> bytes:
    """Encode a TimeStamp: ``.``, three digits, ``Z``."""
    seconds, fraction = divmod(milliseconds, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S")
    return tlv(0x18, f"{text}.{fraction:03}Z".encode())


@dataclass(frozen=True)
class Node:
    """One TLV; ``tag`` is the number that all identifier octets make.

    ``content`` holds the end-of-contents octets too when the length is indefinite.
    """

    tag: int
    content: bytes
    whole: bytes
    indefinite: bool
    depth: int
    notes: list[str] = field(repr=False, compare=False)

    @property
    def children(self) -> list[Node]:
        """The elements in the content. Raises Broken."""
        content = self.content[:-2] if self.indefinite else self.content
        children, offset = [], 0
        while offset < len(content):
            node, offset = _read(content, offset, self.depth + 1, self.notes)
            children.append(node)
        return children

    def has(self, tag: int) -> bool:
        """Whether the tag fits; strings may be constructed."""
        return self.tag == tag or (not tag & 0x20 and self.tag == tag | 0x20)

    def octets(self) -> bytes:
        """The value of a string, primitive or constructed."""
        if not self.tag & 0x20:
            return self.content
        self.notes.append(f"string with tag {self.tag:02X} is constructed")
        return b"".join(child.octets() for child in self.children)

    def text(self) -> str:
        """The value of a UTF8String."""
        try:
            return self.octets().decode()
        except UnicodeDecodeError:
            raise Broken("4-native, basic types", "text is not UTF-8") from None

    def integer(self) -> int:
        """The value of an INTEGER or ENUMERATED."""
        if not self.content or self.tag & 0x20:
            raise Broken("4-native, ASN.1 conventions", "an INTEGER without content, or constructed")
        return int.from_bytes(self.content, "big", signed=True)

    def boolean(self) -> bool:
        """The value of a BOOLEAN DEFAULT FALSE."""
        if len(self.content) != 1 or self.tag & 0x20:
            raise Broken("4-native, ASN.1 conventions", "a BOOLEAN that is not one octet")
        if self.content != b"\xff":
            self.notes.append("11-decisions 3: TRUE is FF, FALSE is left out")
        return self.content != b"\0"

    def bits(self) -> set[int]:
        """The set bits of a BIT STRING."""
        octets = self.octets()
        unused = octets[0] if octets else 8
        if not 1 <= len(octets) <= 5 or unused > 7 or (len(octets) == 1 and unused):
            raise Broken("11-decisions 11", "not a BIT STRING of up to 32 bits")
        size = 8 * (len(octets) - 1) - unused
        found = {bit for bit in range(size) if octets[1 + bit // 8] & 0x80 >> bit % 8}
        if size and size - 1 not in found:
            self.notes.append("11-decisions 11: senders cut trailing zero bits")
        return found

    def time(self) -> int:
        """The value of a TimeStamp in microseconds since 1970."""
        match = TIME.fullmatch(self.octets())
        if match is None:
            raise Broken("11-decisions 10", f"time {self.octets()!r}")
        try:
            seconds = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            raise Broken("11-decisions 10", f"no such time: {self.octets()!r}") from None
        if match[2] != b"." or len(match[3]) != 3:
            self.notes.append(f"11-decisions 10: senders write '.' and three digits: {self.octets()!r}")
        return int(seconds.timestamp()) * 1_000_000 + int((match[3] or b"").ljust(6, b"0"))

    def oid(self) -> str:
        """The value of an OBJECT IDENTIFIER as dotted text."""
        if not self.content or self.content[-1] & 0x80:
            raise Broken("4-native, ASN.1 conventions", "an OBJECT IDENTIFIER that is cut off")
        arcs, arc = [], 0
        for octet in self.content:
            arc = arc << 7 | octet & 0x7F
            if not octet & 0x80:
                arcs.append(arc)
                arc = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


class Fields:
    """The components of a SEQUENCE, taken in their order."""

    def __init__(self, node: Node, name: str) -> None:
        self.rest = node.children
        self.name = name
        self.notes = node.notes

    def maybe(self, *tags: int) -> Node | None:
        """Take the next component if it has one of the tags."""
        if self.rest and any(self.rest[0].has(tag) for tag in tags):
            return self.rest.pop(0)
        return None

    def take(self, what: str, *tags: int) -> Node:
        """Take the next component. Raises Broken if it is not the one that is due."""
        node = self.maybe(*tags)
        if node is None:
            found = f"{self.rest[0].tag:02X}" if self.rest else "nothing"
            wanted = "/".join(f"{tag:02X}" for tag in tags)
            raise Broken("5-checks, decodes", f"{self.name}: {what} ({wanted}) is due, {found} came")
        return node

    def __iter__(self) -> Iterator[Node]:
        while self.rest:
            yield self.rest.pop(0)


def read(octets: bytes, notes: list[str]) -> Node:
    """Read the one TLV that ``octets`` are. Raises Broken."""
    node, end = _read(octets, 0, 0, notes)
    if end != len(octets):
        raise Broken("4-native, ASN.1 conventions", f"{len(octets) - end} octets too many behind the TLV")
    return node


def _read(octets: bytes, start: int, depth: int, notes: list[str]) -> tuple[Node, int]:
    rule = "4-native, ASN.1 conventions"
    if depth > DEPTH:
        raise Broken(rule, f"nested deeper than {DEPTH}")
    last = start
    if octets[start : start + 1] and octets[start] & 0x1F == 0x1F:
        last += 1
        while last < len(octets) and octets[last] & 0x80:
            last += 1
    if (
        last + 2 > len(octets)
        or octets[start + 1 : last][:1] == b"\x80"
        or (last == start + 1 and octets[last] < 31)
    ):
        raise Broken(rule, "cut off, or a tag number in more octets than it needs")
    tag, first, offset = int.from_bytes(octets[start : last + 1], "big"), octets[last + 1], last + 2
    if first == 0x80:
        if not octets[start] & 0x20:
            raise Broken(rule, "a primitive of indefinite length")
        notes.append(f"4-native: senders emit definite lengths (tag {tag:02X})")
        end = offset
        while octets[end : end + 2] != b"\0\0":
            _, end = _read(octets, end, depth + 1, [])
        end += 2
        return Node(tag, octets[offset:end], octets[start:end], True, depth, notes), end
    size = first
    if first & 0x80:
        count = first & 0x7F
        size = int.from_bytes(octets[offset : offset + count], "big")
        offset += count
        if count > 4 or size < 0x80 or size < 1 << 8 * (count - 1):
            notes.append(f"4-native: senders emit minimal lengths (tag {tag:02X})")
    end = offset + size
    if end > len(octets):
        raise Broken(rule, f"tag {tag:02X} promises {size} octets, {len(octets) - offset} are there")
    return Node(tag, octets[offset:end], octets[start:end], False, depth, notes), end
