"""Mutators of SPDUs and TPDUs, parameter by parameter: codes, lengths, contents, order, presence."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random
from typing import Final

from conform62351.profiles.osi.spdu import EXTENDED_USER_DATA, USER_DATA, WIDTHS
from conform62351.profiles.osi.spdu_edit import SpduTree, Unit
from conform62351.profiles.tlv_edit import EditError
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditSpdu, SetParameter
from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.fuzz.mutators.mutator import Remembered, octets_of
from conform62351.tooling.fuzz.places import Place

_PREFIX: Final = "SES."
_CODES: Final = (
    0,
    1,
    5,
    16,
    17,
    19,
    20,
    21,
    22,
    23,
    25,
    49,
    50,
    51,
    52,
    53,
    60,
    127,
    128,
    192,
    193,
    194,
    255,
)
"""Parameters that there are (X.225 8.3), some that there are not, and the ends of the octet."""
INDICATORS: Final = (
    b"\0",
    b"\1",
    b"\x7f",
    b"\x80",
    b"\xfe",
    b"\xff\0\0",
    b"\xff\0\1",
    b"\xff\xff\xff",
    b"\xff\x7f\xff",
)
_LONGEST: Final = 0xFFFF
_MOST: Final = 90
"""Parameters that are looked at: paths have two digits for the number of one of several alike."""
TPDU_CODES: Final = (0x00, 0x85, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xE0, 0xF0, 0xFF)
"""Parameters of a CR or CC (X.224 13.3.4), and some that there are not."""
_TPDU_VALUES: Final = 254
Make = Callable[[str, list[tuple[str, Unit]], Random], tuple[AnyMutation, ...]]


def units_of(octets: bytes) -> tuple[tuple[str, Unit], ...]:
    """Return the SPDUs, groups and parameters of a TSDU with their paths, none where there is no SPDU."""
    try:
        tree = SpduTree(octets)
    except EditError:
        return ()
    return tuple((path, tree.find(path)) for path in itertools.islice(tree.paths(), _MOST))


_units = Remembered(units_of)


class SpduMutator:
    """Changes one parameter of an SPDU, or the SPDU itself."""

    weight = 1.0

    def __init__(self, name: str, make: Make) -> None:
        self.name = name
        self._make = make

    def suits(self, place: Place) -> bool:
        """Return whether the place holds an SPDU."""
        octets = octets_of(place)
        return octets is not None and place.pdu.startswith(_PREFIX) and bool(_units(octets))

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return the change of one of its parameters."""
        return self._make(place.pdu, list(_units(octets_of(place))), random)


def _parameter(random: Random) -> bytes:
    """Return a whole parameter that nobody asked for."""
    code = random.choice(_CODES)
    width = WIDTHS.get(code, random.choice((0, 1, 2, 4, 16, 17, 254)))
    return bytes((code, width)) + random.choice((bytes(width), b"\xff" * width, random.randbytes(width)))


def _length(pdu: str, units: list[tuple[str, Unit]], random: Random) -> tuple[AnyMutation, ...]:
    path, unit = random.choice(units)
    way = random.randrange(5)
    if way == 0:
        return (EditSpdu(pdu=pdu, path=path, edit=Edit.NON_MINIMAL),)
    if way < 3:
        by = random.choice((-2, -1, 1, 2, 100, 127, 254))
        if 0 <= len(unit.inner()) + by <= _LONGEST:
            return (EditSpdu(pdu=pdu, path=path, edit=Edit.LENGTH, by=by),)
    return (EditSpdu(pdu=pdu, path=path, edit=Edit.LENGTH, octets=random.choice(INDICATORS)),)


def _content(pdu: str, units: list[tuple[str, Unit]], random: Random) -> tuple[AnyMutation, ...]:
    """Return another content; that of user data is the matter of the layers above."""
    small = [item for item in units if item[1].code not in (USER_DATA, EXTENDED_USER_DATA)]
    path, unit = random.choice(small or units)
    return (EditSpdu(pdu=pdu, path=path, edit=Edit.CONTENT, octets=values.octets(random, unit.inner()[:64])),)


def _code(pdu: str, units: list[tuple[str, Unit]], random: Random) -> tuple[AnyMutation, ...]:
    path, _ = random.choice(units)
    return (
        EditSpdu(
            pdu=pdu,
            path=path,
            edit=Edit.RETAG,
            octets=bytes((random.choice((*_CODES, random.randrange(256))),)),
        ),
    )


def _presence(pdu: str, units: list[tuple[str, Unit]], random: Random) -> tuple[AnyMutation, ...]:
    path, _ = random.choice(units[1:] or units)
    way = random.randrange(5)
    if way == 0:
        return (EditSpdu(pdu=pdu, path=path, edit=Edit.DROP),)
    if way == 1:
        return (EditSpdu(pdu=pdu, path=path, edit=Edit.DOUBLE),)
    if way == 2:
        many = _parameter(random) * random.choice((1, 3, 20))
        return (EditSpdu(pdu=pdu, path=path, edit=Edit.INSERT, octets=many),)
    if way == 3:
        return (EditSpdu(pdu=pdu, path=units[0][0], edit=Edit.APPEND, octets=_parameter(random)),)
    return (EditSpdu(pdu=pdu, path=path, edit=Edit.REPLACE, octets=_parameter(random)),)


def _order(pdu: str, units: list[tuple[str, Unit]], random: Random) -> tuple[AnyMutation, ...]:
    paths = [path for path, _ in units[1:]]
    if len(paths) < 2:
        return ()
    first, second = random.sample(paths, 2)
    if f"{first}/".startswith(f"{second}/") or f"{second}/".startswith(f"{first}/"):
        return ()
    return (EditSpdu(pdu=pdu, path=first, edit=Edit.SWAP, other=second),)


class TpduParameterMutator:
    """Gives a CR or CC a parameter that it has not, another value for one, or leaves one out."""

    weight = 1.0
    name = "TPDU parameter"

    def suits(self, place: Place) -> bool:
        """Return whether the place holds a TPDU with parameters."""
        return place.kind == "value" and place.pdu.startswith("COTP.") and hasattr(place.sample, "parameters")

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return the change of one parameter; those of a TPDU hold at most 254 octets together."""
        own = [parameter.code for parameter in place.sample.parameters]
        code = random.choice((*own, *TPDU_CODES))
        if code in own and random.random() < 0.2:
            return (SetParameter(pdu=place.pdu, code=code),)
        octets = random.choice(
            (
                b"",
                b"\0",
                b"\x06",
                b"\x07",
                b"\x0e",
                b"\xff",
                b"\0\0",
                b"\xff" * 4,
                values.octets(random, b"\0\1"),
            )
        )
        return (SetParameter(pdu=place.pdu, code=code, octets=octets[:_TPDU_VALUES]),)


def spdu_mutators() -> tuple[SpduMutator | TpduParameterMutator, ...]:
    """Return the mutators of SPDUs and of the parameters of TPDUs."""
    return (
        SpduMutator("SPDU length", _length),
        SpduMutator("SPDU content", _content),
        SpduMutator("SPDU code", _code),
        SpduMutator("SPDU parameters", _presence),
        SpduMutator("SPDU order", _order),
        TpduParameterMutator(),
    )
