"""The store of TLS sessions and its tickets, and the data file of outcomes."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.tls.alerts import DESCRIPTIONS
from conform62351.profiles.tls.engine.sessions import MAX_TICKET, Session, SessionStore
from conform62351.profiles.tls.outcomes import outcome_of, outcomes
from conform62351.suites.selfcheck.tls_engine_bench import random_octets

SESSION = Session(b"\x01" * 32, b"", b"m" * 48, 0xC02F, 0x0303, True, (b"certificate",), 1000.0)


def numbered(number: int) -> Session:
    return msgspec.structs.replace(SESSION, id=number.to_bytes(32, "big"))


def test_a_store_keeps_as_many_as_it_may_and_the_oldest_go() -> None:
    store = SessionStore(random_octets, capacity=3)
    for number in range(5):
        store.remember(numbered(number))
    assert len(store) == 3
    assert [store.find(numbered(number).id) is not None for number in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    store.remember(numbered(2))
    store.remember(numbered(5))
    assert store.find(numbered(2).id) is not None
    assert store.find(numbered(3).id) is None
    store.forget(numbered(2).id)
    store.forget(b"never known")
    assert store.find(numbered(2).id) is None


def test_a_session_without_an_identifier_is_not_kept() -> None:
    store = SessionStore(random_octets)
    store.remember(msgspec.structs.replace(SESSION, id=b""))
    assert len(store) == 0


def test_a_ticket_gives_the_session_to_those_that_have_the_key() -> None:
    key = random_octets(32)
    one, same, other = (
        SessionStore(random_octets, ticket_key=key),
        SessionStore(random_octets, ticket_key=key),
        SessionStore(random_octets),
    )
    ticket = one.seal(SESSION)
    assert one.unseal(ticket) == same.unseal(ticket) == SESSION
    assert other.unseal(ticket) is None
    assert one.seal(SESSION) != ticket


def test_a_session_that_fits_no_ticket_gets_none() -> None:
    large = msgspec.structs.replace(SESSION, peer_chain=(bytes(MAX_TICKET),))
    assert SessionStore(random_octets).seal(large) == b""


def test_a_ticket_key_has_32_octets() -> None:
    with pytest.raises(ValueError, match="31 octets"):
        SessionStore(random_octets, ticket_key=bytes(31))


STORE = SessionStore(random_octets)
TICKET = STORE.seal(SESSION)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.integers(0, len(TICKET)).map(lambda at: TICKET[:at]))
def test_no_octets_but_a_ticket_are_one(octets: bytes) -> None:
    assert STORE.unseal(octets) == (SESSION if octets == TICKET else None)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(TICKET) - 1), st.integers(1, 255))
def test_a_spoilt_ticket_is_none(at: int, mask: int) -> None:
    spoilt = TICKET[:at] + bytes((TICKET[at] ^ mask,)) + TICKET[at + 1 :]
    assert STORE.unseal(spoilt) is None


def test_secrets_are_not_shown() -> None:
    assert "m" * 48 not in repr(SESSION)


def test_outcomes_name_alerts_and_events_that_there_are() -> None:
    for step, outcome in outcomes().items():
        assert outcome.alert in ("", *DESCRIPTIONS.values()), step
        assert outcome.event is None or outcome.event in event_catalogue(), step
        assert outcome.provenance in "SNERFI", step
    with pytest.raises(KeyError):
        outcome_of("TLS.CH.99")
