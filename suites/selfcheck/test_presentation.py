"""PPDUs to octets and back: exact octets, an independent reader, deviations, and garbage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.asn1 import module
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.osi import presentation
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.osi.encodings import ARBITRARY, OCTET_ALIGNED, SINGLE_ASN1_TYPE
from conform62351.profiles.osi.ppdu import (
    ARP,
    ARU,
    CP,
    CPA,
    CPR,
    TD,
    UD,
    ContextDefinition,
    ContextIdentifier,
    ContextResult,
    Pdv,
    Ppdu,
    SimplyEncoded,
)
from conform62351.profiles.osi.presentation import PresentationError

MODEST = settings(max_examples=100, deadline=None)

number = st.integers(-(2**31), 2**31)
oid = st.builds(
    lambda root, arcs: ".".join(map(str, (*root, *arcs))),
    st.sampled_from(((0, 0), (1, 39), (2, 1), (2, 999))),
    st.lists(st.integers(0, 2**40), max_size=4),
)
bits = st.builds(lambda octets: b"\0" + octets, st.binary(max_size=3))
version = st.none() | st.just(b"\x07\x80") | bits
selector = st.none() | st.binary(max_size=8)
value = st.sampled_from((b"\xa8\x00", b"\x30\x03\x02\x01\x05", b"\x04\x81\x80" + bytes(128)))
pdv = st.one_of(
    st.builds(Pdv, number, value, st.just(SINGLE_ASN1_TYPE), st.none() | oid),
    st.builds(Pdv, number, st.binary(max_size=9), st.just(OCTET_ALIGNED), st.none() | oid),
    st.builds(Pdv, number, bits, st.just(ARBITRARY), st.none() | oid),
)
pdvs = st.lists(pdv, min_size=1, max_size=3).map(tuple)
user_data = pdvs | st.builds(SimplyEncoded, st.binary(max_size=9))
definitions = st.none() | st.lists(
    st.builds(ContextDefinition, number, oid, st.lists(oid, max_size=2).map(tuple)), max_size=3
).map(tuple)
results = st.none() | st.lists(
    st.builds(ContextResult, number, st.none() | oid, st.none() | number), max_size=3
).map(tuple)
identifiers = st.none() | st.lists(st.builds(ContextIdentifier, number, oid), max_size=3).map(tuple)

TYPES = {
    CP: ("PRES.CP", "CP-type"),
    CPA: ("PRES.CPA", "CPA-PPDU"),
    CPR: ("PRES.CPR", "CPR-PPDU"),
    ARU: ("PRES.ARU", "ARU-PPDU"),
    ARP: ("PRES.ARP", "ARP-PPDU"),
    TD: ("PRES.TD", "User-data"),
    UD: ("PRES.UD", "User-data"),
}
ppdus = st.one_of(
    st.builds(
        CP,
        mode=number,
        protocol_version=version,
        calling_selector=selector,
        called_selector=selector,
        contexts=definitions,
        requirements=st.none() | bits,
        session_requirements=st.none() | bits,
        user_data=st.none() | user_data,
    ),
    st.builds(
        CPA,
        mode=number,
        responding_selector=selector,
        results=results,
        requirements=st.none() | bits,
        user_data=st.none() | user_data,
    ),
    st.builds(
        CPR,
        protocol_version=version,
        responding_selector=selector,
        results=results,
        default_result=st.none() | number,
        provider_reason=st.none() | number,
        user_data=st.none() | user_data,
    ),
    st.builds(ARU, contexts=identifiers, user_data=st.none() | user_data),
    st.builds(ARP, provider_reason=st.none() | number, event_identifier=st.none() | number),
    st.builds(TD, user_data),
    st.builds(UD, user_data),
)


@given(ppdus)
@MODEST
def test_what_is_written_is_read_without_deviations_and_fits_the_notation(ppdu: Ppdu) -> None:
    name, type_name = TYPES[type(ppdu)]
    octets = presentation.encode(ppdu)
    assert presentation.decode(name, octets) == (ppdu, ())
    notation = module("presentation")
    assert notation.encode(type_name, notation.decode(type_name, octets)) == octets


@pytest.mark.parametrize(
    ("ppdu", "octets"),
    [
        (
            CP(
                calling_selector=b"\0\0\0\1",
                called_selector=b"\0\0\0\2",
                contexts=(ContextDefinition(1, "2.2.1.0.1"), ContextDefinition(3, "1.0.9506.2.1")),
                user_data=(Pdv(1, b"\x60\x00"),),
            ),
            "3143 a003800101 a23c 810400000001 820400000002"
            " a423 300f 020101 060452010001 300406025101 3010 020103 060528ca220201 300406025101"
            " 6109 3007 020101 a0026000",
        ),
        (
            CPA(
                results=(ContextResult(0, "2.1.1"), ContextResult(2, None, 1)), user_data=(Pdv(1, b"\x61\0"),)
            ),
            "3125 a003800101 a21e a511 3007 800100 81025101 3006 800102 820101 6109 3007 020101 a0026100",
        ),
        (
            CPR(results=(ContextResult(0, "2.1.1"),), provider_reason=6),
            "300e a509 3007 800100 81025101 8a0106",
        ),
        (
            ARU(contexts=(ContextIdentifier(1, "2.1.1"),), user_data=(Pdv(1, b"\x64\0"),)),
            "a016 a009 3007 020101 06025101 6109 3007 020101 a0026400",
        ),
        (ARP(provider_reason=6, event_identifier=7), "3006 800106 810107"),
        (TD((Pdv(3, b"\xa0\0"),)), "6109 3007 020103 a002a000"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_octets_are_those_that_were_settled(ppdu: Ppdu, octets: str) -> None:
    assert presentation.encode(ppdu) == bytes.fromhex(octets)


PDV = encode_tlv(0x30, b"\x02\x01\x03", encode_tlv(0xA0, b"\xa0\x00"))


def td(*pdv_content: bytes) -> bytes:
    return encode_tlv(0x61, encode_tlv(0x30, *pdv_content))


@pytest.mark.parametrize(
    ("name", "octets", "codes"),
    [
        ("PRES.TD", b"\x61\x80" + PDV + b"\0\0", ["indefinite-length"]),
        (
            "PRES.TD",
            bytes.fromhex("6180 3080 020103 a080 a080 3000 0000 0000 0000 0000"),
            ["indefinite-length"] * 3,
        ),
        ("PRES.TD", b"\x61\x81\x09" + PDV, ["non-minimal-length"]),
        ("PRES.TD", td(b"\x02\x02\x00\x03", b"\xa0\x02\xa0\x00"), ["non-minimal-integer"]),
        ("PRES.TD", td(b"\x06\x00", b"\x02\x01\x03", b"\xa0\x02\xa0\x00"), ["content-length"]),
        ("PRES.TD", encode_tlv(0x61, PDV) + b"\0", ["trailing-octets"]),
        ("PRES.TD", td(b"\x02\x01\x03", b"\x85\x00", b"\xa0\x02\xa0\x00"), ["unknown-component"]),
        ("PRES.TD", td(b"\x02\x01\x03", b"\x9f\x81\x01\0", b"\xa0\x02\xa0\x00"), ["unknown-component"]),
        ("PRES.TD", td(b"\x02\x01\x03", b"\x02\x01\x05", b"\xa0\x02\xa0\x00"), ["repeated-component"]),
        ("PRES.TD", td(b"\xa0\x02\xa0\x00", b"\x02\x01\x03"), ["misplaced-component"]),
        ("PRES.TD", td(b"\x02\x01\x03", b"\xa1\x04\x04\x02\xa0\x00"), ["constructed-string"]),
        ("PRES.TD", td(b"\x02\x01\x03", b"\x82\x02\x01\x81"), ["bit-string-padding"]),
        ("PRES.ARP", bytes.fromhex("3006 810107 800106"), ["misplaced-component"]),
        ("PRES.CPR", bytes.fromhex("3008 a306 0401 00 0401 01"), ["unknown-component"]),
    ],
)
def test_deviations_of_form_are_read_and_told(name: str, octets: bytes, codes: list[str]) -> None:
    _, deviations = presentation.decode(name, octets)
    assert [found.code for found in deviations] == codes


def test_members_of_a_set_come_in_any_order() -> None:
    octets = presentation.encode(CP(contexts=()))
    mode, normal = octets[2:7], octets[7:]
    assert presentation.decode("PRES.CP", encode_tlv(0x31, normal, mode)) == (CP(contexts=()), ())


def test_x410_mode_is_read_as_far_as_its_mode() -> None:
    octets = encode_tlv(0x31, encode_tlv(0xA0, b"\x80\x01\x00"), encode_tlv(0xA1))
    assert presentation.decode("PRES.CP", octets)[0] == CP(mode=0)


def test_values_that_a_pdu_carries_are_not_looked_at() -> None:
    ppdu, deviations = presentation.decode("PRES.TD", encode_tlv(0x61, PDV.replace(b"\xa0\x00", b"\x04\x7f")))
    assert (ppdu, deviations) == (TD((Pdv(3, b"\x04\x7f"),)), ())


def test_the_octets_of_a_value_with_indefinite_length_are_kept() -> None:
    inner = bytes.fromhex("a080 0401ff 0000")
    octets = encode_tlv(0x61, b"\x30\x80\x02\x01\x03\xa0\x80" + inner + bytes(4))
    ppdu, _ = presentation.decode("PRES.TD", octets)
    assert ppdu == TD((Pdv(3, inner),))


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("PRES.CP", b""),
        ("PRES.CP", b"\x31"),
        ("PRES.CP", b"\x30\x00"),
        ("PRES.CP", bytes.fromhex("3105 a003 800101")),
        ("PRES.CP", bytes.fromhex("3107 a003 810101 a200")),
        ("PRES.CP", bytes.fromhex("3107 a003 800101 8200")),
        ("PRES.CP", bytes.fromhex("310b a003 800101 a204 a402 3000")),
        ("PRES.CPA", bytes.fromhex("310b a003 800101 a204 a502 3000")),
        ("PRES.ARU", bytes.fromhex("a004 a002 3000")),
        ("PRES.TD", td(b"\x02\x01\x03")),
        ("PRES.TD", td(b"\xa0\x02\xa0\x00")),
        ("PRES.TD", td(b"\x02\x01\x03", b"\xa0\x00", b"\x81\x00")),
        ("PRES.TD", td(b"\x02\x00", b"\xa0\x00")),
        ("PRES.TD", td(b"\x22\x03\x02\x01\x03", b"\xa0\x00")),
        ("PRES.TD", td(b"\x02\x09" + bytes(9), b"\xa0\x00")),
        ("PRES.TD", td(b"\x06\x01\x81", b"\x02\x01\x03", b"\xa0\x00")),
        ("PRES.TD", td(b"\x02\x01\x03", b"\x82\x00")),
        ("PRES.TD", td(b"\x02\x01\x03", b"\x82\x01\x08")),
        ("PRES.TD", b"\x61\x80" + PDV),
        ("PRES.TD", b"\x61\xff" + bytes(127)),
        ("PRES.TD", b"\x61\x84\xff\xff\xff\xff"),
        ("PRES.TD", td(b"\x02\x80\x00\x00", b"\xa0\x00")),
        ("PRES.TD", td(b"\x02\x01\x03", b"\xbf\x81\x81\x81\x81\x01\x00")),
        ("PRES.TD", b"\x61\x02\x00\x00"),
        ("PRES.TD", encode_tlv(0x61, PDV * 257)),
        ("PRES.TD", b"\x61\x80" + b"\x30\x80" * 5000),
        ("PRES.TD", td(b"\x02\x01\x03", b"\xa0\x80" + b"\x30\x80" * 100 + bytes(202))),
    ],
)
def test_octets_that_are_no_ppdu_are_a_typed_error(name: str, octets: bytes) -> None:
    with pytest.raises(PresentationError) as caught:
        presentation.decode(name, octets)
    assert caught.value.layer == "PRES"
    assert 0 <= caught.value.offset <= len(octets)


def test_strings_nested_without_end_are_a_typed_error() -> None:
    nested = b"\x04\x00"
    for _ in range(80):
        nested = encode_tlv(0x24, nested)
    with pytest.raises(PresentationError, match="nested deeper"):
        presentation.decode("PRES.TD", td(b"\x02\x01\x03", encode_tlv(0xA1, nested)))


@given(ppdus, st.data())
@MODEST
def test_garbage_is_a_ppdu_or_a_typed_error(ppdu: Ppdu, data: st.DataObject) -> None:
    octets = bytearray(presentation.encode(ppdu))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    name = data.draw(st.sampled_from([name for name, _ in TYPES.values()]))
    try:
        read, _ = presentation.decode(name, bytes(octets))
    except PresentationError:
        return
    assert presentation.decode(name, presentation.encode(read))[0] == read


@given(st.binary(max_size=40) | st.builds(lambda rest: b"\x61" + rest, st.binary(max_size=40)))
@MODEST
def test_the_fast_reader_gives_what_the_whole_one_gives(octets: bytes) -> None:
    found = presentation.single_pdv(b"\1\0\1\0" + octets, 4)
    if found is not None:
        assert presentation.decode("PRES.TD", octets) == (TD((found,)), ())


@given(st.binary(max_size=140), st.integers(0, 11), st.integers(0, 255))
@MODEST
def test_the_fast_reader_is_not_deceived_by_one_octet(value: bytes, at: int, octet: int) -> None:
    octets = bytearray(presentation.encode(TD((Pdv(3, value),))))
    octets[min(at, len(octets) - 1)] = octet
    found = presentation.single_pdv(bytes(octets), 0)
    if found is not None:
        assert presentation.decode("PRES.TD", bytes(octets)) == (TD((found,)), ())


@pytest.mark.parametrize("size", [0, 1, 100, 117, 118, 119, 120, 121, 127, 128, 255, 256, 65_530, 70_000])
def test_the_fast_reader_takes_every_usual_length(size: int) -> None:
    usual = Pdv(3, bytes(size))
    octets = presentation.encode(TD((usual,)))
    assert presentation.single_pdv(b"\1\0\1\0" + octets, 4) == usual
    for cut in (octets[:-1], octets + b"\0", octets[:1]):
        assert presentation.single_pdv(cut, 0) is None


@pytest.mark.parametrize(
    "pdv",
    [
        Pdv(128, b"\xa0\0"),
        Pdv(-1, b"\xa0\0"),
        Pdv(3, b"\xa0\0", OCTET_ALIGNED),
        Pdv(3, b"\xa0\0", SINGLE_ASN1_TYPE, "2.1.1"),
    ],
)
def test_the_fast_reader_leaves_other_forms_to_the_whole_one(pdv: Pdv) -> None:
    assert presentation.single_pdv(presentation.encode(TD((pdv,))), 0) is None


@pytest.mark.parametrize(
    "ppdu",
    [
        CP(contexts=(ContextDefinition(1, "3.1"),)),
        CP(contexts=(ContextDefinition(1, "1.x"),)),
        CP(calling_selector="text"),  # type: ignore[arg-type]
        TD((Pdv(3, b"", "unheard-of"),)),
        ARP(provider_reason="text"),  # type: ignore[arg-type]
    ],
)
def test_values_that_do_not_fit_are_a_typed_error(ppdu: Ppdu) -> None:
    with pytest.raises(EncodingError):
        presentation.encode(ppdu)


def test_the_user_data_of_an_abort_tell_their_ppdu() -> None:
    assert presentation.abort_name(presentation.encode(ARP())) == "PRES.ARP"
    assert presentation.abort_name(presentation.encode(ARU())) == "PRES.ARU"
    assert presentation.abort_name(b"") == "PRES.ARU"
