"""TLS of the reference device by the engine: suites, resumption, renegotiation below MMS, certificates."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec
import pytest

from conform62351.fixtures.device.configuration import load_description
from conform62351.fixtures.device.control import ActionError
from conform62351.fixtures.device.process import start_device
from conform62351.fixtures.faults.building import LeaveOut
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tls.interface import Established
from conform62351.suites.selfcheck.device_engine_peer import (
    EnginePeers,
    associated,
    calling,
    credential_for,
    in_configuration,
    logged,
)
from conform62351.suites.selfcheck.device_peer import (
    LIMIT_S,
    Peer,
    Start,
    act,
    answered_within,
    wait_for_event,
)
from conform62351.suites.selfcheck.device_secured_peer import TESTER_TLS
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.e2e_keys import KeyFileWriter
from conform62351.tooling.net.errors import TlsHandshakeFailed
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_contexts import TlsFactory, settings_of

TLS_1_0, TLS_1_1, TLS_1_2 = 0x0301, 0x0302, 0x0303
SUCCESS = "IEC62351-3:1.1"
ASSOCIATED = "IEC62351-14:4.1"
FAILED = "IEC62351-14:4.2"
_TLS = load_description(None, None).configurations["tls"].tls
assert _TLS is not None
SERVER_SUITES, CLIENT_SUITES = (_TLS.parts[role].suites for role in (Role.SERVER, Role.CLIENT))


def reads(peer: Peer) -> None:
    """Have a request answered."""
    peer.ask(peer.client.identify())


@pytest.mark.parametrize("code", SERVER_SUITES, ids=lambda code: f"{code:04X}")
def test_server_associates_over_every_suite_that_it_claims(
    start: Start, workshop: Workshop, engine: EnginePeers, code: int
) -> None:
    device = in_configuration(start, workshop)
    heard = engine.connected(device, suites=(code,))
    assert heard.stream.established.code == code
    associated(heard).release()
    assert heard.stream.established.suite in logged(device, SUCCESS)[0]


@pytest.mark.parametrize("code", CLIENT_SUITES, ids=lambda code: f"{code:04X}")
def test_client_associates_over_every_suite_that_it_claims(
    start: Start, workshop: Workshop, engine: EnginePeers, code: int
) -> None:
    device = in_configuration(start, workshop)
    listener = engine.listening()
    calling(device, listener)
    heard = engine.called(listener, credential_for(code), suites=(code,))
    heard.peer(Role.SERVER).accept()
    wait_for_event(device, ASSOCIATED, "as client")


def test_suites_that_nobody_claims_are_refused(start: Start, workshop: Workshop, engine: EnginePeers) -> None:
    device = in_configuration(start, workshop)
    for code in (0x0005, 0x0034, 0x0001, 0x0002, 0x003B, 0x003D):
        with pytest.raises(TlsHandshakeFailed) as failure:
            engine.connected(device, suites=(code,))
        assert failure.value.alert_received == "handshake_failure"
    wait_for_event(device, "IEC62351-3:1.9", "TLS: ")
    associated(engine.connected(device)).release()


def test_suites_without_encryption_are_taken_where_they_are_enabled(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = in_configuration(start, workshop, "tls-null")
    for code in (0x0002, 0x003B):
        associated(engine.connected(device, suites=(code,))).release()


@pytest.mark.parametrize("kind", ["tls-ecdsa", "tls-brainpool", "tls-dsa", "tls-dh-rsa", "tls-dh-dss"])
def test_clients_with_certificates_of_every_kind_are_taken(
    start: Start, workshop: Workshop, engine: EnginePeers, kind: str
) -> None:
    device = in_configuration(start, workshop)
    suite = {"tls-dh-rsa": 0x00A0, "tls-dh-dss": 0x0036}.get(kind, 0xC02F)
    associated(engine.connected(device, kind, suites=(suite,))).release()


@pytest.mark.parametrize("version", [TLS_1_0, TLS_1_1])
def test_weak_versions_are_taken_with_a_warning_where_they_are_enabled(
    start: Start, workshop: Workshop, engine: EnginePeers, version: int
) -> None:
    offered: dict[str, Any] = {"minimum": version, "maximum": version, "suites": (0x0016, 0x000A)}
    device = in_configuration(start, workshop, "tls-weak")
    associated(engine.connected(device, **offered)).release()
    wait_for_event(device, "IEC62351-3:1.3")
    act(device, "configure", name="tls")
    with pytest.raises(TlsHandshakeFailed) as failure:
        engine.connected(device, **offered)
    assert failure.value.alert_received == "protocol_version"
    wait_for_event(device, "IEC62351-3:1.2")


def test_renegotiation_by_the_device_leaves_the_association_alone(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = in_configuration(start, workshop)
    heard = engine.connected(device)
    peer = associated(heard)
    for count in (2, 3):
        act(device, "renegotiate")
        reads(peer)
        heard.wait_for(Established, count)
        reads(peer)
        assert heard.count(Established) == count
    assert not heard.stream.established.resumed
    peer.release()
    texts = logged(device, SUCCESS)
    assert ["renegotiated" in text for text in texts] == [False, True, True]


def test_renegotiation_by_the_peer_leaves_the_association_alone(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = in_configuration(start, workshop)
    heard = engine.connected(device)
    peer = associated(heard)
    heard.renegotiate()
    heard.wait(Established, lambda event: event.renegotiated)
    reads(peer)
    peer.release()


@pytest.mark.parametrize("by", ["device", "peer"])
def test_client_renegotiates_by_itself_and_when_it_is_asked(
    start: Start, workshop: Workshop, engine: EnginePeers, by: str
) -> None:
    device = in_configuration(start, workshop)
    listener = engine.listening()
    calling(device, listener)
    heard = engine.called(listener)
    peer = heard.peer(Role.SERVER)
    peer.accept()
    wait_for_event(device, ASSOCIATED)
    if by == "device":
        act(device, "renegotiate")
    else:
        heard.renegotiate()
    heard.wait(Established, lambda event: event.renegotiated)
    act(device, "send-request")
    peer.answer()
    wait_for_event(device, SUCCESS, "renegotiated")


@pytest.mark.parametrize("role", list(Role))
def test_renegotiation_comes_by_itself_when_its_time_has_come(
    start: Start, workshop: Workshop, engine: EnginePeers, role: Role
) -> None:
    device = in_configuration(start, workshop, "tls-intervals")
    if role is Role.SERVER:
        heard = engine.connected(device)
        associated(heard)
    else:
        listener = engine.listening()
        calling(device, listener)
        heard = engine.called(listener)
        heard.peer(Role.SERVER).accept()
    heard.wait(Established, lambda event: event.renegotiated and not event.resumed)
    # A server asks for its keys to be refreshed by the same message, and the peer has a full handshake then.
    assert any(event.resumed for event in heard.all(Established)) is (role is Role.CLIENT)
    wait_for_event(device, SUCCESS, "renegotiated")


def test_renegotiation_that_is_not_answered_ends_the_connection(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    hasty = answered_within(1.0, load_description(None, None))
    device = in_configuration(start, workshop, configurations=hasty)
    heard = engine.connected(device, policy=Policy(), renegotiation_allowed=False)
    associated(heard)
    act(device, "renegotiate")
    heard.ended()
    wait_for_event(device, "IEC62351-3:1.11")
    wait_for_event(device, FAILED, "without release")
    associated(engine.connected(device)).release()


def test_nothing_is_renegotiated_without_tls(start: Start, workshop: Workshop, engine: EnginePeers) -> None:
    device = in_configuration(start, workshop)
    with pytest.raises(ActionError, match="there is no association"):
        act(device, "renegotiate")
    device = in_configuration(start, workshop, log="other.log", tls_library=True)
    associated(engine.connected(device))
    with pytest.raises(ActionError, match="no TLS that could be renegotiated"):
        act(device, "renegotiate")


@pytest.mark.parametrize("tickets", [False, True])
def test_server_resumes_sessions_until_a_restart(
    start: Start, workshop: Workshop, engine: EnginePeers, tickets: bool
) -> None:
    device = in_configuration(start, workshop)
    first = engine.connected(device, tickets=tickets)
    associated(first).release()
    session = first.machine.session
    assert session is not None
    second = engine.connected(device, tickets=tickets, session=session)
    assert second.stream.established.resumed
    assert second.stream.established.ticket is tickets
    assert second.stream.established.peer_chain == first.stream.established.peer_chain
    associated(second).release()
    assert "resumed" in logged(device, SUCCESS)[1]
    act(device, "reset")
    assert not engine.connected(device, tickets=tickets, session=session).stream.established.resumed


def test_server_resumes_sessions_for_a_time_only(
    start: Start, workshop: Workshop, engine: EnginePeers, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = in_configuration(start, workshop, "tls-intervals")
    moments = [time.monotonic()]
    monkeypatch.setattr(device.clock, "monotonic", lambda: moments[-1])
    first = engine.connected(device)
    associated(first).release()
    assert engine.connected(device, session=first.machine.session).stream.established.resumed
    moments.append(moments[-1] + 1.1)
    assert not engine.connected(device, session=first.machine.session).stream.established.resumed


def test_client_resumes_sessions(start: Start, workshop: Workshop, engine: EnginePeers) -> None:
    device = in_configuration(start, workshop)
    listener = engine.listening()
    for resumed in (False, True):
        calling(device, listener)
        heard = engine.called(listener)
        heard.peer(Role.SERVER).accept()
        assert heard.stream.established.resumed is resumed
        heard.stream.close()
        wait_for_event(device, SUCCESS, "resumed" if resumed else "")
    act(device, "reset")
    calling(device, listener)
    assert not engine.called(listener).stream.established.resumed


def test_version_1_3_is_spoken_by_openssl(start: Start, workshop: Workshop) -> None:
    device = in_configuration(start, workshop, "tls-1-3")
    settings = msgspec.structs.replace(
        settings_of(CredentialFolder.load(workshop.tester), TESTER_TLS), maximum="TLSv1.3"
    )
    channel = Channel.connect(device.tls_address.host, device.tls_address.port, limit=LIMIT_S, clock=Clock())
    with SecureChannel.open(
        channel, TlsFactory(settings, server_side=False).machine(), limit=LIMIT_S
    ) as stream:
        assert stream.established.version == "TLSv1.3"
        Peer(stream, Role.CLIENT).associate()
    assert "TLSv1.3" in logged(device, SUCCESS)[0]


def test_secrets_are_logged(start: Start, workshop: Workshop, engine: EnginePeers, tmp_path: Path) -> None:
    with KeyFileWriter(tmp_path / "keys") as writer:
        device = in_configuration(start, workshop, tls_key_log=writer)
        heard = engine.connected(device)
        peer = associated(heard)
        heard.renegotiate()
        heard.wait(Established, lambda event: event.renegotiated)
        peer.release()
    lines = (tmp_path / "keys").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["CLIENT_RANDOM"] * 2


def test_faults_reach_the_engine(start: Start, workshop: Workshop, engine: EnginePeers) -> None:
    with pytest.raises(TlsHandshakeFailed):
        engine.connected(in_configuration(start, workshop), "bad-tls/expired")
    faulty = in_configuration(start, workshop, policy=LeaveOut("TLS.CERT.19"), log="other.log")
    associated(engine.connected(faulty, "bad-tls/expired")).release()


@pytest.mark.parametrize("tls", ["engine", "openssl"])
def test_command_says_who_does_tls(workshop: Workshop, engine: EnginePeers, tmp_path: Path, tls: str) -> None:
    log = tmp_path / "keys"
    with start_device(pki=workshop.dut, tls=tls, tls_key_log=log) as device:
        with urlopen(Request(f"{device.control}configure?name=tls", method="POST"), timeout=LIMIT_S):
            """It is in that configuration."""
        if tls == "engine":
            associated(engine.connected(device, suites=(0x00A0,))).release()
        else:
            with pytest.raises(TlsHandshakeFailed):
                engine.connected(device, suites=(0x00A0,))
            associated(engine.connected(device)).release()
    assert bool(log.read_text()) is (tls == "engine")
