"""TPKT and the TPDUs of class 0: octets, values and what is neither."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.transport import cotp, tpkt
from conform62351.profiles.transport.cotp import CC, CR, DC, DR, DT, ER, CotpError, OtherTpdu, Parameter, Tpdu
from conform62351.profiles.transport.tpkt import Tpkt

MANY = settings(max_examples=100, deadline=None)

_REFERENCES = st.integers(0, 0xFFFF)
_OCTET = st.integers(0, 255)
_PARAMETERS = st.lists(st.builds(Parameter, _OCTET, st.binary(max_size=20)), max_size=8).map(tuple)
_DATA = st.binary(max_size=50)


def _connects(class_: type[CR] | type[CC]) -> st.SearchStrategy[Tpdu]:
    return st.builds(class_, _REFERENCES, _REFERENCES, _OCTET, _PARAMETERS, st.integers(0, 15), _DATA)


TPDUS: st.SearchStrategy[Tpdu] = st.one_of(
    _connects(CR),
    _connects(CC),
    st.builds(DR, _REFERENCES, _REFERENCES, _OCTET, _PARAMETERS, _DATA),
    st.builds(DC, _REFERENCES, _REFERENCES, _PARAMETERS, _DATA),
    st.builds(DT, _DATA, st.booleans(), st.integers(0, 127), st.integers(0, 15), st.binary(max_size=9)),
    st.builds(ER, _REFERENCES, _OCTET, _PARAMETERS, _DATA),
)


@MANY
@given(TPDUS)
def test_values_survive(tpdu: Tpdu) -> None:
    octets = cotp.encode(tpdu)
    assert cotp.decode(octets) == tpdu
    assert cotp.name_of(octets) == f"COTP.{type(tpdu).__name__}"


@MANY
@given(st.binary(max_size=40) | st.builds(lambda li, rest: bytes((li,)) + rest, st.integers(1, 9), _DATA))
def test_octets_survive_or_are_refused(octets: bytes) -> None:
    try:
        tpdu = cotp.decode(octets)
    except CotpError:
        return
    assert cotp.encode(tpdu) == octets


@pytest.mark.parametrize(
    ("tpdu", "text"),
    [
        (CR(0, 1), "06 E0 00 00 00 01 00"),
        (
            CR(
                0,
                0x1234,
                parameters=(
                    Parameter(cotp.TPDU_SIZE, b"\x0d"),
                    Parameter(cotp.CALLING_SELECTOR, b"\x00\x01"),
                    Parameter(cotp.CALLED_SELECTOR, b"\x00\x02"),
                ),
            ),
            "11 E0 00 00 12 34 00 C0 01 0D C1 02 00 01 C2 02 00 02",
        ),
        (CC(0x1234, 2), "06 D0 12 34 00 02 00"),
        (CR(0, 1, 0x42, cdt=5, user_data=b"hi"), "06 E5 00 00 00 01 42 68 69"),
        (DR(0x1234, 0, 3), "06 80 12 34 00 00 03"),
        (DC(1, 2), "05 C0 00 01 00 02"),
        (DT(b"\x01\x02"), "02 F0 80 01 02"),
        (DT(b"\x01\x02", eot=False), "02 F0 00 01 02"),
        (DT(b"", number=3, roa=1, header=b"\x07"), "03 F1 83 07"),
        (ER(0x1234, 2, (Parameter(cotp.INVALID_TPDU, b"\x05\xc0"),)), "08 70 12 34 02 C1 02 05 C0"),
        (OtherTpdu(bytes.fromhex("04 60 00 01 02")), "04 60 00 01 02"),
        (OtherTpdu(b"\x01\x00"), "01 00"),
    ],
)
def test_octets(tpdu: Tpdu, text: str) -> None:
    assert cotp.encode(tpdu) == bytes.fromhex(text)
    assert cotp.decode(bytes.fromhex(text)) == tpdu


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "ends before length indicator and code"),
        ("06", 1, "ends before length indicator and code"),
        ("FF E0", 0, "FF is reserved"),
        ("07 E0 00 00 00 01 00", 0, "length indicator 7, 6 octets follow"),
        ("05 E0 00 00 00 01 00", 0, "length indicator 5, the fixed part has 6 octets"),
        ("05 D0 00 00 00 01 00", 0, "the fixed part has 6 octets"),
        ("05 80 00 00 00 01 00", 0, "the fixed part has 6 octets"),
        ("04 C0 00 00 00 01", 0, "the fixed part has 5 octets"),
        ("03 70 00 00 01", 0, "the fixed part has 4 octets"),
        ("01 F0 80", 0, "the fixed part has 2 octets"),
        ("00 F0", 0, "the fixed part has 2 octets"),
        ("07 E0 00 00 00 01 00 C0", 7, "ends within code and length"),
        ("09 E0 00 00 00 01 00 C0 02 0D", 8, "a parameter of 2 octets, 1 are there"),
        ("08 E0 00 00 00 01 00 C0 02 0D 0E", 8, "a parameter of 2 octets, 0 are there"),
        ("0A E0 00 00 00 01 00 C0 01 0D C1", 10, "ends within code and length"),
    ],
)
def test_what_is_no_tpdu(text: str, offset: int, message: str) -> None:
    with pytest.raises(CotpError) as caught:
        cotp.decode(bytes.fromhex(text))
    assert (caught.value.layer, caught.value.offset) == ("COTP", offset)
    assert message in caught.value.message


def test_members_of_the_variable_part() -> None:
    text = "19 E0 00 00 00 01 40 C0 01 0A C0 01 0B C7 02 20 00 F0 02 01 FF C1 00 99 01 05"
    cr = cotp.decode(bytes.fromhex(text))
    assert isinstance(cr, CR)
    assert (cr.transport_class, cr.alternative_classes) == (4, (2, 0))
    assert cr.tpdu_size == 11, "of doubles the later one counts"
    assert cr.preferred_size == 0x1FF
    assert (cr.calling_selector, cr.called_selector) == (b"", None)
    assert cr.parameters[-1] == Parameter(0x99, b"\x05")
    for size in (b"", b"\x0a\x0b"):
        assert CR(0, 1, parameters=(Parameter(cotp.TPDU_SIZE, size),)).tpdu_size is None
    for size in (b"", b"\0\0\0\0\1"):
        assert CR(0, 1, parameters=(Parameter(cotp.PREFERRED_SIZE, size),)).preferred_size is None


@pytest.mark.parametrize(
    "tpdu",
    [
        CR(0x10000, 1),
        CR(0, -1),
        CR(0, 1, 0x100),
        CR(0, 1, cdt=16),
        CR(0, 1, parameters=(Parameter(0x100, b""),)),
        CR(0, 1, parameters=(Parameter(0xC1, bytes(256)),)),
        CR(0, 1, parameters=(Parameter(0xC1, bytes(200)), Parameter(0xC2, bytes(60)))),
        DR(0, 0, 256),
        DT(b"", number=128),
        DT(b"", number=-1),
        DT(b"", roa=16),
        DT(b"", header=bytes(253)),
        ER(0, 256),
    ],
)
def test_values_that_do_not_fit(tpdu: Tpdu) -> None:
    with pytest.raises(EncodingError) as caught:
        cotp.encode(tpdu)
    assert caught.value.layer == "COTP"


def test_the_longest_header_fits() -> None:
    assert cotp.encode(DT(b"", header=bytes(252)))[0] == 254


@MANY
@given(st.binary(max_size=50), _OCTET, _OCTET, st.none() | _REFERENCES)
def test_packets(payload: bytes, version: int, reserved: int, length: int | None) -> None:
    octets = tpkt.encode(Tpkt(payload, version, reserved, length))
    header = tpkt.decode_header(octets)
    assert (header.version, header.reserved) == (version, reserved)
    assert header.length == (4 + len(payload) if length is None else length)
    assert octets[4:] == payload


def test_a_packet_in_octets() -> None:
    assert tpkt.encode(Tpkt(b"\x02\xf0\x80")) == bytes.fromhex("03 00 00 07 02 F0 80")
    assert len(tpkt.encode(Tpkt(bytes(65_531)))) == 0xFFFF


@pytest.mark.parametrize(
    "packet", [Tpkt(bytes(65_532)), Tpkt(b"", version=256), Tpkt(b"", reserved=-1), Tpkt(b"", length=65_536)]
)
def test_packets_that_do_not_fit(packet: Tpkt) -> None:
    with pytest.raises(EncodingError):
        tpkt.encode(packet)
