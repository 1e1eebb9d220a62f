"""Listening for clients: OpenSSL's and Python's offer what they were told to offer."""

from __future__ import annotations

import os
import queue
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.tls.engine.parameters import TlsIdentity
from conform62351.suites.selfcheck.peers import require_program
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.flow import Address
from conform62351.tooling.scan.listening import Stand, listen
from conform62351.tooling.scan.report import HelloSeen, ListenReport

HOST = "127.0.0.1"
WAIT_S = 60.0
ONE_ALONE = "DHE-RSA-AES128-GCM-SHA256"

Listening = Callable[..., "Meeting"]


class Meeting:
    """Listens in a thread, until as many have come as were announced."""

    def __init__(self, count: int, identities: tuple[TlsIdentity, ...]) -> None:
        self.seen: list[HelloSeen] = []
        self._address: queue.Queue[Address] = queue.Queue()
        self._outcome: list[ListenReport] = []
        self._stopped = threading.Event()
        stand = Stand(Address(HOST, 0), os.urandom, WAIT_S, count, identities)
        self._thread = threading.Thread(target=self._run, args=(stand,), daemon=True)
        self._thread.start()
        self.port = self._address.get(timeout=WAIT_S).port

    def _run(self, stand: Stand) -> None:
        self._outcome.append(
            listen(stand, Clock(), self.seen.append, self._address.put, self._stopped.is_set)
        )

    def stop(self) -> None:
        self._stopped.set()

    def report(self) -> ListenReport:
        self._thread.join(WAIT_S)
        return self._outcome[0]


@contextmanager
def meeting(count: int = 1, *identities: TlsIdentity) -> Iterator[Meeting]:
    made = Meeting(count, identities)
    try:
        yield made
    finally:
        made.stop()


def call(port: int, octets: bytes) -> bytes:
    with socket.create_connection((HOST, port), timeout=WAIT_S) as client:
        client.sendall(octets)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):
            while got := client.recv(65536):
                answer += got
        return answer


def python_client(port: int, configure: Callable[[ssl.SSLContext], None], name: str | None = None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    configure(context)
    with (
        socket.create_connection((HOST, port), timeout=WAIT_S) as plain,
        context.wrap_socket(plain, server_hostname=name),
    ):
        pass


def test_openssl_s_client_offers_what_it_was_told(tmp_path: Path) -> None:
    openssl = require_program("openssl")
    with meeting() as listening:
        line = [
            *(openssl, "s_client", "-connect", f"{HOST}:{listening.port}", "-tls1_2", "-servername", "relay"),
            *("-cipher", "DHE-RSA-AES128-GCM-SHA256:AES128-SHA256:ECDHE-RSA-AES128-GCM-SHA256"),
            *("-sigalgs", "RSA+SHA256:ECDSA+SHA256", "-curves", "P-256:P-384"),
        ]
        done = subprocess.run(line, input=b"", capture_output=True, check=False, timeout=WAIT_S)
        assert b"handshake failure" in done.stderr
        report = listening.report()
    (seen,) = report.connections
    assert [suite.code for suite in seen.suites] == ["009E", "003C", "C02F"]
    assert seen.signature_algorithms == ["RSA/SHA-256", "ECDSA/SHA-256"]
    assert seen.groups == ["secp256r1", "secp384r1"]
    assert (seen.versions, seen.server_name, seen.compression) == (["TLSv1.2"], "relay", ["none"])
    assert "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" in seen.signalling
    assert seen.outcome == "refused with handshake_failure"
    missing = {row.code for row in report.rows if row.verdict == "missing"}
    assert missing == {"0036", "00A0", "C02B"}
    assert [finding.text for finding in report.findings if "signature_algorithms" in finding.text] == [
        "signature_algorithms do not hold RSA/SHA-1"
    ]


def test_versions_of_a_modern_client() -> None:
    def modern(context: ssl.SSLContext) -> None:
        context.minimum_version = ssl.TLSVersion.TLSv1_2

    with meeting() as listening:
        with pytest.raises(ssl.SSLError):
            python_client(listening.port, modern)
        report = listening.report()
    (seen,) = report.connections
    assert seen.versions == ["TLSv1.3", "TLSv1.2"]
    assert seen.version == "TLSv1.2"
    assert "1301" in {suite.code for suite in seen.suites}
    assert "key_share" in seen.extensions


def test_a_handshake_is_made_with_a_credential(workshop: Workshop) -> None:
    folder = CredentialFolder.load(workshop.tester)
    credential, files = folder.credential("tester-tls"), folder.files("tls-ecdsa")
    assert credential.key is not None
    identity = TlsIdentity((credential.certificate.octets,), credential.key)

    def with_certificate(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(files.certificate, files.key)
        context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")

    with meeting(1, identity) as listening:
        python_client(listening.port, with_certificate)
        report = listening.report()
    (seen,) = report.connections
    assert seen.outcome == "handshake with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert seen.certificate is not None
    assert seen.certificate.certificates[0].key == "secp256r1"


def test_several_connections_are_judged_together() -> None:
    with meeting(3) as listening:
        for cipher in ("AES128-SHA256:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", ONE_ALONE):

            def configure(context: ssl.SSLContext, cipher: str = cipher) -> None:
                context.maximum_version = ssl.TLSVersion.TLSv1_2
                context.set_ciphers(cipher)

            with pytest.raises(ssl.SSLError):
                python_client(listening.port, configure)
        call(listening.port, b"")
        report = listening.report()
    assert len(report.connections) == 3
    assert report.connections[2].fault
    offered = {row.code for row in report.rows if row.verdict == "offered"}
    assert offered == {"009E", "C02F"}, "what is mandatory is in every hello, what is optional in any"


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", "record"),
        (b"", "ended before"),
        (bytes((22, 3, 1, 0, 4, 2, 0, 0, 0)), "in place of a ClientHello"),
        (bytes((21, 3, 1, 0, 2, 1, 0)), "in place of a ClientHello"),
        (bytes((22, 3, 1, 0, 1, 1)) * 200, "records without"),
        (bytes((22, 3, 1, 0, 5, 1, 0, 0, 1, 3)), "ClientHello"),
    ],
)
def test_what_is_no_hello_is_told(octets: bytes, fault: str) -> None:
    with meeting() as listening:
        call(listening.port, octets)
        report = listening.report()
    (seen,) = report.connections
    assert fault in seen.fault
    assert seen.suites == []
    assert report.rows == []


def test_listening_ends_when_it_is_stopped() -> None:
    with meeting(5) as listening:
        listening.stop()
        assert listening.report().connections == []
