"""A small PKI and both ends of TLS connections over real sockets, for the tests of TLS."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_contexts import TlsFactory, TlsSettings

CLOCK = Clock()
LIMIT = 10.0
CURVES: dict[str, ec.EllipticCurve] = {"ec": ec.SECP256R1(), "brainpool": ec.BrainpoolP256R1()}
LOOPBACK = [x509.IPAddress(ip_address(host)) for host in ("127.0.0.1", "::1")]
"""What the Rust stack wants to see in a server's certificate."""
DAY = datetime.timedelta(days=1)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key_of(what: str) -> Key:
    """Return a key that is made once a process: on a curve, or RSA for whatever other name."""
    if what in CURVES:
        return ec.generate_private_key(CURVES[what])
    return rsa.generate_private_key(65537, 2048)


def name_of(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Pki:
    """Files of an authority called ``root``, of ``stranger-root``, and of what they have issued.

    ``tester`` and ``dut`` are good, ``ec`` and ``brainpool`` have elliptic-curve keys, ``revoked`` and
    ``expired`` are what they say, ``stranger`` comes from the other authority.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        now = datetime.datetime.now(datetime.UTC)
        self._period = (now - DAY, now + DAY)
        for authority in ("root", "stranger-root"):
            self._write(authority, authority, authority, self._period)
        for name in ("tester", "dut", "ec", "brainpool", "revoked"):
            self._write(name, name, "root", self._period)
        self._write("expired", "expired", "root", (now - 2 * DAY, now - DAY))
        self._write("stranger", "stranger", "stranger-root", self._period)
        self.crl = self._revocation_list(now)

    def file(self, name: str, kind: str = "pem") -> Path:
        """Return the path of a certificate (``pem``, its issuer's behind it) or of its ``key``."""
        return self.folder / f"{name}.{kind}"

    def der(self, name: str) -> bytes:
        """Return a certificate."""
        return x509.load_pem_x509_certificate(self.file(name).read_bytes()).public_bytes(
            serialization.Encoding.DER
        )

    def settings(self, name: str, **members: Any) -> TlsSettings:
        """Return settings with the credential ``name`` that trust ``root``."""
        usual: dict[str, Any] = {"anchors": (self.file("root"),)}
        if name:
            usual |= {"certificate": self.file(name), "key": self.file(name, "key")}
        return TlsSettings(**usual | members)

    def client(self, name: str = "tester", **members: Any) -> TlsFactory:
        """Return what makes clients."""
        return TlsFactory(self.settings(name, **members), server_side=False)

    def server(self, name: str = "dut", **members: Any) -> TlsFactory:
        """Return what makes servers."""
        return TlsFactory(self.settings(name, **members), server_side=True)

    def _write(
        self, name: str, subject: str, issuer: str, period: tuple[datetime.datetime, datetime.datetime]
    ) -> None:
        key = self._key(name)
        is_authority = subject == issuer
        made = (
            x509.CertificateBuilder()
            .subject_name(name_of(subject))
            .issuer_name(name_of(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(period[0])
            .not_valid_after(period[1])
            .add_extension(x509.BasicConstraints(is_authority, None), True)
            .add_extension(x509.SubjectAlternativeName(LOOPBACK), False)
            .sign(self._key(issuer), hashes.SHA256())
        )
        octets = made.public_bytes(serialization.Encoding.PEM)
        if not is_authority:
            octets += self.file(issuer).read_bytes()
        self.file(name).write_bytes(octets)
        self.file(name, "key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def _key(self, name: str) -> Key:
        """Leaves share one RSA key: making keys is what takes time."""
        return key_of(name if name in ("root", "stranger-root", *CURVES) else "leaf")

    def _revocation_list(self, now: datetime.datetime) -> bytes:
        revoked = x509.load_pem_x509_certificate(self.file("revoked").read_bytes())
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(revoked.serial_number)
            .revocation_date(now - DAY / 2)
            .build()
        )
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(name_of("root"))
            .last_update(now - DAY)
            .next_update(now + DAY)
            .add_revoked_certificate(entry)
            .sign(self._key("root"), hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.DER)


def with_oid_title(octets: bytes, name: str) -> bytes:
    """Turn a subject of three letters into a title whose value is an OBJECT IDENTIFIER of the same length."""
    return octets.replace(
        bytes.fromhex("06035504030c03") + name.encode(), bytes.fromhex("060355046a06032a0304")
    )


Serve = Callable[[SecureChannel], None]


def echo(channel: SecureChannel) -> None:
    """Send back what comes until the peer ends."""
    while isinstance(octets := channel.receive(LIMIT), bytes):
        channel.send(octets, limit=LIMIT)


class TlsServer:
    """Serves TLS connections one after another in a thread; ``outcomes`` has a channel or error for each."""

    def __init__(
        self, factory: TlsFactory, serve: Serve = echo, *, host: str = "127.0.0.1", limit: float = LIMIT
    ) -> None:
        self.outcomes: list[SecureChannel | NetError] = []
        self._factory = factory
        self._serve = serve
        self._limit = limit
        self._listener = Listener.bind(host, clock=CLOCK)
        self.address = self._listener.address
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while (channel := self._listener.accept(LIMIT)) is not None:
            try:
                with SecureChannel.open(channel, self._factory.machine(), limit=self._limit) as secured:
                    self.outcomes.append(secured)
                    self._serve(secured)
            except NetError as error:
                self.outcomes.append(error)

    def connect(self, **options: Any) -> Channel:
        """Open a TCP connection to the server."""
        return Channel.connect(self.address.host, self.address.port, limit=LIMIT, clock=CLOCK, **options)

    def secured(self, factory: TlsFactory, session: object | None = None) -> SecureChannel:
        """Open a connection with TLS to the server."""
        return SecureChannel.open(self.connect(), factory.machine(session), limit=LIMIT)

    def stop(self) -> None:
        """Wait until the connections are served, and stop."""
        self._listener.close()
        self._thread.join(LIMIT)
        assert not self._thread.is_alive()

    def __enter__(self) -> TlsServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
