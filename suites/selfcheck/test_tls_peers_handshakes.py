"""Versions, groups, extensions and small records between the engine and stacks of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.peers.tls.openssl import OpenSslEnd
from conform62351.fixtures.peers.tls.stack import Wish
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_0, TLS_1_1, TLS_1_2
from conform62351.profiles.tls.engine.extensions import Extension, ExtensionType
from conform62351.profiles.tls.interface import HandshakeMessage
from conform62351.suites.selfcheck.tls_bench import LIMIT
from conform62351.suites.selfcheck.tls_peer_bench import (
    PeerBench,
    as_client,
    as_server,
    suite_identity,
    suite_wish,
)
from conform62351.tooling.net.errors import TlsHandshakeFailed

NAMES = {TLS_1_0: "TLSv1", TLS_1_1: "TLSv1.1", TLS_1_2: "TLSv1.2"}
OLD = {
    ("openssl", TLS_1_0): "-tls1",
    ("openssl", TLS_1_1): "-tls1_1",
    ("gnutls", TLS_1_0): "+VERS-TLS1.0",
    ("gnutls", TLS_1_1): "+VERS-TLS1.1",
    ("node", TLS_1_0): "protocol=TLSv1",
    ("node", TLS_1_1): "protocol=TLSv1_1",
}
NULL_SHA, DH_ANON, RSA_3DES, DHE_DSS_3DES, DH_DSS = 0x0002, 0x0034, 0x000A, 0x0013, 0x0030
SUITES = {
    "openssl": (NULL_SHA, DH_ANON),
    "gnutls": (RSA_3DES, DHE_DSS_3DES),
    "node": (RSA_3DES, DHE_DSS_3DES, DH_DSS),
}
MEETINGS = [
    pytest.param(name, version, code, id=f"{name}-{NAMES[version]}-{code:04X}")
    for name, version in OLD
    for code in SUITES[name]
]
OCSP_TRY_LATER = bytes.fromhex("30030a0103")
NOBODY = bytes.fromhex("3011310f300d06035504030c066e6f626f6479")
"""CN=nobody."""
CURVES = {23: "P-256", 24: "P-384", 26: "brainpoolP256r1"}


@pytest.mark.parametrize(("name", "version", "code"), MEETINGS)
def test_a_server_speaks_an_old_version(tls_peers: PeerBench, name: str, version: int, code: int) -> None:
    """The engine offers newer ones, too."""
    serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, code, options=(OLD[name, version],)))
    meeting = as_client(serving, suites=(code,), minimum=TLS_1_0)
    with meeting.channel as channel:
        assert channel.established.version == NAMES[version]
        meeting.converse()


@pytest.mark.parametrize(("name", "version", "code"), MEETINGS)
def test_a_client_speaks_an_old_version(tls_peers: PeerBench, name: str, version: int, code: int) -> None:
    wish = Wish(suites=(code,), options=(OLD[name, version],))
    own = suite_identity(tls_peers, name, code)
    meeting = as_server(tls_peers.stack(name), wish, suites=(code,), identities=own, minimum=TLS_1_0)
    with meeting.channel as channel:
        assert channel.established.version == NAMES[version]
        meeting.converse()


@pytest.mark.parametrize(("name", "version"), [pair for pair in OLD if pair[1] == TLS_1_1])
def test_an_old_version_is_refused(tls_peers: PeerBench, name: str, version: int) -> None:
    code = SUITES[name][0]
    serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, code, options=(OLD[name, version],)))
    with pytest.raises(TlsHandshakeFailed) as raised:
        as_client(serving, suites=(code,))
    assert "protocol_version" in (raised.value.alert_received, raised.value.alert_sent)
    wish = Wish(suites=(code,), options=(OLD[name, version],))
    with pytest.raises(TlsHandshakeFailed) as raised:
        as_server(
            tls_peers.stack(name), wish, suites=(code,), identities=suite_identity(tls_peers, name, code)
        )
    assert raised.value.alert_sent == "protocol_version"


@pytest.mark.parametrize("group", CURVES)
def test_both_roles_agree_on_a_curve(tls_peers: PeerBench, group: int) -> None:
    wanted = ("-groups", CURVES[group])
    serving = tls_peers.stack("openssl").serve(suite_wish(tls_peers, "openssl", 0xC02F, options=wanted))
    meeting = as_client(serving, suites=(0xC02F,), groups=tuple(CURVES))
    with meeting.channel as channel:
        assert channel.established.group == group
        meeting.converse()
    wish = Wish(suites=(0xC02F,), options=wanted)
    own = tls_peers.identity("rsa")
    meeting = as_server(
        tls_peers.stack("openssl"), wish, suites=(0xC02F,), identities=own, groups=tuple(CURVES)
    )
    with meeting.channel as channel:
        assert channel.established.group == group
        meeting.converse()


@pytest.mark.parametrize("name", ["openssl", "gnutls"])
@pytest.mark.parametrize("wanted", [False, True], ids=["without", "with"])
def test_extensions_are_agreed(tls_peers: PeerBench, name: str, wanted: bool) -> None:
    """Extended master secret and encrypt-then-MAC change what both sides compute."""
    members: dict[str, Any] = {"extended_master_secret": wanted, "encrypt_then_mac": wanted}
    serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, 0x003C))
    meeting = as_client(serving, suites=(0x003C,), **members)
    with meeting.channel as channel:
        established = channel.established
        assert (established.extended_master_secret, established.encrypt_then_mac) == (wanted, wanted)
        meeting.converse()
    meeting = as_server(
        tls_peers.stack(name),
        Wish(suites=(0x003C,)),
        suites=(0x003C,),
        identities=tls_peers.identity("rsa"),
        **members,
    )
    with meeting.channel as channel:
        established = channel.established
        assert (established.extended_master_secret, established.encrypt_then_mac) == (wanted, wanted)
        meeting.converse()


@pytest.mark.parametrize("name", ["openssl", "gnutls", "node", "bouncycastle"])
def test_data_of_many_records_pass(tls_peers: PeerBench, name: str) -> None:
    serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, 0x003C))
    meeting = as_client(serving, suites=(0x003C,))
    with meeting.channel as channel:
        channel.send((b"-" * 99 + b"\n") * 1000 + b"the end\n", limit=LIMIT)
        meeting.peer.hears(b"the end")
        meeting.converse()


@pytest.mark.parametrize(("name", "option"), [("openssl", "-tls1_3"), ("gnutls", "+VERS-TLS1.3")])
def test_tls_1_3_alone_is_refused(tls_peers: PeerBench, name: str, option: str) -> None:
    """A server of TLS 1.2 sees that such a client has no suite of its own (RFC 8446 4.1.2)."""
    code = 0xC02F
    serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, code, options=(option,)))
    with pytest.raises(TlsHandshakeFailed) as raised:
        as_client(serving, suites=(code,))
    assert raised.value.alert_received in ("protocol_version", "handshake_failure")
    wish = Wish(suites=(code,), options=(option,))
    with pytest.raises(TlsHandshakeFailed) as raised:
        as_server(tls_peers.stack(name), wish, suites=(code,), identities=tls_peers.identity("rsa"))
    assert raised.value.alert_sent == "handshake_failure"


def test_handshakes_in_small_records_pass(tls_peers: PeerBench) -> None:
    """A certificate with its issuers takes several records of 512 octets then."""
    options = ("-max_send_frag", "512")
    serving = tls_peers.stack("openssl").serve(suite_wish(tls_peers, "openssl", 0xC02F, options=options))
    meeting = as_client(serving, suites=(0xC02F,))
    with meeting.channel:
        meeting.converse()
    wish = Wish(suites=(0xC02F,), credential=tls_peers.credential("rsa"), options=options)
    own = tls_peers.identity("rsa")
    meeting = as_server(tls_peers.stack("openssl"), wish, suites=(0xC02F,), identities=own, verify_peer=True)
    with meeting.channel as channel:
        assert channel.established.peer_chain
        meeting.converse()


def test_a_stapled_answer_is_read(tls_peers: PeerBench, tmp_path: Path) -> None:
    """RFC 6066 8: whoever asks for the status of the server's certificate gets it behind the certificate."""
    answer = tmp_path / "answer.der"
    answer.write_bytes(OCSP_TRY_LATER)
    options = ("-status_file", str(answer))
    serving = tls_peers.stack("openssl").serve(suite_wish(tls_peers, "openssl", 0xC02F, options=options))
    asked = Extension(ExtensionType.STATUS_REQUEST, bytes.fromhex("0100000000"))
    meeting = as_client(serving, suites=(0xC02F,), extra_extensions=(asked,))
    with meeting.channel:
        meeting.converse()
        (stapled,) = (
            event.octets
            for event in meeting.events
            if isinstance(event, HandshakeMessage) and event.name == "TLS.CertificateStatus"
        )
        assert stapled.endswith(OCSP_TRY_LATER)


def test_a_client_is_told_the_authorities(tls_peers: PeerBench) -> None:
    meeting = as_server(
        tls_peers.stack("openssl"),
        Wish(suites=(0xC02F,)),
        suites=(0xC02F,),
        identities=tls_peers.identity("rsa"),
        verify_peer=True,
        require_peer=False,
        authorities=(NOBODY,),
    )
    with meeting.channel:
        peer = meeting.peer
        assert isinstance(peer, OpenSslEnd)
        peer.program.wait_for(rb"^Acceptable client certificate CA names\nCN ?= ?nobody$")
        meeting.converse()
