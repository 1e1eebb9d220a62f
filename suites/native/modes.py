"""The modes of encryption (Table 11), each by itself, and a device that is set to one of them (clause 14)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.agreements import (
    CLEAR_CLIENT,
    CLEAR_SERVER,
    SEPARATE_CLIENT,
    SEPARATE_SERVER,
    agrees,
)
from conform62351.suites.native.conversations import (
    AE_REQUIRED,
    CLIENT,
    CLIENT_AE,
    ENCRYPTION_REQUIRED,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    NO_ENCRYPTION,
    OWN,
    SERVER,
    SERVER_AE,
    own_secpdus,
)
from conform62351.suites.osi.conversations import Steps, client_request, client_takes
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.steps import (
    AnswerAssociation,
    Conversation,
    NoFinding,
    Verify,
    conversation,
)

MODE_AE = "R-E2E-mode-AE"
MODE_SEPARATE = "R-E2E-mode-separate"
MODE_CLEAR = "R-E2E-mode-integrity"
APPL_PROTECTED = "R-E2E-applProtected"
WANTED_NOT = "R-E2E-policy-no-encryption"
REQUIRED = "R-E2E-policy-encryption-required"
AE_ALONE = "R-E2E-policy-AE-required"

stated: Steps = (NoFinding(requirement=APPL_PROTECTED, steps=("E2E.HS.23.3",), severity=Severity.FUNCTION),)
"""What the DUT says of the protection of the association is how its data are protected."""


def _in_mode(role: Role, requirement: str, mode: ModeName) -> Steps:
    return agrees(role, requirement, Handshake(mode=mode), mode=mode)


def _offers(requirement: str, *modes: ModeName) -> Conversation:
    """Show that a DUT client offers one of ``modes``, and nothing else, and goes on with it."""
    return conversation(
        client_request,
        AnswerAssociation(),
        client_takes(requirement),
        Verify(requirement=requirement, field="E2E.mode", is_in=modes, severity=Severity.SECURITY),
        client_takes(requirement),
        own_secpdus,
    )


@case("E2E/SRV/MODE/BV-AE", MODE_AE, APPL_PROTECTED, *OWN, pics=SERVER_AE, configuration=NATIVE)
def server_ae() -> Conversation:
    """A server takes authenticated encryption (encr-mode aea), says so, and answers reads over it."""
    return conversation(_in_mode(Role.SERVER, MODE_AE, "ae"), stated)


@case("E2E/CLI/MODE/BV-AE", MODE_AE, APPL_PROTECTED, *OWN, pics=CLIENT_AE, configuration=NATIVE)
def client_ae() -> Conversation:
    """A client offers authenticated encryption (encr-mode aea), says so, and goes on with it."""
    return conversation(_in_mode(Role.CLIENT, MODE_AE, "ae"), stated)


@case(
    "E2E/SRV/MODE/BV-separate",
    MODE_SEPARATE,
    APPL_PROTECTED,
    *OWN,
    pics=SEPARATE_SERVER,
    configuration=NATIVE,
)
def server_separate() -> Conversation:
    """A server takes encryption with a separate ICV (encr-mode non-aea with encr), says so, and answers reads
    over it.
    """
    return conversation(_in_mode(Role.SERVER, MODE_SEPARATE, "separate"), stated)


@case(
    "E2E/CLI/MODE/BV-separate",
    MODE_SEPARATE,
    APPL_PROTECTED,
    *OWN,
    pics=SEPARATE_CLIENT,
    configuration=NATIVE_SEPARATE,
)
def client_separate() -> Conversation:
    """A client offers encryption with a separate ICV (encr-mode non-aea with encr), says so, and goes on with
    it.
    """
    return conversation(_in_mode(Role.CLIENT, MODE_SEPARATE, "separate"), stated)


@case("E2E/SRV/MODE/BV-integrity", MODE_CLEAR, APPL_PROTECTED, *OWN, pics=CLEAR_SERVER, configuration=NATIVE)
def server_clear() -> Conversation:
    """A server takes an ICV without encryption (encr-mode non-aea without encr), says so, and answers reads
    over it.
    """
    return conversation(_in_mode(Role.SERVER, MODE_CLEAR, "clear"), stated)


@case(
    "E2E/CLI/MODE/BV-integrity",
    MODE_CLEAR,
    APPL_PROTECTED,
    *OWN,
    pics=CLEAR_CLIENT,
    configuration=NATIVE_CLEAR,
)
def client_clear() -> Conversation:
    """A client offers an ICV without encryption (encr-mode non-aea without encr), says so, and goes on with
    it.
    """
    return conversation(_in_mode(Role.CLIENT, MODE_CLEAR, "clear"), stated)


@case(
    "E2E/SRV/MODE/BV-policy-no-encryption",
    WANTED_NOT,
    APPL_PROTECTED,
    *OWN,
    pics=f"{SERVER} and E2E.policy-no-encryption.server",
    configuration=NO_ENCRYPTION,
)
def server_wants_no_encryption() -> Conversation:
    """A server that is set to want no encryption associates without it."""
    return conversation(_in_mode(Role.SERVER, WANTED_NOT, "clear"), stated)


@case(
    "E2E/CLI/MODE/BV-policy-no-encryption",
    WANTED_NOT,
    *OWN,
    pics=f"{CLIENT} and E2E.policy-no-encryption.client",
    configuration=NO_ENCRYPTION,
)
def client_wants_no_encryption() -> Conversation:
    """A client that is set to want no encryption offers none, and associates."""
    return _offers(WANTED_NOT, "clear")


@case(
    "E2E/SRV/MODE/BV-policy-encryption-required",
    REQUIRED,
    *OWN,
    pics=f"{SERVER} and E2E.policy-encryption-required.server",
    configuration=ENCRYPTION_REQUIRED,
)
def server_requires_encryption() -> Iterator[Conversation]:
    """A server that is set to require encryption associates with it, by each mode that it has."""
    modes: dict[ModeName, str] = {"ae": "T11.AE.server", "separate": "E2E.non-AE-encryption.server"}
    for mode, pics in modes.items():
        yield conversation(_in_mode(Role.SERVER, REQUIRED, mode), label=mode, pics=pics)


@case(
    "E2E/CLI/MODE/BV-policy-encryption-required",
    REQUIRED,
    *OWN,
    pics=f"{CLIENT} and E2E.policy-encryption-required.client",
    configuration=ENCRYPTION_REQUIRED,
)
def client_requires_encryption() -> Conversation:
    """A client that is set to require encryption offers it, authenticated or not, and associates."""
    return _offers(REQUIRED, "ae", "separate")


@case(
    "E2E/SRV/MODE/BV-policy-AE-required",
    AE_ALONE,
    *OWN,
    pics=f"{SERVER} and E2E.policy-AE-required.server",
    configuration=AE_REQUIRED,
)
def server_requires_ae() -> Conversation:
    """A server that is set to require authenticated encryption associates with it."""
    return conversation(_in_mode(Role.SERVER, AE_ALONE, "ae"))


@case(
    "E2E/CLI/MODE/BV-policy-AE-required",
    AE_ALONE,
    *OWN,
    pics=f"{CLIENT} and E2E.policy-AE-required.client",
    configuration=AE_REQUIRED,
)
def client_requires_ae() -> Conversation:
    """A client that is set to require authenticated encryption offers it, and associates."""
    return _offers(AE_ALONE, "ae")
