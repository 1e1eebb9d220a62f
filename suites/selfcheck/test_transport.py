"""The transport machine: connections, sizes, segmentation, any split of the input, bounds, policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.events import Closed, CloseRequested, Faulted, Noted, Outgoing, Undecodable
from conform62351.profiles.policy import CheckTable, Context, Fault, Policy, Reaction, Step
from conform62351.profiles.role import Role
from conform62351.profiles.transport.connection import TransportConnection
from conform62351.profiles.transport.cotp import CC, CR, DR, DT, ER, Parameter
from conform62351.profiles.transport.events import (
    TransportConfirm,
    TransportEvent,
    TransportIndication,
    TransportRefused,
    Tsdu,
)
from conform62351.profiles.transport.parameters import State, TransportParameters
from conform62351.profiles.transport.tpkt import Tpkt
from conform62351.suites.selfcheck.policy_samples import ChecksAnew, Plain
from conform62351.suites.selfcheck.transport_samples import Lenient, packet, sent

MANY = settings(max_examples=100, deadline=None)
FEW = settings(max_examples=30, deadline=None)


DEFAULTS = TransportParameters()
CORRECT = Policy()


def client(parameters: TransportParameters = DEFAULTS, policy: Policy = CORRECT) -> TransportConnection:
    return TransportConnection(Role.CLIENT, parameters, policy)


def server(parameters: TransportParameters = DEFAULTS, policy: Policy = CORRECT) -> TransportConnection:
    return TransportConnection(Role.SERVER, parameters, policy)


def open_server(policy: Policy = CORRECT, **parameters: Any) -> TransportConnection:
    machine = server(TransportParameters(**parameters), policy)
    machine.receive(packet(CR(0, 7)))
    machine.take_output()
    machine.take_received()
    return machine


def pass_on(source: TransportConnection, target: TransportConnection) -> list[TransportEvent]:
    return [event for outgoing in source.take_output() for event in target.receive(outgoing.octets)]


def test_a_connection_in_octets() -> None:
    one, other = client(TransportParameters(tpdu_size=10)), server(TransportParameters(src_ref=2))
    one.open()
    assert one.state is State.WFCC
    cr = bytes.fromhex("03 00 00 16 11 E0 00 00 00 01 00 C0 01 0A C1 02 00 01 C2 02 00 01")
    assert one.take_output() == [Outgoing(cr, ("TPKT", "COTP.CR"))]
    assert one.take_output() == []
    (indication,) = other.receive(cr)
    assert isinstance(indication, TransportIndication)
    assert indication.cr.called_selector == b"\x00\x01"
    cc = bytes.fromhex("03 00 00 16 11 D0 00 01 00 02 00 C0 01 0A C1 02 00 01 C2 02 00 01")
    assert other.take_output() == [Outgoing(cc, ("TPKT", "COTP.CC"))]
    (confirm,) = one.receive(cc)
    assert isinstance(confirm, TransportConfirm)
    assert (one.state, other.state, one.tpdu_size, other.tpdu_size) == (State.OPEN, State.OPEN, 1024, 1024)
    one.send_tsdu(b"\x0d\x00", ("SES.CN", "PRES.CP"))
    outgoing = one.take_output()
    assert outgoing == [
        Outgoing(bytes.fromhex("03 00 00 09 02 F0 80 0D 00"), ("TPKT", "COTP.DT", "SES.CN", "PRES.CP"))
    ]
    assert other.receive(outgoing[0].octets) == [Tsdu(b"\x0d\x00")]
    assert [pdu.name for pdu in other.take_received()] == ["TPKT", "COTP.CR", "TPKT", "COTP.DT"]
    assert other.take_received() == []


def test_what_was_received_is_kept_with_values_and_octets() -> None:
    machine = server()
    octets = packet(CR(0, 9, parameters=(Parameter(0x99, b"?"),)))
    machine.receive(octets)
    whole, cr = machine.take_received()
    assert (whole.octets, whole.value) == (octets, Tpkt(octets[4:], 3, 0, len(octets)))
    assert (cr.octets, cr.value) == (octets[4:], CR(0, 9, parameters=(Parameter(0x99, b"?"),)))


def test_selectors_that_are_none_are_left_out() -> None:
    machine = client(TransportParameters(calling_selector=None, called_selector=None))
    machine.open()
    assert sent(machine) == [CR(0, 1)]


@pytest.mark.parametrize(
    ("own", "offer", "answer", "size"),
    [
        (None, (), (), 65_531),
        (None, (Parameter(0xC0, b"\x0d"),), (Parameter(0xC0, b"\x0d"),), 8192),
        (None, (Parameter(0xC0, b"\x07"),), (Parameter(0xC0, b"\x07"),), 128),
        (10, (Parameter(0xC0, b"\x0d"),), (Parameter(0xC0, b"\x0a"),), 1024),
        (10, (Parameter(0xC0, b"\x08"),), (Parameter(0xC0, b"\x08"),), 256),
        (10, (), (Parameter(0xC0, b"\x0a"),), 1024),
        (None, (Parameter(0xF0, b"\x10"),), (Parameter(0xF0, b"\x10"),), 2048),
        (None, (Parameter(0xF0, b"\x10"), Parameter(0xC0, b"\x07")), (Parameter(0xF0, b"\x10"),), 2048),
        (None, (Parameter(0xF0, b"\x7f\xff\xff\xff"),), (Parameter(0xF0, b"\x01\xff"),), 65_408),
        (9, (Parameter(0xF0, b"\x10"),), (Parameter(0xF0, b"\x04"),), 512),
        (None, (Parameter(0xF0, b"\x00"), Parameter(0xC0, b"\x0b")), (Parameter(0xC0, b"\x0b"),), 2048),
    ],
)
def test_sizes_are_agreed(
    own: int | None, offer: tuple[Parameter, ...], answer: tuple[Parameter, ...], size: int
) -> None:
    machine = server(TransportParameters(tpdu_size=own))
    machine.receive(packet(CR(0, 1, parameters=offer)))
    (cc,) = sent(machine)
    assert isinstance(cc, CC)
    assert (cc.parameters, machine.tpdu_size) == (answer, size)


@pytest.mark.parametrize(
    ("own", "answer", "size"),
    [
        (None, (), 65_531),
        (None, (Parameter(0xC0, b"\x0b"),), 2048),
        (10, (), 1024),
        (10, (Parameter(0xC0, b"\x09"),), 512),
    ],
)
def test_the_client_takes_the_size_that_is_answered(
    own: int | None, answer: tuple[Parameter, ...], size: int
) -> None:
    machine = client(TransportParameters(tpdu_size=own))
    machine.open()
    machine.receive(packet(CC(1, 5, parameters=answer)))
    assert machine.tpdu_size == size


@pytest.mark.parametrize(
    ("name", "number"), [("tpdu_size", 6), ("tpdu_size", 14), ("src_ref", -1), ("src_ref", 65_536)]
)
def test_parameters_that_no_tpdu_can_carry(name: str, number: Any) -> None:
    with pytest.raises(ValueError, match=r"exponent|16 bits"):
        replace(DEFAULTS, **{name: number})


@FEW
@given(st.integers(7, 13), st.integers(0, 20_000) | st.sampled_from((125, 126, 250, 251, 1021, 1022)))
def test_tsdus_are_segmented_and_put_together(exponent: int, length: int) -> None:
    one, other = client(TransportParameters(tpdu_size=exponent)), server()
    one.open()
    pass_on(one, other)
    pass_on(other, one)
    octets = bytes(index % 251 for index in range(length))
    one.send_tsdu(octets, ("SES.DT",))
    (outgoing,) = one.take_output()
    events = [event for event in other.receive(outgoing.octets) if not isinstance(event, Noted)]
    assert events == [Tsdu(octets)]
    data = [pdu for pdu in other.take_received() if pdu.name == "COTP.DT"]
    assert len(data) == max(1, -(-length // ((1 << exponent) - 3)))
    assert all(len(pdu.octets) <= 1 << exponent for pdu in data)
    assert [pdu.value.eot for pdu in data] == [False] * (len(data) - 1) + [True]


@FEW
@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=6))
def test_segments_of_any_length_are_put_together(parts: list[bytes]) -> None:
    machine = open_server()
    stream = b"".join(packet(DT(part, eot=index == len(parts) - 1)) for index, part in enumerate(parts))
    assert machine.receive(stream) == [Tsdu(b"".join(parts))]


_TPDUS = st.one_of(
    st.builds(DT, st.binary(max_size=20), st.booleans(), st.sampled_from((0, 0, 0, 5))),
    st.just(CR(0, 7, parameters=(Parameter(0xC0, b"\x07"), Parameter(0xC0, b"\x08")))),
    st.just(CR(1, 7, 0x40)),
    st.just(CC(1, 9)),
    st.just(DR(1, 0, 3)),
    st.just(ER(0, 9)),
    st.binary(max_size=12),
)
_PIECES = st.one_of(_TPDUS.map(packet), _TPDUS.map(packet), st.binary(max_size=12))


@MANY
@given(
    st.sampled_from(Role),
    st.booleans(),
    st.booleans(),
    st.lists(_PIECES, max_size=8).map(b"".join),
    st.data(),
)
def test_any_split_gives_the_same(
    role: Role, reacts: bool, connected: bool, stream: bytes, data: st.DataObject
) -> None:
    if connected:
        stream = packet(CR(0, 7) if role is Role.SERVER else CC(1, 7)) + stream
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    results = []
    for pieces in (
        [stream],
        [stream[index : index + 1] for index in range(len(stream))],
        [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)],
    ):
        policy = CORRECT if reacts else Lenient()
        machine = TransportConnection(role, TransportParameters(max_tsdu=30), policy)
        if role is Role.CLIENT:
            machine.open()
        events = [event for piece in pieces for event in machine.receive(piece)]
        results.append((events, machine.receive_eof(), machine.take_output(), machine.take_received()))
    assert results[0] == results[1] == results[2]
    assert results[0][1][-1] == Closed()


def _spoilt(pdu: bytes, changes: list[tuple[int, int]]) -> bytes:
    octets = bytearray(pdu)
    for at, octet in changes:
        if at < len(octets):
            octets[at] = octet
    return bytes(octets)


_DATA = st.builds(
    _spoilt,
    st.builds(DT, st.binary(max_size=40), st.sampled_from((True, True, False))).map(packet),
    st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 255) | st.sampled_from((2, 3, 0x80, 0xF0))), max_size=2
    ),
)


@MANY
@given(st.sampled_from(Role), st.booleans(), st.sampled_from((None, 7)), st.lists(_DATA, max_size=5))
@example(Role.CLIENT, False, None, [packet(DT(b"ab", eot=False)), packet(DT(b"c"))])
@example(Role.SERVER, True, None, [packet(DT(bytes(150)))])
@example(Role.SERVER, True, None, [packet(DT(bytes(151)))])
@example(Role.CLIENT, True, 7, [packet(DT(bytes(125)))])
@example(Role.CLIENT, True, 7, [packet(DT(bytes(126)))])
@example(Role.CLIENT, False, None, [packet(DT(b"a"))[:5], packet(DT(b"b"))])
def test_data_in_the_usual_form_are_taken_as_any_data(
    role: Role, reacts: bool, size: int | None, packets: list[bytes]
) -> None:
    results = []
    for policy in (Plain(reacts), ChecksAnew(reacts)):
        machine = TransportConnection(role, TransportParameters(tpdu_size=size, max_tsdu=150), policy)
        if role is Role.CLIENT:
            machine.open()
        machine.receive(packet(CR(0, 7) if role is Role.SERVER else CC(1, 7)))
        events = [event for octets in packets for event in machine.receive(octets)]
        results.append((events, machine.receive_eof(), machine.take_output(), machine.take_received()))
    assert results[0] == results[1]


class Picky(Policy):
    """Closes on whatever the table called ``table`` looks at."""

    table = ""

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        if table.name != self.table:
            return table.steps
        return (*table.steps, Step("X.1", "never", "none", "I", lambda _: Fault("never", Reaction.CLOSE)))


@pytest.mark.parametrize("table", ["TPKT", "TPKT.ARRIVAL", "COTP", "COTP.DT"])
def test_a_check_of_the_policy_is_made_on_data_in_the_usual_form(table: str) -> None:
    policy = Picky()
    machine = open_server(policy)
    policy.table = table
    assert [type(event) for event in machine.receive(packet(DT(b"a")))] == [Faulted, CloseRequested]


@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_tester_says_so_when_packets_can_no_longer_be_told_apart(length: int) -> None:
    machine = open_server(Lenient())
    events = machine.receive(bytes((3, 0, 0, length)) + packet(DT(b"x")))
    assert [type(event) for event in events] == [Noted, Undecodable]
    assert machine.receive(packet(DT(b"x"))) == []
    assert machine.receive_eof() == [Closed()]


def test_the_end_of_tcp_tells_what_was_left() -> None:
    machine = open_server()
    assert machine.receive(packet(DT(b"abc", eot=False)) + b"\x03\x00\x00") == []
    rest, tsdu, closed = machine.receive_eof()
    assert isinstance(rest, Undecodable)
    assert isinstance(tsdu, Undecodable)
    assert (rest.layer, rest.octets) == ("TPKT", b"\x03\x00\x00")
    assert (tsdu.layer, tsdu.name, tsdu.octets) == ("COTP", "COTP.DT", b"abc")
    assert closed == Closed()
    assert machine.state is State.ENDED
    assert machine.receive(packet(DT(b"x"))) == []


def test_a_tsdu_that_never_ends_is_a_fault() -> None:
    machine = open_server(max_tsdu=100)
    assert machine.receive(packet(DT(bytes(60), eot=False)) + packet(DT(bytes(40), eot=False))) == []
    fault, close = machine.receive(packet(DT(b"x", eot=False)) + packet(DT(b"")))
    assert isinstance(fault, Faulted)
    assert fault.finding.step == "COTP.DT.7"
    assert close == CloseRequested()


def test_empty_segments_count_towards_the_bound() -> None:
    machine = open_server(max_tsdu=10)
    events = machine.receive(packet(DT(b"", eot=False)) * 11)
    assert [event.finding.step for event in events if isinstance(event, Faulted)] == ["COTP.DT.7"]


def test_a_tester_keeps_no_more_than_the_bound_either() -> None:
    machine = open_server(Lenient(), max_tsdu=10)
    machine.receive(packet(DT(bytes(8), eot=False)))
    events = machine.receive(packet(DT(bytes(8), eot=False)) + packet(DT(bytes(8))) + packet(DT(b"next")))
    assert [type(event) for event in events] == [Noted, Noted, Undecodable, Tsdu]
    assert events[-1] == Tsdu(b"next")
    machine.receive(packet(DT(bytes(8), eot=False)) * 2)
    unfinished = machine.receive_eof()[0]
    assert isinstance(unfinished, Undecodable)
    assert unfinished.octets == b""


def test_the_default_bound_holds_connect_data_and_the_largest_mms_pdu() -> None:
    machine = open_server()
    octets = bytes(65_536 + 10_240)
    one = client()
    one.send_tsdu(octets, ())
    assert machine.receive(one.take_output()[0].octets) == [Tsdu(octets)]


def test_refused_by_the_peer() -> None:
    machine = client()
    machine.open()
    assert machine.receive(packet(DR(1, 0, 3)) + packet(DT(b"x"))) == [
        TransportRefused(DR(1, 0, 3)),
        CloseRequested(),
    ]


def test_a_tester_sends_what_it_wants() -> None:
    machine = client()
    machine.send_tpdu(b"\x05\xc0\x00\x01\x00\x02", ("COTP.DC",))
    machine.send_raw(b"GET / HTTP/1.0\r\n", ("RAW",))
    machine.send_tsdu(b"", ())
    assert machine.take_output() == [
        Outgoing(bytes.fromhex("03 00 00 0A 05 C0 00 01 00 02"), ("TPKT", "COTP.DC")),
        Outgoing(b"GET / HTTP/1.0\r\n", ("RAW",)),
        Outgoing(bytes.fromhex("03 00 00 07 02 F0 80"), ("TPKT", "COTP.DT")),
    ]


class Rewriting(Policy):
    """Changes what it is told to, and remembers what it was asked."""

    def __init__(self, values: dict[str, dict[str, Any]], octets: dict[str, bytes | None]) -> None:
        self.values = values
        self.octets = octets
        self.asked: list[str] = []

    def rewrite(self, name: str, value: Any) -> Any:
        self.asked.append(name)
        return replace(value, **self.values.get(name, {}))

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        self.asked.append(f"{name} octets")
        return self.octets.get(name, octets)


def test_the_policy_rewrites_every_layer_inside_out() -> None:
    policy = Rewriting({"COTP.CR": {"src_ref": 9}, "TPKT": {"version": 4}}, {})
    machine = client(TransportParameters(calling_selector=None, called_selector=None), policy)
    machine.open()
    assert machine.take_output()[0].octets == bytes.fromhex("04 00 00 0B 06 E0 00 00 00 09 00")
    assert policy.asked == ["COTP.CR", "COTP.CR octets", "TPKT", "TPKT octets"]


def test_the_length_of_the_packet_follows_rewritten_octets() -> None:
    machine = client(policy=Rewriting({}, {"COTP.CR": b"\x01\x02\x03"}))
    machine.open()
    assert machine.take_output()[0].octets == bytes.fromhex("03 00 00 07 01 02 03")


@pytest.mark.parametrize("name", ["TPKT", "COTP.DT"])
def test_what_the_policy_withholds_is_not_sent(name: str) -> None:
    machine = client(policy=Rewriting({}, {name: None}))
    machine.send_tsdu(bytes(100_000), ())
    assert machine.take_output() == []


def test_a_value_that_cannot_be_encoded_is_an_error_of_the_caller() -> None:
    machine = client(policy=Rewriting({"COTP.CR": {"src_ref": 70_000}}, {}))
    with pytest.raises(EncodingError):
        machine.open()
    with pytest.raises(EncodingError):
        client().send_tpdu(bytes(65_532), ())
