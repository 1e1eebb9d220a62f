"""Certificates of partners, and the device's own: size, validity and key (clause 11 and Annex G).

Of Annex G these alone count in compatibility mode (11-decisions 40, mark I; the rules themselves are N).
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
    server_association,
)
from conform62351.suites.compatibility.credentials import (
    client_refuses_each,
    client_takes_each,
    needs,
    server_refuses_each,
    server_takes_each,
)
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation, NoFinding, Verify, conversation

SIZE_READ = "R-CMP-certificate-size-read"
SIZE = "R-CMP-certificate-size"
EXPIRED = "R-CMP-certificate-valid"
NOT_YET_VALID = "R-CMP-certificate-not-yet-valid"
KEY_LENGTH = "R-CMP-certificate-key"
KEY_KIND = "R-CMP-certificate-RSA"
SIZE_RULE = "R-CERT-size"
VALIDITY_RULE = "R-CERT-validity"
KEY_RULE = "R-CERT-key"
ENCODING_RULE = "R-CERT-encoding"
CONNECT_SIZE_RULE = "R-CERT-connect-size"
MAXIMUM_CONNECT_DATA = 10_240
"""Octets of presentation, ACSE and user information in CONNECT or ACCEPT at most (N)."""
SHORT_KEYS = ("bad/rsa1024", "bad/rsa2047")
CURVES = ("bad/secp256r1", "bad/secp384r1", "e2e-brainpool")
TOO_LARGE_FORMS = (*P_ABORT, rejected_with(FAILURE))

OWN_RULES = {
    SIZE_RULE: ("CMP.7",),
    ENCODING_RULE: ("CMP.8",),
    VALIDITY_RULE: ("CMP.12", "CMP.13"),
    KEY_RULE: ("CMP.17", "CMP.18"),
}
"""What a device's own certificate must follow, with the tester's checks of it."""
OWN_FORM = {
    "R-CERT-version": ("X509.2",),
    "R-CERT-serial": ("X509.7", "X509.8", "X509.9"),
    "R-CERT-algorithms-equal": ("X509.10",),
    "R-CERT-hash": ("X509.11",),
    "R-CERT-subject": ("X509.13", "X509.14"),
    "R-CERT-title-form": ("X509.15",),
    "R-CERT-unique-ids": ("X509.16",),
    "R-CERT-key-usage": ("X509.17", "X509.18", "X509.19"),
    "R-CERT-revocation-source": ("X509.20", "X509.21", "X509.22"),
    "R-CERT-basic-constraints": ("X509.23",),
    "R-CERT-critical-extension": ("X509.24",),
    "R-CERT-purpose": ("X509.26",),
    "R-CERT-validity-period": ("X509.EE.3",),
}
"""What it should follow: deviations are warnings in compatibility mode."""


def own_certificate(connect_data: str) -> Steps:
    """Return the checks of the certificate that the DUT showed in the PDU with the field ``connect_data``."""
    return (
        *(NoFinding(requirement=rule, steps=steps) for rule, steps in OWN_RULES.items()),
        Verify(requirement=CONNECT_SIZE_RULE, field=connect_data, at_most=MAXIMUM_CONNECT_DATA),
        *(NoFinding(requirement=rule, steps=steps, tolerated=True) for rule, steps in OWN_FORM.items()),
    )


@case(
    "CMP/SRV/CERTIFICATE/BV-own-certificate",
    *OWN_RULES,
    CONNECT_SIZE_RULE,
    *OWN_FORM,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_own_certificate() -> Conversation:
    """The certificate that a server shows is in its validity, has at most 8192 octets and an RSA key of at
    least 2048 bits; what else of Annex G it does not follow is a warning.
    """
    return conversation(server_association, own_certificate("SES.AC.user_data"))


@case(
    "CMP/CLI/CERTIFICATE/BV-own-certificate",
    *OWN_RULES,
    CONNECT_SIZE_RULE,
    *OWN_FORM,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_own_certificate() -> Conversation:
    """The certificate that a client shows is in its validity, has at most 8192 octets and an RSA key of at
    least 2048 bits; what else of Annex G it does not follow is a warning.
    """
    return conversation(client_request, own_certificate("SES.CN.user_data"))


@case(
    "CMP/SRV/CERTIFICATE/BV-large",
    SIZE_READ,
    SIZE_RULE,
    CONNECT_SIZE_RULE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("large"),
)
def server_large() -> Iterator[Conversation]:
    """A server takes a certificate of 8192 octets, in connect data that stay below 10 240 octets."""
    return server_takes_each(SIZE_READ, "large")


@case(
    "CMP/CLI/CERTIFICATE/BV-large",
    SIZE_READ,
    SIZE_RULE,
    CONNECT_SIZE_RULE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("large"),
)
def client_large() -> Iterator[Conversation]:
    """A client takes a certificate of 8192 octets, in connect data that stay below 10 240 octets."""
    return client_takes_each(SIZE_READ, "large")


@case(
    "CMP/SRV/CERTIFICATE/BI-oversized",
    SIZE,
    SIZE_RULE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/oversized"),
)
def server_oversized() -> Iterator[Conversation]:
    """A server refuses a certificate of 8193 octets, one more than the standard has."""
    return server_refuses_each(SIZE, "bad/oversized", forms=TOO_LARGE_FORMS)


@case(
    "CMP/CLI/CERTIFICATE/BI-oversized",
    SIZE,
    SIZE_RULE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/oversized"),
)
def client_oversized() -> Iterator[Conversation]:
    """A client refuses a certificate of 8193 octets, one more than the standard has."""
    return client_refuses_each(SIZE, "bad/oversized")


@case(
    "CMP/SRV/CERTIFICATE/BI-expired",
    EXPIRED,
    VALIDITY_RULE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/expired"),
)
def server_expired() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the certificate has expired."""
    return server_refuses_each(EXPIRED, "bad/expired")


@case(
    "CMP/CLI/CERTIFICATE/BI-expired",
    EXPIRED,
    VALIDITY_RULE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/expired"),
)
def client_expired() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the certificate has expired."""
    return client_refuses_each(EXPIRED, "bad/expired")


@case(
    "CMP/SRV/CERTIFICATE/BI-not-yet-valid",
    NOT_YET_VALID,
    VALIDITY_RULE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/not-yet-valid"),
)
def server_not_yet_valid() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the certificate is valid from the next year on."""
    return server_refuses_each(NOT_YET_VALID, "bad/not-yet-valid")


@case(
    "CMP/CLI/CERTIFICATE/BI-not-yet-valid",
    NOT_YET_VALID,
    VALIDITY_RULE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs("bad/not-yet-valid"),
)
def client_not_yet_valid() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the certificate is valid from the next year on."""
    return client_refuses_each(NOT_YET_VALID, "bad/not-yet-valid")


@case(
    "CMP/SRV/CERTIFICATE/BI-short-key",
    KEY_LENGTH,
    KEY_RULE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*SHORT_KEYS),
)
def server_short_key() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the RSA key in the certificate has less than 2048 bits, be it one."""
    return server_refuses_each(KEY_LENGTH, *SHORT_KEYS)


@case(
    "CMP/CLI/CERTIFICATE/BI-short-key",
    KEY_LENGTH,
    KEY_RULE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*SHORT_KEYS),
)
def client_short_key() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the RSA key in the certificate has less than 2048 bits, be it one."""
    return client_refuses_each(KEY_LENGTH, *SHORT_KEYS)


@case(
    "CMP/SRV/CERTIFICATE/BI-elliptic-curve",
    KEY_KIND,
    KEY_RULE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*CURVES),
)
def server_elliptic_curve() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the key is on an elliptic curve, one of native mode's or another."""
    return server_refuses_each(KEY_KIND, *CURVES)


@case(
    "CMP/CLI/CERTIFICATE/BI-elliptic-curve",
    KEY_KIND,
    KEY_RULE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(*CURVES),
)
def client_elliptic_curve() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the key is on an elliptic curve, one of native mode's or another."""
    return client_refuses_each(KEY_KIND, *CURVES)
