"""The scan of servers over real sockets: what it finds is what the server was configured with."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.tls.engine import extensions as ext
from conform62351.profiles.tls.engine.framing import fragments, write_message
from conform62351.profiles.tls.engine.hellos import ClientHello, ServerHello
from conform62351.profiles.tls.engine.messages import Certificate, ServerHelloDone, encode
from conform62351.profiles.tls.engine.parameters import TlsIdentity
from conform62351.suites.selfcheck import scan_servers as servers
from conform62351.suites.selfcheck.peers import require_program
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.scan.client_hellos import HelloReader
from conform62351.tooling.scan.handshakes import WITHOUT_CERTIFICATE, Handshakes
from conform62351.tooling.scan.prober import Limits
from conform62351.tooling.scan.report import ScanReport
from conform62351.tooling.scan.scanning import SUITES_ALONE, Plan, scan
from conform62351.tooling.scan.suite_search import CLIENT, SERVER

HOST = servers.HOST
NAMES = {
    "AES128-SHA256": "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "DHE-RSA-AES128-GCM-SHA256": "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "NULL-SHA256": "TLS_RSA_WITH_NULL_SHA256",
    "ADH-AES128-SHA": "TLS_DH_anon_WITH_AES_128_CBC_SHA",
}
ORDER = [
    "DHE-RSA-AES128-GCM-SHA256",
    "AES128-SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "NULL-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ADH-AES128-SHA",
]
LOW_LIMITS = Limits(probe_s=0.2, probe_octets=100_000, whole_s=20.0, failures=2, retries=(0.01,))
FOR_ANSWERS = replace(LOW_LIMITS, probe_s=20.0, whole_s=300.0)
"""For servers that answer whatever they are asked, or close: nothing but a busy machine keeps one waiting."""
USUAL = Limits(probe_s=20.0, failures=1000)


def scanned(port: int, **others: object) -> ScanReport:
    plan = Plan(HOST, port, os.urandom, fast=True, **{"limits": USUAL, **others})  # type: ignore[arg-type]
    return scan(plan, Clock())


@pytest.fixture(scope="module")
def folder(workshop: Workshop) -> CredentialFolder:
    return CredentialFolder.load(workshop.tester)


@pytest.fixture(scope="module")
def certificates(folder: CredentialFolder) -> list[str]:
    rsa, ecdsa = folder.files("tester-tls"), folder.files("tls-ecdsa")
    return [
        *("-cert", str(rsa.certificate), "-key", str(rsa.key)),
        *("-dcert", str(ecdsa.certificate), "-dkey", str(ecdsa.key)),
    ]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, certificates: list[str]) -> Iterator[ScanReport]:
    suites = ":".join([*ORDER, "@SECLEVEL=0"])
    options = ("-cipher", suites, "-serverpref", "-tls1_2", "-curves", "P-384:P-256:brainpoolP256r1")
    with servers.openssl_server(tmp_path_factory.mktemp("s"), *certificates, *options) as port:
        yield scanned(port)


def test_suites_and_their_order_are_those_of_the_server(known: ScanReport) -> None:
    assert [suite.name for suite in known.suites] == [NAMES[name] for name in ORDER]
    assert known.suite_order == SERVER
    assert {entry.version: entry.offered for entry in known.versions} == {
        "SSLv3": False,
        "TLSv1.0": False,
        "TLSv1.1": False,
        "TLSv1.2": True,
        "TLSv1.3": False,
    }


def test_groups_are_those_of_the_server(known: ScanReport) -> None:
    assert {"secp256r1", "secp384r1", "brainpoolP256r1"} == {
        group.name for group in known.groups if not group.bits
    }
    (finite,) = (group for group in known.groups if group.bits)
    assert finite.bits >= 2048


def test_signatures_are_told_by_the_kind_of_certificate(known: ScanReport) -> None:
    found = {(entry.certificate, entry.name) for entry in known.signature_algorithms}
    assert {("rsa", "RSA/SHA-256"), ("ecdsa", "ECDSA/SHA-256"), ("rsa", "RSASSA-PSS/SHA-256")} <= found
    assert not any(kind == "rsa" and name.startswith("ECDSA") for kind, name in found)


def test_certificates_are_those_of_the_files(known: ScanReport, folder: CredentialFolder) -> None:
    shown = {chain.kind: chain.certificates[0] for chain in known.certificates}
    assert shown.keys() == {"rsa", "ecdsa"}
    for kind, name in (("rsa", "tester-tls"), ("ecdsa", "tls-ecdsa")):
        certificate = folder.credential(name).certificate
        assert shown[kind].sha256 == certificate.sha256
        assert shown[kind].octets == len(certificate.octets)
        assert shown[kind].subject == certificate.subject_text
        assert shown[kind].valid_now is True
    assert shown["ecdsa"].key == "secp256r1"
    assert (shown["rsa"].key, shown["rsa"].key_bits) == ("RSA 2048", 2048)
    assert all(chain.in_order for chain in known.certificates)


def test_features_of_openssl(known: ScanReport) -> None:
    features = known.features
    assert features.secure_renegotiation is True
    assert features.extended_master_secret is True
    assert features.encrypt_then_mac is True
    assert features.resumption_identifier is True
    assert features.resumption_ticket is True
    assert features.client_renegotiation is False
    assert features.fallback_scsv is None
    assert features.compression == []
    assert known.client_certificate.asked is False
    assert known.complete is True
    assert known.not_found_out == []


def test_rows_and_findings_tell_what_is_missing_and_what_must_not_be(known: ScanReport) -> None:
    verdicts = {row.code: row.verdict for row in known.rows}
    assert {code for code, verdict in verdicts.items() if verdict == "missing"} == {"0036", "00A0"}
    assert {code for code, verdict in verdicts.items() if verdict == "excluded"} == {"0034"}
    assert {"003C", "009E", "C02B", "C030", "003B"} == {
        code for code, verdict in verdicts.items() if verdict == "offered"
    }
    texts = [finding.text for finding in known.findings]
    assert any("asks for no certificate" in text for text in texts)
    assert any("NULL_SHA256 does not encrypt" in text for text in texts)


def test_everything_that_openssl_has_is_found(tmp_path: Path, certificates: list[str]) -> None:
    openssl = require_program("openssl")
    listed = "ALL:NULL:-aDSS:-PSK:-SRP:@SECLEVEL=0"
    printed = subprocess.run(
        [openssl, "ciphers", "-s", "-tls1_2", "-stdname", listed], capture_output=True, text=True, check=True
    ).stdout
    expected = {line.split()[0] for line in printed.splitlines()}
    assert len(expected) > 70
    with servers.openssl_server(tmp_path, *certificates, "-cipher", listed, "-serverpref") as port:
        report = scanned(port, only=SUITES_ALONE)
    names = {suite.name for suite in report.suites}
    assert names == expected
    assert [part.name for part in report.parts] == ["TLSv1.2"]


def test_suites_of_dsa_certificates(tmp_path: Path, folder: CredentialFolder) -> None:
    files = folder.files("tls-dsa")
    options = ("-cert", str(files.certificate), "-key", str(files.key), "-tls1_2")
    listed = ("-cipher", "DHE-DSS-AES256-SHA256:DHE-DSS-AES128-SHA:@SECLEVEL=0", "-serverpref")
    with servers.openssl_server(tmp_path, *options, *listed) as port:
        report = scanned(port)
    assert [suite.code for suite in report.suites] == ["006A", "0032"]
    (chain,) = report.certificates
    assert chain.kind == "dsa"
    assert chain.certificates[0].key.startswith("DSA")
    assert "DSA/SHA-256" in {entry.name for entry in report.signature_algorithms}


def test_a_server_that_follows_the_client_is_told(tmp_path: Path, certificates: list[str]) -> None:
    with servers.openssl_server(tmp_path, *certificates) as port:
        report = scanned(port)
    assert report.suite_order == CLIENT
    offered = {entry.version for entry in report.versions if entry.offered}
    assert offered == {"TLSv1.2", "TLSv1.3"}
    assert report.features.fallback_scsv is True
    newer = next(entry for entry in report.versions if entry.version == "TLSv1.3")
    assert newer.suites == ["1301", "1302", "1303"]
    assert {"x25519", "secp256r1"} <= {g.name for g in report.groups if "TLSv1.3" in g.versions}


def test_old_versions_are_found(tmp_path: Path, certificates: list[str]) -> None:
    options = ("-cipher", "AES128-SHA:DHE-RSA-AES256-SHA:@SECLEVEL=0", "-serverpref", "-no_tls1_3")
    with servers.openssl_server(tmp_path, *certificates, *options) as port:
        report = scanned(port)
    for entry in report.versions:
        expected = [] if entry.version in ("SSLv3", "TLSv1.3") else ["002F", "0039"]
        assert entry.suites == expected
    assert report.suites[0].versions == ["TLSv1.2", "TLSv1.1", "TLSv1.0"]
    weak = [finding for finding in report.findings if "optional at most" in finding.text]
    assert len(weak) == 2


def test_renegotiation_that_a_client_begins_is_tried(tmp_path: Path, certificates: list[str]) -> None:
    options = ("-client_renegotiation", "-tls1_2", "-no_ticket")
    with servers.openssl_server(tmp_path, *certificates, *options) as port:
        report = scanned(port)
    assert report.features.client_renegotiation is True
    assert report.features.resumption_ticket is False
    assert report.features.resumption_identifier is True


def test_a_client_certificate_is_asked_for_and_used(
    tmp_path: Path, certificates: list[str], folder: CredentialFolder
) -> None:
    options = ("-Verify", "2", "-verify_return_error", "-CAfile", str(folder.tls_anchors_file), "-tls1_2")
    credential = folder.credential("tester-tls")
    assert credential.key is not None
    chain = (credential.certificate.octets, *(issuer.octets for issuer in credential.chain))
    identity = TlsIdentity(chain, credential.key)
    with servers.openssl_server(tmp_path, *certificates, *options) as port:
        without = scanned(port)
        with_one = scanned(port, handshakes=Handshakes(random=os.urandom, identities=(identity,)))
    assert without.client_certificate.asked is True
    assert without.client_certificate.required is True
    assert "rsa_sign" in without.client_certificate.types
    assert without.client_certificate.authorities
    assert {entry.why for entry in without.not_found_out} == {WITHOUT_CERTIFICATE}
    assert without.features.resumption_identifier is None
    assert with_one.features.resumption_identifier is True
    assert with_one.not_found_out == []


def test_python_ssl(folder: CredentialFolder) -> None:
    files = folder.files("tester-tls")

    def configure(context: ssl.SSLContext) -> None:
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA256:@SECLEVEL=0")
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE

    with servers.python_server(files.certificate, files.key, configure) as port:
        report = scanned(port)
    assert [suite.code for suite in report.suites] == ["C02F", "003D"]
    assert report.suite_order == SERVER
    assert any("as some products read it" in finding.text for finding in report.findings)


def test_the_pace_is_kept(tmp_path: Path, certificates: list[str]) -> None:
    options = ("-cipher", "AES128-SHA256", "-tls1_2")
    pauses: list[float] = []

    class Watched(Clock):
        def sleep(self, seconds: float) -> None:
            pauses.append(seconds)

    with servers.openssl_server(tmp_path, *certificates, *options) as port:
        report = scan(Plan(HOST, port, os.urandom, pace=0.25, only=SUITES_ALONE), Watched())
    assert report.pace_s == 0.25
    assert pauses == [0.25] * (report.probes - 1)
    assert [suite.code for suite in report.suites] == ["003C"]


@pytest.mark.parametrize(
    ("behaviour", "answer"),
    [
        (servers.silent, ""),
        (servers.garbage, "no TLS: "),
        (servers.closing, "closed"),
        (servers.resetting, "reset"),
        (servers.flooding, "no TLS: "),
        (servers.dripping, ""),
        (servers.records(bytes((21, 3, 3, 0, 2, 2, 40))), "alert handshake_failure"),
        (servers.records(bytes((21, 3, 3, 0, 2, 1, 112)) * 40), "alert unrecognized_name"),
        (servers.records(bytes((22, 3, 3, 0, 4, 2, 0, 0, 0))), "no TLS: "),
        (servers.records(bytes((22, 3, 3, 0xFF, 0xFF))), "no TLS: "),
        (servers.records(bytes((22, 3, 3, 0, 0)) * 1000), "no TLS: "),
    ],
)
def test_servers_that_behave_badly_end_in_a_report(behaviour: servers.Behaviour, answer: str) -> None:
    begun = time.monotonic()
    with servers.server(behaviour) as port:
        report = scanned(port, limits=FOR_ANSWERS if answer else LOW_LIMITS)
    assert time.monotonic() - begun < LOW_LIMITS.whole_s + 30
    assert report.suites == []
    assert not any(entry.offered for entry in report.versions)
    newest = next(entry for entry in report.versions if entry.version == "TLSv1.2")
    assert newest.answer.startswith(answer) or report.not_found_out
    assert all(row.verdict == "unknown" for row in report.rows)
    assert any("speaks TLS" in finding.text for finding in report.findings)


def test_a_server_that_dies_in_the_middle_leaves_a_whole_report(folder: CredentialFolder) -> None:
    files = folder.files("tester-tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    left = [4]

    def behave(connection: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            return
        context.wrap_socket(connection, server_side=True).close()  # type: ignore[arg-type]

    with servers.server(behave) as port:
        report = scanned(port, limits=FOR_ANSWERS)
    assert 0 < len(report.suites) <= 4
    assert {part.name for part in report.parts} >= {"TLSv1.2", "SSLv3", "groups", "features", "handshakes"}


def test_no_server_is_an_error_of_the_network() -> None:
    with pytest.raises(NetError, match="refused"):
        scanned(1)


def hello_of(connection: socket.socket) -> ClientHello:
    reader = HelloReader()
    while not reader.take(connection.recv(65536)):
        continue
    assert reader.hello is not None
    return reader.hello


def answering(connection: socket.socket, hello: ClientHello, *messages: bytes) -> None:
    chosen = ServerHello(hello.version, bytes(32), b"", hello.suites[-2], 0, (ext.renegotiation_info(),))
    for octets in fragments(22, 0x0303, encode(chosen) + b"".join(messages)):
        connection.sendall(octets)


def test_a_server_that_takes_no_extensions_is_scanned_without() -> None:
    def behave(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if hello.extensions is None and len(hello.suites) > 2 and hello.version > 0x0300:
            answering(connection, hello, encode(Certificate((b"none",))), encode(ServerHelloDone()))

    with servers.server(behave) as port:
        report = scanned(port, limits=FOR_ANSWERS)
    newest = next(entry for entry in report.versions if entry.version == "TLSv1.2")
    assert newest.offered is True
    assert newest.remarks == ["takes only a ClientHello without extensions"]
    assert report.features.secure_renegotiation is True
    assert report.features.extended_master_secret is None


def test_flights_that_are_none_are_told_beside_the_rest() -> None:
    def behave(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if len(hello.suites) > 1:
            nonsense = (write_message(kind, b"nonsense") for kind in (11, 12, 13))
            answering(connection, hello, *nonsense, encode(ServerHelloDone()))

    with servers.server(behave) as port:
        report = scanned(port, limits=FOR_ANSWERS)
    assert len(report.suites) > 300
    troubles = {part.name for part in report.parts if part.trouble}
    assert "groups" in troubles
    assert any(entry.what.startswith("certificates (") for entry in report.not_found_out)


def test_suites_that_a_dying_server_may_have_are_unknown() -> None:
    left = [10]

    def behave(connection: socket.socket) -> None:
        hello = hello_of(connection)
        left[0] -= 1
        if left[0] > 0:
            answering(connection, hello, encode(ServerHelloDone()))
        else:
            connection.sendall(b"nonsense")

    with servers.server(behave) as port:
        report = scanned(port, limits=FOR_ANSWERS, only=SUITES_ALONE)
    assert len(report.suites) == 9
    assert report.complete is False
    assert {row.verdict for row in report.rows} <= {"unknown", "offered", "excluded"}
    assert any("TLSv1.2" in entry.what for entry in report.not_found_out)


def test_compression_that_is_chosen_is_named() -> None:
    def behave(connection: socket.socket) -> None:
        hello = hello_of(connection)
        method = 1 if 1 in hello.compression else 0
        chosen = ServerHello(hello.version, bytes(32), b"", 0x003C, method)
        if hello.version == 0x0303 and 0x003C in hello.suites:
            connection.sendall(fragments(22, 0x0303, encode(chosen) + encode(ServerHelloDone()))[0])

    with servers.server(behave) as port:
        report = scanned(port, limits=FOR_ANSWERS)
    assert report.features.compression == ["DEFLATE"]
    assert any("compression by DEFLATE" in finding.text for finding in report.findings)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(probe_s=0.2, whole_s=0.5, failures=100), "its limit"),
        (Limits(probe_s=0.2, whole_octets=10_000, failures=100), "more than a scan reads"),
        (Limits(probe_s=0.2, probe_octets=3000, failures=2), "came to nothing"),
    ],
)
def test_limits_of_the_whole_end_the_scan_with_a_report(limits: Limits, words: str) -> None:
    def behave(connection: socket.socket) -> None:
        hello_of(connection)
        if limits.whole_s < 1:
            servers.silent(connection)
        for octets in (bytes((22, 3, 3, 0x0F, 0xFF)), bytes((2, 0, 0x80, 0)), bytes(0x0FFB)):
            connection.sendall(octets)
        connection.recv(1)

    with servers.server(behave) as port:
        report = scanned(port, limits=limits)
    assert report.complete is False
    assert any(words in entry.why for entry in report.not_found_out)
