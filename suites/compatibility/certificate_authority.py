"""Certificates and their authorities: what leads to a trust anchor, and what does not (RFC 5280 section 6).

No path travels with an authentication value, so that a device knows the intermediate authorities from its
configuration (11-decisions 40, mark I). Faulty authorities can be told from unknown ones only by a device
that has been given them, as the folder ``dut`` of the tester's workshop has them.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    FAILURE,
    P_ABORT,
    SERVER,
    SERVER_BASELINE,
    rejected_with,
)
from conform62351.suites.compatibility.credentials import (
    client_refuses_each,
    client_takes_each,
    needs,
    server_refuses_each,
    server_takes_each,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation

CHAIN = "R-CMP-certificate-chain"
INTERMEDIATES = "R-CMP-intermediates"
ENCODING = "R-CERT-encoding"
SIGNATURE = "R-CERT-signature"
KNOWN = "R-CERT-CA-known"
VALIDITY = "R-CERT-CA-validity"
FLAG = "R-CERT-CA-flag"
KEY_USAGE = "R-CERT-CA-key-usage"
PATH_LENGTH = "R-CERT-CA-path-length"
HASH = "R-CERT-CA-hash"

STRANGERS = ("bad/unknown-ca", "bad/self-signed", "bad/same-name-ca")
EXPIRED = ("bad/expired-ca", "bad/expired-upper-ca")
NOT_DER = ("bad/truncated", "bad/trailing", "bad/twice", "bad/pem")
UNREADABLE_FORMS = (*P_ABORT, rejected_with(FAILURE))


@case(
    "CMP/SRV/AUTHORITY/BV-intermediates",
    INTERMEDIATES,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("two-intermediates"),
)
def server_intermediates() -> Iterator[Conversation]:
    """A server takes a certificate below two intermediate authorities that it has been given."""
    return server_takes_each(INTERMEDIATES, "two-intermediates")


@case(
    "CMP/CLI/AUTHORITY/BV-intermediates",
    INTERMEDIATES,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("two-intermediates"),
)
def client_intermediates() -> Iterator[Conversation]:
    """A client takes a certificate below two intermediate authorities that it has been given."""
    return client_takes_each(INTERMEDIATES, "two-intermediates")


@case(
    "CMP/SRV/AUTHORITY/BI-encoding",
    ENCODING,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*NOT_DER),
)
def server_encoding() -> Iterator[Conversation]:
    """A server refuses what is no certificate in DER: cut off, followed by two octets or by itself, or in
    PEM.
    """
    return server_refuses_each(ENCODING, *NOT_DER, forms=UNREADABLE_FORMS)


@case(
    "CMP/CLI/AUTHORITY/BI-encoding",
    ENCODING,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*NOT_DER),
)
def client_encoding() -> Iterator[Conversation]:
    """A client refuses what is no certificate in DER: cut off, followed by two octets or by itself, or in
    PEM.
    """
    return client_refuses_each(ENCODING, *NOT_DER)


@case(
    "CMP/SRV/AUTHORITY/BI-signature",
    SIGNATURE,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/broken-signature"),
)
def server_signature() -> Iterator[Conversation]:
    """A server answers by P-ABORT when one bit of the authority's signature on the certificate is not as it
    was signed.
    """
    return server_refuses_each(SIGNATURE, "bad/broken-signature")


@case(
    "CMP/CLI/AUTHORITY/BI-signature",
    SIGNATURE,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/broken-signature"),
)
def client_signature() -> Iterator[Conversation]:
    """A client answers by P-ABORT when one bit of the authority's signature on the certificate is not as it
    was signed.
    """
    return client_refuses_each(SIGNATURE, "bad/broken-signature")


@case(
    "CMP/SRV/AUTHORITY/BI-not-known",
    CHAIN,
    KNOWN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*STRANGERS),
)
def server_not_known() -> Iterator[Conversation]:
    """A server answers by P-ABORT when it does not trust the authority, or the holder issued the certificate
    itself.
    """
    return server_refuses_each(CHAIN, *STRANGERS)


@case(
    "CMP/CLI/AUTHORITY/BI-not-known",
    CHAIN,
    KNOWN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*STRANGERS),
)
def client_not_known() -> Iterator[Conversation]:
    """A client answers by P-ABORT when it does not trust the authority, or the holder issued the certificate
    itself.
    """
    return client_refuses_each(CHAIN, *STRANGERS)


@case(
    "CMP/SRV/AUTHORITY/BI-expired",
    VALIDITY,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*EXPIRED),
)
def server_expired() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the certificate of the authority, or of one above it, has expired."""
    return server_refuses_each(VALIDITY, *EXPIRED)


@case(
    "CMP/CLI/AUTHORITY/BI-expired",
    VALIDITY,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*EXPIRED),
)
def client_expired() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the certificate of the authority, or of one above it, has expired."""
    return client_refuses_each(VALIDITY, *EXPIRED)


@case(
    "CMP/SRV/AUTHORITY/BI-no-authority",
    FLAG,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/not-a-ca"),
)
def server_no_authority() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the issuer is none by its basicConstraints."""
    return server_refuses_each(FLAG, "bad/not-a-ca")


@case(
    "CMP/CLI/AUTHORITY/BI-no-authority",
    FLAG,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/not-a-ca"),
)
def client_no_authority() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the issuer is none by its basicConstraints."""
    return client_refuses_each(FLAG, "bad/not-a-ca")


@case(
    "CMP/SRV/AUTHORITY/BI-key-usage",
    KEY_USAGE,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/ca-no-cert-sign"),
)
def server_key_usage() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the authority's keyUsage lacks keyCertSign."""
    return server_refuses_each(KEY_USAGE, "bad/ca-no-cert-sign")


@case(
    "CMP/CLI/AUTHORITY/BI-key-usage",
    KEY_USAGE,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/ca-no-cert-sign"),
)
def client_key_usage() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the authority's keyUsage lacks keyCertSign."""
    return client_refuses_each(KEY_USAGE, "bad/ca-no-cert-sign")


@case(
    "CMP/SRV/AUTHORITY/BI-path-length",
    PATH_LENGTH,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/path-length"),
)
def server_path_length() -> Iterator[Conversation]:
    """A server answers by P-ABORT when there are more authorities below one than its path length allows."""
    return server_refuses_each(PATH_LENGTH, "bad/path-length")


@case(
    "CMP/CLI/AUTHORITY/BI-path-length",
    PATH_LENGTH,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/path-length"),
)
def client_path_length() -> Iterator[Conversation]:
    """A client answers by P-ABORT when there are more authorities below one than its path length allows."""
    return client_refuses_each(PATH_LENGTH, "bad/path-length")


@case(
    "CMP/SRV/AUTHORITY/BI-weak-hash",
    HASH,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/weak-ca"),
)
def server_weak_hash() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the certificate of the intermediate authority is signed with SHA-1."""
    return server_refuses_each(HASH, "bad/weak-ca")


@case(
    "CMP/CLI/AUTHORITY/BI-weak-hash",
    HASH,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/weak-ca"),
)
def client_weak_hash() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the certificate of the intermediate authority is signed with SHA-1."""
    return client_refuses_each(HASH, "bad/weak-ca")
