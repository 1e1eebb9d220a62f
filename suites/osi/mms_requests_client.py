"""Requests of a DUT client: what it asks, how many at a time, how it concludes (ISO 9506-2 clauses 7, 8)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    Steps,
    client_association,
    client_request,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    CONCLUDE_REQUEST,
    RELEASE_REQUESTED,
    REQUEST,
    expect,
    one,
    over,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    AnswerRelease,
    Claimed,
    Conversation,
    NoFinding,
    Respond,
    Verify,
    conversation,
)

RELEASING = f"{CLIENT} and OSI.release-initiation.client"
SIZE, INVOKE_ID, OUTSTANDING = "MMS.1", "MMS.14", "MMS.15"
SMALL_PDU = 40
"""Octets: room for a conclude-Request and hardly for a request that names a variable."""
ROUNDS = 3

(WITHOUT_RELEASE,) = over(one(Kind.CLOSED, warning="the client closes without a release"))

one_at_a_time: Steps = (*client_request, AnswerAssociation(initiate={"max_outstanding_calling": 1}))
"""An association with the DUT client on which one request may be outstanding."""
next_request: Steps = (Act(action="send-request", may_fail=True),)
"""Have the DUT client ask; that it does is for the step behind to see."""


@case(
    "OSI/CLI/MMS-REQUESTS/BV-request",
    "R-MMS-request-client",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_asks() -> Conversation:
    """A client sends a confirmed-Request that decodes, of a service that its PICS claims."""
    return conversation(
        client_association,
        Act(action="send-request"),
        expect("R-MMS-request-client", REQUEST),
        Claimed(
            requirement="R-MMS-request-client",
            field="MMS.confirmed-RequestPDU.service.0",
            role="client",
        ),
        Respond(),
    )


@case(
    "OSI/CLI/MMS-REQUESTS/BV-response",
    "R-MMS-response-client",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_goes_on() -> Conversation:
    """A client that may have one request outstanding takes each response, and then asks the next."""
    return conversation(
        one_at_a_time,
        (*next_request, expect("R-MMS-response-client", REQUEST), Respond()) * ROUNDS,
    )


@case(
    "OSI/CLI/MMS-REQUESTS/BV-outstanding",
    "R-MMS-PDU-size",
    "R-MMS-request-client",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_outstanding() -> Iterator[Conversation]:
    """A client has no more requests outstanding than were agreed, and those with different invokeIDs.

    What it does when it may not ask is its own matter: it refuses, or waits for the answers.
    """
    for label, begin in {"as many as proposed": client_association, "one agreed": one_at_a_time}.items():
        yield conversation(
            begin,
            Act(action="send-request", first=True),
            Act(action="send-request", may_fail=True, first=True),
            expect("R-MMS-PDU-size", REQUEST),
            Respond(),
            Respond(),
            next_request,
            expect("R-MMS-PDU-size", REQUEST),
            NoFinding(requirement="R-MMS-PDU-size", steps=(OUTSTANDING,)),
            NoFinding(requirement="R-MMS-request-client", steps=(INVOKE_ID,)),
            label=label,
        )


@case("OSI/CLI/MMS-REQUESTS/BV-PDU-size", "R-MMS-PDU-size", pics=RELEASING, baseline=CLIENT_BASELINE)
def client_size() -> Conversation:
    """A client sends no request that is longer than the PDU size agreed, however small that is."""
    return conversation(
        client_request,
        AnswerAssociation(initiate={"local_detail": SMALL_PDU}),
        Act(action="send-request", may_fail=True, first=True),
        Act(action="release", may_fail=True),
        expect(
            "R-MMS-PDU-size",
            REQUEST,
            CONCLUDE_REQUEST,
            RELEASE_REQUESTED,
            over(ABORT_FORMS),
            limit="limit.associate",
        ),
        NoFinding(requirement="R-MMS-PDU-size", steps=(SIZE,)),
    )


@case(
    "OSI/CLI/MMS-REQUESTS/BV-conclude",
    "R-MMS-conclude-client",
    pics=f"{RELEASING} and MMS.conclude.client",
    baseline=CLIENT_BASELINE,
)
def client_conclude() -> Conversation:
    """A client that ends an association concludes, and releases or closes once that is answered."""
    return conversation(
        client_association,
        Act(action="release", first=True),
        expect("R-MMS-conclude-client", CONCLUDE_REQUEST, limit="limit.associate"),
        Verify(requirement="R-MMS-conclude-client", field="ACSE.RLRQ", absent=True),
        Respond(),
        expect("R-MMS-conclude-client", RELEASE_REQUESTED, WITHOUT_RELEASE, limit="limit.associate"),
        AnswerRelease(),
    )
