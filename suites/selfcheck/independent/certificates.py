"""Certificates: reading by hand (subjects hold what libraries refuse), Annex G, the path, signatures."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import CertificateRevocationList

from conform62351.suites.selfcheck.independent.algorithms import ECDSA_SHA256, RSA_SHA256, Algorithm
from conform62351.suites.selfcheck.independent.ber import Fields, Node, read
from conform62351.suites.selfcheck.independent.errors import Broken
from conform62351.suites.selfcheck.independent.osi import Titles

KEY_USAGE, BASIC_CONSTRAINTS, CRL_POINTS = "2.5.29.15", "2.5.29.19", "2.5.29.31"
AUTHORITY_ACCESS, OCSP = "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.48.1"
KNOWN_EXTENSIONS = {KEY_USAGE, BASIC_CONSTRAINTS, CRL_POINTS, AUTHORITY_ACCESS, "2.5.29.17", "2.5.29.37"}
OBJECT_IDENTIFIER = "2.5.4.106"
SHA256 = hashes.SHA256()
HASHES: dict[str, hashes.HashAlgorithm] = {
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
    "1.2.840.10045.4.3.4": hashes.SHA512(),
}
DIGITAL_SIGNATURE, KEY_AGREEMENT, KEY_CERT_SIGN = 0, 4, 5
FORM, PATH = "invalid-public-key-certificate", "invalid-certification-path"
SIZE = 8192
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def _when(node: Node) -> datetime:
    form = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}[node.tag]
    return datetime.strptime(node.content.decode(), form).replace(tzinfo=UTC)


class Certificate:
    """A certificate, read. Raises Broken if it does not parse or its key cannot be loaded."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        try:
            self._read()
        except (Broken, ValueError, KeyError, IndexError, UnsupportedAlgorithm) as error:
            raise Broken("11-decisions 24", f"pkCert does not parse: {error!r}", FORM) from None

    def _read(self) -> None:
        outer = read(self.octets, []).children
        self.tbs, self.algorithm, self.signature = outer[0], outer[1].whole, outer[2].content[1:]
        fields = Fields(self.tbs, "tbsCertificate")
        version = fields.maybe(0xA0)
        self.version = version.children[0].integer() if version else 0
        self.serial = fields.take("serialNumber", 2).integer()
        self.inner_algorithm = fields.take("signature", 0x30).whole
        self.issuer = fields.take("issuer", 0x30).whole
        self.not_before, self.not_after = map(_when, fields.take("validity", 0x30).children)
        subject = fields.take("subject", 0x30)
        self.subject, self.names = subject.whole, [rdn.children for rdn in subject.children]
        key = serialization.load_der_public_key(fields.take("subjectPublicKeyInfo", 0x30).whole)
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ValueError(f"{type(key).__name__}")
        self.key: PublicKey = key
        self.unique_ids = bool(fields.maybe(0x81)) | bool(fields.maybe(0x82))
        extensions = fields.maybe(0xA3)
        self.extensions: dict[str, Node] = {}
        self.unknown_critical = False
        for each in extensions.children[0].children if extensions else ():
            inner = Fields(each, "extension")
            name = inner.take("extnID", 6).oid()
            critical = inner.maybe(1)
            self.extensions[name] = read(inner.take("extnValue", 4).octets(), [])
            self.unknown_critical |= bool(critical) and name not in KNOWN_EXTENSIONS

    @property
    def usage(self) -> set[int] | None:
        """The bits of keyUsage."""
        found = self.extensions.get(KEY_USAGE)
        return found.bits() if found else None

    def constraints(self) -> tuple[bool, int | None]:
        """CA flag and path length."""
        found = self.extensions.get(BASIC_CONSTRAINTS)
        fields = Fields(found, "basicConstraints") if found else None
        flag = fields.maybe(1) if fields else None
        length = fields.maybe(2) if fields else None
        return bool(flag and flag.boolean()), length.integer() if length else None

    def dotted(self) -> str:
        """AP-title and AE-qualifier in the subject. Raises Broken for a subject of another shape."""
        attributes = self.names[0] if len(self.names) == 1 else []
        if len(attributes) != 1 or attributes[0].children[0].oid() != OBJECT_IDENTIFIER:
            raise Broken("11-decisions 26", "subject is one RDN with objectIdentifier alone", FORM)
        value = attributes[0].children[1]
        text = value.oid() if value.tag == 6 else value.text() if value.tag in (0x0C, 0x13) else ""
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)+", text):
            raise Broken("11-decisions 26", f"value of the subject: {value.whole.hex()}", FORM)
        return text

    def _has_reasons(self) -> bool:
        found = self.extensions.get(CRL_POINTS)
        points = found.children if found else []
        return any(member.tag == 0x81 for point in points for member in point.children)

    def check_form(self) -> None:
        """Annex G. Raises Broken."""
        access = self.extensions.get(AUTHORITY_ACCESS)
        ocsp = access is not None and any(each.children[0].oid() == OCSP for each in access.children)
        usage = self.usage
        strong = self.inner_algorithm == self.algorithm and _oid(self.algorithm) in HASHES
        if isinstance(self.key, rsa.RSAPublicKey):
            good_key = self.key.key_size >= 2048
        else:
            good_key = self.key.curve.name in {"secp256r1", "brainpoolP256r1"}
        wrong = {
            "version is not v3": self.version != 2,
            "serialNumber": self.serial < 0 or not 64 < self.serial.bit_length() <= 128,
            "signature algorithm": not strong,
            "subjectPublicKeyInfo": not good_key,
            "unique identifiers": self.unique_ids,
            "keyUsage": usage is None or not {DIGITAL_SIGNATURE, KEY_AGREEMENT} <= usage,
            "no CRL distribution point, no OCSP": CRL_POINTS not in self.extensions and not ocsp,
            "reasons in a CRL distribution point": self._has_reasons(),
            "basicConstraints": self.constraints()[0],
            "an unknown critical extension": self.unknown_critical,
            "more than 8192 octets": len(self.octets) > SIZE,
        }
        for what, is_wrong in wrong.items():
            if is_wrong:
                raise Broken("8-certificates, Annex G", f"pkCert: {what}", FORM)
        self.dotted()

    def check_now(self, now: datetime, crls: Iterable[CertificateRevocationList]) -> None:
        """Validity and revocation. Raises Broken, an alarm."""
        if not self.not_before <= now <= self.not_after:
            raise Broken("5-checks, handshake 6", "a certificate is expired or not yet valid", None)
        for crl in crls:
            found = crl.get_revoked_certificate_by_serial_number(self.serial)
            if crl.issuer.public_bytes() == self.issuer and found is not None:
                raise Broken("5-checks, handshake 6", "a certificate is revoked", None)

    def issued_by(self, issuer: Certificate, below: int) -> bool:
        """Whether ``issuer`` may and did issue it; ``below`` authorities stand between it and pkCert."""
        ca, length = issuer.constraints()
        usage = issuer.usage
        allowed = ca and (usage is None or KEY_CERT_SIGN in usage) and (length is None or below <= length)
        if self.issuer != issuer.subject or not allowed or issuer.unknown_critical:
            return False
        hashed = HASHES.get(_oid(self.algorithm))
        return hashed is not None and verifies(issuer.key, self.signature, self.tbs.whole, hashed)


@dataclass
class Trust:
    """Whom a peer trusts: anchors, configured intermediates and CRLs; and which signed times it has seen."""

    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[CertificateRevocationList, ...] = ()
    seen: set[tuple[bytes, str | None, int]] = field(default_factory=set)

    def check(self, certificate: Certificate, path: tuple[bytes, ...], now: datetime) -> None:
        """Checks 6 and 7 of a handshake, in the order of 11-decisions 25. Raises Broken."""
        certificate.check_form()
        certificate.check_now(now, self.crls)
        authorities = []
        for octets in path:
            try:
                authorities.append(Certificate(octets))
            except Broken as error:
                raise Broken("5-checks, handshake 7", str(error), PATH) from None
        anchors = {anchor.octets for anchor in self.anchors}
        remaining = [authority for authority in authorities if authority.octets not in anchors]
        top, below = certificate, 0
        while remaining:
            issuer = next((each for each in remaining if top.issued_by(each, below)), None)
            if issuer is None:
                raise Broken("5-checks, handshake 7", "certPath does not form the path", PATH)
            issuer.check_now(now, self.crls)
            remaining.remove(issuer)
            top, below = issuer, below + 1
        while not any(top.issued_by(anchor, below) for anchor in self.anchors):
            issuer = next((each for each in self.intermediates if top.issued_by(each, below)), None)
            if issuer is None or below > len(self.intermediates) + len(path):
                raise Broken("5-checks, handshake 6", "pkCert does not chain to a trust anchor", None)
            issuer.check_now(now, self.crls)
            top, below = issuer, below + 1


@dataclass
class Identity:
    """Who a peer is: its private key, its certificate, the authorities that it sends, its titles."""

    key: PrivateKey
    certificate: bytes
    titles: Titles
    path: tuple[bytes, ...] = ()
    last_us: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def algorithm(self) -> Algorithm:
        """The signature algorithm that fits the key."""
        return Algorithm.of(RSA_SHA256 if isinstance(self.key, rsa.RSAPrivateKey) else ECDSA_SHA256)

    def sign(self, octets: bytes) -> bytes:
        """Sign."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(octets, ec.ECDSA(hashes.SHA256()))

    def time(self, now: float) -> int:
        """A time in microseconds, of whole milliseconds, later than any it has signed (11-decisions 29)."""
        with self.lock:
            self.last_us = max(int(now * 1000) * 1000, self.last_us + 1000)
            return self.last_us


def verifies(key: PublicKey, signature: bytes, octets: bytes, hashed: hashes.HashAlgorithm) -> bool:
    """Whether the signature is that of the key."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, octets, padding.PKCS1v15(), hashed)
        else:
            key.verify(signature, octets, ec.ECDSA(hashed))
    except InvalidSignature:
        return False
    return True


def fits(algorithm: Algorithm, key: PublicKey) -> bool:
    """Whether a signature algorithm is one of the key's kind."""
    return (algorithm.name == RSA_SHA256) == isinstance(key, rsa.RSAPublicKey)


def _oid(algorithm: bytes) -> str:
    return read(algorithm, []).children[0].oid()
