"""Authentication under hostile input: nothing raises, work and memory are bounded, any split is the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.compatibility.association import CompatibilityAssociation, Unsigned
from conform62351.profiles.compatibility.replay import ReplayMemory, time_alone
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tlv_edit import Tree
from conform62351.suites.selfcheck.compatibility_bench import NOW, SecurePair, credential, security
from conform62351.suites.selfcheck.osi_pairing import (
    INITIATE_REQUEST,
    INITIATE_RESPONSE,
    REQUEST,
    RESPONSE,
    Bent,
    faults,
)
from conform62351.suites.selfcheck.policy_samples import Plain
from conform62351.suites.selfcheck.spoiling import cut, singly, spoilt

MANY = settings(max_examples=100, deadline=None)
LAYERS = {
    Role.SERVER: ("CMP.value", "ACSE.AARQ", "PRES.CP", "SES.CN", "COTP.DT", "TPKT"),
    Role.CLIENT: ("CMP.value", "ACSE.AARE", "PRES.CPA", "SES.AC", "COTP.DT", "TPKT"),
}
"""What can be spoilt of the message that a role receives."""


def request(bent: Bent) -> bytes:
    """Return the packets in which a client asks for an association, as ``bent`` has them."""
    policy = Bent()
    pair = SecurePair(client_policy=policy)
    pair.connected()
    policy.values, policy.octets = bent.values, bent.octets
    pair.client.associate(INITIATE_REQUEST, REQUEST)
    return b"".join(message.octets for message in pair.client.take_output())


def response(bent: Bent) -> bytes:
    """Return the packets in which a server accepts an association, as ``bent`` has them."""
    policy = Bent()
    pair = SecurePair(server_policy=policy)
    pair.indicated()
    policy.values, policy.octets = bent.values, bent.octets
    pair.server.accept(INITIATE_RESPONSE, RESPONSE)
    return b"".join(message.octets for message in pair.server.take_output())


def message_for(role: Role, bent: Bent) -> bytes:
    """Return what ``role`` receives."""
    return request(bent) if role is Role.SERVER else response(bent)


def waiting(role: Role, policy: Policy) -> CompatibilityAssociation:
    """Return a machine that waits for the other side's part in an association."""
    pair = SecurePair(client_policy=policy) if role is Role.CLIENT else SecurePair(server_policy=policy)
    pair.connected()
    if role is Role.SERVER:
        return pair.server
    pair.client.associate(INITIATE_REQUEST, REQUEST)
    pair.client.take_output()
    return pair.client


def outcome(machine: CompatibilityAssociation, pieces: Sequence[bytes]) -> tuple[Any, ...]:
    events = [event for piece in pieces for event in machine.receive(piece)]
    return events, machine.take_received(), machine.take_output(), machine.state


@MANY
@given(st.sampled_from(Role), st.booleans(), st.lists(st.integers(0, 1800), max_size=3), st.data())
def test_spoilt_requests_and_responses_have_one_outcome_however_they_are_cut(
    role: Role, reacts: bool, cuts: list[int], data: st.DataObject
) -> None:
    layer = data.draw(st.sampled_from(LAYERS[role]))
    policy = Bent(octets={layer: lambda octets: data.draw(spoilt(octets))})
    octets = message_for(role, policy)
    expected = outcome(waiting(role, Plain(reacts)), [octets])
    for pieces in (cut(octets, cuts), singly(octets)):
        assert outcome(waiting(role, Plain(reacts)), pieces) == expected


@MANY
@given(st.sampled_from(Role), st.booleans(), st.data())
def test_signed_nonsense_raises_nothing(role: Role, reacts: bool, data: st.DataObject) -> None:
    def nonsense(unsigned: Unsigned) -> Unsigned:
        time = data.draw(spoilt(unsigned.time) | st.binary(max_size=70))
        certificate = data.draw(spoilt(unsigned.certificate, times=4) | st.binary(max_size=200))
        if data.draw(st.booleans()):
            return msgspec.structs.replace(unsigned, time=time)
        return msgspec.structs.replace(unsigned, certificate=certificate)

    bent = Bent(values={"CMP.unsigned": nonsense})
    machine = waiting(role, Plain(reacts))
    events = machine.receive(message_for(role, bent))
    assert events


SIZES = {
    "certificate": lambda unsigned: msgspec.structs.replace(unsigned, certificate=bytes(3_000_000)),
    "nesting": lambda unsigned: msgspec.structs.replace(unsigned, certificate=b"\x30\x80" * 400_000),
    "time": lambda unsigned: msgspec.structs.replace(unsigned, time=b"2" * 3_000_000),
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", SIZES)
def test_megabytes_fit_no_message(role: Role, name: str) -> None:
    bent = Bent(values={"CMP.unsigned": SIZES[name]})
    with pytest.raises(EncodingError, match="SES"):
        message_for(role, bent)


CERTIFICATE = credential("client").certificate


def readings(count: int) -> list[TimeReading]:
    return [
        TimeReading(int(NOW) + number // 1000, f"{number % 1000:03}".rstrip("0")) for number in range(count)
    ]


def test_the_memory_is_bounded_and_forgets() -> None:
    memory = ReplayMemory(maximum=1000)
    times = readings(3000)
    for time in times:
        memory.remember(CERTIFICATE, time, NOW)
    assert len(memory) == 1000
    assert memory.is_full(NOW)
    assert [memory.holds(CERTIFICATE, time, NOW) for time in times] == [True] * 1000 + [False] * 2000
    assert memory.holds(CERTIFICATE, times[0], NOW + 600)
    assert not memory.holds(CERTIFICATE, times[0], NOW + 600.001)
    assert len(memory) == 999
    assert not memory.is_full(NOW + 600.001)
    assert len(ReplayMemory()) == 0
    assert not memory.holds(CERTIFICATE, times[999], NOW + 1000)
    assert len(memory) == 0


def test_a_time_that_comes_again_takes_no_room() -> None:
    memory = ReplayMemory(maximum=2, key=time_alone)
    (time,) = readings(1)
    for _ in range(10_000):
        memory.remember(CERTIFICATE, time, NOW)
    assert len(memory) == 1


def test_thousands_of_replays_are_told_and_leave_nothing_behind() -> None:
    server = security("server")
    octets = request(Bent())
    found = []
    for _ in range(1000):
        pair = SecurePair(server=server)
        pair.client.open_transport()
        for message in pair.client.take_output():
            pair.server.receive(message.octets)
        found.append(faults(pair.server.receive(octets)))
    assert found == [[]] + [["CMP.22"]] * 999
    assert len(server.memory) == 1


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("size", [8193, 9000, 20_000, 60_000])
def test_an_oversized_certificate_is_refused_somewhere(role: Role, size: int) -> None:
    bent = Bent(values={"CMP.unsigned": lambda unsigned: Unsigned(bytes(size), unsigned.time)})
    machine = waiting(role, Policy())
    events = machine.receive(message_for(role, bent))
    assert len(faults(events)) == 1


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("place", "written", "step"),
    [(0, b"99991231235959-0100", "CMP.12"), (1, b"00010101000000+0100", "CMP.13")],
)
def test_a_validity_beyond_all_calendars_is_told(role: Role, place: int, written: bytes, step: str) -> None:
    path = f"30/30/30[2]/17[{place}]"

    def bent(unsigned: Unsigned) -> Unsigned:
        tree = Tree(unsigned.certificate).set_content(path, written).retag(path, 0x18)
        return Unsigned(tree.encode(), unsigned.time)

    events = waiting(role, Policy()).receive(message_for(role, Bent(values={"CMP.unsigned": bent})))
    assert faults(events) == [step]
