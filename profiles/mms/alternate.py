"""Alternate access: reading parts of a variable (ISO 9506-2 14).

What several selections of one variable make up is not said where it can be read freely; here one selection is
the part itself, several are a structure of the parts (I).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from conform62351.profiles.mms.data import Data
from conform62351.profiles.mms.nodes import Array, Node, Structure

MAXIMUM_PARTS: Final = 2000
"""Parts that one access may go over, whatever the selections multiply to."""


def select(node: Node, access: Sequence[tuple[str, Any]]) -> Data | None:
    """Return the parts of ``node`` that an AlternateAccess selects, or None when it has no such parts."""
    return _Selection().select(node, access)


class _Selection:
    """One access, with the number of parts that it may still go over."""

    def __init__(self) -> None:
        self._left = MAXIMUM_PARTS

    def select(self, node: Node, access: Sequence[tuple[str, Any]]) -> Data | None:
        found: list[Data] = []
        for kind, each in access:
            part = self._selected(node, each["access"] if kind == "named" else each)
            if part is None:
                return None
            found.append(part)
        if not found:
            return None
        return found[0] if len(found) == 1 else ("structure", found)

    def _selected(self, node: Node, selection: tuple[str, Any]) -> Data | None:
        kind, detail = selection
        if kind == "selectAccess":
            (how, which), further = detail, None
        else:
            (how, which), further = detail["accessSelection"], detail["alternateAccess"]
        picked = _picked(node, how, which)
        self._left -= len(picked)
        if not picked or self._left < 0:
            return None
        found: list[Data] = []
        for part in picked:
            data = part.read() if further is None else self.select(part, further)
            if data is None:
                return None
            found.append(data)
        return found[0] if how in ("component", "index") else ("array", found)


def _picked(node: Node, how: str, which: Any) -> Sequence[Node]:
    """Return the parts of ``node`` that one access selection means: one for a component or an index."""
    if how == "component":
        part = node.components.get(which) if isinstance(node, Structure) else None
        return () if part is None else (part,)
    if not isinstance(node, Array):
        return ()
    if how == "allElements":
        return node.elements
    first, count = (which, 1) if how == "index" else (which["lowIndex"], which["numberOfElements"])
    return node.elements[first : first + count] if first + count <= len(node.elements) else ()
