"""TLS connections that end before their time (clause 6): their associations end, the device goes on."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    SERVER,
    SERVER_BASELINE,
    server_association,
)
from conform62351.suites.osi.conversations import (
    Steps,
    client_associates,
    client_first_request,
    client_request,
    server_associates,
    server_connection,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Associate,
    Close,
    Connect,
    Conversation,
    Fill,
    Inject,
    conversation,
)

NOTICED = "R-COMB-TLS-failure-noticed"
COMMUNICATION_FAILED = "IEC62351-14:4.2"
HALF_A_RECORD = bytes.fromhex("16 03 01 01 00 01 00 00 fc 03 03")
"""The beginning of a ClientHello."""
ENDS = {"closed in order": "fin", "cut off": "cut", "reset": "reset"}
"""How TCP ends; in order means close_notify before it, where TLS stands, and cut off a FIN without that."""
lost = Logged(requirement=EVENT, events=(COMMUNICATION_FAILED,), aspects=("event",))


@case(
    "COMB/SRV/LOSS/BO-association",
    NOTICED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_association_lost() -> Iterator[Conversation]:
    """A server notices that the TLS connection of an association has ended, logs it and forgets the
    association: it can hold as many as before.
    """
    for label, how in ENDS.items():
        yield conversation(
            server_association,
            server_usable(NOTICED),
            Close(how=how),
            lost,
            Fill(requirement=NOTICED, on=1),
            server_usable(NOTICED, on=1),
            label=label,
        )


@case(
    "COMB/CLI/LOSS/BO-association",
    NOTICED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_association_lost() -> Iterator[Conversation]:
    """A client notices that the TLS connection of its association has ended, logs it and can associate
    again.
    """
    for label, how in ENDS.items():
        yield conversation(
            client_first_request,
            Close(how=how),
            lost,
            client_associates(NOTICED, on=1),
            label=label,
        )


@case(
    "COMB/SRV/LOSS/BO-before-association",
    NOTICED,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_lost_before() -> Iterator[Conversation]:
    """A server associates after a TLS connection has ended in its handshake, or with no association made."""
    hello = Inject(layer="tcp", octets=HALF_A_RECORD, name="the beginning of a ClientHello")
    opened = Connect(stack="plain", port=COMPATIBILITY)
    moments: dict[str, Steps] = {
        "before the handshake": (opened,),
        "in the handshake": (opened, hello),
        "after the handshake": (Connect(),),
        "before the AARQ": server_connection,
        "behind the AARQ": (*server_connection, Associate()),
    }
    for moment, steps in moments.items():
        for label, how in ENDS.items():
            yield conversation(
                steps, Close(how=how), server_associates(NOTICED, on=1), label=f"{moment}, {label}"
            )


@case(
    "COMB/CLI/LOSS/BO-before-association",
    NOTICED,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_lost_before() -> Iterator[Conversation]:
    """A client can associate after its TLS connection has ended in the handshake, or without an AARE."""
    moments: dict[str, Steps] = {
        "in the handshake": (Act(action="connect", may_fail=True), Accept(stack="plain", port=COMPATIBILITY)),
        "after the handshake": (Act(action="connect"), Accept()),
        "behind the AARQ": client_request,
    }
    for moment, steps in moments.items():
        for label, how in ENDS.items():
            yield conversation(
                steps, Close(how=how), client_associates(NOTICED, on=1), label=f"{moment}, {label}"
            )
