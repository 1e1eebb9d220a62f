"""A strict walker over BER (ITU-T X.690): exact octet ranges, anomalies, hard limits.

The walker knows no ASN.1 module. It finds the structure, tells every place where the octets are not what a
careful sender writes, and gives up with :class:`TlvError` where no structure is left. It does not recurse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tlv_anomalies import CONSTRUCTED_FORMS, CONTENT_CHECKS, Anomaly, AnomalyCode

__all__ = [
    "DEFAULT_LIMITS",
    "MAX_TAG_OCTETS",
    "Anomaly",
    "AnomalyCode",
    "Header",
    "Limits",
    "Tlv",
    "TlvError",
    "Walk",
    "header",
    "parse_path",
    "walk",
]

MAX_TAG_OCTETS: Final = 5
"""Identifier octets at most: tag numbers below 2**28, more than any module uses."""


class TlvError(ProtocolError):
    """Octets that are not BER, or that pass a limit."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("BER", offset, message)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a walk: nesting, number of TLVs, octets of input."""

    depth: int = 64
    count: int = 20_000
    length: int = 131_072


DEFAULT_LIMITS: Final = Limits()


class Tlv(msgspec.Struct, eq=False, gc=False):
    """One identifier, length and content: where it stands, and what it holds.

    ``tag`` is the number that the identifier octets spell: 0x30, 0xA2, 0xBF1F. ``start`` is the first
    identifier octet, ``content`` and ``content_end`` bound the content octets, ``end`` lies behind the whole
    TLV: behind the two end-of-contents octets when the length is indefinite. ``children`` is empty for a
    primitive.
    """

    tag: int
    start: int
    content: int
    content_end: int
    end: int
    children: Sequence[Tlv]

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
        tagged = [node for node in self.children if node.tag == tag]
        return tagged[index] if -len(tagged) <= index < len(tagged) else None

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
        if tag != self.root.tag or index not in (0, -1):
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


_STEP = re.compile(r"((?:[0-9a-fA-F]{2})+)(?:\[(-?\d{1,5})\])?")


def parse_path(path: str) -> tuple[tuple[int, int], ...]:
    """Return the (tag, index) steps of a path such as ``31/a2/a4/30[1]``.

    Each step is the identifier octets in hexadecimal and the index, from 0, among the siblings of that tag;
    a negative one counts from the last of them, which is -1. Raises ValueError on anything else.
    """
    steps = []
    for text in path.split("/"):
        match = _STEP.fullmatch(text)
        if match is None:
            raise ValueError(f"not a path of tags: {path!r} (at {text!r})")
        steps.append((int(match[1], 16), int(match[2] or 0)))
    return tuple(steps)


_CONSTRUCTED: Final = 0x20
_END_OF_CONTENTS: Final = 0x00


def walk(octets: bytes, *, offset: int = 0, limits: Limits = DEFAULT_LIMITS) -> Walk:
    """Walk the one TLV that begins at ``offset``; whatever follows it is an anomaly.

    All offsets of the result count from the start of ``octets``. Raises :class:`TlvError` where the octets
    end too early, a length runs past what holds it, a form is forbidden, or a limit is passed.
    """
    if not offset:
        known, known_limits, walked = _last
        if known is octets and known_limits is limits:
            return walked
    return _walk(octets, offset, limits)


def _walk(octets: bytes, offset: int, limits: Limits) -> Walk:
    global _last
    if len(octets) > limits.length:
        raise TlvError(limits.length, f"longer than {limits.length} octets")
    anomalies: list[Anomaly] = []
    siblings: list[Tlv] = []
    bound = len(octets)
    parent: Tlv | None = None
    indefinite = False
    outer: list[tuple[list[Tlv], int, Tlv | None, bool]] = []
    position = offset
    left, deepest = limits.count, limits.depth
    while True:
        start = position
        if start + 2 > bound:
            raise TlvError(start, "ends within identifier and length octets")
        if not left:
            raise TlvError(start, f"more than {limits.count} TLVs")
        left -= 1
        tag = octets[start]
        length = octets[start + 1]
        position = start + 2
        constructed = tag & _CONSTRUCTED
        endless = False
        if length >= 0x80 or tag & 0x1F == 0x1F:
            tag, length, position, endless = _long_header(octets, start, bound, anomalies)
        end = position + length
        if end > bound:
            raise TlvError(position, f"{length} octets of content announced, {bound - position} are there")
        if tag & ~_CONSTRUCTED == _END_OF_CONTENTS:
            raise TlvError(start, "end-of-contents octets where none can stand")
        if constructed:
            children: list[Tlv] = []
            node = Tlv(tag, start, position, end, end, children)
            siblings.append(node)
            if tag in CONSTRUCTED_FORMS:
                anomalies.append(Anomaly(start, *CONSTRUCTED_FORMS[tag]))
            outer.append((siblings, bound, parent, indefinite))
            if len(outer) > deepest:
                raise TlvError(start, f"nested deeper than {limits.depth} levels")
            siblings, parent, indefinite = children, node, endless
            if not endless:
                bound = end
        else:
            node = Tlv(tag, start, position, end, end, ())
            siblings.append(node)
            if tag < 0x40:
                check = CONTENT_CHECKS.get(tag)
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
            walked = Walk(octets, siblings[0], tuple(anomalies))
            if not offset:
                _last = (octets, limits, walked)
            return walked


class Header(NamedTuple):
    """What identifier and length octets tell: the ``tag``, as that of :class:`Tlv`, where the content begins,
    and where it ends, None when the length is indefinite."""

    tag: int
    content: int
    end: int | None


def header(octets: bytes, start: int, bound: int, anomalies: list[Anomaly]) -> Header:
    """Return the header of the TLV at ``start``, which ends at ``bound`` or before.

    What no careful sender writes is added to ``anomalies``; the content is not looked at. Raises
    :class:`TlvError` as :func:`walk` does about the header.
    """
    if start + 2 > bound:
        raise TlvError(start, "ends within identifier and length octets")
    tag = octets[start]
    length = octets[start + 1]
    position = start + 2
    endless = False
    if length >= 0x80 or tag & 0x1F == 0x1F:
        tag, length, position, endless = _long_header(octets, start, bound, anomalies)
    end = position + length
    if end > bound:
        raise TlvError(position, f"{length} octets of content announced, {bound - position} are there")
    if tag & ~_CONSTRUCTED == _END_OF_CONTENTS:
        raise TlvError(start, "end-of-contents octets where none can stand")
    return Header(tag, position, None if endless else end)


_last: tuple[bytes, Limits, Walk] = (b"", DEFAULT_LIMITS, Walk(b"", Tlv(0, 0, 0, 0, 0, ()), ()))
"""The last walk from the beginning: a PDU is decoded, and then its form is looked at."""


def _long_header(
    octets: bytes, start: int, bound: int, anomalies: list[Anomaly]
) -> tuple[int, int, int, bool]:
    """Return tag and length of the TLV at ``start``, where its content begins, and whether it is endless.

    Either takes more octets than one here, or the length is indefinite, which counts as 0.
    """
    tag, position = octets[start], start + 1
    if tag & 0x1F == 0x1F:
        tag, position = _high_tag(octets, start, bound, anomalies)
    length = octets[position]
    if length > 0x80:
        return tag, *_long_length(octets, position, bound, anomalies), False
    if length < 0x80:
        return tag, length, position + 1, False
    if not octets[start] & _CONSTRUCTED:
        raise TlvError(position, "a primitive with indefinite length")
    anomalies.append(Anomaly(position, AnomalyCode.INDEFINITE_LENGTH, "the length is indefinite"))
    return tag, 0, position + 1, True


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
