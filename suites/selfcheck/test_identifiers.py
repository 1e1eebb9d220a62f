"""The table of object identifiers: complete, well-formed, and overridable where it is inferred."""

from __future__ import annotations

import pytest

from conform62351.profiles.identifiers import IDENTIFIERS, IdentifierError
from conform62351.profiles.osi.ber_writer import encode_object_identifier

OCTETS = {
    "acse-abstract-syntax": "52010001",
    "mms-abstract-syntax": "28ca220201",
    "ber-transfer-syntax": "5101",
    "basic-AC": "28ca220203",
    "mmsAuthenticationAS": "2886480001010401",
    "mms-authentication-mechanism": "2886480001000101",
}


@pytest.mark.parametrize("name", IDENTIFIERS.names())
def test_every_entry_is_an_object_identifier_of_its_own_with_a_source(name: str) -> None:
    entry = IDENTIFIERS[name]
    assert encode_object_identifier(6, entry.oid)[0] == 6
    assert IDENTIFIERS.name_of(entry.oid) == name
    assert entry.provenance in tuple("SNERFI")
    assert entry.source


@pytest.mark.parametrize("name", OCTETS)
def test_octets_that_were_seen_on_the_wire(name: str) -> None:
    assert encode_object_identifier(6, IDENTIFIERS.oid(name))[2:].hex() == OCTETS[name]


def test_an_inferred_identifier_can_be_overridden_and_the_table_stays_as_it_was() -> None:
    other = IDENTIFIERS.overridden({"e2eMmsAC": "1.0.62351.4.7.1"})
    assert other.oid("e2eMmsAC") == "1.0.62351.4.7.1"
    assert IDENTIFIERS.oid("e2eMmsAC") == "1.0.62351.4.2.1"


@pytest.mark.parametrize(
    ("name", "oid", "message"),
    [
        ("basic-AC", "1.2.3", "cannot be overridden"),
        ("unheard-of", "1.2.3", "no object identifier is called unheard-of"),
        ("e2eMmsAC", "1.40.3", "no dotted object identifier"),
        ("e2eMmsAC", "1.2.x", "no dotted object identifier"),
        ("e2eMmsAC", "", "no dotted object identifier"),
    ],
)
def test_other_overrides_are_refused(name: str, oid: str, message: str) -> None:
    with pytest.raises(IdentifierError, match=message):
        IDENTIFIERS.overridden({name: oid})
