"""The TLVs of one value as nodes, named by a notation; what a value carries is another layer's matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Final, Protocol

from conform62351.profiles.dissection.notation import CLASSES, UNIVERSAL_NAMES, Meaning
from conform62351.profiles.dissection.tree import UNREADABLE, Node, Report, Source
from conform62351.profiles.dissection.values import content_text, guess, hexadecimal
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi.ber import BerReader
from conform62351.profiles.tlv import Tlv
from conform62351.profiles.tlv_anomalies import CONTENT_CHECKS

MAX_DEPTH: Final = 64
"""Levels of TLVs, counted through all layers."""

_ANY: Final = "ANY"
_INTEGER: Final = 0x02
_EMBEDDED: Final = ("single-ASN1-type", "octet-aligned")


class Embedding(Protocol):
    """Who dissects what stands inside a value, and takes what is odd.

    ``carried`` tells, for a layer, who dissects the content of an OCTET STRING, or the whole of an open type,
    by the name of its type or its own; None from there means that nothing can be made of it.
    """

    report: Report
    carried: Mapping[str, Mapping[str, Callable[[Source], Node | None]]]

    def value(self, source: Source, context: int | None) -> Node:
        """Return the value of a presentation context."""

    def within(self, depth: int) -> AbstractContextManager[None]:
        """Dissect something that stands ``depth`` levels of TLVs deep."""


class TlvTree:
    """The TLVs of one value. ``checked`` tells that a codec has judged the contents already."""

    def __init__(self, upper: Embedding, source: Source, layer: str, *, checked: bool) -> None:
        self._upper = upper
        self._source = source
        self._layer = layer
        self._checked = checked
        self._reader = BerReader(source.octets, layer)

    def read(self, start: int, bound: int) -> Tlv | None:
        """Return the TLV at ``start``, None when there is none; what is odd is noted."""
        try:
            return self._reader.tlv(start, bound)
        except ProtocolError as error:
            self._upper.report.add(self._source.at(error.offset), self._layer, "undecodable", error.message)
            return None
        finally:
            for deviation in self._reader.deviations:
                self._upper.report.add(
                    self._source.at(deviation.offset), self._layer, str(deviation.code), deviation.message
                )
            self._reader.deviations.clear()

    def node(self, tlv: Tlv, meaning: Meaning | None, depth: int, context: int | None) -> Node:
        """Return a TLV with all that it holds; ``context`` is the last INTEGER that stands before it."""
        name = meaning.name if meaning is not None else _plain_name(tlv)
        value = ""
        children: tuple[Node, ...] = ()
        if tlv.constructed:
            children = tuple(self._children(tlv, meaning, depth, context))
        else:
            value, children = self._primitive(tlv, meaning, depth, context)
        tag = tlv.identifier.hex().upper()
        return Node(self._layer, name, self._source.at(tlv.start), tlv.end - tlv.start, value, children, tag)

    def _children(self, tlv: Tlv, meaning: Meaning | None, depth: int, context: int | None) -> Iterator[Node]:
        position = tlv.content
        number: int | None = None
        place = -1
        while position < tlv.content_end:
            if depth >= MAX_DEPTH or self._upper.report.exhausted():
                message = "not looked into: too deep, or too much before it"
                self._upper.report.add(self._source.at(position), self._layer, "limit", message)
                yield unreadable(self._layer, self._source, position, tlv.content_end)
                return
            child = self.read(position, tlv.content_end)
            if child is None:
                yield unreadable(self._layer, self._source, position, tlv.content_end)
                return
            if meaning is not None and meaning.explicit and _is_embedded(meaning):
                yield self._embedded(child.start, child.end, context, depth)
            else:
                if child.tag == _INTEGER and child.content_end - child.content <= 4:
                    number = int.from_bytes(self._reader.content(child), "big", signed=True)
                inner, place = _meaning_within(meaning, child, place)
                yield self._open_type(child, inner, depth) or self.node(child, inner, depth + 1, number)
            position = child.end

    def _open_type(self, tlv: Tlv, meaning: Meaning | None, depth: int) -> Node | None:
        """Return what an open type holds, None where it is no such type or a plain TLV."""
        if meaning is None or meaning.type.kind != _ANY or meaning.explicit or depth >= MAX_DEPTH:
            return None
        return self._carried(meaning, tlv.start, tlv.end, depth)

    def _carried(self, meaning: Meaning, start: int, end: int, depth: int) -> Node | None:
        by_name = self._upper.carried.get(self._layer, {})
        dissect = by_name.get(meaning.type.name) or by_name.get(meaning.name)
        if dissect is None:
            return None
        with self._upper.within(depth):
            return dissect(self._source.part(start, end))

    def _primitive(
        self, tlv: Tlv, meaning: Meaning | None, depth: int, context: int | None
    ) -> tuple[str, tuple[Node, ...]]:
        content = self._reader.content(tlv)
        if meaning is not None and depth < MAX_DEPTH and content:
            if _is_embedded(meaning):
                return "", (self._embedded(tlv.content, tlv.content_end, context, depth),)
            if meaning.type.kind == "OCTET STRING":
                made = self._carried(meaning, tlv.content, tlv.content_end, depth)
                if made is not None:
                    return f"{len(content)} octets", (made,)
        kind = meaning.type.kind if meaning is not None and not meaning.explicit else _ANY
        if kind == _ANY:
            kind = _universal(tlv)
        if not self._checked:
            self._check(tlv, kind, content)
        if not kind:
            return guess(content), ()
        return content_text(kind, content, meaning), ()

    def _embedded(self, start: int, end: int, context: int | None, depth: int) -> Node:
        with self._upper.within(depth):
            return self._upper.value(self._source.part(start, end), context)

    def _check(self, tlv: Tlv, kind: str, content: bytes) -> None:
        check = CONTENT_CHECKS.get(_NUMBER_OF.get(kind, 0))
        found = check(content) if check is not None else None
        if found is not None:
            self._upper.report.add(self._source.at(tlv.content), self._layer, str(found[0]), found[1])


_NUMBER_OF: Final = {name: number for number, name in UNIVERSAL_NAMES.items()}


def _is_embedded(meaning: Meaning) -> bool:
    return meaning.name.endswith(_EMBEDDED)


def _meaning_within(meaning: Meaning | None, child: Tlv, after: int) -> tuple[Meaning | None, int]:
    """Return what a TLV means inside the one that ``meaning`` describes; ``after`` as in Type.component."""
    if meaning is None:
        return None, after
    if meaning.explicit and meaning.type.kind != "CHOICE":
        return Meaning(meaning.type.name, meaning.type), after
    return meaning.type.component(key_of(child), after)


def key_of(tlv: Tlv) -> tuple[str, int]:
    """Return class and number of a tag."""
    return CLASSES[tlv.tag_class], tlv.number


def _universal(tlv: Tlv) -> str:
    return UNIVERSAL_NAMES.get(tlv.number, "") if tlv.tag_class == 0 else ""


def _plain_name(tlv: Tlv) -> str:
    name = _universal(tlv)
    if name:
        return name
    prefix = "" if tlv.tag_class == 2 else f"{CLASSES[tlv.tag_class]} "
    return f"[{prefix}{tlv.number}]"


def unreadable(layer: str, source: Source, start: int, end: int | None = None) -> Node:
    """Return a node for octets that nothing could be made of."""
    octets = source.octets[start:end]
    return Node(layer, UNREADABLE, source.at(start), len(octets), hexadecimal(octets))
