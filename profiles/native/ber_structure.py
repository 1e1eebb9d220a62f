"""Where the parts of a data transfer stand, without a look at what the protected protocol has written."""

from __future__ import annotations

from typing import Final, NamedTuple

from conform62351.profiles.tlv import walk

_CONSTRUCTED: Final = 0x20
_INDEFINITE: Final = 0x80


class SecondElement(NamedTuple):
    """The second element in the first one of a TLV: its first identifier octet, where it stands, and whether
    its length is indefinite."""

    tag: int
    start: int
    endless: bool


def second_of_first(octets: bytes) -> SecondElement | None:
    """Return the element behind token2 in a data transfer, None where there is none with a whole header.

    Raises TlvError where the token is no TLV.
    """
    try:
        first, _ = _content(octets, 0)
        token, bound = _content(octets, first)
        start = walk(octets, offset=token).root.end
        if start >= bound or octets[start : start + 2] == b"\0\0":
            return None
        return SecondElement(octets[start], start, octets[_identifier_end(octets, start)] == _INDEFINITE)
    except IndexError:
        return None


def closed(octets: bytes, element: SecondElement) -> bytes:
    """Return octets of the same structure in which ``element`` is a primitive.

    An indefinite length shows its end by the elements inside alone: then it stays as it is.
    """
    start = element.start
    if element.endless:
        return octets
    return octets[:start] + bytes((element.tag & ~_CONSTRUCTED,)) + octets[start + 1 :]


def _content(octets: bytes, start: int) -> tuple[int, int]:
    """Return where the content of the TLV at ``start`` begins and, for a definite length, ends.

    Raises IndexError where the octets end before.
    """
    at = _identifier_end(octets, start)
    length = octets[at]
    at += 1
    if length == _INDEFINITE:
        return at, len(octets)
    if length > _INDEFINITE:
        size = length & 0x7F
        length = int.from_bytes(octets[at : at + size], "big")
        at += size
    return at, at + length


def _identifier_end(octets: bytes, start: int) -> int:
    """Return where the length of the TLV at ``start`` stands. Raises IndexError where the octets end."""
    at = start + 1
    if octets[start] & 0x1F == 0x1F:
        while octets[at] & 0x80:
            at += 1
        at += 1
    return at
