from __future__ import annotations

import base64
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from asn1crypto import core, ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.device.revocation import ocsp_request
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.ocsp import CertStatus, read_ocsp
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder
from conform62351.tooling.net.errors import AddressUnavailable
from conform62351.tooling.net.http_server import CONNECTION_LIMIT_S, MAX_CONNECTIONS, SILENCE_LIMIT_S
from conform62351.tooling.net.ocsp_request import read_ocsp_request
from conform62351.tooling.net.revocation_handler import (
    MALFORMED_REQUEST,
    MAX_REQUEST,
    OCSP_REQUEST_TYPE,
    UNAUTHORIZED,
)
from conform62351.tooling.net.revocation_server import RevocationServer

LIMIT_S = 10.0


@pytest.fixture
def server(workshop: Workshop) -> Iterator[RevocationServer]:
    with RevocationServer() as running:
        running.publish(CredentialFolder.load(workshop.tester))
        yield running


@pytest.fixture(scope="module")
def good_request(workshop: Workshop) -> bytes:
    return ocsp_request(*_pair(workshop, "tester"))


def _pair(workshop: Workshop, name: str) -> tuple[Certificate, Certificate]:
    credential = CredentialFolder.load(workshop.tester).credential(name)
    return credential.certificate, credential.chain[0]


def _ask(
    server: RevocationServer,
    method: str,
    path: str,
    body: bytes | None = None,
    kind: str = OCSP_REQUEST_TYPE,
) -> tuple[int, bytes, str]:
    connection = HTTPConnection(*server.address, timeout=LIMIT_S)
    try:
        connection.request(method, path, body, {"Content-Type": kind} if body is not None else {})
        response = connection.getresponse()
        return response.status, response.read(), response.headers["Content-Type"]
    finally:
        connection.close()


def _raw(server: RevocationServer, octets: bytes) -> bytes:
    with socket.create_connection(server.address, timeout=LIMIT_S) as connection:
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while received := connection.recv(65536):
            answer += received
        return answer


def test_crls_are_served_by_name(server: RevocationServer, workshop: Workshop) -> None:
    status, body, kind = _ask(server, "GET", "/crl/intermediate.crl")
    assert (status, kind) == (200, "application/pkix-crl")
    assert body == (workshop.tester / "crl" / "intermediate.crl").read_bytes()
    assert _ask(server, "HEAD", "/crl/intermediate.crl")[:2] == (200, b"")


def test_certificates_point_to_what_is_served(server: RevocationServer, workshop: Workshop) -> None:
    certificate, _ = _pair(workshop, "tester")
    path = "/" + certificate.crl_urls[0].split("/", 3)[3]
    assert _ask(server, "GET", path)[0] == 200
    assert _pair(workshop, "ocsp")[0].ocsp_urls[0].endswith("/ocsp")


@pytest.mark.parametrize(
    ("name", "status"), [("ocsp", CertStatus.GOOD), ("bad/revoked-ocsp", CertStatus.REVOKED)]
)
def test_ocsp_is_answered_by_post_and_by_get(
    server: RevocationServer, workshop: Workshop, name: str, status: CertStatus
) -> None:
    request = ocsp_request(*_pair(workshop, name))
    path = "/ocsp/" + quote(base64.b64encode(request).decode(), safe="")
    for code, body, kind in (_ask(server, "POST", "/ocsp", request), _ask(server, "GET", path)):
        assert (code, kind) == (200, "application/ocsp-response")
        assert {single.status for single in read_ocsp(body).responses} == {status}


def test_a_published_answer_replaces_the_one_before(server: RevocationServer, workshop: Workshop) -> None:
    request = ocsp_request(*_pair(workshop, "tester"))
    before = read_ocsp(_ask(server, "POST", "/ocsp", request)[1])
    server.publish_answer((workshop.tester / "ocsp" / "revoked" / "tester.ocsp").read_bytes())
    after = read_ocsp(_ask(server, "POST", "/ocsp", request)[1])
    assert before.responses[0].status is CertStatus.GOOD
    assert after.responses[0].status is CertStatus.REVOKED


def test_a_file_that_is_no_answer_is_named(tmp_path: Path, workshop: Workshop) -> None:
    shutil.copy(workshop.tester / "anchors.pem", tmp_path)
    (tmp_path / "manifest.toml").write_text('anchors = "anchors.pem"\nocsp = ["a.ocsp"]')
    (tmp_path / "a.ocsp").write_bytes(b"0\x03\x0a\x01\x06")
    with RevocationServer() as server, pytest.raises(CredentialError, match=r"a\.ocsp: is no OCSP answer"):
        server.publish(CredentialFolder.load(tmp_path))


def test_openssl_asks_and_believes(server: RevocationServer, workshop: Workshop) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command")
    for digest in ("-sha1", "-sha256"):
        asked = subprocess.run(
            f"{openssl} ocsp -url {server.ocsp_url} -CAfile tester/anchors.pem"
            f" -issuer ca/intermediate.pem {digest} -cert tester/tester-tls.pem".split(),
            cwd=workshop.tester.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "tester-tls.pem: good" in asked.stdout
        assert "Response verify OK" in asked.stderr


def test_unknown_certificates_and_several_at_once_get_no_status(
    server: RevocationServer, workshop: Workshop
) -> None:
    request = ocsp.OCSPRequest.load(ocsp_request(*_pair(workshop, "tester")))
    requests = request["tbs_request"]["request_list"]
    requests.append(requests[0].copy())
    assert _ask(server, "POST", "/ocsp", request.dump(force=True))[:2] == (200, UNAUTHORIZED)
    certificate, issuer = _pair(workshop, "tester")
    other = ocsp.OCSPRequest.load(ocsp_request(certificate, issuer))
    other["tbs_request"]["request_list"][0]["req_cert"]["serial_number"] = 7
    assert _ask(server, "POST", "/ocsp", other.dump(force=True))[:2] == (200, UNAUTHORIZED)


def test_a_nonce_is_passed_over(workshop: Workshop) -> None:
    certificate, issuer = _pair(workshop, "tester")
    plain = ocsp_request(certificate, issuer)
    request = ocsp.OCSPRequest.load(plain)
    request["tbs_request"]["request_extensions"] = [
        {"extn_id": "nonce", "extn_value": core.OctetString(bytes(16))}
    ]
    assert read_ocsp_request(request.dump(force=True)) == read_ocsp_request(plain)


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("GET", "/", None, "", 404),
        ("GET", "/crl/none.crl", None, "", 404),
        ("GET", "/crl/../manifest.toml", None, "", 404),
        ("GET", "/ocsp/%%%", None, "", 400),
        ("GET", "/ocsp/" + "A" * 40_000, None, "", 414),
        ("GET", "/ocsp/AAAA", None, "", 400),
        ("POST", "/elsewhere", b"0", OCSP_REQUEST_TYPE, 404),
        ("POST", "/ocsp", b"", OCSP_REQUEST_TYPE, 400),
        ("POST", "/ocsp", b"0\x80", OCSP_REQUEST_TYPE, 400),
        ("POST", "/ocsp", b"0\x00", "text/plain", 415),
        ("POST", "/ocsp", bytes(MAX_REQUEST + 1), OCSP_REQUEST_TYPE, 413),
        ("PUT", "/crl/x.crl", b"x", "text/plain", 405),
        ("DELETE", "/crl/intermediate.crl", None, "", 405),
    ],
)
def test_hostile_requests_get_an_error_of_theirs(
    server: RevocationServer, method: str, path: str, body: bytes | None, kind: str, status: int
) -> None:
    code, answer, _ = _ask(server, method, path, body, kind)
    assert code == status
    if status == 400:
        assert answer == MALFORMED_REQUEST
    assert _ask(server, "GET", "/crl/root.crl")[0] == 200


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"POST /ocsp HTTP/1.1\r\nContent-Type: application/ocsp-request\r\n\r\n", 411),
        (b"POST /ocsp HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /ocsp HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /ocsp HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
        (b"POST /ocsp HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", 400),
        (b"POST /ocsp HTTP/1.1\r\nContent-Type: application/ocsp-request\r\nContent-Length: 9\r\n\r\n0", 400),
        (b"GET /crl/root.crl HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
        (b"\x16\x03\x01\x00\x05hello\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_of_http_is_refused(server: RevocationServer, octets: bytes, status: int) -> None:
    assert f" {status} ".encode() in _raw(server, octets).partition(b"\r\n")[0]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_octets_that_are_no_request_raise_the_error_of_protocols(octets: bytes) -> None:
    with suppress(ProtocolError):
        assert read_ocsp_request(octets)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_request_is_read_or_refused(data: st.DataObject, good_request: bytes) -> None:
    request = bytearray(good_request)
    place = data.draw(st.integers(0, len(request) - 1))
    request[place] ^= data.draw(st.integers(1, 255))
    with suppress(ProtocolError):
        assert len(read_ocsp_request(bytes(request))) >= 1


def test_more_clients_than_are_served_are_turned_away(server: RevocationServer) -> None:
    waiting = [socket.create_connection(server.address, timeout=LIMIT_S) for _ in range(MAX_CONNECTIONS)]
    try:
        with socket.create_connection(server.address, timeout=LIMIT_S) as surplus:
            assert surplus.recv(1) == b""
    finally:
        for connection in waiting:
            connection.close()


class Advancing(Clock):
    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


def test_a_client_that_takes_too_long_is_turned_away() -> None:
    clock = Advancing()
    with RevocationServer(clock=clock) as server:
        server.publish_crl("root.crl", b"0\x00")
        with socket.create_connection(server.address, timeout=SILENCE_LIMIT_S / 2) as connection:
            connection.sendall(b"HEAD /crl/root.crl HTTP/1.1\r\n\r\nHEAD /crl")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            clock.ahead = CONNECTION_LIMIT_S + 1
            while connection.recv(4096):
                pass


def test_stopping_ends_connections_that_are_open() -> None:
    server = RevocationServer()
    server.start()
    server.publish_crl("root.crl", b"0\x00")
    with socket.create_connection(server.address, timeout=LIMIT_S) as connection:
        connection.sendall(b"HEAD /crl/root.crl HTTP/1.1\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        server.stop()
        assert connection.recv(4096) == b""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(server.address, timeout=LIMIT_S)


def test_an_address_in_use_is_told() -> None:
    with RevocationServer() as server, pytest.raises(AddressUnavailable, match="in use"):
        RevocationServer(*server.address)
    with pytest.raises(AddressUnavailable):
        RevocationServer("192.0.2.1", 0)


def test_ipv6_is_served(workshop: Workshop) -> None:
    try:
        server = RevocationServer("::1")
    except AddressUnavailable:
        pytest.skip("no IPv6 here")
    with server:
        server.publish(CredentialFolder.load(workshop.tester))
        assert server.ocsp_url.startswith("http://[::1]:")
        assert _ask(server, "GET", "/crl/root.crl")[0] == 200
        assert server.served == ("GET /crl/root.crl 200",)
