"""What both sides check on answers and on requests, as ordered tables of named steps, behind INCOMING.

OUTGOING is the client's look at a request that it is about to send.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from conform62351.profiles.mms.checks import INITIATION, PDUS, State, told
from conform62351.profiles.mms.codec import MmsPdu
from conform62351.profiles.mms.data import nesting
from conform62351.profiles.mms.names import Reject, reject
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step


class Decoded(msgspec.Struct, frozen=True):
    """A PDU that could be read, and where the session stands."""

    pdu: MmsPdu
    state: State

    def request(self) -> Mapping[str, Any] | None:
        """Return the Confirmed-RequestPDU, if the PDU is one."""
        value: Mapping[str, Any] = self.pdu.value
        return value if self.pdu.name == "confirmed-RequestPDU" else None

    def response(self) -> Mapping[str, Any] | None:
        """Return the Confirmed-ResponsePDU, if the PDU is one."""
        value: Mapping[str, Any] = self.pdu.value
        return value if self.pdu.name == "confirmed-ResponsePDU" else None


_SERVICES: Final = {"cancel-RequestPDU": "cancel", "conclude-RequestPDU": "conclude"}
_UNSERVED: Final[Mapping[str, Reject]] = {
    "confirmed-RequestPDU": reject("confirmed-requestPDU", "unrecognized-service"),
    "unconfirmed-PDU": reject("unconfirmedPDU", "unrecognized-service"),
    "cancel-RequestPDU": reject("cancel-requestPDU", "other"),
    "conclude-RequestPDU": reject("conclude-requestPDU", "other"),
}
"""How a PDU is rejected whose service this side does not have."""


def _solicited(decoded: Decoded) -> Fault | None:
    pdu, state = decoded.pdu, decoded.state
    match pdu.name:
        case "confirmed-ResponsePDU" if pdu.value["invokeID"] not in state.requests:
            answer = reject("confirmed-responsePDU", "invalid-invokeID")
        case "confirmed-ErrorPDU" if pdu.value["invokeID"] not in state.requests:
            answer = reject("confirmed-errorPDU", "invalid-invokeID")
        case "cancel-ResponsePDU" if pdu.value not in state.cancelling:
            answer = reject("cancel-responsePDU", "invalid-invokeID")
        case "cancel-ErrorPDU" if pdu.value["originalInvokeID"] not in state.cancelling:
            answer = reject("cancel-errorPDU", "invalid-invokeID")
        case "conclude-ResponsePDU" if not state.concluding:
            answer = reject("conclude-responsePDU", "other")
        case "conclude-ErrorPDU" if not state.concluding:
            answer = reject("conclude-errorPDU", "other")
        case _:
            return None
    return told(f"{pdu.name} that answers nothing", answer)


def _same_service(decoded: Decoded) -> Fault | None:
    response = decoded.response()
    asked = None if response is None else decoded.state.requests.get(response["invokeID"])
    if response is None or asked is None or asked.service == response["service"][0]:
        return None
    message = f"{response['service'][0]} answers a request for {asked.service}"
    return told(message, reject("confirmed-responsePDU", "unrecognized-service"))


def _result_count(decoded: Decoded) -> Fault | None:
    response = decoded.response()
    asked = None if response is None else decoded.state.requests.get(response["invokeID"])
    if response is None or asked is None or asked.results is None:
        return None
    service, result = response["service"]
    if service != asked.service:
        return None
    count = _results(service, result)
    if count == asked.results:
        return None
    message = f"{count} results for {asked.results} variables"
    return told(message, reject("confirmed-responsePDU", "invalid-result"))


def _results(service: str, result: Any) -> int:
    """Return how many results a read or a write brings."""
    return len(result["listOfAccessResult"] if service == "read" else result)


def is_usual_answer(pdu: MmsPdu, state: State) -> bool:
    """Return whether a PDU answers a request so that no check of INCOMING and ANSWER finds anything.

    Nearly all answers do. False tells nothing: the checks judge.
    """
    agreed = state.negotiated
    if pdu.name != "confirmed-ResponsePDU" or pdu.anomalies or agreed is None:
        return False
    if agreed.local_detail is not None and len(pdu.octets) > agreed.local_detail:
        return False
    service, result = pdu.value["service"]
    asked = state.requests.get(pdu.value["invokeID"])
    if asked is None or asked.service != service:
        return False
    return asked.results is None or asked.results == _results(service, result)


def _supported_service(decoded: Decoded) -> Fault | None:
    pdu = decoded.pdu
    service = _SERVICES.get(pdu.name) or pdu.value["service"][0]
    if service in decoded.state.served:
        return None
    return told(f"{service} is not served", _UNSERVED[pdu.name])


def _modifier(decoded: Decoded) -> Fault | None:
    request = decoded.request()
    if request is None or "listOfModifier" not in request:
        return None
    return told("a request with modifiers", reject("confirmed-requestPDU", "unrecognized-modifier"))


def _invoke_id(decoded: Decoded) -> Fault | None:
    request = decoded.request()
    if request is None or request["invokeID"] not in decoded.state.outstanding:
        return None
    message = f"invokeID {request['invokeID']} is in use"
    return told(message, reject("confirmed-requestPDU", "invalid-invokeID"))


def _outstanding(decoded: Decoded) -> Fault | None:
    agreed, waiting = decoded.state.negotiated, len(decoded.state.outstanding)
    if agreed is None or decoded.request() is None or waiting < agreed.max_outstanding_calling:
        return None
    return told(
        f"{waiting} requests are outstanding", reject("confirmed-requestPDU", "max-serv-outstanding-exceeded")
    )


def _nesting_level(decoded: Decoded) -> Fault | None:
    request, agreed = decoded.request(), decoded.state.negotiated
    if request is None or request["service"][0] != "write" or agreed is None or agreed.nesting_level is None:
        return None
    deepest = max((nesting(data) for data in request["service"][1]["listOfData"]), default=0)
    if deepest <= agreed.nesting_level:
        return None
    message = f"data nested to level {deepest}, {agreed.nesting_level} was agreed"
    return told(message, reject("confirmed-requestPDU", "max-recursion-exceeded"))


class Outgoing(msgspec.Struct, frozen=True):
    """A confirmed-Request that is about to be sent, and where the session stands; None: it is withheld."""

    octets: bytes | None
    state: State


def _may_be_outstanding(outgoing: Outgoing) -> Fault | None:
    agreed, waiting = outgoing.state.negotiated, len(outgoing.state.requests)
    if agreed is None or waiting < agreed.max_outstanding_calling:
        return None
    return Fault(f"{waiting} requests are outstanding, no more were agreed", Reaction.IGNORE)


def _fits(outgoing: Outgoing) -> Fault | None:
    agreed, octets = outgoing.state.negotiated, outgoing.octets
    if agreed is None or agreed.local_detail is None or octets is None or len(octets) <= agreed.local_detail:
        return None
    return Fault(f"a request of {len(octets)} octets, {agreed.local_detail} were agreed", Reaction.IGNORE)


_VARIABLES: Final = "ISO 9506-2 14"

ANSWER: Final = CheckTable(
    "MMS.answer",
    (
        Step("MMS.9", "solicited", PDUS, "R", _solicited),
        Step("MMS.10", "same-service", PDUS, "R", _same_service),
        Step("MMS.11", "result-count", _VARIABLES, "R", _result_count),
    ),
)

REQUEST: Final = CheckTable(
    "MMS.request",
    (
        Step("MMS.12", "supported-service", INITIATION, "R", _supported_service),
        Step("MMS.13", "modifier", PDUS, "R", _modifier),
        Step("MMS.14", "invokeID", PDUS, "R", _invoke_id),
        Step("MMS.15", "outstanding", INITIATION, "R", _outstanding),
        Step("MMS.16", "nesting-level", INITIATION, "R", _nesting_level),
    ),
)

OUTGOING: Final = CheckTable(
    "MMS.outgoing",
    (
        Step("MMS.36", "may-be-outstanding", INITIATION, "R", _may_be_outstanding),
        Step("MMS.37", "fits", INITIATION, "R", _fits),
    ),
)
"""A request with one of these faults is not sent."""

TABLES: Final[Mapping[str, CheckTable[Decoded]]] = {
    "confirmed-RequestPDU": REQUEST,
    "unconfirmed-PDU": REQUEST,
    "cancel-RequestPDU": REQUEST,
    "conclude-RequestPDU": REQUEST,
    "confirmed-ResponsePDU": ANSWER,
    "confirmed-ErrorPDU": ANSWER,
    "cancel-ResponsePDU": ANSWER,
    "cancel-ErrorPDU": ANSWER,
    "conclude-ResponsePDU": ANSWER,
    "conclude-ErrorPDU": ANSWER,
}
"""What is checked behind INCOMING on a PDU that could be decoded, by its name."""
