"""TLS of the reference device: which peers it takes, what it logs, and peers that stall or send garbage."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.device.configuration import Stack
from conform62351.fixtures.device.control import ActionError
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.device.tls_events import event_of
from conform62351.fixtures.faults.building import LeaveOut
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Peer, Start, act, events, wait_for_event
from conform62351.suites.selfcheck.device_secured_peer import SecuredPeers
from conform62351.suites.selfcheck.tls_bench import Pki
from conform62351.tooling.net.channel import Channel, End
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import TlsHandshakeFailed
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_contexts import TlsFactory

FAILED = "IEC62351-14:4.2"
OLD_SUITE = {"suites": ("TLS_RSA_WITH_AES_256_CBC_SHA",)}
MANIFEST = """
anchors = "root.pem"
crls = [{crls}]

[credential.application]
certificate = "dut.pem"
key = "dut.key"

[credential.tls]
certificate = "dut.pem"
key = "dut.key"
"""


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Return credentials, those of a device among them that has a CRL."""
    made = Pki(tmp_path_factory.mktemp("tls"))
    (made.folder / "list.crl").write_bytes(made.crl)
    (made.folder / "manifest.toml").write_text(MANIFEST.format(crls='"list.crl"'))
    return made


def with_tls(start: Start, folder: Path, policy: Policy | None = None, **members: Any) -> ReferenceDevice:
    device = start(policy, pki=folder, **members)
    act(device, "configure", name="tls")
    return device


def opened(device: ReferenceDevice) -> Channel:
    return Channel.connect(device.tls_address.host, device.tls_address.port, limit=LIMIT_S, clock=Clock())


def handshake(device: ReferenceDevice, factory: TlsFactory) -> SecureChannel:
    return SecureChannel.open(opened(device), factory.machine(), limit=LIMIT_S)


def associates(device: ReferenceDevice, factory: TlsFactory) -> None:
    with handshake(device, factory) as stream:
        peer = Peer(stream, Role.CLIENT)
        peer.associate()
        peer.release()


def stalling(device: ReferenceDevice, count: int) -> list[Channel]:
    """Open connections that say nothing, and such that say a part of a ClientHello."""
    channels = [opened(device) for _ in range(count)]
    for channel in channels[::2]:
        channel.send(bytes.fromhex("1603010200010001fc0303"), limit=LIMIT_S)
    return channels


def wait_for_connections(device: ReferenceDevice, count: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while (found := act(device, "health")["connections"]) != count:
        assert time.monotonic() < deadline, f"{found} connections"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("shown", "alert", "event"),
    [
        ("expired", "certificate_expired", "IEC62351-3:2.8"),
        ("stranger", "unknown_ca", "IEC62351-3:2.2"),
        ("revoked", "certificate_revoked", "IEC62351-3:2.4"),
        ("", "handshake_failure", "IEC62351-3:1.6"),
    ],
)
@pytest.mark.parametrize("library", [False, True])
def test_client_with_a_wrong_certificate_is_refused_by_an_alert(
    start: Start, pki: Pki, shown: str, alert: str, event: str, library: bool
) -> None:
    device = with_tls(start, pki.folder, tls_library=library)
    with pytest.raises(TlsHandshakeFailed) as failure:
        handshake(device, pki.client(shown))
    assert failure.value.alert_received == alert
    record = wait_for_event(device, event, "TLS: ")
    assert record.peer_info is not None
    assert record.peer_info.startswith("127.0.0.1:")
    associates(device, pki.client())


@pytest.mark.parametrize(
    ("members", "event"),
    [
        (OLD_SUITE, "IEC62351-3:1.9"),
        ({**OLD_SUITE, "minimum": "TLSv1.1", "maximum": "TLSv1.1"}, "IEC62351-3:1.2"),
    ],
)
def test_client_that_offers_nothing_usable_is_refused(
    start: Start, pki: Pki, members: dict[str, Any], event: str
) -> None:
    device = with_tls(start, pki.folder)
    with pytest.raises(TlsHandshakeFailed):
        handshake(device, pki.client(**members))
    wait_for_event(device, event)


def test_server_with_a_wrong_certificate_is_left(start: Start, pki: Pki, tester: SecuredPeers) -> None:
    device = with_tls(start, pki.folder)
    listener = tester.listening()
    act(device, "connect", host=listener.address.host, port=str(listener.address.port))
    channel = listener.accept(LIMIT_S)
    assert channel is not None
    with pytest.raises(TlsHandshakeFailed) as failure:
        SecureChannel.open(channel, pki.server("expired").machine(), limit=LIMIT_S)
    assert failure.value.alert_received == "certificate_expired"
    wait_for_event(device, "IEC62351-3:2.8")
    with pytest.raises(ActionError, match="there is no association"):
        act(device, "send-request")


@pytest.mark.parametrize("library", [False, True])
def test_peers_are_taken_with_a_warning_while_there_is_no_list(
    start: Start, pki: Pki, tmp_path: Path, library: bool
) -> None:
    device = with_tls(start, copied(pki, tmp_path / "without"), tls_library=library)
    associates(device, pki.client())
    logged = [record.id for record in events(device)]
    assert sorted(logged) == ["IEC62351-14:4.1", "IEC62351-3:1.1", "IEC62351-3:2.5"]


def test_revoked_peer_is_left_also_where_lists_are_missing(start: Start, pki: Pki, tmp_path: Path) -> None:
    """OpenSSL cannot look it up then: it refuses all whose authority has no list, and the device does it."""
    folder = copied(pki, tmp_path / "some", 'intermediates = "stranger-root.pem"\n', crls='"list.crl"')
    device = with_tls(start, folder, tls_library=True)
    with handshake(device, pki.client("revoked")) as stream:
        assert stream.receive(LIMIT_S) is End.CLOSED
    wait_for_event(device, "IEC62351-3:2.4", "DEV.10")
    associates(device, pki.client())


def test_credentials_are_read_once(start: Start, pki: Pki, tmp_path: Path) -> None:
    folder = copied(pki, tmp_path / "gone", crls='"list.crl"')
    device = with_tls(start, folder)
    (folder / "dut.key").unlink()
    associates(device, pki.client())


def copied(pki: Pki, folder: Path, more: str = "", *, crls: str = "") -> Path:
    folder.mkdir()
    for file in ("root.pem", "stranger-root.pem", "dut.pem", "dut.key", "list.crl"):
        (folder / file).write_bytes((pki.folder / file).read_bytes())
    (folder / "manifest.toml").write_text(more + MANIFEST.format(crls=crls))
    return folder


@pytest.mark.parametrize("library", [False, True])
def test_faults_reach_the_handshake(start: Start, pki: Pki, library: bool) -> None:
    device = with_tls(start, pki.folder, LeaveOut("DEV.9"), tls_library=library)
    associates(device, pki.client(""))
    device = with_tls(start, pki.folder, LeaveOut("DEV.10"), log="other.log", tls_library=library)
    associates(device, pki.client("revoked"))


def test_openssl_resumes_sessions_by_identifier(start: Start, pki: Pki) -> None:
    device = with_tls(start, pki.folder, tls_library=True)
    factory = pki.client(tickets=True)
    with handshake(device, factory) as first:
        session = first.session
    assert isinstance(session, ssl.SSLSession)
    assert not session.has_ticket
    with SecureChannel.open(opened(device), factory.machine(session), limit=LIMIT_S) as second:
        assert second.established.resumed


def test_peers_that_stall_do_not_keep_others_waiting(start: Start, pki: Pki) -> None:
    device = with_tls(start, pki.folder, associate_limit=60.0)
    silent = stalling(device, 40)
    associates(device, pki.client())
    assert act(device, "health")["connections"] >= len(silent)
    for channel in silent:
        channel.close()
    wait_for_connections(device, 0)


def test_handshake_has_a_limit(start: Start, pki: Pki) -> None:
    device = with_tls(start, pki.folder, associate_limit=0.3)
    for channel in stalling(device, 4):
        assert channel.receive(LIMIT_S) is not End.TIMEOUT
        channel.close()
    wait_for_event(device, FAILED, "TLS: not complete within")
    wait_for_connections(device, 0)


def test_reset_ends_a_handshake_under_way(start: Start, pki: Pki) -> None:
    device = with_tls(start, pki.folder, associate_limit=60.0)
    with opened(device) as channel:
        wait_for_connections(device, 1)
        act(device, "reset")
        assert channel.receive(LIMIT_S) is not End.TIMEOUT
    associates(device, pki.client())


@pytest.mark.parametrize(
    "octets",
    [
        b"\x00" * 500,
        b"\xff" * 70_000,
        b"GET / HTTP/1.0\r\n\r\n",
        bytes.fromhex("0300001611e00000000100c0010dc2020001c1020001"),
        bytes.fromhex("16030100ff") + bytes(255),
        bytes.fromhex("1503010002022a"),
        bytes.fromhex("1703030010") + bytes(16),
    ],
)
def test_garbage_in_place_of_a_handshake_ends_that_connection_only(
    start: Start, pki: Pki, octets: bytes
) -> None:
    device = with_tls(start, pki.folder)
    with socket.create_connection((device.tls_address.host, device.tls_address.port)) as sock:
        sock.settimeout(LIMIT_S)
        try:
            sock.sendall(octets)
            while sock.recv(4096):
                """An alert, perhaps."""
        except ConnectionError:
            """It was closed before all was read."""
    wait_for_event(device, FAILED, "TLS: ")
    associates(device, pki.client())


def test_garbage_inside_tls_ends_that_connection_only(start: Start, pki: Pki) -> None:
    device = with_tls(start, pki.folder)
    with handshake(device, pki.client()) as stream:
        stream.send(b"\x16\x03\x01" * 100, limit=LIMIT_S)
        assert stream.receive(LIMIT_S) is End.CLOSED
        assert stream.closed_in_order
    wait_for_event(device, FAILED, "TPKT")
    with opened(device) as channel:
        stream = SecureChannel.open(channel, pki.client().machine(), limit=LIMIT_S)
        channel.send(b"\x17\x03\x03\x00\x20" + bytes(32), limit=LIMIT_S)
        assert stream.receive(LIMIT_S) is not End.TIMEOUT
    associates(device, pki.client())


def test_hostile_peers_beside_a_good_one(start: Start, pki: Pki) -> None:
    device = with_tls(start, pki.folder)
    stop = threading.Event()

    def bother() -> None:
        while not stop.is_set():
            with opened(device) as channel:
                channel.send(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", limit=LIMIT_S)

    threads = [threading.Thread(target=bother) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            associates(device, pki.client())
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_stacks_work_over_ipv6(start: Start, workshop: Workshop, tester: SecuredPeers) -> None:
    device = start(pki=workshop.dut, host="::1")
    assert device.tls_address.host == "::1"
    for stack in (Stack.A_PROFILE, Stack.COMPATIBILITY):
        act(device, "configure", name=stack.value)
        peer = tester.connected(device, stack)
        peer.associate()
        peer.release()
        listener = tester.listening("::1")
        act(device, "connect", host="::1", port=str(listener.address.port))
        called = tester.called(listener, stack)
        called.accept()
        record = wait_for_event(device, "IEC62351-14:4.1", "as client")
        assert (record.peer_info or "").startswith("[::1]:")


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        ("no shared cipher", "IEC62351-3:1.9"),
        ("wrong cipher returned", "IEC62351-3:1.9"),
        ("unsupported protocol", "IEC62351-3:1.2"),
        ("the peer closed the connection", FAILED),
    ],
)
def test_the_words_of_openssl_tell_the_event(reason: str, event: str) -> None:
    assert event_of(TlsHandshakeFailed("peer", reason)) == event
    assert event_of(TlsHandshakeFailed("peer", reason, alert_received="handshake_failure")) == FAILED
