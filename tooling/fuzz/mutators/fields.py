"""Mutators of fields: each knows what a field means, and which values of that kind are hard on a reader.

A token that is changed so is signed or protected with the change, as everything is that goes through the
policy before its signature or ICV is made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from random import Random
from typing import Any, Final

import msgspec

from conform62351.profiles.osi.encodings import ARBITRARY, OCTET_ALIGNED, SINGLE_ASN1_TYPE
from conform62351.tooling.engine.authenticate import TimeForm
from conform62351.tooling.engine.mutations import AnyMutation, Reorder, SetField, SetText, SetTime
from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.fuzz.mutators.keys import (
    agreement_key,
    algorithm_identifier,
    group_number,
    mode,
    public_value,
    signature,
)
from conform62351.tooling.fuzz.mutators.leaves import Leaf, Meaning, leaves
from conform62351.tooling.fuzz.mutators.mutator import Remembered, holds_value, json_value
from conform62351.tooling.fuzz.places import Place

Make = Callable[[str, Leaf, Random], tuple[AnyMutation, ...]]
_leaves = Remembered(leaves)

NO_FIELDS: Final = ("E2E.refused", "E2E.keys", "TLS.parameters", "TLS.secret", "TLS.Alert")
"""Values that are no part of a PDU, which a device never sees; and alerts, whose values are names."""
_ABOVE: Final = ("payload", "data", "user_data")
"""Fields that hold the PDU of the layer above, which has places of its own."""
_SECPDU: Final = "E2E."
ENCODINGS: Final = (SINGLE_ASN1_TYPE, OCTET_ALIGNED, ARBITRARY)
PROTECTION: Final = ".protection"
TOKEN: Final = ".token"
_AUTH: Final = ".auth"
_DAY_S: Final = 86_400.0
_SHIFTS: Final = (-1.0, 1.0, -599.0, 599.0, -601.0, 601.0, -3600.0, 3600.0, _DAY_S, -_DAY_S, 3650 * _DAY_S)
_LONGEST_LIST: Final = 60_000
"""Octets of a list that repeats its members, about."""


class FieldMutator:
    """Sets one field of those meanings to what ``make`` gives for it."""

    def __init__(self, name: str, meanings: Collection[Meaning], make: Make, weight: float = 1.0) -> None:
        self.name = name
        self.weight = weight
        self._meanings = frozenset(meanings)
        self._make = make

    def _fitting(self, place: Place) -> list[Leaf]:
        return [leaf for leaf in sent_leaves(place) if leaf.meaning in self._meanings]

    def suits(self, place: Place) -> bool:
        """Return whether the place holds a value with such a field."""
        return place.pdu not in NO_FIELDS and is_open(place) and bool(self._fitting(place))

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return what sets one such field to another value."""
        return self._make(place.pdu, random.choice(self._fitting(place)), random)


def sent_leaves(place: Place) -> list[Leaf]:
    """Return the fields of the value of a place that are sent, but for those that hold the PDU above.

    An Authenticator gets its ICV only after its other fields: that is changed in the SecPDU.
    """
    is_secpdu, is_auth = place.pdu.startswith(_SECPDU), place.pdu.endswith(_AUTH)
    return [
        leaf
        for leaf in _leaves(place.sample)
        if not (leaf.name in _ABOVE and leaf.meaning is Meaning.OCTETS)
        and not (is_secpdu and leaf.is_covered)
        and not (is_auth and leaf.meaning is Meaning.TAG)
    ]


def is_open(place: Place) -> bool:
    """Return whether a place holds a value whose fields go to the device, or into what does."""
    return holds_value(place) and not place.pdu.endswith(PROTECTION)


def set_field(pdu: str, field: str, value: Any) -> SetField:
    """Return the mutation that sets a field to a value, whatever its type."""
    if isinstance(value, bytes):
        return SetField(pdu=pdu, field=field, octets=value)
    made = json_value(value)
    return SetField(pdu=pdu, field=field, value=tuple(made) if isinstance(made, list) else made)


def _set(make: Callable[[Random, Any], Any]) -> Make:
    """Return what sets a field to what ``make`` gives for its value."""

    def made(pdu: str, leaf: Leaf, random: Random) -> tuple[AnyMutation, ...]:
        return (set_field(pdu, leaf.path, make(random, leaf.value)),)

    return made


def _time(pdu: str, leaf: Leaf, random: Random) -> tuple[AnyMutation, ...]:
    """Return an impossible time, or for a token a new one that is off, or oddly written."""
    if pdu.endswith(TOKEN) and random.random() < 0.6:
        form = random.choice((TimeForm.USUAL, *TimeForm))
        shift = random.choice((0.0, *_SHIFTS))
        return (SetTime(pdu=pdu, field=leaf.path, shift=shift, form=form),)
    return (set_field(pdu, leaf.path, random.choice(values.TIMES)),)


def _sequence_number(random: Random, old: int) -> int:
    ways = (
        old + 1,
        old - 1,
        0,
        1,
        (1 << 31) - 1,
        1 << 31,
        (1 << 31) + 1,
        (1 << 32) - 1,
        1 << 32,
        -1,
        1 << 63,
    )
    return random.choice((*ways, values.integer(random, old)))


PATTERNS: Final = (
    "0{0}",
    "{0} ",
    " {0}",
    "+{0}",
    "-{0}",
    "{0}:",
    ":{0}",
    "{0}:{0}",
    "{0}\0",
    "{0}.0",
    "{0}e9",
    "0x{0}",
    "{0}:%n%s",
    "{1}:{0}",
    "{1}",
    "{0}0000000000000000",
)


def _association(pdu: str, leaf: Leaf, random: Random) -> tuple[AnyMutation, ...]:
    """Return the identifier written in another way, or another one."""
    if random.random() < 0.5:
        return (SetText(pdu=pdu, field=leaf.path, pattern=random.choice(PATTERNS)),)
    numbers = (str(random.choice(values.BORDERS)), f"{values.integer(random)}:{values.integer(random)}")
    return (set_field(pdu, leaf.path, random.choice((*numbers, values.text(random, leaf.value)))),)


def _text(random: Random, old: str) -> str:
    return values.text(random, old)


_BIT_SETS: Final = ((), (0,), (31,), (7, 8), tuple(range(32)), tuple(range(8)), (15, 16), (1,), (2,), (3,))


def _bits(pdu: str, leaf: Leaf, random: Random) -> tuple[AnyMutation, ...]:
    return (SetField(pdu=pdu, field=leaf.path, value=random.choice(_BIT_SETS)),)


def _number(random: Random, old: int) -> int:
    if random.random() < 0.5:
        return values.unsigned(random, random.choice((1, 2, 4)))
    return values.integer(random, old)


def _nonce(random: Random, old: bytes) -> bytes:
    return random.choice(
        (bytes(len(old)), b"\xff" * len(old), values.resized(random, old), bytes(random.choice(values.SIZES)))
    )


def _certificate(random: Random, old: bytes) -> bytes:
    """Return what is no certificate: too little, too much, or something else."""
    ways: tuple[bytes, ...] = (b"", b"\x30\0", b"\x30\x80\0\0", b"\x05\0", old[: len(old) // 2], old + old)
    return random.choice(
        (*ways, old + b"\0", old[:-1], values.nested(random), b"\x30\x84\x7f\xff\xff\xff" + old)
    )


def _list(pdu: str, leaf: Leaf, random: Random) -> tuple[AnyMutation, ...]:
    """Return the list without its members or one of them, in another order, or with some many times over."""
    members = list(leaf.value)
    count = len(members)
    way = random.randrange(4)
    if way == 0 or not members:
        return (SetField(pdu=pdu, field=leaf.path, value=()),)
    if way == 1 and count > 1:
        order = list(range(count))
        random.shuffle(order)
        return (Reorder(pdu=pdu, field=leaf.path, order=tuple(order)),)
    if way == 2 and count > 1:
        del members[random.randrange(count)]
        return (set_field(pdu, leaf.path, members),)
    one = members[random.randrange(count)]
    size = max(len(msgspec.json.encode(json_value(one))) // 2, 1)
    times = min(random.choice((1, 2, 8, 16, 17, 64, 255, 256, 1000)), max(_LONGEST_LIST // size, 1))
    return (set_field(pdu, leaf.path, [*members, *[one] * times]),)


def _optional(pdu: str, leaf: Leaf, _: Random) -> tuple[AnyMutation, ...]:
    return (SetField(pdu=pdu, field=leaf.path),) if leaf.optional else ()


def _absent(pdu: str, leaf: Leaf, random: Random) -> tuple[AnyMutation, ...]:
    """Return a value for a member that is absent, of the type that it has."""
    kinds = getattr(leaf.wanted, "__args__", ())
    makes: dict[Any, Callable[[], Any]] = {
        int: lambda: random.choice(values.LENGTHS) if leaf.name == "length" else _number(random, 0),
        bytes: lambda: values.octets(random, random.randbytes(16)),
        str: lambda: random.choice((random.choice(values.IDENTIFIERS), values.text(random))),
    }
    fitting = [make for kind, make in makes.items() if kind in kinds]
    if leaf.name == "rekey":
        fitting = [lambda: agreement_key(random)]
    if not fitting:
        return (SetField(pdu=pdu, field=leaf.path, value=()),)
    return (set_field(pdu, leaf.path, random.choice(fitting)()),)


WITH_KEYS: Final = ("peer", "encryption", "before", "handshake")


class ProtectionMutator:
    """Protects a data transfer with other keys: those of the peer, of before the last change, and so on."""

    name = "keys of protection"
    weight = 0.5

    def suits(self, place: Place) -> bool:
        """Return whether the place says how a data transfer is protected."""
        return place.kind == "value" and place.pdu.endswith(PROTECTION)

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return what takes other keys."""
        return (SetField(pdu=place.pdu, field="keys", value=random.choice(WITH_KEYS)),)


def field_mutators() -> tuple[FieldMutator, ...]:
    """Return the mutators of fields, one for each meaning that is told apart."""
    every = frozenset(Meaning) - {Meaning.ABSENT}
    return (
        FieldMutator("time", {Meaning.TIME}, _time),
        FieldMutator("sequence number", {Meaning.SEQUENCE_NUMBER}, _set(_sequence_number)),
        FieldMutator("association identifier", {Meaning.ASSOCIATION}, _association),
        FieldMutator("text", {Meaning.TEXT}, _set(_text)),
        FieldMutator("object identifier", {Meaning.IDENTIFIER}, _set(values.identifier)),
        FieldMutator("algorithm", {Meaning.ALGORITHM}, _set(algorithm_identifier)),
        FieldMutator("group", {Meaning.GROUP}, _set(group_number)),
        FieldMutator("public value", {Meaning.PUBLIC_VALUE}, _set(public_value)),
        FieldMutator("mode", {Meaning.MODE}, _set(mode)),
        FieldMutator("nonce", {Meaning.NONCE}, _set(_nonce)),
        FieldMutator("tag", {Meaning.TAG}, _set(values.resized)),
        FieldMutator("signature", {Meaning.SIGNATURE}, _set(signature)),
        FieldMutator("no certificate", {Meaning.CERTIFICATE}, _set(_certificate)),
        FieldMutator("bits", {Meaning.BITS}, _bits),
        FieldMutator(
            "bit string", {Meaning.BIT_STRING}, _set(lambda random, _: random.choice(values.BIT_CONTENTS))
        ),
        FieldMutator("flag", {Meaning.FLAG}, _set(lambda _, old: not old), 0.2),
        FieldMutator("choice", {Meaning.CHOICE}, _set(lambda random, _: random.choice(ENCODINGS)), 0.3),
        FieldMutator("number", {Meaning.NUMBER}, _set(_number)),
        FieldMutator("octets", {Meaning.OCTETS}, _set(values.octets)),
        FieldMutator("members", {Meaning.LIST}, _list),
        FieldMutator("member left out", every, _optional, 0.5),
        FieldMutator("member added", {Meaning.ABSENT}, _absent, 0.5),
    )
