"""Making a failing input smaller: delta debugging over its parts, then smaller values, within a budget."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.steps import Connect
from conform62351.tooling.fuzz.case import Case, Placed, bare_conversation, uncut, with_mutations

T = TypeVar("T")

NUMBERS: Final = frozenset(
    {"value", "times", "by", "said", "keep", "more", "shift", "less", "size", "seconds"}
)
"""The fields of mutations whose numbers say how much; those that say where, or what, stay as they are."""
SHORT: Final = 16
"""Octets up to which a string is also tried without each single one."""


class Spent(Exception):
    """The budget of a reduction is used up."""


@dataclass
class Budget:
    """What a reduction may still cost, until it is ``late``: ``plays``, and ``resets`` of the device."""

    plays: int
    resets: int
    late: Callable[[], bool] = lambda: False

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.plays <= 0 or self.resets <= 0 or self.late()

    def play(self) -> None:
        """Take one play.

        Raises:
            Spent: there is none left, no reset for what it may lead to, or no time.
        """
        if self.spent:
            raise Spent
        self.plays -= 1

    def reset(self) -> None:
        """Take one reset; the next play finds out whether there is another."""
        self.resets -= 1


def smallest(parts: Sequence[T], still_fails: Callable[[Sequence[T]], bool]) -> tuple[T, ...]:
    """Return a part of ``parts``, in their order, that still fails and none of whose members can be spared.

    It is the algorithm ddmin: without either half, then without each quarter, and so on. When ``still_fails``
    raises :class:`Spent`, what has been found by then is returned. That all of them
    fail is taken for granted.

    Source: Zeller and Hildebrandt, Simplifying and isolating failure-inducing input, 2002 (R).
    """
    kept = tuple(parts)
    pieces = 2
    try:
        while len(kept) > 1:
            chunks = _chunks(kept, pieces)
            for place in range(len(chunks)):
                rest = tuple(item for other, chunk in enumerate(chunks) if other != place for item in chunk)
                if rest and still_fails(rest):
                    kept, pieces = rest, max(pieces - 1, 2)
                    break
            else:
                if pieces >= len(kept):
                    break
                pieces = min(2 * pieces, len(kept))
    except Spent:
        """The best until now is the answer."""
    return kept


def _chunks(parts: tuple[T, ...], count: int) -> list[tuple[T, ...]]:
    borders = [len(parts) * place // count for place in range(count + 1)]
    return [parts[begin:end] for begin, end in itertools.pairwise(borders) if end > begin]


def with_fewer_mutations(case: Case, still_fails: Callable[[Case], bool]) -> Case:
    """Return the case with as few of its mutations as still fail."""
    every = range(len(case.mutations))

    def leaving(kept: Sequence[int]) -> Case:
        return case.without([place for place in every if place not in kept])

    return leaving(smallest(every, lambda kept: still_fails(leaving(kept))))


def with_fewer_cuts(case: Case, still_fails: Callable[[Case], bool]) -> Case:
    """Return the case with as few of its steps as still fail that TCP or COTP cut otherwise than usual."""
    talk = case.conversation
    cut = [place for place, step in enumerate(talk.steps) if uncut(step) != step]

    def only(kept: Sequence[int]) -> Case:
        steps = tuple(step if place in kept else uncut(step) for place, step in enumerate(talk.steps))
        return msgspec.structs.replace(case, conversation=msgspec.structs.replace(talk, steps=steps))

    try:
        if cut and still_fails(only(())):
            return only(())
    except Spent:
        return case
    return only(smallest(cut, lambda kept: still_fails(only(kept))))


def with_fewer_steps(case: Case, still_fails: Callable[[Case], bool]) -> Case:
    """Return the case without the steps that it can do without; what opens the connection stays."""
    steps = case.conversation.steps
    fixed = [step for step in steps if isinstance(step, Connect)][:1]

    def of(kept: Sequence[int]) -> Case:
        chosen = tuple(step for place, step in enumerate(steps) if place in kept or step in fixed)
        return msgspec.structs.replace(
            case, conversation=msgspec.structs.replace(case.conversation, steps=chosen)
        )

    kept = smallest(range(len(steps)), lambda chosen: still_fails(of(chosen)))
    return of(kept)


def with_smaller_values(case: Case, still_fails: Callable[[Case], bool]) -> Case:
    """Return the case with shorter octets and smaller numbers in its mutations, as far as it still fails."""
    try:
        while (smaller := next(filter(still_fails, _smaller_cases(case)), None)) is not None:
            case = smaller
    except Spent:
        """The best until now is the answer."""
    return case


def _smaller_cases(case: Case) -> Iterator[Case]:
    bare = bare_conversation(case.conversation)
    placed = case.mutations
    for place, one in enumerate(placed):
        for mutation in smaller_mutations(one.mutation):
            changed = (*placed[:place], Placed(one.step, mutation), *placed[place + 1 :])
            yield msgspec.structs.replace(case, conversation=with_mutations(bare, changed))


def smaller_mutations(mutation: AnyMutation) -> Iterator[AnyMutation]:
    """Yield the mutation with one of its values smaller, the smallest first."""
    for field in mutation.__struct_fields__:
        for value in _smaller_values(field, getattr(mutation, field)):
            yield msgspec.structs.replace(mutation, **{field: value})


def _smaller_values(field: str, value: Any) -> Iterator[Any]:
    if isinstance(value, bytes):
        yield from _shorter(value)
        if any(value):
            yield bytes(len(value))
    elif field in NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        yield from dict.fromkeys(smaller for smaller in _nearer_to_none(value) if abs(smaller) < abs(value))
    elif field == "value" and isinstance(value, str | tuple):
        yield from _shorter(value)


def _shorter(value: Any) -> Iterator[Any]:
    """Yield shorter pieces of a string or a list: nothing, its halves, and all but one where it is short."""
    length = len(value)
    if not length:
        return
    yield value[:0]
    if length > 1:
        yield value[: length // 2]
        yield value[length // 2 :]
        yield value[: length - 1]
    if 2 < length <= SHORT:
        for place in range(length - 1):
            yield value[:place] + value[place + 1 :]


def _nearer_to_none(value: int) -> Iterator[int]:
    """Yield 0, then powers of two below, then the half, then one less; the sign stays."""
    sign = -1 if value < 0 else 1
    size = abs(value)
    yield 0
    if size > 1:
        yield sign << (size.bit_length() - 1)
        yield sign * (size // 2)
        yield sign * (size - 1)
