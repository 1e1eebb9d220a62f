"""The mutator of headers: each field of TPKT, TPDUs and SPDUs at its borders, all else as it was."""

from __future__ import annotations

from random import Random

from conform62351.tooling.engine.mutations import AnyMutation, Overwrite
from conform62351.tooling.fuzz.field_model import Field, fields_of
from conform62351.tooling.fuzz.mutators.mutator import Remembered, octets_of
from conform62351.tooling.fuzz.places import Place


def _fields(place: Place) -> tuple[Field, ...]:
    return fields_of(place.pdu, octets_of(place) or b"")


_known = Remembered(_fields)


class HeaderMutator:
    """Overwrites one field of a header; lengths do not follow."""

    weight = 1.0
    name = "header field"

    def suits(self, place: Place) -> bool:
        """Return whether the place holds a TPKT, a TPDU or an SPDU as octets."""
        return place.kind == "octets" and bool(_known(place))

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return what gives one field another value."""
        field: Field = random.choice(_known(place))
        made = field.with_value(octets_of(place) or b"", field.draw(random))
        return (Overwrite(pdu=place.pdu, at=field.at, octets=made),)
