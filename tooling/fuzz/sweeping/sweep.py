"""The sweep of a base: all its single changes in a fixed order, of which a campaign asks for one by number.

Every layer gets its turn in each round, and in the first rounds every field gets what tells most about it.
What several bases send alike is swept in the first of them; the others have the first rounds of it, later.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Final

import msgspec

from conform62351.tooling.engine.mutating import Reissue
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.steps import Conversation
from conform62351.tooling.fuzz.bases import Base
from conform62351.tooling.fuzz.case import Case, Placed, with_mutations
from conform62351.tooling.fuzz.layers import CERTIFICATE_FIELDS, Layer
from conform62351.tooling.fuzz.mutators.mutator import octets_of
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.sweeping.certificates import certificate_probes
from conform62351.tooling.fuzz.sweeping.fields import field_probes
from conform62351.tooling.fuzz.sweeping.headers import (
    header_probes,
    octet_probes,
    parameter_probes,
    spdu_probes,
)
from conform62351.tooling.fuzz.sweeping.order import order_detours, segment_detours
from conform62351.tooling.fuzz.sweeping.packed import Packed
from conform62351.tooling.fuzz.sweeping.probe import Detour, Probe
from conform62351.tooling.fuzz.sweeping.tls import tls_probes
from conform62351.tooling.fuzz.sweeping.tlv import tlv_probes
from conform62351.tooling.fuzz.trial import fits

ELSEWHERE: Final = 5
"""Rounds by which that is put off which another base sends as well."""
MOST_ELSEWHERE: Final = 2
"""Rounds of it that are swept again: what tells most may tell more in another state of the device."""
SHORTEST_PDU: Final = 8
"""Octets that a PDU within another has at least: shorter ones are found in too many places."""
Known = set[tuple[str, str]]
"""What has been swept already: the name of a PDU, and what of it."""


Mark = tuple[int, Layer]
"""The round of a change, and its layer."""


class _Turn(msgspec.Struct, frozen=True, array_like=True):
    """One case to be made: mutations in the place of number ``place``, or another conversation."""

    name: str
    place: int = 0
    mutations: tuple[AnyMutation, ...] = ()
    conversation: Conversation | None = None


_DECODER: Final = msgspec.json.Decoder(_Turn)


class Sweep:
    """All single changes of one base, in the order in which they are tried.

    ``places`` are those to change, by layer. ``known`` is what other bases sweep; what this one has joins
    it. ``seed`` decides which of the changes of a round come first.
    """

    def __init__(
        self,
        base: Base,
        talk: Conversation,
        places: Mapping[Layer, Sequence[Place]],
        *,
        sent: Sequence[Place],
        reissue: Reissue | None,
        known: Known,
        seed: str,
    ) -> None:
        self._base = base
        self._talk = talk
        self._fits = {} if reissue is None else {"reissue": reissue}
        self._places: list[Place] = []
        found: Known = set()
        random = Random(f"{seed}:{base.name}")
        marks: dict[Mark, Mark] = {}
        queues = []
        for layer, layered in places.items():
            changes = _changes_of(layer, layered, base, talk, sent, can_sign=reissue is not None)
            turns = []
            for about, change in changes:
                found.add(about)
                rank = change.rank
                if about in known:
                    if rank >= MOST_ELSEWHERE:
                        continue
                    rank += ELSEWHERE
                # One mark for all of its kind: there are many more changes than rounds.
                mark = marks.setdefault((rank, layer), (rank, layer))
                turns.append((mark, msgspec.json.encode(self._turn(change))))
            random.shuffle(turns)
            queues.append(sorted(turns, key=lambda turn: turn[0][0]))
        ordered = list(_by_round(queues))
        self._marks = deque(mark for mark, _ in ordered)
        self._turns = Packed((row for _, row in ordered), _DECODER.decode)
        self._forgotten = 0
        known |= found

    def _turn(self, change: Probe | Detour) -> _Turn:
        if isinstance(change, Detour):
            return _Turn(change.name, conversation=change.conversation)
        if not self._places or self._places[-1] is not change.place:
            self._places.append(change.place)
        return _Turn(change.name, len(self._places) - 1, change.mutations)

    def __len__(self) -> int:
        """Return how many changes there are, with those that turn out to have no effect."""
        return self._forgotten + len(self._marks)

    def forget(self, index: int) -> None:
        """Keep nothing of the changes before number ``index``, for which nobody asks any more."""
        while self._marks and self._forgotten < index:
            self._marks.popleft()
            self._forgotten += 1
        self._turns.forget(self._forgotten)

    def round_at(self, index: int) -> int | None:
        """Return the round of change number ``index``, None behind the last one."""
        return self._marks[index - self._forgotten][0] if index < len(self) else None

    def counts(self) -> Mapping[tuple[Layer, int], int]:
        """Return how many changes each layer has in each round, of those that are not forgotten."""
        return {(layer, rank): count for (rank, layer), count in Counter(self._marks).items()}

    def case(self, index: int) -> tuple[Case | None, int]:
        """Return the first case from number ``index`` on that has an effect, and the number behind it.

        None: there is none any more.
        """
        for number in range(index, len(self)):
            made = self._made(self._turns[number], self._marks[number - self._forgotten][1])
            if made is not None:
                return made, number + 1
        return None, len(self)

    def _made(self, turn: _Turn, layer: Layer) -> Case | None:
        talk = turn.conversation
        if talk is None:
            place = self._places[turn.place]
            if not fits(place, turn.mutations, **self._fits):
                return None
            placed = (Placed(place.step, mutation) for mutation in turn.mutations)
            talk = with_mutations(self._talk, placed)
        return Case(
            base=self._base.name,
            layer=layer.value,
            mutators=(f"sweep: {turn.name}",),
            conversation=talk,
        )


def _changes_of(
    layer: Layer,
    places: Sequence[Place],
    base: Base,
    talk: Conversation,
    sent: Sequence[Place],
    *,
    can_sign: bool,
) -> Iterator[tuple[tuple[str, str], Probe | Detour]]:
    """Yield the changes of a layer, each with what it is known by."""
    detours: Iterable[Detour] = ()
    if layer is Layer.ORDER:
        detours = order_detours(base, talk, sent)
    elif layer is Layer.SEGMENT:
        detours = segment_detours(base, talk)
    for detour in detours:
        yield (f"{layer.value} {base.moment.value}", detour.name), detour
    for place in places:
        for probe in _probes_of(layer, place, _within(place, sent), can_sign=can_sign):
            # Certificates are read alike, whatever they come in.
            pdu = "" if layer is Layer.CERTIFICATE else f"{place.pdu} {place.kind}"
            yield (f"{layer.value} {pdu}", probe.about), probe


def _probes_of(layer: Layer, place: Place, inner: frozenset[bytes], *, can_sign: bool) -> Iterator[Probe]:
    if layer is Layer.CERTIFICATE:
        yield from certificate_probes(place, can_sign=can_sign)
        return
    yield from field_probes(place)
    yield from tlv_probes(place, inner)
    yield from spdu_probes(place)
    yield from parameter_probes(place)
    yield from header_probes(place)
    yield from tls_probes(place)
    yield from octet_probes(place)


def _within(place: Place, sent: Sequence[Place]) -> frozenset[bytes]:
    """Return the octets of the PDUs and certificates that the PDU of a place holds."""
    whole = octets_of(place)
    if whole is None:
        return frozenset()
    found = {octets for other in sent if other.step == place.step for octets in _octets_in(other)}
    return frozenset(
        octets for octets in found if SHORTEST_PDU <= len(octets) < len(whole) and octets in whole
    )


def _octets_in(place: Place) -> Iterator[bytes]:
    octets = octets_of(place)
    if octets is not None:
        yield octets
        return
    for name in CERTIFICATE_FIELDS:
        value = getattr(place.sample, name, None)
        yield from (
            one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, bytes)
        )


def _by_round(queues: Sequence[Sequence[tuple[Mark, bytes]]]) -> Iterator[tuple[Mark, bytes]]:
    """Yield the turns round by round, in each of them one of every layer after another."""
    ranks = sorted({rank for queue in queues for (rank, _), _ in queue})
    for rank in ranks:
        rows = [[turn for turn in queue if turn[0][0] == rank] for queue in queues]
        for row in itertools.zip_longest(*rows):
            yield from (turn for turn in row if turn is not None)
