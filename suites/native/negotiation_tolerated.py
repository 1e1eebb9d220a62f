"""What is offered or stated in another way than usual, and is no reason to refuse (13.3.1; row 23)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.native.tokens import APPL_PROTECTED, TLS_PROTECTED, VPN
from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    SERVER,
    SERVER_AE,
    SERVER_BASELINE,
    client_takes,
    server_connection_on,
    server_takes,
)
from conform62351.suites.native.groups import AS_SECP256R1
from conform62351.suites.native.identifiers import states
from conform62351.suites.native.refusals import SENT, beginning
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import Edit
from conform62351.tooling.engine.steps import Conversation, Verify, conversation

BOTH_NUMBERS = "R-E2E-group-19-beside-23"
OTHER_BITS = "R-E2E-confParams-other-bits"

NINETEEN: Final = b"\x13"
MEANINGLESS: Final = 7
STATED: Final = {
    "TLS, over a connection without": (TLS_PROTECTED,),
    "a VPN": (VPN,),
    "TLS and a VPN": (TLS_PROTECTED, VPN),
    "something unknown": (MEANINGLESS,),
}
"""What confParams may say beside applProtected."""


def _taken(role: Role) -> Iterator[Conversation]:
    """Show that the DUT takes each of these statements, and that data go over the association."""
    takes = server_takes if role is Role.SERVER else client_takes
    for label, bits in STATED.items():
        steps = takes(OTHER_BITS, states(role, APPL_PROTECTED, *bits))
        yield conversation(beginning(role), steps, label=label)


@case(
    "E2E/SRV/GROUP/BV-19-beside-23",
    BOTH_NUMBERS,
    pics=f"{SERVER} and E2E.group-23.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=AS_SECP256R1,
)
def server_both_numbers() -> Conversation:
    """A server takes an offer of secp256r1 under both of its numbers, 23 and 19, and repeats one of them."""
    sent = SENT[Role.SERVER]
    twice = sent.inside("30/31/30", Edit.DOUBLE)
    numbered = sent.inside("30/31/30[1]/02", Edit.CONTENT, NINETEEN)
    return conversation(
        server_connection_on(0),
        server_takes(BOTH_NUMBERS, twice, numbered, handshake=Handshake(groups=("secp256r1",))),
        Verify(
            requirement=BOTH_NUMBERS,
            field="E2E.HandshakeAcc.token1.dhKey.0.dhGroup",
            is_in=(23, 19),
            severity=Severity.FUNCTION,
        ),
    )


@case(
    "E2E/SRV/MODE/BV-other-protection",
    OTHER_BITS,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_other_protection() -> Iterator[Conversation]:
    """A server takes a HandshakeReq whose confParams tell of TLS that is not there, of a VPN, or of
    something unknown.
    """
    return _taken(Role.SERVER)


@case(
    "E2E/CLI/MODE/BV-other-protection",
    OTHER_BITS,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_other_protection() -> Iterator[Conversation]:
    """A client takes a HandshakeAcc whose confParams tell of TLS that is not there, of a VPN, or of
    something unknown.
    """
    return _taken(Role.CLIENT)
