"""A strict walker over BER (ITU-T X.690): exact octet ranges, anomalies, hard limits.

The walker knows no ASN.1 module. It finds the structure, tells every place where the octets are not what a
careful sender writes, and gives up with :class:`TlvError` where no structure is left. It does not recurse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from conform62351.profiles.errors import ProtocolError

MAX_TAG_OCTETS: Final = 5
"""Identifier octets at most: tag numbers below 2**28, more than any module uses."""


class TlvError(ProtocolError):
    """Octets that are not BER, or that pass a limit."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("BER", offset, message)


class AnomalyCode(StrEnum):
    """Every way in which octets may be readable and yet not what they should be (X.690 clause)."""

    NON_MINIMAL_LENGTH = "non-minimal-length"
    """8.1.3.5 permits it, 10.1 (DER) does not."""
    INDEFINITE_LENGTH = "indefinite-length"
    """8.1.3.6 permits it, 10.1 (DER) does not."""
    CONSTRUCTED_STRING = "constructed-string"
    """8.6.4, 8.7.3 and 8.23 permit it, 10.2 (DER) does not."""
    BOOLEAN_VALUE = "boolean-value"
    """TRUE other than FF: 8.2.2 permits it, 11.1 (DER) does not."""
    BIT_STRING_PADDING = "bit-string-padding"
    """Unused bits that are not zero: 8.6.2.4 permits them, 11.2.1 (DER) does not."""
    NON_MINIMAL_TAG = "non-minimal-tag"
    """8.1.2.4.2.3, or the high form for a number below 31 (8.1.2.2)."""
    NON_MINIMAL_INTEGER = "non-minimal-integer"
    """8.3.2: the first nine bits are all equal."""
    NON_MINIMAL_OBJECT_IDENTIFIER = "non-minimal-object-identifier"
    """8.19.2: a subidentifier begins with 80."""
    CONTENT_LENGTH = "content-length"
    """Content too short or too long for its type: 8.2.1, 8.3.1, 8.6.2.2, 8.8.2, 8.19.1."""
    CONTENT_FORM = "content-form"
    """Primitive where the type is constructed or the reverse, or content cut within a subidentifier."""
    TRAILING_OCTETS = "trailing-octets"
    """Octets after the end of the value."""


PERMITTED_BY_BER: Final = frozenset(
    {
        AnomalyCode.NON_MINIMAL_LENGTH,
        AnomalyCode.INDEFINITE_LENGTH,
        AnomalyCode.CONSTRUCTED_STRING,
        AnomalyCode.BOOLEAN_VALUE,
        AnomalyCode.BIT_STRING_PADDING,
    }
)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A readable oddity: the octet it stands at, what it is, and a sentence for people."""

    offset: int
    code: AnomalyCode
    message: str

    @property
    def breaks_ber(self) -> bool:
        """Whether X.690 forbids it in BER, and not only in DER."""
        return self.code not in PERMITTED_BY_BER


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a walk: nesting, number of TLVs, octets of input."""

    depth: int = 64
    count: int = 20_000
    length: int = 131_072


DEFAULT_LIMITS: Final = Limits()


class Tlv:
    """One identifier, length and content: where it stands, and what it holds.

    ``tag`` is the number that the identifier octets spell: 0x30, 0xA2, 0xBF1F. ``start`` is the first
    identifier octet, ``content`` and ``content_end`` bound the content octets, ``end`` lies behind the whole
    TLV: behind the two end-of-contents octets when the length is indefinite. ``children`` is empty for a
    primitive.
    """

    __slots__ = ("children", "content", "content_end", "end", "start", "tag")

    def __init__(
        self, tag: int, start: int, content: int, content_end: int, end: int, children: Sequence[Tlv]
    ) -> None:
        self.tag = tag
        self.start = start
        self.content = content
        self.content_end = content_end
        self.end = end
        self.children = children

    @property
    def identifier(self) -> bytes:
        """The identifier octets."""
        return self.tag.to_bytes(max(1, (self.tag.bit_length() + 7) // 8), "big")

    @property
    def tag_class(self) -> int:
        """0 universal, 1 application, 2 context-specific, 3 private."""
        return self.identifier[0] >> 6

    @property
    def constructed(self) -> bool:
        """Whether the content is a series of TLVs."""
        return bool(self.identifier[0] & 0x20)

    @property
    def number(self) -> int:
        """The tag number."""
        octets = self.identifier
        if len(octets) == 1:
            return octets[0] & 0x1F
        number = 0
        for octet in octets[1:]:
            number = number << 7 | octet & 0x7F
        return number

    @property
    def indefinite(self) -> bool:
        """Whether the length is of the indefinite form."""
        return self.end != self.content_end

    def child(self, tag: int, index: int = 0) -> Tlv | None:
        """Return the child number ``index`` among those tagged ``tag``, or None."""
        for node in self.children:
            if node.tag == tag:
                if index == 0:
                    return node
                index -= 1
        return None

    def __repr__(self) -> str:
        return f"Tlv({self.tag:02X} at {self.start}:{self.end}, content {self.content}:{self.content_end})"


@dataclass(frozen=True, slots=True)
class Walk:
    """The structure of ``octets``: the outermost TLV and the anomalies in the order of their offsets."""

    octets: bytes
    root: Tlv
    anomalies: tuple[Anomaly, ...]

    def content(self, node: Tlv) -> bytes:
        """Return the content octets of ``node``, without end-of-contents octets."""
        return self.octets[node.content : node.content_end]

    def whole(self, node: Tlv) -> bytes:
        """Return all octets of ``node``, identifier and length included."""
        return self.octets[node.start : node.end]

    def find(self, path: str) -> Tlv | None:
        """Return the node at ``path`` (see :func:`parse_path`), or None."""
        (tag, index), *rest = parse_path(path)
        if tag != self.root.tag or index:
            return None
        node: Tlv | None = self.root
        for tag, index in rest:
            if node is None:
                return None
            node = node.child(tag, index)
        return node

    def nodes(self) -> Iterator[tuple[int, Tlv]]:
        """Yield every TLV with its depth (the outermost has 1), parents before children."""
        stack = [(1, self.root)]
        while stack:
            depth, node = stack.pop()
            yield depth, node
            stack.extend((depth + 1, child) for child in reversed(node.children))


_STEP = re.compile(r"((?:[0-9a-fA-F]{2})+)(?:\[(\d{1,5})\])?")


def parse_path(path: str) -> tuple[tuple[int, int], ...]:
    """Return the (tag, index) steps of a path such as ``31/a2/a4/30[1]``.

    Each step is the identifier octets in hexadecimal and the index, from 0, among the siblings of that tag.
    Raises ValueError on anything else.
    """
    steps = []
    for text in path.split("/"):
        match = _STEP.fullmatch(text)
        if match is None:
            raise ValueError(f"not a path of tags: {path!r} (at {text!r})")
        steps.append((int(match[1], 16), int(match[2] or 0)))
    return tuple(steps)


def walk(octets: bytes, *, offset: int = 0, limits: Limits = DEFAULT_LIMITS) -> Walk:
    """Walk the one TLV that begins at ``offset``; whatever follows it is an anomaly.

    All offsets of the result count from the start of ``octets``. Raises :class:`TlvError` where the octets
    end too early, a length runs past what holds it, a form is forbidden, or a limit is passed.
    """
    if len(octets) > limits.length:
        raise TlvError(limits.length, f"longer than {limits.length} octets")
    anomalies: list[Anomaly] = []
    siblings: list[Tlv] = []
    bound = len(octets)
    parent: Tlv | None = None
    indefinite = False
    outer: list[tuple[list[Tlv], int, Tlv | None, bool]] = []
    position = offset
    left = limits.count
    while True:
        start = position
        if start + 2 > bound:
            raise TlvError(start, "ends within identifier and length octets")
        if not left:
            raise TlvError(start, f"more than {limits.count} TLVs")
        left -= 1
        tag = octets[start]
        constructed = tag & 0x20
        position = start + 1
        if tag & 0x1F == 0x1F:
            tag, position = _high_tag(octets, start, bound, anomalies)
        length = octets[position]
        position += 1
        endless = False
        if length > 0x80:
            length, position = _long_length(octets, position - 1, bound, anomalies)
        elif length == 0x80:
            if not constructed:
                raise TlvError(position - 1, "a primitive with indefinite length")
            endless = True
            length = 0
            anomalies.append(Anomaly(position - 1, AnomalyCode.INDEFINITE_LENGTH, "the length is indefinite"))
        end = position + length
        if end > bound:
            raise TlvError(position, f"{length} octets of content announced, {bound - position} are there")
        if not tag:
            raise TlvError(start, "end-of-contents octets where none can stand")
        if constructed:
            children: list[Tlv] = []
            node = Tlv(tag, start, position, end, end, children)
            siblings.append(node)
            if tag in _MISPLACED_CONSTRUCTED:
                anomalies.append(Anomaly(start, *_MISPLACED_CONSTRUCTED[tag]))
            outer.append((siblings, bound, parent, indefinite))
            if len(outer) > limits.depth:
                raise TlvError(start, f"nested deeper than {limits.depth} levels")
            siblings, parent, indefinite = children, node, endless
            if not endless:
                bound = end
        else:
            node = Tlv(tag, start, position, end, end, ())
            siblings.append(node)
            if tag < 0x40:
                check = _CONTENT_CHECKS.get(tag)
                if check is not None and (found := check(octets[position:end])) is not None:
                    anomalies.append(Anomaly(position, *found))
            position = end
        while parent is not None:
            if indefinite:
                if octets[position : min(position + 2, bound)] != b"\0\0":
                    break
                parent.content_end = position
                position += 2
                parent.end = position
            elif position < bound:
                break
            siblings, bound, parent, indefinite = outer.pop()
        else:
            if position < len(octets):
                message = f"{len(octets) - position} octets after the end of the value"
                anomalies.append(Anomaly(position, AnomalyCode.TRAILING_OCTETS, message))
            return Walk(octets, siblings[0], tuple(anomalies))


def _high_tag(octets: bytes, start: int, bound: int, anomalies: list[Anomaly]) -> tuple[int, int]:
    """Return the tag that begins at ``start`` and the position of its length octets."""
    position = start + 1
    number = 0
    while True:
        if position + 1 >= bound:
            raise TlvError(start, "ends within identifier and length octets")
        if position == start + MAX_TAG_OCTETS:
            raise TlvError(start, f"a tag of more than {MAX_TAG_OCTETS} octets")
        octet = octets[position]
        number = number << 7 | octet & 0x7F
        position += 1
        if not octet & 0x80:
            break
    if number < 0x1F or octets[start + 1] == 0x80:
        message = f"tag number {number} written in {position - start} octets"
        anomalies.append(Anomaly(start, AnomalyCode.NON_MINIMAL_TAG, message))
    return int.from_bytes(octets[start:position], "big"), position


def _long_length(octets: bytes, position: int, bound: int, anomalies: list[Anomaly]) -> tuple[int, int]:
    """Return the length whose first octet stands at ``position``, and where the content begins."""
    size = octets[position] & 0x7F
    if size == 0x7F:
        raise TlvError(position, "length octet FF is reserved")
    content = position + 1 + size
    if content > bound:
        raise TlvError(position, "ends within length octets")
    length = int.from_bytes(octets[position + 1 : content], "big")
    if length < 0x80 or not octets[position + 1]:
        message = f"length {length} written in {size + 1} octets"
        anomalies.append(Anomaly(position, AnomalyCode.NON_MINIMAL_LENGTH, message))
    return length, content


_Found = tuple[AnomalyCode, str]


def _boolean(content: bytes) -> _Found | None:
    if len(content) != 1:
        return AnomalyCode.CONTENT_LENGTH, f"a BOOLEAN of {len(content)} octets"
    if content[0] not in (0x00, 0xFF):
        return AnomalyCode.BOOLEAN_VALUE, f"TRUE written as {content[0]:02X}"
    return None


def _integer(content: bytes) -> _Found | None:
    if not content:
        return AnomalyCode.CONTENT_LENGTH, "an INTEGER without content"
    if len(content) > 1 and (
        (content[0] == 0x00 and content[1] < 0x80) or (content[0] == 0xFF and content[1] >= 0x80)
    ):
        return AnomalyCode.NON_MINIMAL_INTEGER, f"an INTEGER begins with {content[:2].hex(' ').upper()}"
    return None


def _bit_string(content: bytes) -> _Found | None:
    if not content:
        return AnomalyCode.CONTENT_LENGTH, "a BIT STRING without content"
    unused = content[0]
    if unused > 7 or (unused and len(content) == 1):
        return AnomalyCode.CONTENT_LENGTH, f"a BIT STRING of {len(content)} octets with {unused} unused bits"
    if content[-1] & ((1 << unused) - 1):
        return AnomalyCode.BIT_STRING_PADDING, "the unused bits of a BIT STRING are not zero"
    return None


def _null(content: bytes) -> _Found | None:
    if content:
        return AnomalyCode.CONTENT_LENGTH, f"a NULL of {len(content)} octets"
    return None


def _object_identifier(content: bytes) -> _Found | None:
    if not content:
        return AnomalyCode.CONTENT_LENGTH, "an OBJECT IDENTIFIER without content"
    if content[-1] & 0x80:
        return AnomalyCode.CONTENT_FORM, "an OBJECT IDENTIFIER ends within a subidentifier"
    if content[0] == 0x80 or any(
        octet == 0x80 and not before & 0x80 for before, octet in pairwise(content)
    ):
        return AnomalyCode.NON_MINIMAL_OBJECT_IDENTIFIER, "a subidentifier begins with 80"
    return None


def _primitive_series(content: bytes) -> _Found:  # noqa: ARG001 - the form is at fault, not the content
    return AnomalyCode.CONTENT_FORM, "a primitive of a type that is constructed"


_CONTENT_CHECKS: Final[dict[int, Callable[[bytes], _Found | None]]] = {
    0x01: _boolean,
    0x02: _integer,
    0x03: _bit_string,
    0x05: _null,
    0x06: _object_identifier,
    0x08: _primitive_series,
    0x0A: _integer,
    0x0B: _primitive_series,
    0x10: _primitive_series,
    0x11: _primitive_series,
}
"""By tag of universal primitives: EXTERNAL, EMBEDDED PDV, SEQUENCE and SET (08, 0B, 10, 11) are never one."""

_MISPLACED_CONSTRUCTED: Final[dict[int, _Found]] = {
    **dict.fromkeys(
        (0x21, 0x22, 0x25, 0x26, 0x29, 0x2A, 0x2D),
        (AnomalyCode.CONTENT_FORM, "a constructed encoding of a type that is primitive"),
    ),
    **dict.fromkeys(
        (0x23, 0x24, 0x27, 0x2C, *range(0x32, 0x3D), 0x3E),
        (AnomalyCode.CONSTRUCTED_STRING, "a string in constructed form"),
    ),
}
"""By tag: BOOLEAN to RELATIVE-OID, then the string and time types."""
