"""Handshakes of TLS that a partner does not go on with (IEC 62351-3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps, client_associates, server_associates
from conform62351.suites.tls.connections import begun, standing, within_wait
from conform62351.suites.tls.sides import tls_case
from conform62351.tooling.engine.mutations import Withhold
from conform62351.tooling.engine.outcomes import TLS_ENDED, expect
from conform62351.tooling.engine.steps import Close, Conversation, Proceed, Renegotiate, Tls, conversation

FIRST: Final = "R-TLS-handshake-time"
AGAIN: Final = "R-TLS-renegotiation-time"

NO_CHANGE: Final = (Withhold(pdu="TLS.ChangeCipherSpec"), Withhold(pdu="TLS.Finished"))
NO_FINISHED: Final = NO_CHANGE[1:]
NOT_DONE: Final = (Withhold(pdu="TLS.ServerHelloDone"),)
FLIGHT: Final = "TLS.ServerHelloDone"
"""Where a client stops that has the whole first flight of a server."""


def _ended(requirement: str, due: str, on: int = 0) -> Steps:
    """Show that the DUT ends the connection when the time is over that it waits."""
    return (expect(requirement, TLS_ENDED, due=due, on=on),)


@tls_case(
    "TIME/BI-stalled",
    FIRST,
    AGAIN,
    roles=(Role.SERVER,),
    prerequisites=within_wait("answer_limit"),
    weight=1,
)
def server_stalled(role: Role) -> Iterator[Conversation]:
    """A {role} ends connections whose clients do not go on with the handshake: before their hello, behind it,
    before they change the cipher, before Finished, and at a renegotiation; and associates afterwards.

    All of them are kept waiting at once.
    """
    held = (
        *begun(role, Tls(hold=FLIGHT), on=0),
        *begun(role, Tls(hold=FLIGHT, mutations=NO_CHANGE), on=1),
        Proceed(on=1),
        *begun(role, Tls(hold=FLIGHT, mutations=NO_FINISHED), on=2),
        Proceed(on=2),
        *begun(role, Tls(hold="TLS.ClientHello"), on=3),
    )
    yield conversation(
        held,
        *(_ended(FIRST, "tls.answer_limit", on) for on in (0, 1, 2)),
        _ended(FIRST, "dut.patience", 3),
        server_associates(FIRST, on=4),
        label="the first handshake",
    )
    yield conversation(
        standing(role),
        Renegotiate(mutations=NO_CHANGE),
        _ended(AGAIN, "tls.answer_limit"),
        server_associates(AGAIN, on=1),
        label="a renegotiation",
    )


@tls_case(
    "TIME/BI-stalled",
    FIRST,
    AGAIN,
    roles=(Role.CLIENT,),
    prerequisites=within_wait("answer_limit"),
    weight=1,
)
def client_stalled(role: Role) -> Iterator[Conversation]:
    """A {role} ends connections whose servers do not go on with the handshake: before their hello, before
    they change the cipher, and at a renegotiation; and associates afterwards.
    """
    for label, hold in {
        "before the hello": "TLS.ClientHello",
        "before the change of cipher": "TLS.ChangeCipherSpec",
    }.items():
        yield conversation(
            begun(role, Tls(hold=hold)),
            _ended(FIRST, "tls.answer_limit"),
            Close(),
            client_associates(FIRST, on=1),
            label=label,
        )
    yield conversation(
        standing(role),
        Renegotiate(mutations=NOT_DONE),
        _ended(AGAIN, "tls.answer_limit"),
        Close(),
        client_associates(AGAIN, on=1),
        label="a renegotiation",
    )
