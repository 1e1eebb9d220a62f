"""Sweeps certificates: TLV by TLV behind a valid signature where that can be made, then part by part."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditCertificate, EditTlv
from conform62351.tooling.fuzz.mutators.certificates import (
    MOMENTS,
    TBS,
    Held,
    certificate_mutators,
    certificates,
)
from conform62351.tooling.fuzz.mutators.fields import NO_FIELDS, is_open
from conform62351.tooling.fuzz.mutators.tlv import Node
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.sweeping.probe import Probe, probes
from conform62351.tooling.fuzz.sweeping.tlv import changes_of, is_alone

_TIMES: Final = (0x17, 0x18)
_DRAWN: Final = 16
"""Changes that each mutator of a part of certificates makes."""
_FURTHER: Final = 3
"""The round in which the certificates of a path have their turn, which few devices look at as closely."""


def certificate_probes(place: Place, *, can_sign: bool) -> Iterator[Probe]:
    """Yield the changes of the certificates in the fields of a value; ``can_sign``: they are signed again."""
    if place.pdu in NO_FIELDS or not is_open(place):
        return
    for number, held in enumerate(certificates(place)):
        first = _FURTHER if number else 0
        for order, node in enumerate(held.nodes):
            changes = _changes(place.pdu, held, node, order, can_sign=can_sign)
            about = f"{held.field} {node.path}"
            yield from probes("certificate TLV", place, about, changes, first, alone=is_alone(order))
    for mutator in certificate_mutators(can_sign=can_sign):
        if mutator.suits(place):
            drawn = (mutator.mutate(place, Random(number)) for number in range(_DRAWN))
            yield from probes(mutator.name, place, mutator.name, (one for made in drawn for one in made))


def _changes(pdu: str, held: Held, node: Node, number: int, *, can_sign: bool) -> Iterator[AnyMutation]:
    """Yield what is done to one TLV; of what stands outside what is signed, signing would undo it."""
    signed = can_sign and f"{node.path}/".startswith(f"{TBS}/")
    if node.identifier[0] in _TIMES:
        for octets in MOMENTS:
            yield EditCertificate(
                pdu=pdu, field=held.field, path=node.path, edit=Edit.REPLACE, octets=octets, signed=signed
            )
    for change in changes_of(pdu, node, number):
        if isinstance(change, EditTlv):
            yield EditCertificate(
                pdu=pdu,
                field=held.field,
                path=change.path,
                edit=change.edit,
                octets=change.octets,
                other=change.other,
                signed=signed,
            )
