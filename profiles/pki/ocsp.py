"""OCSP responses (RFC 6960; R)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec

from conform62351.profiles.pki.crl import RevocationError
from conform62351.profiles.pki.reading import (
    BIT_STRING,
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerError,
    Series,
    bits,
    fail,
    identifier,
    integer,
    moment_of,
    oddities,
    read,
)
from conform62351.profiles.tlv import Limits, Tlv, Walk

MAX_OCTETS: Final = 262_144
_LIMITS: Final = Limits(depth=24, count=10_000, length=MAX_OCTETS)
_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
_WHAT: Final = "OCSP response"

_REFUSALS: Final = {
    1: "malformedRequest",
    2: "internalError",
    3: "tryLater",
    5: "sigRequired",
    6: "unauthorized",
}


class CertStatus(Enum):
    """What a responder says of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SingleResponse:
    """The answer about one certificate, named by hashes of its issuer's name and key and by its serial
    number.

    Times are seconds since 1970.
    """

    hash_algorithm: str
    name_hash: bytes
    key_hash: bytes
    serial: int
    status: CertStatus
    this_update: float
    next_update: float | None
    revoked_at: float | None


class OcspResponse(msgspec.Struct, frozen=True, eq=False):
    """A basic response: who answers (by name or by hash of the key), what, and the signature over it."""

    responder_name: bytes | None
    responder_key_hash: bytes | None
    produced_at: float
    responses: tuple[SingleResponse, ...]
    certificates: tuple[bytes, ...]
    tbs: bytes
    algorithm: str
    signature: bytes
    sha256: str
    deviations: tuple[str, ...]


@lru_cache(maxsize=64)
def read_ocsp(octets: bytes) -> OcspResponse:
    """Return the response whose DER is ``octets``, at most 256 KiB.

    Raises RevocationError, also for a response that only says why there is none.
    """
    try:
        return _read(octets)
    except DerError as error:
        raise RevocationError(error.offset, error.message) from error


def _read(octets: bytes) -> OcspResponse:
    found = read(octets, _WHAT, _LIMITS)
    outer = Series(found.root, _WHAT)
    status = integer(found, outer.take(ENUMERATED, "responseStatus"), _WHAT)
    if status:
        raise DerError(0, f"{_WHAT}: the responder answers {_REFUSALS.get(status, status)}")
    explicit = Series(outer.take(0xA0, "responseBytes"), _WHAT)
    outer.end()
    typed = Series(explicit.take(SEQUENCE, "responseBytes"), _WHAT)
    kind = identifier(found, typed.take(OBJECT_IDENTIFIER, "responseType"), _WHAT)
    if kind != _BASIC:
        raise DerError(0, f"{_WHAT}: of type {kind}")
    return _read_basic(found.content(typed.take(OCTET_STRING, "response")))


def _read_basic(octets: bytes) -> OcspResponse:
    what = "BasicOCSPResponse"
    found = read(octets, what, _LIMITS)
    outer = Series(found.root, what)
    tbs = outer.take(SEQUENCE, "tbsResponseData")
    algorithm = outer.take(SEQUENCE, "signatureAlgorithm")
    signature = bits(found, outer.take(BIT_STRING, "signature"), what)
    certificates = outer.take_if(0xA0)
    outer.end()
    parts = Series(tbs, "tbsResponseData")
    parts.take_if(0xA0)
    by_name = parts.take_if(0xA1)
    by_key = parts.take(0xA2, "responderID") if by_name is None else None
    produced = parts.take(GENERALIZED_TIME, "producedAt")
    answers = parts.take(SEQUENCE, "responses")
    parts.take_if(0xA1)
    parts.end()
    inner = () if certificates is None else Series(certificates, what).take(SEQUENCE, "certs").children
    return OcspResponse(
        responder_name=None
        if by_name is None
        else found.whole(Series(by_name, "responderID").take(SEQUENCE, "byName")),
        responder_key_hash=None
        if by_key is None
        else found.content(Series(by_key, "responderID").take(OCTET_STRING, "byKey")),
        produced_at=moment_of(found, produced, "producedAt")[0],
        responses=tuple(_single(found, node) for node in answers.children),
        certificates=tuple(found.whole(node) for node in inner),
        tbs=found.whole(tbs),
        algorithm=identifier(found, Series(algorithm, what).take(OBJECT_IDENTIFIER, "algorithm"), what),
        signature=signature,
        sha256=sha256(octets).hexdigest(),
        deviations=oddities(found, what),
    )


def _single(found: Walk, answer: Tlv) -> SingleResponse:
    what = "SingleResponse"
    parts = Series(answer, what)
    cert_id = Series(parts.take(SEQUENCE, "certID"), what)
    algorithm = cert_id.take(SEQUENCE, "hashAlgorithm")
    name_hash = cert_id.take(OCTET_STRING, "issuerNameHash")
    key_hash = cert_id.take(OCTET_STRING, "issuerKeyHash")
    serial = cert_id.take(INTEGER, "serialNumber")
    cert_id.end()
    status = parts.take_if(0x80, 0xA1, 0x82)
    if status is None:
        fail(answer, what, "no certStatus")
    revoked_at = None
    if status.tag == 0xA1:
        moment = Series(status, "RevokedInfo").take(GENERALIZED_TIME, "revocationTime")
        revoked_at = moment_of(found, moment, "revocationTime")[0]
    this_update = parts.take(GENERALIZED_TIME, "thisUpdate")
    explicit = parts.take_if(0xA0)
    parts.take_if(0xA1)
    parts.end()
    next_update = None
    if explicit is not None:
        node = Series(explicit, what).take(GENERALIZED_TIME, "nextUpdate")
        next_update = moment_of(found, node, "nextUpdate")[0]
    return SingleResponse(
        hash_algorithm=identifier(found, Series(algorithm, what).take(OBJECT_IDENTIFIER, "algorithm"), what),
        name_hash=found.content(name_hash),
        key_hash=found.content(key_hash),
        serial=integer(found, serial, what),
        status={0x80: CertStatus.GOOD, 0xA1: CertStatus.REVOKED, 0x82: CertStatus.UNKNOWN}[status.tag],
        this_update=moment_of(found, this_update, "thisUpdate")[0],
        next_update=next_update,
        revoked_at=revoked_at,
    )
