"""The TLS engine against OpenSSL in memory: sessions resumed and connections renegotiated, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import (
    cipher_suite,
)
from conform62351.profiles.tls.engine.parameters import RENEGOTIATION_SCSV
from conform62351.profiles.tls.engine.sessions import SessionStore
from conform62351.profiles.tls.interface import (
    AlertReceived,
    Established,
    TlsFailed,
)
from conform62351.suites.selfcheck.tls_engine_bench import (
    CLIENT_RENEGOTIATION,
    ENGINE_IS,
    LEGACY_RENEGOTIATION,
    NO_EXTENDED_MASTER_SECRET,
    TLS_1_0,
    TLS_1_2,
    AnyPair,
    Lenient,
    client,
    end,
    engine_of,
    exchange,
    identity,
    labelled,
    only,
    openssl,
    openssl_context,
    random_octets,
    server,
    told,
    with_openssl,
)
from conform62351.suites.selfcheck.tls_pair import Pair

CBC, GCM, NULL, DHE = 0x002F, 0xC02F, 0x0002, 0x009E
CASES = [
    (code, version)
    for code in (CBC, GCM, NULL, DHE)
    for version in (TLS_1_0, TLS_1_2)
    if cipher_suite(code).minimum_version <= version
]


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
@pytest.mark.parametrize(("code", "version"), [(CBC, TLS_1_0), (CBC, TLS_1_2), (GCM, TLS_1_2)])
@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize("by_ticket", [True, False])
def test_sessions_are_resumed(role: Role, code: int, version: int, extended: bool, by_ticket: bool) -> None:
    range_of = only(code, version)
    own: dict[str, Any] = {**range_of, "tickets": by_ticket, "extended_master_secret": extended}
    if role is Role.CLIENT:
        context = openssl_context(Role.SERVER, own=identity("rsa"), tickets=by_ticket, **range_of)
    else:
        # OpenSSL would offer the extended master secret, and a session without it is not resumed then.
        options = 0 if extended else NO_EXTENDED_MASTER_SECRET
        context = openssl_context(Role.CLIENT, tickets=by_ticket, options=options, **range_of)
    store = SessionStore(random_octets, capacity=0 if by_ticket else 10)

    def again(session: Any) -> AnyPair:
        if role is Role.CLIENT:
            return Pair(client(**own, session=session), openssl(context))
        return Pair(openssl(context, session), server(**own, store=store))

    session: Any = None
    for turn in range(3):
        pair = again(session)
        pair.shake_hands()
        for machine in (pair.client, pair.server):
            assert told(machine).resumed is (turn > 0)
        outcome = told(engine_of(pair, role))
        assert outcome.extended_master_secret is extended
        assert outcome.ticket is by_ticket
        exchange(pair)
        end(pair)
        session = pair.client.session
        assert session is not None


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
def test_a_session_that_the_server_does_not_know_costs_a_full_handshake(role: Role) -> None:
    first = with_openssl(role, cipher_suite(GCM))
    first.shake_hands()
    end(first)
    if role is Role.CLIENT:
        second = with_openssl(role, cipher_suite(GCM), session=first.client.session)
    else:
        context = openssl_context(Role.CLIENT, suites=(GCM,))
        first = Pair(openssl(context), server(suites=(GCM,), store=SessionStore(random_octets)))
        first.shake_hands()
        end(first)
        second = Pair(
            openssl(context, first.client.session), server(suites=(GCM,), store=SessionStore(random_octets))
        )
    second.shake_hands()
    exchange(second)
    assert not told(second.client).resumed


@pytest.mark.parametrize(("code", "version"), CASES)
def test_a_client_renegotiates(code: int, version: int) -> None:
    range_of = only(code, version)
    context = openssl_context(
        Role.SERVER, own=identity("rsa"), verify=True, options=CLIENT_RENEGOTIATION, **range_of
    )
    engine = client(**range_of, identities=(identity("ecdsa"),))
    pair = Pair(engine, openssl(context))
    pair.shake_hands()
    for turn in range(2):
        pair.events[engine] += engine.renegotiate()
        pair.settle()
        outcomes = pair.of(engine, Established)
        assert [one.renegotiated for one in outcomes] == [False] + [True] * (turn + 1)
        assert outcomes[-1].secure_renegotiation
        exchange(pair)


@pytest.mark.parametrize("version", [TLS_1_0, TLS_1_2])
@pytest.mark.parametrize("by_ticket", [True, False])
def test_a_resumed_session_is_renegotiated(by_ticket: bool, version: int) -> None:
    context = openssl_context(
        Role.SERVER,
        own=identity("rsa"),
        tickets=by_ticket,
        options=CLIENT_RENEGOTIATION,
        **only(CBC, version),
    )
    session: Any = None
    for resumed in (False, True):
        engine = client(**only(CBC, version), tickets=by_ticket, session=session)
        pair = Pair(engine, openssl(context))
        pair.shake_hands()
        pair.events[engine] += engine.renegotiate()
        pair.settle()
        assert [one.resumed for one in pair.of(engine, Established)] == [resumed, False]
        exchange(pair)
        end(pair)
        session = engine.session


@pytest.mark.parametrize(("code", "version"), CASES)
def test_a_server_asks_for_a_renegotiation(code: int, version: int) -> None:
    range_of = only(code, version)
    engine = server(**range_of, verify_peer=True)
    pair = Pair(openssl(openssl_context(Role.CLIENT, own=identity("ecdsa"), **range_of)), engine)
    pair.shake_hands()
    for turn in range(2):
        pair.events[engine] += engine.renegotiate()
        pair.settle()
        assert [one.renegotiated for one in pair.of(engine, Established)] == [False] + [True] * (turn + 1)
        assert engine.peer_chain == identity("ecdsa").chain
        exchange(pair)


def test_a_server_may_refuse_a_renegotiation() -> None:
    """It ends the connection for who needs one (part 3), but not for a tester."""
    context = openssl_context(Role.SERVER, suites=(GCM,), own=identity("rsa"))
    engine = client(suites=(GCM,))
    pair = Pair(engine, openssl(context))
    pair.shake_hands()
    pair.events[engine] += engine.renegotiate()
    pair.settle()
    assert AlertReceived("warning", "no_renegotiation") in pair.events[engine]
    assert pair.of(engine, TlsFailed)
    engine = client(Lenient(), suites=(GCM,))
    pair = Pair(engine, openssl(context))
    pair.shake_hands()
    pair.events[engine] += engine.renegotiate()
    pair.settle()
    assert AlertReceived("warning", "no_renegotiation") in pair.events[engine]
    exchange(pair)


def test_the_signalling_suite_stands_for_the_extension() -> None:
    engine = client(suites=(GCM,), signalling_suites=(RENEGOTIATION_SCSV,), secure_renegotiation=False)
    context = openssl_context(Role.SERVER, suites=(GCM,), own=identity("rsa"), options=CLIENT_RENEGOTIATION)
    pair = Pair(engine, openssl(context))
    pair.shake_hands()
    pair.events[engine] += engine.renegotiate()
    pair.settle()
    assert [one.secure_renegotiation for one in pair.of(engine, Established)] == [True, True]
    exchange(pair)


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
def test_without_secure_renegotiation_openssl_wants_to_be_told(role: Role) -> None:
    for options in (0, LEGACY_RENEGOTIATION):
        context = openssl_context(
            Role.SERVER if role is Role.CLIENT else Role.CLIENT,
            suites=(GCM,),
            own=identity("rsa") if role is Role.CLIENT else None,
            options=options,
        )
        members: dict[str, Any] = {"suites": (GCM,), "secure_renegotiation": False}
        if role is Role.CLIENT:
            pair: AnyPair = Pair(client(**members), openssl(context))
        else:
            pair = Pair(openssl(context), server(**members))
        pair.shake_hands()
        if role is Role.SERVER and not options:
            assert pair.of(pair.client, TlsFailed)
        else:
            assert not told(engine_of(pair, role)).secure_renegotiation
