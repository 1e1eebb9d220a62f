"""A device that has no OSI environment in a role by its PICS (Table 6): whether that is so on the wire."""

from __future__ import annotations

from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import CLIENT, CONNECT_REFUSAL_FORMS, SERVER
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    AARQ,
    SILENT,
    TCP_REFUSED,
    TRANSPORT_CONNECTED,
    TRANSPORT_REFUSED,
    expect,
    refuse,
)
from conform62351.tooling.engine.steps import Accept, Act, Connect, Conversation, OpenTransport, conversation

WIRE = "R-PICS-wire"


@case(
    "OSI/SRV/CLAIMS/BI-environment",
    WIRE,
    pics=f"not (ROLE.server and {SERVER})",
    prerequisites=("dut.host",),
    denies=True,
)
def server_has_none() -> Conversation:
    """A device that denies to be a server in the OSI environment takes no transport connection.

    Where it takes one all the same its declaration is wrong.
    """
    return conversation(
        Connect(),
        OpenTransport(may_break=True),
        refuse(
            WIRE, TCP_REFUSED, CONNECT_REFUSAL_FORMS, limit="limit.connect", severity=Severity.DECLARATION
        ),
        label=f"not (ROLE.server and {SERVER})",
    )


@case("OSI/SRV/CLAIMS/BV-environment", WIRE, pics=f"{SERVER} and ROLE.server")
def server_has_it() -> Conversation:
    """A device that claims to be a server in the OSI environment takes a transport connection, or refuses it
    by the word of one.
    """
    return conversation(
        Connect(),
        OpenTransport(may_break=True),
        expect(
            WIRE,
            TRANSPORT_CONNECTED,
            TRANSPORT_REFUSED,
            limit="limit.connect",
            severity=Severity.DECLARATION,
        ),
    )


@case("OSI/CLI/CLAIMS/BV-environment", WIRE, pics=f"{CLIENT} and ROLE.client")
def client_has_it() -> Conversation:
    """A device that claims to be a client in the OSI environment asks for an association when it is told to.

    Whatever its means for that says, it is judged by what comes.
    """
    return conversation(
        Act(action="connect", may_fail=True),
        Accept(),
        expect(WIRE, AARQ, limit="limit.associate", severity=Severity.DECLARATION),
    )


@case("OSI/CLI/CLAIMS/BI-environment", WIRE, pics=f"not (ROLE.client and {CLIENT})", denies=True)
def client_has_none() -> Conversation:
    """A device that denies to be a client in the OSI environment does not connect, even when it is told to.

    Where it associates all the same its declaration is wrong.
    """
    return conversation(
        Act(action="connect", may_fail=True),
        Accept(),
        refuse(WIRE, SILENT, CONNECT_REFUSAL_FORMS, limit="limit.connect", severity=Severity.DECLARATION),
        label=f"not (ROLE.client and {CLIENT})",
    )
