"""Intervals and time-outs of the TLS engine, by a clock that passes when the test says so."""

from __future__ import annotations

import pytest

from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.interface import (
    AlertReceived,
    AlertSent,
    Established,
    Found,
    RenegotiationAsked,
    TlsFailed,
)
from conform62351.profiles.tls.outcomes import outcome_of
from conform62351.suites.selfcheck.tls_engine_bench import Clock, Lenient, client, exchange, server
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.suites.selfcheck.tls_stimuli import Altering

DAY = 86_400.0
LIMIT = 30.0
NO_RENEGOTIATION_EVENT = "IEC62351-3:1.11"


class Timed:
    """Two machines and the clock of both."""

    def __init__(
        self,
        client_members: dict[str, object],
        server_members: dict[str, object],
        *,
        client_policy: Policy | None = None,
        server_policy: Policy | None = None,
    ) -> None:
        self.clock = Clock()
        self.pair: Pair[EngineTls, EngineTls] = Pair(
            client(client_policy, now=self.clock, **client_members),
            server(server_policy, now=self.clock, **server_members),
        )
        self.pair.shake_hands()

    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds
        for machine in (self.pair.client, self.pair.server):
            self.pair.events[machine] += machine.tick()
        self.pair.settle()

    def handshakes(self) -> int:
        return len(self.pair.of(self.pair.client, Established))


def test_nothing_is_due_without_intervals() -> None:
    timed = Timed({}, {})
    assert (timed.pair.client.due(), timed.pair.server.due()) == (None, None)
    timed.wait(10 * DAY)
    assert timed.handshakes() == 1


def test_a_client_renegotiates_by_itself_every_interval() -> None:
    timed = Timed({"renegotiation_interval": DAY}, {})
    begun = timed.clock.seconds
    assert timed.pair.client.due() == begun + DAY
    timed.wait(DAY - 1)
    assert timed.handshakes() == 1
    for count in range(1, 4):
        timed.wait(DAY)
        assert timed.handshakes() == 1 + count
        assert timed.pair.client.due() == timed.clock.seconds + DAY
    asked = timed.pair.of(timed.pair.server, RenegotiationAsked)
    assert asked == [RenegotiationAsked("ClientHello")] * 3
    exchange(timed.pair)


def test_a_server_asks_for_a_renegotiation_every_interval() -> None:
    timed = Timed({}, {"renegotiation_interval": DAY, "answer_limit": LIMIT})
    for count in range(1, 4):
        timed.wait(DAY)
        assert timed.handshakes() == 1 + count
    assert timed.pair.of(timed.pair.client, RenegotiationAsked) == [RenegotiationAsked("HelloRequest")] * 3
    timed.wait(LIMIT)
    assert timed.pair.of(timed.pair.server, TlsFailed) == []
    exchange(timed.pair)


def test_a_renegotiation_puts_the_next_one_off() -> None:
    timed = Timed({"renegotiation_interval": DAY}, {"renegotiation_interval": DAY})
    timed.wait(DAY / 2)
    timed.pair.client.renegotiate()
    timed.pair.settle()
    timed.wait(DAY / 2)
    assert timed.handshakes() == 2
    timed.wait(DAY / 2)
    assert timed.handshakes() == 3


@pytest.mark.parametrize("tester", [True, False])
def test_a_server_closes_when_no_client_hello_comes(tester: bool) -> None:
    silent = Altering({}, {"TLS.ClientHello": lambda _: None}, (), armed=False)
    timed = Timed(
        {},
        {"renegotiation_interval": DAY, "answer_limit": LIMIT},
        client_policy=silent,
        server_policy=Lenient() if tester else Policy(),
    )
    silent.armed = True
    timed.wait(DAY)
    assert timed.pair.server.due() == timed.clock.seconds + LIMIT
    timed.pair.client.send(b"I am busy")
    timed.pair.settle()
    assert timed.pair.data(timed.pair.server) == b"I am busy"
    timed.wait(LIMIT)
    found = [event.finding.step for event in timed.pair.of(timed.pair.server, Found)]
    assert "TLS.TIME.1" in found
    assert outcome_of("TLS.TIME.1").event == NO_RENEGOTIATION_EVENT
    assert len(timed.pair.of(timed.pair.server, TlsFailed)) == (0 if tester else 1)
    if tester:
        exchange(timed.pair)
    else:
        assert timed.pair.of(timed.pair.server, AlertSent) == [AlertSent("warning", "close_notify")]


def test_a_server_closes_when_the_client_refuses() -> None:
    timed = Timed({"renegotiation_allowed": False}, {"renegotiation_interval": DAY, "answer_limit": LIMIT})
    timed.wait(DAY)
    assert timed.pair.of(timed.pair.server, AlertReceived) == [AlertReceived("warning", "no_renegotiation")]
    assert [event.finding.step for event in timed.pair.of(timed.pair.server, Found)][-1] == "TLS.TIME.3"
    assert timed.pair.of(timed.pair.server, TlsFailed)
    assert timed.pair.server.due() is None


def test_a_refusal_that_answers_nothing_is_passed_over() -> None:
    timed = Timed({}, {})
    timed.pair.client.inject(21, b"\x01\x64")
    timed.pair.settle()
    assert timed.pair.of(timed.pair.server, AlertReceived)
    exchange(timed.pair)


def test_each_side_waits_for_the_change_of_cipher_in_every_handshake() -> None:
    clock = Clock()
    first, second = client(now=clock, answer_limit=LIMIT), server(now=clock, answer_limit=LIMIT)
    assert second.start() == []
    assert second.due() is None
    first.start()
    second.receive(first.take_output())
    assert first.due() == second.due() == clock.seconds + LIMIT
    clock.seconds += LIMIT
    for machine in (first, second):
        events = machine.tick()
        assert [event for event in events if isinstance(event, TlsFailed)]
        assert (machine.due(), machine.tick()) == (None, [])


def test_a_handshake_in_time_ends_the_wait() -> None:
    timed = Timed({"answer_limit": LIMIT}, {"answer_limit": LIMIT})
    timed.wait(DAY)
    assert timed.pair.of(timed.pair.client, TlsFailed) == timed.pair.of(timed.pair.server, TlsFailed) == []
    assert timed.pair.client.due() is None
