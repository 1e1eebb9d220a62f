"""Handshakes that are in order, and associations that are refused all the same (clauses 13.3 and 15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.profiles.mms.codec import encode_pdu
from conform62351.reports.model.observation import Kind
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    server_connection_on,
)
from conform62351.suites.native.handshake import SEVERAL
from conform62351.suites.native.refusals import rejecting
from conform62351.suites.osi.conversations import client_request, server_usable
from conform62351.suites.osi.session_last_words import LAST_WORDS, nothing_more
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.native_outcomes import PERMANENT, TRANSIENT
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ENDED,
    TCP_REFUSED,
    TRANSPORT_CONNECTED,
    TRANSPORT_ERROR,
    TRANSPORT_REFUSED,
    expect,
    one,
    over,
    refuse,
    rejected,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Connect,
    Conversation,
    Fill,
    OpenTransport,
    conversation,
)

REJECT = "R-E2E-application-reject"
NO_RESPONSE = "R-E2E-initiate-response-missing"
FULL = "R-E2E-full"
REJECTED = "R-E2E-rejected"

APPLICATION_REJECT = "E2E.ApplicationReject"
FOR_GOOD = one(Kind.REJECTED, APPLICATION_REJECT, result=PERMANENT)
FOR_NOW = one(Kind.REJECTED, APPLICATION_REJECT, result=[PERMANENT, TRANSIENT])
FIRST_OF_MANY = 100
"""The number of the first connection of those that fill the device."""
NOT_SUPPORTED = 2
TBS = "E2E.HandshakeReq.tbs"
IDENTIFY = encode_pdu("confirmed-RequestPDU", {"invokeID": 1, "service": ("identify", None)})
NO_INITIATES: Mapping[str, AnyMutation] = {
    "nothing": EditTlv(pdu=TBS, path="30/a8", edit=Edit.DROP),
    "an identify": EditTlv(pdu=TBS, path="30/a8", edit=Edit.REPLACE, octets=IDENTIFY),
}
"""What a HandshakeReq can carry in place of the initiate-Request."""
ACC_TBS = "E2E.HandshakeAcc.tbs"
INITIATE_ERROR = encode_pdu("initiate-ErrorPDU", {"errorClass": ("initiate", 0)})
WITHOUT_DATA = one(Kind.ABORTED, "E2E.ApplAbort", applData=False)
NO_RESPONSES: Mapping[str, AnyMutation] = {
    "nothing": EditTlv(pdu=ACC_TBS, path="30/a9", edit=Edit.DROP),
    "an identify": EditTlv(pdu=ACC_TBS, path="30/a9", edit=Edit.REPLACE, octets=IDENTIFY),
    "an initiate-Error": EditTlv(pdu=ACC_TBS, path="30/a9", edit=Edit.REPLACE, octets=INITIATE_ERROR),
}
"""What a HandshakeAcc can carry in place of the initiate-Response."""
WITHOUT_SECPDU = SetField(pdu="ACSE.AARE", field="user_information", value=None)
REJECTIONS: Mapping[str, AnswerAssociation] = {
    "ApplicationReject": AnswerAssociation(reject=True),
    "ApplicationReject with an initiate-Error": AnswerAssociation(reject=True, initiate_error=True),
    "an AARE without a SecPDU": AnswerAssociation(reject=True, mutations=(WITHOUT_SECPDU,)),
    "an application context that is not supported": AnswerAssociation(
        reject=True, diagnostic=NOT_SUPPORTED, mutations=(WITHOUT_SECPDU,)
    ),
}


@case("E2E/SRV/HS/BI-no-initiate", REJECT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_no_initiate() -> Iterator[Conversation]:
    """A server rejects for good, by ApplicationReject, a HandshakeReq that is right and carries no
    initiate-Request.
    """
    for label, mutation in NO_INITIATES.items():
        yield conversation(
            server_connection_on(0),
            Associate(mutations=(mutation,)),
            refuse(REJECT, FOR_GOOD, limit="limit.associate"),
            rejecting(REJECT, PERMANENT),
            label=label,
        )


@case(
    "E2E/CLI/HS/BI-no-initiate",
    NO_RESPONSE,
    LAST_WORDS,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_no_initiate() -> Iterator[Conversation]:
    """A client answers by ApplAbort a HandshakeAcc that is right and carries no initiate-Response; that is
    its last word.
    """
    for label, mutation in NO_RESPONSES.items():
        yield conversation(
            client_request,
            AnswerAssociation(mutations=(mutation,)),
            Act(action="send-request", may_fail=True),
            refuse(NO_RESPONSE, WITHOUT_DATA, limit="limit.associate"),
            nothing_more,
            label=label,
        )


@case("E2E/SRV/HS/BI-full", FULL, pics=SEVERAL, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_full() -> Conversation:
    """A server that holds the PIXIT's max_associations refuses another; those that are open go on.

    By ApplicationReject, transient or permanent, or before it has looked at the handshake.
    """
    beneath = (TCP_REFUSED, TRANSPORT_REFUSED, TRANSPORT_ERROR)
    return conversation(
        Fill(on=FIRST_OF_MANY),
        Connect(),
        OpenTransport(may_break=True),
        expect(FULL, TRANSPORT_CONNECTED, ENDED, over(beneath), limit="limit.connect"),
        Associate(may_break=True),
        refuse(FULL, FOR_NOW, rejected(), ABORTED, ENDED, limit="limit.associate"),
        server_usable(FULL, on=FIRST_OF_MANY),
    )


@case("E2E/CLI/HS/BV-rejected", REJECTED, pics=CLIENT, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_rejected() -> Iterator[Conversation]:
    """A client whose association is rejected closes the connection without another word."""
    for label, rejection in REJECTIONS.items():
        yield conversation(
            client_request, rejection, expect(REJECTED, ENDED, limit="limit.close"), label=label
        )
