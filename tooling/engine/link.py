"""The tester's end of one connection: a channel, the association machine over it, and MMS on top.

It turns the machine's events into observations, writes every octet to the event log, and carries the
mutations of the step in force.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.events import Closed, CloseRequested, Undecodable
from conform62351.profiles.mms.codec import MmsPdu, decode_pdu
from conform62351.profiles.mms.messages import MmsMessage
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.osi import acse
from conform62351.profiles.osi import association as osi
from conform62351.profiles.osi.parameters import ACSE_SYNTAX
from conform62351.profiles.policy import Finding
from conform62351.profiles.role import Role
from conform62351.reports.model.events import Received, Sent
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.mms_end import FOUND, REQUESTS, MmsEnd, facts
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.steps import AnswerAssociation, SendingStep
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.errors import SendIncomplete
from conform62351.tooling.net.flow import End

ENDS = {End.CLOSED: Kind.CLOSED, End.RESET: Kind.RESET, End.TIMEOUT: Kind.TIMEOUT}
MAXIMUM_PENDING = 10_000
MOST_RECEIVED = 32 * 1024 * 1024
"""Octets that the tester reads from one connection: a device that floods it fills no disk."""
UNDER_WAY_S = 0.02
GATHER_S = 1.0
PRESENTATION = "presentation"
"""Where an MMS PDU is injected: beside the layers of the association machine."""


class StimulusBroken(Exception):
    """The tester could not put the whole stimulus on the wire."""


class Link:
    """One connection of a conversation, seen from the tester."""

    def __init__(
        self,
        number: int,
        role: Role,
        channel: Channel,
        dut: Dut,
        log: RunLog,
        *,
        tpdu_size: int | None = None,
        not_known: str = "",
    ) -> None:
        self.number = number
        self.role = role
        self.policy = StimulusPolicy()
        self.pdus: dict[str, Any] = {}
        self.names: tuple[str, ...] = ()
        self.findings: list[Finding] = []
        self.mms = MmsEnd(
            self.policy,
            InitiateParameters(local_detail=dut.pixit.integer("mms.max_pdu")),
            dut.model,
            dut.clock.unix,
            self.findings,
        )
        parameters = msgspec.structs.replace(dut.osi_parameters(role), tpdu_size=tpdu_size)
        if not_known:
            known = tuple(name for name in parameters.abstract_syntaxes if name != not_known)
            parameters = msgspec.structs.replace(parameters, abstract_syntaxes=known)
        self.association = osi.Association(role, parameters, self.policy)
        self._channel = channel
        self._clock = dut.clock
        self._send_limit = dut.pixit.number("limit.respond")
        self._log = log
        self._seen: deque[Observation] = deque()
        self._initiate = b""
        self._end: Kind | None = None
        self._received = 0
        self._step: SendingStep | None = None
        self._sent: dict[str, bytes] = {}

    def under(self, step: SendingStep) -> None:
        """Put what ``step`` says of mutations and segments in force."""
        self._step = step
        self.policy.mutations = step.mutations
        self.policy.cut(step.tpdus)

    def flush(self) -> None:
        """Send what the machine has queued.

        Raises:
            StimulusBroken: the connection ended before all of it was sent.
        """
        step = self._step
        segments, pause = (step.segments, step.pause) if step else ((), 0.0)
        for message in self.association.take_output():
            octets = message.octets
            for name in message.names:
                self._sent[name] = octets
            began = self._log.now()
            try:
                limit = self._send_limit + pause * len(octets)
                self._channel.send(octets, segments=segments, pause=pause, limit=limit)
            except SendIncomplete as error:
                if not (step and step.may_break):
                    raise StimulusBroken(str(error)) from error
                return
            finally:
                # Put on record behind the sending, while the device is at work on it already.
                self._log.write(
                    Sent(
                        t=began,
                        case=self._log.case,
                        connection=self.number,
                        octets=octets.hex(),
                        pdus=list(message.names),
                        mutations=[str(mutation) for mutation in self.policy.applied],
                    )
                )

    def associate(self, initiate: Mapping[str, Any] | None = None) -> None:
        """Queue the initiate-Request in AARQ in CP in CONNECT, unless a mutation withholds it.

        ``initiate`` are values to propose in place of the usual ones.
        """
        if initiate:
            self.mms.propose(initiate)
        message = self.mms.initiate()
        if message.octets is not None:
            self.association.associate(message.octets, message.name)

    def inject(self, layer: str, octets: bytes, name: str, reference_at: int = 0) -> None:
        """Queue octets under a layer, past the machine's state; the DUT's reference goes ``reference_at``."""
        if layer == PRESENTATION:
            self.association.send_data(octets, name)
            return
        if reference_at:
            opening = self.pdus.get("COTP.CC" if self.role is Role.CLIENT else "COTP.CR")
            reference = b"\0\0" if opening is None else opening.src_ref.to_bytes(2, "big")
            octets = octets[:reference_at] + reference + octets[reference_at + 2 :]
        self.association.inject(osi.Layer(layer), octets, name)

    def send_again(self, pdu: str) -> None:
        """Queue the last message that held the PDU ``pdu`` once more.

        Raises:
            AssociationError: there was none.
        """
        if pdu not in self._sent:
            raise osi.AssociationError(f"no {pdu} was sent")
        self.association.inject(osi.Layer.TCP, self._sent[pdu], pdu)

    def answer_association(self, step: AnswerAssociation) -> None:
        """Queue the AARE that answers the device's AARQ; without a pending one nothing is queued."""
        if not self._initiate:
            return
        if step.initiate:
            self.mms.propose(step.initiate)
        if step.initiate_error:
            replies = [self.mms.refuse_initiate()]
        else:
            replies = [] if step.reject else self.mms.serve(self._initiate)
        if step.reject:
            error = replies[0].octets if replies else None
            self.association.reject(result=1, source=1, diagnostic=step.diagnostic, user_data=error)
            return
        for reply in replies:
            if reply.octets is not None:
                self.association.accept(reply.octets, reply.name)
        self._initiate = b""

    def answer_request(self, how: str = "response", *, keep: bool = False) -> None:
        """Queue the answer to the device's oldest unanswered MMS request, if there is one."""
        for reply in self.mms.answer(how, keep=keep):
            self.ask(reply)

    def ask(self, message: MmsMessage) -> None:
        """Queue an MMS PDU as data, unless a mutation withholds it."""
        if message.octets is not None:
            self.association.send_data(message.octets, message.name)

    def observe(self, limit: float) -> Observation:
        """Return the next thing that the device does, or ``timeout`` after ``limit`` seconds.

        Once the connection has ended, its end is what is observed again.
        """
        started = now = self._clock.monotonic()
        deadline = started + limit
        before = self._received
        while True:
            if self._seen:
                return msgspec.structs.replace(self._seen.popleft(), after_s=now - started)
            if self._end is not None:
                return Observation(self._end, after_s=now - started)
            came = self._receive(max(0.0, deadline - now))
            now = self._clock.monotonic()
            if not (self._seen or self._end) and not (came and now < deadline + GATHER_S):
                what = "nothing" if self._received == before else "octets, but no whole PDU"
                if self._received > MOST_RECEIVED:
                    what = f"{self._received} octets, then not read on: nothing more"
                return Observation(Kind.TIMEOUT, detail=f"{what} within {limit:g} s", after_s=limit)

    @property
    def has_more(self) -> bool:
        """Whether the device has done something that was not observed yet."""
        return bool(self._seen)

    def gather(self) -> None:
        """Take what has arrived by now, or is just under way; it is observed later, in its order."""
        deadline = self._clock.monotonic() + GATHER_S
        while self._end is None and self._receive(UNDER_WAY_S) and self._clock.monotonic() < deadline:
            """There may be more."""

    def _receive(self, limit: float) -> bool:
        """Take what comes within ``limit`` seconds, if only the end; return whether anything came."""
        if self._received > MOST_RECEIVED:
            return False
        got = self._channel.receive(limit)
        if isinstance(got, bytes):
            self._received += len(got)
            self._take(got)
        elif got is End.TIMEOUT:
            return False
        else:
            self._end = ENDS[got]
            self._interpret(self.association.receive_eof())
        return True

    def _take(self, octets: bytes) -> None:
        events = self.association.receive(octets)
        names = []
        for pdu in self.association.take_received():
            names.append(pdu.name)
            self.pdus[pdu.name] = pdu.value
        self._log.write(
            Received(
                t=self._log.now(),
                case=self._log.case,
                connection=self.number,
                octets=octets.hex(),
                pdus=names,
            )
        )
        self._interpret(events)
        self.flush()

    def _interpret(self, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, FOUND):
                self.findings.append(event.finding)
            else:
                self._observe_event(event)

    def _observe_event(self, event: Any) -> None:
        match event:
            case osi.Data(context=context, octets=octets):
                if self.association.contexts.get(context) == ACSE_SYNTAX:
                    self._see(Kind.ANSWER, acse.name_of(octets), "as data")
                else:
                    self._observe_mms(octets)
            case osi.TransportConfirm():
                self._see(Kind.TRANSPORT_CONNECTED, "COTP.CC")
            case osi.TransportRefused(dr=dr):
                self._see(Kind.TRANSPORT_REFUSED, "COTP.DR", reason=dr.reason)
            case osi.TransportError(er=er):
                self._see(Kind.TRANSPORT_ERROR, "COTP.ER", cause=er.cause)
            case osi.AssociateIndication(user_data=user_data):
                self._initiate = user_data
                self._decoded(user_data)
                self._see(Kind.REQUEST, "ACSE.AARQ")
            case osi.AssociateConfirm(user_data=user_data):
                self._observe_initiate(user_data)
            case osi.AssociateReject():
                self._observe_reject(event)
            case osi.ReleaseIndication():
                self._see(Kind.RELEASE_REQUESTED, "ACSE.RLRQ")
            case osi.ReleaseConfirm():
                self._see(Kind.RELEASED, "ACSE.RLRE")
            case osi.Aborted(form=form, provider_reason=reason):
                self._see(Kind.ABORTED, form, "" if reason is None else f"provider reason {reason}")
            case Undecodable(layer=layer, name=name, message=message):
                self._see(Kind.UNDECODABLE, name or layer, message)
            case CloseRequested() | Closed() | osi.TransportIndication():
                """The tester closes at the end of the conversation; a CR is answered by the machine."""

    def _see(self, kind: Kind, name: str = "", detail: str = "", **fields: Any) -> None:
        if len(self._seen) < MAXIMUM_PENDING:
            if not detail and fields:
                detail = ", ".join([f"{key} {value}" for key, value in fields.items()])
            self._seen.append(Observation(kind, name, detail, fields))

    def _observe_initiate(self, user_data: bytes) -> None:
        pdu = self._handled(user_data)
        if pdu is not None:
            self._see(Kind.ASSOCIATED, "ACSE.AARE", mms=pdu.name)

    def _observe_reject(self, event: osi.AssociateReject) -> None:
        aare = event.aare
        fields: dict[str, Any] = {"form": event.form}
        if aare is not None:
            fields |= {"result": aare.result, "source": aare.diagnostic_source, "diagnostic": aare.diagnostic}
        self._see(Kind.REJECTED, "ACSE.AARE" if aare is not None else "SES.RF", **fields)

    def _observe_mms(self, octets: bytes) -> None:
        if self.role is Role.SERVER:
            self._observe_request(octets)
            return
        pdu = self._handled(octets)
        if pdu is not None:
            self._see(Kind.ANSWER, pdu.name, **facts(pdu))

    def _observe_request(self, octets: bytes) -> None:
        pdu = self._decoded(octets)
        if pdu is None:
            return
        if pdu.name in REQUESTS:
            self.mms.arrived(pdu)
            self._see(Kind.REQUEST, pdu.name, **facts(pdu))
        else:
            self._see(Kind.ANSWER, pdu.name, **facts(pdu))

    def _handled(self, octets: bytes) -> MmsPdu | None:
        """Have the client take the PDU; return it, or None when it does not decode."""
        found = self.mms.take(octets)
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

    def close(self, how: str = "fin") -> None:
        """End the connection from the tester's side: ``fin``, ``half`` or ``reset``."""
        if how == "reset":
            self._channel.reset()
        elif how == "half":
            self._channel.half_close()
        else:
            self._channel.close()
