"""Distinguished names in words, and the titles that Annex G has in them."""

from __future__ import annotations

import contextlib

import pytest
from asn1crypto import core, x509
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.naming import title_name
from conform62351.profiles.pki.names import (
    OBJECT_IDENTIFIER_ATTRIBUTE,
    TitleReading,
    entity_title,
    read_name,
    title_of,
)
from conform62351.profiles.pki.reading import DerError, dotted_identifier
from conform62351.suites.selfcheck.pki_samples import mutated


def name_of(*rdns: dict[str, core.Asn1Value]) -> bytes:
    octets: bytes = x509.RDNSequence(
        [
            x509.RelativeDistinguishedName(
                [x509.NameTypeAndValue({"type": oid, "value": value}) for oid, value in rdn.items()]
            )
            for rdn in rdns
        ]
    ).dump()
    return octets


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (core.UTF8String("Grüezi"), "CN=Grüezi"),
        (core.PrintableString("plain"), "CN=plain"),
        (core.BMPString("zwei"), "CN=zwei"),
        (core.UniversalString("vier"), "CN=vier"),
        (core.TeletexString("alt"), "CN=alt"),
        (core.UTF8String('a,b+c"d\\e<f>g;h'), 'CN=a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h'),
        (core.UTF8String(" #both "), "CN=\\ #both\\ "),
        (core.UTF8String("#"), "CN=\\#"),
        (core.UTF8String("\x1b[31m\n"), "CN=\\1B[31m\\0A"),
        (core.UTF8String("\u202e"), "CN=\\E2\\80\\AE"),
        (core.UTF8String(""), "CN="),
        (core.UTF8String("x" * 300), "CN=" + "x" * 256),
    ],
)
def test_a_name_is_written_as_rfc_4514_has_it(value: core.Asn1Value, text: str) -> None:
    assert str(read_name(name_of({"2.5.4.3": value}))) == text


def test_the_last_rdn_stands_first_and_unknown_types_are_dotted() -> None:
    octets = name_of(
        {"2.5.4.6": core.PrintableString("CH"), "1.2.3.4": core.UTF8String("x")},
        {"2.5.4.3": core.UTF8String("last")},
    )
    assert str(read_name(octets)) == "CN=last,1.2.3.4=x+C=CH"
    assert str(read_name(name_of())) == ""


def test_values_that_are_no_text_are_shown_too() -> None:
    octets = name_of({"1.2.3.4": core.Integer(5)}, {"1.2.3.5": core.ObjectIdentifier("1.2.3")})
    assert str(read_name(octets)) == "1.2.3.5=1.2.3,1.2.3.4=#020105"


def test_text_that_its_type_cannot_hold_is_shown_in_hexadecimal() -> None:
    octets = name_of({"2.5.4.3": core.UTF8String("ab")}).replace(b"ab", b"\xff\xfe")
    assert str(read_name(octets)) == "CN=#0c02fffe"


@pytest.mark.parametrize("form", ["OBJECT IDENTIFIER", "UTF8String", "PrintableString"])
def test_a_title_is_read_from_each_of_its_forms(form: str) -> None:
    makers = {
        "OBJECT IDENTIFIER": core.ObjectIdentifier,
        "UTF8String": core.UTF8String,
        "PrintableString": core.PrintableString,
    }
    name = read_name(name_of({OBJECT_IDENTIFIER_ATTRIBUTE: makers[form]("1.1.1.999.12")}))
    assert title_of(name) == TitleReading("1.1.1.999.12", form)
    assert entity_title("1.1.1.999", 12) == "1.1.1.999.12"


@pytest.mark.parametrize(
    ("text", "dotted"),
    [
        ("1.1.1.999.12", True),
        ("2.999", True),
        *((text, False) for text in ("", "1", "1.01", "3.1", "a.b", "1.2.", " 1.2", "1.2\n")),
    ],
)
def test_a_title_is_dotted_or_not(text: str, dotted: bool) -> None:
    name = read_name(name_of({OBJECT_IDENTIFIER_ATTRIBUTE: core.UTF8String(text)}))
    title = title_of(name)
    assert title is not None
    assert title.dotted is dotted


def test_a_name_without_a_title_has_none() -> None:
    assert title_of(read_name(name_of({"2.5.4.3": core.UTF8String("1.2.3")}))) is None
    assert title_of(read_name(name_of({OBJECT_IDENTIFIER_ATTRIBUTE: core.Integer(1)}))) is None


@pytest.mark.parametrize(
    "dotted", ["0.0", "1.39.1", "2.0", "2.999.1", "1.2.840.113549.1.1.11", "2.25." + "9" * 38]
)
def test_object_identifiers_are_read_as_another_reader_reads_them(dotted: str) -> None:
    assert dotted_identifier(core.ObjectIdentifier(dotted).contents) == dotted


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x2a\x80", bytes([0x81]) * 129])
def test_what_is_no_object_identifier_is_none(content: bytes) -> None:
    assert dotted_identifier(content) is None


@settings(max_examples=100, deadline=None)
@given(
    mutated(title_name("1.1.1.999.12"))
    | mutated(name_of({"2.5.4.3": core.UTF8String("ab")}))
    | st.binary(max_size=60)
)
def test_any_octets_are_a_name_or_a_typed_error(octets: bytes) -> None:
    with contextlib.suppress(DerError):
        name = read_name(octets)
        assert str(name).isprintable()
        title_of(name)


def test_a_name_of_many_attributes_is_read_and_one_beyond_measure_is_not() -> None:
    rdn = {"2.5.4.3": core.UTF8String("x")}
    assert len(read_name(name_of(*[rdn] * 400)).rdns) == 400
    with pytest.raises(DerError, match="more than 2000 TLVs"):
        read_name(name_of(*[rdn] * 600))
