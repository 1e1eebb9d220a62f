"""Sweeps the headers of TPKT, TPDUs and SPDUs, and the octets of every PDU as a whole."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from conform62351.profiles.osi.spdu import EXTENDED_USER_DATA, USER_DATA
from conform62351.profiles.osi.spdu_edit import Unit
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Append,
    Cut,
    Edit,
    EditSpdu,
    FlipBit,
    Overwrite,
    Repeat,
    Replace,
    SetParameter,
)
from conform62351.tooling.fuzz.field_model import fields_of
from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.fuzz.mutators.mutator import octets_of
from conform62351.tooling.fuzz.mutators.spdu import INDICATORS, TPDU_CODES, units_of
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.sweeping import borders
from conform62351.tooling.fuzz.sweeping.probe import Probe, from_place, probes

_TPDU: Final = "COTP."
_SPDU: Final = "SES."
_LONGEST_PARAMETER: Final = 200
_SELECTORS: Final = (16, 17, 65, 300, 4097)
_EDGES: Final = (0, -12, -1, -16, 1, -32, 2, 3)
"""Places that mean something in most PDUs: what they begin with, and where a tag, ICV or MAC begins."""
_RUNS: Final = (b"\0", b"\xff", b"\x80", b"\x7f")
_GARBAGE: Final = (b"", b"\0", b"\xff", b"\x30\x80", b"A" * 300, b"\x30\x84\xff\xff\xff\xff", b"\x02\1\0")
WHOLE: Final = "all of it"


def header_probes(place: Place) -> Iterator[Probe]:
    """Yield the fields of a header at their borders; lengths do not follow."""
    octets = octets_of(place)
    if place.kind != "octets" or not octets:
        return
    for field in fields_of(place.pdu, octets):
        values_of = (field.with_value(octets, value) for value in _first_ends(field.borders()))
        changes = (Overwrite(pdu=place.pdu, at=field.at, octets=made) for made in values_of)
        yield from probes("header field", place, f"{field.name} at {field.at}.{field.shift}", changes)


def _first_ends(found: tuple[int, ...]) -> tuple[int, ...]:
    """Return the least and the greatest value first."""
    return tuple(dict.fromkeys((min(found), max(found), *found))) if found else ()


def parameter_probes(place: Place) -> Iterator[Probe]:
    """Yield the parameters of a TPDU with other values, left out, and those that it has not."""
    if place.kind != "value" or not place.pdu.startswith(_TPDU) or not hasattr(place.sample, "parameters"):
        return
    own = {parameter.code: parameter.value for parameter in place.sample.parameters}
    for code in dict.fromkeys((*own, *TPDU_CODES)):
        made = (one[:_LONGEST_PARAMETER] for one in borders.octets(own.get(code, b"\0\1")))
        changes: Iterator[AnyMutation] = (
            SetParameter(pdu=place.pdu, code=code, octets=octets) for octets in made
        )
        if code in own:
            changes = itertools.chain(
                itertools.islice(changes, 1), (SetParameter(pdu=place.pdu, code=code),), changes
            )
        yield from probes("TPDU parameter", place, f"{code:02X}", changes)


def spdu_probes(place: Place) -> Iterator[Probe]:
    """Yield the changes of the parameters of an SPDU, and of the SPDU itself."""
    octets = octets_of(place)
    if octets is None or not place.pdu.startswith(_SPDU):
        return
    for number, (path, unit) in enumerate(units_of(octets)):
        yield from probes("SPDU", place, path, _unit(place.pdu, path, unit, number))


def _unit(pdu: str, path: str, unit: Unit, number: int) -> Iterator[AnyMutation]:
    """Yield what is done to one parameter."""

    def edit(kind: Edit, octets: bytes = b"", by: int = 0) -> EditSpdu:
        return EditSpdu(pdu=pdu, path=path, edit=kind, octets=octets, by=by)

    inner = unit.inner()
    carries = unit.code in (USER_DATA, EXTENDED_USER_DATA)
    lies = (edit(Edit.LENGTH, octets) for octets in from_place(INDICATORS, number))
    codes = iter((b"\xff", b"\0", b"\x7f", bytes((((unit.code or 0) + 1) & 0xFF,)), b"\x40", b"\x80"))
    yield edit(Edit.CONTENT)
    yield edit(Edit.LENGTH, by=1)
    if "/" in path:
        yield edit(Edit.DROP)
    if not carries and unit.children is None:
        yield from (edit(Edit.CONTENT, b"A" * size) for size in _SELECTORS[:3])
    yield edit(Edit.LENGTH, by=100)
    yield from (edit(Edit.RETAG, code) for code in itertools.islice(codes, 2))
    yield from itertools.islice(lies, 2)
    if "/" in path:
        yield edit(Edit.DOUBLE)
    if inner:
        yield edit(Edit.LENGTH, by=-1)
    if not carries and unit.children is None:
        yield from (edit(Edit.CONTENT, made) for made in borders.octets(inner)[:20])
    yield from (edit(Edit.RETAG, code) for code in codes)
    yield edit(Edit.NON_MINIMAL)
    yield from (edit(Edit.INSERT, b"\xc8\2AA" * count) for count in (1, 20, 200))
    yield from lies


def octet_probes(place: Place) -> Iterator[Probe]:
    """Yield a PDU cut, doubled, with something behind it, something else, and altered where much depends."""
    octets = octets_of(place)
    if octets is None:
        return
    pdu = place.pdu
    yield from probes(WHOLE, place, WHOLE, _wholes(pdu, octets), first=1)
    fitting = [at for at in _EDGES if -len(octets) <= at < len(octets)]
    for number, at in enumerate(fitting):
        runs = (Overwrite(pdu=pdu, at=at, octets=run) for run in _RUNS)
        flips = (FlipBit(pdu=pdu, at=at, bit=bit) for bit in from_place(range(8), number))
        yield from probes("octet", place, f"at {at}", (*itertools.islice(runs, 2), *flips, *runs), first=1)


def _wholes(pdu: str, octets: bytes) -> Iterator[AnyMutation]:
    size = len(octets)
    yield Cut(pdu=pdu, keep=size // 2)
    yield Repeat(pdu=pdu, times=2)
    yield Cut(pdu=pdu, keep=-1)
    yield Append(pdu=pdu, octets=b"\0")
    yield from (Replace(pdu=pdu, octets=made) for made in _GARBAGE)
    yield from (Cut(pdu=pdu, keep=keep) for keep in (0, 1, 2, 3, 4, 5))
    yield Append(pdu=pdu, octets=octets[:4096] or b"\0")
    yield from (Append(pdu=pdu, octets=b"A" * count) for count in (1, 300, 16_384, 60_000))
    yield Replace(pdu=pdu, octets=values.nest(60))
    yield Replace(pdu=pdu, octets=values.nest(60, 0x24, indefinite=True))
    yield from (Repeat(pdu=pdu, times=times) for times in (16, 100) if size * times < _MOST)


_MOST: Final = 60_000
