"""The TLS engine against OpenSSL in memory, in both roles: each suite of both, and what they agree on."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.agreement import FiniteField
from conform62351.profiles.tls.engine.cipher_suites import (
    Authentication,
    CipherKind,
    CipherSuite,
    KeyExchange,
    cipher_suite,
)
from conform62351.profiles.tls.engine.parameters import TlsIdentity
from conform62351.profiles.tls.interface import (
    AlertReceived,
    AlertSent,
    CloseNotify,
    TlsFailed,
)
from conform62351.suites.selfcheck.tls_engine_bench import (
    ENGINE_IS,
    LONG,
    NO_ENCRYPT_THEN_MAC,
    NO_EXTENDED_MASTER_SECRET,
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    TLS_1_3,
    VERSION_NAMES,
    AnyPair,
    client,
    end,
    engine_of,
    exchange,
    identity,
    identity_for,
    labelled,
    openssl,
    openssl_context,
    openssl_suites,
    server,
    told,
    with_openssl,
)
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.tooling.net.tls_stdlib import StdlibTls

CBC, GCM, NULL, DHE_CBC = 0x002F, 0xC02F, 0x0002, 0x0033
SUITES = openssl_suites()
CASES = [
    (suite, version) for suite in SUITES for version in VERSION_NAMES if suite.minimum_version <= version
]


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
@pytest.mark.parametrize(("suite", "version"), CASES, ids=labelled)
def test_every_common_suite(role: Role, suite: CipherSuite, version: int) -> None:
    pair = with_openssl(role, suite, version)
    pair.shake_hands()
    for machine in (pair.client, pair.server):
        outcome = told(machine)
        assert (outcome.version, outcome.code) == (VERSION_NAMES[version], suite.code)
        assert not outcome.resumed
    expected = tuple(own.chain[0] for own in identity_for(suite))
    assert pair.client.peer_chain == expected
    exchange(pair)
    end(pair)
    for machine in (pair.client, pair.server):
        assert pair.of(machine, CloseNotify) == [CloseNotify()]
        assert pair.of(machine, TlsFailed) == []


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
@pytest.mark.parametrize("size", [1, 2, 5, 100, 16389])
def test_octets_in_any_pieces(role: Role, size: int) -> None:
    pair = with_openssl(role, cipher_suite(GCM), size=size)
    pair.shake_hands()
    exchange(pair)


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
@pytest.mark.parametrize("code", [CBC, GCM, 0xC024])
@pytest.mark.parametrize(
    ("option", "extension"),
    [(NO_EXTENDED_MASTER_SECRET, "extended_master_secret"), (NO_ENCRYPT_THEN_MAC, "encrypt_then_mac")],
)
@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("theirs", [True, False])
def test_extensions_are_agreed_on(
    role: Role, code: int, option: int, extension: str, ours: bool, theirs: bool
) -> None:
    suite = cipher_suite(code)
    members: dict[str, Any] = {"suites": (code,), extension: ours}
    options = 0 if theirs else option
    if role is Role.CLIENT:
        own = identity_for(suite)[0]
        context = openssl_context(Role.SERVER, suites=(code,), own=own, options=options)
        pair: AnyPair = Pair(client(**members), openssl(context))
    else:
        context = openssl_context(Role.CLIENT, suites=(code,), options=options)
        pair = Pair(openssl(context), server(**members))
    pair.shake_hands()
    exchange(pair)
    possible = extension == "extended_master_secret" or suite.cipher.form.kind is CipherKind.BLOCK
    assert getattr(told(engine_of(pair, role)), extension) is (ours and theirs and possible)


@pytest.mark.parametrize("version", VERSION_NAMES, ids=VERSION_NAMES.get)
@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "dsa"])
@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
def test_both_sides_show_certificates(role: Role, kind: str, version: int) -> None:
    range_of: dict[str, Any] = {"suites": (CBC, DHE_CBC), "minimum": version, "maximum": version}
    if role is Role.CLIENT:
        context = openssl_context(Role.SERVER, own=identity("rsa"), verify=True, **range_of)
        pair: AnyPair = Pair(client(**range_of, identities=(identity(kind),)), openssl(context))
    else:
        context = openssl_context(Role.CLIENT, own=identity(kind), verify=True, **range_of)
        pair = Pair(openssl(context), server(**range_of, identities=(identity("rsa"),), verify_peer=True))
    pair.shake_hands()
    # OpenSSL puts the root behind its own certificate.
    assert pair.client.peer_chain[:1] == identity("rsa").chain
    assert pair.server.peer_chain[:1] == identity(kind).chain
    exchange(pair)


def test_a_client_picks_the_certificate_that_is_wanted() -> None:
    """OpenSSL as a server wants signatures by any kind; the engine has a key that signs nothing besides."""
    context = openssl_context(Role.SERVER, suites=(GCM,), own=identity("rsa"), verify=True)
    pair = Pair(client(suites=(GCM,), identities=(identity("dh-rsa"), identity("ecdsa"))), openssl(context))
    pair.shake_hands()
    assert pair.server.peer_chain == identity("ecdsa").chain
    exchange(pair)


def test_a_client_without_a_certificate_says_so() -> None:
    context = openssl_context(Role.SERVER, suites=(GCM,), own=identity("rsa"), verify=True)
    pair = Pair(client(suites=(GCM,)), openssl(context))
    pair.shake_hands()
    assert pair.of(pair.client, AlertReceived)[0].level == "fatal"
    assert pair.of(pair.client, TlsFailed)[0].alert == pair.of(pair.client, AlertReceived)[0].description


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        ((TLS_1_0, TLS_1_2), (TLS_1_0, TLS_1_1), TLS_1_1),
        ((TLS_1_0, TLS_1_1), (TLS_1_0, TLS_1_2), TLS_1_1),
        ((TLS_1_0, TLS_1_2), (TLS_1_2, TLS_1_2), TLS_1_2),
        ((TLS_1_2, TLS_1_2), (TLS_1_0, TLS_1_1), None),
        ((TLS_1_0, TLS_1_0), (TLS_1_2, TLS_1_2), None),
    ],
)
def test_the_version_is_the_highest_of_both(
    role: Role, ours: tuple[int, int], theirs: tuple[int, int], outcome: int | None
) -> None:
    engine: dict[str, Any] = {"suites": (CBC,), "minimum": ours[0], "maximum": ours[1]}
    library: dict[str, Any] = {"suites": (CBC,), "minimum": theirs[0], "maximum": theirs[1]}
    if role is Role.CLIENT:
        pair: AnyPair = Pair(
            client(**engine), openssl(openssl_context(Role.SERVER, own=identity("rsa"), **library))
        )
    else:
        pair = Pair(openssl(openssl_context(Role.CLIENT, **library)), server(**engine))
    pair.shake_hands()
    if outcome is None:
        assert {event.description for event in pair.of(pair.server, AlertSent)} | {
            event.description for event in pair.of(pair.client, AlertSent)
        } == {"protocol_version"}
        assert all(len(pair.of(machine, TlsFailed)) == 1 for machine in (pair.client, pair.server))
    else:
        assert told(pair.client).version == told(pair.server).version
        assert told(pair.client).version == VERSION_NAMES[outcome]
        exchange(pair)


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
def test_a_library_that_has_tls_1_3_does_1_2(role: Role) -> None:
    newest: dict[str, Any] = {"suites": (GCM,), "minimum": TLS_1_2, "maximum": TLS_1_3}
    if role is Role.CLIENT:
        context = openssl_context(Role.SERVER, own=identity("rsa"), **newest)
        pair: AnyPair = Pair(client(suites=(GCM,)), openssl(context))
    else:
        pair = Pair(openssl(openssl_context(Role.CLIENT, **newest)), server(suites=(GCM,)))
    pair.shake_hands()
    assert told(pair.client).version == told(pair.server).version == "TLSv1.2"
    exchange(pair)


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
def test_a_downgrade_is_noticed(role: Role) -> None:
    """Who has TLS 1.2 says so in its random, also when somebody between has cut the offer down."""
    wide: dict[str, Any] = {"suites": (CBC,), "minimum": TLS_1_0, "maximum": TLS_1_2}
    if role is Role.CLIENT:
        context = openssl_context(Role.SERVER, own=identity("rsa"), **wide)
        pair: AnyPair = Pair(client(**wide), openssl(context))
    else:
        pair = Pair(openssl(openssl_context(Role.CLIENT, **wide)), server(**wide))
    for machine in (pair.server, pair.client):
        machine.start()
    hello = bytearray(pair.client.take_output())
    assert hello[9:11] == b"\x03\x03"
    hello[10] = 1
    pair.carry(pair.client, pair.server, bytes(hello))
    pair.settle()
    assert pair.of(pair.client, AlertSent) == [AlertSent("fatal", "illegal_parameter")]
    assert pair.client.established is None


def test_leading_zeros_of_the_shared_value_are_stripped() -> None:
    """The prime is a little over 2**1024, so that the shared value has an octet less than it."""
    suite = cipher_suite(0x009E)
    pair = with_openssl(Role.SERVER, suite, dh_parameters=FiniteField((1 << 1024) + 643, 2))
    pair.shake_hands()
    exchange(pair)


def test_empty_records_before_data_are_passed_over() -> None:
    """OpenSSL sends them in TLS 1.0 with CBC, as long as nobody tells it not to."""
    for role in ENGINE_IS:
        pair = with_openssl(role, cipher_suite(CBC), TLS_1_0)
        other = pair.server if role is Role.CLIENT else pair.client
        assert isinstance(other, StdlibTls)
        pair.shake_hands()
        for _ in range(100):
            other.send(b"x")
        pair.settle()
        assert pair.data(engine_of(pair, role)) == b"x" * 100


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
def test_a_chain_over_several_records(role: Role) -> None:
    long = TlsIdentity(identity("rsa").chain * 40, identity("rsa").key)
    if role is Role.CLIENT:
        context = openssl_context(Role.SERVER, suites=(GCM,), own=long)
        pair: AnyPair = Pair(client(suites=(GCM,)), openssl(context))
    else:
        context = openssl_context(Role.CLIENT, suites=(GCM,))
        pair = Pair(openssl(context), server(suites=(GCM,), identities=(long,)))
    pair.shake_hands()
    assert sum(map(len, pair.client.peer_chain)) > 1 << 14
    assert pair.client.peer_chain == long.chain
    exchange(pair)


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
def test_no_common_suite(role: Role) -> None:
    if role is Role.CLIENT:
        context = openssl_context(Role.SERVER, suites=(CBC,), own=identity("rsa"))
        pair: AnyPair = Pair(client(suites=(GCM,)), openssl(context))
    else:
        pair = Pair(openssl(openssl_context(Role.CLIENT, suites=(CBC,))), server(suites=(GCM,)))
    pair.shake_hands()
    assert pair.of(pair.server, AlertSent) == [AlertSent("fatal", "handshake_failure")]
    assert pair.of(pair.client, TlsFailed)[0].alert == "handshake_failure"


@pytest.mark.parametrize("role", ENGINE_IS, ids=labelled)
@pytest.mark.parametrize("code", [CBC, GCM, NULL])
@pytest.mark.parametrize("encrypt_then_mac", [True, False])
def test_an_altered_record_is_refused(role: Role, code: int, encrypt_then_mac: bool) -> None:
    pair = with_openssl(role, cipher_suite(code), encrypt_then_mac=encrypt_then_mac)
    pair.shake_hands()
    for source, target in ((pair.client, pair.server), (pair.server, pair.client)):
        if target is not engine_of(pair, role):
            continue
        source.send(b"whole")
        octets = bytearray(source.take_output())
        octets[-1] ^= 1
        pair.carry(source, target, bytes(octets))
        assert pair.of(target, AlertSent) == [AlertSent("fatal", "bad_record_mac")]
        assert pair.data(target) == b""
        pair.settle()
        assert pair.of(source, TlsFailed)[0].alert == "bad_record_mac"


def test_the_engine_tells_the_group_and_the_signature() -> None:
    suite = cipher_suite(GCM)
    assert suite.key_exchange is KeyExchange.ECDHE
    assert suite.authentication is Authentication.RSA
    context = openssl_context(Role.SERVER, suites=(GCM,), own=identity("rsa"))
    context.set_ecdh_curve("brainpoolP256r1")
    pair = Pair(client(suites=(GCM,), signature_algorithms=((5, 1), (4, 1))), openssl(context))
    pair.shake_hands()
    outcome = told(pair.client)
    assert outcome.group == 26
    assert outcome.signature in ((5, 1), (4, 1))
    pair.client.send(LONG)
    pair.settle()
    assert pair.data(pair.server) == LONG
