"""Makes cases of a base: which layer, which place, which mutator, and a trial that shows it has an effect.

All chance comes from the ``random.Random`` that is handed in: the same seed, base and places give the same
cases. Those of hypothesis are made by the same code (:mod:`conform62351.tooling.fuzz.strategies`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random
from typing import Final

import msgspec

from conform62351.profiles.role import Role
from conform62351.tooling.engine.mutating import Reissue
from conform62351.tooling.engine.mutations import AnyMutation, FieldMutation
from conform62351.tooling.engine.security import WITH_TLS
from conform62351.tooling.engine.steps import (
    Abort,
    Accept,
    AnswerAssociation,
    AnswerRelease,
    AnyStep,
    Associate,
    Conclude,
    Conversation,
    Inject,
    Rekey,
    Release,
    Request,
    Respond,
    SendSecPdu,
)
from conform62351.tooling.fuzz.bases import Base, Moment
from conform62351.tooling.fuzz.case import Case, Placed, over_sockets, with_mutations
from conform62351.tooling.fuzz.layers import Layer, layers_of
from conform62351.tooling.fuzz.mutators.menu import mutators_for
from conform62351.tooling.fuzz.mutators.mutator import Mutator, Rearranger
from conform62351.tooling.fuzz.mutators.order import order_rearrangers
from conform62351.tooling.fuzz.mutators.segments import segment_rearrangers
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.sweeping.sweep import Known, Sweep
from conform62351.tooling.fuzz.trial import fits

_TRIES: Final = 40
"""How often a mutation is drawn before one is given up."""
_SAME_PLACE: Final = 0.5
"""The share of further mutations of a case that go where the first one is."""
_MOST_MUTATIONS: Final = 8
"""Mutations of a case that is mutated further: one with more tells nobody what it is about."""
_AIMS: Final[dict[Moment, tuple[type[AnyStep], ...]]] = {
    Moment.ASSOCIATING: (Associate, AnswerAssociation, Accept),
    Moment.REKEY: (Rekey, Request, Respond),
    Moment.RELEASE: (Release, AnswerRelease, Conclude),
    Moment.BEFORE: (Inject, SendSecPdu),
    Moment.AFTER: (Release, Abort, Inject, SendSecPdu),
}
"""The steps that the bases of a moment are about; of the other moments all, or those behind the opening."""


class NothingToMutate(Exception):
    """A base has no place in the layers that are asked for, or nothing there that can be changed."""


class Spot(msgspec.Struct, frozen=True):
    """A place, and what there is to change it with."""

    place: Place
    mutators: tuple[Mutator, ...]
    weights: tuple[float, ...]


class Generator:
    """Makes cases of one base.

    ``places`` are those that were found when the base was played. ``layers`` are those to aim at, all if none
    is named. ``reissue`` signs certificates again; None where nobody's key is at hand. ``raw``: this process
    may send segments of its own.
    """

    def __init__(
        self,
        base: Base,
        places: Sequence[Place],
        layers: Collection[Layer] = (),
        *,
        reissue: Reissue | None = None,
        raw: bool = False,
    ) -> None:
        self.base = base
        self._raw = raw and base.stack not in WITH_TLS
        self._talk = _as_stored(base.conversation)
        self._reissue = reissue
        self._fits = {} if reissue is None else {"reissue": reissue}
        self._places = tuple(places)
        aims = self._aims(places)
        aimed = [place for place in places if place.step in aims]
        wanted = [layer for layer in Layer if not layers or layer in layers]
        self._spots = {layer: spots for layer in wanted if (spots := self._spots_of(layer, aimed))}
        self._rearrangers: dict[Layer, tuple[Rearranger, ...]] = {
            layer: fitting for layer in wanted if (fitting := self._fitting(layer, places))
        }

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that this makes cases for."""
        return (*self._spots, *self._rearrangers)

    @property
    def talk(self) -> Conversation:
        """The conversation of the base, as it comes back from JSON."""
        return self._talk

    @property
    def places(self) -> tuple[Place, ...]:
        """The places that this puts mutations into, each once."""
        spots = (spot for spots in self._spots.values() for spot in spots)
        found = {(spot.place.step, spot.place.pdu, spot.place.kind): spot.place for spot in spots}
        return tuple(found.values())

    def sweep(self, known: Known, seed: str) -> Sweep:
        """Return the sweep of the base; ``known`` is what those of other bases have, and gets what it has."""
        places = {layer: tuple(spot.place for spot in spots) for layer, spots in self._spots.items()}
        return Sweep(
            self.base,
            self._talk,
            {**places, **dict.fromkeys(self._rearrangers, ())},
            sent=self._places,
            reissue=self._reissue,
            known=known,
            seed=seed,
        )

    def _aims(self, places: Sequence[Place]) -> frozenset[int]:
        """Return the numbers of the steps to change."""
        steps = self.base.conversation.steps
        all_of_them = frozenset(place.step for place in places)
        if self.base.opening:
            aims = frozenset(range(self.base.opening, len(steps)))
        else:
            kinds = _AIMS.get(self.base.moment, ())
            aims = frozenset(number for number, step in enumerate(steps) if isinstance(step, kinds))
        return aims & all_of_them or all_of_them

    def _spots_of(self, layer: Layer, places: Sequence[Place]) -> tuple[Spot, ...]:
        mutators = mutators_for(layer, can_sign=self._reissue is not None)
        found = []
        for place in places:
            if layer in layers_of(place.pdu):
                fitting = tuple(mutator for mutator in mutators if mutator.suits(place))
                if fitting:
                    found.append(Spot(place, fitting, tuple(one.weight for one in fitting)))
        return tuple(found)

    def _fitting(self, layer: Layer, places: Sequence[Place]) -> tuple[Rearranger, ...]:
        made: tuple[Rearranger, ...] = ()
        start = self.base.opening
        if layer is Layer.ORDER:
            calls = self.base.role is Role.SERVER
            made = order_rearrangers(places, self.base.stack, calls=calls, start=start)
        elif layer is Layer.SEGMENT:
            made = segment_rearrangers(start, raw=self._raw)
        return tuple(one for one in made if one.suits(self.base.conversation))

    def case(self, random: Random, count: int = 1) -> Case:
        """Return a case with ``count`` changes, or fewer where no more are found.

        Raises:
            NothingToMutate: there is no place in these layers, or nothing there that can be changed.
        """
        if not self.layers:
            raise NothingToMutate(f"{self.base.name} has no place in these layers")
        for _ in range(_TRIES):
            layer = random.choice(self.layers)
            bare = Case(base=self.base.name, layer=layer.value, mutators=(), conversation=self._talk)
            made = self._changed(bare, layer, random, count)
            if made is not None:
                return made
        raise NothingToMutate(f"{self.base.name} has nothing that can be changed in these layers")

    def further(self, case: Case, random: Random) -> Case:
        """Return a case of this base changed once more: a mutation added, or one in another's place.

        The case comes back as it is where that leads to nothing.
        """
        layer = Layer(case.layer)
        case = kept = case if self._raw else over_sockets(case)
        if case.mutations and (random.random() < 0.4 or len(case.mutations) >= _MOST_MUTATIONS):
            kept = case.without({random.randrange(len(case.mutations))})
        if layer in self._rearrangers or layer not in self._spots:
            layer = random.choice(self.layers) if layer not in self._rearrangers else layer
        made = self._changed(kept, layer, random, 1)
        return case if made is None else made

    def _changed(self, case: Case, layer: Layer, random: Random, count: int) -> Case | None:
        if layer in self._rearrangers:
            return self._rearranged(case, layer, random, count)
        placed = list(case.mutations)
        names = list(case.mutators)
        spot: Spot | None = None
        for _ in range(count):
            found = self._drawn(layer, placed, random, spot)
            if found is None:
                break
            spot, name, mutations = found
            placed += (Placed(spot.place.step, mutation) for mutation in mutations)
            names.append(name)
        if len(names) == len(case.mutators):
            return None
        added = placed[len(case.mutations) :]
        return msgspec.structs.replace(
            case,
            layer=layer.value,
            mutators=tuple(names),
            conversation=with_mutations(case.conversation, added),
        )

    def _drawn(
        self, layer: Layer, placed: Sequence[Placed], random: Random, before: Spot | None
    ) -> tuple[Spot, str, tuple[AnyMutation, ...]] | None:
        """Return mutations that have an effect, with the spot and the name of what made them."""
        for _ in range(_TRIES):
            stays = before is not None and random.random() < _SAME_PLACE
            spot = before if before is not None and stays else random.choice(self._spots[layer])
            if _otherwise(spot.place, placed):
                continue
            mutator = random.choices(spot.mutators, spot.weights)[0]
            mutations = mutator.mutate(spot.place, random)
            if mutations and fits(spot.place, (*_there(spot.place, placed), *mutations), **self._fits):
                return spot, mutator.name, mutations
        return None

    def _rearranged(self, case: Case, layer: Layer, random: Random, count: int) -> Case | None:
        talk, names = case.conversation, list(case.mutators)
        for _ in range(count):
            fitting = [one for one in self._rearrangers[layer] if one.suits(talk)]
            if not fitting:
                break
            one = random.choice(fitting)
            changed = one.change(talk, random)
            if changed != talk:
                talk = changed
                names.append(one.name)
        if talk == case.conversation:
            return None
        return msgspec.structs.replace(case, layer=layer.value, mutators=tuple(names), conversation=talk)


def _as_stored(talk: Conversation) -> Conversation:
    """Return a conversation as it comes back from JSON, which knows no tuples within values."""
    return msgspec.json.decode(msgspec.json.encode(talk), type=Conversation)


def _there(place: Place, placed: Sequence[Placed]) -> tuple[AnyMutation, ...]:
    """Return the mutations of a place that a case has already: fields, or octets, as the place is."""
    return tuple(
        one.mutation
        for one in placed
        if one.step == place.step
        and one.mutation.pdu == place.pdu
        and isinstance(one.mutation, FieldMutation) == (place.kind == "value")
    )


def _otherwise(place: Place, placed: Sequence[Placed]) -> bool:
    """Return whether a case changes the PDU of a place already, but not in its way.

    A PDU whose fields have changed may have no octets any more where its sample had them.
    """
    there = [one.mutation for one in placed if one.step == place.step and one.mutation.pdu == place.pdu]
    return any(isinstance(mutation, FieldMutation) != (place.kind == "value") for mutation in there)


def generate(
    base: Base,
    places: Sequence[Place],
    random: Random,
    layers: Collection[Layer] = (),
    count: int = 1,
    *,
    reissue: Reissue | None = None,
) -> Case:
    """Return one case; who wants many of one base keeps a :class:`Generator`.

    Raises:
        NothingToMutate: there is no place in these layers, or nothing there that can be changed.
    """
    return Generator(base, places, layers, reissue=reissue).case(random, count)
