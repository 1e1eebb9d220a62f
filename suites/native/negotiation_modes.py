"""Modes of encryption that cannot be agreed on (rows 16, 18, 19 and 21 to 23 of clause 14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.native.tokens import TLS_PROTECTED, VPN
from conform62351.profiles.role import Role
from conform62351.suites.native.agreements import (
    CLEAR_CLIENT,
    CLEAR_SERVER,
    SEPARATE_CLIENT,
    SEPARATE_SERVER,
)
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.identifiers import HMAC, PROTECTED, aea, in_mode, named, non_aea, states
from conform62351.suites.native.refusals import Way, Ways, beginning, refused, refuses_each, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.steps import Conversation, conversation

AE_NOT_USED = "R-E2E-AE-not-used"
AE_NOT_OFFERED = "R-E2E-AE-not-offered"
ENCRYPTION_NOT_OFFERED = "R-E2E-encryption-not-offered"
ENCRYPTION_LEFT_OUT = "R-E2E-encryption-left-out"
CONF_PARAMS = "R-E2E-confParams-fit"

AE_MODE: Final = aea(named("aes256-GCM/16"))
SEPARATE_MODE: Final = non_aea((named(HMAC),), (named("aes256-CBC"),))
CLEAR_MODE: Final = non_aea((named(HMAC),))
MODES: Final[dict[ModeName, str]] = {
    "ae": "T11.AE.server",
    "separate": SEPARATE_SERVER,
    "clear": CLEAR_SERVER,
}
SEPARATE_BASELINE: Final = "E2E/CLI/MODE/BV-separate"
CLEAR_BASELINE: Final = "E2E/CLI/MODE/BV-integrity"

NOT_FITTING: Final = {"nothing": (), "TLS alone": (TLS_PROTECTED,), "a VPN alone": (VPN,)}
"""What confParams say where data are encrypted and they tell otherwise."""


def not_used() -> Iterator[Conversation]:
    """Show that a client does not take another mode for authenticated encryption.

    One that encrypts in any case may say of an ICV alone that encryption is required.
    """
    separate = {"encryption with a separate ICV": way(*in_mode(Role.CLIENT, SEPARATE_MODE))}
    yield from refuses_each(Role.CLIENT, AE_NOT_USED, "21.1", separate)
    clear = {"an ICV alone": way(*in_mode(Role.CLIENT, CLEAR_MODE, protected=False))}
    yield from refuses_each(Role.CLIENT, AE_NOT_USED, ("21.1", "23.2"), clear)


def with_ae() -> Ways:
    """Return the acceptance in the mode of authenticated encryption."""
    return {"": way(*in_mode(Role.CLIENT, AE_MODE))}


def untold(role: Role, mode: ModeName = "") -> Ways:
    """Return handshakes that encrypt, with confParams that do not say so."""
    handshake = Handshake(mode=mode) if mode else None
    return {label: way(states(role, *bits), handshake=handshake) for label, bits in NOT_FITTING.items()}


def told(role: Role) -> Way:
    """Return the handshake of an ICV alone, with confParams that tell of encryption."""
    handshake = Handshake(mode="clear") if role is Role.SERVER else None
    return way(states(role, *PROTECTED), handshake=handshake)


def _tells_otherwise(rows: tuple[str, ...], sent: Way, label: str, pics: str) -> Conversation:
    steps = refused(CONF_PARAMS, rows, Role.SERVER, sent)
    return conversation(beginning(Role.SERVER), steps, label=label, pics=pics)


@case(
    "E2E/SRV/MODE/BI-confParams",
    CONF_PARAMS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_conf_params() -> Iterator[Conversation]:
    """A server answers protocol-error when applProtected in confParams does not fit the mode of
    encryption that is offered; one that encrypts in any case may say that encryption is required.
    """
    always = "not E2E.integrity-only.server"
    for mode, pics in MODES.items():
        ways = {"encryption": told(Role.SERVER)} if mode == "clear" else untold(Role.SERVER, mode)
        for label, sent in ways.items():
            name = f"{mode}, and confParams tell of {label}"
            yield _tells_otherwise(("23.3",), sent, name, f"{pics} and E2E.integrity-only.server")
            if mode != "clear":
                name += ", where data are always encrypted"
                yield _tells_otherwise(("23.3", "23.2"), sent, name, f"{pics} and {always}")


@case(
    "E2E/CLI/MODE/BI-confParams",
    CONF_PARAMS,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_conf_params() -> Iterator[Conversation]:
    """A client answers protocol-error when authenticated encryption is selected, and confParams do not
    say applProtected; one that encrypts in any case may say that encryption is required.
    """
    return refuses_each(Role.CLIENT, CONF_PARAMS, ("23.3", "23.2"), untold(Role.CLIENT))


@case(
    "E2E/CLI/MODE/BI-confParams-separate",
    CONF_PARAMS,
    EVENT,
    pics=SEPARATE_CLIENT,
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_conf_params_separate() -> Iterator[Conversation]:
    """A client answers protocol-error when encryption with a separate ICV is selected, and confParams do
    not say applProtected; one that encrypts in any case may say that encryption is required.
    """
    return refuses_each(Role.CLIENT, CONF_PARAMS, ("23.3", "23.2"), untold(Role.CLIENT))


@case(
    "E2E/CLI/MODE/BI-confParams-integrity",
    CONF_PARAMS,
    EVENT,
    pics=CLEAR_CLIENT,
    baseline=CLEAR_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_conf_params_clear() -> Iterator[Conversation]:
    """A client answers protocol-error when an ICV alone is selected, and confParams say applProtected;
    one that never encrypts may say that encryption is not required.
    """
    return refuses_each(Role.CLIENT, CONF_PARAMS, ("23.3", "23.1"), {"": told(Role.CLIENT)})


@case(
    "E2E/CLI/MODE/BI-AE-not-used",
    AE_NOT_USED,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_ae_not_used() -> Iterator[Conversation]:
    """A client that has offered authenticated encryption answers ae-not-used when another mode is
    selected.
    """
    return not_used()


@case(
    "E2E/CLI/MODE/BI-AE-for-separate",
    AE_NOT_OFFERED,
    EVENT,
    pics=SEPARATE_CLIENT,
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_ae_for_separate() -> Iterator[Conversation]:
    """A client that has offered encryption with a separate ICV answers invalid-ae-algorithm when
    authenticated encryption is selected.
    """
    return refuses_each(Role.CLIENT, AE_NOT_OFFERED, "21.2", with_ae())


@case(
    "E2E/CLI/MODE/BI-AE-for-integrity",
    AE_NOT_OFFERED,
    EVENT,
    pics=CLEAR_CLIENT,
    baseline=CLEAR_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_ae_for_clear() -> Iterator[Conversation]:
    """A client that has offered an ICV alone answers invalid-ae-algorithm when authenticated encryption
    is selected.
    """
    return refuses_each(Role.CLIENT, AE_NOT_OFFERED, "21.2", with_ae())


@case(
    "E2E/CLI/MODE/BI-encryption-not-offered",
    ENCRYPTION_NOT_OFFERED,
    EVENT,
    pics=CLEAR_CLIENT,
    baseline=CLEAR_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_encryption_not_offered() -> Iterator[Conversation]:
    """A client that has offered an ICV alone answers encryption-not-required when encryption is selected."""
    ways = {"": way(*in_mode(Role.CLIENT, SEPARATE_MODE))}
    return refuses_each(Role.CLIENT, ENCRYPTION_NOT_OFFERED, "22.1", ways)


@case(
    "E2E/CLI/MODE/BI-encryption-left-out",
    ENCRYPTION_LEFT_OUT,
    EVENT,
    pics=SEPARATE_CLIENT,
    baseline=SEPARATE_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_encryption_left_out() -> Iterator[Conversation]:
    """A client that has offered encryption with a separate ICV answers encryption-required when only an
    ICV is selected.
    """
    ways = {"": way(*in_mode(Role.CLIENT, CLEAR_MODE, protected=False))}
    return refuses_each(Role.CLIENT, ENCRYPTION_LEFT_OUT, "22.2", ways)
