"""The certificate extensions that the harness looks into (RFC 5280 section 4.2, R)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conform62351.profiles.pki.reading import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    DerError,
    Series,
    boolean,
    fail,
    identifier,
    integer,
    named_bits,
    read,
)
from conform62351.profiles.tlv import Limits, Tlv, Walk

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
AUTHORITY_INFORMATION_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
OCSP_ACCESS: Final = "1.3.6.1.5.5.7.48.1"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
USER_ROLE: Final = "1.2.840.10070.8.1"
"""The role extension of IEC 62351-8 (R)."""

KEY_USAGE_BITS: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
EXTENSION_LIMITS: Final = Limits(depth=16, count=2000, length=65_536)
_DIRECTORY_NAME: Final = 0xA4


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: its type, criticality, and the content octets of extnValue."""

    oid: str
    critical: bool
    octets: bytes


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """The cA flag, and how many intermediate certificates may follow below (None: any number)."""

    ca: bool
    path_length: int | None


@dataclass(frozen=True, slots=True)
class DistributionPoint:
    """Where a CRL is to be had; ``reasons`` says whether this component is there, ``crl_issuer`` are the
    distinguished names in cRLIssuer (DER)."""

    urls: tuple[str, ...]
    reasons: bool
    crl_issuer: tuple[bytes, ...] = ()


def read_extensions(found: Walk, node: Tlv, what: str) -> tuple[Extension, ...]:
    """Return the Extensions at ``node``. Raises DerError, also when a type comes twice."""
    extensions: dict[str, Extension] = {}
    for child in node.children:
        if child.tag != SEQUENCE:
            fail(child, what, "an extension that is no SEQUENCE")
        parts = Series(child, what)
        oid = identifier(found, parts.take(OBJECT_IDENTIFIER, "extnID"), what)
        flag = parts.take_if(BOOLEAN)
        value = parts.take(OCTET_STRING, "extnValue")
        parts.end()
        if oid in extensions:
            fail(child, what, f"the extension {oid} twice")
        critical = flag is not None and boolean(found, flag, what)
        extensions[oid] = Extension(oid, critical, found.content(value))
    return tuple(extensions.values())


def read_key_usage(octets: bytes) -> frozenset[str]:
    """Return the names of the bits that are set. Raises DerError."""
    found = read(octets, "keyUsage", EXTENSION_LIMITS, BIT_STRING)
    return named_bits(found, found.root, KEY_USAGE_BITS, "keyUsage")


def read_basic_constraints(octets: bytes) -> BasicConstraints:
    """Return the BasicConstraints. Raises DerError."""
    what = "basicConstraints"
    found = read(octets, what, EXTENSION_LIMITS)
    parts = Series(found.root, what)
    flag = parts.take_if(BOOLEAN)
    length = parts.take_if(INTEGER)
    parts.end()
    value = None if length is None else integer(found, length, what)
    if value is not None and value < 0:
        raise DerError(0, f"{what}: a path length of {value}")
    return BasicConstraints(flag is not None and boolean(found, flag, what), value)


def read_distribution_points(octets: bytes) -> tuple[DistributionPoint, ...]:
    """Return the points of cRLDistributionPoints. Raises DerError."""
    what = "cRLDistributionPoints"
    found = read(octets, what, EXTENSION_LIMITS)
    points = []
    for node in found.root.children:
        if node.tag != SEQUENCE:
            fail(node, what, "a point that is no SEQUENCE")
        parts = Series(node, what)
        name = parts.take_if(0xA0)
        reasons = parts.take_if(0x81)
        issuer = parts.take_if(0xA2)
        parts.end()
        full = name.child(0xA0) if name is not None else None
        urls = uniform_resource_identifiers(found, full, what) if full is not None else ()
        names = () if issuer is None else [one for one in issuer.children if one.tag == _DIRECTORY_NAME]
        issuers = tuple(found.whole(Series(one, what).take(SEQUENCE, "directoryName")) for one in names)
        points.append(DistributionPoint(urls, reasons is not None, issuers))
    return tuple(points)


def read_ocsp_urls(octets: bytes) -> tuple[str, ...]:
    """Return the URLs of OCSP responders in authorityInfoAccess. Raises DerError."""
    what = "authorityInfoAccess"
    found = read(octets, what, EXTENSION_LIMITS)
    urls: list[str] = []
    for node in found.root.children:
        parts = Series(node, what)
        method = identifier(found, parts.take(OBJECT_IDENTIFIER, "accessMethod"), what)
        if method == OCSP_ACCESS:
            urls.extend(uniform_resource_identifiers(found, node, what))
    return tuple(urls)


def read_extended_key_usage(octets: bytes) -> frozenset[str]:
    """Return the purposes of extKeyUsage as dotted identifiers. Raises DerError."""
    what = "extKeyUsage"
    found = read(octets, what, EXTENSION_LIMITS)
    return frozenset(identifier(found, node, what) for node in found.root.children)


def read_key_identifier(extension: Extension) -> bytes | None:
    """Return the identifier in subjectKeyIdentifier or authorityKeyIdentifier, None when it has none.

    Raises DerError.
    """
    if extension.oid == SUBJECT_KEY_IDENTIFIER:
        found = read(extension.octets, "subjectKeyIdentifier", EXTENSION_LIMITS, OCTET_STRING)
        return found.content(found.root)
    found = read(extension.octets, "authorityKeyIdentifier", EXTENSION_LIMITS)
    node = found.root.child(0x80)
    return None if node is None else found.content(node)


def uniform_resource_identifiers(found: Walk, node: Tlv, what: str) -> tuple[str, ...]:
    """Return the uniformResourceIdentifier members [6] among the GeneralNames at ``node``."""
    urls = []
    for child in node.children:
        if child.tag == 0x86:
            try:
                urls.append(found.content(child).decode("ascii"))
            except UnicodeDecodeError:
                fail(child, what, "a URL that is not ASCII")
    return tuple(urls)
