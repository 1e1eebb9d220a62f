"""What a sweep is made of: single changes, each with its place in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.steps import Conversation
from conform62351.tooling.fuzz.places import Place

T = TypeVar("T")

AT_ONCE: Final = 2
"""Changes of one field that belong to the same round: the next ones wait until all others have had theirs."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a place. ``rank`` is the round in which it is tried, 0 for the first.

    ``about`` says what of the PDU it changes, the same for all changes of one field: with the name of the PDU
    it tells what has been swept already.
    """

    rank: int
    name: str
    place: Place
    about: str
    mutations: tuple[AnyMutation, ...]


class Detour(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the order of a conversation, or of how its messages are cut."""

    rank: int
    name: str
    conversation: Conversation


def probes(
    name: str,
    place: Place,
    about: str,
    changes: Iterable[AnyMutation],
    first: int = 0,
    *,
    alone: bool = False,
) -> Iterator[Probe]:
    """Yield the changes of one field, the most telling ones first, from the round ``first`` on.

    ``alone``: the first of them is the only one in its round.
    """
    seen: list[AnyMutation] = []
    for mutation in changes:
        if mutation not in seen:
            rank = first + (len(seen) + alone) // AT_ONCE
            seen.append(mutation)
            yield Probe(rank=rank, name=name, place=place, about=about, mutations=(mutation,))


def from_place(values: Sequence[T], number: int) -> tuple[T, ...]:
    """Return ``values`` beginning with another one for each ``number``.

    So each value comes early for some field, and each field gets some value early.
    """
    first = number % len(values)
    return (*values[first:], *values[:first])
