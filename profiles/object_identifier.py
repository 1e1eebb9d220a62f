"""OBJECT IDENTIFIERs: from content octets to dotted form (ITU-T X.690 8.19, R)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

MAX_SUBIDENTIFIER: Final = 128
"""Octets of a subidentifier that are read at most; a reader may want fewer."""


class ObjectIdentifier(NamedTuple):
    """An object identifier as it was read.

    ``padded`` are the places in the content where a subidentifier begins with 80, in more octets than it
    needs; ``longest`` is how many octets the longest subidentifier has.
    """

    dotted: str
    padded: tuple[int, ...]
    longest: int


_REMEMBERED_OCTETS: Final = 64
"""Longer ones are read anew each time: what a peer sends must not fill the memory."""


def read_object_identifier(content: bytes) -> ObjectIdentifier:
    """Return what the content octets of an OBJECT IDENTIFIER say.

    Raises ValueError when they are empty, end within a subidentifier, or have one of too many octets.
    """
    return _remembered(content) if len(content) <= _REMEMBERED_OCTETS else _read(content)


def _read(content: bytes) -> ObjectIdentifier:
    if not content or content[-1] & 0x80:
        raise ValueError("an OBJECT IDENTIFIER that is empty or ends within a subidentifier")
    arcs: list[int] = []
    padded: list[int] = []
    arc = start = longest = 0
    for position, octet in enumerate(content):
        if position == start and octet == 0x80:
            padded.append(position)
        if position - start == MAX_SUBIDENTIFIER:
            raise ValueError(f"a subidentifier of more than {MAX_SUBIDENTIFIER} octets")
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            longest = max(longest, position + 1 - start)
            arc, start = 0, position + 1
    root = min(arcs[0] // 40, 2)
    dotted = ".".join(map(str, (root, arcs[0] - 40 * root, *arcs[1:])))
    return ObjectIdentifier(dotted, tuple(padded), longest)


_remembered = lru_cache(maxsize=512)(_read)
