"""MMS PDUs that the MMS suites send as they are, and reactions that they share."""

from __future__ import annotations

from typing import Any

from conform62351.profiles.mms import negotiation
from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.mms.data import bit_string
from conform62351.profiles.mms.names import reject
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.tlv_edit import length_octets
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.outcomes import one
from conform62351.tooling.engine.steps import Inject

INITIATED = one(Kind.ASSOCIATED, mms="initiate-ResponsePDU")
ACCESSED = one(Kind.ANSWER, "confirmed-ResponsePDU", access="success")
"""Every variable of a read or write was read or written."""
NOT_ACCESSED = one(Kind.ANSWER, "confirmed-ResponsePDU", access="failure")
INITIATE_ERROR = one(Kind.ANSWER, "initiate-ErrorPDU")
CANCEL_ERROR = one(Kind.ANSWER, "cancel-ErrorPDU")
CONCLUDE_ERROR = one(Kind.ANSWER, "conclude-ErrorPDU")

RESULT = "MMS.confirmed-ResponsePDU.service.1"
RESULTS = f"{RESULT}.listOfAccessResult"
FIRST_VALUE = f"{RESULTS}.0.1"
"""Where the result of a service, those of a Read, and the first value read are found."""

OWN = InitiateParameters()
PROPOSAL = negotiation.request(OWN)
INITIATE_REQUEST = encode_pdu("initiate-RequestPDU", PROPOSAL)
INITIATE_RESPONSE = encode_pdu(
    "initiate-ResponsePDU", negotiation.response(negotiation.agree(PROPOSAL, OWN), OWN)
)
UNKNOWN_PDU = bytes.fromhex("ae00")
"""The context tag 14, which MMS has no PDU for."""
UNKNOWN_SERVICE = bytes.fromhex("b300")
"""takeControl, which is for semaphores: no server of IEC 61850 has it."""
UNKNOWN_DOMAIN = "Conform62351NoSuchDomain"
NOT_OUTSTANDING = 0x0BAD
"""An invokeID that the tester does not use, and that a DUT client has not come to within a few requests."""
SERVICE_ERROR = {"errorClass": ("access", 0)}


def response(invoke_id: int, service: str, result: Any) -> bytes:
    """Return a Confirmed-ResponsePDU."""
    return encode_pdu("confirmed-ResponsePDU", {"invokeID": invoke_id, "service": (service, result)})


def request_of(service: bytes, invoke_id: int = NOT_OUTSTANDING) -> bytes:
    """Return a Confirmed-RequestPDU for a service as these octets spell it, known or not."""
    number = invoke_id.to_bytes(2, "big")
    body = b"\x02" + length_octets(len(number)) + number + service
    return b"\xa0" + length_octets(len(body)) + body


STATUS = response(NOT_OUTSTANDING, "status", {"vmdLogicalStatus": 0, "vmdPhysicalStatus": 0})
ERROR = encode_pdu("confirmed-ErrorPDU", {"invokeID": NOT_OUTSTANDING, "serviceError": SERVICE_ERROR})
ANSWERS = {
    "a response": ("confirmed-ResponsePDU", STATUS),
    "an error": ("confirmed-ErrorPDU", ERROR),
    "a cancel-Response": ("cancel-ResponsePDU", encode_pdu("cancel-ResponsePDU", NOT_OUTSTANDING)),
    "a conclude-Response": ("conclude-ResponsePDU", encode_pdu("conclude-ResponsePDU", None)),
}
"""Answers to what nobody asked: name and octets of the PDU, by what they are."""
REJECTS = {
    "of a request": reject("confirmed-requestPDU", "other").value(NOT_OUTSTANDING),
    "of a response": reject("confirmed-responsePDU", "invalid-invokeID").value(NOT_OUTSTANDING),
    "of no PDU in particular": reject("pdu-error", "invalid-pdu").value(None),
}
"""Reject PDUs by what they are about."""
REPORT_PDU = encode_pdu(
    "unconfirmed-PDU",
    {
        "service": (
            "informationReport",
            {
                "variableAccessSpecification": ("variableListName", ("vmd-specific", "RPT")),
                "listOfAccessResult": [
                    ("success", ("visible-string", "CONFORM62351LD0/LLN0$RP$urcb01")),
                    ("success", bit_string("0000000000")),
                    ("success", bit_string("1")),
                    ("success", ("boolean", True)),
                ],
            },
        )
    },
)
"""A report as IEC 61850-8-1 shapes it: RptID, OptFlds, inclusion, and one value."""


def send(name: str, octets: bytes) -> Inject:
    """Return the step that sends an MMS PDU whatever the state of MMS is."""
    return Inject(layer="presentation", octets=octets, name=f"MMS.{name}")
