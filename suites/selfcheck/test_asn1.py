"""The ASN.1 loader: what it encodes and reads, and that it reads nothing outside a value."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles import asn1
from conform62351.profiles.asn1 import Asn1Error, Module, module
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tlv import Limits, walk

MANY = settings(max_examples=100, deadline=None)
SAMPLE = Module(
    "sample",
    """
    Sample DEFINITIONS ::= BEGIN
    Record ::= SEQUENCE {
        number   [0] EXPLICIT INTEGER OPTIONAL,
        plain    INTEGER OPTIONAL,
        object   [1] IMPLICIT OBJECT IDENTIFIER OPTIONAL,
        bits     [2] IMPLICIT BIT STRING OPTIONAL,
        any      [3] EXPLICIT ANY OPTIONAL,
        text     VisibleString OPTIONAL,
        kind     ENUMERATED { one(1) } OPTIONAL,
        choice   [4] CHOICE { nothing [0] IMPLICIT NULL, real [1] IMPLICIT REAL } OPTIONAL,
        inner    [5] IMPLICIT Record OPTIONAL,
        octets   OCTET STRING OPTIONAL,
        list     SEQUENCE OF BOOLEAN OPTIONAL,
        free     SET { a [0] IMPLICIT INTEGER, b [1] IMPLICIT UTF8String OPTIONAL } OPTIONAL
    }
    Object ::= OBJECT IDENTIFIER
    Number ::= INTEGER
    END
    """,
)

_OBJECTS = st.builds(
    lambda first, second, rest: ".".join(map(str, (first, second % 40 if first < 2 else second, *rest))),
    st.integers(0, 2),
    st.integers(0, 2**40),
    st.lists(st.integers(0, 2**128 - 1), max_size=5),
)


def _bits(data: bytes, unused: int) -> tuple[bytes, int]:
    if not data:
        return b"", 0
    return data[:-1] + bytes((data[-1] >> unused << unused,)), 8 * len(data) - unused


_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "number": st.integers(),
    "plain": st.integers(-(2**40), 2**40),
    "object": _OBJECTS,
    "bits": st.builds(_bits, st.binary(max_size=6), st.integers(0, 7)),
    "any": st.sampled_from((b"\x05\x00", b"\x30\x03\x02\x01\x05", b"\x30\x80\x05\x00\x00\x00")),
    "text": st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8),
    "kind": st.just("one"),
    "choice": st.just(("nothing", None)) | st.tuples(st.just("real"), st.floats(-1e6, 1e6, width=32)),
    "octets": st.binary(max_size=200),
    "list": st.lists(st.booleans(), max_size=4),
    "free": st.fixed_dictionaries({"a": st.integers()}, optional={"b": st.text(max_size=4)}),
}
_RECORDS = st.recursive(
    st.fixed_dictionaries({}, optional=_FIELDS),
    lambda inner: st.builds(lambda outer, record: outer | {"inner": record}, inner, inner),
    max_leaves=4,
)


@MANY
@given(_RECORDS)
def test_values_survive(record: dict[str, Any]) -> None:
    octets = SAMPLE.encode("Record", record)
    assert SAMPLE.decode("Record", octets) == record
    assert walk(octets).root.end == len(octets)


@MANY
@given(_RECORDS, st.data())
def test_altered_octets_give_a_value_or_an_error_of_ours(record: dict[str, Any], data: st.DataObject) -> None:
    octets = bytearray(SAMPLE.encode("Record", record))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        value = SAMPLE.decode("Record", bytes(octets))
    except Asn1Error:
        return
    assert isinstance(value, dict)


@MANY
@given(st.binary(max_size=100))
def test_garbage_gives_a_value_or_an_error_of_ours(garbage: bytes) -> None:
    for content in (garbage, b"\x30" + bytes((len(garbage),)) + garbage):
        try:
            value = SAMPLE.decode("Record", content)
        except Asn1Error:
            continue
        assert isinstance(value, dict)


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("30 05 A0 00 02 01 05", 4, "an explicit tag without a value"),
        ("30 08 A0 06 02 01 05 02 01 06", 7, "an explicit tag with more than one value"),
        ("30 05 81 00 02 01 05", 4, "an OBJECT IDENTIFIER that is empty"),
        ("30 06 81 01 81 02 01 05", 4, "an OBJECT IDENTIFIER that is empty or ends within a subidentifier"),
        ("30 17 81 15" + " 81" * 20 + " 01", 4, "an arc of more than 19 octets"),
        ("30 05 82 00 02 01 05", 4, "a BIT STRING of 0 octets"),
        ("30 03 82 01 01", 4, "a BIT STRING of 1 octets with 1 unused bits"),
        ("30 04 82 02 08 00", 4, "a BIT STRING of 2 octets with 8 unused bits"),
        ("30 04 A0 02 02 00", 6, "a number without content"),
        ("30 02 0A 00", 4, "a number without content"),
        ("30 05 A4 03 80 01 05", 6, "a NULL of 1 octets"),
        ("30 03 0A 01 02", 4, "Expected enumeration value 1, but got 2."),
        ("30 04 02 01 05 FF", 5, "ends within identifier"),
        ("30 00 00", 2, "1 octets after the end of the value"),
        ("31 00", 0, "Expected SEQUENCE"),
        ("30 05 31 03 81 01 62", 7, "Record.free.a: Integer(a) is missing"),
        ("30 08 31 06 80 01 05 81 01 FF", 0, "UnicodeDecodeError"),
        ("30 08 A4 06 81 04 81 7F FF FF", 0, "OverflowError"),
        ("30 05 A4 03 81 01 80", 0, "IndexError"),
        ("30 04 A4 02 82 00", 4, "Expected CHOICE"),
        ("30 80 04 01 05", 5, "ends within identifier"),
    ],
)
def test_what_is_no_value(text: str, offset: int, message: str) -> None:
    with pytest.raises(Asn1Error) as caught:
        SAMPLE.decode("Record", bytes.fromhex(text))
    assert isinstance(caught.value, ProtocolError)
    assert message in caught.value.message
    assert (caught.value.layer, caught.value.offset) == ("ASN.1", offset)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30 80 02 01 05 00 00", {"plain": 5}),
        ("30 81 03 02 01 05", {"plain": 5}),
        ("30 09 A3 07 30 80 02 01 05 00 00", {"any": bytes.fromhex("30 80 02 01 05 00 00")}),
        ("30 09 24 07 04 01 61 04 02 62 63", {"octets": b"abc"}),
        ("30 09 3A 07 04 01 61 04 02 62 63", {"text": "abc"}),
        ("30 0A A2 08 03 02 00 F0 03 02 04 F0", {"bits": (b"\xf0\xf0", 12)}),
        ("30 08 31 06 81 01 62 80 01 05", {"free": {"a": 5, "b": "b"}}),
        ("30 05 30 03 01 01 05", {"list": [True]}),
        ("30 04 81 02 88 37", {"object": "2.999"}),
        ("30 03 81 01 00", {"object": "0.0"}),
    ],
)
def test_forms_that_ber_permits(text: str, value: dict[str, Any]) -> None:
    assert SAMPLE.decode("Record", bytes.fromhex(text)) == value


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("Record", {"plain": "five"}),
        ("Record", {"choice": ("other", 1)}),
        ("Record", {"choice": 5}),
        ("Record", {"free": {}}),
        ("Record", {"text": "\u20ac"}),
        ("Record", {"bits": (b"", 9)}),
        ("Record", [1]),
        ("Record", None),
        ("Missing", 1),
        ("Object", ""),
        ("Object", "1"),
        ("Object", "1.40"),
        ("Object", "3.1"),
        ("Object", "1.-1"),
        ("Object", "1.two"),
    ],
)
def test_what_does_not_encode(type_name: str, value: Any) -> None:
    with pytest.raises(Asn1Error):
        SAMPLE.encode(type_name, value)


def test_an_unknown_type_does_not_decode() -> None:
    with pytest.raises(Asn1Error):
        SAMPLE.decode("Missing", b"\x05\x00")


def test_depth_of_octets_and_of_values_is_limited() -> None:
    octets = b"\xa5\x80" * 70 + b"\0\0" * 70
    with pytest.raises(Asn1Error, match="deeper than 64"):
        SAMPLE.decode("Record", octets)
    with pytest.raises(Asn1Error, match="RecursionError"):
        SAMPLE.decode("Record", b"\x30\x80" + b"\xa5\x80" * 5000 + b"\0\0" * 5001, limits=Limits(depth=6000))
    value: dict[str, Any] = {}
    for _ in range(5000):
        value = {"inner": value}
    with pytest.raises(Asn1Error, match="RecursionError"):
        SAMPLE.encode("Record", value)


def test_length_is_limited() -> None:
    octets = SAMPLE.encode("Number", 2**80)
    assert SAMPLE.decode("Number", octets, limits=Limits(length=len(octets))) == 2**80
    with pytest.raises(Asn1Error, match="longer than"):
        SAMPLE.decode("Number", octets, limits=Limits(length=len(octets) - 1))


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "T DEFINITIONS ::= BEGIN A ::= Missing END", "T DEFINITIONS ::= BEGIN A ::= SEQUENCE {"],
)
def test_a_broken_module_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(Asn1Error, match="module broken"):
        Module("broken", text)


def test_modules_are_compiled_once_and_a_missing_one_is_named() -> None:
    files = [item.name for item in resources.files(asn1).iterdir() if item.name.endswith(".asn")]
    # What varies the types of another module is none by itself.
    names = [name.removesuffix(".asn") for name in files if not name.endswith("_variants.asn")]
    assert names
    for name in names:
        assert module(name) is module(name)
    with pytest.raises(Asn1Error, match="module missing"):
        module("missing")
