"""What happens to a TSDU: its PDUs are decoded from the outside in, checked, and turned into events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.events import CloseRequested, Faulted, Noted, ReceivedPdu, Undecodable
from conform62351.profiles.osi import (
    acse,
    acse_checks,
    negotiation,
    presentation,
    presentation_checks,
    session,
    session_checks,
)
from conform62351.profiles.osi.apdu import (
    AARE,
    AARQ,
    ABRT,
    ACCEPTED,
    RLRE,
    RLRQ,
    UserInformation,
)
from conform62351.profiles.osi.authentication import Authenticator
from conform62351.profiles.osi.ber import Deviation
from conform62351.profiles.osi.environment import Environment
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
from conform62351.profiles.osi.inspection import Inspection
from conform62351.profiles.osi.ppdu import ARP, ARU, CP, CPA, CPR, TD, UD, UserData
from conform62351.profiles.osi.presentation_checks import pdvs_of
from conform62351.profiles.osi.reactions import Reactions
from conform62351.profiles.osi.sending import Sender
from conform62351.profiles.osi.situation import Situation, State
from conform62351.profiles.osi.spdu import (
    AbortSpdu,
    AcceptSpdu,
    ConnectSpdu,
    DataSpdu,
    DisconnectSpdu,
    FinishSpdu,
    RefuseSpdu,
    Spdu,
)
from conform62351.profiles.policy import CheckTable, Finding, Policy, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.transport.cotp import DT

_TABLES: Final[dict[str, CheckTable[Inspection[Any]]]] = {
    **session_checks.TABLES,
    **presentation_checks.TABLES,
    **acse_checks.TABLES,
}
_LAST_WORDS: Final = (RefuseSpdu, DisconnectSpdu, AbortSpdu)
"""After these nothing can be answered: whatever is wrong in them is noted."""
_ROLES: Final[dict[type, Role]] = {
    ConnectSpdu: Role.SERVER,
    AcceptSpdu: Role.CLIENT,
    RefuseSpdu: Role.CLIENT,
}
"""Who can do anything with these SPDUs, in whatever state; the others mean something to both."""
_DATA_TABLES: Final = (session_checks.DT, presentation_checks.TD_TABLE)
"""What is checked on data."""
_OVER: Final = (State.ENDING, State.CLOSED)

_Decoder = Callable[[str, bytes], tuple[Any, tuple[Deviation, ...]]]


class Receiver:
    """Takes TSDUs; keeps the events and the PDUs until they are taken."""

    def __init__(
        self,
        situation: Situation,
        policy: Policy,
        sender: Sender,
        authenticator: Authenticator,
        environment: Environment,
    ) -> None:
        self.events: list[AssociationEvent] = []
        self._situation = situation
        self._policy = policy
        self._reactions = Reactions(situation, sender, environment)
        self._environment = environment
        self._authenticator = authenticator
        self._received: list[ReceivedPdu] = []
        self._carrier = ""
        self._last_words = False
        self._protocol_syntax = situation.parameters.protocol_syntax
        self._reads_as_it_is = type(policy).read_octets is Policy.read_octets

    def take_events(self) -> list[AssociationEvent]:
        """Return the events so far, once."""
        events, self.events = self.events, []
        return events

    def take_received(self) -> list[ReceivedPdu]:
        """Return the PDUs so far, once."""
        received, self._received = self._received, []
        return received

    def record(self, received: Iterable[ReceivedPdu]) -> None:
        """Keep PDUs of the layers below."""
        self._received.extend(received)

    def record_up_to_tsdu(self, received: Iterator[ReceivedPdu]) -> None:
        """Keep PDUs of the layers below up to the DT that ends a TSDU."""
        for pdu in received:
            self._received.append(pdu)
            if isinstance(pdu.value, DT) and pdu.value.eot:
                return

    def take_tsdu(self, octets: bytes) -> None:
        """Take one TSDU. Once the association is over it is put on record, and no more."""
        if self._situation.state in _OVER:
            self._record_spdu(octets)
            return
        if self._take_usual_data(octets):
            return
        self._carrier = session.name_of(octets)
        self._last_words = False
        spdu: Spdu | None = self._inspect(self._carrier, octets, lambda _, octets: session.decode(octets))
        handler = _HANDLERS.get(type(spdu))
        if handler is not None and self._situation.role is _ROLES.get(type(spdu), self._situation.role):
            self._last_words = isinstance(spdu, _LAST_WORDS)
            handler(self, spdu)

    def _record_spdu(self, octets: bytes) -> None:
        with suppress(ProtocolError):
            self._received.append(ReceivedPdu(session.name_of(octets), session.decode(octets)[0], octets))

    def _take_usual_data(self, octets: bytes) -> bool:
        """Take data in the usual form, in which no check finds anything; return whether it was that."""
        if self._situation.state is not State.OPEN or not octets.startswith(session.DATA_PREFIX):
            return False
        if not self._reads_as_it_is:
            return False
        pdv = presentation.single_pdv(octets, len(session.DATA_PREFIX))
        if pdv is None or self._situation.accepted.get(pdv.context) != self._protocol_syntax:
            return False
        if not self._policy.keeps(_DATA_TABLES):
            return False
        user_data = octets[len(session.DATA_PREFIX) :]
        self._received.append(ReceivedPdu("SES.DT", DataSpdu(user_data), octets))
        self._received.append(ReceivedPdu("PRES.TD", TD((pdv,)), user_data))
        self.events.append(Data(pdv.context, pdv.octets))
        return True

    def _inspect(self, name: str, octets: bytes, decode: _Decoder, context: int | None = None) -> Any:
        """Decode a PDU and check it; return it, or None when there is none to go on with."""
        pdu = error = None
        deviations: tuple[Deviation, ...] = ()
        try:
            pdu, deviations = decode(name, self._policy.read_octets(name, octets))
        except ProtocolError as found:
            error = found
        else:
            self._received.append(ReceivedPdu(name, pdu, octets))
        table = self._environment.table(_TABLES[name])
        inspection = Inspection(pdu, error, deviations, self._situation, self._carrier, context)
        if not self._passes(table.findings(inspection, self._policy), name, pdu):
            return None
        if error is not None:
            self.events.append(Undecodable(name.partition(".")[0], name, octets, error.message))
        return pdu

    def _passes(self, findings: Iterable[Finding], name: str, pdu: Any) -> bool:
        """Note what was found about the PDU called ``name``, or react; return whether to go on with it."""
        for finding in findings:
            if not self._goes_on(finding, pdu):
                self.events.append(Faulted(finding))
                if self._reactions.carry_out(name.partition(".")[0], finding):
                    self.events.append(CloseRequested())
                return False
            self.events.append(Noted(finding))
        return True

    def _authenticated(self, name: str, apdu: AARQ | AARE) -> bool:
        """Return whether the association goes on as far as its authenticator is concerned."""
        if not self._passes(self._authenticator.findings(apdu, self._situation), name, apdu):
            return False
        identity = self._authenticator.admit()
        if identity is not None:
            self.events.append(identity)
        return True

    def _goes_on(self, finding: Finding, pdu: Any) -> bool:
        reaction = finding.fault.reaction
        if reaction is Reaction.REJECT_CONTEXT and isinstance(pdu, CP):
            # Not an answer to a fault but negotiation, so the policy is not asked.
            self._negotiate(pdu, negotiation.refusals(pdu.contexts or (), self._situation.parameters))
            return True
        return self._last_words or reaction is Reaction.NOTE or not self._policy.reacts(finding)

    def _end(self) -> None:
        self._situation.state = State.CLOSED
        self.events.append(CloseRequested())

    def _ppdu(self, name: str, octets: bytes) -> Any:
        return self._inspect(name, octets, presentation.decode)

    def _apdu(self, name: str, user_data: UserData | None) -> Any:
        """Return the APDU that the first PDV holds; without a PDV there is none."""
        for pdv in pdvs_of(user_data):
            return self._inspect(name, pdv.octets, acse.decode, pdv.context)
        return None

    def _negotiate(self, cp: CP, refused: dict[int, int]) -> None:
        self._situation.propose(cp.contexts or ())
        self._situation.agree(negotiation.results(self._situation.proposed, refused))

    def _take_connect(self, cn: ConnectSpdu) -> None:
        situation = self._situation
        situation.calling_session = cn.calling_selector
        situation.state = State.INDICATED
        situation.propose(())
        cp: CP | None = self._inspect("PRES.CP", cn.user_data, self._decode_proposal)
        if cp is None:
            return
        if not situation.results:
            self._negotiate(cp, {})
        aarq: AARQ | None = self._apdu("ACSE.AARQ", cp.user_data)
        if aarq is not None and self._authenticated("ACSE.AARQ", aarq):
            self.events.append(AssociateIndication(aarq, cp, cn, _carried(aarq.user_information)))

    def _decode_proposal(self, name: str, octets: bytes) -> tuple[Any, tuple[Deviation, ...]]:
        """Decode a CP; what it proposes is known from then on, and nothing of it accepted."""
        ppdu, deviations = presentation.decode(name, octets)
        if isinstance(ppdu, CP):
            self._situation.propose(ppdu.contexts or ())
        return ppdu, deviations

    def _take_accept(self, ac: AcceptSpdu) -> None:
        situation = self._situation
        cpa: CPA | None = self._ppdu("PRES.CPA", ac.user_data)
        if cpa is None:
            return
        if cpa.results is None:
            situation.agree(negotiation.results(situation.proposed, {}))
        else:
            situation.agree(cpa.results)
        aare: AARE | None = self._apdu("ACSE.AARE", cpa.user_data)
        if aare is None:
            return
        if aare.result == ACCEPTED:
            if not self._authenticated("ACSE.AARE", aare):
                return
            situation.state = State.OPEN
            self.events.append(AssociateConfirm(aare, cpa, ac, _carried(aare.user_information)))
        else:
            self.events.append(AssociateReject(aare, cpa, ac, "CPA/ACCEPT", _word(aare)))
            self._end()

    def _take_refuse(self, rf: RefuseSpdu) -> None:
        cpr: CPR | None = self._ppdu("PRES.CPR", rf.user_data) if rf.user_data else None
        aare: AARE | None = None if cpr is None else self._apdu("ACSE.AARE", cpr.user_data)
        form = "REFUSE" if cpr is None else "CPR/REFUSE"
        self.events.append(AssociateReject(aare, cpr, rf, form, _word(aare)))
        self._end()

    def _take_finish(self, fn: FinishSpdu) -> None:
        situation = self._situation
        ud: UD | None = self._ppdu("PRES.UD", fn.user_data) if fn.user_data else None
        rlrq: RLRQ | None = None
        if ud is not None and situation.state not in _OVER:
            rlrq = self._apdu("ACSE.RLRQ", ud.user_data)
        if situation.state in _OVER:
            return
        collision = situation.state in (State.RELEASING, State.COLLISION)
        situation.state = State.COLLISION if collision else State.RELEASE_INDICATED
        situation.release_due = True
        self.events.append(ReleaseIndication(rlrq, collision))

    def _take_disconnect(self, dn: DisconnectSpdu) -> None:
        ud: UD | None = self._ppdu("PRES.UD", dn.user_data) if dn.user_data else None
        rlre: RLRE | None = None if ud is None else self._apdu("ACSE.RLRE", ud.user_data)
        self.events.append(ReleaseConfirm(rlre))
        self._end()

    def _take_abort(self, ab: AbortSpdu) -> None:
        ppdu: ARU | ARP | None = None
        if ab.user_data:
            ppdu = self._ppdu(presentation.abort_name(ab.user_data), ab.user_data)
        if isinstance(ppdu, ARP):
            self.events.append(Aborted("ARP", None, ppdu.provider_reason))
        elif isinstance(ppdu, ARU):
            abrt: ABRT | None = self._apdu("ACSE.ABRT", ppdu.user_data)
            self.events.append(Aborted("ARU", abrt))
        else:
            self.events.append(Aborted("AB"))
        self._end()

    def _take_data(self, dt: DataSpdu) -> None:
        td: TD | None = self._ppdu("PRES.TD", dt.user_data)
        if td is None or self._situation.state in (State.RELEASING, State.COLLISION):
            # Data that arrive behind the own release request are dropped (11-decisions 35).
            return
        self.events.extend(Data(pdv.context, pdv.octets) for pdv in pdvs_of(td.user_data))


_HANDLERS: Final[dict[type, Callable[[Receiver, Any], None]]] = {
    ConnectSpdu: Receiver._take_connect,
    AcceptSpdu: Receiver._take_accept,
    RefuseSpdu: Receiver._take_refuse,
    FinishSpdu: Receiver._take_finish,
    DisconnectSpdu: Receiver._take_disconnect,
    AbortSpdu: Receiver._take_abort,
    DataSpdu: Receiver._take_data,
}
"""What takes each SPDU."""


def _carried(user_information: UserInformation | None) -> bytes:
    """Return the PDU that the first EXTERNAL carries."""
    return user_information[0].octets if user_information else b""


def _word(aare: AARE | None) -> bytes | None:
    """Return what a rejecting AARE says, None when it says nothing."""
    return _carried(aare.user_information) if aare is not None and aare.user_information else None
