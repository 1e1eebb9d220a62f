"""Devices that are set to want no encryption, to require it, or to require AE (rows 16, 18, 19 and 23)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    AE_REQUIRED,
    CLIENT,
    ENCRYPTION_REQUIRED,
    EVENT,
    NO_ENCRYPTION,
    SERVER,
)
from conform62351.suites.native.identifiers import in_mode
from conform62351.suites.native.negotiation_modes import (
    AE_MODE,
    AE_NOT_USED,
    CLEAR_MODE,
    MODES,
    SEPARATE_MODE,
    not_used,
    told,
    untold,
)
from conform62351.suites.native.refusals import Way, beginning, refused, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.steps import Conversation, conversation

AE_UNWANTED = "R-E2E-AE-unwanted"
UNWANTED = "R-E2E-encryption-unwanted"
REQUIRED = "R-E2E-encryption-required"
AE_ALONE = "R-E2E-AE-required"
UNWANTED_SERVER = f"{SERVER} and E2E.policy-no-encryption.server"
UNWANTED_CLIENT = f"{CLIENT} and E2E.policy-no-encryption.client"
REQUIRED_SERVER = f"{SERVER} and E2E.policy-encryption-required.server"
REQUIRED_CLIENT = f"{CLIENT} and E2E.policy-encryption-required.client"
AE_ALONE_SERVER = f"{SERVER} and E2E.policy-AE-required.server"
AE_ALONE_CLIENT = f"{CLIENT} and E2E.policy-AE-required.client"

NO_AE: Final = "not T11.AE.server"
NO_NON_AE: Final = "not T11.non-AE.server"


def _tried(
    role: Role, requirement: str, rows: tuple[str, ...], sent: Way, label: str, pics: str = ""
) -> Conversation:
    return conversation(beginning(role), refused(requirement, rows, role, sent), label=label, pics=pics)


def _offer(mode: ModeName) -> Way:
    return way(handshake=Handshake(mode=mode))


@case(
    "E2E/SRV/MODE/BI-unwanted-AE",
    AE_UNWANTED,
    EVENT,
    pics=UNWANTED_SERVER,
    baseline="E2E/SRV/MODE/BV-policy-no-encryption",
    configuration=NO_ENCRYPTION,
)
def server_unwanted_ae() -> Iterator[Conversation]:
    """A server that wants no encryption answers aea-select-but-encryp-not-supp, or
    encryption-not-required, when authenticated encryption is offered; one without it says that it does
    not support it.
    """
    offer = _offer("ae")
    yield _tried(Role.SERVER, AE_UNWANTED, ("16", "23.1"), offer, "wanted not", "T11.AE.server")
    yield _tried(Role.SERVER, AE_UNWANTED, ("15", "16", "23.1"), offer, "not there", NO_AE)


@case(
    "E2E/SRV/MODE/BI-unwanted-encryption",
    UNWANTED,
    EVENT,
    pics=UNWANTED_SERVER,
    baseline="E2E/SRV/MODE/BV-policy-no-encryption",
    configuration=NO_ENCRYPTION,
)
def server_unwanted_encryption() -> Iterator[Conversation]:
    """A server that wants no encryption answers encryption-not-required when encryption with a separate
    ICV is offered.
    """
    return refuses_each(Role.SERVER, UNWANTED, ("19", "23.1"), {"": _offer("separate")})


@case(
    "E2E/SRV/MODE/BI-unwanted-applProtected",
    UNWANTED,
    EVENT,
    pics=UNWANTED_SERVER,
    baseline="E2E/SRV/MODE/BV-policy-no-encryption",
    configuration=NO_ENCRYPTION,
)
def server_unwanted_appl_protected() -> Iterator[Conversation]:
    """A server that wants no encryption refuses a HandshakeReq with an ICV alone whose confParams say
    applProtected, with encryption-not-required, or with protocol-error since it does not fit.
    """
    return refuses_each(Role.SERVER, UNWANTED, ("23.1", "23.3"), {"": told(Role.SERVER)})


@case(
    "E2E/CLI/MODE/BI-unwanted-encryption",
    UNWANTED,
    EVENT,
    pics=UNWANTED_CLIENT,
    baseline="E2E/CLI/MODE/BV-policy-no-encryption",
    configuration=NO_ENCRYPTION,
)
def client_unwanted_encryption() -> Iterator[Conversation]:
    """A client that wants no encryption refuses a HandshakeAcc that selects it, authenticated or not, or
    whose confParams say applProtected.
    """
    separate = way(*in_mode(Role.CLIENT, SEPARATE_MODE))
    yield _tried(Role.CLIENT, UNWANTED, ("22.1", "23.1"), separate, "encryption with a separate ICV")
    ae = way(*in_mode(Role.CLIENT, AE_MODE))
    yield _tried(Role.CLIENT, UNWANTED, ("21.2", "23.1"), ae, "authenticated encryption")
    yield _tried(Role.CLIENT, UNWANTED, ("23.1", "23.3"), told(Role.CLIENT), "applProtected")


@case(
    "E2E/SRV/MODE/BI-required-encryption",
    REQUIRED,
    EVENT,
    pics=REQUIRED_SERVER,
    baseline="E2E/SRV/MODE/BV-policy-encryption-required",
    configuration=ENCRYPTION_REQUIRED,
)
def server_required_encryption() -> Iterator[Conversation]:
    """A server that requires encryption answers encryption-required when an ICV alone is offered."""
    offer = _offer("clear")
    yield _tried(Role.SERVER, REQUIRED, ("23.2",), offer, "an ICV alone", "T11.non-AE.server")
    yield _tried(
        Role.SERVER, REQUIRED, ("23.2", "18", "20.2"), offer, "an ICV, which is not there", NO_NON_AE
    )


@case(
    "E2E/SRV/MODE/BI-required-applProtected",
    REQUIRED,
    EVENT,
    pics=REQUIRED_SERVER,
    baseline="E2E/SRV/MODE/BV-policy-encryption-required",
    configuration=ENCRYPTION_REQUIRED,
)
def server_required_appl_protected() -> Iterator[Conversation]:
    """A server that requires encryption refuses a HandshakeReq that offers it, and whose confParams do
    not say applProtected, with encryption-required, or with protocol-error since it does not fit.
    """
    encrypting: tuple[ModeName, ...] = ("ae", "separate")
    for mode in encrypting:
        for label, sent in untold(Role.SERVER, mode).items():
            name = f"{mode}, and confParams tell of {label}"
            yield _tried(Role.SERVER, REQUIRED, ("23.2", "23.3"), sent, name, MODES[mode])


@case(
    "E2E/CLI/MODE/BI-required-encryption",
    REQUIRED,
    EVENT,
    pics=REQUIRED_CLIENT,
    baseline="E2E/CLI/MODE/BV-policy-encryption-required",
    configuration=ENCRYPTION_REQUIRED,
)
def client_required_encryption() -> Iterator[Conversation]:
    """A client that requires encryption refuses a HandshakeAcc that selects an ICV alone, or whose
    confParams do not say applProtected.
    """
    clear = way(*in_mode(Role.CLIENT, CLEAR_MODE, protected=False))
    yield _tried(Role.CLIENT, REQUIRED, ("23.2", "21.1"), clear, "an ICV alone")
    for label, sent in untold(Role.CLIENT).items():
        yield _tried(Role.CLIENT, REQUIRED, ("23.2", "23.3"), sent, f"confParams tell of {label}")


@case(
    "E2E/SRV/MODE/BI-required-AE",
    AE_ALONE,
    EVENT,
    pics=AE_ALONE_SERVER,
    baseline="E2E/SRV/MODE/BV-policy-AE-required",
    configuration=AE_REQUIRED,
)
def server_required_ae() -> Iterator[Conversation]:
    """A server that requires authenticated encryption answers ae-is-required when another mode is offered.

    To an ICV alone it may say encryption-required as well, since that is what it requires.
    """
    yield _tried(Role.SERVER, AE_ALONE, ("18",), _offer("separate"), "encryption with a separate ICV")
    yield _tried(Role.SERVER, AE_ALONE, ("18", "23.2"), _offer("clear"), "an ICV alone")


@case(
    "E2E/CLI/MODE/BI-required-AE",
    AE_NOT_USED,
    EVENT,
    pics=AE_ALONE_CLIENT,
    baseline="E2E/CLI/MODE/BV-policy-AE-required",
    configuration=AE_REQUIRED,
)
def client_required_ae() -> Iterator[Conversation]:
    """A client that requires authenticated encryption answers ae-not-used when another mode is selected."""
    return not_used()
