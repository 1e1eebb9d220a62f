"""Octets that were right and are spoilt a little, and streams cut into pieces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

TELLING = (0, 1, 3, 0x30, 0x61, 0x7F, 0x80, 0x81, 0xA0, 0xF0, 0xFF)
"""Octets that mean something to one layer or another."""


@st.composite
def spoilt(draw: st.DrawFn, octets: bytes, *, times: int = 2) -> bytes:
    """Draw what becomes of octets: nothing, or up to ``times`` of them changed, cut, inserted or doubled."""
    changed = bytearray(octets)
    for _ in range(draw(st.integers(0, times))):
        last = max(len(changed) - 1, 0)
        at = draw(st.integers(0, min(last, 32)) | st.integers(0, last))
        match draw(st.sampled_from(["set", "nudge", "cut", "insert", "double"])):
            case "set":
                changed[at : at + 1] = bytes((draw(st.sampled_from(TELLING) | st.integers(0, 255)),))
            case "nudge" if changed:
                changed[at] = (changed[at] + draw(st.sampled_from([-1, 1, 0x80]))) % 256
            case "cut":
                del changed[at : at + draw(st.sampled_from([1, 1, 2, 40]))]
            case "insert":
                changed[at:at] = bytes((draw(st.integers(0, 255)),))
            case "double":
                changed += changed[at:]
    return bytes(changed)


def cut(octets: bytes, places: Sequence[int]) -> list[bytes]:
    """Return octets in pieces that end at ``places``; those beyond the end do not count."""
    ends = [0, *sorted(min(place, len(octets)) for place in places), len(octets)]
    return [octets[start:end] for start, end in pairwise(ends)]


def singly(octets: bytes) -> list[bytes]:
    """Return octets one by one."""
    return [bytes((octet,)) for octet in octets]
