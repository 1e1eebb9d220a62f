"""Whether other modules hold what a machine asks of ours: components, alternatives and kinds, not tags.

Tags, the order of components, and names of types that are not asked for may be others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from conform62351.profiles.asn1.contents import ASCII_STRINGS
from conform62351.profiles.asn1.notation import Notation, NotationFault
from conform62351.profiles.asn1.types import (
    AnyType,
    ChoiceType,
    ExplicitType,
    OfType,
    PrimitiveType,
    SequenceType,
    Type,
)

_ALIKE: Final = (frozenset(("UTF8String", *ASCII_STRINGS)), frozenset(("INTEGER", "ENUMERATED")))
"""Kinds of which values of one can be values of the other."""


def shape_faults(own: Notation, other: Notation, types: Iterable[str]) -> tuple[NotationFault, ...]:
    """Return what ``other`` lacks of the ``types`` of ``own``, or has as another kind.

    Both have all of these types. What has numbers by names there has to know all names of ``own``.
    """
    found: list[NotationFault] = []
    seen: set[tuple[int, int]] = set()
    for name in types:
        place = other.place(name)
        found.extend(map(place.fault, _differences(own.type(name), other.type(name), name, seen)))
        missing = own.numbers(name).keys() - other.numbers(name).keys()
        found.extend(place.fault(f"{name} has no {one}") for one in own.numbers(name) if one in missing)
    return tuple(found)


def _differences(own: Type, other: Type, path: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Yield sentences; a pair of types that was compared is not compared again."""
    if (id(own), id(other)) in seen:
        return
    seen.add((id(own), id(other)))
    while isinstance(other, ExplicitType):
        other = other.inner
    match own, other:
        case SequenceType(), SequenceType():
            yield from _components(own, other, path, seen)
        case ChoiceType(), ChoiceType():
            for name, alternative in own.alternatives.items():
                if name in other.alternatives:
                    inner = f"{path}.{name}"
                    yield from _differences(alternative, other.alternatives[name], inner, seen)
                else:
                    yield f"{path} has no alternative {name}"
        case OfType(), OfType():
            yield from _differences(own.element, other.element, f"{path}[]", seen)
        case PrimitiveType(), PrimitiveType() if own.kind == other.kind or any(
            {own.kind, other.kind} <= kinds for kinds in _ALIKE
        ):
            return
        case AnyType(), AnyType() | PrimitiveType(kind="OCTET STRING"):
            return
        case _:
            yield f"{path} is {_kind(other)}, not {_kind(own)}"


def _components(
    own: SequenceType, other: SequenceType, path: str, seen: set[tuple[int, int]]
) -> Iterator[str]:
    for name, component in own.components.items():
        there = other.components.get(name)
        if there is None:
            yield f"{path} has no component {name}"
            continue
        if component.optional and not there.optional:
            yield f"{path}.{name} is mandatory, and there are SecPDUs without it"
        yield from _differences(component.type, there.type, f"{path}.{name}", seen)
    for name, component in other.components.items():
        if name not in own.components and not component.optional:
            yield f"{path}.{name} is mandatory, and nothing is known that it could hold"


def _kind(kind: Type) -> str:
    match kind:
        case PrimitiveType():
            return f"of kind {kind.kind}"
        case SequenceType():
            return "a SEQUENCE"
        case ChoiceType():
            return "a CHOICE"
        case OfType():
            return "a list"
        case _:
            return "an open type"
