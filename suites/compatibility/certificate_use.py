"""Whose a certificate is, what it is for, how long its key is, and where its revocation is told (Annex G)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.compatibility.credentials import (
    client_chooses_each,
    client_takes_each,
    needs,
    server_chooses_each,
    server_takes_each,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation

PURPOSE = "R-CERT-purpose"
KEY = "R-CERT-key"
SUBJECT_OTHER = "R-CERT-subject-other"
SUBJECT = "R-CERT-subject"
TITLE_FORM = "R-CERT-title-form"
REVOCATION_SOURCE = "R-CERT-revocation-source"
THAT_OF_TLS = "taken, although Annex G has another certificate for associations than for TLS"
NOT_COMPARED = "refused, although compatibility mode does not compare the title in the subject"


@case(
    "CMP/SRV/CERTIFICATE-USE/BV-TLS-certificate",
    PURPOSE,
    SUBJECT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/tls-certificate"),
)
def server_tls_certificate() -> Iterator[Conversation]:
    """A server takes the certificate of the TLS connection for the association too, its subject a commonName,
    or answers by P-ABORT.
    """
    return server_chooses_each(PURPOSE, "bad/tls-certificate", taken=THAT_OF_TLS, refused="")


@case(
    "CMP/CLI/CERTIFICATE-USE/BV-TLS-certificate",
    PURPOSE,
    SUBJECT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/tls-certificate"),
)
def client_tls_certificate() -> Iterator[Conversation]:
    """A client takes the certificate of the TLS connection for the association too, its subject a commonName,
    or answers by P-ABORT.
    """
    return client_chooses_each(PURPOSE, "bad/tls-certificate", taken=THAT_OF_TLS, refused="")


@case(
    "CMP/SRV/CERTIFICATE-USE/BV-title-of-another",
    SUBJECT_OTHER,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/other-subject"),
)
def server_title_of_another() -> Iterator[Conversation]:
    """A server takes a certificate with the title of another; that it answers by P-ABORT is a warning."""
    return server_chooses_each(SUBJECT_OTHER, "bad/other-subject", refused=NOT_COMPARED)


@case(
    "CMP/CLI/CERTIFICATE-USE/BV-title-of-another",
    SUBJECT_OTHER,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/other-subject"),
)
def client_title_of_another() -> Iterator[Conversation]:
    """A client takes a certificate with the title of another; that it answers by P-ABORT is a warning."""
    return client_chooses_each(SUBJECT_OTHER, "bad/other-subject", refused=NOT_COMPARED)


@case(
    "CMP/SRV/CERTIFICATE-USE/BV-title-UTF8String",
    TITLE_FORM,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("utf8-title"),
)
def server_title_utf8() -> Iterator[Conversation]:
    """A server takes a certificate whose title is a UTF8String."""
    return server_takes_each(TITLE_FORM, "utf8-title")


@case(
    "CMP/CLI/CERTIFICATE-USE/BV-title-UTF8String",
    TITLE_FORM,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("utf8-title"),
)
def client_title_utf8() -> Iterator[Conversation]:
    """A client takes a certificate whose title is a UTF8String."""
    return client_takes_each(TITLE_FORM, "utf8-title")


@case(
    "CMP/SRV/CERTIFICATE-USE/BV-OCSP-access",
    REVOCATION_SOURCE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("ocsp"),
)
def server_ocsp_access() -> Iterator[Conversation]:
    """A server takes a certificate that names an OCSP responder in the place of a CRL distribution point."""
    return server_takes_each(REVOCATION_SOURCE, "ocsp")


@case(
    "CMP/CLI/CERTIFICATE-USE/BV-OCSP-access",
    REVOCATION_SOURCE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("ocsp"),
)
def client_ocsp_access() -> Iterator[Conversation]:
    """A client takes a certificate that names an OCSP responder in the place of a CRL distribution point."""
    return client_takes_each(REVOCATION_SOURCE, "ocsp")


@case(
    "CMP/SRV/CERTIFICATE-USE/BV-long-key",
    KEY,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("long-key"),
)
def server_long_key() -> Iterator[Conversation]:
    """A server takes a certificate whose RSA key has more than the 2048 bits that it needs, here 3072."""
    return server_takes_each(KEY, "long-key")


@case(
    "CMP/CLI/CERTIFICATE-USE/BV-long-key",
    KEY,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("long-key"),
)
def client_long_key() -> Iterator[Conversation]:
    """A client takes a certificate whose RSA key has more than the 2048 bits that it needs, here 3072."""
    return client_takes_each(KEY, "long-key")
