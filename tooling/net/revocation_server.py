"""Serves revocation lists and OCSP answers over HTTP, as certificates point to them (RFC 5280, RFC 6960).

All answers are made beforehand: the server holds no key. ``GET /crl/NAME`` gives a CRL; OCSP is asked at
``/ocsp``, by POST or by GET with the request in the path (RFC 6960, annex A.1).
"""

from __future__ import annotations

import base64
import binascii
import socket
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from conform62351.pics.faults import FileFault
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.ocsp import read_ocsp
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder, read_file
from conform62351.tooling.net.http_server import SILENCE_LIMIT_S, BoundedHttpServer
from conform62351.tooling.net.ocsp_request import CertificateId, read_ocsp_request

MAX_REQUEST: Final = 16_384
"""Octets of an OCSP request at most."""
MAX_SERVED: Final = 1000
DRAIN_LIMIT_S: Final = 0.5
MAX_DRAINED: Final = 1 << 20
SHOWN_PATH: Final = 120
MAX_LENGTH_DIGITS: Final = 9

CRL_PATH: Final = "/crl/"
OCSP_PATH: Final = "/ocsp"
CRL_TYPE: Final = "application/pkix-crl"
OCSP_REQUEST_TYPE: Final = "application/ocsp-request"
OCSP_RESPONSE_TYPE: Final = "application/ocsp-response"

MALFORMED_REQUEST: Final = bytes.fromhex("30030a0101")
UNAUTHORIZED: Final = bytes.fromhex("30030a0106")
"""OCSPResponses that say why there is no answer: the latter where nothing is known (RFC 5019, 2.2.3)."""


class RevocationServer:
    """A server at ``host`` and ``port`` (0: any free one) that gives what is published.

    Raises:
        AddressUnavailable: the address cannot be bound.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, clock: Clock | None = None) -> None:
        self._server = _Server(host, port, clock or Clock())

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    @property
    def ocsp_url(self) -> str:
        """The URL for OCSP; CRLs are beside it, below ``crl/``."""
        host, port = self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/ocsp"

    @property
    def served(self) -> tuple[str, ...]:
        """What was asked for, in its order: method, path and status; the first thousand requests."""
        return tuple(self._server.served)

    def publish_crl(self, name: str, octets: bytes) -> None:
        """Serve the DER of a CRL as ``/crl/NAME``, in place of what had this name."""
        self._server.crls[name] = octets

    def publish_answer(self, octets: bytes) -> None:
        """Serve an OCSP answer for the certificates that it is about, in place of what was published of them.

        Raises:
            ProtocolError: it is no OCSP answer.
        """
        for single in read_ocsp(octets).responses:
            known = CertificateId(single.hash_algorithm, single.name_hash, single.key_hash, single.serial)
            self._server.answers[known] = octets

    def publish(self, folder: CredentialFolder) -> None:
        """Serve the CRLs and OCSP answers in a workshop's folder.

        Those of the manifest count; of certificates that it does not mention the answers below
        ``ocsp/good`` are given.

        Raises:
            CredentialError: a file cannot be read, or is no OCSP answer where one is wanted.
        """
        for path in sorted((folder.path / "crl").glob("*.crl")):
            self.publish_crl(path.name, read_file(path))
        for path in (*sorted((folder.path / "ocsp" / "good").rglob("*.ocsp")), *folder.ocsp_files):
            try:
                self.publish_answer(read_file(path))
            except ProtocolError as error:
                fault = FileFault(path, 0, f"is no OCSP answer: {error.message}")
                raise CredentialError((fault,)) from error

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """End all connections and free the port."""
        self._server.stop()

    def __enter__(self) -> RevocationServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(BoundedHttpServer):
    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self.crls: dict[str, bytes] = {}
        self.answers: dict[CertificateId, bytes] = {}
        self.served: list[str] = []
        super().__init__("revocation server", host, port, _Handler, clock)


class _Refusal(Exception):
    """A request that is not served."""

    def __init__(self, status: HTTPStatus, body: bytes = b"", kind: str = "text/plain") -> None:
        super().__init__(status.phrase)
        self.status = status
        self.body = body or f"{status.phrase}\n".encode()
        self.kind = kind


class _Handler(BaseHTTPRequestHandler):
    timeout = SILENCE_LIMIT_S
    protocol_version = "HTTP/1.1"
    server_version = "revocation"
    sys_version = ""
    server: _Server

    def do_GET(self) -> None:
        """Give a CRL, or answer an OCSP request in the path."""
        self._serve(self._got)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Answer an OCSP request."""
        self._serve(self._posted)

    def send_error(self, code: int, *_: str | None) -> None:
        """Refuse what could not be read as a request of HTTP, or a method that is not served."""
        refused = HTTPStatus(code)
        if refused is HTTPStatus.NOT_IMPLEMENTED:
            refused = HTTPStatus.METHOD_NOT_ALLOWED
        # What is taken for HTTP/0.9 would get no status line.
        self.request_version = self.protocol_version
        self._refuse(_Refusal(refused))

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: ``served`` tells what was asked."""

    def _serve(self, answer: Callable[[], tuple[bytes, str]]) -> None:
        try:
            body, kind = answer()
        except _Refusal as refusal:
            self._refuse(refusal)
        else:
            self._reply(HTTPStatus.OK, body, kind)

    def _got(self) -> tuple[bytes, str]:
        if int(self._content_length("0")):
            raise _Refusal(HTTPStatus.BAD_REQUEST)
        path = self.path.partition("?")[0]
        if path.startswith(CRL_PATH):
            crl = self.server.crls.get(path.removeprefix(CRL_PATH))
            if crl is None:
                raise _Refusal(HTTPStatus.NOT_FOUND)
            return crl, CRL_TYPE
        if not path.startswith(f"{OCSP_PATH}/"):
            raise _Refusal(HTTPStatus.NOT_FOUND)
        text = path.removeprefix(f"{OCSP_PATH}/")
        if len(text) > 2 * MAX_REQUEST:
            raise _Refusal(HTTPStatus.REQUEST_URI_TOO_LONG)
        try:
            request = base64.b64decode(unquote_to_bytes(text), validate=True)
        except binascii.Error:
            raise _Refusal(HTTPStatus.BAD_REQUEST, MALFORMED_REQUEST, OCSP_RESPONSE_TYPE) from None
        return self._answer(request)

    def _posted(self) -> tuple[bytes, str]:
        if self.path.rstrip("/") not in ("", OCSP_PATH):
            raise _Refusal(HTTPStatus.NOT_FOUND)
        if self.headers.get("Transfer-Encoding"):
            raise _Refusal(HTTPStatus.LENGTH_REQUIRED)
        length = int(self._content_length(""))
        if length > MAX_REQUEST:
            raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != OCSP_REQUEST_TYPE:
            raise _Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        request = self.rfile.read(length)
        if len(request) < length:
            raise _Refusal(HTTPStatus.BAD_REQUEST)
        return self._answer(request)

    def _content_length(self, absent: str) -> str:
        lengths = set(self.headers.get_all("Content-Length", [absent]))
        text = lengths.pop()
        if not text:
            raise _Refusal(HTTPStatus.LENGTH_REQUIRED)
        if lengths or not text.isascii() or not text.isdigit() or len(text) > MAX_LENGTH_DIGITS:
            raise _Refusal(HTTPStatus.BAD_REQUEST)
        return text

    def _answer(self, request: bytes) -> tuple[bytes, str]:
        """Return the answer to an OCSP request about one certificate; requests about several get none."""
        try:
            wanted = read_ocsp_request(request)
        except ProtocolError:
            raise _Refusal(HTTPStatus.BAD_REQUEST, MALFORMED_REQUEST, OCSP_RESPONSE_TYPE) from None
        known = self.server.answers.get(wanted[0]) if len(wanted) == 1 else None
        return (UNAUTHORIZED if known is None else known), OCSP_RESPONSE_TYPE

    def _refuse(self, refusal: _Refusal) -> None:
        # What has not been read of this request would be taken for the next one.
        self.close_connection = True
        self._reply(refusal.status, refusal.body, refusal.kind)
        # A connection that is closed with octets unread is reset, and the client may lose the answer.
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(DRAIN_LIMIT_S)
        with suppress(OSError):
            self.rfile.read(MAX_DRAINED)

    def _reply(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        if len(self.server.served) < MAX_SERVED:
            asked = f"{self.command} {self.path[:SHOWN_PATH]}" if self.command else "unreadable"
            self.server.served.append(f"{asked} {status.value}")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
