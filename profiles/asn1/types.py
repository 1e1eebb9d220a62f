"""Types of ASN.1 in BER: how their values are written, and read over the strict walker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from conform62351.profiles.asn1.contents import ASCII_STRINGS, READERS, WRITERS
from conform62351.profiles.errors import EncodingError, ProtocolError
from conform62351.profiles.tlv import Tlv
from conform62351.profiles.tlv_edit import length_octets

CONSTRUCTED: Final = 0x20
_SEGMENTS: Final = {
    "BIT STRING": frozenset((0x03, 0x23)),
    "OCTET STRING": frozenset((0x04, 0x24)),
    "UTF8String": frozenset((0x04, 0x24, 0x0C, 0x2C)),
    "GeneralizedTime": frozenset((0x04, 0x24, 0x18, 0x38)),
    **dict.fromkeys(ASCII_STRINGS, frozenset((0x04, 0x24))),
}
"""Strings, which may be constructed, and the tags of their segments. X.690 wants OCTET STRING in those of
characters; segments of the own type are read as well."""


class ValueReadError(ProtocolError):
    """Octets that are no value of a type: offset, and a message that names the component."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("ASN.1", offset, message)


class Source(msgspec.Struct, frozen=True):
    """Octets to read values from; ``variants`` gathers the names of those that were met."""

    octets: bytes
    variants: list[str]

    def segments(self, tlv: Tlv, tags: frozenset[int]) -> list[bytes]:
        """Return the content of a primitive, or those of all segments of a string in constructed form.

        Raises ValueError for a segment that begins with none of the tags (X.690 8.6.4, 8.7.3, 8.23.6).
        """
        if not tlv.tag & CONSTRUCTED:
            return [self.octets[tlv.content : tlv.content_end]]
        found = []
        for child in tlv.children:
            if child.tag not in tags:
                raise ValueError(f"a segment {child.tag:02X}")
            found += self.segments(child, tags)
        return found

    def content(self, tlv: Tlv) -> bytes:
        """Return the content octets, with the end-of-contents octets of an indefinite length."""
        return self.octets[tlv.content : tlv.end if tlv.indefinite else tlv.content_end]

    def whole(self, tlv: Tlv) -> bytes:
        """Return the TLV."""
        return self.octets[tlv.start : tlv.end]


class Record(msgspec.Struct, frozen=True):
    """A SEQUENCE that was read: its components by name; those that are absent have no entry.

    ``node`` is where it stands in ``source``; ``present`` are the names of the elements in it as far as they
    are known ones.
    """

    source: Source
    node: Tlv
    values: dict[str, Any]
    present: tuple[str, ...]

    @property
    def octets(self) -> bytes:
        """The whole TLV."""
        return self.source.whole(self.node)

    @property
    def content(self) -> bytes:
        """The content octets as they came, the end-of-contents octets of an indefinite length among them
        (11-decisions 1)."""
        return self.source.content(self.node)

    @property
    def whole(self) -> dict[str, bytes]:
        """The TLV of each component that is not a default."""
        return dict(zip(self.present, map(self.source.whole, self.node.children), strict=False))

    @property
    def extension(self) -> tuple[bytes, ...]:
        """The TLVs behind the last known component."""
        return tuple(map(self.source.whole, self.node.children[len(self.present) :]))

    def get(self, name: str, default: Any = None) -> Any:
        """Return a component, ``default`` where it is absent."""
        return self.values.get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


class Encoded(msgspec.Struct, frozen=True):
    """A value that is written as these octets, whatever they are."""

    octets: bytes


class Type(ABC):
    """A type of the notation. ``tags`` are the identifier octets that begin its values; None: any."""

    tags: frozenset[int] | None

    @abstractmethod
    def encode(self, value: Any) -> bytes:
        """Return the TLV of a value. Raises EncodingError."""

    @abstractmethod
    def read(self, source: Source, tlv: Tlv, name: str) -> Any:
        """Return the value that ``tlv``, a component called ``name``, is. Raises ValueReadError."""

    def begins(self, tag: int) -> bool:
        """Return whether a value of the type may begin with this identifier."""
        return self.tags is None or tag in self.tags


class AnyType(Type):
    """An open type: a TLV of whatever kind, as octets."""

    tags = None

    def encode(self, value: Any) -> bytes:
        """Return the octets. Raises EncodingError for anything else."""
        if not isinstance(value, bytes):
            raise EncodingError("ASN.1", f"an open type holds octets, not {value!r}")
        return value

    def read(self, source: Source, tlv: Tlv, name: str) -> bytes:  # noqa: ARG002
        """Return the whole TLV."""
        return source.whole(tlv)


class ExplicitType(Type):
    """A type inside a tag of its own."""

    def __init__(self, tag: int, inner: Type) -> None:
        self.tags = frozenset((tag | CONSTRUCTED,))
        self.inner = inner
        self._identifier = bytes((tag | CONSTRUCTED,))

    def encode(self, value: Any) -> bytes:
        """Return the TLV around that of the inner type. Raises EncodingError."""
        return self.around(self.inner.encode(value))

    def around(self, content: bytes) -> bytes:
        """Return the TLV with this content."""
        return self._identifier + length_octets(len(content)) + content

    def read(self, source: Source, tlv: Tlv, name: str) -> Any:
        """Return the one value in the tag. Raises ValueReadError."""
        if len(tlv.children) != 1 or not self.inner.begins(tlv.children[0].tag):
            raise ValueReadError(tlv.start, f"{name} does not hold one value of its type")
        return self.inner.read(source, tlv.children[0], name)


class PrimitiveType(Type):
    """A type without components; ``kind`` is its name in the notation."""

    def __init__(self, kind: str, tag: int) -> None:
        self.kind = kind
        self.tag = tag
        self.tags = frozenset((tag, tag | CONSTRUCTED)) if kind in _SEGMENTS else frozenset((tag,))
        self._identifier = bytes((tag,))
        self._segments = _SEGMENTS.get(kind, frozenset())
        self._write = WRITERS[kind]
        self._read = READERS[kind]

    def _joined(self, parts: list[bytes]) -> bytes:
        """Return the content of a string in segments. Raises ValueError, IndexError."""
        if self.kind != "BIT STRING":
            return b"".join(parts)
        *before, last = parts
        if any(part[0] for part in before):
            raise ValueError("a segment with unused bits before the last one")
        return last[:1] + b"".join(part[1:] for part in parts)

    def encode(self, value: Any) -> bytes:
        """Return the TLV of a value of Python's kind for it. Raises EncodingError."""
        try:
            content = self._write(value)
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise EncodingError("ASN.1", f"{value!r} is no {self.kind}") from error
        return self._identifier + length_octets(len(content)) + content

    def read(self, source: Source, tlv: Tlv, name: str) -> Any:
        """Return the value; strings may be constructed. Raises ValueReadError."""
        try:
            if not tlv.tag & CONSTRUCTED:
                return self._read(source.octets[tlv.content : tlv.content_end])
            parts = source.segments(tlv, self._segments)
            return self._read(parts[0] if len(parts) == 1 else self._joined(parts))
        except (ValueError, IndexError):
            raise ValueReadError(tlv.start, f"{name} is no {self.kind}") from None


class OfType(Type):
    """SEQUENCE OF or SET OF, written in the order given; ``least`` is how many there are at least."""

    def __init__(self, tag: int, element: Type, least: int) -> None:
        self.tags = frozenset((tag,))
        self.element = element
        self._identifier = bytes((tag,))
        self._least = least

    def encode(self, value: Sequence[Any]) -> bytes:
        """Return the TLV of a list of values. Raises EncodingError."""
        content = b"".join([self.element.encode(item) for item in value])
        return self._identifier + length_octets(len(content)) + content

    def read(self, source: Source, tlv: Tlv, name: str) -> tuple[Any, ...]:
        """Return the values in the order in which they came. Raises ValueReadError."""
        if len(tlv.children) < self._least:
            raise ValueReadError(tlv.start, f"{name} is empty")
        found = []
        for child in tlv.children:
            if not self.element.begins(child.tag):
                raise ValueReadError(child.start, f"{name} holds a {child.tag:02X}")
            found.append(self.element.read(source, child, name))
        return tuple(found)


class ChoiceType(Type):
    """A CHOICE; its values are pairs of the name of one of its ``alternatives`` and a value."""

    def __init__(self, alternatives: Sequence[tuple[str, Type]]) -> None:
        self.alternatives = dict(alternatives)
        tags = [alternative.tags for alternative in self.alternatives.values()]
        self.tags = None if None in tags else frozenset().union(*(each or () for each in tags))

    def encode(self, value: tuple[str, Any]) -> bytes:
        """Return the TLV of the alternative. Raises EncodingError."""
        try:
            name, inner = value
            return self.alternatives[name].encode(inner)
        except (TypeError, ValueError, KeyError) as error:
            raise EncodingError("ASN.1", f"{value!r} is no alternative") from error

    def alternative_of(self, tag: int) -> str | None:
        """Return the name of the alternative that begins with the tag, None where there is none."""
        return next((name for name, kind in self.alternatives.items() if kind.begins(tag)), None)

    def read(self, source: Source, tlv: Tlv, name: str) -> tuple[str, Any]:
        """Return the alternative that begins with the tag. Raises ValueReadError."""
        alternative = self.alternative_of(tlv.tag)
        if alternative is None:
            raise ValueReadError(tlv.start, f"{name} has no alternative {tlv.tag:02X}")
        return alternative, self.alternatives[alternative].read(source, tlv, alternative)


class Component(msgspec.Struct, frozen=True):
    """A component of a SEQUENCE; ``variants`` are types, by name, that are read in the place of its own."""

    name: str
    type: Type
    optional: bool
    default: Any = None
    variants: tuple[tuple[str, Type], ...] = ()


class SequenceType(Type):
    """A SEQUENCE, extensible whether its notation says so or not."""

    def __init__(self, tag: int, components: Sequence[Component]) -> None:
        self.tags = frozenset((tag,))
        self.components = {component.name: component for component in components}
        self._identifier = bytes((tag,))
        self._components = tuple(components)

    def content(self, value: Mapping[str, Any]) -> bytes:
        """Return the content octets of a mapping from components; None is absent. Raises EncodingError."""
        parts = []
        for component in self._components:
            item = value.get(component.name)
            if isinstance(item, Encoded):
                parts.append(item.octets)
            elif item is not None:
                parts.append(component.type.encode(item))
            elif not component.optional:
                raise EncodingError("ASN.1", f"{component.name} is missing")
        return b"".join(parts)

    def encode(self, value: Mapping[str, Any]) -> bytes:
        """Return the TLV of such a mapping. Raises EncodingError."""
        return self.around(self.content(value))

    def around(self, content: bytes) -> bytes:
        """Return the TLV with this content."""
        return self._identifier + length_octets(len(content)) + content

    def read(self, source: Source, tlv: Tlv, name: str) -> Record:
        """Return the components in their order. Raises ValueReadError for one that is missing."""
        values: dict[str, Any] = {}
        present: list[str] = []
        children = tlv.children
        position, count = 0, len(children)
        for component in self._components:
            kind = None
            if position < count:
                child = children[position]
                kind = component.type
                if kind.tags is not None and child.tag not in kind.tags:
                    kind = _variant_of(component, source, child) if component.variants else None
            if kind is not None:
                values[component.name] = kind.read(source, child, component.name)
                present.append(component.name)
                position += 1
            elif component.default is not None:
                values[component.name] = component.default
            elif not component.optional:
                at = children[position].start if position < count else tlv.content_end
                raise ValueReadError(at, f"{component.name} is missing in {name}")
        return Record(source, tlv, values, tuple(present))


def _variant_of(component: Component, source: Source, tlv: Tlv) -> Type | None:
    """Return the variant of the component's type that ``tlv`` is a value of; None for none."""
    for name, variant in component.variants:
        if variant.begins(tlv.tag):
            try:
                variant.read(source, tlv, component.name)
            except ValueReadError:
                continue
            source.variants.append(name)
            return variant
    return None
