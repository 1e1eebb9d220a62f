"""Attribute certificates, as far as their holder, their validity and their signature (RFC 5755, R)."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec

from conform62351.profiles.pki.certificate import Certificate, CertificateError
from conform62351.profiles.pki.reading import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    DerError,
    Series,
    bits,
    fail,
    identifier,
    integer,
    moment_of,
    read,
)
from conform62351.profiles.pki.verification import signature_holds
from conform62351.profiles.tlv import Limits, Tlv, Walk

MAX_OCTETS: Final = 65_536
_LIMITS: Final = Limits(depth=16, count=2000, length=MAX_OCTETS)
_CACHED_OCTETS: Final = 16_384
_WHAT: Final = "attribute certificate"
_BASE_CERTIFICATE_ID: Final = 0xA0
_ENTITY_NAME: Final = 0xA1
_OBJECT_DIGEST_INFO: Final = 0xA2
_V2_FORM: Final = 0xA0
_DIRECTORY_NAME: Final = 0xA4
_VERSION_2: Final = 1


class Holder(msgspec.Struct, frozen=True):
    """Whom the attributes are for; names are DER.

    ``issuers`` and ``serial`` name a certificate, ``subjects`` an entity. All are empty where the holder is
    given by a digest alone, which is not read (decision 30).
    """

    issuers: tuple[bytes, ...] = ()
    serial: int | None = None
    subjects: tuple[bytes, ...] = ()

    def is_subject_of(self, certificate: Certificate) -> bool:
        """Return whether the holder is the subject of ``certificate``, by every name that is given."""
        named = self.serial is not None
        if named and (certificate.issuer not in self.issuers or certificate.serial != self.serial):
            return False
        if self.subjects and certificate.subject not in self.subjects:
            return False
        return named or bool(self.subjects)


class AttributeCertificate(msgspec.Struct, frozen=True):
    """What an attribute certificate says; ``issuers`` are DER names, times are seconds since 1970."""

    octets: bytes
    info: bytes
    holder: Holder
    issuers: tuple[bytes, ...]
    not_before: float
    not_after: float
    attributes: tuple[str, ...]
    algorithms_equal: bool
    algorithm: str
    signature: bytes

    def signed_by(self, authority: Certificate) -> bool:
        """Return whether ``authority`` is named as the issuer, and its key verifies the signature."""
        if authority.subject not in self.issuers or not self.algorithms_equal:
            return False
        digest = sha256(self.octets).hexdigest()
        return signature_holds(digest, self.algorithm, authority.spki, self.signature, self.info)


def read_attribute_certificate(octets: bytes) -> AttributeCertificate:
    """Return the attribute certificate, of version 2, whose DER is ``octets``. Raises CertificateError."""
    try:
        return _read_cached(octets) if len(octets) <= _CACHED_OCTETS else _read(octets)
    except DerError as error:
        raise CertificateError(error.offset, error.message) from error


def _read(octets: bytes) -> AttributeCertificate:
    found = read(octets, _WHAT, _LIMITS)
    outer = Series(found.root, _WHAT)
    info = outer.take(SEQUENCE, "acinfo")
    outer_algorithm = outer.take(SEQUENCE, "signatureAlgorithm")
    signature = bits(found, outer.take(BIT_STRING, "signatureValue"), _WHAT)
    outer.end()
    parts = Series(info, "acinfo")
    version = parts.take(INTEGER, "version")
    if integer(found, version, "version") != _VERSION_2:
        fail(version, _WHAT, "not of version 2")
    holder = _holder(found, parts.take(SEQUENCE, "holder"))
    issuers = _issuers(found, parts)
    algorithm = parts.take(SEQUENCE, "signature")
    parts.take(INTEGER, "serialNumber")
    validity = Series(parts.take(SEQUENCE, "attrCertValidityPeriod"), "attrCertValidityPeriod")
    not_before, not_after = (
        moment_of(found, validity.take(GENERALIZED_TIME, name), name)[0]
        for name in ("notBeforeTime", "notAfterTime")
    )
    validity.end()
    attributes = tuple(
        identifier(found, Series(one, "attribute").take(OBJECT_IDENTIFIER, "type"), "attribute")
        for one in parts.take(SEQUENCE, "attributes").children
    )
    parts.take_if(BIT_STRING)
    parts.take_if(SEQUENCE)
    parts.end()
    return AttributeCertificate(
        octets=octets,
        info=found.whole(info),
        holder=holder,
        issuers=issuers,
        not_before=not_before,
        not_after=not_after,
        attributes=attributes,
        algorithms_equal=found.whole(algorithm) == found.whole(outer_algorithm),
        algorithm=identifier(
            found, Series(outer_algorithm, "signature").take(OBJECT_IDENTIFIER, "algorithm"), "signature"
        ),
        signature=signature,
    )


_read_cached = lru_cache(maxsize=64)(_read)


def _holder(found: Walk, node: Tlv) -> Holder:
    parts = Series(node, "holder")
    base, entity = parts.take_if(_BASE_CERTIFICATE_ID), parts.take_if(_ENTITY_NAME)
    parts.take_if(_OBJECT_DIGEST_INFO)
    parts.end()
    issuers: tuple[bytes, ...] = ()
    serial = None
    if base is not None:
        inner = Series(base, "baseCertificateID")
        issuers = _directory_names(found, inner.take(SEQUENCE, "issuer"))
        serial = integer(found, inner.take(INTEGER, "serial"), "serial")
    return Holder(issuers, serial, () if entity is None else _directory_names(found, entity))


def _issuers(found: Walk, parts: Series) -> tuple[bytes, ...]:
    """Return the names of AttCertIssuer, in either of its forms."""
    form = parts.take_if(_V2_FORM)
    if form is None:
        return _directory_names(found, parts.take(SEQUENCE, "issuer"))
    names = Series(form, "issuer").take_if(SEQUENCE)
    return () if names is None else _directory_names(found, names)


def _directory_names(found: Walk, node: Tlv) -> tuple[bytes, ...]:
    """Return the distinguished names among GeneralNames."""
    return tuple(
        found.whole(Series(one, "directoryName").take(SEQUENCE, "name"))
        for one in node.children
        if one.tag == _DIRECTORY_NAME
    )
