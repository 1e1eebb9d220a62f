"""Sweeps the fields of values: each at the borders of its meaning, then absent, added, doubled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from conform62351.tooling.engine.authenticate import TimeForm
from conform62351.tooling.engine.mutations import AnyMutation, Reorder, SetField, SetText, SetTime
from conform62351.tooling.fuzz.mutators.fields import (
    ENCODINGS,
    NO_FIELDS,
    PATTERNS,
    PROTECTION,
    TOKEN,
    WITH_KEYS,
    is_open,
    sent_leaves,
    set_field,
)
from conform62351.tooling.fuzz.mutators.leaves import Leaf, Meaning
from conform62351.tooling.fuzz.mutators.mutator import json_value
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.sweeping.borders import SHIFTS, absent_values, borders_of, members
from conform62351.tooling.fuzz.sweeping.probe import Probe, from_place, probes

ADDED: Final = 1
"""The round in which members that are absent get values first."""


def field_probes(place: Place) -> Iterator[Probe]:
    """Yield the changes of the fields of a value, none where the place holds none."""
    if place.kind == "value" and place.pdu.endswith(PROTECTION):
        keys = (SetField(pdu=place.pdu, field="keys", value=value) for value in WITH_KEYS)
        yield from probes("keys of protection", place, "keys", keys)
    if place.pdu in NO_FIELDS or not is_open(place):
        return
    leaves = sent_leaves(place)
    alike = next((leaf.value for leaf in leaves if leaf.meaning is Meaning.CERTIFICATE and leaf.value), b"")
    for number, leaf in enumerate(leaves):
        first = ADDED if leaf.meaning is Meaning.ABSENT else 0
        changes = _changes(place.pdu, leaf, number, alike)
        yield from probes(leaf.meaning.value, place, leaf.path, changes, first)


def _changes(pdu: str, leaf: Leaf, number: int, alike: bytes) -> Iterator[AnyMutation]:
    """Yield what is done to one field, the most telling first."""
    if leaf.meaning is Meaning.ABSENT:
        yield from (set_field(pdu, leaf.path, value) for value in absent_values(leaf, alike))
    elif leaf.meaning is Meaning.LIST:
        yield from _list(pdu, leaf)
    elif leaf.meaning is Meaning.CHOICE:
        yield from (set_field(pdu, leaf.path, value) for value in from_place(ENCODINGS, number))
    else:
        own: list[AnyMutation] = [set_field(pdu, leaf.path, value) for value in borders_of(leaf)]
        if leaf.meaning is Meaning.TIME and pdu.endswith(TOKEN):
            own[:0] = _shifted(pdu, leaf)
        if leaf.meaning is Meaning.ASSOCIATION:
            own += (SetText(pdu=pdu, field=leaf.path, pattern=pattern) for pattern in PATTERNS)
        yield from own
    if leaf.optional and leaf.meaning is not Meaning.ABSENT:
        yield SetField(pdu=pdu, field=leaf.path)


def _shifted(pdu: str, leaf: Leaf) -> Iterator[AnyMutation]:
    """Yield new times that are far off, and times of now that are oddly written."""
    yield from (SetTime(pdu=pdu, field=leaf.path, shift=shift) for shift in SHIFTS)
    yield from (SetTime(pdu=pdu, field=leaf.path, form=form) for form in TimeForm)


def _list(pdu: str, leaf: Leaf) -> Iterator[AnyMutation]:
    value: Any = leaf.value
    size = len(msgspec.json.encode(json_value(value[-1]))) // 2 if value else 0
    made = members(value, size)
    yield from (set_field(pdu, leaf.path, one) for one in made)
    if len(value) > 2:
        order = (*range(1, len(value)), 0)
        yield Reorder(pdu=pdu, field=leaf.path, order=order)
