"""The TLS engine against itself: sessions resumed, connections renegotiated, intervals and time-outs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from conform62351.fixtures.faults.building import LeaveOut
from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.engine.parameters import RENEGOTIATION_SCSV
from conform62351.profiles.tls.engine.sessions import SessionStore
from conform62351.profiles.tls.interface import (
    AlertReceived,
    AlertSent,
    CloseNotify,
    Established,
    Found,
    RenegotiationAsked,
    TlsFailed,
    TlsStateError,
)
from conform62351.suites.selfcheck.tls_engine_bench import (
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    VERSION_NAMES,
    Clock,
    Lenient,
    client,
    end,
    exchange,
    identity,
    message_names,
    only,
    random_octets,
    server,
    shaken,
    told,
)
from conform62351.suites.selfcheck.tls_pair import Pair

CBC, GCM, NULL, RC4, DH_RSA, DH_ANON = 0x003C, 0xC02F, 0x0002, 0x0005, 0x003F, 0x0034


@pytest.mark.parametrize("version", VERSION_NAMES, ids=VERSION_NAMES.get)
@pytest.mark.parametrize("by_ticket", [True, False])
@pytest.mark.parametrize("extended", [True, False])
def test_sessions_are_resumed(version: int, by_ticket: bool, extended: bool) -> None:
    store = SessionStore(random_octets)
    members: dict[str, Any] = {
        **only(0x002F, version),
        "tickets": by_ticket,
        "extended_master_secret": extended,
    }
    session: Any = None
    for turn in range(3):
        pair = shaken(Pair(client(**members, session=session), server(**members, store=store)))
        for machine in (pair.client, pair.server):
            assert told(machine).resumed is (turn > 0)
            assert told(machine).extended_master_secret is extended
            assert told(machine).ticket is by_ticket
        assert ("Certificate" in message_names(pair, pair.client, "received")) is (turn == 0)
        exchange(pair)
        end(pair)
        session = pair.client.session
    assert len(store) == (0 if by_ticket else 1)


def test_a_resumed_session_shows_the_certificates_of_the_first() -> None:
    store = SessionStore(random_octets)
    session: Any = None
    for _ in range(2):
        pair = shaken(
            Pair(
                client(**only(GCM), identities=(identity("ecdsa"),), session=session),
                server(**only(GCM), verify_peer=True, store=store),
            )
        )
        session = pair.client.session
        assert told(pair.server).peer_chain == identity("ecdsa").chain
        assert told(pair.client).peer_chain == identity("rsa").chain


def test_a_session_that_is_too_old_is_not_resumed() -> None:
    clock = Clock()
    store = SessionStore(random_octets)
    members: dict[str, Any] = {**only(GCM), "now": clock, "resumption_interval": 60.0}
    pair = shaken(Pair(client(**members), server(**members, store=store)))
    session = pair.client.session
    clock.seconds += 59
    assert told(
        shaken(Pair(client(**members, session=session), server(**members, store=store))).client
    ).resumed
    clock.seconds += 2
    eager = client(**only(GCM), now=clock, session=session)
    assert not told(shaken(Pair(eager, server(**members, store=store))).client).resumed


def test_a_resumption_does_not_change_the_version() -> None:
    store = SessionStore(random_octets)
    wide: dict[str, Any] = {"suites": (0x002F,), "minimum": TLS_1_0, "maximum": TLS_1_2}
    first = shaken(Pair(client(**only(0x002F, TLS_1_1)), server(**wide, store=store)))
    second = Pair(client(**wide, session=first.client.session), server(**wide, store=store))
    second.shake_hands()
    outcomes = [machine.established for machine in (second.client, second.server)]
    if None in outcomes:
        assert second.of(second.client, TlsFailed) or second.of(second.server, TlsFailed)
    else:
        version = [outcome.version for outcome in outcomes if outcome is not None]
        assert version in (["TLSv1.1"] * 2, ["TLSv1.2"] * 2)
        assert told(second.client).resumed is (version[0] == "TLSv1.1")


@pytest.mark.parametrize("code", [CBC, GCM, NULL, RC4, DH_RSA, 0x0034])
@pytest.mark.parametrize("begins", ["client", "server"])
@pytest.mark.parametrize("secure", [True, False])
def test_either_side_renegotiates(code: int, begins: str, secure: bool) -> None:
    """Without RFC 5746 only those do who take no offence."""
    members: dict[str, Any] = {**only(code), "secure_renegotiation": secure}
    policy = Policy() if secure else Lenient()
    kind = "rsa" if code != 0x0034 else ""
    own = (identity(kind),) if kind else ()
    pair = shaken(
        Pair(client(policy, **members, identities=own), server(policy, **members, verify_peer=bool(kind)))
    )
    for turn in range(1, 4):
        if begins == "client":
            pair.events[pair.client] += pair.client.renegotiate()
        else:
            pair.events[pair.server] += pair.server.renegotiate()
        pair.settle()
        for machine in (pair.client, pair.server):
            outcomes = pair.of(machine, Established)
            assert [outcome.renegotiated for outcome in outcomes] == [False] + [True] * turn
            assert outcomes[-1].secure_renegotiation is secure
            assert pair.of(machine, TlsFailed) == []
        exchange(pair)
    asked = pair.of(pair.client, RenegotiationAsked)
    assert asked == ([RenegotiationAsked("HelloRequest")] * 3 if begins == "server" else [])


def test_data_come_through_while_a_server_waits_for_a_renegotiation() -> None:
    pair = shaken(Pair(client(**only(GCM)), server(**only(GCM))))
    pair.events[pair.server] += pair.server.renegotiate()
    pair.client.send(b"on the way")
    pair.carry(pair.client, pair.server)
    pair.server.send(b"before the handshake")
    pair.settle()
    assert pair.data(pair.server) == b"on the way"
    assert pair.data(pair.client) == b"before the handshake"
    assert [outcome.renegotiated for outcome in pair.of(pair.server, Established)] == [False, True]
    exchange(pair)


@pytest.mark.parametrize("who", ["client", "server"])
def test_a_renegotiation_may_wait_for_the_end_of_a_handshake(who: str) -> None:
    """What a peer was judged by may have changed since."""
    pair = shaken(Pair(client(**only(GCM)), server(**only(GCM))))
    pair.client.renegotiate()
    machine = pair.client if who == "client" else pair.server
    pair.carry(pair.client, pair.server)
    with pytest.raises(TlsStateError):
        machine.renegotiate()
    assert machine.renegotiate(soon=True) == []
    pair.settle()
    for one in (pair.client, pair.server):
        assert [outcome.renegotiated for outcome in pair.of(one, Established)] == [False, True, True]
    exchange(pair)


def test_the_signalling_suite_stands_for_the_extension() -> None:
    members: dict[str, Any] = {"signalling_suites": (RENEGOTIATION_SCSV,), "secure_renegotiation": False}
    pair = shaken(Pair(client(**only(GCM), **members), server(**only(GCM))))
    assert told(pair.server).secure_renegotiation


@pytest.mark.parametrize("members", [{"renegotiation_allowed": False}, {"secure_renegotiation": False}])
@pytest.mark.parametrize("begins", ["client", "server"])
@pytest.mark.parametrize("lenient", [True, False])
def test_a_renegotiation_that_is_not_wanted(begins: str, members: dict[str, Any], lenient: bool) -> None:
    """It is refused by a warning, and who needs one ends the connection then."""
    policy = Lenient() if lenient else Policy()
    if begins == "client":
        pair = shaken(Pair(client(policy, **only(GCM)), server(**only(GCM), **members)))
        asking, refusing = pair.client, pair.server
    else:
        pair = shaken(Pair(client(**only(GCM), **members), server(policy, **only(GCM))))
        asking, refusing = pair.server, pair.client
    pair.events[asking] += asking.renegotiate()
    pair.settle()
    assert AlertSent("warning", "no_renegotiation") in pair.events[refusing]
    assert AlertReceived("warning", "no_renegotiation") in pair.events[asking]
    assert len(pair.of(asking, TlsFailed)) == (not lenient)
    if lenient:
        exchange(pair)


def test_a_renegotiation_may_choose_another_suite() -> None:
    pair = shaken(Pair(client(suites=(GCM, CBC)), server(suites=(GCM, CBC))))
    assert told(pair.client).code == GCM
    store = SessionStore(random_octets)
    pair = shaken(Pair(client(suites=(CBC, GCM)), server(suites=(CBC, GCM), store=store)))
    pair.events[pair.client] += pair.client.renegotiate()
    pair.settle()
    assert [outcome.code for outcome in pair.of(pair.server, Established)] == [CBC, CBC]
    exchange(pair)


def test_data_wait_while_only_one_side_has_changed_its_cipher() -> None:
    pair = shaken(Pair(client(**only(GCM)), server(**only(GCM))))
    pair.events[pair.client] += pair.client.renegotiate()
    pair.client.send(b"under the old keys, ")
    pair.carry(pair.client, pair.server)
    pair.carry(pair.server, pair.client)
    pair.client.send(b"under the new ones")
    pair.carry(pair.client, pair.server)
    assert pair.data(pair.server) == b"under the old keys, "
    pair.settle()
    assert pair.data(pair.server) == b"under the old keys, under the new ones"
    exchange(pair)


@pytest.mark.parametrize("begins", ["client", "server"])
def test_who_refuses_renegotiations_may_be_asked_for_ever(begins: str) -> None:
    """An engine that refuses sends a warning each time; who asks once an hour does no harm."""
    clock = Clock()
    asks: dict[str, Any] = {**only(GCM), "now": clock}
    refuses: dict[str, Any] = {**asks, "renegotiation_allowed": False}
    if begins == "client":
        pair = shaken(Pair(client(Lenient(), **asks), server(**refuses)))
        asking, refusing = pair.client, pair.server
    else:
        pair = shaken(Pair(client(**refuses), server(Lenient(), **asks)))
        asking, refusing = pair.server, pair.client
    for _ in range(200):
        clock.seconds += 3600
        asking.renegotiate()
        pair.settle()
        assert pair.of(refusing, TlsFailed) == []
    exchange(pair)


def test_who_asks_too_often_is_refused() -> None:
    pair = shaken(Pair(client(**only(GCM)), server(**only(GCM), renegotiations_per_minute=5)))
    for _ in range(6):
        assert pair.of(pair.server, TlsFailed) == []
        pair.client.renegotiate()
        pair.settle()
    (failed,) = pair.of(pair.server, TlsFailed)
    assert failed.alert == "handshake_failure"


@pytest.mark.parametrize("begins", ["client", "server"])
def test_who_has_closed_takes_no_renegotiation(begins: str) -> None:
    pair = shaken(Pair(client(**only(GCM)), server(**only(GCM))))
    asking, closing = (pair.client, pair.server) if begins == "client" else (pair.server, pair.client)
    asking.renegotiate()
    pair.events[closing] += closing.close_notify()
    closed = closing.take_output()
    pair.carry(asking, closing)
    assert closing.take_output() == b""
    pair.carry(closing, asking, closed)
    assert pair.of(asking, CloseNotify) == [CloseNotify()]
    assert pair.of(closing, TlsFailed) == []


@pytest.mark.parametrize("who", ["client", "server"])
def test_a_renegotiation_is_due_after_every_interval(who: str) -> None:
    clock = Clock()
    members: dict[str, Any] = {**only(GCM), "now": clock}
    timed: dict[str, Any] = {**members, "renegotiation_interval": 100.0}
    pair = shaken(
        Pair(
            client(**(timed if who == "client" else members)),
            server(**(timed if who == "server" else members)),
        )
    )
    machine, other = (pair.client, pair.server) if who == "client" else (pair.server, pair.client)
    assert other.due() is None
    for turn in range(1, 4):
        assert machine.due() == clock.seconds + 100
        clock.seconds += 99
        assert machine.tick() == []
        clock.seconds += 1
        pair.events[machine] += machine.tick()
        pair.settle()
        assert len(pair.of(other, Established)) == 1 + turn
    end(pair)
    assert machine.due() is None
    clock.seconds += 1000
    assert machine.tick() == []


@pytest.mark.parametrize("who", ["client", "server"])
def test_who_is_not_answered_in_time_ends(who: str) -> None:
    clock = Clock()
    members: dict[str, Any] = {**only(GCM), "now": clock, "answer_limit": 10.0}
    pair = shaken(Pair(client(**members), server(**members)))
    machine = pair.client if who == "client" else pair.server
    pair.events[machine] += machine.renegotiate()
    assert machine.due() == clock.seconds + 10
    clock.seconds += 9
    assert machine.tick() == []
    clock.seconds += 1
    pair.events[machine] += machine.tick()
    assert pair.of(machine, Found)[-1].finding.step.startswith("TLS.TIME.")
    assert len(pair.of(machine, TlsFailed)) == 1
    assert machine.due() is None
    pair.settle()
    assert pair.of(pair.server if who == "client" else pair.client, CloseNotify)


@pytest.mark.parametrize("tickets", [True, False])
def test_keys_are_refreshed_between_renegotiations(tickets: bool) -> None:
    clock = Clock()
    members: dict[str, Any] = {**only(GCM), "now": clock, "tickets": tickets}
    timed = client(**members, key_refresh_interval=40.0, renegotiation_interval=100.0)
    store = SessionStore(random_octets)
    pair = shaken(Pair(timed, server(**members, store=store, key_refresh_interval=1000.0)))
    for seconds, resumed in ((40, True), (40, True), (20, False), (40, True)):
        assert timed.due() == clock.seconds + seconds
        clock.seconds += seconds
        pair.events[timed] += timed.tick()
        pair.settle()
        for machine in (pair.client, pair.server):
            assert pair.of(machine, Established)[-1].renegotiated
            assert told(machine).resumed is resumed
        exchange(pair)


def test_a_server_asks_for_what_refreshes_the_keys() -> None:
    """A client that answers by a full handshake has done as well; the renegotiation is put off by it."""
    clock = Clock()
    members: dict[str, Any] = {**only(GCM), "now": clock}
    timed = server(
        **members,
        store=SessionStore(random_octets),
        key_refresh_interval=40.0,
        renegotiation_interval=100.0,
    )
    pair = shaken(Pair(client(**members), timed))
    clock.seconds += 40
    pair.events[timed] += timed.tick()
    pair.settle()
    assert told(pair.client).renegotiated
    assert not told(pair.client).resumed
    assert timed.due() == clock.seconds + 40


class Deaf(Policy):
    """Does not answer who asks for a renegotiation, not even by a warning."""

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        return None if name == "TLS.Alert" else octets


class ShowsSession(Policy):
    """Asks at a renegotiation for a session that is another than that of the connection."""

    def __init__(self, identifier: bytes) -> None:
        self._identifier = identifier
        self._hellos = 0

    def rewrite(self, name: str, value: Any) -> Any:
        if name != "TLS.ClientHello":
            return value
        self._hellos += 1
        return msgspec.structs.replace(value, session_id=self._identifier) if self._hellos > 1 else value


@pytest.mark.parametrize("refreshes", [True, False])
def test_a_server_that_wants_a_full_handshake_resumes_nothing(refreshes: bool) -> None:
    """It takes the resumption of the connection's own session alone, and only where keys are refreshed so."""
    clock = Clock()
    members: dict[str, Any] = {**only(GCM), "now": clock}
    interval: dict[str, Any] = {"key_refresh_interval": 40.0} if refreshes else {}
    store = SessionStore(random_octets)
    earlier = shaken(Pair(client(**members), server(**members, store=store))).client.session
    refusing = {**members, "renegotiation_allowed": False}
    pair = shaken(Pair(client(Deaf(), **refusing), server(**members, store=store, **interval)))
    pair.client.renegotiate(resume=True)
    pair.settle()
    assert told(pair.server).resumed is refreshes
    pair.server.renegotiate()
    pair.carry(pair.server, pair.client)
    pair.client.renegotiate(resume=True)
    pair.settle()
    assert told(pair.server).renegotiated
    assert not told(pair.server).resumed
    assert earlier is not None
    other = bytes((earlier.id[0] ^ 1,)) + earlier.id[1:]
    store.remember(msgspec.structs.replace(earlier, id=other))
    stranger = ShowsSession(other)
    pair = shaken(Pair(client(stranger, **members), server(**members, store=store, **interval)))
    pair.client.renegotiate()
    pair.settle()
    assert not told(pair.server).resumed


@pytest.mark.parametrize("careless", [True, False])
def test_a_client_takes_no_resumption_that_it_did_not_ask_for(careless: bool) -> None:
    """Unless it lets the server's ChangeCipherSpec pass: then it takes up the session that it has."""
    store = SessionStore(random_octets)
    pair = shaken(Pair(client(**only(GCM)), server(**only(GCM), store=store)))
    session = pair.client.session
    assert session is not None
    other = msgspec.structs.replace(session, id=bytes(32))
    policy = LeaveOut("TLS.STATE.1") if careless else Policy()
    second = Pair(client(policy, **only(GCM), session=session), server(**only(GCM), session=other))
    second.shake_hands()
    assert [event.alert for event in second.of(second.client, TlsFailed)] == (
        [] if careless else ["unexpected_message"]
    )
    if careless:
        assert told(second.client).resumed
        exchange(second)


def test_a_change_of_version_is_told_as_such_by_the_hello_whatever_its_record_says() -> None:
    members: dict[str, Any] = {"suites": (0x002F,), "minimum": TLS_1_0, "maximum": TLS_1_2}
    pair = shaken(Pair(client(**members), server(Lenient(), **members)))
    pair.server.change(msgspec.structs.replace(pair.server.parameters, maximum=TLS_1_1))
    pair.events[pair.server] += pair.server.renegotiate()
    pair.settle()
    assert [event.reason.split()[0] for event in pair.of(pair.client, TlsFailed)] == ["TLS.RENEG.6"]
