"""From the events of the association machine to observations, and to the PDUs that steps look into."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.events import Closed, CloseRequested, Undecodable
from conform62351.profiles.mms.codec import MmsPdu, decode_pdu
from conform62351.profiles.osi import acse
from conform62351.profiles.osi import association as osi
from conform62351.profiles.osi.events import PeerIdentity
from conform62351.profiles.osi.parameters import ACSE_SYNTAX
from conform62351.profiles.policy import Finding
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.judging import ENCODING, UNKNOWN, Observation
from conform62351.tooling.engine.mms_end import FOUND, REQUESTS, MmsEnd, facts
from conform62351.tooling.engine.native_end import NativeEnd
from conform62351.tooling.engine.native_judging import SECPDU

MAXIMUM_PENDING = 10_000
LAST_WORDS = ("SES.RF", "SES.DN", "SES.AB")
"""What ends a session connection for good: its sender has nothing more to say (X.225, 7)."""
NATIVE = "E2E"
"""Where steps look into what native mode came to, and the layer of what is no SecPDU."""


class Interpreter:
    """What the device on one connection has done.

    ``pdus`` holds the latest PDU of every name, ``seen`` the observations that nobody has taken yet,
    ``initiate`` the MMS PDU of an AARQ that is not answered, ``release`` the one that a ReleaseReq carried.
    What a check has found goes to ``findings``; ``identified`` is told who the peer is, ``native`` of
    everything in native mode.
    """

    def __init__(
        self,
        association: osi.Association,
        mms: MmsEnd,
        findings: list[Finding],
        identified: Callable[[PeerIdentity], None] | None = None,
        native: NativeEnd | None = None,
    ) -> None:
        self.pdus: dict[str, Any] = {}
        self.seen: deque[Observation] = deque()
        self.initiate = b""
        self.release: bytes | None = None
        self._association = association
        self._mms = mms
        self._findings = findings
        self._identified = identified
        self._native = native
        self._over = False

    def overhear(self, names: Iterable[str]) -> None:
        """Take the names of PDUs as they came; an SPDU behind the device's last words is an observation."""
        for name in names:
            if self._over and name.startswith("SES."):
                self._see(Kind.ANSWER, name, "behind the end")
            self._over = self._over or name in LAST_WORDS

    def interpret(self, events: Iterable[Any]) -> None:
        """Take events of the machine, in their order."""
        for event in events:
            if self._native is not None:
                self._native.take(event)
                self.pdus[NATIVE] = self._native.facts
            if isinstance(event, FOUND):
                self._findings.append(event.finding)
            else:
                self._observe_event(event)

    def _observe_event(self, event: Any) -> None:
        match event:
            case osi.Data(context=context, octets=octets):
                if self._association.contexts.get(context) == ACSE_SYNTAX:
                    self._see(Kind.ANSWER, acse.name_of(octets), "as data")
                else:
                    self._observe_mms(octets)
            case osi.TransportConfirm():
                self._see(Kind.TRANSPORT_CONNECTED, "COTP.CC")
            case osi.TransportRefused(dr=dr):
                self._see(Kind.TRANSPORT_REFUSED, "COTP.DR", reason=dr.reason)
            case osi.TransportError(er=er):
                self._see(Kind.TRANSPORT_ERROR, "COTP.ER", cause=er.cause)
            case PeerIdentity():
                if self._identified is not None:
                    self._identified(event)
            case osi.AssociateIndication(user_data=user_data):
                self.initiate = user_data
                self._decoded(user_data)
                self._see(Kind.REQUEST, "ACSE.AARQ")
            case osi.AssociateConfirm(user_data=user_data):
                self._observe_initiate(user_data)
            case osi.AssociateReject():
                self._observe_reject(event)
            case osi.ReleaseIndication(user_data=user_data):
                self.release = user_data
                self._see(Kind.RELEASE_REQUESTED, "ACSE.RLRQ", **self._told())
            case osi.ReleaseConfirm():
                self._see(Kind.RELEASED, "ACSE.RLRE", **self._told())
            case osi.Aborted(form=form, provider_reason=reason):
                told = self._told()
                name = told.pop(SECPDU, form)
                self._see(Kind.ABORTED, name, "" if reason is None else f"provider reason {reason}", **told)
            case Undecodable(layer=layer, name=name, message=message):
                self._undecodable(layer, name, message)
            case CloseRequested() | Closed() | osi.TransportIndication():
                """The tester closes at the end of the conversation; a CR is answered by the machine."""

    def _see(self, kind: Kind, name: str = "", detail: str = "", **fields: Any) -> None:
        if len(self.seen) < MAXIMUM_PENDING:
            if not detail and fields:
                detail = ", ".join([f"{key} {value}" for key, value in fields.items()])
            self.seen.append(Observation(kind, name, detail, fields))

    def _told(self) -> dict[str, Any]:
        """Return what the SecPDU says that ended the association, or is to end it."""
        return {} if self._native is None else self._native.told()

    def _undecodable(self, layer: str, name: str, message: str) -> None:
        fields = {}
        if self._native is not None and layer == NATIVE and self._native.first_unread():
            fields = {ENCODING: UNKNOWN}
        self._see(Kind.UNDECODABLE, name or layer, message, **fields)

    def _observe_initiate(self, user_data: bytes) -> None:
        pdu = self._handled(user_data)
        if pdu is not None:
            self._see(Kind.ASSOCIATED, "ACSE.AARE", mms=pdu.name)

    def _observe_reject(self, event: osi.AssociateReject) -> None:
        aare = event.aare
        fields: dict[str, Any] = {"form": event.form}
        if aare is not None:
            fields |= {"result": aare.result, "source": aare.diagnostic_source, "diagnostic": aare.diagnostic}
        fields |= self._told()
        name = fields.pop(SECPDU, "ACSE.AARE" if aare is not None else "SES.RF")
        self._see(Kind.REJECTED, name, **fields)

    def _observe_mms(self, octets: bytes) -> None:
        if self._association.role is Role.SERVER:
            self._observe_request(octets)
            return
        pdu = self._handled(octets)
        if pdu is not None:
            self._see(Kind.REQUEST if pdu.name in REQUESTS else Kind.ANSWER, pdu.name, **facts(pdu))

    def _observe_request(self, octets: bytes) -> None:
        pdu = self._decoded(octets)
        if pdu is None:
            return
        if pdu.name in REQUESTS:
            self._mms.arrived(pdu)
            self._see(Kind.REQUEST, pdu.name, **facts(pdu))
        else:
            self._see(Kind.ANSWER, pdu.name, **facts(pdu))

    def _handled(self, octets: bytes) -> MmsPdu | None:
        """Have the client take the PDU; return it, or None when it does not decode."""
        found = self._mms.take(octets)
        if found is None:
            return self._decoded(octets)
        self.pdus["MMS." + found.name] = found.value
        return found

    def _decoded(self, octets: bytes) -> MmsPdu | None:
        try:
            pdu = decode_pdu(octets)
        except ProtocolError as error:
            self._see(Kind.UNDECODABLE, "MMS", str(error))
            return None
        self.pdus["MMS." + pdu.name] = pdu.value
        return pdu
