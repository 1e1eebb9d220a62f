"""BER (ITU-T X.690) one level at a time, for PDUs that carry what is not theirs to read.

The strict walker of ``profiles.tlv`` goes to the bottom. A layer must not: octets that only the layer above
can judge would make its own PDU undecodable. A :class:`BerReader` enters the components that its caller asks
for, reads what X.690 permits, and keeps every deviation from the minimal form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.object_identifier import read_object_identifier
from conform62351.profiles.tlv import MAX_TAG_OCTETS, AnomalyCode, Tlv

MAX_COMPONENTS: Final = 256
"""Components of one constructed value at most."""
MAX_DEPTH: Final = 64
"""Nesting of indefinite lengths and of constructed strings at most."""
MAX_INTEGER_OCTETS: Final = 8
MAX_OBJECT_IDENTIFIER_OCTETS: Final = 128

UNKNOWN_COMPONENT: Final = "unknown-component"
REPEATED_COMPONENT: Final = "repeated-component"
MISPLACED_COMPONENT: Final = "misplaced-component"

INTEGER: Final = 0x02
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30


class Deviation(msgspec.Struct, frozen=True):
    """A readable deviation of form: the octet, a code and a sentence for people.

    ``code`` is a value of :class:`~conform62351.profiles.tlv.AnomalyCode` or of the layer's own.
    """

    offset: int
    code: str
    message: str


class BerReader:
    """Reads TLVs out of ``octets``; every fault names ``layer`` and the offset within them."""

    def __init__(self, octets: bytes, layer: str) -> None:
        self.octets = octets
        self.layer = layer
        self.deviations: list[Deviation] = []

    def fault(self, offset: int, message: str) -> ProtocolError:
        """Return the error to raise about the octet at ``offset``."""
        return ProtocolError(self.layer, offset, message)

    def note(self, offset: int, code: str, message: str) -> None:
        """Keep a deviation."""
        self.deviations.append(Deviation(offset, code, message))

    def root(self) -> Tlv:
        """Return the one TLV that the octets are. Octets after it are a deviation."""
        node = self.tlv(0, len(self.octets))
        if node.end < len(self.octets):
            message = f"{len(self.octets) - node.end} octets after the end of the value"
            self.note(node.end, AnomalyCode.TRAILING_OCTETS, message)
        return node

    def tlv(self, start: int, bound: int) -> Tlv:
        """Return the TLV at ``start``, without children. Raises ProtocolError when it passes ``bound``."""
        tag, content, length = self._header(start, bound)
        if length is not None:
            end = content + length
            return Tlv(tag, start, content, end, end, ())
        self.note(content - 1, AnomalyCode.INDEFINITE_LENGTH, "the length is indefinite")
        content_end = self._end_of_contents(content, bound)
        return Tlv(tag, start, content, content_end, content_end + 2, ())

    def components(self, node: Tlv) -> list[Tlv]:
        """Return the TLVs that the content of ``node`` is a series of."""
        if not self._constructed(node):
            raise self.fault(node.start, f"tag {node.tag:02X} is primitive where components are expected")
        found: list[Tlv] = []
        octets, position, bound = self.octets, node.content, node.content_end
        while position < bound:
            if len(found) == MAX_COMPONENTS:
                raise self.fault(position, f"more than {MAX_COMPONENTS} components")
            tag, content = octets[position], position + 2
            length = octets[position + 1] if content <= bound else 0x80
            end = content + length
            if length < 0x80 and end <= bound and tag and tag & 0x1F != 0x1F:
                # One octet of tag and one of length, as nearly all have: no more to look at.
                found.append(Tlv(tag, position, content, end, end, ()))
            else:
                found.append(self.tlv(position, bound))
                end = found[-1].end
            position = end
        return found

    def members(self, node: Tlv, tags: Sequence[int], *, ordered: bool = True) -> dict[int, Tlv]:
        """Return the components of ``node`` by tag: those whose tags are among ``tags``.

        Of a repeated component the first counts. Other tags, repetitions, and with ``ordered`` an order other
        than that of ``tags``, are deviations.
        """
        members: dict[int, Tlv] = {}
        place = 0
        for child in self.components(node):
            tag = child.tag
            if tag not in tags:
                self.note(child.start, UNKNOWN_COMPONENT, f"component {tag:02X} has no meaning here")
                continue
            if tag in members:
                self.note(child.start, REPEATED_COMPONENT, f"component {tag:02X} is there twice")
                continue
            members[tag] = child
            index = tags.index(tag)
            if index >= place:
                place = index
            elif ordered:
                message = f"component {tag:02X} stands behind one that follows it"
                self.note(child.start, MISPLACED_COMPONENT, message)
        return members

    def only(self, node: Tlv) -> Tlv:
        """Return the one TLV inside ``node``, an explicit tag."""
        found = self.components(node)
        if len(found) != 1:
            raise self.fault(node.start, f"tag {node.tag:02X} holds {len(found)} values in place of one")
        return found[0]

    def content(self, node: Tlv) -> bytes:
        """Return the content octets of ``node``, without end-of-contents octets."""
        return self.octets[node.content : node.content_end]

    def whole(self, node: Tlv) -> bytes:
        """Return all octets of ``node``."""
        return self.octets[node.start : node.end]

    def integer(self, node: Tlv) -> int:
        """Return the value of a primitive INTEGER or ENUMERATED, whatever its tag."""
        content = self._primitive(node)
        if not content:
            raise self.fault(node.start, "an INTEGER without content")
        if len(content) > MAX_INTEGER_OCTETS:
            raise self.fault(node.start, f"an INTEGER of more than {MAX_INTEGER_OCTETS} octets")
        if len(content) > 1 and (content[0], content[1] >> 7) in ((0x00, 0), (0xFF, 1)):
            message = f"an INTEGER begins with {content[:2].hex(' ').upper()}"
            self.note(node.content, AnomalyCode.NON_MINIMAL_INTEGER, message)
        return int.from_bytes(content, "big", signed=True)

    def object_identifier(self, node: Tlv) -> str:
        """Return an OBJECT IDENTIFIER in dotted form.

        One without content, which real products send, is read as the empty text.
        """
        content = self._primitive(node)
        if not content:
            self.note(node.start, AnomalyCode.CONTENT_LENGTH, "an OBJECT IDENTIFIER without content")
            return ""
        if len(content) > MAX_OBJECT_IDENTIFIER_OCTETS:
            message = f"an OBJECT IDENTIFIER of more than {MAX_OBJECT_IDENTIFIER_OCTETS} octets"
            raise self.fault(node.start, message)
        if content[-1] & 0x80:
            raise self.fault(node.content_end, "an OBJECT IDENTIFIER ends within a subidentifier")
        found = read_object_identifier(content)
        if found.padded:
            message = "a subidentifier begins with 80"
            self.note(node.content, AnomalyCode.NON_MINIMAL_OBJECT_IDENTIFIER, message)
        return found.dotted

    def octet_string(self, node: Tlv) -> bytes:
        """Return the octets of an OCTET STRING, constructed ones put together."""
        return b"".join(self._segments(node))

    def bit_string(self, node: Tlv) -> bytes:
        """Return the content octets of a BIT STRING: the number of unused bits, then the bits."""
        segments = self._segments(node)
        if not segments or not all(segments):
            raise self.fault(node.start, "a BIT STRING without content")
        unused = segments[-1][0]
        bits = b"".join(segment[1:] for segment in segments)
        if unused > 7 or (unused and not bits):
            raise self.fault(node.content, f"a BIT STRING of {len(bits)} octets with {unused} unused bits")
        if bits and bits[-1] & ((1 << unused) - 1):
            message = "the unused bits of a BIT STRING are not zero"
            self.note(node.content, AnomalyCode.BIT_STRING_PADDING, message)
        return bytes((unused,)) + bits

    def _constructed(self, node: Tlv) -> bool:
        return bool(self.octets[node.start] & 0x20)

    def _primitive(self, node: Tlv) -> bytes:
        if self._constructed(node):
            raise self.fault(node.start, f"tag {node.tag:02X} is constructed where a primitive is expected")
        return self.content(node)

    def _segments(self, node: Tlv) -> list[bytes]:
        if not self._constructed(node):
            return [self.content(node)]
        self.note(node.start, AnomalyCode.CONSTRUCTED_STRING, "a string in constructed form")
        found: list[bytes] = []
        pending = [(child, 1) for child in reversed(self.components(node))]
        while pending:
            child, depth = pending.pop()
            if not self._constructed(child):
                found.append(self.content(child))
            elif depth == MAX_DEPTH:
                raise self.fault(child.start, f"nested deeper than {MAX_DEPTH} levels")
            else:
                pending.extend((inner, depth + 1) for inner in reversed(self.components(child)))
            if len(found) + len(pending) > MAX_COMPONENTS:
                raise self.fault(child.start, f"more than {MAX_COMPONENTS} segments")
        return found

    def _header(self, start: int, bound: int) -> tuple[int, int, int | None]:
        """Return tag, position of the content and length (None: indefinite)."""
        octets = self.octets
        if start + 2 > bound:
            raise self.fault(start, "ends within identifier and length octets")
        tag = octets[start]
        if not tag:
            raise self.fault(start, "end-of-contents octets where none can stand")
        position = start + 1
        if tag & 0x1F == 0x1F:
            tag, position = self._high_tag(start, bound)
        length = octets[position]
        position += 1
        if length == 0x80:
            if not octets[start] & 0x20:
                raise self.fault(position - 1, "a primitive with indefinite length")
            return tag, position, None
        if length > 0x80:
            length, position = self._long_length(position, bound, length & 0x7F)
        if position + length > bound:
            message = f"{length} octets of content announced, {bound - position} are there"
            raise self.fault(position, message)
        return tag, position, length

    def _high_tag(self, start: int, bound: int) -> tuple[int, int]:
        """Return the tag of several octets that begins at ``start``, and where its length stands."""
        position = start + 1
        while position < bound and self.octets[position] & 0x80:
            position += 1
        position += 1
        if position >= bound:
            raise self.fault(start, "ends within identifier and length octets")
        if position - start > MAX_TAG_OCTETS:
            raise self.fault(start, f"a tag of more than {MAX_TAG_OCTETS} octets")
        if self.octets[start + 1] in (0x80, *range(0x1F)):
            self.note(start, AnomalyCode.NON_MINIMAL_TAG, "a tag number in more octets than it needs")
        return int.from_bytes(self.octets[start:position], "big"), position

    def _long_length(self, position: int, bound: int, size: int) -> tuple[int, int]:
        content = position + size
        if size == 0x7F:
            raise self.fault(position - 1, "length octet FF is reserved")
        if content > bound:
            raise self.fault(position - 1, "ends within length octets")
        length = int.from_bytes(self.octets[position:content], "big")
        if length < 0x80 or not self.octets[position]:
            message = f"length {length} written in {size + 1} octets"
            self.note(position - 1, AnomalyCode.NON_MINIMAL_LENGTH, message)
        return length, content

    def _end_of_contents(self, position: int, bound: int) -> int:
        """Return where the end-of-contents octets of the indefinite content at ``position`` stand.

        Deviations inside belong to whoever reads the content, so they are not kept here.
        """
        kept = len(self.deviations)
        open_lengths = 1
        while True:
            if self.octets[position : min(position + 2, bound)] == b"\0\0":
                open_lengths -= 1
                if not open_lengths:
                    del self.deviations[kept:]
                    return position
                position += 2
                continue
            _, position, length = self._header(position, bound)
            if length is not None:
                position += length
            elif open_lengths == MAX_DEPTH:
                raise self.fault(position, f"nested deeper than {MAX_DEPTH} levels")
            else:
                open_lengths += 1
