"""The corpus: cases that made the device do something new, which are mutated further.

Who is chosen is a matter of energy: more for what led to rare behaviour and far into the device, less for
what has been chosen often. All of it follows from the random numbers that are given and from what the device
did; :mod:`conform62351.tooling.fuzz.learnt` keeps it, so that it is the same again after an interruption.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from conform62351.tooling.fuzz.behaviour import Behaviour, Seen
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.reactions import Reaction

ROOM: Final = 2000
"""Cases that are kept in memory; the ones with the least energy give way."""
DRAWN: Final = 12
"""Cases whose energy is compared for one choice: looking at all of them would cost more than a case."""
MOST_MUTATIONS: Final = 12
"""Mutations of a case beyond which it is mutated no further: what they do together nobody can tell apart."""
DEPTHS: Final = {
    Layer.TPKT: 1,
    Layer.SEGMENT: 1,
    Layer.COTP: 2,
    Layer.SESSION: 3,
    Layer.PRESENTATION: 4,
    Layer.ACSE: 5,
    Layer.TLS: 5,
    Layer.AUTHENTICATION: 6,
    Layer.SECPDU: 6,
    Layer.ORDER: 6,
    Layer.CERTIFICATE: 7,
    Layer.TOKEN1: 7,
    Layer.TOKEN3: 7,
    Layer.TOKEN2: 8,
    Layer.MMS: 8,
}
"""How many layers of the device an input passes before what is changed in it is looked at, in steps."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A case of the corpus, as it is stored: number ``number`` brought ``traits`` that were new then."""

    number: int
    case: Case
    reaction: Reaction
    traits: tuple[str, ...]


class _Kept:
    """An entry in memory, and how often it was chosen."""

    def __init__(self, entry: Entry, chosen: int = 0) -> None:
        self.entry = entry
        self.chosen = chosen


class Corpus:
    """The cases that are mutated further; ``behaviour`` is the map that tells what is new."""

    def __init__(self, behaviour: Behaviour | None = None, room: int = ROOM) -> None:
        self.behaviour = Behaviour() if behaviour is None else behaviour
        self._room = room
        self._kept: dict[int, _Kept] = {}
        self._by_base: dict[str, list[_Kept]] = {}
        self._by_layer: dict[str, list[_Kept]] = {}

    def __len__(self) -> int:
        """Return how many cases there are."""
        return len(self._kept)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The cases that there are, in the order in which they came."""
        return tuple(kept.entry for kept in self._kept.values())

    @property
    def chosen(self) -> dict[int, int]:
        """How often each case that there is was chosen, by its number."""
        return {number: kept.chosen for number, kept in self._kept.items()}

    def take(self, number: int, case: Case, reaction: Reaction) -> tuple[Seen, Entry | None]:
        """Take what the device did about case ``number``; return what was seen, and an entry where it is new.

        A case that did not reach the wire whole tells what the device does, but is not mutated further.
        """
        seen = self.behaviour.take(case, reaction)
        if not seen.new:
            return seen, None
        # What comes back after an interruption has no tuples within values.
        case = msgspec.json.decode(msgspec.json.encode(case), type=Case)
        entry = Entry(number=number, case=case, reaction=reaction, traits=seen.new)
        self.add(entry)
        return seen, entry

    def add(self, entry: Entry, chosen: int = 0) -> None:
        """Take an entry, chosen so often before, whose traits the map knows; a weaker one may give way."""
        if not entry.reaction.complete or not 0 < len(entry.case.mutations) <= MOST_MUTATIONS:
            return
        kept = _Kept(entry, chosen)
        self._kept[entry.number] = kept
        self._by_base.setdefault(entry.case.base, []).append(kept)
        self._by_layer.setdefault(entry.case.layer, []).append(kept)
        if len(self._kept) > self._room:
            weakest = min(self._kept.values(), key=self._energy)
            del self._kept[weakest.entry.number]
            self._by_base[weakest.entry.case.base].remove(weakest)
            self._by_layer[weakest.entry.case.layer].remove(weakest)

    def choose(self, random: random.Random, base: str, layers: Collection[str] = ()) -> Entry | None:
        """Return a case of ``base`` to mutate further, of one of ``layers`` if there are any named."""
        return self._drawn(
            random,
            [one for one in self._by_base.get(base, ()) if not layers or one.entry.case.layer in layers],
        )

    def choose_other(self, random: random.Random, base: str, layers: Iterable[str]) -> Entry | None:
        """Return a case of one of ``layers`` that was not made of ``base``."""
        kept = [one for layer in layers for one in self._by_layer.get(layer, ())]
        return self._drawn(random, kept, base) if kept else None

    def _drawn(self, random: random.Random, kept: Sequence[_Kept], but: str = "") -> Entry | None:
        if not kept:
            return None
        drawn = [one for one in random.choices(kept, k=DRAWN) if one.entry.case.base != but]
        if not drawn:
            return None
        (found,) = random.choices(drawn, weights=[self._energy(one) for one in drawn])
        return found.entry

    def spend(self, number: int) -> None:
        """Take note that the case of this number was chosen: it deserves less by that.

        Raises:
            KeyError: there is no such case.
        """
        self._kept[number].chosen += 1

    def _energy(self, kept: _Kept) -> float:
        """Return how much a case deserves to be chosen: at least a little, so that none is lost for good."""
        entry = kept.entry
        rare = 1.0 / (1 + self.behaviour.rarity(entry.traits))
        deep = DEPTHS.get(Layer(entry.case.layer), 1) + len(entry.reaction.deeds)
        return deep * (rare + 0.01) / (1 + kept.chosen)
