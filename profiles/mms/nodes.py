"""The named variables of a model as trees: leaves that hold values, arrays and structures of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from conform62351.profiles.mms.data import Data, TypeSpecification

SEPARATOR: Final = "$"
"""What IEC 61850-8-1 puts between the names of a variable and of its component (R)."""


class Leaf:
    """A variable of a simple type.

    ``constraint`` is the functional constraint that it stands under (ST, MX, SP, CF, DC, RP …), ``writable``
    whether a client may write it at all, ``name`` the last part of its name.
    """

    __slots__ = ("constraint", "data", "name", "specification", "writable")

    def __init__(
        self, name: str, specification: TypeSpecification, data: Data, constraint: str, writable: bool
    ) -> None:
        self.name = name
        self.specification = specification
        self.data = data
        self.constraint = constraint
        self.writable = writable

    def read(self) -> Data:
        """Return the value."""
        return self.data

    def leaves(self) -> Iterator[Leaf]:
        """Yield the leaf itself."""
        yield self


class Structure:
    """A variable of named components, in the order in which they are sent."""

    __slots__ = ("components", "name", "specification")

    def __init__(self, name: str, components: Mapping[str, Node]) -> None:
        self.name = name
        self.components = components
        parts = [
            {"componentName": part, "componentType": node.specification} for part, node in components.items()
        ]
        self.specification: TypeSpecification = ("structure", {"components": parts})

    def read(self) -> Data:
        """Return the values of all components."""
        return "structure", [node.read() for node in self.components.values()]

    def leaves(self) -> Iterator[Leaf]:
        """Yield all leaves under this variable, in order."""
        for node in self.components.values():
            yield from node.leaves()


class Array:
    """A variable of elements of one type."""

    __slots__ = ("elements", "name", "specification")

    def __init__(self, name: str, elements: Sequence[Node]) -> None:
        self.name = name
        self.elements = elements
        self.specification: TypeSpecification = (
            "array",
            {"numberOfElements": len(elements), "elementType": elements[0].specification},
        )

    def read(self) -> Data:
        """Return the values of all elements."""
        return "array", [node.read() for node in self.elements]

    def leaves(self) -> Iterator[Leaf]:
        """Yield all leaves under this variable, in order."""
        for node in self.elements:
            yield from node.leaves()


Node: TypeAlias = Leaf | Structure | Array


def assignments(node: Node, data: Data) -> Iterator[tuple[Leaf, Data]]:
    """Yield each leaf under ``node`` with its part of ``data``; parts without counterpart are left out."""
    if isinstance(node, Leaf):
        yield node, data
    elif data[0] in ("array", "structure"):
        parts = node.elements if isinstance(node, Array) else node.components.values()
        for part, value in zip(parts, data[1], strict=False):
            yield from assignments(part, value)


def named(node: Node, name: str) -> Iterator[tuple[str, Node]]:
    """Yield ``node`` and every variable under it that has a name of its own, with these names.

    The elements of an array have none: alternate access reaches them.
    """
    yield name, node
    if isinstance(node, Structure):
        for part in node.components.values():
            yield from named(part, f"{name}{SEPARATOR}{part.name}")
