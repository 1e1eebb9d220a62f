"""X.509 certificates, read for what they say and not for what they ought to say (Annex G, RFC 5280).

A certificate that breaks a rule of form must be read so that the rule can be named: version 1, negative
serial numbers, MD5, unique identifiers, subjects that OpenSSL refuses. Only what is no certificate raises.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki import extensions as ext
from conform62351.profiles.pki.extensions import BasicConstraints, DistributionPoint, Extension
from conform62351.profiles.pki.keys import KeyFacts, read_key
from conform62351.profiles.pki.names import TitleReading, read_name, title_of
from conform62351.profiles.pki.reading import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    UTC_TIME,
    DerError,
    Series,
    bits,
    identifier,
    integer,
    moment_of,
    oddities,
    read,
)
from conform62351.profiles.pki.verification import signature_holds
from conform62351.profiles.tlv import Limits

MAX_OCTETS: Final = 1_048_576
"""Octets of a certificate at most. Annex G wants 8192 (a rule of form); beyond this one nothing is read."""

_LIMITS: Final = Limits(depth=16, count=5000, length=MAX_OCTETS)
_CACHED_OCTETS: Final = 16_384
_WHAT: Final = "certificate"


class CertificateError(ProtocolError):
    """Octets that are no certificate. ``offset`` counts from the start of the structure in question."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("X509", offset, message)


class Certificate(msgspec.Struct, frozen=True, eq=False):
    """A certificate: the octets as they came, and what they say.

    ``tbs`` is the TBSCertificate as signed; ``issuer``, ``subject`` and ``spki`` are the DER as it stands
    there; ``not_before`` and ``not_after`` are seconds since 1970; algorithms are dotted OIDs.
    ``key_usage``, ``basic_constraints`` and ``title`` are None where the extension or attribute is absent.
    ``deviations`` tells what is not DER or not as RFC 5280 writes it. Two certificates are equal when their
    octets are.
    """

    octets: bytes
    tbs: bytes
    version: int
    serial: int
    serial_octets: bytes
    inner_algorithm: str
    outer_algorithm: str
    algorithms_equal: bool
    issuer: bytes
    subject: bytes
    issuer_text: str
    subject_text: str
    not_before: float
    not_after: float
    spki: bytes
    key: KeyFacts
    signature: bytes
    issuer_unique_id: bytes | None
    subject_unique_id: bytes | None
    extensions: tuple[Extension, ...]
    key_usage: frozenset[str] | None
    basic_constraints: BasicConstraints | None
    distribution_points: tuple[DistributionPoint, ...]
    ocsp_urls: tuple[str, ...]
    subject_key_identifier: bytes | None
    authority_key_identifier: bytes | None
    title: TitleReading | None
    sha256: str
    deviations: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Certificate) and self.octets == other.octets)

    def __hash__(self) -> int:
        return hash(self.octets)

    def __repr__(self) -> str:
        return f"Certificate({self.subject_text!r}, serial {self.serial_hex}, {len(self.octets)} octets)"

    @property
    def crl_urls(self) -> tuple[str, ...]:
        """The URLs of all CRL distribution points."""
        return tuple(url for point in self.distribution_points for url in point.urls)

    @property
    def serial_hex(self) -> str:
        """The content octets of the serial number in hexadecimal."""
        return self.serial_octets.hex()

    @property
    def ca(self) -> bool:
        """Whether basicConstraints calls the subject a CA."""
        return self.basic_constraints is not None and self.basic_constraints.ca

    @property
    def self_issued(self) -> bool:
        """Whether issuer and subject are the same name."""
        return self.issuer == self.subject

    def extension(self, oid: str) -> Extension | None:
        """Return the extension of type ``oid``, None when it is absent."""
        return next((extension for extension in self.extensions if extension.oid == oid), None)


def read_certificate(octets: bytes) -> Certificate:
    """Return the certificate whose DER is ``octets``, at most 1 MiB.

    Raises CertificateError for octets after its end, for a structure that is no certificate, for an extension
    that comes twice, and for one of those looked into that does not decode.
    """
    if len(octets) > MAX_OCTETS:
        raise CertificateError(MAX_OCTETS, f"a certificate of more than {MAX_OCTETS} octets")
    try:
        return _read_cached(octets) if len(octets) <= _CACHED_OCTETS else _read(octets)
    except DerError as error:
        raise CertificateError(error.offset, error.message) from error


def issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether ``issuer`` is named as the issuer and its key verifies the signature.

    An issuer whose key or whose algorithm cannot be used verifies nothing.
    """
    return certificate.issuer == issuer.subject and signed_by(certificate, issuer)


def signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether the key of ``issuer`` verifies the signature, whatever the names are."""
    return signature_holds(
        certificate.sha256, certificate.outer_algorithm, issuer.spki, certificate.signature, certificate.tbs
    )


def pem_blocks(text: str | bytes, label: str) -> tuple[bytes, ...]:
    """Return the octets of every PEM block called ``label``, such as ``X509 CRL``, passing over others.

    Raises CertificateError when a block does not end or is not base64.
    """
    octets = text.encode("utf-8", "replace") if isinstance(text, str) else text
    begin, end = (f"-----{word} {label}-----".encode() for word in ("BEGIN", "END"))
    blocks = []
    at = octets.find(begin)
    while at >= 0:
        start = at + len(begin)
        stop = octets.find(end, start)
        if stop < 0:
            raise CertificateError(at, f"a PEM block {label} that does not end")
        try:
            blocks.append(binascii.a2b_base64(b"".join(octets[start:stop].split()), strict_mode=True))
        except binascii.Error as error:
            raise CertificateError(start, f"PEM block {label}: {error}") from error
        at = octets.find(begin, stop)
    return tuple(blocks)


def pem_certificates(text: str | bytes) -> tuple[bytes, ...]:
    """Return the DER of every certificate in ``text``, in its order. Raises CertificateError."""
    return pem_blocks(text, "CERTIFICATE")


def _read(octets: bytes) -> Certificate:
    found = read(octets, _WHAT, _LIMITS)
    outer = Series(found.root, _WHAT)
    tbs = outer.take(SEQUENCE, "tbsCertificate")
    outer_algorithm = outer.take(SEQUENCE, "signatureAlgorithm")
    signature = bits(found, outer.take(BIT_STRING, "signature"), _WHAT)
    outer.end()
    parts = Series(tbs, "tbsCertificate")
    version_tag = parts.take_if(0xA0)
    version = 1
    if version_tag is not None:
        explicit = Series(version_tag, "version")
        version = integer(found, explicit.take(INTEGER, "version"), "version") + 1
        explicit.end()
    serial = parts.take(INTEGER, "serialNumber")
    inner_algorithm = parts.take(SEQUENCE, "signature")
    issuer = found.whole(parts.take(SEQUENCE, "issuer"))
    validity = Series(parts.take(SEQUENCE, "validity"), "validity")
    moments = []
    deviations = list(oddities(found, _WHAT))
    for name in ("notBefore", "notAfter"):
        node = validity.take_if(UTC_TIME, GENERALIZED_TIME) or validity.take(UTC_TIME, name)
        moment, odd = moment_of(found, node, name)
        moments.append(moment)
        if odd is not None:
            deviations.append(odd)
    validity.end()
    subject = found.whole(parts.take(SEQUENCE, "subject"))
    spki = parts.take(SEQUENCE, "subjectPublicKeyInfo")
    issuer_unique_id = parts.take_if(0x81)
    subject_unique_id = parts.take_if(0x82)
    extensions_tag = parts.take_if(0xA3)
    parts.end()
    extensions: tuple[Extension, ...] = ()
    if extensions_tag is not None:
        explicit = Series(extensions_tag, "extensions")
        extensions = ext.read_extensions(found, explicit.take(SEQUENCE, "extensions"), "extensions")
        explicit.end()
    by_oid = {extension.oid: extension for extension in extensions}
    issuer_name, subject_name = read_name(issuer), read_name(subject)
    return Certificate(
        octets=octets,
        tbs=found.whole(tbs),
        version=version,
        serial=integer(found, serial, "serialNumber"),
        serial_octets=found.content(serial),
        inner_algorithm=identifier(
            found, Series(inner_algorithm, "signature").take(OBJECT_IDENTIFIER, "algorithm"), "signature"
        ),
        outer_algorithm=identifier(
            found, Series(outer_algorithm, "signature").take(OBJECT_IDENTIFIER, "algorithm"), "signature"
        ),
        algorithms_equal=found.whole(inner_algorithm) == found.whole(outer_algorithm),
        issuer=issuer,
        subject=subject,
        issuer_text=str(issuer_name),
        subject_text=str(subject_name),
        not_before=moments[0],
        not_after=moments[1],
        spki=found.whole(spki),
        key=read_key(found, spki),
        signature=signature,
        issuer_unique_id=None if issuer_unique_id is None else found.content(issuer_unique_id),
        subject_unique_id=None if subject_unique_id is None else found.content(subject_unique_id),
        extensions=extensions,
        key_usage=ext.read_key_usage(by_oid[ext.KEY_USAGE].octets) if ext.KEY_USAGE in by_oid else None,
        basic_constraints=ext.read_basic_constraints(by_oid[ext.BASIC_CONSTRAINTS].octets)
        if ext.BASIC_CONSTRAINTS in by_oid
        else None,
        distribution_points=ext.read_distribution_points(by_oid[ext.CRL_DISTRIBUTION_POINTS].octets)
        if ext.CRL_DISTRIBUTION_POINTS in by_oid
        else (),
        ocsp_urls=ext.read_ocsp_urls(by_oid[ext.AUTHORITY_INFORMATION_ACCESS].octets)
        if ext.AUTHORITY_INFORMATION_ACCESS in by_oid
        else (),
        subject_key_identifier=_key_identifier(by_oid, ext.SUBJECT_KEY_IDENTIFIER),
        authority_key_identifier=_key_identifier(by_oid, ext.AUTHORITY_KEY_IDENTIFIER),
        title=title_of(subject_name),
        sha256=sha256(octets).hexdigest(),
        deviations=tuple(deviations),
    )


def _key_identifier(by_oid: Mapping[str, Extension], oid: str) -> bytes | None:
    return ext.read_key_identifier(by_oid[oid]) if oid in by_oid else None


_read_cached = lru_cache(maxsize=256)(_read)
