"""Renegotiation between the engine and stacks of others, begun by either side (RFC 5746)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conform62351.fixtures.peers.tls.gnutls import INLINE_COMMANDS, REHANDSHAKE, RENEGOTIATE, GnuTlsClient
from conform62351.fixtures.peers.tls.openssl import OpenSslEnd
from conform62351.fixtures.peers.tls.stack import Conversation, Wish
from conform62351.fixtures.peers.tls.worded import WordedEnd
from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.interface import AlertReceived, Established, RenegotiationAsked
from conform62351.suites.selfcheck.tls_bench import LIMIT
from conform62351.suites.selfcheck.tls_engine_bench import Lenient
from conform62351.suites.selfcheck.tls_peer_bench import Meeting, PeerBench, as_client, as_server, suite_wish

SUITE = 0xC02F
STACKS = ("openssl", "gnutls", "node")
CLIENT_MAY = {"openssl": ("-client_renegotiation",)}
"""What makes a server take a renegotiation that its client begins."""
COMMANDS = {"gnutls": (INLINE_COMMANDS,)}
"""What makes a client renegotiate when it is told."""


def renegotiated(meeting: Meeting) -> Callable[[], bool]:
    """Return what tells whether a second handshake is complete."""
    return lambda: any(isinstance(event, Established) and event.renegotiated for event in meeting.events)


def served(
    tls_peers: PeerBench,
    name: str,
    *,
    ask: bool = False,
    options: tuple[str, ...] = (),
    policy: Policy | None = None,
) -> Meeting:
    """Return the engine as client of a stack, after the first data."""
    serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, SUITE, ask=ask, options=options))
    meeting = as_client(serving, policy, suites=(SUITE,), identities=tls_peers.identity("rsa"))
    meeting.converse()
    return meeting


def visited(tls_peers: PeerBench, name: str, *, options: tuple[str, ...] = (), ask: bool = False) -> Meeting:
    """Return the engine as server of a stack, after the first data."""
    wish = Wish(suites=(SUITE,), credential=tls_peers.credential("rsa"), options=options)
    own = tls_peers.identity("rsa")
    meeting = as_server(tls_peers.stack(name), wish, suites=(SUITE,), identities=own, verify_peer=ask)
    meeting.converse()
    return meeting


def begin(peer: Conversation) -> None:
    """Have a peer begin: a client by a ClientHello, a server by a HelloRequest."""
    if isinstance(peer, OpenSslEnd):
        peer.says(b"R\n")
    elif isinstance(peer, WordedEnd):
        peer.tell("renegotiate")
    elif isinstance(peer, GnuTlsClient):
        peer.says(RENEGOTIATE)


def check(meeting: Meeting) -> None:
    """Show that the second handshake was a full and secure one, and that data go on."""
    meeting.settle(renegotiated(meeting))
    first, second = (event for event in meeting.events if isinstance(event, Established))
    assert not first.renegotiated
    assert second.secure_renegotiation
    assert not second.resumed
    meeting.converse()
    assert meeting.channel.failure == meeting.channel.alert == ""


@pytest.mark.parametrize("name", STACKS)
def test_a_server_that_asks_gets_a_handshake(tls_peers: PeerBench, name: str) -> None:
    meeting = served(tls_peers, name, ask=name == "openssl")
    with meeting.channel as channel:
        if name == "gnutls":
            channel.send(REHANDSHAKE, limit=LIMIT)
        else:
            begin(meeting.peer)
        check(meeting)
        assert RenegotiationAsked("HelloRequest") in meeting.events


@pytest.mark.parametrize("name", STACKS)
def test_a_server_takes_a_handshake_of_ours(tls_peers: PeerBench, name: str) -> None:
    meeting = served(tls_peers, name, options=CLIENT_MAY.get(name, ()))
    with meeting.channel as channel:
        channel.drive(meeting.machine.renegotiate, limit=LIMIT)
        check(meeting)


def test_a_tester_goes_on_when_a_server_takes_no_handshake_of_ours(tls_peers: PeerBench) -> None:
    """OpenSSL answers so unless it is told otherwise."""
    meeting = served(tls_peers, "openssl", policy=Lenient())
    with meeting.channel as channel:
        channel.drive(meeting.machine.renegotiate, limit=LIMIT)
        meeting.settle(lambda: AlertReceived("warning", "no_renegotiation") in meeting.events)
        meeting.converse()
        assert not renegotiated(meeting)()


@pytest.mark.parametrize("ask", [False, True], ids=["alone", "certified"])
@pytest.mark.parametrize("name", STACKS)
def test_a_client_that_is_asked_shakes_hands(tls_peers: PeerBench, name: str, ask: bool) -> None:
    meeting = visited(tls_peers, name, ask=ask)
    with meeting.channel as channel:
        channel.drive(meeting.machine.renegotiate, limit=LIMIT)
        check(meeting)
        assert bool(channel.established.peer_chain) == ask


@pytest.mark.parametrize("name", STACKS)
def test_a_client_that_begins_is_taken(tls_peers: PeerBench, name: str) -> None:
    meeting = visited(tls_peers, name, options=COMMANDS.get(name, ()))
    with meeting.channel:
        begin(meeting.peer)
        check(meeting)
        assert RenegotiationAsked("ClientHello") in meeting.events


def test_a_client_that_may_not_begin_is_told(tls_peers: PeerBench) -> None:
    wish = Wish(suites=(SUITE,))
    own = tls_peers.identity("rsa")
    meeting = as_server(
        tls_peers.stack("openssl"), wish, suites=(SUITE,), identities=own, renegotiation_allowed=False
    )
    with meeting.channel:
        begin(meeting.peer)
        peer = meeting.peer
        assert isinstance(peer, OpenSslEnd)
        meeting.settle(lambda: RenegotiationAsked("ClientHello") in meeting.events)
        peer.program.wait_for(rb"no renegotiation")
        assert not renegotiated(meeting)()
