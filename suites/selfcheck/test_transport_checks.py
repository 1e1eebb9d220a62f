"""Every check on packets and TPDUs: what it finds, what is done about it, and what happens without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from conform62351.fixtures.faults.building import AddStep, CutData, LeaveOut
from conform62351.profiles.events import Closed, CloseRequested, Faulted, Noted
from conform62351.profiles.policy import CheckTable, Context, Fault, Policy, Reaction, Step
from conform62351.profiles.role import Role
from conform62351.profiles.transport import cotp
from conform62351.profiles.transport.checks import TABLES
from conform62351.profiles.transport.connection import TransportConnection
from conform62351.profiles.transport.cotp import CC, CR, DC, DR, DT, ER, OtherTpdu, Parameter, Tpdu
from conform62351.profiles.transport.events import TransportConfirm, TransportIndication, Tsdu
from conform62351.profiles.transport.parameters import State, TransportParameters
from conform62351.suites.selfcheck.transport_samples import Lenient, packet, sent

CLIENT, SERVER = Role.CLIENT, Role.SERVER
IDLE, WFCC, OPEN = State.IDLE, State.WFCC, State.OPEN
CLOSE, NOTE = Reaction.CLOSE, Reaction.NOTE
ERROR, DISCONNECT = Reaction.ERROR_AND_CLOSE, Reaction.DISCONNECT
GOOD_CR = CR(0, 7)
GOOD_CC = CC(1, 7)
CLASS_4 = CR(0, 7, 0x40)
CLASS_4_OR_2 = CR(0, 7, 0x40, (Parameter(cotp.ALTERNATIVE_CLASSES, b"\x20"),))
RESERVED_SET = bytes.fromhex("03 01 00 0B 06 E0 00 00 00 07 00")


def machine_in(role: Role, state: State, policy: Policy) -> TransportConnection:
    parameters = TransportParameters(tpdu_size=10, own_selector=b"\x00\x01", max_tsdu=2000)
    machine = TransportConnection(role, parameters, policy)
    if role is CLIENT and state is not IDLE:
        machine.open()
    if state is OPEN:
        machine.receive(packet(GOOD_CR if role is SERVER else GOOD_CC))
    assert machine.state is state
    machine.take_output()
    return machine


def cr(code: int, *values: bytes) -> CR:
    return CR(0, 7, parameters=tuple(Parameter(code, value) for value in values))


def cc(code: int, *values: bytes) -> CC:
    return CC(1, 7, parameters=tuple(Parameter(code, value) for value in values))


@dataclass(frozen=True)
class Row:
    """A fault: the step that finds it in a machine, what it does, and what it sends about it."""

    step: str
    reaction: Reaction
    role: Role
    state: State
    octets: Tpdu | bytes
    answer: Tpdu | None = None

    @property
    def stream(self) -> bytes:
        return self.octets if isinstance(self.octets, bytes) else packet(self.octets)


def er(cause: int, rejected: str, dst_ref: int = 7) -> ER:
    return ER(dst_ref, cause, (Parameter(cotp.INVALID_TPDU, bytes.fromhex(rejected)),))


ROWS = (
    Row("TPKT.1", CLOSE, SERVER, IDLE, bytes.fromhex("02 00 00 0B 06 E0 00 00 00 07 00")),
    Row("TPKT.1", CLOSE, CLIENT, OPEN, b"HTTP"),
    Row("TPKT.2", CLOSE, SERVER, IDLE, RESERVED_SET),
    Row("TPKT.3", CLOSE, SERVER, IDLE, bytes.fromhex("03 00 00 06")),
    Row("TPKT.3", CLOSE, SERVER, OPEN, bytes.fromhex("03 00 00 00")),
    Row("COTP.1", CLOSE, SERVER, IDLE, packet(bytes.fromhex("09 E0 00 00 00 07 00 C0 02 0A"))),
    Row("COTP.1", CLOSE, SERVER, OPEN, packet(bytes.fromhex("04 F0 80"))),
    Row("COTP.2", ERROR, SERVER, OPEN, DC(1, 7), er(2, "05 C0")),
    Row("COTP.2", ERROR, CLIENT, OPEN, OtherTpdu(bytes.fromhex("04 60 00 01 00")), er(2, "04 60")),
    Row("COTP.2", ERROR, SERVER, OPEN, OtherTpdu(bytes.fromhex("04 20 00 01 00")), er(2, "04 20")),
    Row("COTP.2", ERROR, SERVER, IDLE, OtherTpdu(bytes.fromhex("02 00 80")), er(2, "02 00", 0)),
    Row("COTP.CR.1", ERROR, SERVER, OPEN, GOOD_CR, er(2, "06 E0")),
    Row("COTP.CR.1", ERROR, CLIENT, WFCC, GOOD_CR, er(2, "06 E0")),
    Row("COTP.CR.2", CLOSE, SERVER, IDLE, CR(1, 7)),
    Row("COTP.CR.3", CLOSE, SERVER, IDLE, CR(0, 7, cdt=1)),
    Row("COTP.CR.4", ERROR, SERVER, IDLE, CLASS_4, er(3, "06 E0 00 00 00 07 40")),
    Row("COTP.CR.4", ERROR, SERVER, IDLE, CLASS_4_OR_2, er(3, "09 E0 00 00 00 07 40")),
    Row("COTP.CR.5", CLOSE, SERVER, IDLE, CR(0, 7, 0x02)),
    Row("COTP.CR.6", NOTE, SERVER, IDLE, cr(0xC1, b"\1", b"\2")),
    Row("COTP.CR.7", ERROR, SERVER, IDLE, cr(0xC0, b"\x06"), er(3, "09 E0 00 00 00 07 00 C0 01 06")),
    Row("COTP.CR.7", ERROR, SERVER, IDLE, cr(0xC0, b"\x0e"), er(3, "09 E0 00 00 00 07 00 C0 01 0E")),
    Row("COTP.CR.7", ERROR, SERVER, IDLE, cr(0xC0, b""), er(3, "08 E0 00 00 00 07 00 C0 00")),
    Row("COTP.CR.8", NOTE, SERVER, IDLE, cr(0xF0, b"\x00")),
    Row("COTP.CR.8", NOTE, SERVER, IDLE, cr(0xF0, bytes(4) + b"\1")),
    Row("COTP.CR.9", NOTE, SERVER, IDLE, cr(0xC1, b"")),
    Row("COTP.CR.9", NOTE, SERVER, IDLE, cr(0xC1, bytes(33))),
    Row("COTP.CR.10", DISCONNECT, SERVER, IDLE, cr(0xC2, b"\x00\x02"), DR(7, 0, 3)),
    Row("COTP.CR.11", CLOSE, SERVER, IDLE, CR(0, 7, user_data=b"x")),
    Row("COTP.CC.1", ERROR, SERVER, IDLE, GOOD_CC, er(2, "06 D0")),
    Row("COTP.CC.1", ERROR, CLIENT, OPEN, GOOD_CC, er(2, "06 D0")),
    Row("COTP.CC.2", CLOSE, CLIENT, WFCC, CC(2, 7)),
    Row("COTP.CC.3", CLOSE, CLIENT, WFCC, CC(1, 7, cdt=1)),
    Row("COTP.CC.4", CLOSE, CLIENT, WFCC, CC(1, 7, 0x20)),
    Row("COTP.CC.5", CLOSE, CLIENT, WFCC, CC(1, 7, 0x01)),
    Row("COTP.CC.6", ERROR, CLIENT, WFCC, cc(0x99, b""), er(1, "08 D0 00 01 00 07 00 99 00")),
    Row("COTP.CC.7", NOTE, CLIENT, WFCC, cc(0xC0, b"\x07", b"\x08")),
    Row("COTP.CC.8", CLOSE, CLIENT, WFCC, cc(0xC0, b"\x0b")),
    Row("COTP.CC.8", CLOSE, CLIENT, WFCC, cc(0xC0, b"\x00")),
    Row("COTP.CC.9", CLOSE, CLIENT, WFCC, cc(0xF0, b"\x01")),
    Row("COTP.CC.10", NOTE, CLIENT, WFCC, cc(0xC2, b"\x00\x02")),
    Row("COTP.CC.11", CLOSE, CLIENT, WFCC, CC(1, 7, user_data=b"x")),
    Row("COTP.DT.1", ERROR, SERVER, IDLE, DT(b"x"), er(2, "02 F0", 0)),
    Row("COTP.DT.1", ERROR, CLIENT, WFCC, DT(b"x"), er(2, "02 F0", 0)),
    Row("COTP.DT.2", CLOSE, SERVER, OPEN, DT(b"x", header=b"\x01")),
    Row("COTP.DT.3", CLOSE, SERVER, OPEN, DT(b"x", roa=1)),
    Row("COTP.DT.4", CLOSE, SERVER, OPEN, DT(b"x", number=1)),
    Row("COTP.DT.5", CLOSE, SERVER, OPEN, DT(bytes(1022))),
    Row("COTP.DT.6", NOTE, SERVER, OPEN, DT(b"")),
    Row("COTP.DT.7", CLOSE, SERVER, OPEN, packet(DT(bytes(1000), eot=False)) * 3),
    Row("COTP.DR.1", CLOSE, SERVER, OPEN, DR(1, 7, 0)),
    Row("COTP.DR.1", CLOSE, CLIENT, OPEN, DR(1, 7, 0)),
    Row("COTP.DR.2", NOTE, CLIENT, WFCC, DR(2, 0, 0)),
    Row("COTP.DR.3", NOTE, CLIENT, WFCC, DR(1, 0, 0, user_data=b"x")),
    Row("COTP.ER.1", CLOSE, SERVER, IDLE, er(2, "00", 1)),
    Row("COTP.ER.2", NOTE, CLIENT, WFCC, er(2, "00", 2)),
    Row("COTP.ER.3", NOTE, SERVER, OPEN, er(4, "00", 1)),
    Row("COTP.ER.4", NOTE, CLIENT, OPEN, ER(1, 2)),
    Row("COTP.ER.5", NOTE, CLIENT, OPEN, ER(1, 2, (Parameter(0xC1, b""),), b"x")),
)


def test_every_step_has_a_row() -> None:
    assert {row.step for row in ROWS} == {step.id for table in TABLES.values() for step in table.steps}


def test_steps_are_numbered_in_their_order() -> None:
    for name, table in TABLES.items():
        assert name == table.name
        numbers = range(1, len(table.steps) + 1)
        assert [step.id for step in table.steps] == [f"{name}.{number}" for number in numbers]
        assert all(step.provenance in "SNERFI" and step.clause for step in table.steps)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.step}-{row.role.value}-{row.state.value}")
def test_faults_and_reactions(row: Row) -> None:
    machine = machine_in(row.role, row.state, Policy())
    events = machine.receive(row.stream + packet(DT(b"more")))
    found = [event for event in events if isinstance(event, Faulted | Noted)]
    assert found[0].finding.step == row.step
    assert found[0].finding.fault.reaction is row.reaction
    if row.reaction is NOTE:
        assert isinstance(found[0], Noted)
    else:
        assert events == [found[0], CloseRequested()]
        assert isinstance(found[0], Faulted)
        assert machine.state is State.ENDED
        assert sent(machine) == ([] if row.answer is None else [row.answer])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.step}-{row.role.value}-{row.state.value}")
def test_a_tester_notes_every_fault_and_goes_on(row: Row) -> None:
    machine = machine_in(row.role, row.state, Lenient())
    events = machine.receive(row.stream)
    assert row.step in [event.finding.step for event in events if isinstance(event, Noted)]
    assert not any(isinstance(event, Faulted) for event in events)
    if not isinstance(row.octets, DR | ER):
        assert machine.state is not State.ENDED
        assert not any(isinstance(outgoing, ER | DR) for outgoing in sent(machine))


@pytest.mark.parametrize(
    ("step", "role", "state", "octets", "event"),
    [
        ("TPKT.2", SERVER, IDLE, RESERVED_SET, TransportIndication(GOOD_CR)),
        ("COTP.CR.1", SERVER, OPEN, packet(GOOD_CR), TransportIndication(GOOD_CR)),
        ("COTP.CR.4", SERVER, IDLE, packet(CLASS_4), TransportIndication(CLASS_4)),
        ("COTP.CC.1", CLIENT, OPEN, packet(GOOD_CC), TransportConfirm(GOOD_CC)),
        ("COTP.DT.1", SERVER, IDLE, packet(DT(b"x")), Tsdu(b"x")),
        ("COTP.DT.5", SERVER, OPEN, packet(DT(bytes(1022))), Tsdu(bytes(1022))),
    ],
)
def test_without_the_step_nothing_is_found(
    step: str, role: Role, state: State, octets: bytes, event: object
) -> None:
    assert machine_in(role, state, LeaveOut(step)).receive(octets) == [event]


@pytest.mark.parametrize(
    ("step", "role", "tpdu", "size"),
    [
        ("COTP.CR.7", SERVER, cr(0xC0, b"\xff"), 1024),
        ("COTP.CC.8", CLIENT, cc(0xC0, b"\xff"), 65_531),
        ("COTP.CC.9", CLIENT, cc(0xF0, b"\x10"), 2048),
        ("COTP.CC.9", CLIENT, cc(0xF0, b"\xff\xff\xff\xff"), 65_531),
    ],
)
def test_without_the_step_no_size_is_more_than_a_packet_holds(
    step: str, role: Role, tpdu: Tpdu, size: int
) -> None:
    machine = machine_in(role, WFCC if role is CLIENT else IDLE, LeaveOut(step))
    machine.receive(packet(tpdu))
    assert (machine.state, machine.tpdu_size) == (OPEN, size)


def test_an_error_gives_back_no_more_than_the_beginning() -> None:
    machine = machine_in(CLIENT, WFCC, Policy())
    answer = packet(cc(0x99, bytes(240)))
    machine.receive(answer)
    assert sent(machine) == [er(1, answer[4 : 4 + 128].hex())]


class Ignoring(Policy):
    """Drops every PDU that the table called ``name`` looks at."""

    def __init__(self, name: str) -> None:
        self.name = name

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        def test(context: Context) -> Fault | None:
            return Fault("not today", Reaction.IGNORE)

        return [Step(f"{self.name}.1", "ignored", "-", "I", test)] if table.name == self.name else table.steps


@pytest.mark.parametrize("name", ["TPKT", "COTP", "COTP.CR"])
def test_what_is_ignored_changes_nothing(name: str) -> None:
    machine = machine_in(SERVER, IDLE, Ignoring(name))
    events = machine.receive(packet(GOOD_CR) + packet(GOOD_CR))
    assert [event.finding.step for event in events if isinstance(event, Faulted)] == [f"{name}.1"] * 2
    assert len(events) == 2
    assert machine.state is IDLE
    assert sent(machine) == []
    assert machine.receive_eof() == [Closed()]


def test_an_alternative_class_0_is_taken() -> None:
    machine = machine_in(SERVER, IDLE, Policy())
    offer = CR(0, 7, 0x42, (Parameter(0xC7, b"\x20\x00"), Parameter(0xC3, b"\0\0")), 3, b"data of class 4")
    assert machine.receive(packet(offer)) == [TransportIndication(offer)]
    (answer,) = sent(machine)
    assert isinstance(answer, CC)
    assert answer.class_option == 0


def test_a_cr_without_called_selector_is_taken() -> None:
    assert machine_in(SERVER, IDLE, Policy()).receive(packet(GOOD_CR)) == [TransportIndication(GOOD_CR)]
    called = cr(0xC2, b"\x00\x01")
    assert machine_in(SERVER, IDLE, Policy()).receive(packet(called)) == [TransportIndication(called)]


PACKETS_IN_PIECES = AddStep.when(
    "TPKT.ARRIVAL", lambda arrival: arrival.buffered != arrival.length, Reaction.CLOSE
)


def test_a_policy_can_look_at_how_a_packet_arrives() -> None:
    octets = packet(GOOD_CR)
    assert isinstance(machine_in(SERVER, IDLE, PACKETS_IN_PIECES).receive(octets)[0], TransportIndication)
    for first in (octets[:5], octets + octets[:1]):
        (fault, _) = machine_in(SERVER, IDLE, PACKETS_IN_PIECES).receive(first)
        assert isinstance(fault, Faulted)


def test_a_policy_can_cut_a_tsdu_as_it_likes() -> None:
    machine = machine_in(CLIENT, OPEN, CutData(lambda _left, _room: 3))
    machine.send_tsdu(b"abcdefgh", ("SES.DT",))
    (outgoing,) = machine.take_output()
    assert outgoing.octets == b"".join(
        packet(DT(data, eot)) for data, eot in ((b"abc", False), (b"def", False), (b"gh", True))
    )
