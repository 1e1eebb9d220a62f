"""APDUs to octets and back: exact octets, an independent reader, deviations, garbage, a captured AARQ."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.asn1 import module
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.osi import acse, presentation, session
from conform62351.profiles.osi.acse import AcseError
from conform62351.profiles.osi.apdu import AARE, AARQ, ABRT, RLRE, RLRQ, Apdu, External
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.osi.encodings import ARBITRARY, OCTET_ALIGNED, SINGLE_ASN1_TYPE
from conform62351.profiles.osi.ppdu import CP
from conform62351.profiles.osi.spdu import ConnectSpdu

MODEST = settings(max_examples=100, deadline=None)
CAPTURED = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "aarq-commercial-tool.hex"

number = st.integers(-(2**31), 2**31)
maybe = st.none() | number
oid = st.sampled_from(("1.0.9506.2.3", "2.2.3.1", "1.1.999.1", "0.0", "2.999.4294967296"))
bits = st.sampled_from((b"\x07\x80", b"\x06\xc0", b"\x00\x80", b"\x00"))
form1 = bytes.fromhex("300d 310b 3009 0603550403 0c024142")
ap_title = st.none() | oid | st.just(form1)
ae_qualifier = st.none() | number | st.just(form1[2:])
authentication = st.none() | st.sampled_from(
    (b"\x80\x03abc", bytes.fromhex("a209 020105 a004 a002 8000"), b"\x81\x02\x07\x80")
)
external = st.one_of(
    st.builds(External, maybe, st.just(b"\xa8\x00"), st.just(SINGLE_ASN1_TYPE), st.none() | oid),
    st.builds(External, maybe, st.binary(max_size=9), st.just(OCTET_ALIGNED), st.none() | oid),
    st.builds(External, maybe, bits, st.just(ARBITRARY), st.none(), st.none() | st.just(b"words")),
)
information = st.none() | st.lists(external, max_size=2).map(tuple)

TYPES = {
    AARQ: ("ACSE.AARQ", "AARQ-apdu"),
    AARE: ("ACSE.AARE", "AARE-apdu"),
    RLRQ: ("ACSE.RLRQ", "RLRQ-apdu"),
    RLRE: ("ACSE.RLRE", "RLRE-apdu"),
    ABRT: ("ACSE.ABRT", "ABRT-apdu"),
}
apdus = st.one_of(
    st.builds(
        AARQ,
        protocol_version=st.none() | bits,
        application_context=oid,
        called_ap_title=ap_title,
        called_ae_qualifier=ae_qualifier,
        called_ap_invocation=maybe,
        called_ae_invocation=maybe,
        calling_ap_title=ap_title,
        calling_ae_qualifier=ae_qualifier,
        calling_ap_invocation=maybe,
        calling_ae_invocation=maybe,
        requirements=st.none() | bits,
        mechanism_name=st.none() | oid,
        authentication_value=authentication,
        implementation_information=st.none() | st.just(b"words"),
        user_information=information,
    ),
    st.builds(
        AARE,
        protocol_version=st.none() | bits,
        application_context=oid,
        result=number,
        diagnostic_source=st.sampled_from((1, 2)),
        diagnostic=number,
        responding_ap_title=ap_title,
        responding_ae_qualifier=ae_qualifier,
        responding_ap_invocation=maybe,
        responding_ae_invocation=maybe,
        requirements=st.none() | bits,
        mechanism_name=st.none() | oid,
        authentication_value=authentication,
        user_information=information,
    ),
    st.builds(RLRQ, reason=maybe, user_information=information),
    st.builds(RLRE, reason=maybe, user_information=information),
    st.builds(ABRT, source=number, diagnostic=st.none() | st.integers(1, 6), user_information=information),
)


@given(apdus)
@MODEST
def test_what_is_written_is_read_without_deviations_and_fits_the_notation(apdu: Apdu) -> None:
    name, type_name = TYPES[type(apdu)]
    octets = acse.encode(apdu)
    assert acse.decode(name, octets) == (apdu, ())
    notation = module("acse")
    assert notation.encode(type_name, notation.decode(type_name, octets)) == octets


@pytest.mark.parametrize(
    ("apdu", "octets"),
    [
        (
            AARQ(
                application_context="1.0.9506.2.3",
                called_ap_title="1.1.1.999",
                called_ae_qualifier=12,
                calling_ap_title="1.1.999.1",
                calling_ae_qualifier=12,
                requirements=b"\x07\x80",
                mechanism_name="1.0.840.0.1.0.1.1",
                authentication_value=bytes.fromhex("a205 020105 a000"),
                user_information=(External(3, b"\xa8\x00"),),
            ),
            "6049 80020780 a107060528ca220203 a206060429018767 a30302010c a606060429876701 a70302010c"
            " 8a020780 8b082886480001000101 ac07a205020105a000 be09 2807 020103 a002a800",
        ),
        (
            AARE(
                application_context="1.0.9506.2.3",
                responding_ap_title="1.1.1.999",
                responding_ae_qualifier=12,
                requirements=b"\x07\x80",
                mechanism_name="1.0.840.0.1.0.1.1",
                authentication_value=bytes.fromhex("a205 020105 a000"),
                user_information=(External(3, b"\xa9\x00"),),
            ),
            "6148 80020780 a107060528ca220203 a203020100 a305a103020100 a406060429018767 a50302010c"
            " 88020780 89082886480001000101 aa07a205020105a000 be09 2807 020103 a002a900",
        ),
        (
            AARE(protocol_version=None, application_context="1.0.9506.2.3", result=1, diagnostic=2),
            "6115 a107060528ca220203 a203020101 a305a103020102",
        ),
        (RLRQ(), "6203800100"),
        (RLRE(reason=None), "6300"),
        (ABRT(source=1), "6403800101"),
        (ABRT(user_information=(External(5, b"\xa1\0"),)), "640e 800100 be09 2807 020105 a002a100"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_octets_are_those_that_were_settled(apdu: Apdu, octets: str) -> None:
    assert acse.encode(apdu) == bytes.fromhex(octets)


CONTEXT_NAME = bytes.fromhex("a107060528ca220203")


def aarq(*members: bytes) -> bytes:
    return encode_tlv(0x60, *members)


def user_information(*external: bytes) -> bytes:
    return encode_tlv(0xBE, encode_tlv(0x28, *external))


@pytest.mark.parametrize(
    ("octets", "codes"),
    [
        (aarq(CONTEXT_NAME, bytes.fromhex("a2020600")), ["content-length"]),
        (aarq(b"\xa1\x80" + CONTEXT_NAME[2:] + b"\0\0"), ["indefinite-length"]),
        (b"\x60\x80" + CONTEXT_NAME + b"\0\0", ["indefinite-length"]),
        (aarq(CONTEXT_NAME, b"\x88\x02\x07\x80"), ["unknown-component"]),
        (aarq(CONTEXT_NAME, CONTEXT_NAME), ["repeated-component"]),
        (aarq(CONTEXT_NAME, b"\x80\x02\x07\x80"), ["misplaced-component"]),
        (aarq(b"\x80\x02\x07\x81", CONTEXT_NAME), ["bit-string-padding"]),
        (aarq(CONTEXT_NAME, user_information(b"\xa0\0", b"\2\1\3")), ["misplaced-component"]),
        (aarq(CONTEXT_NAME) + b"\0", ["trailing-octets"]),
    ],
)
def test_deviations_of_form_are_read_and_told(octets: bytes, codes: list[str]) -> None:
    apdu, deviations = acse.decode("ACSE.AARQ", octets)
    assert isinstance(apdu, AARQ)
    assert apdu.application_context == "1.0.9506.2.3"
    assert [found.code for found in deviations] == codes


def test_an_empty_object_identifier_is_read_as_what_it_is_and_written_again() -> None:
    octets = aarq(CONTEXT_NAME, bytes.fromhex("a2020600 a606060429876701"))
    apdu, _ = acse.decode("ACSE.AARQ", octets)
    assert apdu == AARQ(
        protocol_version=None,
        application_context="1.0.9506.2.3",
        called_ap_title="",
        calling_ap_title="1.1.999.1",
    )
    assert acse.encode(apdu) == octets


def test_authentication_members_under_the_tags_of_the_other_apdu_are_not_taken_for_them() -> None:
    confused = encode_tlv(
        0x61, CONTEXT_NAME, b"\xa2\3\2\1\0", b"\xa3\5\xa1\3\2\1\0", b"\x8a\x02\x07\x80", b"\x8b\x01\x2a"
    )
    apdu, deviations = acse.decode("ACSE.AARE", confused)
    assert isinstance(apdu, AARE)
    assert (apdu.requirements, apdu.mechanism_name) == (None, None)
    assert [found.code for found in deviations] == ["unknown-component"] * 2


def test_an_authentication_value_keeps_its_octets_whatever_their_form() -> None:
    value = bytes.fromhex("a280 020105 a080 0401ff 0000 0000")
    apdu, _ = acse.decode("ACSE.AARQ", aarq(CONTEXT_NAME, encode_tlv(0xAC, value)))
    assert isinstance(apdu, AARQ)
    assert apdu.authentication_value == value


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "ends within"),
        (bytes.fromhex("6100"), "ACSE.AARE in place of ACSE.AARQ"),
        (bytes.fromhex("a000"), "tag A0 in place of ACSE.AARQ"),
        (aarq(b"\xa1\x00"), "holds 0 values"),
        (aarq(b"\xa1\x03\x06\x02\x51"), "2 octets of content announced, 1 are there"),
        (aarq(b"\xa1\x03\x02\x01\x05"), "in place of an OBJECT IDENTIFIER"),
        (aarq(b"\xa1\x03\x06\x01\x81"), "ends within a subidentifier"),
        (aarq(CONTEXT_NAME, b"\xa4\x02\x04\x00"), "in place of an INTEGER"),
        (aarq(CONTEXT_NAME, b"\xac\x00"), "holds 0 values"),
        (aarq(CONTEXT_NAME, b"\xac\x04\x04\x00\x04\x00"), "holds 2 values"),
        (aarq(CONTEXT_NAME, b"\x8a\x00"), "BIT STRING without content"),
        (aarq(CONTEXT_NAME, encode_tlv(0xBE, b"\x30\x00")), "in place of an EXTERNAL"),
        (aarq(CONTEXT_NAME, user_information(b"\2\1\3")), "0 encoded values"),
        (aarq(CONTEXT_NAME, user_information(b"\2\1\3", b"\xa0\0", b"\x81\0")), "2 encoded values"),
        (aarq(encode_tlv(0xA1, encode_tlv(6, bytes([0x2A] * 129)))), "more than 128 octets"),
    ],
)
def test_octets_that_are_no_apdu_are_a_typed_error(octets: bytes, message: str) -> None:
    with pytest.raises(AcseError, match=message) as caught:
        acse.decode("ACSE.AARQ", octets)
    assert caught.value.layer == "ACSE"


def test_a_diagnostic_of_neither_source_is_a_typed_error() -> None:
    with pytest.raises(AcseError, match="no source of a diagnostic"):
        acse.decode("ACSE.AARE", encode_tlv(0x61, b"\xa3\x05\xa3\x03\x02\x01\x00"))


@given(apdus, st.data())
@MODEST
def test_mutated_octets_are_an_apdu_or_a_typed_error(apdu: Apdu, data: st.DataObject) -> None:
    name, _ = TYPES[type(apdu)]
    octets = bytearray(acse.encode(apdu))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        read, _ = acse.decode(name, bytes(octets))
    except AcseError:
        return
    assert acse.decode(name, acse.encode(read))[0] == read


@pytest.mark.parametrize(
    "apdu",
    [
        AARQ(application_context="4.1"),
        AARQ(calling_ap_title=5),  # type: ignore[arg-type]
        AARE(result="text"),  # type: ignore[arg-type]
        RLRQ(user_information=(External(3, b"", "unheard-of"),)),
        AARE(diagnostic_source=300),
    ],
)
def test_values_that_do_not_fit_are_a_typed_error(apdu: Apdu) -> None:
    with pytest.raises(EncodingError):
        acse.encode(apdu)


@pytest.mark.skipif(not CAPTURED.exists(), reason="the captured association request is not at hand")
def test_a_captured_association_request_is_read_down_to_its_mms_pdu() -> None:
    octets = bytes.fromhex(CAPTURED.read_text())
    cn, session_deviations = session.decode(octets)
    assert isinstance(cn, ConnectSpdu)
    assert (cn.version, cn.requirements, cn.user_data_pgi) == (2, 2, 194)
    assert session_deviations == ()

    cp, presentation_deviations = presentation.decode("PRES.CP", cn.user_data)
    assert isinstance(cp, CP)
    assert cp.contexts is not None
    assert [(context.id, context.abstract_syntax) for context in cp.contexts] == [
        (3, "1.0.9506.2.1"),
        (1, "2.2.1.0.1"),
        (5, "1.0.840.0.1.1.4.1"),
    ]
    assert presentation_deviations == ()
    assert isinstance(cp.user_data, tuple)
    (pdv,) = cp.user_data

    apdu, deviations = acse.decode("ACSE.AARQ", pdv.octets)
    assert isinstance(apdu, AARQ)
    assert (apdu.called_ap_title, apdu.called_ae_qualifier) == ("", None)
    assert (apdu.calling_ap_title, apdu.calling_ae_qualifier) == ("1.1.999.1", 12)
    assert (apdu.calling_ap_invocation, apdu.calling_ae_invocation) == (10, 10)
    assert (apdu.requirements, apdu.mechanism_name) == (b"\x07\x80", "1.0.840.0.1.0.1.1")
    assert apdu.authentication_value is not None
    assert apdu.authentication_value[:8] == bytes.fromhex("a282048c020105a0")
    assert len(apdu.authentication_value) == 0x48C + 4
    assert [found.code for found in deviations] == ["content-length"]
    assert apdu.user_information is not None
    (carried,) = apdu.user_information
    assert (carried.direct_reference, carried.indirect_reference) == ("2.1.1", 3)
    assert carried.octets[:2] == b"\xa8\x26"
    assert session.encode(cn) == octets
    assert presentation.encode(cp) == cn.user_data
    assert acse.encode(apdu) == pdv.octets
