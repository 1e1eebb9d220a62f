"""Sessions that the engine and stacks of others resume, by identifiers and by tickets (RFC 5246, 5077)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conform62351.fixtures.peers.tls.gnutls import GnuTlsClient
from conform62351.fixtures.peers.tls.openssl import OpenSslEnd
from conform62351.fixtures.peers.tls.process import LOOPBACK
from conform62351.fixtures.peers.tls.stack import Wish
from conform62351.profiles.tls.engine.sessions import Session, SessionStore
from conform62351.suites.selfcheck.tls_bench import CLOCK
from conform62351.suites.selfcheck.tls_peer_bench import (
    Meeting,
    PeerBench,
    accepted,
    as_client,
    suite_wish,
)
from conform62351.tooling.net.channel import Listener

SUITES = (0x003C, 0x009E, 0xC02F)
WITHOUT_TICKETS = {"openssl": ("-no_ticket",), "gnutls": ("--noticket",)}
WAYS = pytest.mark.parametrize("tickets", [False, True], ids=["identifier", "ticket"])
BOTH = pytest.mark.parametrize("name", WITHOUT_TICKETS)


def leave(meeting: Meeting) -> None:
    """End the connection in order, or OpenSSL forgets the session."""
    meeting.channel.half_close()
    meeting.end()


@BOTH
@WAYS
@pytest.mark.parametrize("code", SUITES)
def test_a_server_resumes_our_session(tls_peers: PeerBench, name: str, tickets: bool, code: int) -> None:
    options = () if tickets else WITHOUT_TICKETS[name]
    serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, code, options=options))
    session: Session | None = None
    for resumed in (False, True):
        meeting = as_client(serving, suites=SUITES, session=session, tickets=tickets)
        established = meeting.channel.established
        assert (established.resumed, established.code) == (resumed, code)
        assert established.ticket == tickets
        assert established.peer_chain
        meeting.converse()
        session = meeting.machine.session
        leave(meeting)


@WAYS
def test_a_client_resumes_its_session(tls_peers: PeerBench, tmp_path: Path, tickets: bool) -> None:
    store = SessionStore(os.urandom)
    kept = str(tmp_path / "session")
    without = () if tickets else WITHOUT_TICKETS["openssl"]
    own = tls_peers.identity("rsa")
    for resumed, option in ((False, "-sess_out"), (True, "-sess_in")):
        wish = Wish(suites=(0xC02F,), options=(*without, option, kept))
        with Listener.bind(LOOPBACK, clock=CLOCK) as listener:
            peer = tls_peers.stack("openssl").visit(listener.address.port, wish)
            meeting = accepted(listener, peer, suites=SUITES, identities=own, store=store, tickets=tickets)
        assert meeting.channel.established.resumed == resumed
        assert meeting.channel.established.ticket == tickets
        meeting.converse()
        assert isinstance(peer, OpenSslEnd)
        peer.program.wait_for(b"^Reused" if resumed else b"^New")
        peer.says(b"Q\n")
        meeting.end()


@WAYS
def test_gnutls_resumes_its_session(tls_peers: PeerBench, tickets: bool) -> None:
    """It connects twice by itself."""
    store = SessionStore(os.urandom)
    wish = Wish(suites=(0xC02F,), options=("--resume", *(() if tickets else WITHOUT_TICKETS["gnutls"])))
    own = tls_peers.identity("rsa")
    with Listener.bind(LOOPBACK, clock=CLOCK) as listener:
        peer = tls_peers.stack("gnutls").visit(listener.address.port, wish)
        for resumed in (False, True):
            meeting = accepted(listener, peer, suites=SUITES, identities=own, store=store, tickets=tickets)
            assert meeting.channel.established.resumed == resumed
            if not resumed:
                meeting.end()
    with meeting.channel:
        assert isinstance(peer, GnuTlsClient)
        peer.program.wait_for(rb"This is a resumed session")
        meeting.converse()


@BOTH
def test_a_server_that_has_forgotten_shakes_hands_anew(tls_peers: PeerBench, name: str) -> None:
    session: Session | None = None
    for _ in range(2):
        serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, 0xC02F))
        meeting = as_client(serving, suites=SUITES, session=session, tickets=True)
        assert not meeting.channel.established.resumed
        meeting.converse()
        session = meeting.machine.session
        leave(meeting)
        serving.end()
