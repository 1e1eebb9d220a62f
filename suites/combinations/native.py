"""Native mode in Table 1: with TLS and without, with encryption of data and without (clause 4.3)."""

from __future__ import annotations

from conform62351.suites.native.conversations import (
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_CLEAR_TLS,
    NATIVE_TLS,
    client_takes,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_connection
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY
from conform62351.tooling.engine.outcomes import AARQ, TRANSPORT_CONNECTED, expect
from conform62351.tooling.engine.steps import (
    Connect,
    Conversation,
    OpenTransport,
    Release,
    Verify,
    conversation,
)

ENCRYPTED = "R-COMB-E2E"
CLEAR = "R-COMB-E2E-clear"
ENCRYPTED_TLS = "R-COMB-E2E-TLS"
CLEAR_TLS = "R-COMB-E2E-clear-TLS"
WITH_ENCRYPTION = ("ae", "separate")
WITHOUT_ENCRYPTION = ("clear",)
IN_THE_CLEAR = Handshake(mode="clear")

ALONE = "T6.OSI.{role} and T7.native.{role} and COMB.E2E-security-alone.{role}"
OVER_TLS = "T6.OSI.{role} and T7.native.{role} and T10.E2E-security.{role} and T10.T-security.{role}"
NO_ENCRYPTION = " and E2E.integrity-only.{role}"


def _server(requirement: str, modes: tuple[str, ...], handshake: Handshake | None = None) -> Conversation:
    return conversation(
        Connect(),
        OpenTransport(),
        expect(requirement, TRANSPORT_CONNECTED, limit="limit.connect"),
        server_takes(requirement, handshake=handshake),
        _protected(requirement, modes),
        Release(),
        expect(requirement, RELEASED_SECURELY),
    )


def _client(requirement: str, modes: tuple[str, ...]) -> Conversation:
    return conversation(
        client_connection,
        expect(requirement, AARQ, limit="limit.associate"),
        client_takes(requirement),
        _protected(requirement, modes),
        Release(),
        expect(requirement, RELEASED_SECURELY, serve=True),
    )


def _protected(requirement: str, modes: tuple[str, ...]) -> Steps:
    return (Verify(requirement=requirement, field="E2E.mode", is_in=modes),)


@case("COMB/SRV/NATIVE/BV-E2E", ENCRYPTED, pics=ALONE.format(role="server"), configuration=NATIVE)
def server_encrypted() -> Conversation:
    """A server associates in native mode without TLS, with encryption of data."""
    return _server(ENCRYPTED, WITH_ENCRYPTION)


@case("COMB/CLI/NATIVE/BV-E2E", ENCRYPTED, pics=ALONE.format(role="client"), configuration=NATIVE)
def client_encrypted() -> Conversation:
    """A client associates in native mode without TLS, with encryption of data."""
    return _client(ENCRYPTED, WITH_ENCRYPTION)


@case(
    "COMB/SRV/NATIVE/BV-E2E-clear",
    CLEAR,
    pics=(ALONE + NO_ENCRYPTION).format(role="server"),
    configuration=NATIVE,
)
def server_clear() -> Conversation:
    """A server associates in native mode without TLS, with data in the clear and an ICV."""
    return _server(CLEAR, WITHOUT_ENCRYPTION, IN_THE_CLEAR)


@case(
    "COMB/CLI/NATIVE/BV-E2E-clear",
    CLEAR,
    pics=(ALONE + NO_ENCRYPTION).format(role="client"),
    configuration=NATIVE_CLEAR,
)
def client_clear() -> Conversation:
    """A client associates in native mode without TLS, with data in the clear and an ICV."""
    return _client(CLEAR, WITHOUT_ENCRYPTION)


@case(
    "COMB/SRV/NATIVE/BV-E2E-TLS", ENCRYPTED_TLS, pics=OVER_TLS.format(role="server"), configuration=NATIVE_TLS
)
def server_encrypted_tls() -> Conversation:
    """A server associates in native mode over TLS, with encryption of data."""
    return _server(ENCRYPTED_TLS, WITH_ENCRYPTION)


@case(
    "COMB/CLI/NATIVE/BV-E2E-TLS", ENCRYPTED_TLS, pics=OVER_TLS.format(role="client"), configuration=NATIVE_TLS
)
def client_encrypted_tls() -> Conversation:
    """A client associates in native mode over TLS, with encryption of data."""
    return _client(ENCRYPTED_TLS, WITH_ENCRYPTION)


@case(
    "COMB/SRV/NATIVE/BV-E2E-clear-TLS",
    CLEAR_TLS,
    pics=(OVER_TLS + NO_ENCRYPTION).format(role="server"),
    configuration=NATIVE_TLS,
)
def server_clear_tls() -> Conversation:
    """A server associates in native mode over TLS, with data that TLS alone encrypts, and an ICV."""
    return _server(CLEAR_TLS, WITHOUT_ENCRYPTION, IN_THE_CLEAR)


@case(
    "COMB/CLI/NATIVE/BV-E2E-clear-TLS",
    CLEAR_TLS,
    pics=(OVER_TLS + NO_ENCRYPTION).format(role="client"),
    configuration=NATIVE_CLEAR_TLS,
)
def client_clear_tls() -> Conversation:
    """A client associates in native mode over TLS, with data that TLS alone encrypts, and an ICV."""
    return _client(CLEAR_TLS, WITHOUT_ENCRYPTION)
