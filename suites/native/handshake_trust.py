"""Certificates in handshakes that are not to be trusted: not valid now, revoked, forged, of strangers.

An alarm is due (clause 14, row 6). That it is no invalid-public-key-certificate is inferred, so that one
passes as well; nothing else does. The authorities travel in certPath unless a conversation is about that.
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
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.handshake_certificate import shown, without_path
from conform62351.suites.native.refusals import Ways, credentials, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.revocation_steps import MEANS
from conform62351.tooling.engine.steps import Conversation

TRUSTED = "R-E2E-certificate-trusted"
VALIDITY = "R-CERT-validity"
KNOWN = "R-CERT-CA-known"
SIGNATURE = "R-CERT-signature"
REVOKED = "R-E2E-certificate-revoked"

EXPIRED: Final = ("bad/expired", "bad/expired-secp256r1")
BY_CRL: Final = ("bad/revoked-crl", "bad/revoked-outdated-crl")
STRANGERS: Final = ("bad/unknown-ca", "bad/self-signed")
"""Names of the tester's credentials, by what is wrong with their certificates."""

NOT_BEGUN: Final = "6.2"
ENDED: Final = "6.3"
IS_REVOKED: Final = "6.4"
NOT_TRUSTED: Final = "6.5"
FORGED: Final = ("6.5", "7.2")
"""Rows of clause 14. A forged certificate is no link of the path that comes along, if one does."""


def forged() -> Ways:
    """Return the handshakes whose certificate has a broken signature, with certPath and without."""
    name = "bad/broken-signature"
    return {
        "with its authorities": way(handshake=Handshake(credential=name)),
        "without certPath": way(handshake=Handshake(credential=name, path=())),
    }


@case(
    "E2E/SRV/CERTIFICATE/BI-expired",
    VALIDITY,
    TRUSTED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*EXPIRED),
)
def server_expired() -> Iterator[Conversation]:
    """A server refuses a certificate that has expired."""
    return refuses_each(Role.SERVER, VALIDITY, ENDED, shown(*EXPIRED))


@case(
    "E2E/CLI/CERTIFICATE/BI-expired",
    VALIDITY,
    TRUSTED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*EXPIRED),
)
def client_expired() -> Iterator[Conversation]:
    """A client refuses a certificate that has expired."""
    return refuses_each(Role.CLIENT, VALIDITY, ENDED, shown(*EXPIRED))


@case(
    "E2E/SRV/CERTIFICATE/BI-not-yet-valid",
    VALIDITY,
    TRUSTED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/not-yet-valid"),
)
def server_not_yet_valid() -> Iterator[Conversation]:
    """A server refuses a certificate that is valid from the next year on."""
    return refuses_each(Role.SERVER, VALIDITY, NOT_BEGUN, shown("bad/not-yet-valid"))


@case(
    "E2E/CLI/CERTIFICATE/BI-not-yet-valid",
    VALIDITY,
    TRUSTED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/not-yet-valid"),
)
def client_not_yet_valid() -> Iterator[Conversation]:
    """A client refuses a certificate that is valid from the next year on."""
    return refuses_each(Role.CLIENT, VALIDITY, NOT_BEGUN, shown("bad/not-yet-valid"))


@case(
    "E2E/SRV/CERTIFICATE/BI-revoked-CRL",
    REVOKED,
    EVENT,
    pics=f"{SERVER} and E2E.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*BY_CRL),
)
def server_revoked_crl() -> Iterator[Conversation]:
    """A server refuses a certificate that the CRL of its authority has, be it past its nextUpdate."""
    return refuses_each(Role.SERVER, REVOKED, IS_REVOKED, shown(*BY_CRL))


@case(
    "E2E/CLI/CERTIFICATE/BI-revoked-CRL",
    REVOKED,
    EVENT,
    pics=f"{CLIENT} and E2E.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*BY_CRL),
)
def client_revoked_crl() -> Iterator[Conversation]:
    """A client refuses a certificate that the CRL of its authority has, be it past its nextUpdate."""
    return refuses_each(Role.CLIENT, REVOKED, IS_REVOKED, shown(*BY_CRL))


@case(
    "E2E/SRV/CERTIFICATE/BI-revoked-OCSP",
    REVOKED,
    EVENT,
    pics=f"{SERVER} and E2E.OCSP.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=(*credentials("bad/revoked-ocsp"), MEANS),
)
def server_revoked_ocsp() -> Iterator[Conversation]:
    """A server refuses a certificate that the OCSP responder named in it calls revoked."""
    return refuses_each(Role.SERVER, REVOKED, IS_REVOKED, shown("bad/revoked-ocsp"))


@case(
    "E2E/CLI/CERTIFICATE/BI-revoked-OCSP",
    REVOKED,
    EVENT,
    pics=f"{CLIENT} and E2E.OCSP.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=(*credentials("bad/revoked-ocsp"), MEANS),
)
def client_revoked_ocsp() -> Iterator[Conversation]:
    """A client refuses a certificate that the OCSP responder named in it calls revoked."""
    return refuses_each(Role.CLIENT, REVOKED, IS_REVOKED, shown("bad/revoked-ocsp"))


@case(
    "E2E/SRV/CERTIFICATE/BI-not-known",
    KNOWN,
    TRUSTED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*STRANGERS),
)
def server_not_known() -> Iterator[Conversation]:
    """A server refuses a certificate of an authority that it does not trust, or one that its holder issued
    itself.
    """
    return refuses_each(Role.SERVER, KNOWN, NOT_TRUSTED, without_path(*STRANGERS))


@case(
    "E2E/CLI/CERTIFICATE/BI-not-known",
    KNOWN,
    TRUSTED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*STRANGERS),
)
def client_not_known() -> Iterator[Conversation]:
    """A client refuses a certificate of an authority that it does not trust, or one that its holder issued
    itself.
    """
    return refuses_each(Role.CLIENT, KNOWN, NOT_TRUSTED, without_path(*STRANGERS))


@case(
    "E2E/SRV/CERTIFICATE/BI-signature",
    SIGNATURE,
    TRUSTED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/broken-signature"),
)
def server_signature() -> Iterator[Conversation]:
    """A server refuses a certificate in which one bit of the authority's signature is not as it was
    signed.
    """
    return refuses_each(Role.SERVER, SIGNATURE, FORGED, forged())


@case(
    "E2E/CLI/CERTIFICATE/BI-signature",
    SIGNATURE,
    TRUSTED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials("bad/broken-signature"),
)
def client_signature() -> Iterator[Conversation]:
    """A client refuses a certificate in which one bit of the authority's signature is not as it was
    signed.
    """
    return refuses_each(Role.CLIENT, SIGNATURE, FORGED, forged())
