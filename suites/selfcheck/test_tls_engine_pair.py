"""The TLS engine against itself: every suite, certificates of every kind, and what OpenSSL cannot do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.pki.dh_keys import PKCS_3, X9_42
from conform62351.profiles.policy import Fault, Finding, Reaction
from conform62351.profiles.tls.certificate_rules import PeerChain
from conform62351.profiles.tls.engine.cipher_suites import (
    Authentication,
    CipherKind,
    CipherSuite,
)
from conform62351.profiles.tls.engine.framing import RecordReader, fragments
from conform62351.profiles.tls.engine.messages import NAMES
from conform62351.profiles.tls.interface import (
    AlertReceived,
    CloseNotify,
    Found,
    HandshakeMessage,
    PlainData,
    TlsFailed,
    TlsStateError,
    Truncated,
)
from conform62351.profiles.tls.records import ContentType
from conform62351.suites.selfcheck.tls_engine_bench import (
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    VERSION_NAMES,
    client,
    end,
    engine_suites,
    exchange,
    identity,
    labelled,
    message_names,
    only,
    server,
    shaken,
    told,
)
from conform62351.suites.selfcheck.tls_pair import Pair

CBC, GCM, NULL, RC4, TRIPLE_DES = 0x003C, 0xC02F, 0x0002, 0x0005, 0x000A
DH_RSA, DH_DSS = 0x003F, 0x00A4
CASES = [
    (suite, version)
    for suite in engine_suites()
    for version in VERSION_NAMES
    if suite.minimum_version <= version
]
EPHEMERAL = ["ClientHello", "ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone"]


@pytest.mark.parametrize(("suite", "version"), CASES, ids=labelled)
def test_every_suite(suite: CipherSuite, version: int) -> None:
    range_of = only(suite.code, version)
    anonymous = suite.authentication is Authentication.ANON
    own = () if anonymous else (identity("rsa"),)
    pair = shaken(Pair(client(**range_of, identities=own), server(**range_of, verify_peer=not anonymous)))
    for machine in (pair.client, pair.server):
        outcome = told(machine)
        assert (outcome.version, outcome.suite) == (VERSION_NAMES[version], suite.name)
        assert not outcome.renegotiated
        assert outcome.secure_renegotiation
        assert outcome.extended_master_secret
        assert outcome.encrypt_then_mac is (suite.cipher.form.kind is CipherKind.BLOCK)
    assert pair.server.peer_chain == (() if anonymous else identity("rsa").chain)
    exchange(pair)
    end(pair)
    for machine in (pair.client, pair.server):
        assert pair.of(machine, CloseNotify) == [CloseNotify()]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 400), st.sampled_from([CBC, GCM, RC4, TRIPLE_DES]))
def test_octets_in_any_pieces_give_the_same_events(size: int, code: int) -> None:
    pairs = [Pair(client(**only(code)), server(**only(code)), piece) for piece in (size, 1 << 20)]
    seen = []
    for pair in pairs:
        shaken(pair)
        pair.client.send(bytes(1000))
        pair.settle()
        seen.append(
            [[type(event) for event in pair.events[machine]] for machine in (pair.client, pair.server)]
        )
        assert pair.data(pair.server) == bytes(1000)
    assert seen[0] == seen[1]


def test_both_sides_see_the_same_messages() -> None:
    pair = shaken(
        Pair(
            client(**only(GCM), identities=(identity("ecdsa"),)),
            server(**only(GCM), verify_peer=True),
        )
    )
    sent = [
        *EPHEMERAL[1:-1],
        "CertificateRequest",
        "ServerHelloDone",
        "ChangeCipherSpec",
        "Finished",
    ]
    received = ["ClientHello", "Certificate", "ClientKeyExchange", "CertificateVerify", *sent[-2:]]
    assert message_names(pair, pair.server, "sent") == message_names(pair, pair.client, "received") == sent
    assert (
        message_names(pair, pair.server, "received") == message_names(pair, pair.client, "sent") == received
    )
    messages = {
        machine: {(event.name, event.octets) for event in pair.of(machine, HandshakeMessage)}
        for machine in (pair.client, pair.server)
    }
    assert messages[pair.client] == messages[pair.server]
    kinds = {name: kind for kind, name in NAMES.items()}
    assert all(octets[0] == kinds[name] for name, octets in messages[pair.client] if name in kinds)


@pytest.mark.parametrize("form", [X9_42, PKCS_3])
@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize(("code", "kind"), [(DH_RSA, "dh-rsa"), (DH_DSS, "dh-dss")])
def test_static_diffie_hellman_on_both_sides(code: int, kind: str, implicit: bool, form: str) -> None:
    """Both keys are of one group: a client leaves its value to its certificate, or shows none."""
    pair = shaken(
        Pair(
            client(**only(code), identities=(identity(kind, form),), implicit_client_dh=implicit),
            server(**only(code), identities=(identity(kind, form),), verify_peer=True),
        )
    )
    sent = {event.name: event.octets for event in pair.of(pair.client, HandshakeMessage)}
    assert (sent["TLS.ClientKeyExchange"][4:] == b"") is implicit
    assert "TLS.CertificateVerify" not in sent
    assert pair.server.peer_chain == (identity(kind, form).chain if implicit else ())
    exchange(pair)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "dsa"])
@pytest.mark.parametrize(("code", "own"), [(DH_RSA, "dh-rsa"), (DH_DSS, "dh-dss"), (CBC, "rsa")])
def test_a_client_that_signs_meets_any_server(code: int, own: str, kind: str) -> None:
    pair = shaken(
        Pair(
            client(**only(code), identities=(identity(kind),)),
            server(**only(code), identities=(identity(own),), verify_peer=True),
        )
    )
    assert message_names(pair, pair.client, "sent").count("CertificateVerify") == 1
    exchange(pair)


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        ((TLS_1_0, TLS_1_2), (TLS_1_0, TLS_1_0), TLS_1_0),
        ((TLS_1_0, TLS_1_1), (TLS_1_0, TLS_1_2), TLS_1_1),
        ((TLS_1_2, TLS_1_2), (TLS_1_0, TLS_1_1), None),
        ((TLS_1_0, TLS_1_0), (TLS_1_1, TLS_1_2), None),
    ],
)
def test_the_version_is_the_highest_of_both(
    ours: tuple[int, int], theirs: tuple[int, int], outcome: int | None
) -> None:
    pair = Pair(
        client(suites=(0x002F,), minimum=ours[0], maximum=ours[1]),
        server(suites=(0x002F,), minimum=theirs[0], maximum=theirs[1]),
    )
    pair.shake_hands()
    if outcome is None:
        assert [failed.alert for failed in pair.of(pair.client, TlsFailed)] == ["protocol_version"]
        assert [failed.alert for failed in pair.of(pair.server, TlsFailed)] == ["protocol_version"]
    else:
        assert told(pair.client).version == told(pair.server).version == VERSION_NAMES[outcome]
        exchange(pair)


def test_the_server_goes_by_its_own_order() -> None:
    pair = shaken(Pair(client(suites=(CBC, GCM, NULL)), server(suites=(NULL, GCM, CBC))))
    assert told(pair.client).code == NULL


def test_the_server_leaves_out_suites_that_it_has_no_key_for() -> None:
    pair = shaken(
        Pair(
            client(suites=(DH_RSA, 0xC02B, CBC)),
            server(suites=(DH_RSA, 0xC02B, CBC), identities=(identity("rsa"),)),
        )
    )
    assert told(pair.client).code == CBC


def nothing_shown(shown: PeerChain) -> tuple[Finding, ...]:
    fault = Fault("no certificate", Reaction.REFUSE)
    return () if shown.certificates else (Finding("TLS.CERT.1", "present", "IEC 62351-3", "N", fault),)


@pytest.mark.parametrize("required", [True, False])
def test_a_missing_certificate(required: bool) -> None:
    asking = server(**only(GCM), verify_peer=True, require_peer=required, examine=nothing_shown)
    pair = Pair(client(**only(GCM)), asking)
    pair.shake_hands()
    if required:
        assert pair.of(pair.server, Found)[-1].finding.step == "TLS.CERT.1"
        assert pair.of(pair.server, TlsFailed)[0].alert == pair.of(pair.client, TlsFailed)[0].alert
        assert pair.of(pair.client, AlertReceived)[0].level == "fatal"
    else:
        assert told(pair.server).peer_chain == ()
        exchange(pair)


def test_keys_are_logged_for_captures() -> None:
    lines: list[list[str]] = [[], []]
    pair = shaken(
        Pair(
            client(**only(GCM), key_log=lines[0].append),
            server(**only(GCM), key_log=lines[1].append),
        )
    )
    pair.client.renegotiate()
    pair.settle()
    assert lines[0] == lines[1]
    assert [line.split()[0] for line in lines[0]] == ["CLIENT_RANDOM"] * 2
    assert [len(part) for line in lines[0] for part in line.split()[1:]] == [64, 96] * 2


@pytest.mark.parametrize(
    "call",
    [
        lambda machine: machine.send(b"x"),
        lambda machine: machine.renegotiate(),
    ],
)
def test_calls_that_the_state_refuses(call: Callable[[Any], object]) -> None:
    pair = Pair(client(**only(GCM)), server(**only(GCM)))
    for machine in (pair.client, pair.server):
        with pytest.raises(TlsStateError):
            call(machine)
        assert machine.close_notify() == []
    shaken(pair)
    end(pair)
    for machine in (pair.client, pair.server):
        with pytest.raises(TlsStateError):
            call(machine)


def test_an_end_of_the_transport() -> None:
    pair = Pair(client(**only(GCM)), server(**only(GCM)))
    pair.client.start()
    (failed,) = [event for event in pair.client.receive_eof() if isinstance(event, TlsFailed)]
    assert failed.reason
    assert pair.client.receive_eof() == []
    pair = shaken(Pair(client(**only(GCM)), server(**only(GCM))))
    assert pair.client.receive_eof() == [Truncated()]
    pair.server.close_notify()


def test_one_direction_may_end_before_the_other() -> None:
    pair = shaken(Pair(client(**only(GCM)), server(**only(GCM))))
    pair.client.close_notify()
    pair.settle()
    assert pair.of(pair.server, CloseNotify) == [CloseNotify()]
    pair.server.send(b"after")
    pair.settle()
    assert PlainData(b"after") in pair.events[pair.client]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_messages_may_be_cut_into_records_at_any_octet(size: int) -> None:
    """Also where one record holds the end of a message and the beginning of the next."""
    pair = Pair(client(**only(GCM), identities=(identity("rsa"),)), server(**only(GCM), verify_peer=True))
    for machine in (pair.server, pair.client):
        machine.start()
    for source, target in ((pair.client, pair.server), (pair.server, pair.client)):
        reader = RecordReader()
        reader.feed(source.take_output())
        said = b""
        while (record := reader.next()) is not None:
            assert record.kind == ContentType.HANDSHAKE
            said += record.fragment
        pair.carry(source, target, b"".join(fragments(ContentType.HANDSHAKE, TLS_1_2, said, size=size)))
    pair.settle()
    assert told(pair.server).peer_chain == identity("rsa").chain
    exchange(pair)
