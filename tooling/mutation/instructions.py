"""The instructions that a module compiles to, in one order, and where in its source each comes from.

Sets of instructions are integers: the bit of an instruction that belongs to the set is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType

from conform62351.tooling.mutation.source import Source

Place = tuple[int, int]
"""A line, from 1, and an octet of it, from 0."""


def name_of(code: CodeType) -> str:
    """Return what a code object is known by within its module, in whichever process it was compiled."""
    return f"{code.co_qualname}:{code.co_firstlineno}:{len(code.co_code)}"


@dataclass(frozen=True, slots=True)
class _Instruction:
    first: Place
    last: Place


class Instructions:
    """Those of the module ``source``."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._bases: dict[str, int] = {}
        self._all: list[_Instruction | None] = []
        for code in _codes(compile(source.octets, source.name, "exec", dont_inherit=True)):
            self._bases.setdefault(name_of(code), len(self._all))
            for line, end_line, column, end_column in code.co_positions():
                known = None not in (line, end_line, column, end_column)
                place = _Instruction((line, column), (end_line, end_column)) if known else None  # type: ignore[arg-type]
                self._all.append(place)

    def executed(self, units: Mapping[str, Iterable[int]]) -> int:
        """Return the set of those whose numbers within their code objects are ``units``."""
        found = 0
        for name, numbers in units.items():
            base = self._bases.get(name)
            if base is not None:
                for number in numbers:
                    found |= 1 << (base + number)
        return found

    def of_change(self, start: int, end: int) -> int:
        """Return those that come from the octets ``start`` to ``end``, else from the lines of these."""
        first, last = self._source.place_of(start), self._source.place_of(end)
        inside = self._where(lambda one: first <= one.first and one.last <= last)
        # An operator has none of its own, and a negation none at all where it turns a jump round.
        return inside or self.of_lines(first[0], last[0])

    def of_lines(self, first: int, last: int) -> int:
        """Return those that come from the lines ``first`` to ``last``."""
        return self._where(lambda one: first <= one.first[0] and one.last[0] <= last)

    def _where(self, holds: Callable[[_Instruction], bool]) -> int:
        found = 0
        for number, one in enumerate(self._all):
            if one is not None and holds(one):
                found |= 1 << number
        return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
