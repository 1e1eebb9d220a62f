"""What comes behind the SecPDU by which the DUT ends an association: nothing but the end of TCP (clause 15).

What brings an abort about comes twice in one segment, and behind a ReleaseRsp comes what would have to be
answered before: a device that has not ended by its last word gives another one. A fault of the OSI
environment is one for the layers beneath as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    SERVER_AE,
    SERVER_BASELINE,
    client_association,
    server_association,
    server_connection_on,
    server_exchanges,
)
from conform62351.suites.native.environment import NO_CONTEXT
from conform62351.suites.native.environment_acse import NAMES
from conform62351.suites.osi.conversations import client_request
from conform62351.suites.osi.session_last_words import LAST_WORDS, TWICE, nothing_more, unasked_disconnect
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, FlipBit, SetField
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ENDED,
    RELEASED,
    REQUEST,
    over,
    reach,
    rejected,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    Release,
    Request,
    Respond,
    conversation,
)

ALTERED = FlipBit(pdu="E2E.EncrTransfer", at=-1)
EMPTY_RESPONSE = b"\xa9\x00"
REFUSED = reach(rejected(), ABORTED, over(ENDED), limit="limit.associate")


def _no_external(pdu: str) -> SetField:
    return SetField(pdu=pdu, field="user_information", value=())


@case(
    "E2E/SRV/REL/BV-last-words",
    LAST_WORDS,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    weight=1,
)
def server_last_words() -> Iterator[Conversation]:
    """A server sends nothing behind the ReleaseRsp, reject or abort by which it ends an association."""
    associating: dict[str, AnyMutation] = {
        "a handshake at fault": FlipBit(pdu="E2E.HandshakeReq", at=-1),
        "no context for E2E": NO_CONTEXT,
        "no EXTERNAL": _no_external("ACSE.AARQ"),
    }
    for label, mutation in associating.items():
        yield conversation(
            server_connection_on(0),
            Associate(mutations=(mutation, TWICE), may_break=True),
            REFUSED,
            nothing_more,
            label=label,
        )
    yield conversation(
        server_association(),
        server_exchanges(1),
        Request(service="read", point="data.read", mutations=(ALTERED, TWICE), may_break=True),
        reach(ABORTED, over(ENDED)),
        nothing_more,
        label="data at fault",
    )
    yield conversation(
        server_association(),
        server_exchanges(1),
        Release(),
        reach(RELEASED),
        unasked_disconnect,
        nothing_more,
        label="ReleaseReq",
    )


@case(
    "E2E/CLI/REL/BV-last-words",
    LAST_WORDS,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    weight=1,
)
def client_last_words() -> Iterator[Conversation]:
    """A client sends nothing behind the ReleaseRsp or the abort by which it ends an association."""
    associating: dict[str, AnyMutation] = {
        "a handshake at fault": FlipBit(pdu="E2E.HandshakeAcc", at=-1),
        "another application context": SetField(
            pdu="ACSE.AARE", field="application_context", value=NAMES["an unknown one"]
        ),
        "no EXTERNAL": _no_external("ACSE.AARE"),
        "an initiate-Response that does not decode": EditTlv(
            pdu="E2E.HandshakeAcc.tbs", path="30/a9", edit=Edit.REPLACE, octets=EMPTY_RESPONSE
        ),
    }
    for label, mutation in associating.items():
        yield conversation(
            client_request,
            AnswerAssociation(mutations=(mutation, TWICE), may_break=True),
            REFUSED,
            nothing_more,
            label=label,
        )
    yield conversation(
        client_association(),
        Act(action="send-request", may_fail=True),
        reach(REQUEST),
        Respond(mutations=(ALTERED, TWICE), may_break=True),
        reach(ABORTED, over(ENDED)),
        nothing_more,
        label="data at fault",
    )
    yield conversation(
        client_association(),
        Release(),
        reach(RELEASED, serve=True),
        unasked_disconnect,
        nothing_more,
        label="ReleaseReq",
    )
