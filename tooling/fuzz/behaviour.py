"""The map of what a device has been seen to do: what is new in a reaction, and how rare it is.

A black box shows no code that was reached. What it shows is taken for that: a diagnostic, an event of the
log or a way of ending a connection that was not seen before comes from a place that was not reached before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.reactions import Pace, Reaction

MOST_KEYS: Final = 20_000
"""Entries of the map: a device that answers noise makes everything new, and costs no more than this."""


class Seen(NamedTuple):
    """What one case added to the map: traits that are ``new``, the numbers of those that are ``known``.

    ``reaction`` is the key of the reaction as a whole where that is new, else empty.
    """

    new: tuple[str, ...] = ()
    known: tuple[int, ...] = ()
    reaction: str = ""


class Behaviour:
    """How often each trait of reactions was seen; bounded by ``room``.

    Traits are numbered from 0, in the order in which they came.
    """

    def __init__(self, room: int = MOST_KEYS) -> None:
        self._room = room
        self._numbers: dict[str, int] = {}
        self._counts: list[int] = []
        self._reactions: dict[str, None] = {}

    def __len__(self) -> int:
        """Return how many different reactions were seen."""
        return len(self._reactions)

    @property
    def counts(self) -> tuple[int, ...]:
        """How often each trait was seen, by number."""
        return tuple(self._counts)

    @property
    def reactions(self) -> tuple[str, ...]:
        """The keys of the reactions that were seen, in the order in which they came."""
        return tuple(self._reactions)

    def take(self, case: Case, reaction: Reaction) -> Seen:
        """Take a reaction to ``case``, and return what of it was new and what was known.

        Once the map is full nothing is new any more.
        """
        new: dict[str, None] = {}
        known = []
        for trait in traits(case, reaction):
            number = self._numbers.get(trait)
            if number is not None:
                known.append(number)
            elif len(self._numbers) + len(new) < self._room:
                new[trait] = None
        key = reaction.key
        fresh = key not in self._reactions and len(self._reactions) < self._room
        seen = Seen(tuple(new), tuple(known), key if fresh else "")
        self.add(seen)
        return seen

    def add(self, seen: Seen) -> None:
        """Take what a case added once, as it was returned then.

        Raises:
            IndexError: a number is not that of a trait.
        """
        for number in seen.known:
            if number < 0:
                raise IndexError(number)
            self._counts[number] += 1
        for trait in seen.new:
            self._numbers[trait] = len(self._counts)
            self._counts.append(1)
        if seen.reaction:
            self._reactions[seen.reaction] = None

    def restore(self, traits: Iterable[str], counts: Iterable[int], reactions: Iterable[str]) -> None:
        """Take all of a map that was kept elsewhere, in order.

        Raises:
            ValueError: there are not as many counts as traits.
        """
        pairs = dict(zip(traits, counts, strict=True))
        self._numbers = {trait: number for number, trait in enumerate(pairs)}
        self._counts = list(pairs.values())
        self._reactions = dict.fromkeys(reactions)

    def rarity(self, traits: tuple[str, ...]) -> int:
        """Return how often the rarest of ``traits`` was seen, 0 for one that never was."""
        numbers = (self._numbers.get(trait) for trait in traits)
        return min((0 if number is None else self._counts[number] for number in numbers), default=0)


def traits(case: Case, reaction: Reaction) -> Iterator[str]:
    """Yield what a reaction shows, as keys of the map: the whole, its transitions, and its events.

    The base says at which moment the device was met, so that the same answer at another moment is another
    place; what is logged beside it need not have been seen together before.
    """
    where = case.base
    yield f"{where}: {reaction.essence}"
    if reaction.pace is not Pace.QUICK:
        yield f"{where}: {reaction.essence} {reaction.pace}"
    if reaction.close is not None:
        yield f"{where}: {reaction.last}, then {reaction.close}"
    before = "start"
    for deed in map(str, reaction.deeds):
        yield f"{before} > {deed}"
        before = deed
    for event in reaction.events:
        yield f"{where}: logs {event}"
        yield f"{before}: logs {event}"
