"""A certification authority of two levels that makes what Annex G wants; every octet by hand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from conform62351.suites.selfcheck.independent.algorithms import ECDSA_SHA256, RSA_SHA256, Algorithm
from conform62351.suites.selfcheck.independent.ber import bits, integer, oid, tlv
from conform62351.suites.selfcheck.independent.certificates import Certificate, Identity, PrivateKey, Trust
from conform62351.suites.selfcheck.independent.osi import Titles

CRL_URL = b"http://127.0.0.1/crl"
CURVES: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "brainpool": ec.BrainpoolP256R1()}


def make_key(kind: str) -> PrivateKey:
    """Make a key: ``p256``, ``brainpool`` or ``rsa``."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(CURVES[kind])


def titles_name(titles: Titles, *, text: bool = False) -> bytes:
    """A subject of one RDN with objectIdentifier, its value an OBJECT IDENTIFIER or a UTF8String."""
    value = tlv(0x0C, str(titles).encode()) if text else oid(str(titles))
    return tlv(0x30, tlv(0x31, tlv(0x30, oid("2.5.4.106"), value)))


def common_name(text: str) -> bytes:
    """A name of one common name."""
    return tlv(0x30, tlv(0x31, tlv(0x30, oid("2.5.4.3"), tlv(0x0C, text.encode()))))


@dataclass
class Authority:
    """One authority: its name, key and certificate."""

    name: bytes
    key: PrivateKey
    certificate: bytes = b""

    @classmethod
    def root(cls, name: str, kind: str = "p256") -> Authority:
        """Make a trust anchor."""
        made = cls(common_name(name), make_key(kind))
        made.certificate = made.issue(made.name, made.key, authority=True)
        return made

    def below(self, name: str, kind: str = "p256") -> Authority:
        """Make an authority that this one has certified."""
        made = Authority(common_name(name), make_key(kind))
        made.certificate = self.issue(made.name, made.key, authority=True)
        return made

    def issue(
        self, subject: bytes, key: PrivateKey, *, authority: bool = False, start: datetime | None = None
    ) -> bytes:
        """Issue a certificate for a year from ``start``, which is yesterday."""
        start = start or datetime.now(UTC) - timedelta(days=1)
        times = (start, start + timedelta(days=365))
        validity = tlv(0x30, *(tlv(0x17, f"{each:%y%m%d%H%M%SZ}".encode()) for each in times))
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        algorithm = Algorithm.of(RSA_SHA256 if isinstance(self.key, rsa.RSAPrivateKey) else ECDSA_SHA256)
        serial = integer(uuid.uuid4().int & ~(1 << 127))
        head = tlv(0xA0, integer(2)) + serial + algorithm.octets + self.name + validity + subject + public
        tbs = tlv(0x30, head, tlv(0xA3, tlv(0x30, *_extensions(authority=authority))))
        return tlv(0x30, tbs, algorithm.octets, tlv(3, b"\0", self._sign(tbs)))

    def identity(self, titles: Titles, kind: str = "p256", *, path: tuple[bytes, ...] = ()) -> Identity:
        """Make an end entity with a fresh key."""
        key = make_key(kind)
        return Identity(key, self.issue(titles_name(titles), key), titles, path)

    def trusted(self) -> Trust:
        """Make a fresh trust in this authority."""
        return Trust((Certificate(self.certificate),))

    def _sign(self, octets: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(octets, ec.ECDSA(hashes.SHA256()))


def _extensions(*, authority: bool) -> tuple[bytes, ...]:
    usage = bits(5, 6) if authority else bits(0, 4)
    made = [tlv(0x30, oid("2.5.29.15"), b"\1\1\xff", tlv(4, usage))]
    if authority:
        made.append(tlv(0x30, oid("2.5.29.19"), b"\1\1\xff", tlv(4, tlv(0x30, b"\1\1\xff"))))
    else:
        point = tlv(0x30, tlv(0xA0, tlv(0xA0, tlv(0x86, CRL_URL))))
        made.append(tlv(0x30, oid("2.5.29.31"), tlv(4, tlv(0x30, point))))
    return tuple(made)
