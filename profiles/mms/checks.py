"""What both sides check on every MMS PDU that arrives, as one ordered table of named steps.

The reaction IGNORE means that the PDU is not carried out; the fault says what the peer is told, if anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from conform62351.profiles.mms.codec import Malformed, MmsError, MmsPdu
from conform62351.profiles.mms.data import nesting
from conform62351.profiles.mms.names import DataAccessError, Reject, ServiceError, reject
from conform62351.profiles.mms.negotiation import InitiateParameters, Negotiated
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step


@dataclass(frozen=True, slots=True)
class MmsFault(Fault):
    """A fault and what the peer is told: ``group`` is an alternative of rejectReason or errorClass.

    The number goes by the name ``code`` in ``parameters``; without one the peer is told nothing.
    """

    group: str = ""

    @property
    def code(self) -> int | None:
        """The reject reason, error code or DataAccessError to send."""
        return dict(self.parameters).get("code")


def told(detail: str, answer: Reject | ServiceError | DataAccessError) -> MmsFault:
    """Return a fault that the peer is told of by ``answer``."""
    match answer:
        case Reject(reason=group, code=code) | ServiceError(error_class=group, code=code):
            return MmsFault(detail, Reaction.IGNORE, (("code", code),), group)
    return MmsFault(detail, Reaction.IGNORE, (("code", int(answer)),))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was sent: its service, and how many results it must bring, where that is known."""

    service: str
    results: int | None = None


@dataclass(slots=True)
class State:
    """Where one side of an association stands.

    ``served`` are the services that it answers or takes; ``outstanding`` the peer's requests that it has not
    answered, ``requests`` its own that have no answer, both by invokeID. ``cancelling``
    are those of its requests that it wants cancelled.
    """

    own: InitiateParameters
    served: frozenset[str]
    negotiated: Negotiated | None = None
    initiating: bool = False
    concluding: bool = False
    outstanding: dict[int, Any] = field(default_factory=dict)
    requests: dict[int, Asked] = field(default_factory=dict)
    cancelling: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A PDU that has arrived, decoded, or the reason why not; and where the session stands."""

    octets: bytes
    pdu: MmsPdu | None
    error: MmsError | None
    state: State

    def malformed(self, kind: Malformed) -> MmsError | None:
        """Return the decoding error if it is of this kind."""
        return self.error if self.error is not None and self.error.malformed is kind else None

    def request(self) -> Mapping[str, Any] | None:
        """Return the Confirmed-RequestPDU, if the PDU is one."""
        pdu = self.pdu
        value: Mapping[str, Any] | None = None
        if pdu is not None and pdu.name == "confirmed-RequestPDU":
            value = pdu.value
        return value


INVALID: Final[Mapping[str, Reject]] = {
    "confirmed-RequestPDU": reject("confirmed-requestPDU", "invalid-argument"),
    "confirmed-ResponsePDU": reject("confirmed-responsePDU", "invalid-result"),
    "confirmed-ErrorPDU": reject("confirmed-errorPDU", "invalid-serviceError"),
    "unconfirmed-PDU": reject("unconfirmedPDU", "invalid-argument"),
    "cancel-RequestPDU": reject("cancel-requestPDU", "invalid-invokeID"),
    "cancel-ResponsePDU": reject("cancel-responsePDU", "invalid-invokeID"),
    "cancel-ErrorPDU": reject("cancel-errorPDU", "invalid-serviceError"),
    "conclude-RequestPDU": reject("conclude-requestPDU", "invalid-argument"),
    "conclude-ResponsePDU": reject("conclude-responsePDU", "invalid-result"),
    "conclude-ErrorPDU": reject("conclude-errorPDU", "invalid-serviceError"),
}
"""How a PDU is rejected whose content is not as it must be; another one is an invalid-pdu."""


_SERVICES: Final = {"cancel-RequestPDU": "cancel", "conclude-RequestPDU": "conclude"}
_UNSERVED: Final[Mapping[str, Reject]] = {
    "confirmed-RequestPDU": reject("confirmed-requestPDU", "unrecognized-service"),
    "unconfirmed-PDU": reject("unconfirmedPDU", "unrecognized-service"),
    "cancel-RequestPDU": reject("cancel-requestPDU", "other"),
    "conclude-RequestPDU": reject("conclude-requestPDU", "other"),
}
"""How a PDU is rejected whose service this side does not have."""


def _size(incoming: Incoming) -> Fault | None:
    limit = incoming.state.own.local_detail
    if limit is None or len(incoming.octets) <= limit:
        return None
    return told(f"{len(incoming.octets)} octets, {limit} at most", reject("pdu-error", "invalid-pdu"))


def _ber(incoming: Incoming) -> Fault | None:
    found = incoming.malformed(Malformed.BER)
    return None if found is None else told(str(found), reject("pdu-error", "invalid-pdu"))


def _pdu_type(incoming: Incoming) -> Fault | None:
    found = incoming.malformed(Malformed.PDU_TYPE)
    return None if found is None else told(str(found), reject("pdu-error", "unknown-pdu-type"))


def _known_service(incoming: Incoming) -> Fault | None:
    found = incoming.malformed(Malformed.SERVICE)
    if found is None:
        return None
    group = "confirmed-requestPDU" if found.pdu == "confirmed-RequestPDU" else "unconfirmedPDU"
    return told(str(found), reject(group, "unrecognized-service"))


def _content(incoming: Incoming) -> Fault | None:
    found = incoming.malformed(Malformed.CONTENT)
    if found is None:
        return None
    if found.pdu == "rejectPDU":
        return Fault(str(found), Reaction.IGNORE)
    return told(str(found), INVALID.get(found.pdu or "", reject("pdu-error", "invalid-pdu")))


def _initiated(incoming: Incoming) -> Fault | None:
    pdu = incoming.pdu
    if incoming.state.negotiated is not None or pdu is None or pdu.name.startswith("initiate-"):
        return None
    return Fault(f"{pdu.name} before initiate", Reaction.ABORT)


def _initiate_in_place(incoming: Incoming) -> Fault | None:
    pdu, state = incoming.pdu, incoming.state
    if pdu is None or not pdu.name.startswith("initiate-"):
        return None
    if pdu.name == "initiate-RequestPDU":
        in_place = state.negotiated is None and not state.initiating
    else:
        in_place = state.initiating
    return None if in_place else told(f"{pdu.name} out of place", reject("pdu-error", "illegal-acse-mapping"))


def _solicited(incoming: Incoming) -> Fault | None:
    pdu, state = incoming.pdu, incoming.state
    if pdu is None:
        return None
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


def _same_service(incoming: Incoming) -> Fault | None:
    pdu = incoming.pdu
    if pdu is None or pdu.name != "confirmed-ResponsePDU":
        return None
    asked = incoming.state.requests.get(pdu.value["invokeID"])
    answered = pdu.value["service"][0]
    if asked is None or asked.service == answered:
        return None
    message = f"{answered} answers a request for {asked.service}"
    return told(message, reject("confirmed-responsePDU", "unrecognized-service"))


def _result_count(incoming: Incoming) -> Fault | None:
    pdu = incoming.pdu
    if pdu is None or pdu.name != "confirmed-ResponsePDU":
        return None
    asked = incoming.state.requests.get(pdu.value["invokeID"])
    service, result = pdu.value["service"]
    if asked is None or asked.results is None or asked.service != service:
        return None
    count = len(result["listOfAccessResult"] if service == "read" else result)
    if count == asked.results:
        return None
    message = f"{count} results for {asked.results} variables"
    return told(message, reject("confirmed-responsePDU", "invalid-result"))


def _supported_service(incoming: Incoming) -> Fault | None:
    pdu = incoming.pdu
    if pdu is None or pdu.name not in _UNSERVED:
        return None
    service = _SERVICES.get(pdu.name) or pdu.value["service"][0]
    if service in incoming.state.served:
        return None
    return told(f"{service} is not served", _UNSERVED[pdu.name])


def _modifier(incoming: Incoming) -> Fault | None:
    request = incoming.request()
    if request is None or "listOfModifier" not in request:
        return None
    return told("a request with modifiers", reject("confirmed-requestPDU", "unrecognized-modifier"))


def _invoke_id(incoming: Incoming) -> Fault | None:
    request = incoming.request()
    if request is None or request["invokeID"] not in incoming.state.outstanding:
        return None
    message = f"invokeID {request['invokeID']} is in use"
    return told(message, reject("confirmed-requestPDU", "invalid-invokeID"))


def _outstanding(incoming: Incoming) -> Fault | None:
    agreed, waiting = incoming.state.negotiated, len(incoming.state.outstanding)
    if agreed is None or incoming.request() is None or waiting < agreed.max_outstanding_calling:
        return None
    return told(
        f"{waiting} requests are outstanding", reject("confirmed-requestPDU", "max-serv-outstanding-exceeded")
    )


def _nesting_level(incoming: Incoming) -> Fault | None:
    request, agreed = incoming.request(), incoming.state.negotiated
    if request is None or request["service"][0] != "write" or agreed is None or agreed.nesting_level is None:
        return None
    deepest = max((nesting(data) for data in request["service"][1]["listOfData"]), default=0)
    if deepest <= agreed.nesting_level:
        return None
    message = f"data nested to level {deepest}, {agreed.nesting_level} was agreed"
    return told(message, reject("confirmed-requestPDU", "max-recursion-exceeded"))


def _form(incoming: Incoming) -> Fault | None:
    if incoming.pdu is None or not incoming.pdu.anomalies:
        return None
    first = incoming.pdu.anomalies[0]
    return Fault(f"{first.code} at octet {first.offset}: {first.message}", Reaction.NOTE)


_PDUS: Final = "ISO 9506-2 7"
_INITIATE: Final = "ISO 9506-2 8"
_VARIABLES: Final = "ISO 9506-2 14"

INCOMING: Final = CheckTable(
    "MMS.incoming",
    (
        Step("MMS.1", "size", _INITIATE, "I", _size),
        Step("MMS.2", "ber", _PDUS, "R", _ber),
        Step("MMS.3", "pdu-type", _PDUS, "R", _pdu_type),
        Step("MMS.4", "known-service", _PDUS, "R", _known_service),
        Step("MMS.5", "content", _PDUS, "R", _content),
        Step("MMS.6", "initiated", _INITIATE, "I", _initiated),
        Step("MMS.7", "initiate-in-place", _INITIATE, "I", _initiate_in_place),
        Step("MMS.8", "solicited", _PDUS, "R", _solicited),
        Step("MMS.9", "same-service", _PDUS, "R", _same_service),
        Step("MMS.10", "result-count", _VARIABLES, "R", _result_count),
        Step("MMS.11", "supported-service", _INITIATE, "R", _supported_service),
        Step("MMS.12", "modifier", _PDUS, "R", _modifier),
        Step("MMS.13", "invokeID", _PDUS, "R", _invoke_id),
        Step("MMS.14", "outstanding", _INITIATE, "R", _outstanding),
        Step("MMS.15", "nesting-level", _INITIATE, "R", _nesting_level),
        Step("MMS.16", "form", "X.690", "R", _form),
    ),
)
