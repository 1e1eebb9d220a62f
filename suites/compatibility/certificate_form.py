"""Certificates that deviate from the form of Annex G, which compatibility mode does not ask for.

A device takes such a certificate, or answers by P-ABORT (11-decisions 40, mark I): both hold. It must not
fall silent or hang up over it, and an association that it makes has to work.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.compatibility.credentials import client_chooses_each, needs, server_chooses_each
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation

VERSION = "R-CERT-version"
SERIAL = "R-CERT-serial"
ALGORITHMS = "R-CERT-algorithms-equal"
HASH = "R-CERT-hash"
UNIQUE_IDS = "R-CERT-unique-ids"
KEY_USAGE = "R-CERT-key-usage"
BASIC_CONSTRAINTS = "R-CERT-basic-constraints"
CRITICAL_EXTENSION = "R-CERT-critical-extension"

SERIALS = ("bad/negative-serial", "bad/short-serial")
HASHES = ("bad/sha1", "bad/md5")
USAGES = ("bad/no-key-usage", "bad/no-digital-signature", "bad/no-key-agreement")
WEAK_HASH = "taken, although it is signed with a hash for which certificates can be forged"
NOT_KNOWN = "taken, although RFC 5280 has a certificate refused whose critical extension is not known"


@case(
    "CMP/SRV/CERTIFICATE-FORM/BV-version-1",
    VERSION,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/v1"),
)
def server_version() -> Iterator[Conversation]:
    """A server takes a certificate of version 1, or answers by P-ABORT."""
    return server_chooses_each(VERSION, "bad/v1")


@case(
    "CMP/CLI/CERTIFICATE-FORM/BV-version-1",
    VERSION,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/v1"),
)
def client_version() -> Iterator[Conversation]:
    """A client takes a certificate of version 1, or answers by P-ABORT."""
    return client_chooses_each(VERSION, "bad/v1")


@case(
    "CMP/SRV/CERTIFICATE-FORM/BV-serial-number",
    SERIAL,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*SERIALS),
)
def server_serial() -> Iterator[Conversation]:
    """A server takes a certificate whose serial number is negative or short, or answers by P-ABORT."""
    return server_chooses_each(SERIAL, *SERIALS)


@case(
    "CMP/CLI/CERTIFICATE-FORM/BV-serial-number",
    SERIAL,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*SERIALS),
)
def client_serial() -> Iterator[Conversation]:
    """A client takes a certificate whose serial number is negative or short, or answers by P-ABORT."""
    return client_chooses_each(SERIAL, *SERIALS)


@case(
    "CMP/SRV/CERTIFICATE-FORM/BV-algorithms-differ",
    ALGORITHMS,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/algorithm-mismatch"),
)
def server_algorithms() -> Iterator[Conversation]:
    """A server takes a certificate that names one signature algorithm inside and another outside, or answers
    by P-ABORT.
    """
    return server_chooses_each(ALGORITHMS, "bad/algorithm-mismatch")


@case(
    "CMP/CLI/CERTIFICATE-FORM/BV-algorithms-differ",
    ALGORITHMS,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/algorithm-mismatch"),
)
def client_algorithms() -> Iterator[Conversation]:
    """A client takes a certificate that names one signature algorithm inside and another outside, or answers
    by P-ABORT.
    """
    return client_chooses_each(ALGORITHMS, "bad/algorithm-mismatch")


@case(
    "CMP/SRV/CERTIFICATE-FORM/BV-weak-hash",
    HASH,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*HASHES),
)
def server_weak_hash() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the certificate is signed with SHA-1 or MD5; that it takes it is a
    warning.
    """
    return server_chooses_each(HASH, *HASHES, taken=WEAK_HASH, refused="")


@case(
    "CMP/CLI/CERTIFICATE-FORM/BV-weak-hash",
    HASH,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*HASHES),
)
def client_weak_hash() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the certificate is signed with SHA-1 or MD5; that it takes it is a
    warning.
    """
    return client_chooses_each(HASH, *HASHES, taken=WEAK_HASH, refused="")


@case(
    "CMP/SRV/CERTIFICATE-FORM/BV-unique-identifiers",
    UNIQUE_IDS,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/unique-ids"),
)
def server_unique_ids() -> Iterator[Conversation]:
    """A server takes a certificate with issuerUniqueID and subjectUniqueID, or answers by P-ABORT."""
    return server_chooses_each(UNIQUE_IDS, "bad/unique-ids")


@case(
    "CMP/CLI/CERTIFICATE-FORM/BV-unique-identifiers",
    UNIQUE_IDS,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/unique-ids"),
)
def client_unique_ids() -> Iterator[Conversation]:
    """A client takes a certificate with issuerUniqueID and subjectUniqueID, or answers by P-ABORT."""
    return client_chooses_each(UNIQUE_IDS, "bad/unique-ids")


@case(
    "CMP/SRV/CERTIFICATE-FORM/BV-key-usage",
    KEY_USAGE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*USAGES),
)
def server_key_usage() -> Iterator[Conversation]:
    """A server takes a certificate without keyUsage, as are common, or with one of the two bits alone, or
    answers by P-ABORT.
    """
    return server_chooses_each(KEY_USAGE, *USAGES)


@case(
    "CMP/CLI/CERTIFICATE-FORM/BV-key-usage",
    KEY_USAGE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*USAGES),
)
def client_key_usage() -> Iterator[Conversation]:
    """A client takes a certificate without keyUsage, as are common, or with one of the two bits alone, or
    answers by P-ABORT.
    """
    return client_chooses_each(KEY_USAGE, *USAGES)


@case(
    "CMP/SRV/CERTIFICATE-FORM/BV-basic-constraints",
    BASIC_CONSTRAINTS,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/ca-flag"),
)
def server_basic_constraints() -> Iterator[Conversation]:
    """A server takes a certificate that calls its holder an authority, or answers by P-ABORT."""
    return server_chooses_each(BASIC_CONSTRAINTS, "bad/ca-flag")


@case(
    "CMP/CLI/CERTIFICATE-FORM/BV-basic-constraints",
    BASIC_CONSTRAINTS,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/ca-flag"),
)
def client_basic_constraints() -> Iterator[Conversation]:
    """A client takes a certificate that calls its holder an authority, or answers by P-ABORT."""
    return client_chooses_each(BASIC_CONSTRAINTS, "bad/ca-flag")


@case(
    "CMP/SRV/CERTIFICATE-FORM/BV-critical-extension",
    CRITICAL_EXTENSION,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/unknown-critical"),
)
def server_critical_extension() -> Iterator[Conversation]:
    """A server answers by P-ABORT when it does not know a critical extension of the certificate; that it
    takes it is a warning.
    """
    return server_chooses_each(CRITICAL_EXTENSION, "bad/unknown-critical", taken=NOT_KNOWN, refused="")


@case(
    "CMP/CLI/CERTIFICATE-FORM/BV-critical-extension",
    CRITICAL_EXTENSION,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/unknown-critical"),
)
def client_critical_extension() -> Iterator[Conversation]:
    """A client answers by P-ABORT when it does not know a critical extension of the certificate; that it
    takes it is a warning.
    """
    return client_chooses_each(CRITICAL_EXTENSION, "bad/unknown-critical", taken=NOT_KNOWN, refused="")
