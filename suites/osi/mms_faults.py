"""What a DUT server must not carry out: unknown, undecodable and unsolicited PDUs (ISO 9506-2 clause 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.profiles.mms.codec import encode_pdu
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    SERVER,
    SERVER_BASELINE,
    server_association,
    server_usable,
)
from conform62351.suites.osi.mms_pdus import (
    ACCESSED,
    ANSWERS,
    FIRST_VALUE,
    NOT_ACCESSED,
    REJECTS,
    UNKNOWN_PDU,
    UNKNOWN_SERVICE,
    request_of,
    send,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.mutations import Edit, EditTlv
from conform62351.tooling.engine.outcomes import (
    ERROR_RESPONSE,
    REJECT_PDU,
    RESPONSE,
    expect,
    over,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import Conversation, Request, Verify, conversation

REFUSED = (REJECT_PDU, ERROR_RESPONSE)
UNKNOWN_SERVICES: Mapping[str, bytes] = {
    "takeControl, which is for semaphores": UNKNOWN_SERVICE,
    "input, which is for operator stations": bytes.fromhex("b1 00"),
    "service 90, which MMS does not have": bytes.fromhex("bf 5a 00"),
}
UNDECODABLE: Mapping[str, bytes] = {
    "a PDU that MMS does not have": UNKNOWN_PDU,
    "a request without invokeID": bytes.fromhex("a0 02 82 00"),
    "a request without service": bytes.fromhex("a0 03 02 01 07"),
    "a read without variables": request_of(bytes.fromhex("a4 00")),
    "a status of no octets": request_of(bytes.fromhex("80 00")),
    "a getNameList without object class": request_of(bytes.fromhex("a1 00")),
    "a length beyond the PDU": bytes.fromhex("a0 10 02 01 07 82 00"),
}
LIST_OF_DATA = "a0/a5/a0[1]"
UNKNOWN_DATA = bytes.fromhex("9e 01 00")
"""The context tag 30, which Data has no alternative for."""


@case(
    "OSI/SRV/MMS-FAULTS/BI-unknown-service",
    "R-MMS-unknown-service",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_unknown_service() -> Iterator[Conversation]:
    """A confirmed service that no server of IEC 61850 has is rejected or answered with an error."""
    for label, service in UNKNOWN_SERVICES.items():
        yield conversation(
            server_association,
            send("confirmed-RequestPDU", request_of(service)),
            expect("R-MMS-unknown-service", *REFUSED),
            server_usable("R-MMS-unknown-service"),
            label=label,
        )


@case("OSI/SRV/MMS-FAULTS/BI-undecodable", "R-MMS-undecodable", pics=SERVER, baseline=SERVER_BASELINE)
def server_undecodable() -> Iterator[Conversation]:
    """What is no MMS PDU, or a request that does not decode, is refused and not carried out."""
    for label, octets in UNDECODABLE.items():
        yield conversation(
            server_association,
            send("undecodable", octets),
            refuse("R-MMS-undecodable", *REFUSED, over(ABORT_FORMS)),
            server_usable("R-MMS-undecodable"),
            label=label,
        )
    yield conversation(
        server_association,
        Request(service="read", point="data.write"),
        reach(ACCESSED),
        Request(
            service="write",
            point="data.write",
            mutations=(
                EditTlv(
                    pdu="MMS.confirmed-RequestPDU",
                    path=LIST_OF_DATA,
                    edit=Edit.CONTENT,
                    octets=UNKNOWN_DATA,
                ),
            ),
        ),
        refuse("R-MMS-undecodable", *REFUSED, NOT_ACCESSED, over(ABORT_FORMS)),
        Request(service="read", point="data.write"),
        expect("R-MMS-undecodable", ACCESSED),
        Verify(requirement="R-MMS-undecodable", field=FIRST_VALUE, learned="original"),
        label="a write of data of an unknown kind",
        pics="MMS.write.server",
    )


@case(
    "OSI/SRV/MMS-FAULTS/BO-response",
    "R-MMS-response-unsolicited",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_unsolicited() -> Iterator[Conversation]:
    """A response or an error that answers nothing is ignored, rejected or aborted."""
    for label, (name, octets) in ANSWERS.items():
        yield conversation(
            server_association,
            send(name, octets),
            Request(service="read", point="data.read"),
            expect(
                "R-MMS-response-unsolicited",
                RESPONSE,
                over(ABORT_FORMS),
                meanwhile=(UNASKED, REJECT_PDU),
            ),
            server_usable("R-MMS-response-unsolicited"),
            label=label,
        )


@case("OSI/SRV/MMS-FAULTS/BO-reject", "R-MMS-reject-not-answered", pics=SERVER, baseline=SERVER_BASELINE)
def server_reject() -> Iterator[Conversation]:
    """A reject is not answered with a reject: the next thing to come is the answer to a read, or an abort."""
    for label, value in REJECTS.items():
        yield conversation(
            server_association,
            send("rejectPDU", encode_pdu("rejectPDU", value)),
            Request(service="read", point="data.read"),
            expect("R-MMS-reject-not-answered", RESPONSE, over(ABORT_FORMS)),
            label=label,
        )
