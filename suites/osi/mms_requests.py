"""Requests to a DUT server: numbers, how many at a time, how long the answers (ISO 9506-2 clauses 7, 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    ASSOCIATION_REFUSAL_FORMS,
    SERVER,
    SERVER_BASELINE,
    server_association,
    server_connection,
)
from conform62351.suites.osi.mms_pdus import INITIATED, UNKNOWN_DOMAIN, UNKNOWN_SERVICE, request_of, send
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    ERROR_RESPONSE,
    REJECT_PDU,
    RESPONSE,
    expect,
    over,
    reach,
)
from conform62351.tooling.engine.steps import (
    Associate,
    Conversation,
    NoFinding,
    Request,
    Verify,
    conversation,
)

INVOKE_IDS = (0, 1, 127, 128, 0x8000, 0x10000, 0xFFFFFFFF)
OUTSTANDING = (1, 5)
PDU_SIZES = (1024, 256, 128)
"""Octets. A server may refuse to associate for small ones; it must not agree and send more."""
NODE_ZERO = "LLN0"
"""The logical node that every logical device has: a structure of many parts."""
SIZE, SOLICITED, SAME_SERVICE = "MMS.1", "MMS.9", "MMS.10"

LONG_ANSWERS: Mapping[str, Request] = {
    "getVariableAccessAttributes": Request(
        service="getVariableAccessAttributes", point="data.read", arguments={"item": NODE_ZERO}
    ),
    "read": Request(service="read", point="data.read", arguments={"item": NODE_ZERO}),
    "getNameList": Request(
        service="getNameList", point="data.read", arguments={"object_class": "NAMED_VARIABLE"}
    ),
}
"""Requests whose answers are long, by their services."""


@case("OSI/SRV/MMS-REQUESTS/BV-invokeID", "R-MMS-invokeID", pics=SERVER, baseline=SERVER_BASELINE)
def server_invoke_id() -> Iterator[Conversation]:
    """A response, an error and a reject carry the invokeID of their request, whatever number that is."""
    for number in INVOKE_IDS:
        yield conversation(
            server_association,
            Request(service="read", point="data.read", arguments={"invoke_id": number}),
            expect("R-MMS-invokeID", RESPONSE),
            Verify(
                requirement="R-MMS-invokeID",
                field="MMS.confirmed-ResponsePDU.invokeID",
                is_in=(number,),
            ),
            label=f"response, {number}",
        )
    number = 0x1234
    yield conversation(
        server_association,
        Request(
            service="getNameList",
            arguments={"object_class": "NAMED_VARIABLE", "domain": UNKNOWN_DOMAIN, "invoke_id": number},
        ),
        expect("R-MMS-invokeID", ERROR_RESPONSE),
        Verify(requirement="R-MMS-invokeID", field="MMS.confirmed-ErrorPDU.invokeID", is_in=(number,)),
        label="error",
        pics="MMS.getNameList.server",
    )
    yield conversation(
        server_association,
        send("confirmed-RequestPDU", request_of(UNKNOWN_SERVICE, number)),
        expect("R-MMS-invokeID", REJECT_PDU, over(ERROR_RESPONSE)),
        Verify(requirement="R-MMS-invokeID", field="MMS.rejectPDU.originalInvokeID", is_in=(number,)),
        label="reject",
    )


@case("OSI/SRV/MMS-REQUESTS/BV-outstanding", "R-MMS-outstanding", pics=SERVER, baseline=SERVER_BASELINE)
def server_outstanding() -> Iterator[Conversation]:
    """Each of as many requests as were agreed, sent without a pause, gets its own answer."""
    for number in OUTSTANDING:
        yield conversation(
            server_connection,
            Associate(initiate={"max_outstanding_calling": number}),
            reach(INITIATED, limit="limit.associate"),
            Request(service="read", point="data.read", until_full=True),
            expect("R-MMS-outstanding", RESPONSE, every=True),
            NoFinding(requirement="R-MMS-outstanding", steps=(SOLICITED, SAME_SERVICE)),
            label=f"{number} proposed",
        )


@case("OSI/SRV/MMS-REQUESTS/BV-PDU-size", "R-MMS-PDU-size", pics=SERVER, baseline=SERVER_BASELINE)
def server_size() -> Iterator[Conversation]:
    """No answer is longer than the PDU size agreed: it comes in parts, or an error comes in its place."""
    for size in PDU_SIZES:
        for service, request in LONG_ANSWERS.items():
            yield conversation(
                server_connection,
                Associate(initiate={"local_detail": size}),
                expect(
                    "R-MMS-PDU-size",
                    INITIATED,
                    over(ASSOCIATION_REFUSAL_FORMS),
                    limit="limit.associate",
                ),
                request,
                expect("R-MMS-PDU-size", RESPONSE, ERROR_RESPONSE, REJECT_PDU, over(ABORT_FORMS)),
                NoFinding(requirement="R-MMS-PDU-size", steps=(SIZE,)),
                label=f"{service} in {size} octets",
                pics=f"MMS.{service}.server",
            )
