"""How the revocation server answers requests of HTTP, as it should or as it was told to."""

from __future__ import annotations

import base64
import binascii
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from conform62351.profiles.errors import ProtocolError
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.http_server import CONNECTION_LIMIT_S, SILENCE_LIMIT_S, BoundedHttpServer
from conform62351.tooling.net.ocsp_request import CertificateId, read_ocsp_request
from conform62351.tooling.net.revocation_behaviour import (
    MAX_ENDLESS,
    Endless,
    Late,
    Refusing,
    Silent,
    Switchboard,
    Wrong,
    Wrongness,
)

MAX_REQUEST: Final = 16_384
"""Octets of an OCSP request at most."""
MAX_SERVED: Final = 1000
DRAIN_LIMIT_S: Final = 0.5
MAX_DRAINED: Final = 1 << 20
SHOWN_PATH: Final = 120
MAX_LENGTH_DIGITS: Final = 9
_PIECE: Final = 16_384
_GARBAGE: Final = b"<html>not here</html>"

OCSP: Final = "ocsp"
"""The name of all that is asked by OCSP; that of a CRL is its path, such as ``crl/root.crl``."""
CRL_PATH: Final = "/crl/"
OCSP_PATH: Final = "/ocsp"
CRL_TYPE: Final = "application/pkix-crl"
OCSP_REQUEST_TYPE: Final = "application/ocsp-request"
OCSP_RESPONSE_TYPE: Final = "application/ocsp-response"

MALFORMED_REQUEST: Final = bytes.fromhex("30030a0101")
UNAUTHORIZED: Final = bytes.fromhex("30030a0106")
"""OCSPResponses that say why there is no answer: the latter where nothing is known (RFC 5019, 2.2.3)."""


class AnsweringServer(BoundedHttpServer):
    """Gives ``crls`` by their names and ``answers`` by what they are about, each as the switchboard says.

    ``served`` tells what was asked and what came of it.
    """

    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self.crls: dict[str, bytes] = {}
        self.answers: dict[CertificateId, bytes] = {}
        self.served: list[str] = []
        self.switchboard = Switchboard()
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
    server: AnsweringServer

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
        behaviour = self.server.switchboard.of(self._name())
        if isinstance(behaviour, Late) and self.server.ended.wait(behaviour.seconds):
            self.close_connection = True
            return
        refusal = None
        try:
            body, kind = answer()
        except _Refusal as refused:
            refusal, body, kind = refused, refused.body, refused.kind
        match behaviour:
            case Silent():
                self._keep_silent()
            case Wrong(what):
                self._answer_wrongly(what, body, kind)
            case Refusing():
                self._reset()
            case Endless(pause):
                self._go_on(body, kind, pause)
            case _ if refusal is not None:
                self._refuse(refusal)
            case _:
                self._reply(HTTPStatus.OK, body, kind)

    def _name(self) -> str:
        """Return the name that is asked for, as behaviours are kept by it."""
        path = self.path.partition("?")[0]
        if self.command == "POST" or path.startswith(f"{OCSP_PATH}/"):
            return OCSP
        return path.removeprefix("/")

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
        self._begin(status, kind, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: HTTPStatus, kind: str, length: int | None) -> None:
        """Write the header; without a length the body ends where the connection does."""
        self._note(str(status.value))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _note(self, outcome: str) -> None:
        if len(self.server.served) < MAX_SERVED:
            asked = f"{self.command} {self.path[:SHOWN_PATH]}" if self.command else "unreadable"
            self.server.served.append(f"{asked} {outcome}")

    def _keep_silent(self) -> None:
        """Wait until the client leaves, or the connection has lasted long enough."""
        self._note("silent")
        self.close_connection = True
        self.connection.settimeout(CONNECTION_LIMIT_S)
        with suppress(OSError):
            self.rfile.read(MAX_DRAINED)

    def _answer_wrongly(self, what: Wrongness, body: bytes, kind: str) -> None:
        match what:
            case Wrongness.GARBAGE:
                self._reply(HTTPStatus.OK, _GARBAGE, kind)
            case Wrongness.CONTENT_TYPE:
                self._reply(HTTPStatus.OK, body, "text/html")
            case Wrongness.SERVER_ERROR:
                self._reply(HTTPStatus.INTERNAL_SERVER_ERROR, b"", "text/plain")
            case Wrongness.EMPTY:
                self._reply(HTTPStatus.OK, b"", kind)
            case Wrongness.CUT_SHORT:
                self.close_connection = True
                self._begin(HTTPStatus.OK, kind, len(body))
                self.wfile.write(body[: len(body) // 2])

    def _reset(self) -> None:
        self._note("reset")
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _go_on(self, body: bytes, kind: str, pause: float) -> None:
        """Write a body without end."""
        self.close_connection = True
        self._begin(HTTPStatus.OK, kind, None)
        piece = body or _GARBAGE
        sent = 0
        while sent < MAX_ENDLESS and not self.server.ended.wait(pause):
            self.wfile.write(piece)
            sent += len(piece)
            piece = bytes(_PIECE)
