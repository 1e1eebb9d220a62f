"""Initiate with a DUT server: values, services, what is no initiate, a second one (ISO 9506-2 clause 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    ASSOCIATION_REFUSAL_FORMS,
    SERVER,
    SERVER_BASELINE,
    server_association,
    server_connection,
    server_refuses,
    server_usable,
)
from conform62351.suites.osi.mms_pdus import (
    INITIATE_ERROR,
    INITIATE_RESPONSE,
    INITIATED,
    UNKNOWN_PDU,
    request_of,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, Replace
from conform62351.tooling.engine.outcomes import REJECT_PDU, expect, one, over, reach, refuse
from conform62351.tooling.engine.steps import (
    Associate,
    Claimed,
    Conversation,
    NoFinding,
    Request,
    conversation,
)

REQUEST_PDU = "MMS.initiate-RequestPDU"
SERVICES = "MMS.initiate-ResponsePDU.initResponseDetail.servicesSupportedCalled"
WITHIN_PROPOSAL = "MMS.35"
INITIATE_ERROR_ACCEPTED = one(
    Kind.ASSOCIATED, mms="initiate-ErrorPDU", warning="an initiate-Error in an accepting AARE"
)

PROPOSALS: Mapping[str, dict[str, Any]] = {
    "PDUs of 1024 octets": {"local_detail": 1024},
    "one request at a time": {"max_outstanding_calling": 1, "max_outstanding_called": 1},
    "no request of the server": {"max_outstanding_called": 0},
    "nesting level 2": {"nesting_level": 2},
    "a later version": {"version": 2},
    "few parameters": {"parameters": ["vnam"]},
    "no services of the client": {"services": []},
    "no nesting level": {"nesting_level": None},
    "no PDU size": {"local_detail": None},
}
IMPOSSIBLE_PROPOSALS: Mapping[str, dict[str, Any]] = {
    "version 0": {"version": 0},
    "no request at all": {"max_outstanding_calling": 0, "max_outstanding_called": 0},
    "less than no request": {"max_outstanding_calling": -1},
    "PDUs of 8 octets": {"local_detail": 8},
    "PDUs of less than no octet": {"local_detail": -1},
    "a nesting level below 0": {"nesting_level": -1},
}
NO_INITIATES: Mapping[str, AnyMutation] = {
    "an identify": Replace(pdu=REQUEST_PDU, octets=request_of(b"\x82\x00")),
    "an initiate-Response": Replace(pdu=REQUEST_PDU, octets=INITIATE_RESPONSE),
    "no PDU that MMS has": Replace(pdu=REQUEST_PDU, octets=UNKNOWN_PDU),
    "an empty initiate": Replace(pdu=REQUEST_PDU, octets=b"\xa8\x00"),
    "an initiate without detail": EditTlv(pdu=REQUEST_PDU, path="a8/a4", edit=Edit.DROP),
    "an initiate with a number of no octets": EditTlv(pdu=REQUEST_PDU, path="a8/81", edit=Edit.CONTENT),
}


@case("OSI/SRV/MMS-INITIATE/BV-values", "R-MMS-initiate-values", "R-MMS-initiate", pics=SERVER)
def server_values() -> Iterator[Conversation]:
    """Whatever a client proposes is answered with values within the proposal, and works."""
    for label, proposal in PROPOSALS.items():
        yield conversation(
            server_connection,
            Associate(initiate=proposal),
            expect("R-MMS-initiate", INITIATED, limit="limit.associate"),
            NoFinding(requirement="R-MMS-initiate-values", steps=(WITHIN_PROPOSAL,)),
            server_usable("R-MMS-initiate-values"),
            label=label,
        )


@case("OSI/SRV/MMS-INITIATE/BI-values", "R-MMS-initiate-values", pics=SERVER, baseline=SERVER_BASELINE)
def server_impossible_values() -> Iterator[Conversation]:
    """Values that no association can work with are refused, or answered with none beyond them.

    An initiate-Error refuses them in whatever AARE it comes.
    """
    for label, proposal in IMPOSSIBLE_PROPOSALS.items():
        yield conversation(
            server_connection,
            Associate(initiate=proposal),
            expect(
                "R-MMS-initiate-values",
                over(ASSOCIATION_REFUSAL_FORMS, INITIATE_ERROR_ACCEPTED),
                INITIATED,
                severity=Severity.FORM,
                limit="limit.associate",
            ),
            NoFinding(requirement="R-MMS-initiate-values", steps=(WITHIN_PROPOSAL,)),
            label=label,
        )


@case(
    "OSI/SRV/MMS-INITIATE/BV-services",
    "R-MMS-initiate-services",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_services() -> Conversation:
    """The services that the initiate-Response lists are those that the PICS claims.

    That they are answered is for the case MMS-CLAIMS/BV-services.
    """
    return conversation(
        server_connection,
        Associate(),
        reach(INITIATED, limit="limit.associate"),
        Claimed(requirement="R-MMS-initiate-services", field=SERVICES, role="server"),
    )


@case(
    "OSI/SRV/MMS-INITIATE/BI-no-initiate",
    "R-MMS-initiate-undecodable",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_no_initiate() -> Iterator[Conversation]:
    """An AARQ that holds another PDU than an initiate-Request, or half of one, makes no association."""
    for label, mutation in NO_INITIATES.items():
        yield conversation(
            server_connection,
            server_refuses("R-MMS-initiate-undecodable", mutation),
            label=label,
        )


@case(
    "OSI/SRV/MMS-INITIATE/BO-repeated",
    "R-MMS-initiate-repeated",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_repeated() -> Conversation:
    """An initiate-Request on an open association begins nothing anew; the association works or is ended."""
    return conversation(
        server_association,
        Request(service="initiate"),
        refuse("R-MMS-initiate-repeated", REJECT_PDU, INITIATE_ERROR, over(ABORT_FORMS)),
        server_usable("R-MMS-initiate-repeated"),
    )
