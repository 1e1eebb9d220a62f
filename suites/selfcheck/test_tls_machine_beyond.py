"""The TLS engine where a policy lets pass what cannot be: as far as it goes, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.engine.connection import CANNOT_GO_ON
from conform62351.profiles.tls.engine.extensions import Extension
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.messages import CertificateStatus, encode
from conform62351.profiles.tls.engine.sessions import SessionStore
from conform62351.profiles.tls.interface import Found, HandshakeMessage, RenegotiationAsked, TlsFailed
from conform62351.suites.selfcheck.tls_engine_bench import (
    Lenient,
    client,
    exchange,
    identity,
    random_octets,
    server,
)
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.suites.selfcheck.tls_stimuli import Altering, change

MUTUAL: dict[str, Any] = {"suites": (0xC02F,), "identities": (identity("rsa"),), "verify_peer": True}
RSA: Any = {**MUTUAL, "suites": (0x003C,)}
STATUS_REQUEST = Extension(5, b"\x01\0\0\0\0")


def play(client_policy: Policy, server_policy: Policy, members: dict[str, Any]) -> Pair[EngineTls, EngineTls]:
    pair = Pair(client(client_policy, **members), server(server_policy, **members))
    pair.shake_hands()
    return pair


def failure(pair: Pair[EngineTls, EngineTls], machine: EngineTls) -> TlsFailed | None:
    failed = pair.of(machine, TlsFailed)
    return failed[0] if failed else None


def twice(name: str) -> Altering:
    return Altering({}, {f"TLS.{name}": lambda octets: octets + octets}, (), armed=True)


@pytest.mark.parametrize("name", ["ClientHello", "ClientKeyExchange"])
def test_a_tester_cannot_begin_a_handshake_twice_with_a_client(name: str) -> None:
    pair = play(twice(name), Lenient(), MUTUAL)
    failed = failure(pair, pair.server)
    assert failed is not None
    assert CANNOT_GO_ON in failed.reason
    assert failed.alert == "unexpected_message"


@pytest.mark.parametrize("name", ["ServerHello", "ServerHelloDone"])
def test_nor_with_a_server(name: str) -> None:
    pair = play(Lenient(), twice(name), MUTUAL)
    failed = failure(pair, pair.client)
    assert failed is not None
    assert CANNOT_GO_ON in failed.reason


@pytest.mark.parametrize("name", ["Certificate", "CertificateVerify"])
def test_a_tester_takes_other_messages_twice(name: str) -> None:
    pair = play(twice(name), Lenient(), MUTUAL)
    assert "TLS.STATE.1" in [event.finding.step for event in pair.of(pair.server, Found)]
    exchange(pair)


def test_who_says_finished_twice_has_both_in_its_transcript() -> None:
    pair = play(twice("Finished"), Lenient(), MUTUAL)
    failed = failure(pair, pair.client)
    assert failed is not None
    assert "TLS.FIN.1" in failed.reason


CHANGE = (20, b"\x01")
SERVER_HELLO = (22, b"\x02\0\0\x26\x03\x03" + bytes(36))
CERTIFICATE = (22, b"\x0b\0\0\x03\0\0\0")
VERIFY = (22, b"\x0f\0\0\x04\x04\x01\0\0")
EXCHANGE = (22, b"\x10\0\0\0")
FINISHED = (22, b"\x14\0\0\x0c" + bytes(12))


@pytest.mark.parametrize(
    ("side", "piece"),
    [
        *(("server", piece) for piece in (CHANGE, SERVER_HELLO, CERTIFICATE, VERIFY, EXCHANGE, FINISHED)),
        *(("client", piece) for piece in (CHANGE, CERTIFICATE, VERIFY, EXCHANGE, FINISHED)),
    ],
)
def test_messages_before_their_time_end_the_connection(side: str, piece: tuple[int, bytes]) -> None:
    machine = server(Lenient(), **MUTUAL) if side == "server" else client(Lenient(), **MUTUAL)
    peer = client(**MUTUAL)
    peer.inject(*piece)
    machine.start()
    events = machine.receive(peer.take_output())
    assert [event.finding.step for event in events if isinstance(event, Found)] == ["TLS.STATE.1"]
    failed = [event for event in events if isinstance(event, TlsFailed)]
    assert [CANNOT_GO_ON in event.reason for event in failed] == [True]


@pytest.mark.parametrize("members", [MUTUAL, RSA])
def test_without_a_certificate_that_can_be_read_no_keys_are_agreed_on(members: dict[str, Any]) -> None:
    spoilt = Altering({"TLS.Certificate": change(chain=(b"\x30\0",))}, {}, (), armed=True)
    pair = play(Lenient(), spoilt, members)
    failed = failure(pair, pair.client)
    if members is RSA:
        assert failed == TlsFailed(f"no usable certificate: {CANNOT_GO_ON}", "bad_certificate")
    else:
        assert "TLS.SKE.8" in [event.finding.step for event in pair.of(pair.client, Found)]
        exchange(pair)


def test_a_key_of_another_kind_than_the_suite_needs() -> None:
    other = Altering({"TLS.Certificate": change(chain=identity("ecdsa").chain)}, {}, (), armed=True)
    pair = play(Lenient(), other, RSA)
    failed = failure(pair, pair.client)
    assert failed is not None
    assert failed.alert == "unsupported_certificate"


def test_a_stapled_response_is_taken_where_it_was_asked_for() -> None:
    stapled = Altering(
        {},
        {"TLS.Certificate": lambda octets: octets + encode(CertificateStatus(1, b"response"))},
        (),
        armed=True,
    )
    asking = {"extra_extensions": (STATUS_REQUEST,)}
    pair = Pair(client(**MUTUAL | asking), server(stapled, **MUTUAL))
    pair.shake_hands()
    assert "TLS.CertificateStatus" in [event.name for event in pair.of(pair.client, HandshakeMessage)]
    exchange(pair)
    pair = play(Policy(), stapled, MUTUAL)
    failed = failure(pair, pair.client)
    assert failed is not None
    assert "TLS.STATE.1" in failed.reason


def test_a_hello_request_holds_nothing() -> None:
    pair = play(Policy(), Policy(), MUTUAL)
    pair.server.inject(22, b"\0\0\0\x01\0")
    pair.settle()
    failed = failure(pair, pair.client)
    assert failed is not None
    assert failed.alert == "decode_error"
    assert pair.of(pair.client, RenegotiationAsked) == []


def test_a_value_that_fits_no_field_ends_the_connection() -> None:
    pair = play(Policy(), Altering({"TLS.ServerHello": change(version=70_000)}, {}, (), armed=True), MUTUAL)
    failed = failure(pair, pair.server)
    assert failed is not None
    assert failed.alert == "internal_error"


@pytest.mark.parametrize("side", ["client", "server"])
def test_no_session_is_resumed_after_a_fatal_alert(side: str) -> None:
    store = SessionStore(random_octets)
    pair = play(Policy(), Policy(), {**MUTUAL, "store": store})
    assert len(store) == 1
    ending = pair.client if side == "client" else pair.server
    ending.alert("fatal", "user_canceled")
    pair.settle()
    assert (len(store), pair.client.session, pair.server.session) == (0, None, None)


def test_a_host_is_named() -> None:
    pair = play(Policy(), Policy(), {**MUTUAL, "server_name": "substation.example"})
    hello = pair.of(pair.server, HandshakeMessage)[0]
    assert hello.name == "TLS.ClientHello"
    assert b"substation.example" in hello.octets
    exchange(pair)
