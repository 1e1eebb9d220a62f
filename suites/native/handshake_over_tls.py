"""Handshakes that are refused over TLS as without, and without encryption as with it (clause 14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conform62351.profiles.native.tokens import APPL_PROTECTED, TLS_PROTECTED
from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_TLS,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.handshake import CLEAR, CLIENT_CLEAR, CLIENT_TLS, SERVER_TLS
from conform62351.suites.native.handshake_identity import SOMEBODY
from conform62351.suites.native.refusals import SENT, Way, beginning, credentials, refused, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.mutations import FlipBit, SetField, SetTime
from conform62351.tooling.engine.steps import Conversation, conversation

OVER_TLS = "R-E2E-checks-over-TLS"
IN_CLEAR = "R-E2E-checks-in-clear"

UNTRUSTED: Final = "bad/unknown-ca"
EXPIRED: Final = "bad/expired"
SHOWN: Final = (UNTRUSTED, EXPIRED, SOMEBODY)
DAY_S: Final = 86_400.0


def faulty(role: Role, mode: ModeName, protection: tuple[int, ...]) -> Mapping[str, tuple[str, Way]]:
    """Return handshakes with one fault each, with the row of clause 14 that they violate.

    ``protection`` are confParams that do not fit the mode.
    """
    sent, usual = SENT[role], Handshake(mode=mode)
    shown = {name: Handshake(mode=mode, credential=name) for name in SHOWN}
    unfitting = SetField(pdu=sent.token, field="confParams", value=protection)
    return {
        "an invalid signature": ("4.2", way(FlipBit(pdu=sent.pdu, at=-1), handshake=usual)),
        "an expired certificate": ("6.3", way(handshake=shown[EXPIRED])),
        "a certificate that leads to no anchor": ("6.5", way(handshake=shown[UNTRUSTED])),
        "a certificate of somebody else": ("8", way(handshake=shown[SOMEBODY])),
        "a time of yesterday": ("10", way(SetTime(pdu=sent.token, shift=-DAY_S), handshake=usual)),
        "another hmac": (
            "14",
            way(SetField(pdu=sent.token, field="hmac.oid", value="1.2.3"), handshake=usual),
        ),
        "protection that does not fit": ("23.3", way(unfitting, handshake=usual)),
    }


def refuses_over_tls(role: Role) -> Iterator[Conversation]:
    """Show that a handshake is refused over TLS."""
    for label, (row, sent) in faulty(role, "", (TLS_PROTECTED,)).items():
        yield conversation(beginning(role), refused(OVER_TLS, (row,), role, sent), label=label)


def refuses_in_clear(role: Role) -> Iterator[Conversation]:
    """Show that a handshake is refused where data are to be sent with an ICV alone."""
    mode: ModeName = "clear" if role is Role.SERVER else ""
    for label, (row, sent) in faulty(role, mode, (APPL_PROTECTED,)).items():
        yield conversation(beginning(role), refused(IN_CLEAR, (row,), role, sent), label=label)


@case(
    "E2E/SRV/HS/BI-over-TLS",
    OVER_TLS,
    EVENT,
    pics=SERVER_TLS,
    baseline=SERVER_BASELINE,
    configuration=NATIVE_TLS,
    prerequisites=credentials(*SHOWN),
)
def server_over_tls() -> Iterator[Conversation]:
    """A server refuses a HandshakeReq over TLS as it does without: signature, certificate, address, time,
    algorithms and protection are none the better for it.
    """
    return refuses_over_tls(Role.SERVER)


@case(
    "E2E/CLI/HS/BI-over-TLS",
    OVER_TLS,
    EVENT,
    pics=CLIENT_TLS,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_TLS,
    prerequisites=credentials(*SHOWN),
)
def client_over_tls() -> Iterator[Conversation]:
    """A client refuses a HandshakeAcc over TLS as it does without: signature, certificate, address, time,
    algorithms and protection are none the better for it.
    """
    return refuses_over_tls(Role.CLIENT)


@case(
    "E2E/SRV/HS/BI-clear",
    IN_CLEAR,
    EVENT,
    pics=f"{SERVER} and {CLEAR}",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*SHOWN),
)
def server_in_clear() -> Iterator[Conversation]:
    """A server refuses a HandshakeReq that offers an ICV alone as it refuses others: what is not encrypted
    is authenticated all the same.
    """
    return refuses_in_clear(Role.SERVER)


@case(
    "E2E/CLI/HS/BI-clear",
    IN_CLEAR,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
    prerequisites=credentials(*SHOWN),
)
def client_in_clear() -> Iterator[Conversation]:
    """A client that offers an ICV alone refuses a HandshakeAcc as it does in other modes: what is not
    encrypted is authenticated all the same.
    """
    return refuses_in_clear(Role.CLIENT)
