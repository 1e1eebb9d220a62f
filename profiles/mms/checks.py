"""What both sides check on every MMS PDU that arrives, as an ordered table of named steps.

The reaction IGNORE means that the PDU is not carried out; the fault says what the peer is told, if anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from conform62351.profiles.mms.codec import Malformed, MmsError, MmsPdu
from conform62351.profiles.mms.names import DataAccessError, Reject, ServiceError, reject
from conform62351.profiles.mms.negotiation import InitiateParameters, Negotiated
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step


class MmsFault(Fault, frozen=True):
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


class Asked(msgspec.Struct, frozen=True):
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


class Incoming(msgspec.Struct, frozen=True):
    """A PDU that has arrived, decoded, or the reason why not; and where the session stands."""

    octets: bytes
    pdu: MmsPdu | None
    error: MmsError | None
    state: State

    def malformed(self, kind: Malformed) -> MmsError | None:
        """Return the decoding error if it is of this kind."""
        return self.error if self.error is not None and self.error.malformed is kind else None


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


REJECT: Final = b"\xa4"
"""The identifier octet of a rejectPDU."""


def _size(incoming: Incoming) -> Fault | None:
    state = incoming.state
    limit = state.own.local_detail if state.negotiated is None else state.negotiated.local_detail
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


def _form(incoming: Incoming) -> Fault | None:
    if incoming.pdu is None or not incoming.pdu.anomalies:
        return None
    first = incoming.pdu.anomalies[0]
    return Fault(f"{first.code} at octet {first.offset}: {first.message}", Reaction.NOTE)


def _no_reject(incoming: Incoming) -> Fault | None:
    if incoming.octets[:1] != REJECT:
        return None
    return Fault("what begins as a reject is not answered with one", Reaction.IGNORE)


PDUS: Final = "ISO 9506-2 7"
INITIATION: Final = "ISO 9506-2 8"

INCOMING: Final = CheckTable(
    "MMS.incoming",
    (
        Step("MMS.1", "size", INITIATION, "I", _size),
        Step("MMS.2", "ber", PDUS, "R", _ber),
        Step("MMS.3", "pdu-type", PDUS, "R", _pdu_type),
        Step("MMS.4", "known-service", PDUS, "R", _known_service),
        Step("MMS.5", "content", PDUS, "R", _content),
        Step("MMS.6", "form", "X.690", "R", _form),
        Step("MMS.7", "initiated", INITIATION, "I", _initiated),
        Step("MMS.8", "initiate-in-place", INITIATION, "I", _initiate_in_place),
    ),
)

REJECTING: Final = CheckTable("MMS.rejecting", (Step("MMS.38", "no-reject", PDUS, "I", _no_reject),))
"""What is checked before a PDU is rejected; with a fault it is not."""
