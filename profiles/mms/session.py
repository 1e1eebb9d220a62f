"""What client and server have in common: one end of an MMS environment (ISO 9506-2 7, 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from conform62351.profiles.events import Faulted, Noted
from conform62351.profiles.mms.checks import INCOMING, REJECTING, Incoming, MmsFault, State
from conform62351.profiles.mms.codec import MmsError, MmsPdu, decode_pdu
from conform62351.profiles.mms.messages import (
    CancelConfirm,
    ConcludeConfirm,
    ConcludeIndication,
    Handled,
    MmsMessage,
    RejectReceived,
    make_message,
)
from conform62351.profiles.mms.names import Reject, ServiceError, service_error
from conform62351.profiles.mms.negotiation import InitiateParameters, Negotiated
from conform62351.profiles.mms.pdu_checks import ANSWER, TABLES, Decoded, is_usual_answer
from conform62351.profiles.mms.service_checks import CANCEL, CONCLUDE
from conform62351.profiles.policy import CheckTable, Context, Fault, Policy, Reaction

REQUESTS: Final = frozenset({"confirmed-RequestPDU", "cancel-RequestPDU", "conclude-RequestPDU"})
_ANSWER_TABLES: Final = (INCOMING, ANSWER)
"""What is checked on the answer to a request."""


Receivers = Mapping[str, Callable[[Any, MmsPdu, Handled], None]]
"""What takes a PDU of a session, by its name."""


class Session:
    """One end of an association's MMS environment: what either side does with what arrives.

    ``receivers`` is what takes each PDU; one that only a client or a server takes, its class adds.
    """

    def __init__(self, policy: Policy, own: InitiateParameters, served: frozenset[str]) -> None:
        self.policy = policy
        self._state = State(own, served)

    @property
    def negotiated(self) -> Negotiated | None:
        """What initiate has settled, or None before."""
        return self._state.negotiated

    def conclude(self) -> MmsMessage:
        """Ask the peer to conclude; either side may."""
        self._state.concluding = True
        return self._message("conclude-RequestPDU", None)

    def handle(self, octets: bytes, now: float) -> Handled:
        """Take one PDU from the peer at the time ``now``, in seconds since 1970.

        What ``octets`` are never raises: a fault is an event, Faulted or Noted, and where it is due a reject
        or an error among the replies. The caller aborts or closes when the reaction of a Faulted says so.
        """
        handled = Handled(now)
        pdu = error = None
        try:
            pdu = decode_pdu(octets)
        except MmsError as found:
            error = found
        if pdu is not None and is_usual_answer(pdu, self._state) and self.policy.keeps(_ANSWER_TABLES):
            self.receivers[pdu.name](self, pdu, handled)
            return handled
        about = pdu.name if pdu is not None else error.pdu if error is not None else None
        incoming = Incoming(octets, pdu, error, self._state)
        owed = about in REQUESTS
        fault = self._check(INCOMING, incoming, handled, owed=owed)
        if fault is None and pdu is not None and (table := TABLES.get(pdu.name)) is not None:
            fault = self._check(table, Decoded(pdu, self._state), handled, owed=owed)
        if fault is not None:
            if self._state.negotiated is not None:
                self._reject(fault, incoming, handled)
        elif pdu is not None and (receive := self.receivers.get(pdu.name)) is not None:
            receive(self, pdu, handled)
        self._withhold(handled)
        return handled

    def _message(self, pdu: str, value: Any, invoke_id: int | None = None) -> MmsMessage:
        message = make_message(self.policy, pdu, value, invoke_id)
        assert message is not None
        return message

    def _limited_message(self, pdu: str, value: Any, invoke_id: int | None = None) -> MmsMessage | None:
        """Return the message, or None when it is longer than the PDU size that was agreed."""
        agreed = self._state.negotiated
        return make_message(self.policy, pdu, value, invoke_id, agreed.local_detail if agreed else None)

    def _check(
        self, table: CheckTable[Context], context: Context, handled: Handled, *, owed: bool = True
    ) -> Fault | None:
        """Return the fault that stands, if any, having made events of what was found up to it.

        A request is ``owed`` an answer, if only an error or a reject; the policy is not asked about that. It
        is asked whether to react where the association ends, and where an answer of the peer is dropped.
        """
        for finding in table.findings(context, self.policy):
            reaction = finding.fault.reaction
            answers = owed and reaction is Reaction.IGNORE
            if reaction is not Reaction.NOTE and (answers or self.policy.reacts(finding)):
                handled.events.append(Faulted(finding))
                return finding.fault
            handled.events.append(Noted(finding))
        return None

    @staticmethod
    def _withhold(handled: Handled) -> None:
        """Take back the replies when a fault ends the association."""
        if any(
            isinstance(event, Faulted) and event.finding.fault.reaction is not Reaction.IGNORE
            for event in handled.events
        ):
            handled.replies.clear()

    def _reject(self, fault: Fault, incoming: Incoming, handled: Handled) -> None:
        """Tell the peer of the fault, where it is one to tell of."""
        if not isinstance(fault, MmsFault) or fault.code is None:
            return
        if REJECTING.findings(incoming, self.policy):
            return
        about = incoming.error.invoke_id if incoming.error is not None else None
        if incoming.pdu is not None:
            about = _invoke_id(incoming.pdu)
        handled.replies.append(
            self._message("rejectPDU", Reject(fault.group, fault.code).value(about), about)
        )

    @staticmethod
    def _error(fault: Fault) -> ServiceError:
        """Return the service error that a fault is told by."""
        if isinstance(fault, MmsFault) and fault.code is not None:
            return ServiceError(fault.group, fault.code)
        return service_error("others", "other")

    def _take_reject(self, pdu: MmsPdu, handled: Handled) -> None:
        invoke_id = pdu.value.get("originalInvokeID")
        reason = Reject(*pdu.value["rejectReason"])
        if reason.reason == "confirmed-requestPDU" and invoke_id is not None:
            self._state.requests.pop(invoke_id, None)
        elif reason.reason == "cancel-requestPDU" and invoke_id is not None:
            self._state.cancelling.discard(invoke_id)
        elif reason.reason == "conclude-requestPDU":
            self._state.concluding = False
        handled.events.append(RejectReceived(invoke_id, reason, pdu))

    def _take_cancel(self, pdu: MmsPdu, handled: Handled) -> None:
        """Cancel an outstanding request, which then fails by service-preempt (in this order: I)."""
        fault = self._check(CANCEL, (pdu.value, self._state), handled)
        if fault is not None:
            value = {"originalInvokeID": pdu.value, "serviceError": self._error(fault).value()}
            handled.replies.append(self._message("cancel-ErrorPDU", value))
            return
        handled.replies.append(self._message("cancel-ResponsePDU", pdu.value))
        if self._state.outstanding.pop(pdu.value, None) is not None:
            error = service_error("service-preempt", "cancel")
            value = {"invokeID": pdu.value, "serviceError": error.value()}
            handled.replies.append(self._message("confirmed-ErrorPDU", value, pdu.value))

    def _take_cancel_response(self, pdu: MmsPdu, handled: Handled) -> None:
        self._state.cancelling.discard(pdu.value)
        handled.events.append(CancelConfirm(pdu.value, pdu))

    def _take_cancel_error(self, pdu: MmsPdu, handled: Handled) -> None:
        invoke_id = pdu.value["originalInvokeID"]
        self._state.cancelling.discard(invoke_id)
        handled.events.append(CancelConfirm(invoke_id, pdu, received_error(pdu.value["serviceError"])))

    def _take_conclude(self, pdu: MmsPdu, handled: Handled) -> None:
        fault = self._check(CONCLUDE, self._state, handled)
        if fault is not None:
            handled.replies.append(self._message("conclude-ErrorPDU", self._error(fault).value()))
            return
        handled.replies.append(self._message("conclude-ResponsePDU", None))
        handled.events.append(ConcludeIndication(pdu))

    def _take_conclude_response(self, pdu: MmsPdu, handled: Handled) -> None:
        self._state.concluding = False
        handled.events.append(ConcludeConfirm(pdu))

    def _take_conclude_error(self, pdu: MmsPdu, handled: Handled) -> None:
        self._state.concluding = False
        handled.events.append(ConcludeConfirm(pdu, received_error(pdu.value)))

    receivers: ClassVar[Receivers] = {
        "rejectPDU": _take_reject,
        "cancel-RequestPDU": _take_cancel,
        "cancel-ResponsePDU": _take_cancel_response,
        "cancel-ErrorPDU": _take_cancel_error,
        "conclude-RequestPDU": _take_conclude,
        "conclude-ResponsePDU": _take_conclude_response,
        "conclude-ErrorPDU": _take_conclude_error,
    }


def _invoke_id(pdu: MmsPdu) -> int | None:
    """Return the invokeID that a PDU is about, if any."""
    value = pdu.value
    return value.get("invokeID", value.get("originalInvokeID")) if isinstance(value, dict) else value


def received_error(value: Mapping[str, Any]) -> ServiceError:
    """Return the error that a ServiceError of the module tells."""
    return ServiceError(*value["errorClass"])
