"""MMS services that the PICS claims, and those that it denies, as they are on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_association,
    server_association,
)
from conform62351.suites.osi.mms_pdus import CANCEL_ERROR, CONCLUDE_ERROR, NOT_ACCESSED, NOT_OUTSTANDING
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    CONCLUDE_REQUEST,
    CONCLUDED,
    ENDED,
    ERROR_RESPONSE,
    REJECT_PDU,
    RELEASE_REQUESTED,
    REQUEST,
    RESPONSE,
    expect,
    reach,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnyStep,
    Claimed,
    Conclude,
    Conversation,
    Request,
    Respond,
    conversation,
)

REQUIREMENT = "R-PICS-wire"
ANSWERED = {"conclude": CONCLUDED, "cancel": CANCEL_ERROR}
"""How a service is answered that has no confirmed-Response; there is nothing to cancel."""
REFUSED = (REJECT_PDU, ERROR_RESPONSE, NOT_ACCESSED, CONCLUDE_ERROR, ABORTED, *ENDED)
"""How a service is refused that is not there; a cancel-Error shows that Cancel is."""

SERVICES: Mapping[str, tuple[AnyStep, ...]] = {
    "status": (Request(service="status"),),
    "identify": (Request(service="identify"),),
    "getNameList": (Request(service="getNameList"),),
    "getVariableAccessAttributes": (Request(service="getVariableAccessAttributes", point="data.read"),),
    "getNamedVariableListAttributes": (
        Request(service="getNamedVariableListAttributes", point="data.data_set"),
    ),
    "read": (Request(service="read", point="data.read"),),
    "write": (
        Request(service="read", point="data.write"),
        reach(RESPONSE),
        Request(service="write", point="data.write"),
    ),
    "conclude": (Conclude(),),
    "cancel": (Request(service="cancel", arguments={"invoke_id": NOT_OUTSTANDING}),),
}
"""The steps that ask for a service, by its name."""


@case("OSI/SRV/MMS-CLAIMS/BV-services", REQUIREMENT, pics=SERVER, baseline=SERVER_BASELINE)
def server_services() -> Iterator[Conversation]:
    """A server answers the MMS services that its PICS claims, and refuses those that it denies."""
    for service, steps in SERVICES.items():
        code = f"MMS.{service}.server"
        yield conversation(
            server_association,
            steps,
            expect(REQUIREMENT, ANSWERED.get(service, RESPONSE), severity=Severity.DECLARATION),
            label=f"{service}, claimed",
            pics=code,
        )
        yield conversation(
            server_association,
            steps,
            expect(REQUIREMENT, *REFUSED, severity=Severity.DECLARATION),
            label=f"{service}, denied",
            pics=f"not {code}",
        )


@case("OSI/CLI/MMS-CLAIMS/BV-services", REQUIREMENT, pics=CLIENT, baseline=CLIENT_BASELINE)
def client_services() -> Iterator[Conversation]:
    """A client asks for no MMS service that its PICS denies, and concludes if it claims to."""
    yield conversation(
        client_association,
        Act(action="send-request"),
        reach(REQUEST),
        Claimed(requirement=REQUIREMENT, field="MMS.confirmed-RequestPDU.service.0", role="client"),
        Respond(),
        label="request",
    )
    for pics, first in {
        "MMS.conclude.client": CONCLUDE_REQUEST,
        "not MMS.conclude.client": RELEASE_REQUESTED,
    }.items():
        yield conversation(
            client_association,
            Act(action="release"),
            expect(REQUIREMENT, first, severity=Severity.DECLARATION, limit="limit.associate"),
            label=pics,
            pics=f"OSI.release-initiation.client and {pics}",
        )
