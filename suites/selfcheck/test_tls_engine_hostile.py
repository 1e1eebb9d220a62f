"""The TLS engine under hostile peers: whatever comes, in whichever state, is told by events and bounded."""

from __future__ import annotations

import tracemalloc
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.engine import extensions as ext
from conform62351.profiles.tls.engine.framing import fragments, write_message
from conform62351.profiles.tls.engine.hellos import ClientHello
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.messages import Certificate, CertificateRequest
from conform62351.profiles.tls.engine.sessions import Session, SessionStore
from conform62351.profiles.tls.interface import (
    AlertReceived,
    CloseNotify,
    Found,
    HandshakeMessage,
    TlsEvent,
    TlsFailed,
    TlsStateError,
    Truncated,
)
from conform62351.suites.selfcheck.spoiling import cut, spoilt
from conform62351.suites.selfcheck.tls_engine_bench import (
    TLS_1_0,
    Lenient,
    client,
    identity,
    server,
    shaken,
)
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.suites.selfcheck.tls_unruly import CODES, Unruly, recorded

MEGABYTE = 1 << 20
OLDER = (0x000A, 0x0005)
"""Suites that every version has, by 3DES and RC4."""
TURNS = 8
MOST_EVENTS = 12
"""Of one record or message at most: a message, findings about it, and what follows on the last one."""
CAREFUL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
RESUMES = st.sampled_from(["", "ticket", "identifier"])
sides = st.sampled_from(["client", "server"])


def engine(side: str, policy: Policy, code: int, **members: Any) -> EngineTls:
    """Return one side that shows certificates and wants them, where the suite has any; it is repeatable."""
    anonymous = code == 0x0034
    drawn = Random(side).randbytes
    members = {"suites": (code, *OLDER), "minimum": TLS_1_0, "tickets": True, "random": drawn, **members}
    if side == "client":
        own = () if anonymous else (identity("rsa"), identity("dh-rsa"))
        return client(policy, identities=own, **members)
    members.setdefault("store", sessions())
    return server(policy, verify_peer=not anonymous, **members)


def sessions() -> SessionStore:
    """Return an empty store of a server; tickets of one are good for all."""
    return SessionStore(Random("store").randbytes, ticket_key=bytes(32))


@cache
def earlier(code: int, resumes: str) -> tuple[Session, Session]:
    """Return the sessions of client and server that are resumed by ``ticket`` or ``identifier``."""
    by_ticket = resumes == "ticket"
    pair = shaken(
        Pair(
            engine("client", Policy(), code, tickets=by_ticket),
            engine("server", Policy(), code, store=sessions()),
        )
    )
    assert pair.client.session is not None
    assert pair.server.session is not None
    return pair.client.session, pair.server.session


class Trial:
    """A machine that is tried, its peer, and what came of it."""

    def __init__(self, side: str, tried: Policy, peer: Policy, code: int, resumes: str = "") -> None:
        other = "server" if side == "client" else "client"
        members: dict[str, dict[str, Any]] = {"client": {}, "server": {}}
        if resumes:
            session, known = earlier(code, resumes)
            store = sessions()
            store.remember(known)
            members = {"client": {"session": session}, "server": {"store": store}}
        self.tried = engine(side, tried, code, **members[side])
        self.peer = engine(other, peer, code, **members[other])
        self.events: list[TlsEvent] = []
        self.peer_works = True
        for machine in (self.tried, self.peer):
            events = machine.start()
            if machine is self.tried:
                self.events += events

    def feed(self, octets: bytes) -> None:
        """Feed the machine, and insist that what it says is in proportion and that an end is an end."""
        if not octets:
            return
        ended = self.ended
        events = self.tried.receive(octets)
        assert len(events) <= MOST_EVENTS * (1 + len(octets) // 4)
        self.events += events
        assert len(self.of(TlsFailed)) <= 1
        if ended:
            assert events == []

    def turn(self) -> None:
        """Carry what both have said."""
        octets = self.tried.take_output()
        assert len(octets) < MEGABYTE
        if octets and self.peer_works:
            self.call(lambda: self.peer.receive(octets))
        self.feed(self.peer.take_output())

    def call(self, act: Any) -> None:
        """Have the peer act; one that alters what it says may fail by it, and says no more then."""
        if self.peer_works:
            try:
                act()
            except (EncodingError, TlsStateError):
                self.peer_works = False

    @property
    def ended(self) -> bool:
        return bool(self.of(TlsFailed) or self.of(CloseNotify))

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@CAREFUL
@given(sides, st.sampled_from(CODES), st.booleans(), st.data())
def test_an_unruly_peer_is_met_by_events(side: str, code: int, lenient: bool, data: st.DataObject) -> None:
    unruly = Unruly(data, seldom=data.draw(st.sampled_from([3, 12])))
    trial = Trial(side, Lenient() if lenient else Policy(), unruly, code, data.draw(RESUMES))
    for _ in range(TURNS):
        trial.turn()
    if trial.peer.established is not None:
        trial.call(trial.peer.renegotiate)
        for _ in range(TURNS):
            trial.turn()
    trial.events += trial.tried.receive_eof()
    assert trial.of(TlsFailed) or trial.of(Truncated) or trial.of(CloseNotify)
    assert trial.tried.receive_eof() == []


@CAREFUL
@given(sides, st.sampled_from(CODES), st.booleans(), st.integers(0, 6), st.data())
def test_any_message_at_any_time_is_met_by_an_event(
    side: str, code: int, lenient: bool, turns: int, data: st.DataObject
) -> None:
    """Whole messages, as they are protected just then, once or doubled."""
    trial = Trial(side, Lenient() if lenient else Policy(), Policy(), code, data.draw(RESUMES))
    for _ in range(turns):
        trial.turn()
    for _ in range(data.draw(st.integers(1, 4))):
        kind = data.draw(st.sampled_from([20, 21, 22, 22, 22, 22, 23, 24]))
        octets = data.draw(st.sampled_from(recorded()) | spoilt(data.draw(st.sampled_from(recorded()))))
        if kind == 22:
            octets = write_message(octets[0], octets[4:]) if octets else b""
        elif kind in (20, 21):
            octets = data.draw(
                st.sampled_from([b"\x01", b"\x01\x00", b"\x01\x64", b"\x02\x28"]) | st.binary(max_size=3)
            )
        ended, before = trial.ended, len(trial.events)
        trial.call(lambda kind=kind, octets=octets: trial.peer.inject(kind, octets))
        said = trial.peer.take_output()
        trial.feed(said)
        if said and octets and not ended:
            assert len(trial.events) > before
        trial.turn()
    for _ in range(TURNS):
        trial.turn()


@CAREFUL
@given(
    sides, st.sampled_from(CODES), st.integers(0, 6), st.lists(st.integers(0, 3000), max_size=4), st.data()
)
def test_flights_that_are_spoilt_and_cut(
    side: str, code: int, turns: int, places: list[int], data: st.DataObject
) -> None:
    trial = Trial(side, Policy(), Policy(), code, data.draw(RESUMES))
    for turn in range(TURNS):
        octets = trial.tried.take_output()
        trial.call(lambda octets=octets: trial.peer.receive(octets))
        said = trial.peer.take_output()
        if turn == turns:
            said = data.draw(spoilt(said))
        for piece in cut(said, places):
            trial.feed(piece)


@CAREFUL
@given(
    sides,
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x16\x03\x01", b"\x15\x03\x03\x00\x02", b"\x80\x2e\x01"]),
)
def test_garbage_is_met_by_events(side: str, octets: bytes, head: bytes) -> None:
    trial = Trial(side, Policy(), Policy(), CODES[0])
    for piece in (head + octets, octets, head):
        trial.feed(piece)
    assert trial.tried.established is None


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_chain_of_a_megabyte_costs_no_memory(side: str) -> None:
    """Also one that is announced in small records."""
    trial = Trial(side, Policy(), Policy(), CODES[0])
    records = fragments(22, 0x0303, write_message(11, bytes(MEGABYTE)), size=1000)
    tracemalloc.start()
    try:
        for record in records:
            trial.feed(record)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTE // 10
    assert len(trial.of(TlsFailed)) == 1


class Repeating(Policy):
    """Says the same thousands of times in one message."""

    def rewrite(self, name: str, value: Any) -> Any:
        match value:
            case ClientHello():
                pairs = ext.signature_algorithms([(4, 1), *[(1, 1)] * 20_000])
                return msgspec.structs.replace(
                    value, suites=value.suites + (2,) * 20_000, extensions=(pairs,)
                )
            case CertificateRequest():
                return msgspec.structs.replace(value, signature_algorithms=((4, 1), *((1, 1),) * 20_000))
            case Certificate():
                return Certificate(value.chain * 200)
        return value


@pytest.mark.parametrize("side", ["client", "server"])
def test_what_is_repeated_thousands_of_times_is_told_once(side: str) -> None:
    trial = Trial(side, Lenient(), Repeating(), CODES[0])
    for _ in range(TURNS):
        trial.turn()
    details = [event.finding.fault.detail for event in trial.of(Found)]
    assert any("md5" in detail for detail in details)
    assert max(map(len, details)) < 1000
    assert trial.tried.established is not None


@pytest.mark.parametrize("lenient", [True, False])
@pytest.mark.parametrize(
    "message",
    [write_message(0, b""), write_message(14, b""), write_message(99, b"\x00"), write_message(16, b"")],
)
@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("established", [True, False])
def test_messages_without_end_come_to_an_end(
    side: str, message: bytes, lenient: bool, established: bool
) -> None:
    trial = Trial(side, Lenient() if lenient else Policy(), Policy(), CODES[0])
    for _ in range(TURNS if established else 0):
        trial.turn()
    answers = 0
    for _ in range(3000):
        trial.call(lambda: trial.peer.inject(22, message * 4))
        trial.feed(trial.peer.take_output())
        answers += len(trial.tried.take_output())
        if trial.ended:
            break
    assert trial.ended or (established and message[0] == 0)
    assert answers < 1 << 16


@pytest.mark.parametrize("side", ["client", "server"])
def test_warnings_without_end_come_to_an_end(side: str) -> None:
    trial = Trial(side, Policy(), Policy(), CODES[0])
    for _ in range(TURNS):
        trial.turn()
    for _ in range(1000):
        trial.call(lambda: trial.peer.inject(21, b"\x01\x5a"))
        trial.feed(trial.peer.take_output())
    assert trial.of(AlertReceived)
    assert trial.ended


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_client_may_not_renegotiate_without_end(side: str) -> None:
    trial = Trial(side, Policy(), Policy(), CODES[0])
    for _ in range(TURNS):
        trial.turn()
    for _ in range(200):
        trial.call(trial.peer.renegotiate)
        for _ in range(4):
            trial.turn()
        if trial.ended or trial.peer.established is None:
            break
    hellos = [event for event in trial.of(HandshakeMessage) if event.name == "TLS.ClientHello"]
    assert len(hellos) <= 130
