"""OCSP requests (RFC 6960, 4.1), read as far as a responder with answers made beforehand needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conform62351.profiles.pki.reading import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Series,
    fail,
    identifier,
    integer,
    read,
)
from conform62351.profiles.tlv import Limits, Tlv, Walk

_WHAT: Final = "OCSPRequest"
_LIMITS: Final = Limits(depth=16, count=1000, length=16_384)
_VERSION: Final = 0xA0
_REQUESTOR_NAME: Final = 0xA1


@dataclass(frozen=True, slots=True)
class CertificateId:
    """Which certificate is asked about: hashes, by the OID ``hash_algorithm``, of its issuer; and serial."""

    hash_algorithm: str
    name_hash: bytes
    key_hash: bytes
    serial: int


def read_ocsp_request(octets: bytes) -> tuple[CertificateId, ...]:
    """Return the certificates that the request in ``octets`` (DER) asks about, at least one.

    A signature and extensions, such as a nonce, are passed over.

    Raises:
        ProtocolError: it is no OCSPRequest, or asks about nothing.
    """
    found = read(octets, _WHAT, _LIMITS)
    tbs = Series(Series(found.root, _WHAT).take(SEQUENCE, "tbsRequest"), _WHAT)
    tbs.take_if(_VERSION)
    tbs.take_if(_REQUESTOR_NAME)
    requests = tbs.take(SEQUENCE, "requestList")
    if not requests.children:
        fail(requests, _WHAT, "requestList is empty")
    return tuple(_certificate_id(found, request) for request in requests.children)


def _certificate_id(found: Walk, request: Tlv) -> CertificateId:
    parts = Series(Series(request, "Request").take(SEQUENCE, "reqCert"), "CertID")
    algorithm = Series(parts.take(SEQUENCE, "hashAlgorithm"), "CertID")
    return CertificateId(
        hash_algorithm=identifier(found, algorithm.take(OBJECT_IDENTIFIER, "algorithm"), _WHAT),
        name_hash=found.content(parts.take(OCTET_STRING, "issuerNameHash")),
        key_hash=found.content(parts.take(OCTET_STRING, "issuerKeyHash")),
        serial=integer(found, parts.take(INTEGER, "serialNumber"), _WHAT),
    )
