"""Initiate with a DUT client: what it proposes, answers that make no association (ISO 9506-2 clause 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    client_must_not_use,
    client_request,
    client_usable,
)
from conform62351.suites.osi.mms_pdus import INITIATE_REQUEST, STATUS, UNKNOWN_PDU
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, Replace
from conform62351.tooling.engine.outcomes import RELEASE_REQUESTED, one, refuse
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Conversation,
    Verify,
    conversation,
)

RESPONSE_PDU = "MMS.initiate-ResponsePDU"
PROPOSED = "MMS.initiate-RequestPDU"
DETAIL = f"{PROPOSED}.initRequestDetail"
UNUSED = one(Kind.TIMEOUT, warning="the client neither uses the association nor ends it")

NO_INITIATES: Mapping[str, AnyMutation] = {
    "an initiate-Request": Replace(pdu=RESPONSE_PDU, octets=INITIATE_REQUEST),
    "a status": Replace(pdu=RESPONSE_PDU, octets=STATUS),
    "no PDU that MMS has": Replace(pdu=RESPONSE_PDU, octets=UNKNOWN_PDU),
    "an empty initiate": Replace(pdu=RESPONSE_PDU, octets=b"\xa9\x00"),
    "an initiate without detail": EditTlv(pdu=RESPONSE_PDU, path="a9/a4", edit=Edit.DROP),
    "an initiate with a number of no octets": EditTlv(pdu=RESPONSE_PDU, path="a9/81", edit=Edit.CONTENT),
}


@case("OSI/CLI/MMS-INITIATE/BV-request", "R-MMS-initiate-request", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_initiate() -> Conversation:
    """The initiate-Request of a client decodes and proposes version 1, requests, parameters and services."""
    return conversation(
        client_request,
        Verify(requirement="R-MMS-initiate-request", field=f"{DETAIL}.proposedVersionNumber", is_in=(1,)),
        Verify(
            requirement="R-MMS-initiate-request",
            field=f"{PROPOSED}.proposedMaxServOutstandingCalling",
            at_least=1,
        ),
        Verify(
            requirement="R-MMS-initiate-request",
            field=f"{PROPOSED}.proposedMaxServOutstandingCalled",
            at_least=0,
        ),
        Verify(requirement="R-MMS-initiate-request", field=f"{DETAIL}.proposedParameterCBB"),
        Verify(requirement="R-MMS-initiate-request", field=f"{DETAIL}.servicesSupportedCalling"),
        AnswerAssociation(),
        client_usable("R-MMS-initiate-request"),
    )


@case(
    "OSI/CLI/MMS-INITIATE/BI-no-initiate",
    "R-MMS-initiate-undecodable",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_no_initiate() -> Iterator[Conversation]:
    """An AARE that holds another PDU than an initiate-Response, or half of one, makes no association."""
    for label, mutation in NO_INITIATES.items():
        yield conversation(
            client_request,
            client_must_not_use(mutation),
            refuse("R-MMS-initiate-undecodable", ABORT_FORMS, limit="limit.associate"),
            label=label,
        )


@case(
    "OSI/CLI/MMS-INITIATE/BI-initiate-error",
    "R-MMS-initiate-error-received",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_initiate_error() -> Iterator[Conversation]:
    """An initiate-Error makes no association, in a rejecting AARE and even in an accepting one."""
    for label, rejects in {"in a rejecting AARE": True, "in an accepting AARE": False}.items():
        yield conversation(
            client_request,
            AnswerAssociation(reject=rejects, initiate_error=True),
            Act(action="send-request", may_fail=True),
            refuse(
                "R-MMS-initiate-error-received",
                ABORT_FORMS,
                RELEASE_REQUESTED,
                UNUSED,
                limit="limit.associate",
            ),
            label=label,
        )
