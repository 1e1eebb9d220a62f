"""TLS with stacks that nobody here wrote: libiec61850, the Rust stack, and OpenSSL's own programs."""

from __future__ import annotations

import contextlib
import select
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from conform62351.fixtures.peers.running import CLIENTS, SERVERS, PeerError, PeerServer, visit
from conform62351.fixtures.peers.speaking import TlsFiles
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_peer import Peer, Start, act
from conform62351.suites.selfcheck.peers import require_module, require_program
from conform62351.suites.selfcheck.tls_bench import CLOCK, LIMIT, Pki, TlsServer
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.errors import TlsHandshakeFailed
from conform62351.tooling.net.flow import Address, End
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_contexts import TlsFactory

MANIFEST = """
anchors = "root.pem"

[credential.application]
certificate = "dut.pem"
key = "dut.key"

[credential.tls]
certificate = "dut.pem"
key = "dut.key"
"""
VALUE = ("IEDREF1LD0", "GGIO1$ST$IntIn1$stVal")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def files_of(pki: Pki, name: str) -> TlsFiles:
    return TlsFiles(pki.file(name), pki.file(name, "key"), pki.file("root"))


def secured(address: Address, factory: TlsFactory, session: object | None = None) -> SecureChannel:
    channel = Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK)
    return SecureChannel.open(channel, factory.machine(session), limit=LIMIT)


@pytest.mark.parametrize("server", SERVERS)
def test_tester_reads_from_a_real_server_over_mutual_tls(pki: Pki, server: str) -> None:
    require_module(server)
    with PeerServer(server, files_of(pki, "dut")) as peer:
        for version in ("TLSv1.2", "TLSv1.3"):
            factory = pki.client(minimum=version, maximum=version)
            with secured(peer.address, factory) as channel:
                assert channel.established.version == version
                assert channel.established.peer_chain[0] == pki.der("dut")
                tester = Peer(channel, Role.CLIENT)
                tester.associate()
                assert tester.ask(tester.client.read(VALUE)).results[0].data == ("integer", 0)
                tester.release()
        for wrong, alert in (("stranger", "unknown_ca"), ("expired", "certificate_expired")):
            with pytest.raises(TlsHandshakeFailed) as raised:
                secured(peer.address, pki.client(wrong))
            assert raised.value.alert_received == alert
        assert peer.alive()


@pytest.mark.parametrize("server", SERVERS)
def test_tester_refuses_a_real_server_that_it_does_not_trust(pki: Pki, server: str) -> None:
    require_module(server)
    with PeerServer(server, files_of(pki, "stranger")) as peer:
        with pytest.raises(TlsHandshakeFailed) as raised:
            secured(peer.address, pki.client())
        assert raised.value.alert_sent == "unknown_ca"
        assert raised.value.peer_chain[0] == pki.der("stranger")


@pytest.mark.parametrize("client", CLIENTS)
def test_real_client_uses_the_device_over_mutual_tls(client: str, start: Start, pki: Pki) -> None:
    require_module(client)
    (pki.folder / "manifest.toml").write_text(MANIFEST)
    device = start(pki=pki.folder)
    act(device, "configure", name="tls")
    met = visit(client, device.tls_address, tls=files_of(pki, "tester"))
    assert (met.read, met.written) == (0, 4711)
    with pytest.raises(PeerError):
        visit(client, device.tls_address)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("own", "server", "alert"), [("stranger", "dut", "unknown_ca"), ("expired", "dut", "certificate_expired")]
)
def test_real_client_with_a_wrong_certificate_is_refused(
    pki: Pki, client: str, own: str, server: str, alert: str
) -> None:
    require_module(client)
    with TlsServer(pki.server(server)) as serving, pytest.raises(PeerError):
        visit(client, serving.address, tls=files_of(pki, own))
    (outcome,) = serving.outcomes
    assert isinstance(outcome, TlsHandshakeFailed)
    assert outcome.alert_sent == alert
    assert outcome.peer_chain[0] == pki.der(own)


@pytest.mark.parametrize("client", CLIENTS)
def test_real_client_refuses_a_server_that_it_does_not_trust(pki: Pki, client: str) -> None:
    require_module(client)
    with TlsServer(pki.server("stranger")) as serving, pytest.raises(PeerError):
        visit(client, serving.address, tls=files_of(pki, "tester"))
    (outcome,) = serving.outcomes
    assert isinstance(outcome, TlsHandshakeFailed)
    assert outcome.alert_received == "unknown_ca"


def credential(pki: Pki, name: str, *, verify: str) -> list[str]:
    """Return the arguments of ``openssl`` for a credential that trusts ``root``."""
    files = ["-cert", str(pki.file(name)), "-key", str(pki.file(name, "key"))]
    return [*files, "-CAfile", str(pki.file("root")), verify, "2", "-verify_return_error"]


class OpenSsl:
    """An ``openssl s_server`` or ``s_client`` whose lines can be read and typed."""

    def __init__(self, *arguments: str) -> None:
        command = [require_program("openssl"), *arguments]
        pipe: Any = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT)

    @property
    def lines(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def wait_for(self, beginning: bytes) -> bytes:
        """Return the next line that begins so."""
        return next(line for line in self.lines if line.startswith(beginning))

    def type(self, octets: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(octets)
        self.process.stdin.flush()

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def openssl(*arguments: str) -> Iterator[OpenSsl]:
    running = OpenSsl(*arguments)
    watchdog = threading.Timer(LIMIT * 2, running.process.kill)
    watchdog.start()
    try:
        yield running
    finally:
        watchdog.cancel()
        running.stop()


@contextmanager
def s_server(pki: Pki, host: str, *arguments: str) -> Iterator[tuple[OpenSsl, Address]]:
    where = f"[{host}]:0" if ":" in host else f"{host}:0"
    options = credential(pki, "dut", verify="-Verify")
    with openssl("s_server", "-accept", where, "-naccept", "9", *options, *arguments) as running:
        line = running.wait_for(b"ACCEPT")
        yield running, Address(host, int(line.rpartition(b":")[2]))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_s_server_takes_and_resumes_our_client(pki: Pki, host: str, version: str) -> None:
    factory = pki.client(minimum=version, maximum=version, tickets=True)
    with s_server(pki, host) as (running, address):
        session: object | None = None
        for resumed in (False, True):
            with secured(address, factory, session) as channel:
                assert channel.established.resumed == resumed
                running.type(b"hello\n")
                assert channel.receive(LIMIT) == b"hello\n"
                channel.send(b"answer\n", limit=LIMIT)
                running.wait_for(b"answer")
                session = channel.session
                channel.half_close()
                assert channel.receive(LIMIT) is End.CLOSED
                assert channel.closed_in_order


@pytest.mark.parametrize(
    ("name", "alert"),
    [("stranger", "unknown_ca"), ("expired", "certificate_expired"), ("", "handshake_failure")],
)
def test_s_server_refuses_wrong_certificates_by_an_alert(pki: Pki, name: str, alert: str) -> None:
    with s_server(pki, "127.0.0.1") as (_, address):
        with pytest.raises(TlsHandshakeFailed) as raised:
            secured(address, pki.client(name))
        assert raised.value.alert_received == alert


def test_data_flow_on_while_s_server_renegotiates(pki: Pki) -> None:
    """HelloRequest is answered: 62351-3 has servers ask for renegotiation."""
    with s_server(pki, "127.0.0.1") as (running, address), secured(address, pki.client()) as channel:
        running.type(b"one\n")
        assert channel.receive(LIMIT) == b"one\n"
        running.type(b"R\n")  # asks for our certificate, too
        # A command is recognised when it is all that one read returns: more is typed when it was obeyed.
        assert select.select([channel], [], [], LIMIT)[0]
        got = b""
        while got != b"two\n":
            channel.receive(0.2)
            channel.send(b"ours\n", limit=LIMIT)
            running.type(b"two\n")
            part = channel.receive(LIMIT)
            assert isinstance(part, bytes), part
            got = part
        running.wait_for(b"ours")
        assert channel.alert == channel.failure == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_our_server_takes_s_client(pki: Pki, host: str, version: str) -> None:
    versions = {"minimum": "TLSv1.2", "maximum": "TLSv1.3"}
    with TlsServer(pki.server(**versions), host=host) as serving:
        options = credential(pki, "tester", verify="-verify")
        where = str(serving.address)
        with openssl("s_client", "-connect", where, f"-{version}", "-quiet", *options) as running:
            running.type(b"echoed\n")
            running.wait_for(b"echoed")
    (outcome,) = serving.outcomes
    assert isinstance(outcome, SecureChannel)
    assert outcome.established.peer_chain[0] == pki.der("tester")


def test_our_server_resumes_s_client(pki: Pki, tmp_path: Path) -> None:
    kept = tmp_path / "session"
    with TlsServer(pki.server()) as serving:
        for option in ("-sess_out", "-sess_in"):
            options = credential(pki, "tester", verify="-verify")
            command = ["s_client", "-connect", str(serving.address), "-tls1_2", option, str(kept), *options]
            with openssl(*command) as running:
                running.wait_for(b"New" if option == "-sess_out" else b"Reused")
                running.type(b"echoed\n")
                running.wait_for(b"echoed")
                running.type(b"Q\n")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.process.wait(LIMIT)
    resumed = [isinstance(end, SecureChannel) and end.established.resumed for end in serving.outcomes]
    assert resumed == [False, True]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "unsupported protocol"),
        (["-tls1_2", "-cipher", "AES256-SHA"], "no shared cipher"),
    ],
)
def test_our_server_refuses_what_it_does_not_offer(pki: Pki, options: list[str], reason: str) -> None:
    with (
        TlsServer(pki.server()) as serving,
        openssl("s_client", "-connect", str(serving.address), *options) as running,
    ):
        running.process.communicate(b"", timeout=LIMIT)
    (outcome,) = serving.outcomes
    assert isinstance(outcome, TlsHandshakeFailed)
    assert outcome.reason == reason
    assert outcome.alert_sent in ("protocol_version", "handshake_failure")
