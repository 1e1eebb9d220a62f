"""Data in the usual form take a short way through every layer: with the same outcome as the long one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.profiles.events import ReceivedPdu
from conform62351.profiles.mms import shortcut_writer
from conform62351.profiles.mms.codec import MmsError, decode_by_module, decode_pdu, encode_pdu
from conform62351.profiles.osi import presentation, session
from conform62351.profiles.osi.association import Association, State
from conform62351.profiles.osi.ber_writer import encode_integer, encode_tlv
from conform62351.profiles.osi.events import Data
from conform62351.profiles.osi.ppdu import TD, Pdv
from conform62351.profiles.osi.spdu import DataSpdu
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.transport import cotp, tpkt
from conform62351.profiles.transport.cotp import DT
from conform62351.profiles.transport.tpkt import Tpkt
from conform62351.suites.selfcheck.osi_pairing import CLIENT, READ, SERVER, Pair
from conform62351.suites.selfcheck.policy_samples import ChecksAnew, Plain
from conform62351.suites.selfcheck.spoiling import cut, singly, spoilt

MANY = settings(max_examples=150, deadline=None)
READ_RESPONSES = tuple(
    encode_pdu("confirmed-ResponsePDU", {"invokeID": 300, "service": ("read", {"listOfAccessResult": given})})
    for given in (
        [("success", ("integer", 5))],
        [("failure", 10)],
        [("success", ("structure", [("boolean", True), ("bit-string", (b"\xa0", 3))]))] * 12,
    )
)
NAME = {"domainID": "LD0", "itemID": "LLN0$ST$Mod"}
READ_REQUEST = encode_pdu(
    "confirmed-RequestPDU",
    {
        "invokeID": 5,
        "service": (
            "read",
            {
                "specificationWithResult": False,
                "variableAccessSpecification": (
                    "listOfVariable",
                    [{"variableSpecification": ("name", ("domain-specific", NAME))}],
                ),
            },
        ),
    },
)
PDUS = (*READ_RESPONSES, READ_REQUEST)
VALUES = (*PDUS, READ, b"", bytes(300))


class TakesTheLongWay(ChecksAnew):
    """Does what its parent does, and does not tell that it reads what came: no layer may foresee that."""

    def read_octets(self, name: str, octets: bytes) -> bytes:
        return bytes(bytearray(octets))


def usual(value: bytes, context: int = 3) -> bytes:
    """Return data as everybody sends them: one packet."""
    return packet(presentation.encode(TD((Pdv(context, value),))))


def packet(ppdu: bytes) -> bytes:
    """Return data with this user data: one packet."""
    return tpkt.encode(Tpkt(cotp.encode(DT(session.encode(DataSpdu(ppdu)), True))))


def opened(role: Role, policy: Policy) -> Association:
    """Return one side of an association that is open."""
    policies = {"client_policy" if role is Role.CLIENT else "server_policy": policy}
    pair = Pair(CLIENT, SERVER, **policies).associated()
    machine = pair.client if role is Role.CLIENT else pair.server
    machine.take_received()
    assert machine.state is State.OPEN
    return machine


def outcome(machine: Association, pieces: Sequence[bytes]) -> tuple[Any, ...]:
    """Return all that a machine gives for pieces of a stream and its end, and where it stands."""
    events = [event for piece in pieces for event in machine.receive(piece)]
    events += machine.receive_eof()
    return events, machine.take_received(), machine.take_output(), machine.state


@st.composite
def user_data(draw: st.DrawFn, value: bytes, context: int) -> bytes:
    """Draw user data whose lengths are right, each of them in one of the forms that BER has."""

    def tlv(tag: int, content: bytes) -> bytes:
        size = draw(st.sampled_from([0, 0, 1, 2, 3, -1]))
        if size < 0:
            return bytes((tag, 0x80)) + content + b"\0\0"
        if not size or len(content) >= 1 << 8 * size:
            return encode_tlv(tag, content)
        return bytes((tag, 0x80 | size)) + len(content).to_bytes(size, "big") + content

    return tlv(0x61, tlv(0x30, encode_integer(2, context) + tlv(0xA0, value)))


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """Draw a packet of usual data, spoilt or not, most often with a length that is right all the same."""
    context = draw(st.sampled_from([3, 3, 3, 1, 5, 127]))
    value = draw(st.sampled_from(VALUES))
    if draw(st.booleans()):
        return packet(draw(user_data(value, context)))
    octets = draw(spoilt(usual(value, context)))
    if draw(st.booleans()) and len(octets) >= 4:
        octets = octets[:2] + len(octets).to_bytes(2, "big") + octets[4:]
    return octets


@MANY
@given(
    st.sampled_from(Role),
    st.booleans(),
    st.lists(packets(), min_size=1, max_size=4),
    st.lists(st.integers(0, 600), max_size=4),
)
@example(Role.SERVER, True, [usual(READ), usual(bytes(300)), usual(READ, 1)], [])
@example(Role.CLIENT, True, [usual(READ, 1), tpkt.encode(Tpkt(bytes.fromhex("06 10 00 00 00 01 00")))], [])
def test_usual_data_have_one_outcome_on_both_ways_however_they_are_cut(
    role: Role, reacts: bool, packets: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(packets)
    expected = outcome(opened(role, TakesTheLongWay(reacts)), packets)
    for pieces in (packets, cut(stream, cuts), [stream], singly(stream)):
        assert outcome(opened(role, Plain(reacts)), pieces) == expected
    assert outcome(opened(role, TakesTheLongWay(reacts)), singly(stream)) == expected


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("value", VALUES)
def test_usual_data_are_taken_with_every_pdu_on_record(role: Role, value: bytes) -> None:
    octets = usual(value)
    for policy in (Plain(True), TakesTheLongWay(True)):
        machine = opened(role, policy)
        assert machine.receive(octets) == [Data(3, value)]
        tpdu = octets[4:]
        ppdu = presentation.encode(TD((Pdv(3, value),)))
        assert machine.take_received() == [
            ReceivedPdu("TPKT", Tpkt(tpdu, 3, 0, len(octets)), octets),
            ReceivedPdu("COTP.DT", DT(tpdu[3:]), tpdu),
            ReceivedPdu("SES.DT", DataSpdu(ppdu), tpdu[3:]),
            ReceivedPdu("PRES.TD", TD((Pdv(3, value),)), ppdu),
        ]


@MANY
@given(st.sampled_from(PDUS).flatmap(spoilt))
def test_usual_mms_pdus_read_the_same_on_both_ways(octets: bytes) -> None:
    assert read(decode_pdu, octets) == read(decode_by_module, octets)


def read(decode: Any, octets: bytes) -> Any:
    """Return what a reader makes of octets: the PDU or the error."""
    try:
        return decode(octets)
    except MmsError as error:
        return error.offset, error.message, error.malformed, error.pdu, error.invoke_id


@pytest.mark.parametrize("value", PDUS)
def test_usual_mms_pdus_are_written_the_same_on_both_ways(
    value: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdu = decode_pdu(value)
    short = encode_pdu(pdu.name, pdu.value)
    monkeypatch.setattr(shortcut_writer, "encode", lambda name, value: None)
    assert encode_pdu(pdu.name, pdu.value) == short == value
