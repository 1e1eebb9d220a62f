"""Reflection: a partner that shows a device the device's own authentication value (clause 11)."""

from __future__ import annotations

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    P_ABORT,
    client_request_on,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Reflect
from conform62351.tooling.engine.outcomes import REQUEST, refuse, warned
from conform62351.tooling.engine.steps import Act, AnswerAssociation, Conversation, conversation

REFLECTED = "R-CMP-reflected"
OWN_VALUE = Reflect(pdu="CMP.value")
TAKEN = "an authentication value that the device has signed itself is taken for its partner's"


@case(
    "CMP/CLI/REPLAY/BI-own-value",
    REFLECTED,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_own_value() -> Conversation:
    """A client answers by P-ABORT when a server shows it the value that the client has just sent.

    No text asks for it: one that goes on is warned of, for it has authenticated nobody.
    """
    return conversation(
        client_request_on(0),
        AnswerAssociation(mutations=(OWN_VALUE,)),
        Act(action="send-request", may_fail=True),
        refuse(REFLECTED, P_ABORT, warned(TAKEN, REQUEST), limit="limit.associate"),
    )
