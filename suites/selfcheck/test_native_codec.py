"""SecPDUs in BER: the octets that the decisions settle, and the octets that are protected."""

from __future__ import annotations

from importlib import resources
from typing import Any

import asn1tools
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.asn1.notation import Bits, Notation
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, algorithm, identifier
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Carrier, SecPduError
from conform62351.profiles.native.secpdus import (
    ApplAbort,
    ApplicationReject,
    ClearTransfer,
    DtSecAbort,
    EncrTransfer,
    HandshakeAcc,
    HandshakeReq,
    HandshakeSecAbort,
    HandshakeSecReject,
    OsiFault,
    ReleaseReq,
    ReleaseRsp,
    SignedPdu,
)
from conform62351.profiles.native.tokens import (
    Aea,
    Authenticator,
    ClearToken1,
    ClearToken2,
    ClearToken3,
    DhKey,
    NonAea,
    Signature,
)
from conform62351.profiles.spec.data import own_notation
from conform62351.profiles.tlv import walk
from conform62351.profiles.tlv_edit import Tree

CODEC = BerCodec()
TEXT = resources.files("conform62351.profiles.asn1").joinpath("e2e.asn").read_text("utf-8")
ORACLE = asn1tools.compile_string(TEXT, "ber")

TIME = b"20261122173412.123Z"
ECDSA = identifier(algorithm("ecdsa-with-SHA256"))
HMAC = identifier(algorithm("hmacWithSHA256"))
GCM = identifier(algorithm("aes128-GCM"))
CBC = identifier(algorithm("aes256-CBC"))
MMS = bytes.fromhex("a803020100")
KEY = DhKey(23, b"\x04" + bytes(64))
SIGN = Signature(ECDSA, b"signature")
TOKEN1 = ClearToken1(
    sigAlg=ECDSA,
    pkCert=b"certificate",
    assoID="7",
    dhKey=(KEY, DhKey(14, b"\x01" * 256)),
    hmac=HMAC,
    time=TIME,
    encr_mode=Aea((GCM,)),
    confParams=Bits(frozenset({1})),
)
TOKEN2 = ClearToken2(assoID="7:41", time=TIME, seq=3)
TOKEN3 = ClearToken3(sigAlg=ECDSA, assoID="7:41", time=TIME, pkCert=b"certificate")
REQUEST = HandshakeReq(pp="IEC 61850-8-1", token1=TOKEN1, applData=MMS, sign=SIGN)
ACCEPT = HandshakeAcc(pp="IEC 61850-8-1", token1=TOKEN1, applData=MMS, sign=SIGN)
SIGNED: dict[Carrier, list[SignedPdu]] = {
    Carrier.AARQ: [REQUEST, msgspec.structs.replace(REQUEST, applData=None)],
    Carrier.AARE: [
        ACCEPT,
        ApplicationReject(token3=TOKEN3, applData=MMS, sign=SIGN),
        ApplicationReject(token3=TOKEN3, sign=SIGN),
        HandshakeSecReject(token3=TOKEN3, diag=10, sign=SIGN),
        HandshakeSecReject(token3=TOKEN3, sign=SIGN),
    ],
    Carrier.ABRT: [
        HandshakeSecAbort(token3=TOKEN3, diag=25, sign=SIGN),
        DtSecAbort(token3=TOKEN3, diag=6, sign=SIGN),
        DtSecAbort(token3=TOKEN3, sign=SIGN),
        ApplAbort(token3=TOKEN3, applData=MMS, sign=SIGN),
    ],
    Carrier.RLRQ: [ReleaseReq(token3=TOKEN3, sign=SIGN), ReleaseReq(token3=TOKEN3, applData=MMS, sign=SIGN)],
    Carrier.RLRE: [ReleaseRsp(token3=TOKEN3, sign=SIGN)],
}
EACH = [(carrier, pdu) for carrier, pdus in SIGNED.items() for pdu in pdus]
CLEAR = ClearTransfer(token2=TOKEN2, applData=MMS, auth=Authenticator(GCM, bytes(12), nonce=bytes(range(12))))
ENCRYPTED = EncrTransfer(token2=msgspec.structs.replace(TOKEN2, iv=bytes(12), rekey=KEY), applData=b"sealed")


def sent(pdu: SignedPdu) -> bytes:
    return CODEC.signed(pdu, CODEC.tbs(pdu).octets)


@pytest.mark.parametrize(
    ("carrier", "pdu"), EACH, ids=lambda value: getattr(value, "value", type(value).__name__)
)
def test_signed_pdus_come_back_with_the_octets_that_are_signed(carrier: Carrier, pdu: SignedPdu) -> None:
    tbs = CODEC.tbs(pdu)
    decoded = CODEC.decode(carrier, CODEC.signed(pdu, tbs.octets))
    assert decoded.pdu == msgspec.structs.replace(pdu, tbs=tbs.content)
    assert decoded.deviations == ()
    assert tbs.octets.endswith(tbs.content)


@pytest.mark.parametrize("pdu", [CLEAR, ENCRYPTED, msgspec.structs.replace(ENCRYPTED, auth=CLEAR.auth)])
def test_transfers_come_back_with_the_octets_that_are_protected(pdu: ClearTransfer | EncrTransfer) -> None:
    tbp, aad = CODEC.tbp(pdu), CODEC.aad(pdu)
    decoded = CODEC.decode(Carrier.DATA, CODEC.transfer(pdu, tbp.octets)).pdu
    assert decoded == msgspec.structs.replace(pdu, tbp=tbp.content, aad=aad)
    assert aad in tbp.content


def outline(octets: bytes, depth: int) -> str:
    """Return the tags of a TLV as text, down to a depth."""

    def shown(tlv: Any, left: int) -> str:
        inner = " ".join(shown(child, left - 1) for child in tlv.children) if left else ""
        return f"{tlv.tag:02X}" + (f"{{{inner}}}" if inner else "")

    return shown(walk(octets).root, depth)


def test_forms_of_the_decisions() -> None:
    """11-decisions 2 and 3."""
    signature = "30{30 04}"
    assert outline(sent(REQUEST), 1) == "30{0C 30 30}"
    assert outline(sent(ACCEPT), 1) == "A0{0C 30 30}"
    assert outline(sent(SIGNED[Carrier.AARE][1]), 2) == f"A1{{30{{30 A8}} {signature}}}"
    assert outline(sent(SIGNED[Carrier.AARE][3]), 2) == f"A2{{30{{30 0A}} {signature}}}"
    assert outline(sent(SIGNED[Carrier.AARE][4]), 2) == f"A2{{30{{30}} {signature}}}"
    assert [sent(pdu)[0] for pdu in SIGNED[Carrier.ABRT]] == [0xA0, 0xA1, 0xA1, 0xA2]
    assert [sent(pdu)[0] for pdu in SIGNED[Carrier.RLRQ] + SIGNED[Carrier.RLRE]] == [0x30] * 3
    assert CODEC.osi_fault(15) == bytes.fromhex("83010f")
    whole = msgspec.structs.replace(TOKEN2, iv=bytes(12), rekey=KEY, reqRekey=True, changedKey=True)
    tbp = CODEC.tbp(ClearTransfer(token2=whole, applData=MMS)).octets
    assert outline(tbp, 3) == "30{30{0C 18 02 80 A1{02 04} 82 83} A8{02}}"
    assert b"\x82\x01\xff\x83\x01\xff" in tbp
    path = msgspec.structs.replace(TOKEN3, certPath=(b"ca",))
    tbs = CODEC.tbs(ReleaseReq(token3=path)).octets
    assert outline(tbs, 2) == "30{30{30 03 0C 18 04 30}}"
    assert b"\x03\x02\x07\x80" in tbs


def test_the_modes_of_encryption() -> None:
    for mode in (Aea((GCM, CBC)), NonAea((HMAC, GCM), encr=(CBC,)), NonAea((GCM,))):
        pdu = msgspec.structs.replace(
            REQUEST,
            token1=msgspec.structs.replace(TOKEN1, encr_mode=mode, certPath=(b"a", b"b"), attCert=b"x"),
        )
        assert CODEC.decode(Carrier.AARQ, sent(pdu)).pdu.token1 == pdu.token1  # type: ignore[union-attr]


def test_asn1tools_reads_what_is_sent() -> None:
    request = ORACLE.decode("HandshakeReq", sent(REQUEST))
    assert request["pp"] == "IEC 61850-8-1"
    assert request["tbs"]["token1"]["assoID"] == "7"
    assert request["tbs"]["token1"]["dhKey"][1]["dhGroup"] == 14
    assert request["tbs"]["applData"] == MMS
    assert request["sign"]["sign"] == b"signature"
    reject = ORACLE.decode("HandshakeRsp", sent(SIGNED[Carrier.AARE][3]))
    assert reject[0] == "secReject"
    assert reject[1]["tbs"]["diag"] == "invalid-time-value"


def test_an_indefinite_length_keeps_its_end_in_what_is_signed() -> None:
    content = CODEC.tbs(REQUEST).content
    tbs = b"\x30\x80" + content + b"\0\0"
    pdu = CODEC.decode(Carrier.AARQ, CODEC.signed(REQUEST, tbs)).pdu
    assert isinstance(pdu, HandshakeReq)
    assert pdu.tbs == content + b"\0\0"


def test_what_follows_is_an_extension_and_is_signed() -> None:
    """11-decisions 5."""
    content = CODEC.tbs(REQUEST).content + b"\x89\x01\x00"
    pdu = CODEC.decode(
        Carrier.AARQ, CODEC.signed(REQUEST, b"\x30\x82" + len(content).to_bytes(2, "big") + content)
    ).pdu
    assert isinstance(pdu, HandshakeReq)
    assert (pdu.applData, pdu.tbs) == (MMS, content)


def test_diagnostics_are_told_from_extensions_by_their_tag() -> None:
    plain = HandshakeSecReject(token3=TOKEN3, sign=SIGN)
    content = CODEC.tbs(plain).content + b"\x89\x01\x00"
    tbs = (
        b"\x30\x81" + bytes((len(content),)) + content
        if len(content) > 127
        else b"\x30" + bytes((len(content),)) + content
    )
    pdu = CODEC.decode(Carrier.AARE, CODEC.signed(plain, tbs)).pdu
    assert isinstance(pdu, HandshakeSecReject)
    assert pdu.diag is None


def test_variants_are_named_and_a_strict_codec_refuses_them() -> None:
    tagged = CODEC.tbs(ReleaseReq(token3=TOKEN3)).octets.replace(b"\x0c\x047:41", b"\x80\x047:41")
    octets = CODEC.signed(ReleaseReq(token3=TOKEN3, sign=SIGN), tagged)
    decoded = CODEC.decode(Carrier.RLRQ, octets)
    assert isinstance(decoded.pdu, ReleaseReq)
    assert decoded.pdu.token3.assoID == "7:41"
    assert decoded.deviations == ("ClearToken3-assoID-tagged: a form that is not sent",)
    with pytest.raises(SecPduError, match="time is missing in token3"):
        BerCodec(own_notation(strict=True)).decode(Carrier.RLRQ, octets)


def test_a_notation_of_others_takes_the_place_of_ours() -> None:
    other = BerCodec(Notation(TEXT.replace("secReject [2]", "secReject [7]")))
    pdu = HandshakeSecReject(token3=TOKEN3, sign=SIGN)
    octets = other.signed(pdu, other.tbs(pdu).octets)
    assert octets[0] == 0xA7
    assert isinstance(other.decode(Carrier.AARE, octets).pdu, HandshakeSecReject)
    with pytest.raises(SecPduError):
        CODEC.decode(Carrier.AARE, octets)


@pytest.mark.parametrize(
    ("carrier", "octets", "message"),
    [
        (Carrier.AARQ, b"", "ends"),
        (Carrier.AARQ, b"\x30\x00", "pp is missing"),
        (Carrier.AARE, b"\xa3\x00", "does not begin with A3"),
        (Carrier.ABRT, b"\x83\x00", "osiDiagnostics is no ENUMERATED"),
        (Carrier.DATA, b"\x30\x00", "tbp is missing"),
        (Carrier.DATA, b"\x04\x00", "does not begin with 04"),
        (Carrier.RLRQ, sent(ReleaseReq(token3=TOKEN3, sign=SIGN)) + b"\0", "octets behind"),
    ],
)
def test_octets_that_are_no_secpdu_say_why(carrier: Carrier, octets: bytes, message: str) -> None:
    with pytest.raises(SecPduError, match=message):
        CODEC.decode(carrier, octets)


def test_an_osi_fault_is_read() -> None:
    assert CODEC.decode(Carrier.ABRT, b"\x83\x01\x04").pdu == OsiFault(diagnostic=4)


def test_what_cannot_be_written_is_an_encoding_error() -> None:
    bad = msgspec.structs.replace(TOKEN1, sigAlg=AlgorithmIdentifier("no identifier"))
    with pytest.raises(EncodingError):
        CODEC.tbs(msgspec.structs.replace(REQUEST, token1=bad))


@given(st.sampled_from(list(Carrier)), st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_octets_are_a_secpdu_or_a_typed_error(carrier: Carrier, octets: bytes) -> None:
    try:
        CODEC.decode(carrier, octets)
    except SecPduError:
        return


@given(st.sampled_from(EACH), st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_secpdus_are_one_or_a_typed_error(
    each: tuple[Carrier, SignedPdu], data: st.DataObject
) -> None:
    carrier, pdu = each
    octets = bytearray(sent(pdu))
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        octets[data.draw(st.integers(min_value=0, max_value=len(octets) - 1))] = data.draw(
            st.integers(min_value=0, max_value=255)
        )
    try:
        CODEC.decode(carrier, bytes(octets))
    except SecPduError:
        return


def segmented(tag: int, *segments: str) -> bytes:
    """Return a string in constructed form, of indefinite length."""
    return bytes((tag | 0x20, 0x80)) + b"".join(map(bytes.fromhex, segments)) + b"\0\0"


VERSION, NUMBER, CERTIFICATE, MOMENT = (f"30/30/30/{tag}" for tag in ("03", "0c", "04", "18"))


@pytest.mark.parametrize(
    ("path", "octets"),
    [
        (VERSION, segmented(0x03, "03020780")),
        (VERSION, segmented(0x03, "030100", "03020780")),
        (VERSION, segmented(0x03, "230403020780")),
        (NUMBER, segmented(0x0C, "040137", "0400")),
        (NUMBER, segmented(0x0C, "0c0137")),
        (CERTIFICATE, segmented(0x04, "0404" + b"cert".hex(), "0407" + b"ificate".hex())),
        (CERTIFICATE, segmented(0x04, "2480" + "040b" + b"certificate".hex() + "0000")),
        (MOMENT, segmented(0x18, "0408" + TIME[:8].hex(), "180b" + TIME[8:].hex())),
    ],
)
def test_strings_in_segments_are_read_like_primitive_ones(path: str, octets: bytes) -> None:
    """11-decisions 1."""
    read = CODEC.decode(Carrier.AARQ, Tree(sent(REQUEST)).replace(path, octets).encode()).pdu
    assert isinstance(read, HandshakeReq)
    assert (read.token1, read.applData, read.sign) == (TOKEN1, MMS, SIGN)


@pytest.mark.parametrize(
    ("path", "octets"),
    [
        (VERSION, segmented(0x03)),
        (VERSION, segmented(0x03, "03020780", "030100")),
        (VERSION, segmented(0x03, "0300", "03020780")),
        (VERSION, segmented(0x03, "04020780")),
        (NUMBER, segmented(0x0C, "020137")),
        (CERTIFICATE, segmented(0x04, "0c0137")),
        (MOMENT, segmented(0x18, "3003040137")),
    ],
)
def test_segments_of_another_type_are_refused(path: str, octets: bytes) -> None:
    with pytest.raises(SecPduError):
        CODEC.decode(Carrier.AARQ, Tree(sent(REQUEST)).replace(path, octets).encode())


def test_an_empty_string_may_be_in_no_segment() -> None:
    edited = Tree(sent(REQUEST)).replace(CERTIFICATE, segmented(0x04))
    pdu = CODEC.decode(Carrier.AARQ, edited.encode()).pdu
    assert isinstance(pdu, HandshakeReq)
    assert pdu.token1.pkCert == b""
