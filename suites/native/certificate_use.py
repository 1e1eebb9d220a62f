"""Certificates in handshakes that are not for this use by Annex G: whose they are, and what for (row 6).

invalid-public-key-certificate is due. That it is no alarm is inferred, so that one passes as well; nothing
else does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_TLS,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.handshake_certificate import FORM, RULES, shown
from conform62351.suites.native.refusals import credentials, refused, refuses_each, way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.outcomes import AARQ, TRANSPORT_CONNECTED, reach
from conform62351.tooling.engine.steps import Accept, Act, Connect, Conversation, OpenTransport, conversation

USAGE = "R-CERT-key-usage"
CONSTRAINTS = "R-CERT-basic-constraints"
UNIQUE_IDS = "R-CERT-unique-ids"
SUBJECT = "R-CERT-subject"
REVOCATION_SOURCE = "R-CERT-revocation-source"
CRITICAL = "R-CERT-critical-extension"
PURPOSE = "R-CERT-purpose"

USAGES: Final = ("bad/no-key-usage", "bad/no-digital-signature", "bad/no-key-agreement")
SUBJECTS: Final = ("bad/common-name", "bad/two-rdns", "bad/tls-certificate")
POINTERS: Final = ("bad/no-revocation-pointer", "bad/crl-reasons")
FOR_BOTH: Final = "bad/one-for-both"
"""Names of the tester's credentials, by what is wrong with their certificates."""

NO_TITLE: Final = (FORM, "8")
"""Rows of clause 14: a subject that is no title is not that of who sends it either."""


def server_over_tls() -> Steps:
    """Return the connection to the DUT server over TLS with the certificate that is for both."""
    return (
        Connect(tls_credential=FOR_BOTH),
        OpenTransport(),
        reach(TRANSPORT_CONNECTED, limit="limit.connect"),
    )


def client_over_tls() -> Steps:
    """Return the AARQ of the DUT client over TLS, in which the tester shows that certificate."""
    return (Act(action="connect"), Accept(tls_credential=FOR_BOTH), reach(AARQ, limit="limit.associate"))


@case(
    "E2E/SRV/CERTIFICATE/BI-key-usage",
    USAGE,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*USAGES),
)
def server_key_usage() -> Iterator[Conversation]:
    """A server refuses a certificate without keyUsage, or with keyUsage without digitalSignature or
    keyAgreement.
    """
    return refuses_each(Role.SERVER, USAGE, FORM, shown(*USAGES))


@case(
    "E2E/CLI/CERTIFICATE/BI-key-usage",
    USAGE,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*USAGES),
)
def client_key_usage() -> Iterator[Conversation]:
    """A client refuses a certificate without keyUsage, or with keyUsage without digitalSignature or
    keyAgreement.
    """
    return refuses_each(Role.CLIENT, USAGE, FORM, shown(*USAGES))


@case(
    "E2E/SRV/CERTIFICATE/BI-authority",
    CONSTRAINTS,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/ca-flag"),
)
def server_authority() -> Iterator[Conversation]:
    """A server refuses the certificate of an authority: basicConstraints with CA TRUE."""
    return refuses_each(Role.SERVER, CONSTRAINTS, FORM, shown("bad/ca-flag"))


@case(
    "E2E/CLI/CERTIFICATE/BI-authority",
    CONSTRAINTS,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/ca-flag"),
)
def client_authority() -> Iterator[Conversation]:
    """A client refuses the certificate of an authority: basicConstraints with CA TRUE."""
    return refuses_each(Role.CLIENT, CONSTRAINTS, FORM, shown("bad/ca-flag"))


@case(
    "E2E/SRV/CERTIFICATE/BI-unique-ids",
    UNIQUE_IDS,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/unique-ids"),
)
def server_unique_ids() -> Iterator[Conversation]:
    """A server refuses a certificate with issuerUniqueID and subjectUniqueID."""
    return refuses_each(Role.SERVER, UNIQUE_IDS, FORM, shown("bad/unique-ids"))


@case(
    "E2E/CLI/CERTIFICATE/BI-unique-ids",
    UNIQUE_IDS,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/unique-ids"),
)
def client_unique_ids() -> Iterator[Conversation]:
    """A client refuses a certificate with issuerUniqueID and subjectUniqueID."""
    return refuses_each(Role.CLIENT, UNIQUE_IDS, FORM, shown("bad/unique-ids"))


@case(
    "E2E/SRV/CERTIFICATE/BI-subject",
    SUBJECT,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*SUBJECTS),
)
def server_subject() -> Iterator[Conversation]:
    """A server refuses a certificate whose subject is not the titles alone: a commonName, also that of the
    TLS certificate, or both.
    """
    return refuses_each(Role.SERVER, SUBJECT, NO_TITLE, shown(*SUBJECTS))


@case(
    "E2E/CLI/CERTIFICATE/BI-subject",
    SUBJECT,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*SUBJECTS),
)
def client_subject() -> Iterator[Conversation]:
    """A client refuses a certificate whose subject is not the titles alone: a commonName, also that of the
    TLS certificate, or both.
    """
    return refuses_each(Role.CLIENT, SUBJECT, NO_TITLE, shown(*SUBJECTS))


@case(
    "E2E/SRV/CERTIFICATE/BI-revocation-source",
    REVOCATION_SOURCE,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*POINTERS),
)
def server_revocation_source() -> Iterator[Conversation]:
    """A server refuses a certificate that names neither CRL nor OCSP responder, or a CRL for some reasons
    alone.
    """
    return refuses_each(Role.SERVER, REVOCATION_SOURCE, FORM, shown(*POINTERS))


@case(
    "E2E/CLI/CERTIFICATE/BI-revocation-source",
    REVOCATION_SOURCE,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*POINTERS),
)
def client_revocation_source() -> Iterator[Conversation]:
    """A client refuses a certificate that names neither CRL nor OCSP responder, or a CRL for some reasons
    alone.
    """
    return refuses_each(Role.CLIENT, REVOCATION_SOURCE, FORM, shown(*POINTERS))


@case(
    "E2E/SRV/CERTIFICATE/BI-critical-extension",
    CRITICAL,
    RULES,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/unknown-critical"),
)
def server_critical_extension() -> Iterator[Conversation]:
    """A server refuses a certificate with a critical extension that nobody knows."""
    return refuses_each(Role.SERVER, CRITICAL, FORM, shown("bad/unknown-critical"))


@case(
    "E2E/CLI/CERTIFICATE/BI-critical-extension",
    CRITICAL,
    RULES,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/unknown-critical"),
)
def client_critical_extension() -> Iterator[Conversation]:
    """A client refuses a certificate with a critical extension that nobody knows."""
    return refuses_each(Role.CLIENT, CRITICAL, FORM, shown("bad/unknown-critical"))


@case(
    "E2E/SRV/CERTIFICATE/BI-that-of-TLS",
    PURPOSE,
    RULES,
    EVENT,
    pics=f"{SERVER} and T10.T-security.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE_TLS,
    prerequisites=credentials(FOR_BOTH),
)
def server_that_of_tls() -> Conversation:
    """A server refuses the certificate of the TLS connection for the association, although its subject is
    right.
    """
    return conversation(
        server_over_tls(),
        refused(PURPOSE, (FORM,), Role.SERVER, way(handshake=Handshake(credential=FOR_BOTH))),
    )


@case(
    "E2E/CLI/CERTIFICATE/BI-that-of-TLS",
    PURPOSE,
    RULES,
    EVENT,
    pics=f"{CLIENT} and T10.T-security.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_TLS,
    prerequisites=credentials(FOR_BOTH),
)
def client_that_of_tls() -> Conversation:
    """A client refuses the certificate of the TLS connection for the association, although its subject is
    right.
    """
    return conversation(
        client_over_tls(),
        refused(PURPOSE, (FORM,), Role.CLIENT, way(handshake=Handshake(credential=FOR_BOTH))),
    )
