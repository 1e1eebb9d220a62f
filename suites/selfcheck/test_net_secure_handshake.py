"""What a handshake over real sockets comes to: chains, resumption, and certificates that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.suites.selfcheck.stream_bench import received
from conform62351.suites.selfcheck.tls_bench import LIMIT, Pki, TlsServer
from conform62351.suites.selfcheck.tls_engine_bench import client
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import TlsHandshakeFailed
from conform62351.tooling.net.flow import End
from conform62351.tooling.net.secure_channel import SecureChannel

VERSIONS = ["TLSv1.2", "TLSv1.3"]
CLOSE_NOTIFY = bytes.fromhex("15030300020100")
"""A record of TLS with the alert by which a peer ends its side."""


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def test_chain_of_tls_1_2_is_what_the_peer_sent(pki: Pki) -> None:
    with TlsServer(pki.server()) as server, server.secured(pki.client()) as channel:
        assert channel.established.peer_chain == (pki.der("dut"), pki.der("root"))
        assert (channel.established.suite, channel.established.code) == (
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            0xC02F,
        )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tickets", [False, True], ids=["identifier", "ticket"])
def test_session_is_resumed(pki: Pki, version: str, tickets: bool) -> None:
    members: dict[str, Any] = {"minimum": version, "maximum": version, "tickets": tickets}
    client = pki.client(**members)
    with TlsServer(pki.server(**members)) as server:
        first = server.secured(client)
        first.send(b"x", limit=LIMIT)
        assert received(first, 1) == b"x"  # behind it stand the tickets of TLS 1.3
        session = first.session
        first.close()
        with server.secured(client, session) as second:
            assert second.established.resumed
            assert second.established.peer_chain[0] == pki.der("dut")
            second.send(b"y", limit=LIMIT)
            assert received(second, 1) == b"y"
    assert [isinstance(end, SecureChannel) and end.established.resumed for end in server.outcomes] == [
        False,
        True,
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("refusing", ["client", "server"])
def test_resumption_can_be_refused(pki: Pki, version: str, refusing: str) -> None:
    members: dict[str, Any] = {"minimum": version, "maximum": version, "tickets": True}
    client = pki.client(**members, resumption=refusing != "client")
    with TlsServer(pki.server(**members, resumption=refusing != "server")) as server:
        first = server.secured(client)
        first.send(b"x", limit=LIMIT)
        assert received(first, 1) == b"x"
        session = first.session
        first.close()
        with server.secured(client, session) as second:
            assert not second.established.resumed


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("client", "server", "alert"),
    [
        ("", "dut", {"TLSv1.2": "handshake_failure", "TLSv1.3": "certificate_required"}),
        ("stranger", "dut", "unknown_ca"),
        ("expired", "dut", "certificate_expired"),
        ("tester", "stranger", "unknown_ca"),
        ("tester", "expired", "certificate_expired"),
    ],
)
def test_wrong_certificates_are_refused_with_an_alert_that_both_sides_see(
    pki: Pki, version: str, client: str, server: str, alert: str | dict[str, str]
) -> None:
    expected = alert if isinstance(alert, str) else alert[version]
    members = {"minimum": version, "maximum": version}
    server_refuses = server == "dut"
    with TlsServer(pki.server(server, **members)) as serving:
        if server_refuses and version == "TLSv1.3":
            channel = serving.secured(pki.client(client, **members))
            assert channel.receive(LIMIT) is End.CLOSED
            assert channel.alert == expected
            assert not channel.closed_in_order
            channel.close()
        else:
            with pytest.raises(TlsHandshakeFailed) as raised:
                serving.secured(pki.client(client, **members))
            failure = raised.value
            seen = failure.alert_received if server_refuses else failure.alert_sent
            assert seen == expected
            assert expected in str(failure)
            if not server_refuses and version == "TLSv1.2":
                assert failure.peer_chain[0] == pki.der(server)
    (outcome,) = serving.outcomes
    assert isinstance(outcome, TlsHandshakeFailed)
    told = outcome.alert_sent if server_refuses else outcome.alert_received
    assert told == expected
    if server_refuses and client and version == "TLSv1.2":
        assert outcome.peer_chain[0] == pki.der(client)


def test_a_machine_ends_a_handshake_when_it_has_waited_long_enough() -> None:
    clock = Clock()
    with Listener.bind("127.0.0.1", 0, clock=clock) as listener:
        address = listener.address
        channel = Channel.connect(address.host, address.port, limit=LIMIT, clock=clock)
        impatient = client(suites=(0xC02F,), now=clock.monotonic, answer_limit=0.01)
        with listener.accept(LIMIT) or pytest.fail("no connection") as peer:
            with pytest.raises(TlsHandshakeFailed, match=r"TLS\.TIME\.4") as failed:
                SecureChannel.open(channel, impatient, limit=LIMIT)
            assert isinstance(peer.receive(LIMIT), bytes)
    assert failed.value.end is None


@pytest.mark.parametrize("library", [False, True], ids=["engine", "library"])
def test_a_peer_that_says_close_notify_within_the_handshake_has_closed(pki: Pki, library: bool) -> None:
    """Whether TCP ends by then or not."""
    clock = Clock()
    with Listener.bind("127.0.0.1", 0, clock=clock) as listener:
        address = listener.address
        channel = Channel.connect(address.host, address.port, limit=LIMIT, clock=clock)
        machine = pki.client().machine() if library else client(suites=(0xC02F,), now=clock.monotonic)
        with listener.accept(LIMIT) or pytest.fail("no connection") as peer:
            peer.send(CLOSE_NOTIFY, limit=LIMIT)
            with pytest.raises(TlsHandshakeFailed) as failed:
                SecureChannel.open(channel, machine, limit=LIMIT)
    assert failed.value.end is End.CLOSED
    assert failed.value.alert_received == failed.value.alert_sent == ""
