"""Certificate revocation lists (RFC 5280 section 5; R)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.extensions import (
    EXTENSION_LIMITS,
    Extension,
    read_extensions,
    uniform_resource_identifiers,
)
from conform62351.profiles.pki.names import read_name
from conform62351.profiles.pki.reading import (
    BIT_STRING,
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    UTC_TIME,
    DerError,
    Series,
    bits,
    boolean,
    identifier,
    integer,
    moment_of,
    oddities,
    read,
)
from conform62351.profiles.tlv import Limits, Tlv, Walk

MAX_OCTETS: Final = 8_388_608
_LIMITS: Final = Limits(depth=16, count=400_000, length=MAX_OCTETS)
_WHAT: Final = "certificate list"

ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
_CERTIFICATE_ISSUER: Final = "2.5.29.29"
_REASON_CODE: Final = "2.5.29.21"
_KNOWN: Final = frozenset({"2.5.29.20", "2.5.29.35", "2.5.29.18", "2.5.29.46", ISSUING_DISTRIBUTION_POINT})
"""cRLNumber, authorityKeyIdentifier, issuerAltName, freshestCRL and the scope."""
_REMOVE_FROM_CRL: Final = 8


class RevocationError(ProtocolError):
    """Octets that are no certificate list or no OCSP response."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("X509", offset, message)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which certificates a list is about (issuingDistributionPoint); all of its issuer's by default.

    ``partial`` says that it holds some reasons only, or attribute certificates; ``urls`` are those of the one
    distribution point that it is the list of, empty for a list of all.
    """

    user_certificates_only: bool = False
    ca_certificates_only: bool = False
    indirect: bool = False
    partial: bool = False
    urls: tuple[str, ...] = ()


class RevocationList(msgspec.Struct, frozen=True, eq=False):
    """A certificate list: who issued it, when (seconds since 1970), and what it revokes.

    ``revoked`` has the moment of revocation by DER of the certificate's issuer and serial number.
    ``complete`` is False for a delta list and for one with a critical extension that is not understood: it
    revokes, but says of no certificate that it is good.
    """

    issuer: bytes
    this_update: float
    next_update: float | None
    revoked: dict[tuple[bytes, int], float]
    scope: Scope
    complete: bool
    tbs: bytes
    algorithm: str
    signature: bytes
    sha256: str
    deviations: tuple[str, ...]


@lru_cache(maxsize=32)
def read_crl(octets: bytes) -> RevocationList:
    """Return the list whose DER is ``octets``, at most 8 MiB. Raises RevocationError."""
    try:
        return _read(octets)
    except DerError as error:
        raise RevocationError(error.offset, error.message) from error


def _read(octets: bytes) -> RevocationList:
    found = read(octets, _WHAT, _LIMITS)
    outer = Series(found.root, _WHAT)
    tbs = outer.take(SEQUENCE, "tbsCertList")
    algorithm = outer.take(SEQUENCE, "signatureAlgorithm")
    signature = bits(found, outer.take(BIT_STRING, "signature"), _WHAT)
    outer.end()
    parts = Series(tbs, "tbsCertList")
    parts.take_if(INTEGER)
    parts.take(SEQUENCE, "signature")
    issuer = found.whole(parts.take(SEQUENCE, "issuer"))
    read_name(issuer)
    this_update = parts.take_if(UTC_TIME, GENERALIZED_TIME) or parts.take(UTC_TIME, "thisUpdate")
    next_update = parts.take_if(UTC_TIME, GENERALIZED_TIME)
    entries = parts.take_if(SEQUENCE)
    explicit = parts.take_if(0xA0)
    parts.end()
    extensions: tuple[Extension, ...] = ()
    if explicit is not None:
        inner = Series(explicit, "crlExtensions")
        extensions = read_extensions(found, inner.take(SEQUENCE, "crlExtensions"), "crlExtensions")
        inner.end()
    scope = Scope()
    for extension in extensions:
        if extension.oid == ISSUING_DISTRIBUTION_POINT:
            scope = _scope(extension.octets)
    revoked, understood = _entries(found, entries, issuer, scope.indirect)
    return RevocationList(
        issuer=issuer,
        this_update=moment_of(found, this_update, "thisUpdate")[0],
        next_update=None if next_update is None else moment_of(found, next_update, "nextUpdate")[0],
        revoked=revoked,
        scope=scope,
        complete=understood
        and not scope.partial
        and all(extension.oid in _KNOWN for extension in extensions if extension.critical),
        tbs=found.whole(tbs),
        algorithm=identifier(found, Series(algorithm, _WHAT).take(OBJECT_IDENTIFIER, "algorithm"), _WHAT),
        signature=signature,
        sha256=sha256(octets).hexdigest(),
        deviations=oddities(found, _WHAT),
    )


def _entries(
    found: Walk, entries: Tlv | None, issuer: bytes, indirect: bool
) -> tuple[dict[tuple[bytes, int], float], bool]:
    """Return what is revoked, and whether every critical extension of an entry was understood."""
    revoked: dict[tuple[bytes, int], float] = {}
    understood = True
    what = "revokedCertificates"
    for entry in entries.children if entries is not None else ():
        if entry.tag != SEQUENCE:
            raise DerError(entry.start, f"{what}: an entry that is no SEQUENCE")
        parts = Series(entry, what)
        serial = integer(found, parts.take(INTEGER, "userCertificate"), what)
        moment = parts.take_if(UTC_TIME, GENERALIZED_TIME) or parts.take(UTC_TIME, "revocationDate")
        listed = parts.take_if(SEQUENCE)
        parts.end()
        removed = False
        for extension in read_extensions(found, listed, what) if listed is not None else ():
            if extension.oid == _REASON_CODE:
                reason = read(extension.octets, "reasonCode", EXTENSION_LIMITS, ENUMERATED)
                removed = integer(reason, reason.root, "reasonCode") == _REMOVE_FROM_CRL
            elif extension.oid == _CERTIFICATE_ISSUER and indirect:
                issuer = _directory_name(extension.octets)
            elif extension.critical:
                understood = False
        if not removed:
            revoked[issuer, serial] = moment_of(found, moment, what)[0]
    return revoked, understood


def _directory_name(octets: bytes) -> bytes:
    """Return the DER of the first directoryName [4] among GeneralNames."""
    found = read(octets, "certificateIssuer", EXTENSION_LIMITS)
    node = found.root.child(0xA4)
    if node is None or not node.children:
        raise DerError(0, "certificateIssuer: no directoryName")
    return found.whole(node.children[0])


def _scope(octets: bytes) -> Scope:
    what = "issuingDistributionPoint"
    found = read(octets, what, EXTENSION_LIMITS)
    parts = Series(found.root, what)
    point = parts.take_if(0xA0)
    full = point.child(0xA0) if point is not None else None
    urls = uniform_resource_identifiers(found, full, what) if full is not None else ()
    flags = {}
    for tag in (0x81, 0x82, 0x83, 0x84, 0x85):
        node = parts.take_if(tag)
        flags[tag] = node is not None and (tag == 0x83 or boolean(found, node, what))
    parts.end()
    return Scope(flags[0x81], flags[0x82], flags[0x84], flags[0x83] or flags[0x85], urls)
