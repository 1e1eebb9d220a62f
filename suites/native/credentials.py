"""Kinds of keys and signatures: in certificates of the tester, and in those that the DUT shows (Table 13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.agreements import agrees, code
from conform62351.suites.native.conversations import (
    CLIENT,
    NATIVE,
    NATIVE_BRAINPOOL,
    NATIVE_RSA,
    OWN,
    SERVER,
)
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.steps import Conversation, Verify, conversation

RSA_KEY = "R-E2E-certificate-RSA"
SECP256R1_KEY = "R-E2E-certificate-secp256r1"
BRAINPOOL_KEY = "R-E2E-certificate-brainpoolP256r1"
KINDS = "R-E2E-certificate-kinds"
RSA_SIGNATURE = "R-E2E-sha256WithRSAEncryption"
ECDSA = "R-E2E-ecdsa-with-SHA256"

SECP256R1: Final = "1.2.840.10045.3.1.7"
BRAINPOOL: Final = "1.3.36.3.3.2.8.1.1.7"
CREDENTIALS: Final = {
    "e2e": "ecPublicKey-secp256r1",
    "e2e-brainpool": "ecPublicKey-brainpoolP256r1",
    "e2e-rsa": "rsaEncryption",
}
"""The credentials of the tester, and the row of Table 13 that the key of each belongs to."""
SIGNATURES: Final = {
    "e2e": "ecdsa-with-SHA256",
    "e2e-brainpool": "ecdsa-with-SHA256",
    "e2e-rsa": "sha256WithRSAEncryption",
}
"""The row of Table 13 that signatures by each belong to."""


def _partner(role: Role, requirement: str, credential: str) -> Conversation:
    return conversation(agrees(role, requirement, Handshake(credential=credential)))


def _signs(requirement: str, signature: str, curve: str = "") -> Steps:
    """Show that the DUT signs so, by a key of an RSA certificate or on ``curve``."""
    key = Verify(
        requirement=requirement,
        field="E2E.certificate.key.curve" if curve else "E2E.certificate.key.kind",
        is_in=(curve or "rsa",),
        severity=Severity.FUNCTION,
    )
    signed = Verify(
        requirement=requirement, field="E2E.signature", is_in=(signature,), severity=Severity.FUNCTION
    )
    return (key, signed)


def _own(role: Role, requirement: str, signature: str, curve: str = "") -> Iterator[Conversation]:
    """Show what the DUT signs with, to partners with each kind of certificate."""
    for credential, row in CREDENTIALS.items():
        steps = agrees(role, KINDS, Handshake(credential=credential))
        signs = _signs(requirement, signature, curve)
        yield conversation(steps, signs, label=f"to a partner with {row}", pics=code(role, row))


@case(
    "E2E/SRV/CERT/BV-partner-RSA",
    RSA_KEY,
    *OWN,
    pics=f"{SERVER} and {code(Role.SERVER, 'rsaEncryption', 'sha256WithRSAEncryption')}",
    configuration=NATIVE,
)
def server_partner_rsa() -> Conversation:
    """A server associates a partner whose certificate has an RSA key, and who signs with it."""
    return _partner(Role.SERVER, RSA_KEY, "e2e-rsa")


@case(
    "E2E/CLI/CERT/BV-partner-RSA",
    RSA_KEY,
    *OWN,
    pics=f"{CLIENT} and {code(Role.CLIENT, 'rsaEncryption', 'sha256WithRSAEncryption')}",
    configuration=NATIVE,
)
def client_partner_rsa() -> Conversation:
    """A client goes on with a server whose certificate has an RSA key, and which signs with it."""
    return _partner(Role.CLIENT, RSA_KEY, "e2e-rsa")


@case(
    "E2E/SRV/CERT/BV-partner-secp256r1",
    SECP256R1_KEY,
    *OWN,
    pics=f"{SERVER} and {code(Role.SERVER, 'ecPublicKey-secp256r1', 'ecdsa-with-SHA256')}",
    configuration=NATIVE,
)
def server_partner_secp256r1() -> Conversation:
    """A server associates a partner whose certificate has a key on secp256r1, and who signs with it."""
    return _partner(Role.SERVER, SECP256R1_KEY, "e2e")


@case(
    "E2E/CLI/CERT/BV-partner-secp256r1",
    SECP256R1_KEY,
    *OWN,
    pics=f"{CLIENT} and {code(Role.CLIENT, 'ecPublicKey-secp256r1', 'ecdsa-with-SHA256')}",
    configuration=NATIVE,
)
def client_partner_secp256r1() -> Conversation:
    """A client goes on with a server whose certificate has a key on secp256r1, and which signs with it."""
    return _partner(Role.CLIENT, SECP256R1_KEY, "e2e")


@case(
    "E2E/SRV/CERT/BV-partner-brainpoolP256r1",
    BRAINPOOL_KEY,
    *OWN,
    pics=f"{SERVER} and {code(Role.SERVER, 'ecPublicKey-brainpoolP256r1', 'ecdsa-with-SHA256')}",
    configuration=NATIVE,
)
def server_partner_brainpool() -> Conversation:
    """A server associates a partner whose certificate has a key on brainpoolP256r1, and who signs with it."""
    return _partner(Role.SERVER, BRAINPOOL_KEY, "e2e-brainpool")


@case(
    "E2E/CLI/CERT/BV-partner-brainpoolP256r1",
    BRAINPOOL_KEY,
    *OWN,
    pics=f"{CLIENT} and {code(Role.CLIENT, 'ecPublicKey-brainpoolP256r1', 'ecdsa-with-SHA256')}",
    configuration=NATIVE,
)
def client_partner_brainpool() -> Conversation:
    """A client goes on with a server whose certificate has a key on brainpoolP256r1, which signs."""
    return _partner(Role.CLIENT, BRAINPOOL_KEY, "e2e-brainpool")


@case(
    "E2E/SRV/CERT/BV-own-RSA",
    RSA_SIGNATURE,
    KINDS,
    *OWN,
    pics=f"{SERVER} and {code(Role.SERVER, 'rsaEncryption', 'sha256WithRSAEncryption')}",
    configuration=NATIVE_RSA,
)
def server_own_rsa() -> Iterator[Conversation]:
    """A server with an RSA key signs with sha256WithRSAEncryption, whatever certificate its partner has."""
    return _own(Role.SERVER, RSA_SIGNATURE, "sha256WithRSAEncryption")


@case(
    "E2E/CLI/CERT/BV-own-RSA",
    RSA_SIGNATURE,
    KINDS,
    *OWN,
    pics=f"{CLIENT} and {code(Role.CLIENT, 'rsaEncryption', 'sha256WithRSAEncryption')}",
    configuration=NATIVE_RSA,
)
def client_own_rsa() -> Iterator[Conversation]:
    """A client with an RSA key signs with sha256WithRSAEncryption, whatever certificate its partner has."""
    return _own(Role.CLIENT, RSA_SIGNATURE, "sha256WithRSAEncryption")


@case(
    "E2E/SRV/CERT/BV-own-secp256r1",
    ECDSA,
    KINDS,
    *OWN,
    pics=f"{SERVER} and {code(Role.SERVER, 'ecPublicKey-secp256r1', 'ecdsa-with-SHA256')}",
    configuration=NATIVE,
)
def server_own_secp256r1() -> Iterator[Conversation]:
    """A server with a key on secp256r1 signs with ecdsa-with-SHA256, whatever certificate its partner has."""
    return _own(Role.SERVER, ECDSA, "ecdsa-with-SHA256", SECP256R1)


@case(
    "E2E/CLI/CERT/BV-own-secp256r1",
    ECDSA,
    KINDS,
    *OWN,
    pics=f"{CLIENT} and {code(Role.CLIENT, 'ecPublicKey-secp256r1', 'ecdsa-with-SHA256')}",
    configuration=NATIVE,
)
def client_own_secp256r1() -> Iterator[Conversation]:
    """A client with a key on secp256r1 signs with ecdsa-with-SHA256, whatever certificate its partner has."""
    return _own(Role.CLIENT, ECDSA, "ecdsa-with-SHA256", SECP256R1)


@case(
    "E2E/SRV/CERT/BV-own-brainpoolP256r1",
    ECDSA,
    KINDS,
    *OWN,
    pics=f"{SERVER} and {code(Role.SERVER, 'ecPublicKey-brainpoolP256r1', 'ecdsa-with-SHA256')}",
    configuration=NATIVE_BRAINPOOL,
)
def server_own_brainpool() -> Iterator[Conversation]:
    """A server with a key on brainpoolP256r1 signs with ecdsa-with-SHA256, whatever its partner has."""
    return _own(Role.SERVER, ECDSA, "ecdsa-with-SHA256", BRAINPOOL)


@case(
    "E2E/CLI/CERT/BV-own-brainpoolP256r1",
    ECDSA,
    KINDS,
    *OWN,
    pics=f"{CLIENT} and {code(Role.CLIENT, 'ecPublicKey-brainpoolP256r1', 'ecdsa-with-SHA256')}",
    configuration=NATIVE_BRAINPOOL,
)
def client_own_brainpool() -> Iterator[Conversation]:
    """A client with a key on brainpoolP256r1 signs with ecdsa-with-SHA256, whatever its partner has."""
    return _own(Role.CLIENT, ECDSA, "ecdsa-with-SHA256", BRAINPOOL)
