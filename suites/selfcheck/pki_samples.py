"""Chains of certificates for the tests: any fault anywhere, on few keys that are made once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from hypothesis import strategies as st

from conform62351.fixtures.pki import issuing
from conform62351.fixtures.pki.domains import make_dsa_key
from conform62351.fixtures.pki.issuing import CertificateParts, Issuer, issue
from conform62351.fixtures.pki.naming import common_name, title_name
from conform62351.fixtures.pki.revocation import make_crl, make_ocsp_answer
from conform62351.profiles.pki.certificate import Certificate, read_certificate
from conform62351.profiles.pki.ocsp import CertStatus

NOW: Final = 1_800_000_000.0
DAY: Final = 86_400.0
SERIAL: Final = 0x123E4567_E89B_42D3_A456_426614174000
UNKNOWN_EXTENSION: Final = "1.3.6.1.4.1.32473.1"

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey


@functools.cache
def key(name: str) -> SigningKey:
    """Return the key of that name: on secp256r1, RSA or DSA of 2048 bits when the name begins so."""
    if name.startswith("dsa"):
        return make_dsa_key()
    if name.startswith("rsa"):
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def pem(private: SigningKey) -> bytes:
    """Return the key as PKCS #8."""
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def spki(private: SigningKey) -> bytes:
    """Return the DER of the public key."""
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@dataclass(frozen=True)
class Authority:
    """A CA of the tests: its name, the name of its key, and its certificate."""

    name: str
    key: str
    certificate: Certificate

    @property
    def issuer(self) -> Issuer:
        """The authority as the workshop's functions want it."""
        return Issuer(common_name(self.name), key(self.key))


def authority(name: str, above: Authority | None = None, **changes: Any) -> Authority:
    """Return a CA below ``above``, or a root; ``changes`` are those of :func:`certificate`."""
    own = changes.pop("key_name", name)
    octets = certificate(
        subject=common_name(name),
        issuer=Issuer(common_name(name), key(own)) if above is None else above.issuer,
        key_name=own,
        **{
            "ca": True,
            "usage": ("key_cert_sign", "crl_sign"),
            "serial": crc32(name.encode()) | 1 << 64,
            **changes,
        },
    )
    return Authority(name, own, read_certificate(octets))


def certificate(
    *,
    issuer: Issuer,
    subject: bytes | None = None,
    key_name: str = "leaf",
    serial: int = SERIAL,
    not_before: float = NOW - 10 * DAY,
    not_after: float = NOW + 10 * DAY,
    ca: bool | None = None,
    path_length: int | None = None,
    usage: Sequence[str] = ("digital_signature", "key_agreement"),
    critical: str | None = None,
    crl_url: str | None = "http://crl.invalid/ca",
    ocsp_url: str | None = None,
    identifiers: bool = True,
    more: Iterable[x509.Extension] = (),
    **parts: Any,
) -> bytes:
    """Return the DER of a certificate that obeys Annex G but for what the arguments change."""
    public = spki(key(key_name))
    extensions = [*more]
    if usage:
        extensions.append(issuing.key_usage(usage))
    if ca is not None:
        extensions.append(issuing.basic_constraints(ca=ca, path_length=path_length))
    if crl_url is not None:
        extensions.append(issuing.crl_distribution_point(crl_url))
    if ocsp_url is not None:
        extensions.append(issuing.ocsp_access(ocsp_url))
    if identifiers:
        extensions.append(issuing.subject_key_identifier(public))
        extensions.append(issuing.authority_key_identifier(issuer.key))
    if critical is not None:
        extensions.append(issuing.opaque(critical, b"\x05\x00", critical=True))
    return issue(
        CertificateParts(
            subject=title_name("1.1.1.999.12") if subject is None else subject,
            spki=parts.pop("spki", public),
            serial=serial,
            not_before=not_before,
            not_after=not_after,
            extensions=tuple(extensions),
            **parts,
        ),
        issuer,
    )


def entity(above: Authority, **changes: Any) -> Certificate:
    """Return an end-entity certificate of ``above``."""
    return read_certificate(certificate(issuer=above.issuer, **changes))


def crl_of(above: Authority, *serials: int, days: tuple[float, float] = (-1, 1), **changes: Any) -> bytes:
    """Return a CRL of ``above`` that revokes ``serials``, from and to days around NOW."""
    begin, end = (NOW + count * DAY for count in days)
    return make_crl(above.issuer, serials, this_update=begin, next_update=end, **changes)


def ocsp_of(
    above: Authority, serial: int, *, revoked: bool = False, days: tuple[float, float] = (-1, 1)
) -> bytes:
    """Return an OCSP response of ``above`` about ``serial``, for from and to days around NOW."""
    begin, end = (NOW + count * DAY for count in days)
    status = CertStatus.REVOKED if revoked else CertStatus.GOOD
    return make_ocsp_answer(above.issuer, serial, status=status, this_update=begin, next_update=end)


@st.composite
def mutated(draw: st.DrawFn, good: bytes) -> bytes:
    """Octets near ``good``: some changed, doubled, cut out or put in."""
    octets = bytearray(good)
    for _ in range(draw(st.integers(1, 3))):
        position = draw(st.integers(0, len(octets)))
        length = draw(st.sampled_from([1, 1, 2, 8, 64]))
        filling = draw(st.binary(max_size=4) | st.sampled_from([bytes(octets[position : position + length])]))
        octets[position : position + draw(st.sampled_from([0, len(filling), length]))] = filling
    return bytes(octets)
