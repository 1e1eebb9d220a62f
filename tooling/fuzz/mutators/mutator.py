"""What all mutators are, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, Protocol, TypeVar

from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.native.codec import Protected
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.steps import Conversation
from conform62351.tooling.engine.stimulus import COVERED
from conform62351.tooling.fuzz.places import Place

Made = TypeVar("Made")

_MOST_REMEMBERED: Final = 4096
"""Samples whose analysis is kept: the places of some dozen bases."""


class Mutator(Protocol):
    """Makes mutations of one PDU; ``name`` is for people.

    ``weight`` is how often it is drawn beside others: 1 for those that know what they change, less for those
    whose results are few, or hardly get past the first length.

    ``mutate`` is asked only about places that suit. It returns no mutation where chance leads it to nothing
    that can be changed. All it decides comes from ``random``.
    """

    name: str
    weight: float

    def suits(self, place: Place) -> bool:
        """Return whether there is anything for it in a place."""

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return mutations of the PDU of ``place``, in the order in which they apply."""


class Rearranger(Protocol):
    """Changes a conversation beyond single PDUs: the order of messages, or how they are cut."""

    name: str

    def suits(self, talk: Conversation) -> bool:
        """Return whether there is anything for it in a conversation."""

    def change(self, talk: Conversation, random: Random) -> Conversation:
        """Return the conversation changed, its mutations kept as far as their steps are."""


def octets_of(place: Place) -> bytes | None:
    """Return the octets that octet mutations of a place change; None where they reach none."""
    if isinstance(place.sample, Protected):
        return place.sample.octets
    if not isinstance(place.sample, bytes):
        return None
    return place.sample


def holds_value(place: Place) -> bool:
    """Return whether field mutations of a place find fields there."""
    return place.kind == "value" and not isinstance(place.sample, bytes | Protected)


def is_covered(place: Place) -> bool:
    """Return whether a place is a tbs or tbp: what is changed there is signed, or gets an ICV, after it."""
    return place.pdu.endswith(COVERED)


def json_value(value: Any) -> Any:
    """Return a value as a SetField holds it: structs as mappings, octets in hexadecimal, bits by number."""
    if isinstance(value, int | str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Bits):
        return sorted(value.positions)
    if isinstance(value, Mapping):
        return {name: json_value(member) for name, member in value.items()}
    if isinstance(value, tuple | list):
        # A list that was made long has the same few members many times over.
        made = {
            id(member): json_value(member) for member in {id(member): member for member in value}.values()
        }
        return [made[id(member)] for member in value]
    fields = getattr(value, "__struct_fields__", None)
    if fields is not None:
        return {name: json_value(getattr(value, name)) for name in fields}
    return value


class Remembered:
    """Keeps what ``analyse`` makes of samples, which are the same objects case after case."""

    def __init__(self, analyse: Callable[[Any], Made]) -> None:
        self._analyse = analyse
        self._known: dict[int, tuple[Any, Any]] = {}

    def __call__(self, sample: Any) -> Any:
        """Return the analysis of ``sample``, made once."""
        known = self._known.get(id(sample))
        if known is not None and known[0] is sample:
            return known[1]
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        made = self._analyse(sample)
        self._known[id(sample)] = (sample, made)
        return made
