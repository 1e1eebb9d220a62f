"""Records of any size and number, and what comes in the place of records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.policy import CheckTable, Policy, Step
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.framing import fragments, write_message, write_record
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.interface import AlertSent, Found, PlainData, TlsEvent, TlsFailed
from conform62351.profiles.tls.outcomes import outcome_of
from conform62351.suites.selfcheck.tls_engine_bench import Lenient, client, server, shaken
from conform62351.suites.selfcheck.tls_pair import Pair

KINDS = st.sampled_from([20, 21, 22, 23, 24])
VERSIONS = st.sampled_from([0x0303, 0x0303, 0x0301])
RECORDS = st.lists(st.tuples(KINDS, VERSIONS, st.binary(max_size=6)), max_size=12)
CHALLENGE = bytes(range(16))


class Copies(Policy):
    """Makes the checks of copies of the tables, which are made one by one for that."""

    def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
        return list(table.steps)


class Missing(Policy):
    """A device that leaves out a step."""

    def __init__(self, step: str) -> None:
        self._step = step

    def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
        return [step for step in table.steps if step.id != self._step]


def ancient(version: int, *, suites: bytes = bytes.fromhex("0700c000002f")) -> bytes:
    """Return a ClientHello of SSL 2.0: type, version, three lengths, suites of three octets, challenge."""
    lengths = (len(suites), 0, len(CHALLENGE))
    numbers = b"".join(number.to_bytes(2, "big") for number in (version, *lengths))
    body = b"\x01" + numbers + suites + CHALLENGE
    return (0x8000 | len(body)).to_bytes(2, "big") + body


def fed(machine: EngineTls, octets: bytes, size: int = 1 << 20) -> list[TlsEvent]:
    events = machine.start()
    for start in range(0, len(octets), size):
        events += machine.receive(octets[start : start + size])
    return events


def of(events: Sequence[TlsEvent], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_a_handshake_in_records_of_one_octet_is_one() -> None:
    pair = shaken(Pair(client(record_size=1), server(record_size=1)))
    assert pair.of(pair.server, Found) == []
    pair.client.send(bytes(range(200)))
    pair.settle()
    assert pair.data(pair.server) == bytes(range(200))
    assert len(pair.of(pair.server, PlainData)) == 200


@settings(max_examples=80, deadline=None)
@given(records=RECORDS, established=st.booleans())
def test_records_are_judged_alike_whether_checks_are_made_one_by_one(
    records: list[tuple[int, int, bytes]], established: bool
) -> None:
    """Unremarkable records skip checks that could find nothing: what is found must not depend on it."""
    told = []
    for policy in (Policy(), Copies()):
        pair = Pair(client(), server(policy))
        if established:
            shaken(pair)
        else:
            pair.server.start()
        for kind, version, fragment in records:
            if established:
                pair.client.inject(kind, fragment)
                pair.carry(pair.client, pair.server)
            else:
                pair.carry(pair.client, pair.server, write_record(kind, version, fragment))
        kinds = (Found, TlsFailed, AlertSent, PlainData)
        told.append([str(event) for event in pair.events[pair.server] if isinstance(event, kinds)])
    assert told[0] == told[1]


@pytest.mark.parametrize("version", [0x0002, 0x0300, 0x0301, 0x0303])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 1 << 20])
def test_a_hello_of_ssl_2_is_below_tls_1_0(version: int, size: int) -> None:
    events = fed(server(), ancient(version), size)
    found, failed, alert = (of(events, kind) for kind in (Found, TlsFailed, AlertSent))
    assert [one.finding.step for one in found] == ["TLS.CH.1"]
    assert "in the form of SSL 2.0" in found[0].finding.fault.detail
    assert [one.alert for one in failed] == ["protocol_version"]
    assert [(one.level, one.description) for one in alert] == [("fatal", "protocol_version")]
    assert outcome_of("TLS.CH.1").event == "IEC62351-3:1.4"


@pytest.mark.parametrize("policy", [Missing("TLS.CH.1"), Lenient()])
def test_whoever_overlooks_a_hello_of_ssl_2_cannot_go_on_all_the_same(policy: Policy) -> None:
    events = fed(server(policy), ancient(0x0301))
    assert [one.finding.step for one in of(events, Found)] == (
        ["TLS.CH.1"] if isinstance(policy, Lenient) else []
    )
    assert [one.alert for one in of(events, TlsFailed)] == ["protocol_version"]


@pytest.mark.parametrize(
    ("octets", "role"),
    [
        (b"\x80\x2e\x02\x00\x02", Role.SERVER),
        (b"\x80\x2e\x04", Role.SERVER),
        (b"\xff" * 8, Role.SERVER),
        (ancient(0x0002), Role.CLIENT),
    ],
)
def test_what_is_no_hello_of_ssl_2_is_no_record(octets: bytes, role: Role) -> None:
    events = fed(server() if role is Role.SERVER else client(), octets)
    assert [one.finding.name for one in of(events, Found)] == ["known"]
    assert [one.alert for one in of(events, TlsFailed)] == ["unexpected_message"]


def test_a_hello_of_ssl_2_behind_records_is_no_record() -> None:
    begun = fragments(22, 0x0301, write_message(1, bytes(100)), size=1)[0]
    for events in (
        fed(server(), begun + ancient(0x0301)),
        fed(shaken(Pair(client(), server())).server, ancient(0x0301)),
    ):
        assert [one.finding.name for one in of(events, Found)] == ["known"]


@settings(max_examples=60, deadline=None)
@given(octets=st.binary(max_size=40), size=st.integers(1, 8))
def test_whatever_begins_like_a_hello_of_ssl_2_is_judged(octets: bytes, size: int) -> None:
    events = fed(server(), b"\x80" + octets, size)
    assert len(of(events, TlsFailed)) <= 1
    assert of(events, TlsFailed) or len(octets) < 4
