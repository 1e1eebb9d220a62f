"""SPDUs to octets and back: exact octets, every form that readers take, and garbage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.osi import session
from conform62351.profiles.osi.session import SessionError
from conform62351.profiles.osi.spdu import (
    AbortAcceptSpdu,
    AbortSpdu,
    AcceptSpdu,
    ConnectSpdu,
    DataSpdu,
    DisconnectSpdu,
    FinishSpdu,
    RefuseSpdu,
    Spdu,
)

MODEST = settings(max_examples=100, deadline=None)

octet = st.integers(0, 255)
selector = st.none() | st.binary(max_size=16)
user_data = st.binary(max_size=1200)
group = st.sampled_from((193, 194))

spdus = st.one_of(
    st.builds(
        ConnectSpdu,
        protocol_options=st.none() | octet,
        tsdu_maximum=st.none() | st.binary(min_size=4, max_size=4),
        version=st.none() | octet,
        requirements=st.none() | st.integers(0, 0xFFFF),
        calling_selector=selector,
        called_selector=selector,
        user_data=user_data,
        user_data_pgi=group,
    ),
    st.builds(
        AcceptSpdu,
        version=st.none() | octet,
        calling_selector=selector,
        responding_selector=selector,
        user_data=user_data,
        user_data_pgi=group,
    ),
    st.builds(
        RefuseSpdu,
        transport_disconnect=st.none() | octet,
        version=st.none() | octet,
        reason=octet,
        user_data=st.binary(min_size=1, max_size=600),
        user_data_pgi=st.sampled_from((50, 193, 194)),
    ),
    st.builds(RefuseSpdu, reason=st.none() | octet),
    st.builds(FinishSpdu, transport_disconnect=st.none() | octet, user_data=user_data, user_data_pgi=group),
    st.builds(DisconnectSpdu, user_data=user_data, user_data_pgi=group),
    st.builds(
        AbortSpdu,
        transport_disconnect=st.none() | octet,
        reflect=st.none() | st.binary(max_size=9),
        user_data=user_data,
        user_data_pgi=group,
    ),
    st.just(AbortAcceptSpdu()),
    st.builds(DataSpdu, user_data, enclosure=st.none() | octet),
)


@given(spdus)
@MODEST
def test_what_is_written_is_read_without_deviations(spdu: Spdu) -> None:
    assert session.decode(session.encode(spdu)) == (spdu, ())


@pytest.mark.parametrize(
    ("spdu", "octets"),
    [
        (
            ConnectSpdu(calling_selector=b"\0\1", called_selector=b"\0\2", user_data=b"\xaa\xbb"),
            "0d18 0506 130100 160102 14020002 33020001 34020002 c102aabb",
        ),
        (
            AcceptSpdu(responding_selector=b"\0\1", user_data=b"\xaa"),
            "0e13 0506 130100 160102 14020002 34020001 c101aa",
        ),
        (RefuseSpdu(user_data=b"\x30\x00"), "0c08 110101 3203023000"),
        (FinishSpdu(user_data=b"\x61\x00"), "0907 110101 c1026100"),
        (DisconnectSpdu(user_data=b"\x61\x00"), "0a04 c1026100"),
        (AbortSpdu(user_data=b"\xa0\x00"), "1907 110103 c102a000"),
        (AbortAcceptSpdu(), "1a00"),
        (DataSpdu(b"\x61\x00"), "01000100 6100"),
    ],
)
def test_octets_are_those_that_were_settled(spdu: Spdu, octets: str) -> None:
    assert session.encode(spdu) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("size", "code"), [(1, 193), (512, 193), (513, 194), (10_240, 194)], ids=lambda value: str(value)
)
def test_connect_user_data_choose_their_group_by_size(size: int, code: int) -> None:
    octets = session.encode(ConnectSpdu(user_data=bytes(size)))
    spdu, deviations = session.decode(octets)
    assert isinstance(spdu, ConnectSpdu)
    assert (spdu.user_data_pgi, len(spdu.user_data), deviations) == (code, size, ())


@pytest.mark.parametrize(
    ("size", "header"),
    [(252, "0afe c1fc"), (253, "0aff00ff c1fd"), (254, "0aff0100 c1fe"), (255, "0aff0103 c1ff00ff")],
    ids=lambda value: str(value),
)
def test_length_indicators_grow_at_255(size: int, header: str) -> None:
    octets = session.encode(DisconnectSpdu(user_data=bytes(size)))
    assert octets[: len(bytes.fromhex(header))] == bytes.fromhex(header)
    assert session.decode(octets)[0] == DisconnectSpdu(user_data=bytes(size), user_data_pgi=193)


@pytest.mark.parametrize(
    ("octets", "code", "offset"),
    [
        ("0aff0002 c100", "long-length-indicator", 1),
        ("0a05 c1ff000100", "long-length-indicator", 3),
        ("0a05 630100 c100", "unknown-parameter", 2),
        ("0a05 c10161 c100", "repeated-parameter", 5),
        ("0907 c1026100 110101", "misplaced-parameter", 6),
        ("0a03 c10161 00", "trailing-octets", 5),
    ],
)
def test_deviations_of_form_are_read_and_told(octets: str, code: str, offset: int) -> None:
    _, deviations = session.decode(bytes.fromhex(octets))
    assert [(found.code, found.offset) for found in deviations] == [(code, offset)]


def test_parameters_that_mean_nothing_to_kernel_and_duplex_are_no_deviation() -> None:
    connection_identifier = "0103 0a0141"
    octets = f"0d11 {connection_identifier} 0506 130100 160102 14020002"
    spdu, deviations = session.decode(bytes.fromhex(octets))
    assert (spdu, deviations) == (ConnectSpdu(), ())


def test_group_194_is_read_everywhere() -> None:
    for spdu in (FinishSpdu(user_data=b"a"), AcceptSpdu(user_data=b"a"), AbortSpdu(user_data=b"a")):
        other = replace(spdu, user_data_pgi=194)
        assert session.decode(session.encode(other))[0] == other


def test_refusal_data_outside_the_reason_are_read() -> None:
    spdu, _ = session.decode(bytes.fromhex("0c07 320102 c1023000"))
    assert spdu == RefuseSpdu(transport_disconnect=None, reason=2, user_data=b"\x30\x00", user_data_pgi=193)


@pytest.mark.parametrize(
    ("octets", "offset"),
    [
        ("", 0),
        ("07", 0),
        ("0d", 1),
        ("0dff00", 1),
        ("0d05c10261", 1),
        ("0a03c10561", 3),
        ("0a01c1", 3),
        ("0d03 140102", 2),
        ("0d06 0504 16020200", 4),
        ("0100", 2),
        ("01006100", 2),
        ("0100 01", 3),
        ("0100 0105", 3),
        ("0a84" + "".join(f"{code:02x}00" for code in range(60, 126)), 2 + 2 * 64),
    ],
)
def test_octets_that_are_no_spdu_are_a_typed_error(octets: str, offset: int) -> None:
    with pytest.raises(SessionError) as caught:
        session.decode(bytes.fromhex(octets))
    assert caught.value.layer == "SES"
    assert caught.value.offset == offset


@given(st.binary(max_size=64) | st.builds(lambda code, rest: bytes((code,)) + rest, octet, st.binary()))
@MODEST
def test_garbage_is_an_spdu_or_a_typed_error(octets: bytes) -> None:
    try:
        spdu, _ = session.decode(octets)
    except SessionError:
        return
    assert session.decode(session.encode(spdu))[0] == spdu


@pytest.mark.parametrize(
    "spdu",
    [
        ConnectSpdu(version=256),
        ConnectSpdu(requirements=-1),
        AcceptSpdu(user_data=bytes(0x10000)),
        RefuseSpdu(reason=256),
        ConnectSpdu(calling_selector="text"),  # type: ignore[arg-type]
    ],
)
def test_values_that_do_not_fit_are_a_typed_error(spdu: Spdu) -> None:
    with pytest.raises(EncodingError):
        session.encode(spdu)
