"""Changing an SPDU that exists: take it apart, change parameters by path, put it together again.

Length indicators of what holds a change follow it; all else stays as it was, octet for octet. Nothing here
has to be sensible: the result is what a test wants to send.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Self

from conform62351.profiles.osi.spdu import (
    CONNECT_ITEM,
    CONNECTION_IDENTIFIER,
    EXTENDED_USER_DATA,
    USER_DATA,
)
from conform62351.profiles.tlv_edit import EditError

_DATA: Final = 1
_GROUPS: Final = frozenset((CONNECTION_IDENTIFIER, CONNECT_ITEM))
_STEP: Final = re.compile(r"([0-9]{1,3})(?:\[([0-9]{1,2})\])?")
_LONGEST: Final = 0xFFFF


class Unit:
    """One SPDU, parameter group or parameter, or octets without structure when ``code`` is None.

    ``children`` is None where ``content`` counts. ``long`` writes the length indicator as FF and two octets
    whatever its value, ``length`` overrides the value, ``indicator`` the octets of the whole indicator.
    """

    __slots__ = ("children", "code", "content", "indicator", "length", "long")

    def __init__(self, code: int | None, content: bytes = b"") -> None:
        self.code = code
        self.content = content
        self.children: list[Unit] | None = None
        self.long = False
        self.length: int | None = None
        self.indicator: bytes | None = None

    def inner(self) -> bytes:
        """Return the octets of what the unit holds."""
        return self.content if self.children is None else b"".join(unit.encode() for unit in self.children)

    def encode(self) -> bytes:
        """Return the octets of the unit and of all in it. Raises EditError when a length does not fit."""
        inner = self.inner()
        if self.code is None:
            return inner
        indicator = self.indicator
        if indicator is None:
            length = len(inner) if self.length is None else self.length
            indicator = _indicator(length, self.long)
        return bytes((self.code,)) + indicator + inner


def _indicator(length: int, long: bool) -> bytes:
    if not 0 <= length <= _LONGEST:
        raise EditError(f"length {length} fits no length indicator")
    if length < 0xFF and not long:
        return bytes((length,))
    return b"\xff" + length.to_bytes(2, "big")


def _take_apart(octets: bytes, position: int) -> tuple[Unit, int] | None:
    """Return the unit that begins at ``position``, and where it ends; None where there is no whole one."""
    header = octets[position : position + 4]
    if len(header) < 2:
        return None
    long = header[1] == 0xFF
    start = position + (4 if long else 2)
    end = start + (int.from_bytes(header[2:], "big") if long else header[1])
    if (long and len(header) < 4) or end > len(octets):
        return None
    unit = Unit(header[0], octets[start:end])
    unit.long = long and end - start < 0xFF
    return unit, end


def _series(octets: bytes, *, depth: int) -> list[Unit]:
    """Return the units that ``octets`` are; from where they are none, one without structure."""
    units: list[Unit] = []
    position = 0
    while position < len(octets):
        found = _take_apart(octets, position)
        if found is None:
            units.append(Unit(None, octets[position:]))
            break
        unit, position = found
        if depth and unit.code in _GROUPS:
            unit.children = _series(unit.content, depth=depth - 1)
        units.append(unit)
    return units


class SpduTree:
    """The SPDUs of a TSDU taken apart, and whatever followed them.

    Paths are codes in decimal, the SPDU identifier first, as in ``13/5/22``; ``1[1]`` is the DATA TRANSFER
    behind GIVE TOKENS. 193 is user data, and leads to 194 where they are too many for it (X.225 8.3.1). Paths
    are looked up in the tree as it is. Every change returns the tree and raises
    EditError when it cannot be made; what is put in are octets, one parameter, several or anything else.
    """

    def __init__(self, octets: bytes) -> None:
        """Take ``octets`` apart. Raises EditError when they do not begin with a whole SPDU."""
        self._top: list[Unit] = []
        position = 0
        while position < len(octets):
            found = _take_apart(octets, position)
            if found is None:
                break
            unit, position = found
            unit.children = _series(unit.content, depth=1)
            self._top.append(unit)
            if unit.code != _DATA or len(self._top) == 2:
                break
        if not self._top:
            raise EditError("there is no whole SPDU")
        if position < len(octets):
            self._top.append(Unit(None, octets[position:]))

    def encode(self) -> bytes:
        """Return the octets of all. Raises EditError when a length does not fit its indicator."""
        return b"".join(unit.encode() for unit in self._top)

    def paths(self) -> Iterator[str]:
        """Yield the path of every unit, groups before what is in them."""
        pending = [("", self._top)]
        while pending:
            prefix, siblings = pending.pop(0)
            seen: dict[int, int] = {}
            for unit in siblings:
                if unit.code is None:
                    continue
                index = seen.setdefault(unit.code, 0)
                seen[unit.code] += 1
                path = f"{prefix}{unit.code}" + (f"[{index}]" if index else "")
                yield path
                if unit.children:
                    pending.append((f"{path}/", unit.children))

    def find(self, path: str) -> Unit:
        """Return the unit at ``path``."""
        siblings, index = self._place(path)
        return siblings[index]

    def drop(self, path: str) -> Self:
        """Leave the unit out."""
        siblings, index = self._place(path)
        del siblings[index]
        return self

    def double(self, path: str) -> Self:
        """Write the unit twice, one after the other."""
        siblings, index = self._place(path)
        siblings.insert(index, Unit(None, siblings[index].encode()))
        return self

    def replace(self, path: str, octets: bytes) -> Self:
        """Write ``octets`` in place of the whole unit."""
        siblings, index = self._place(path)
        siblings[index] = Unit(None, octets)
        return self

    def insert(self, path: str, octets: bytes) -> Self:
        """Write ``octets`` before the unit."""
        siblings, index = self._place(path)
        siblings.insert(index, Unit(None, octets))
        return self

    def append(self, path: str, octets: bytes) -> Self:
        """Write ``octets`` behind the last parameter of the unit, or behind its content."""
        unit = self.find(path)
        if unit.children is None:
            unit.content += octets
        else:
            unit.children.append(Unit(None, octets))
        return self

    def set_content(self, path: str, octets: bytes) -> Self:
        """Write ``octets`` as the content of the unit."""
        unit = self.find(path)
        unit.children, unit.content = None, octets
        return self

    def swap(self, path: str, other: str) -> Self:
        """Write the unit at ``path`` where the one at ``other`` stands, and the reverse."""
        if f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/"):
            raise EditError(f"{path} and {other}: one is within the other")
        siblings, index = self._place(path)
        other_siblings, other_index = self._place(other)
        first, second = siblings[index], other_siblings[other_index]
        siblings[index], other_siblings[other_index] = second, first
        return self

    def retag(self, path: str, code: int) -> Self:
        """Write another code, content and parameters unchanged."""
        if not 0 <= code <= 0xFF:
            raise EditError(f"no code: {code}")
        self.find(path).code = code
        return self

    def set_length(self, path: str, indicator: bytes) -> Self:
        """Write these octets as the length indicator."""
        self.find(path).indicator = indicator
        return self

    def shift_length(self, path: str, by: int) -> Self:
        """Write a length that is ``by`` octets more than the unit holds, or less."""
        unit = self.find(path)
        unit.length = len(unit.inner()) + by
        return self

    def set_non_minimal(self, path: str) -> Self:
        """Write the length indicator as FF and two octets."""
        self.find(path).long = True
        return self

    def _place(self, path: str) -> tuple[list[Unit], int]:
        """Return the list that holds the unit at ``path``, and its place there."""
        children: list[Unit] | None = self._top
        siblings, place = self._top, 0
        for text in path.split("/"):
            step = _STEP.fullmatch(text)
            if step is None:
                raise EditError(f"{path!r} is no path of SPDU and parameter codes")
            code, index = int(step[1]), int(step[2] or 0)
            codes = [unit.code for unit in children or ()]
            if code == USER_DATA and code not in codes:
                code = EXTENDED_USER_DATA
            places = [at for at, found in enumerate(codes) if found == code]
            if children is None or index >= len(places):
                raise EditError(f"there is no {text} on the path {path}")
            siblings, place = children, places[index]
            children = siblings[place].children
        return siblings, place
