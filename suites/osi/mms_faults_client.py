"""What a DUT client must survive: errors, rejects and wrong responses (ISO 9506-2 clause 7)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.mms.codec import encode_pdu
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    client_association,
    client_first_request,
    client_usable,
)
from conform62351.suites.osi.mms_pdus import ANSWERS, NOT_OUTSTANDING, REJECTS, send
from conform62351.suites.osi.mms_requests_client import next_request
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.outcomes import REJECT_PDU, REQUEST, SILENT, expect, over
from conform62351.tooling.engine.steps import Conversation, Respond, conversation

RESPONSE_PDU = "MMS.confirmed-ResponsePDU"
OTHER_SERVICE = ("getNamedVariableListAttributes", {"mmsDeletable": False, "listOfVariable": []})
WRONG_RESPONSES = {
    "of another invokeID": SetField(pdu=RESPONSE_PDU, field="invokeID", value=NOT_OUTSTANDING),
    "of another service": SetField(pdu=RESPONSE_PDU, field="service", value=OTHER_SERVICE),
}
"""What makes a response answer no request, by what it is then."""
MOMENT_S = 1.0
"""How long a client gets to reject: one that ignores is to have the right answer before it gives up."""


@case("OSI/CLI/MMS-FAULTS/BV-error", "R-MMS-error-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_error() -> Iterator[Conversation]:
    """A client goes on after an error, and after a reject too unless it ends the association."""
    for how, forms in {"error": (REQUEST,), "reject": (REQUEST, *over(ABORT_FORMS))}.items():
        yield conversation(
            client_first_request,
            Respond(how=how),
            next_request,
            expect("R-MMS-error-received", *forms),
            Respond(),
            client_usable("R-MMS-error-received"),
            label=how,
        )


@case(
    "OSI/CLI/MMS-FAULTS/BO-response",
    "R-MMS-response-unsolicited",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_unsolicited() -> Iterator[Conversation]:
    """A response that answers no request is ignored, rejected or aborted, and not taken for the answer.

    A client that took it shows that when it rejects the right answer; what its user gets to see cannot be
    judged from here.
    """
    requirement = "R-MMS-response-unsolicited"
    for label, mutation in WRONG_RESPONSES.items():
        yield conversation(
            client_first_request,
            Respond(keep=True, mutations=(mutation,)),
            expect(
                requirement,
                over(REJECT_PDU, ABORT_FORMS),
                SILENT,
                within=MOMENT_S,
                meanwhile=(UNASKED, REQUEST),
            ),
            Respond(),
            next_request,
            expect(requirement, REQUEST, over(ABORT_FORMS)),
            label=label,
        )
    for label, (name, octets) in ANSWERS.items():
        goes_on = (
            *next_request,
            expect(requirement, REQUEST, over(ABORT_FORMS), meanwhile=(UNASKED, REJECT_PDU)),
            Respond(),
        )
        yield conversation(client_association, send(name, octets), goes_on, goes_on, label=f"{label} at rest")


@case("OSI/CLI/MMS-FAULTS/BO-reject", "R-MMS-reject-not-answered", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_reject() -> Iterator[Conversation]:
    """A reject is not answered with a reject: the next things to come are requests, or an abort."""
    for label, value in REJECTS.items():
        yield conversation(
            client_association,
            send("rejectPDU", encode_pdu("rejectPDU", value)),
            (
                *next_request,
                expect("R-MMS-reject-not-answered", REQUEST, over(ABORT_FORMS)),
                Respond(),
            )
            * 2,
            label=label,
        )
