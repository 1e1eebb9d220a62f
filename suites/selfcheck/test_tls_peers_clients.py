"""Certificates of clients between the engine and stacks of others, those for static Diffie-Hellman too."""

from __future__ import annotations

import pytest

from conform62351.fixtures.peers.tls.gnutls import GnuTlsServer
from conform62351.fixtures.peers.tls.openssl import OpenSslServer
from conform62351.fixtures.peers.tls.stack import Wish
from conform62351.fixtures.peers.tls.worded import WordedEnd
from conform62351.profiles.pki.dh_keys import X9_42
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_1, TLS_1_2, cipher_suite
from conform62351.profiles.tls.interface import HandshakeMessage
from conform62351.suites.selfcheck.tls_peer_bench import (
    FORMS,
    PeerBench,
    as_client,
    as_server,
    kind_of,
    suite_wish,
)

SUITE = 0x003C
SIGNING = ("rsa", "ecdsa", "dsa")
EMPTY_EXCHANGE = bytes.fromhex("10000000")
"""A ClientKeyExchange whose value is that of the client's certificate."""
STACKS = ("openssl", "gnutls", "node", "bouncycastle")
DH_RSA_GCM, DH_RSA_SHA256, DH_RSA_3DES, DH_DSS_SHA = 0x00A0, 0x003F, 0x0010, 0x0036


def shown(serving: object) -> bool:
    """Return whether a server has seen a certificate of its client."""
    if isinstance(serving, WordedEnd):
        return serving.established()[1] > 0
    if isinstance(serving, OpenSslServer):
        return bool(serving.program.wait_for(rb"^Client certificate$"))
    assert isinstance(serving, GnuTlsServer)
    return bool(serving.program.wait_for(rb"certificate list of"))


@pytest.mark.parametrize("kind", SIGNING)
@pytest.mark.parametrize("name", STACKS)
def test_a_server_sees_our_certificate(tls_peers: PeerBench, name: str, kind: str) -> None:
    serving = tls_peers.stack(name).serve(
        suite_wish(tls_peers, name, SUITE, ask=True, anchors=tls_peers.anchors())
    )
    meeting = as_client(serving, suites=(SUITE,), identities=tls_peers.identity(kind))
    with meeting.channel:
        meeting.converse()
        assert shown(serving)


@pytest.mark.parametrize("kind", SIGNING)
@pytest.mark.parametrize("name", STACKS)
def test_the_engine_sees_a_certificate(tls_peers: PeerBench, name: str, kind: str) -> None:
    wish = Wish(suites=(SUITE,), credential=tls_peers.credential(kind))
    meeting = as_server(
        tls_peers.stack(name), wish, suites=(SUITE,), identities=tls_peers.identity("rsa"), verify_peer=True
    )
    with meeting.channel as channel:
        assert len(channel.established.peer_chain) > 1
        meeting.converse()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("node", DH_RSA_GCM),
        ("node", DH_RSA_SHA256),
        ("bouncycastle", DH_RSA_GCM),
        ("bouncycastle", DH_RSA_3DES),
        ("bouncycastle", DH_DSS_SHA),
    ],
)
def test_a_server_takes_the_value_of_our_certificate(tls_peers: PeerBench, name: str, code: int) -> None:
    """OpenSSL 1.0.2 asks for such certificates with DH_RSA and DHE alone, not with DH_DSS."""
    kind, form = kind_of(cipher_suite(code)), FORMS.get(name, X9_42)
    wish = suite_wish(tls_peers, name, code, ask=True, anchors=tls_peers.anchors(form))
    serving = tls_peers.stack(name).serve(wish)
    meeting = as_client(serving, suites=(code,), identities=tls_peers.identity(kind, form))
    with meeting.channel:
        meeting.converse()
        assert shown(serving)
        sent = {
            event.name: event.octets
            for event in meeting.events
            if isinstance(event, HandshakeMessage) and event.direction == "sent"
        }
        assert sent["TLS.ClientKeyExchange"] == EMPTY_EXCHANGE
        assert "TLS.CertificateVerify" not in sent


@pytest.mark.parametrize(
    ("name", "code", "version"),
    [
        ("node", DH_RSA_3DES, TLS_1_1),
        ("node", DH_DSS_SHA, TLS_1_1),
        ("bouncycastle", DH_RSA_GCM, TLS_1_2),
        ("bouncycastle", DH_RSA_3DES, TLS_1_2),
        ("bouncycastle", DH_DSS_SHA, TLS_1_2),
    ],
)
def test_the_engine_takes_the_value_of_a_certificate(
    tls_peers: PeerBench, name: str, code: int, version: int
) -> None:
    """OpenSSL 1.0.2 shows such a certificate before TLS 1.2 alone: later it misses a hash for its key."""
    kind, form = kind_of(cipher_suite(code)), FORMS.get(name, X9_42)
    options = ("protocol=TLSv1_1",) if version == TLS_1_1 else ()
    wish = Wish(suites=(code,), credential=tls_peers.credential(kind, form), options=options)
    meeting = as_server(
        tls_peers.stack(name),
        wish,
        suites=(code,),
        identities=tls_peers.identity(kind, form),
        verify_peer=True,
        minimum=version,
        maximum=version,
    )
    with meeting.channel as channel:
        assert channel.established.peer_chain
        meeting.converse()
        received = [
            event.octets
            for event in meeting.events
            if isinstance(event, HandshakeMessage) and event.name == "TLS.ClientKeyExchange"
        ]
        assert received == [EMPTY_EXCHANGE]
