"""The association machine under any input: every SPDU in every state, any split, mutations and garbage."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.events import Closed, CloseRequested, Outgoing, Undecodable
from conform62351.profiles.osi.association import Association, Layer, State
from conform62351.profiles.osi.events import AssociateIndication, AssociationEvent, Data
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_catalogue import STIMULI
from conform62351.suites.selfcheck.osi_pairing import (
    DATA,
    READ,
    Bent,
    Pair,
    faults,
    notes,
    rest,
)
from conform62351.suites.selfcheck.osi_stimuli import Stimulus, play

CAPTURED = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "aarq-commercial-tool.hex"
MODEST = settings(max_examples=100, deadline=None)
BOTH = (Role.CLIENT, Role.SERVER)
PLACES: dict[State, dict[Role, tuple[str, ...]]] = {
    State.CONNECTED: {Role.CLIENT: (), Role.SERVER: ("SES.CN",)},
    State.ASSOCIATING: {Role.CLIENT: ("SES.AC", "SES.RF")},
    State.INDICATED: {Role.SERVER: ()},
    State.OPEN: dict.fromkeys(BOTH, ("SES.DT", "SES.FN")),
    State.RELEASING: dict.fromkeys(BOTH, ("SES.DT", "SES.FN", "SES.DN")),
    State.RELEASE_INDICATED: dict.fromkeys(BOTH, ()),
    State.COLLISION: dict.fromkeys(BOTH, ("SES.DN",)),
}
"""SPDUs that have a place, by state and role; ABORT has one everywhere."""
WHERE = [(role, state) for state, roles in PLACES.items() for role in roles]
SPDUS = ("SES.CN", "SES.AC", "SES.RF", "SES.FN", "SES.DN", "SES.AB", "SES.AA", "SES.DT")
PLACE_STEPS = {name: f"{name}.{4 if name == 'SES.DT' else 5}" for name in SPDUS}


@cache
def tsdus() -> dict[str, bytes]:
    """Return a well-formed TSDU for every SPDU."""
    pair = Pair().associated()
    pair.client.send_data(READ, DATA)
    pair.client.release()
    pair.carry().server.accept_release()
    pair.carry()
    refused, aborted = Pair().indicated(), Pair().associated()
    refused.server.reject(result=1, source=1)
    aborted.client.abort()
    found = {**pair.tsdus, **refused.carry().tsdus, **aborted.carry().tsdus, "SES.AA": b"\x1a\x00"}
    assert set(SPDUS) <= set(found)
    return found


def machine_in(role: Role, state: State, policy: Bent | None = None) -> Association:
    """Return a machine in ``state``, with nothing left to take."""
    if role is Role.CLIENT:
        pair = Pair(client_policy=policy)
        machine, other = pair.client, pair.server
    else:
        pair = Pair(server_policy=policy)
        machine, other = pair.server, pair.client
    if state is State.CONNECTED:
        pair.connected()
    elif state in (State.ASSOCIATING, State.INDICATED):
        pair.indicated()
    else:
        pair.associated()
    if state in (State.RELEASING, State.COLLISION):
        machine.release()
    if state in (State.RELEASE_INDICATED, State.COLLISION):
        other.release()
        pair.carry()
    machine.take_output()
    machine.take_received()
    assert machine.state is state
    return machine


def wrapped(tsdu: bytes) -> bytes:
    """Return TPKT and DT around a TSDU."""
    return b"\x03\x00" + (len(tsdu) + 7).to_bytes(2, "big") + b"\x02\xf0\x80" + tsdu


def spdu_names(output: list[Outgoing]) -> list[tuple[str, ...]]:
    return [message.names[2:] for message in output]


@pytest.mark.parametrize("name", SPDUS)
@pytest.mark.parametrize(("role", "state"), WHERE, ids=str)
def test_every_spdu_in_every_state(role: Role, state: State, name: str) -> None:
    machine = machine_in(role, state)
    events = machine.receive(wrapped(tsdus()[name]))
    output = spdu_names(machine.take_output())
    if name == "SES.AB":
        assert (machine.state, output, events[-1]) == (State.CLOSED, [], CloseRequested())
    elif name == "SES.AA":
        assert (machine.state, output, faults(events)) == (state, [], ["SES.AA.2"])
    elif name in PLACES[state][role]:
        assert faults(events) == []
        assert output == []
    else:
        assert faults(events) == [PLACE_STEPS[name]]
        assert rest(events) == [CloseRequested()]
        assert output == [("SES.AB",)]
        assert machine.state is State.ENDING


@pytest.mark.parametrize("name", SPDUS)
@pytest.mark.parametrize(("role", "state"), WHERE, ids=str)
def test_a_tester_survives_every_spdu_in_every_state(role: Role, state: State, name: str) -> None:
    machine = machine_in(role, state, Bent(reacting=False))
    events = machine.receive(wrapped(tsdus()[name]))
    assert faults(events) == []
    assert machine.take_output() == []
    if name not in ("SES.AB", "SES.AA", *PLACES[state][role]):
        assert PLACE_STEPS[name] in notes(events)
    machine.inject(Layer.COTP, b"\x1a\x00", "SES.AA")
    assert len(machine.take_output()) == 1
    assert machine.receive_eof()[-1] == Closed()


@pytest.mark.parametrize(("role", "state"), WHERE, ids=str)
def test_the_end_of_tcp_in_every_state_and_within_a_packet(role: Role, state: State) -> None:
    assert machine_in(role, state).receive_eof() == [Closed()]
    machine = machine_in(role, state)
    assert machine.receive(wrapped(tsdus()["SES.DT"])[:-1]) == []
    torn, closed = machine.receive_eof()
    assert isinstance(torn, Undecodable)
    assert closed == Closed()
    assert machine.state is State.CLOSED


@pytest.mark.parametrize("stimulus", STIMULI, ids=lambda stimulus: stimulus.name)
def test_octet_by_octet_gives_the_events_of_the_whole(stimulus: Stimulus) -> None:
    whole, pieces = play(stimulus, Bent()), play(stimulus, Bent(), piece=1)
    assert pieces.messages == whole.messages
    assert pieces.client_events == whole.client_events
    assert pieces.server_events == whole.server_events


@given(st.sampled_from(WHERE), st.lists(st.sampled_from(SPDUS), min_size=1, max_size=4), st.data())
@MODEST
def test_any_split_of_any_input_gives_the_same_events(
    where: tuple[Role, State], names: list[str], data: st.DataObject
) -> None:
    octets = b"".join(wrapped(tsdus()[name]) for name in names)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(octets)), max_size=8)))
    whole, split = machine_in(*where), machine_in(*where)
    events: list[AssociationEvent] = []
    for start, end in pairwise((0, *cuts, len(octets))):
        events += split.receive(octets[start:end])
    assert events == whole.receive(octets)
    assert split.state is whole.state
    assert split.take_output() == whole.take_output()
    assert split.take_received() == whole.take_received()


@given(st.sampled_from(WHERE), st.sampled_from(SPDUS), st.booleans(), st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_pdus_in_any_state_raise_nothing(
    where: tuple[Role, State], name: str, reacting: bool, data: st.DataObject
) -> None:
    octets = bytearray(tsdus()[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(octets) - 1, 0)))
        match data.draw(st.sampled_from(("set", "cut", "insert", "repeat"))):
            case "set":
                octets[at : at + 1] = bytes((data.draw(st.integers(0, 255)),))
            case "cut":
                del octets[at : at + data.draw(st.integers(1, 8))]
            case "insert":
                octets[at:at] = data.draw(st.binary(max_size=4))
            case "repeat":
                octets[at:at] = octets[at : at + 20]
    machine = machine_in(*where, Bent(reacting=reacting))
    events = machine.receive(wrapped(bytes(octets)))
    if reacting and machine.state in (State.ENDING, State.CLOSED):
        assert events[-1] == CloseRequested()
    for message in machine.take_output():
        assert message.names[2] in ("SES.AB", "SES.RF")
    machine.abort()
    machine.take_output()
    assert machine.receive_eof()[-1] == Closed()


@given(st.sampled_from(WHERE), st.binary(max_size=80), st.booleans())
@MODEST
def test_garbage_in_any_state_raises_nothing(where: tuple[Role, State], garbage: bytes, framed: bool) -> None:
    machine = machine_in(*where)
    machine.receive(wrapped(garbage) if framed else garbage)
    assert machine.receive_eof()[-1] == Closed()


def test_a_flood_of_deviations_is_survived() -> None:
    machine = machine_in(Role.SERVER, State.OPEN, Bent(reacting=False))
    packet = wrapped(b"\x01\x00\x01\x00" + b"\x61\x80" * 4000)
    for _ in range(50):
        events = machine.receive(packet)
        assert any(isinstance(event, Undecodable) for event in events)
    assert machine.receive(wrapped(tsdus()["SES.DT"])) == [Data(3, READ)]


@pytest.mark.skipif(not CAPTURED.exists(), reason="the captured association request is not at hand")
def test_a_plain_server_takes_a_captured_request_of_a_product_and_tells_what_is_odd() -> None:
    machine = machine_in(Role.SERVER, State.CONNECTED)
    events = machine.receive(wrapped(bytes.fromhex(CAPTURED.read_text())))
    assert notes(events) == ["PRES.CP.16", "ACSE.AARQ.3", "ACSE.AARQ.9", "ACSE.AARQ.19", "ACSE.AARQ.21"]
    (indication,) = rest(events)
    assert isinstance(indication, AssociateIndication)
    assert indication.user_data[:1] == b"\xa8"
    machine.accept(b"\xa9\x00", "MMS.initiate-ResponsePDU")
    assert machine.contexts == {3: "1.0.9506.2.1", 1: "2.2.1.0.1"}
    assert spdu_names(machine.take_output()) == [
        ("SES.AC", "PRES.CPA", "ACSE.AARE", "MMS.initiate-ResponsePDU")
    ]
