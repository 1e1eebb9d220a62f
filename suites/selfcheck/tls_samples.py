"""TLS over channels for the tests of captures: a client whose octets go through a recorder."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from conform62351.tooling.net.channel import Channel, End
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.flow import Recorder

Result = TypeVar("Result")
LIMIT = 10.0
CLOCK = Clock()


def certificate(folder: Path, kind: str) -> Path:
    """Write key and self-signed certificate into one PEM file; ``kind`` is rsa or ec."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{kind}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class TlsClient:
    """TLS with ``ssl.MemoryBIO`` over a channel."""

    def __init__(
        self,
        context: ssl.SSLContext,
        port: int,
        recorder: Recorder | None,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self.channel = Channel.connect("127.0.0.1", port, limit=LIMIT, clock=CLOCK, recorder=recorder)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, session=session)
        self._do(self.tls.do_handshake)

    def send(self, octets: bytes) -> None:
        self._do(lambda: self.tls.write(octets))

    def receive(self) -> bytes:
        return self._do(lambda: self.tls.read(65536))

    def close(self) -> None:
        self.channel.close()

    def _do(self, work: Callable[[], Result]) -> Result:
        while True:
            try:
                result = work()
            except ssl.SSLWantReadError:
                self._flush()
                octets = self.channel.receive(LIMIT)
                if isinstance(octets, End):
                    raise ConnectionError(octets.value) from None
                self._incoming.write(octets)
                continue
            self._flush()
            return result

    def _flush(self) -> None:
        octets = self._outgoing.read()
        if octets:
            self.channel.send(octets, limit=LIMIT)


def client_context(key_log: Path, version: ssl.TLSVersion, ciphers: str | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    if ciphers is not None:
        context.set_ciphers(ciphers)
    context.keylog_filename = str(key_log)
    return context


@contextmanager
def tls_server(
    pem: Path, answer: Callable[[bytes], bytes], *, ciphers: str | None = None, options: int = 0
) -> Iterator[int]:
    """Serve TLS on a free port: whatever comes is answered with ``answer``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.options |= options
    if ciphers is not None:
        context.set_ciphers(ciphers)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=_serve, args=(context, listening, answer), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(LIMIT)


def _serve(context: ssl.SSLContext, listening: socket.socket, answer: Callable[[bytes], bytes]) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        plain.settimeout(LIMIT)
        # A client may leave before it has read all, and reset the connection so.
        with suppress(ConnectionError), plain, context.wrap_socket(plain, server_side=True) as secured:
            while octets := secured.recv(65536):
                secured.sendall(answer(octets))
