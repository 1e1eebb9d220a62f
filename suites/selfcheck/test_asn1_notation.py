"""Types out of notation: written as asn1tools writes them, read octet by octet."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import asn1tools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.asn1.notation import Bits, Notation, NotationError, Record, ValueReadError
from conform62351.profiles.errors import EncodingError

TEXT = resources.files("conform62351.profiles.asn1").joinpath("e2e.asn").read_text("utf-8")
E2E = Notation(TEXT)
ORACLE = asn1tools.compile_string(TEXT, "ber")
"""An independent codec of the same notation; an absent open type is the one thing it does not read."""

TIME = b"20261122173412.123Z"
ECDSA = {"algorithm": "1.2.840.10045.4.3.2"}
HMAC = {"algorithm": "1.2.840.113549.2.9", "parameters": b"\x05\x00"}
GCM = {"algorithm": "2.16.840.1.101.3.4.1.6"}
V1 = Bits(frozenset({0}))
TOKEN1: Mapping[str, Any] = {
    "sigAlg": ECDSA,
    "pkCert": b"certificate",
    "certPath": [b"first", b"last"],
    "version": V1,
    "assoID": "7",
    "dhKey": [{"dhGroup": 23, "dhPublicKey": b"\x04" * 65}, {"dhGroup": 14, "dhPublicKey": b"\x01" * 256}],
    "hmac": HMAC,
    "time": TIME,
    "encr-mode": ("non-aea", {"encr": [GCM], "icvAlgID": [HMAC, GCM]}),
    "confParams": Bits(frozenset({0, 2})),
    "attCert": b"roles",
}
TOKEN2: Mapping[str, Any] = {
    "assoID": "7:41",
    "time": TIME,
    "seq": 2147483647,
    "iv": bytes(12),
    "rekey": {"dhGroup": 28, "dhPublicKey": b"\x04" * 65},
    "changedKey": True,
}


def plain(value: Any) -> Any:
    """Return a value that was read as the values that are written."""
    match value:
        case Record():
            return {name: plain(item) for name, item in value.values.items()}
        case (str() as name, inner):
            return name, plain(inner)
        case tuple():
            return [plain(item) for item in value]
        case _:
            return value


def for_oracle(value: Any, name: str = "") -> Any:
    """Return a value as asn1tools wants it: bits with their number, times as moments."""
    match value:
        case Bits(positions=positions):
            last = max(positions)
            octets = bytearray(last // 8 + 1)
            for position in positions:
                octets[position // 8] |= 0x80 >> position % 8
            return bytes(octets), last + 1
        case dict():
            return {key: for_oracle(item, key) for key, item in value.items()}
        case (str() as alternative, inner):
            return alternative, for_oracle(inner)
        case list():
            return [for_oracle(item) for item in value]
        case _:
            return value


@pytest.mark.parametrize(("name", "value"), [("ClearToken1", TOKEN1), ("ClearToken2", TOKEN2)])
def test_tokens_come_back_as_they_were_written(name: str, value: Mapping[str, Any]) -> None:
    octets = E2E.encode(name, value)
    found = E2E.decode(name, octets)
    defaults = {"reqRekey": False} if name == "ClearToken2" else {}
    assert plain(found) == {**value, **defaults}
    assert found.octets == octets
    assert octets.endswith(found.content)
    assert set(found.whole) == set(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AlgorithmIdentifier", HMAC),
        ("DhKey", {"dhGroup": -129, "dhPublicKey": bytes(300)}),
        ("ConfidentialityParms", Bits(frozenset({1}))),
        ("CertPath", [b"", b"a"]),
        ("EncrMode", ("aea", [{**GCM, "parameters": b"\x30\x00"}])),
        ("EncrMode", ("non-aea", {"icvAlgID": [HMAC]})),
        ("Authenticator", {"nonce": b"n", "algorithm": HMAC, "icv": bytes(32)}),
        ("NMTOKEN", "IEC 61850-8-1"),
    ],
)
def test_asn1tools_writes_the_same_octets(name: str, value: Any) -> None:
    octets = E2E.encode(name, value)
    assert octets == ORACLE.encode(name, for_oracle(value))
    assert plain(E2E.decode(name, octets)) == value


@given(st.integers(min_value=-(2**70), max_value=2**70))
@settings(max_examples=80, deadline=None)
def test_integers_are_written_in_the_fewest_octets(number: int) -> None:
    octets = E2E.encode("DhKey", {"dhGroup": number, "dhPublicKey": b""})
    assert octets == ORACLE.encode("DhKey", {"dhGroup": number, "dhPublicKey": b""})
    assert E2E.decode("DhKey", octets)["dhGroup"] == number


@given(st.sets(st.integers(min_value=0, max_value=31)), st.integers(min_value=0, max_value=2))
@settings(max_examples=60, deadline=None)
def test_bits_are_cut_when_written_and_read_with_or_without_zeros(positions: set[int], more: int) -> None:
    bits = Bits(frozenset(positions))
    octets = E2E.encode("ConfidentialityParms", bits)
    assert E2E.decode("ConfidentialityParms", octets) == bits
    content = octets[3:]
    longer = content + bytes(min(more, 4 - len(content)))
    padded = bytes((3, len(longer) + 1, 0)) + longer
    assert E2E.decode("ConfidentialityParms", padded) == bits


def test_indefinite_lengths_and_constructed_strings_are_read() -> None:
    definite = E2E.decode("DhKey", bytes.fromhex("3007020117 0402abcd"))
    octets = bytes.fromhex("3080 020117 2480 0401ab 0401cd 0000 0000")
    found = E2E.decode("DhKey", octets)
    assert plain(found) == plain(definite)
    assert found.content == octets[2:]
    assert found.whole["dhPublicKey"] == bytes.fromhex("2480 0401ab 0401cd 0000")


def test_what_follows_the_components_is_left_alone() -> None:
    octets = bytes.fromhex("300a 020117 0401ab 8002ffff")
    found = E2E.decode("DhKey", octets)
    assert plain(found) == {"dhGroup": 23, "dhPublicKey": b"\xab"}
    assert found.extension == (bytes.fromhex("8002ffff"),)
    assert found.content == octets[2:]


def test_defaults_and_absence() -> None:
    token = E2E.decode("ClearToken2", E2E.encode("ClearToken2", {"assoID": "1:2", "time": TIME, "seq": 0}))
    assert (token["reqRekey"], token["changedKey"]) == (False, False)
    assert token.get("iv") is None
    assert "iv" not in token.values
    without = {name: item for name, item in TOKEN1.items() if name != "version"}
    assert E2E.decode("ClearToken1", E2E.encode("ClearToken1", without))["version"] == V1


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("", "ends"),
        ("3003020117", "dhPublicKey is missing in DhKey"),
        ("30060401ab020117", "dhGroup is missing in DhKey"),
        ("30050200 0401ab", "dhGroup is no INTEGER"),
        ("3006020117 0401ab 00", "octets behind DhKey"),
        ("3106020117 0401ab", "does not begin with 31"),
    ],
)
def test_octets_that_are_no_value_say_why(octets: str, message: str) -> None:
    with pytest.raises(ValueReadError, match=message):
        E2E.decode("DhKey", bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("name", "octets", "message"),
    [
        ("EncrMode", "3000", "aea is empty"),
        ("EncrMode", "a1020500", "does not begin with A1"),
        ("EncrMode", "a004a102 0500", "icvAlgID holds a 05"),
        ("Version", "0300", "no BIT STRING"),
        ("Version", "030108", "no BIT STRING"),
        ("Version", "0306000000000001", "no BIT STRING"),
        ("NMTOKEN", "0c01ff", "no UTF8String"),
        ("AlgorithmIdentifier", "30020600", "algorithm is no OBJECT IDENTIFIER"),
        ("AlgorithmIdentifier", "3003060180", "algorithm is no OBJECT IDENTIFIER"),
    ],
)
def test_bad_members_are_named(name: str, octets: str, message: str) -> None:
    with pytest.raises(ValueReadError, match=message):
        E2E.decode(name, bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DhKey", {"dhGroup": 23}),
        ("DhKey", {"dhGroup": "23", "dhPublicKey": b""}),
        ("EncrMode", ("other", [])),
        ("EncrMode", None),
        ("Version", Bits(frozenset({32}))),
        ("AlgorithmIdentifier", {"algorithm": "1"}),
        ("AlgorithmIdentifier", {"algorithm": "1.40.1"}),
        ("ApplData", "text"),
    ],
)
def test_what_no_type_holds_is_not_written(name: str, value: Any) -> None:
    with pytest.raises(EncodingError):
        E2E.encode(name, value)


@given(st.sampled_from(E2E.names), st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_octets_are_a_value_or_a_typed_error(name: str, octets: bytes) -> None:
    try:
        E2E.decode(name, octets)
    except ValueReadError:
        return


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_tokens_are_a_value_or_a_typed_error(data: st.DataObject) -> None:
    octets = bytearray(E2E.encode("ClearToken1", TOKEN1))
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        at = data.draw(st.integers(min_value=0, max_value=len(octets) - 1))
        octets[at] = data.draw(st.integers(min_value=0, max_value=255))
    try:
        E2E.decode("ClearToken1", bytes(octets))
    except ValueReadError:
        return


def module_of(body: str) -> str:
    return f"M DEFINITIONS IMPLICIT TAGS ::= BEGIN {body} END"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "syntax"),
        (module_of("A ::= SEQUENCE { b B }"), "type B is not known"),
        (module_of("A ::= SEQUENCE { a A OPTIONAL }"), "A holds itself"),
        (module_of("A ::= SEQUENCE { a [0] A OPTIONAL }"), "A holds itself"),
        (module_of("A ::= SEQUENCE { COMPONENTS OF B } B ::= SEQUENCE { c INTEGER }"), "COMPONENTS OF"),
        (module_of("A ::= SEQUENCE { b B, c C }"), "type B is not known.*type C is not known"),
        (module_of("IMPORTS B FROM Other; A ::= SEQUENCE { b B }"), "B, which is said to come from Other"),
        (module_of("A ::= SEQUENCE { a [31] INTEGER }"), "tag 31"),
        (module_of("A ::= REAL"), "REAL is not known"),
        (
            module_of("A ::= INTEGER") + "\n" + module_of("A ::= BOOLEAN").replace("M ", "N "),
            "in another way",
        ),
        (module_of("").replace("IMPLICIT", "AUTOMATIC"), "AUTOMATIC TAGS are not read"),
    ],
)
def test_modules_that_cannot_be_used_say_why(text: str, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        Notation(text)


def test_numbers_of_a_type() -> None:
    assert E2E.numbers("HandshakeDiagnostics")["invalid-time-value"] == 10
    assert E2E.numbers("ConfidentialityParms") == {"tlsProtected": 0, "applProtected": 1, "vpn": 2}
    assert len(E2E.numbers("OsiDiagnostics")) == 16
    with pytest.raises(NotationError, match="no type X"):
        E2E.type("X")


def test_another_module_changes_the_tags() -> None:
    other = Notation(TEXT.replace("iv [0] OCTET", "iv [9] OCTET"))
    octets = other.encode("ClearToken2", {"assoID": "1:2", "time": TIME, "seq": 0, "iv": b"x"})
    assert b"\x89\x01x" in octets
    assert other.decode("ClearToken2", octets)["iv"] == b"x"
    assert E2E.decode("ClearToken2", octets).extension == (b"\x89\x01x",)


VARIANTS = resources.files("conform62351.profiles.asn1").joinpath("e2e_variants.asn").read_text("utf-8")
LIBERAL = Notation(TEXT, VARIANTS)
KEY = {"dhGroup": 14, "dhPublicKey": b"y"}


@pytest.mark.parametrize(
    ("replaced", "variant"),
    [
        (b"\x30", "ClearToken1-dhKey-sequence"),
        (b"", "ClearToken1-dhKey-single"),
    ],
)
def test_variants_are_read_and_named(replaced: bytes, variant: str) -> None:
    single = E2E.encode("DhKey", KEY)
    token = {**TOKEN1, "dhKey": [KEY], "certPath": None}
    octets = E2E.encode("ClearToken1", token)
    wanted = b"\x31" + bytes((len(single),)) + single
    head, _, tail = octets.partition(wanted)
    content = (head + (replaced + wanted[1:] if replaced else single) + tail)[3:]
    changed = b"\x30\x81" + bytes((len(content),)) + content
    met: list[str] = []
    found = LIBERAL.decode("ClearToken1", changed, met=met)
    assert met == [variant]
    keys = found["dhKey"]
    assert plain(keys) == (KEY if isinstance(keys, Record) else [KEY])
    with pytest.raises(ValueReadError, match="dhKey is missing"):
        E2E.decode("ClearToken1", changed)


def test_usual_forms_are_no_variants() -> None:
    met: list[str] = []
    LIBERAL.decode("ClearToken1", LIBERAL.encode("ClearToken1", TOKEN1), met=met)
    assert met == []
    assert LIBERAL.names == E2E.names


def test_variants_of_nothing_are_refused() -> None:
    with pytest.raises(NotationError, match="ClearToken9-x-y is a variant of no component"):
        Notation(TEXT, "V DEFINITIONS IMPLICIT TAGS ::= BEGIN ClearToken9-x-y ::= INTEGER END")
