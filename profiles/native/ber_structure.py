"""Where the parts of a data transfer stand, without a look at what the protected protocol has written."""

from __future__ import annotations

from typing import Final, NamedTuple

from conform62351.profiles.tlv import TlvError, header, walk

_CONSTRUCTED: Final = 0x20


class SecondElement(NamedTuple):
    """The second element in the first one of a TLV: its first identifier octet, where it stands, and whether
    its length is indefinite."""

    tag: int
    start: int
    endless: bool


def second_of_first(octets: bytes) -> SecondElement | None:
    """Return the element behind token2 in a data transfer, None where there is none that can be told."""
    try:
        first, end = _content(octets, 0, len(octets))
        token, bound = _content(octets, first, end)
        start = walk(octets, offset=token).root.end
        element = header(octets, start, bound, [])
    except TlvError:
        return None
    return SecondElement(octets[start], start, element.end is None)


def closed(octets: bytes, element: SecondElement) -> bytes:
    """Return octets of the same structure in which ``element`` is a primitive.

    An indefinite length shows its end by the elements inside alone: then it stays as it is.
    """
    start = element.start
    if element.endless:
        return octets
    return octets[:start] + bytes((element.tag & ~_CONSTRUCTED,)) + octets[start + 1 :]


def _content(octets: bytes, start: int, bound: int) -> tuple[int, int]:
    """Return where the content of the TLV at ``start`` begins, and its end or, with an indefinite length, the
    ``bound``. Raises TlvError."""
    _, content, end = header(octets, start, bound, [])
    return content, bound if end is None else end
