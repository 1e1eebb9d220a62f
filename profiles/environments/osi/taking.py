"""What becomes of an event of ACSE or presentation: its SecPDU is taken, and the protected PDU let on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from conform62351.profiles.environments.osi.bond import Bond
from conform62351.profiles.environments.osi.checks import ACC_TABLE, REQ_TABLE
from conform62351.profiles.environments.osi.environment import OSI_DIAGNOSTICS
from conform62351.profiles.environments.osi.events import (
    UNVERIFIED,
    PeerHandshake,
    SecPduTaken,
    Transferred,
)
from conform62351.profiles.environments.osi.sending import SecPduSender
from conform62351.profiles.events import CloseRequested, Faulted, Noted, ReceivedPdu, Undecodable
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.identity import NumbersTakenError
from conform62351.profiles.native.outcomes import diagnostic_of
from conform62351.profiles.native.secpdus import (
    Handshake,
    OsiFault,
    WithApplData,
)
from conform62351.profiles.native.taken import Taken
from conform62351.profiles.native.transfer import ReceivedTransfer
from conform62351.profiles.osi.apdu import (
    REJECTED_PERMANENT,
    REJECTED_TRANSIENT,
    AeQualifier,
    ApTitle,
    UserInformation,
)
from conform62351.profiles.osi.events import (
    Aborted,
    AssociateConfirm,
    AssociateIndication,
    AssociateReject,
    AssociationEvent,
    Data,
    ReleaseConfirm,
    ReleaseIndication,
)
from conform62351.profiles.osi.receiving import Receiver
from conform62351.profiles.osi.situation import Situation, State
from conform62351.profiles.policy import Fault, Finding, Policy, Reaction

_LIKELY: Final = {
    Carrier.AARQ: "E2E.HandshakeReq",
    Carrier.AARE: "E2E.HandshakeAcc",
}
"""What octets that do not decode most likely were, where that is nothing with a ClearToken3."""
_ICV: Final = "E2E.DT.6"


class Taker:
    """Takes the events of one association, packet by packet, and gives those of native mode."""

    def __init__(
        self, situation: Situation, receiver: Receiver, sender: SecPduSender, bond: Bond, policy: Policy
    ) -> None:
        self.events: list[AssociationEvent] = []
        """Events to be given with the next ones."""
        self.release_data = False
        """Whether the ReleaseReq of the peer carried a PDU of the protected protocol."""
        self._situation = situation
        self._receiver = receiver
        self._sender = sender
        self._bond = bond
        self._policy = policy
        self._handlers: Mapping[type, Callable[[Any], None]] = {
            Data: self._data,
            AssociateIndication: self._indication,
            AssociateConfirm: self._confirm,
            AssociateReject: self._reject,
            ReleaseIndication: self._release,
            ReleaseConfirm: self._released,
            Aborted: self._aborted,
        }

    def take(self, events: Iterable[AssociationEvent]) -> None:
        """Take the events of one packet."""
        for event in events:
            handler = self._handlers.get(type(event))
            if handler is None:
                self.events.append(event)
            else:
                handler(event)

    def take_events(self) -> list[AssociationEvent]:
        """Return the events so far, once."""
        events, self.events = self.events, []
        return events

    def end(self) -> None:
        """End the association from this side: the abort is on its way."""
        self._situation.state = State.ENDING
        self._situation.release_due = False
        self.events.append(CloseRequested())

    def tell(self, findings: Iterable[Finding]) -> bool:
        """Tell what a table has found; return whether the association goes on."""
        for finding in findings:
            if finding.fault.reaction is not Reaction.NOTE and self._policy.reacts(finding):
                self.events.append(Faulted(finding))
                return False
            self.events.append(Noted(finding))
        return True

    def _indication(self, event: AssociateIndication) -> None:
        aarq = event.aarq
        title = title_of(aarq.calling_ap_title, aarq.calling_ae_qualifier)
        try:
            handshake = self._bond.indicate(title)
        except NumbersTakenError as error:
            self._refuse_for_now(str(error))
            return
        octets = _carried(aarq.user_information) or b""
        taken = handshake.take_request(octets)
        if self._passes(Carrier.AARQ, taken, octets):
            self.tell(REQ_TABLE.findings(self._bond.meets(taken), self._policy))
            self._admit(taken)
            data = taken.application_data or b""
            self.events.append(msgspec.structs.replace(event, user_data=data))
        elif taken.answer is not None:
            self._sender.reject(taken.answer, REJECTED_PERMANENT)
            self.end()

    def _refuse_for_now(self, detail: str) -> None:
        """Refuse an association that there is no number for: the cause passes by itself (decision 36)."""
        fault = Fault(detail, Reaction.REFUSE)
        finding = Finding("E2E.OSI.AARQ.5", "number-left", "IEC 62351-4, 13.1", "I", fault)
        self._sender.refuse(REJECTED_TRANSIENT)
        self.events.append(Faulted(finding))
        self.end()

    def _confirm(self, event: AssociateConfirm) -> None:
        handshake = self._bond.client
        if handshake is None:
            self.events.append(event)
            return
        octets = _carried(event.aare.user_information) or b""
        taken = handshake.take_response(octets, rejecting=False)
        if not self._passes(Carrier.AARE, taken, octets):
            self._answer(taken)
            return
        self._admit(taken)
        if taken.established is not None:
            self.events.append(self._bond.establish(taken.established))
        data = taken.application_data or b""
        if not self.tell(ACC_TABLE.findings(data, self._policy)):
            self._sender.abort(handshake.appl_abort())
            self.end()
            return
        self.events.append(msgspec.structs.replace(event, user_data=data))

    def _reject(self, event: AssociateReject) -> None:
        handshake = self._bond.client
        information = None if event.aare is None else event.aare.user_information
        octets = self._secpdu(information)
        if handshake is None or octets is None:
            # Without a SecPDU it is a fault of the environment that the other side has found.
            self.events.append(msgspec.structs.replace(event, user_data=None))
            return
        taken = handshake.take_response(octets, rejecting=True)
        self._told(Carrier.AARE, taken, octets)
        self.events.append(msgspec.structs.replace(event, user_data=taken.application_data))

    def _release(self, event: ReleaseIndication) -> None:
        exchange = self._bond.exchange
        octets = None if event.rlrq is None else _carried(event.rlrq.user_information)
        if exchange is None or octets is None:
            self.events.append(event)
            return
        taken = exchange.take_release_request(octets)
        if not self._passes(Carrier.RLRQ, taken, octets):
            self._answer(taken)
            return
        self.events.append(SecPduTaken(_name(Carrier.RLRQ, taken), taken))
        pdu = taken.pdu
        self.release_data = isinstance(pdu, WithApplData) and pdu.applData is not None
        self.events.append(msgspec.structs.replace(event, user_data=taken.application_data))

    def _released(self, event: ReleaseConfirm) -> None:
        exchange = self._bond.exchange
        octets = self._secpdu(None if event.rlre is None else event.rlre.user_information)
        if exchange is None or octets is None:
            self.events.append(event)
            return
        taken = exchange.take_release_response(octets)
        self._told(Carrier.RLRE, taken, octets)
        self.events.append(msgspec.structs.replace(event, user_data=taken.application_data))

    def _aborted(self, event: Aborted) -> None:
        exchange = self._bond.exchange
        octets = self._secpdu(None if event.abrt is None else event.abrt.user_information)
        if exchange is None or octets is None:
            self.events.append(event)
            return
        taken = exchange.take_abort(octets)
        self._told(Carrier.ABRT, taken, octets)
        self.events.append(msgspec.structs.replace(event, user_data=taken.application_data))

    def _data(self, event: Data) -> None:
        if self._situation.state in (State.ENDING, State.CLOSED):
            return
        transfer = self._bond.transfer
        if event.context != self._situation.protocol_context:
            # Only a policy that goes on lets data in another context come as far as this.
            self.events.append(event)
            return
        if transfer is None:
            self.events.append(Undecodable("E2E", "E2E", event.octets, "no keys have been agreed"))
            return
        found = self._bond.search(event.octets)
        if found is not None:
            self.events.append(found)
        received = transfer.receive(event.octets)
        pdu, fault = received.pdu, received.fault
        if pdu is not None:
            name = f"E2E.{type(pdu).__name__}"
            self._receiver.record((ReceivedPdu(name, pdu, event.octets),))
        self.events.append(Transferred(received))
        for finding in received.noted:
            self.events.append(Noted(finding))
        if fault is not None:
            if received.applData is not None:
                self.events.append(Data(event.context, received.applData))
            self.events.append(Faulted(fault))
            self._fault_in_data(fault)
            return
        changed = self._bond.change()
        if changed is not None:
            self.events.append(changed)
        if received.applData is None:
            self.events.append(self._unreadable(event.octets, received))
        else:
            self.events.append(Data(event.context, received.applData))

    def _unreadable(self, octets: bytes, received: ReceivedTransfer) -> Undecodable:
        if self._bond.unfit and any(finding.step == _ICV for finding in received.noted):
            message = "the first data verify under no reading of how keys are derived (13.3.1.3)"
            return Undecodable("E2E", UNVERIFIED, octets, message)
        return Undecodable("E2E", "E2E", octets, "no data transfer that can be read")

    def _fault_in_data(self, fault: Finding) -> None:
        exchange = self._bond.exchange
        if exchange is not None:
            self._sender.abort(exchange.dt_sec_abort(diagnostic_of(fault.fault)))
        self.end()

    def _passes(self, carrier: Carrier, taken: Taken, octets: bytes) -> bool:
        """Tell what was found in a SecPDU; return whether the association goes on."""
        if taken.fault is not None:
            self._told(carrier, taken, octets)
            return False
        self._record(carrier, taken, octets)
        return True

    def _told(self, carrier: Carrier, taken: Taken, octets: bytes) -> None:
        """Tell of a SecPDU after which the association is over, and of what was found in it."""
        self._record(carrier, taken, octets)
        self.events.append(SecPduTaken(_name(carrier, taken), taken))

    def _record(self, carrier: Carrier, taken: Taken, octets: bytes) -> None:
        name = _name(carrier, taken)
        if taken.pdu is not None:
            self._receiver.record((ReceivedPdu(name, taken.pdu, octets),))
        for finding in taken.findings:
            kind = Faulted if finding is taken.fault else Noted
            self.events.append(kind(finding))
        if taken.pdu is None and taken.fault is None:
            self.events.append(Undecodable("E2E", name, octets, "no SecPDU that can be read"))

    def _admit(self, taken: Taken) -> None:
        pdu = taken.pdu
        self.events.append(PeerHandshake(pdu if isinstance(pdu, Handshake) else None, taken))

    def _answer(self, taken: Taken) -> None:
        if taken.answer is not None:
            self._sender.abort(taken.answer)
        self.end()

    def _secpdu(self, information: UserInformation | None) -> bytes | None:
        """Return what the EXTERNAL of the E2E context holds, None without one."""
        number = self._situation.protocol_context
        for external in information or ():
            if external.indirect_reference in (None, number):
                return external.octets
        return None


def title_of(ap_title: ApTitle | None, ae_qualifier: AeQualifier | None) -> str | None:
    """Return a title as the subject of a certificate has it: AP-title, then AE-qualifier; None without."""
    if isinstance(ap_title, str) and ap_title and isinstance(ae_qualifier, int):
        return f"{ap_title}.{ae_qualifier}"
    return None


def _carried(information: UserInformation | None) -> bytes | None:
    """Return what the first EXTERNAL holds, None without one."""
    return information[0].octets if information else None


def _name(carrier: Carrier, taken: Taken) -> str:
    pdu = taken.pdu
    if isinstance(pdu, OsiFault):
        return OSI_DIAGNOSTICS
    if pdu is not None:
        return f"E2E.{type(pdu).__name__}"
    return _LIKELY[carrier] if taken.kind is None else f"E2E.{taken.kind.__name__}"
