"""Alternate access: reading parts of a variable (ISO 9506-2 14).

What several selections of one variable make up is not said where it can be read freely; here one selection is
the part itself, several are a structure of the parts (I).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from conform62351.profiles.mms.data import Data
from conform62351.profiles.mms.nodes import Array, Node, Structure

MAXIMUM_SELECTIONS: Final = 64


def select(node: Node, access: Sequence[tuple[str, Any]]) -> Data | None:
    """Return the parts of ``node`` that an AlternateAccess selects, or None when it has no such parts."""
    if not 1 <= len(access) <= MAXIMUM_SELECTIONS:
        return None
    parts = [_selected(node, each["access"] if kind == "named" else each) for kind, each in access]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    return found[0] if len(found) == 1 else ("structure", found)


def _selected(node: Node, selection: tuple[str, Any]) -> Data | None:
    kind, detail = selection
    if kind == "selectAccess":
        (how, which), further = detail, None
    else:
        (how, which), further = detail["accessSelection"], detail["alternateAccess"]
    picked = _picked(node, how, which)
    if picked is None:
        return None
    parts = [part.read() if further is None else select(part, further) for part in picked]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    return found[0] if how in ("component", "index") else ("array", found)


def _picked(node: Node, how: str, which: Any) -> Sequence[Node] | None:
    """Return the parts of ``node`` that one access selection means: one for a component or an index."""
    if how == "component":
        part = node.components.get(which) if isinstance(node, Structure) else None
        return None if part is None else [part]
    if not isinstance(node, Array):
        return None
    if how == "allElements":
        return node.elements
    first, count = (which, 1) if how == "index" else (which["lowIndex"], which["numberOfElements"])
    if first + count > len(node.elements):
        return None
    return node.elements[first : first + count]
