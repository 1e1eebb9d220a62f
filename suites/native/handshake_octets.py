"""What comes in the place of a handshake, or under another tag: it is no SecPDU (clause 14, row 1)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.handshake_form import INVALID
from conform62351.suites.native.handshake_shapes import (
    garbage,
    other_alternatives,
)
from conform62351.suites.native.refusals import refuses_each
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation

OCTETS = "R-E2E-handshake-octets"
ALTERNATIVE = "R-E2E-handshake-alternative"


@case(
    "E2E/SRV/FORM/BI-other-PDU",
    ALTERNATIVE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_other_pdu() -> Iterator[Conversation]:
    """A server refuses a HandshakeReq under the tag of another SecPDU, or under one that there is not."""
    return refuses_each(Role.SERVER, ALTERNATIVE, INVALID, other_alternatives(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-other-PDU",
    ALTERNATIVE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_other_pdu() -> Iterator[Conversation]:
    """A client refuses a HandshakeAcc under the tag of another SecPDU, or under one that there is not."""
    return refuses_each(Role.CLIENT, ALTERNATIVE, INVALID, other_alternatives(Role.CLIENT))


@case(
    "E2E/SRV/FORM/BI-garbage",
    OCTETS,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_garbage() -> Iterator[Conversation]:
    """A server refuses what is no handshake at all: other values, deep nesting, lengths beyond the end,
    octets that break off.
    """
    return refuses_each(Role.SERVER, OCTETS, INVALID, garbage(Role.SERVER))


@case(
    "E2E/CLI/FORM/BI-garbage",
    OCTETS,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_garbage() -> Iterator[Conversation]:
    """A client refuses what is no handshake at all: other values, deep nesting, lengths beyond the end,
    octets that break off.
    """
    return refuses_each(Role.CLIENT, OCTETS, INVALID, garbage(Role.CLIENT))
