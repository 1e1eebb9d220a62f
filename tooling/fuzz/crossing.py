"""Puts what changed one base into another: the same mutations, where a PDU of the same kind is sent."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec

from conform62351.tooling.engine.mutating import Reissue
from conform62351.tooling.engine.mutations import AnyMutation, FieldMutation
from conform62351.tooling.engine.steps import Conversation
from conform62351.tooling.fuzz.case import Case, Placed, with_mutations
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.trial import fits

ALIKE: Final = {"E2E.ClearTransfer": "E2E.EncrTransfer", "E2E.EncrTransfer": "E2E.ClearTransfer"}
"""SecPDUs of native mode that have the same token; which of them carries data is a matter of its mode (N)."""


def crossed(
    case: Case,
    base: str,
    talk: Conversation,
    places: Sequence[Place],
    random: Random,
    reissue: Reissue | None = None,
) -> Case | None:
    """Return ``case`` with its mutations put into ``talk``, the conversation of ``base``; None if none fits.

    They keep their order. Those that were in one step stay together where that is possible; one without a
    place, or without an effect there, is left out. ``reissue`` is what signs certificates again.
    """
    fitting = {} if reissue is None else {"reissue": reissue}
    put: list[Placed] = []
    steps: dict[int, int] = {}
    for one in case.mutations:
        found = [
            (place, mutation)
            for mutation in _alike(one.mutation)
            for place in places
            if place.pdu == mutation.pdu and isinstance(mutation, FieldMutation) == (place.kind == "value")
        ]
        together = [pair for pair in found if pair[0].step == steps.get(one.step)]
        random.shuffle(found)
        for place, mutation in (*together, *found):
            there = (
                other.mutation
                for other in put
                if other.step == place.step
                and other.mutation.pdu == place.pdu
                and isinstance(other.mutation, FieldMutation) == (place.kind == "value")
            )
            if fits(place, (*there, mutation), **fitting):
                put.append(Placed(place.step, mutation))
                steps.setdefault(one.step, place.step)
                break
    if not put:
        return None
    return msgspec.structs.replace(case, base=base, conversation=with_mutations(talk, put))


def _alike(mutation: AnyMutation) -> tuple[AnyMutation, ...]:
    """Return the mutation, and it with the name that its PDU has in the other mode."""
    for name, other in ALIKE.items():
        if mutation.pdu == name or mutation.pdu.startswith(f"{name}."):
            pdu = other + mutation.pdu.removeprefix(name)
            return mutation, msgspec.structs.replace(mutation, pdu=pdu)
    return (mutation,)
