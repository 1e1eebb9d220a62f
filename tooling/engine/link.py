"""The tester's end of one connection: a stream, the association machine over it, and MMS on top.

It writes every octet to the event log and carries the mutations of the step in force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from conform62351.profiles.compatibility.association import CompatibilityAssociation
from conform62351.profiles.compatibility.examination import AUTHENTICATION_SYNTAX
from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.osi import association as osi
from conform62351.profiles.osi.events import PeerIdentity
from conform62351.profiles.policy import Finding
from conform62351.profiles.role import Role
from conform62351.reports.model.events import Received, Sent
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.authentication_record import AuthenticationRecord
from conform62351.tooling.engine.certificate_form import deviations
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.evidence import Occasion, tls_established, tls_facts
from conform62351.tooling.engine.interpreting import Interpreter
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.mms_end import MmsEnd
from conform62351.tooling.engine.native_end import NativeEnd
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.security import NATIVE, WITH_AUTHENTICATION
from conform62351.tooling.engine.speaking import Speaker
from conform62351.tooling.engine.steps import SendingStep
from conform62351.tooling.engine.stimulus import PolicyMaker, StimulusPolicy
from conform62351.tooling.engine.tls_end import TlsEnd
from conform62351.tooling.net.errors import SendIncomplete
from conform62351.tooling.net.flow import End, Flow, Stream
from conform62351.tooling.net.secure_channel import SecureChannel

ENDS = {End.CLOSED: Kind.CLOSED, End.RESET: Kind.RESET, End.TIMEOUT: Kind.TIMEOUT}
MOST_RECEIVED = 32 * 1024 * 1024
"""Octets that the tester reads from one connection: a device that floods it fills no disk."""
UNDER_WAY_S = 0.02
GATHER_S = 1.0


class StimulusBroken(Exception):
    """The tester could not put the whole stimulus on the wire."""


class Link(Speaker):
    """One connection of a conversation, seen from the tester.

    ``stack`` is what protects it, by default the stack of the DUT's configuration. ``elsewhere`` gives the
    octets that were sent on another connection by the names of their PDUs. ``since`` is when the tester asked
    for what comes first, in seconds since 1970 UTC. ``tls`` is what saw the handshake of ``stream``, and then
    has the policy; without it ``make_policy`` makes one from ``elsewhere``. ``received`` counts the octets
    that came, of which ``most_received`` are read.
    """

    def __init__(
        self,
        number: int,
        role: Role,
        stream: Stream,
        dut: Dut,
        log: RunLog,
        *,
        stack: str = "",
        tpdu_size: int | None = None,
        not_known: str = "",
        elsewhere: Callable[[int], Mapping[str, bytes]] = lambda _: {},
        since: float = 0.0,
        tls: TlsEnd | None = None,
        make_policy: PolicyMaker = StimulusPolicy,
    ) -> None:
        self.number = number
        self.role = role
        self.policy = make_policy(elsewhere) if tls is None else tls.policy
        self.tls = tls
        self.names: tuple[str, ...] = ()
        self.findings: list[Finding] = []
        self.mms = MmsEnd(
            self.policy,
            InitiateParameters(local_detail=dut.pixit.integer("mms.max_pdu")),
            dut.model,
            dut.clock.unix,
            self.findings,
        )
        self._stream = stream
        self._clock = dut.clock
        self._margins = dut.margins
        self._under_way = UNDER_WAY_S + 2 * dut.path_delay
        self._elsewhere = elsewhere
        self._send_limit = dut.pixit.number("limit.respond")
        self._log = log
        self._end: Observation | None = None
        self.received = 0
        self.most_received = MOST_RECEIVED
        self._unanswered = 0
        self._step: SendingStep | None = None
        self._sent: dict[str, bytes] = {}
        self._authentication: AuthenticationRecord | None = None
        self.native: NativeEnd | None = None
        stack = stack or dut.stack
        if stack in WITH_AUTHENTICATION:
            self._authentication = AuthenticationRecord(dut, log, number, since or dut.clock.unix())
        elif stack in NATIVE:
            self.native = NativeEnd(
                dut,
                log,
                number,
                role,
                self.policy,
                self.findings,
                tls=isinstance(stream, SecureChannel),
                tls_certificate=self._tls_certificate,
                asked=since or dut.clock.unix(),
            )
        self.association = self._association(dut, tpdu_size, not_known)
        identified = None if self._authentication is None else self._identified
        self._interpreter = Interpreter(self.association, self.mms, self.findings, identified, self.native)
        self.pdus = self._interpreter.pdus
        if tls is not None:
            tls.share(self.pdus, self.findings)
        elif isinstance(stream, SecureChannel):
            self.pdus["TLS"] = tls_facts(stream.established)
            log.write(tls_established(Occasion(log.now(), log.case, number), stream.established))

    def _association(self, dut: Dut, tpdu_size: int | None, not_known: str) -> osi.Association:
        record = self._authentication
        secured = record is not None or self.native is not None
        parameters = dut.osi_parameters(self.role, authenticated=secured)
        if tpdu_size != parameters.tpdu_size:
            parameters = msgspec.structs.replace(parameters, tpdu_size=tpdu_size)
        if not_known:
            known = tuple(name for name in parameters.abstract_syntaxes if name != not_known)
            parameters = msgspec.structs.replace(parameters, abstract_syntaxes=known)
        if self.native is not None:
            return NativeAssociation(self.role, parameters, self.native.security, self.policy)
        if record is None:
            return osi.Association(self.role, parameters, self.policy)
        security = dut.security.parameters(self._tls_certificate)
        security.signing_time = lambda: record.moment
        return CompatibilityAssociation(
            self.role,
            parameters,
            security,
            self.policy,
            context_known=not_known != AUTHENTICATION_SYNTAX,
        )

    def _identified(self, event: PeerIdentity) -> None:
        found = None if self._authentication is None else self._authentication.identified(event)
        if found is None:
            return
        self.pdus["CMP"] = found
        if found.certificate is not None:
            self.findings += deviations(found.certificate, self._tls_certificate)

    @property
    def _tls_certificate(self) -> bytes | None:
        """What the device showed in TLS."""
        chain = self._stream.established.peer_chain if isinstance(self._stream, SecureChannel) else ()
        return chain[0] if chain else None

    def now(self) -> float:
        """Return the tester's clock, in seconds since 1970 UTC."""
        return self._clock.unix()

    @property
    def variant(self) -> str:
        """The reading by which the device turned out to protect, empty for the usual one."""
        return "" if self.native is None else self.native.variant

    @property
    def flow(self) -> Flow:
        """The TCP connection."""
        return self._stream.flow

    @property
    def stream(self) -> Stream:
        """What carries the association."""
        return self._stream

    def under(self, step: SendingStep) -> None:
        """Put what ``step`` says of mutations and segments in force."""
        self._step = step
        self.policy.mutations = step.mutations
        self.policy.cut(step.tpdus)

    def flush(self) -> int:
        """Send what the machine has queued and return how many messages that were.

        Raises:
            StimulusBroken: the connection ended before all of it was sent.
        """
        step = self._step
        segments, pause = (step.segments, step.pause) if step else ((), 0.0)
        messages = self.association.take_output()
        for message in messages:
            octets = message.octets
            for name in message.names:
                self._sent[name] = octets
            self._unanswered += bool(octets)
            began, started = self._log.now(), self._clock.monotonic()
            try:
                limit = self._send_limit + pause * len(octets)
                self._stream.send(octets, segments=segments, pause=pause, limit=limit)
            except SendIncomplete as error:
                if not self.may_break:
                    raise StimulusBroken(str(error)) from error
                return len(messages)
            else:
                if not segments:
                    took = self._clock.monotonic() - started
                    self._margins.waited("limit.respond", took, f"room to send {message.names[-1]}")
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
                if self._authentication is not None:
                    self._authentication.sent(message.names, self.policy)
                elif self.native is not None:
                    self.native.sent(message.names)
        if isinstance(self.association, NativeAssociation):
            self._interpreter.interpret(self.association.take_events())
        return len(messages)

    def observe(self, limit: float, *, of_tls: bool = False) -> Observation:
        """Return the next thing that the device does, or ``timeout`` after ``limit`` seconds.

        Once the connection has ended, its end is what is observed again. ``of_tls``: what is done in TLS
        itself is wanted too, else it waits until it is asked for.
        """
        if self.tls is not None and not of_tls:
            self.tls.settle()
        seen = self._observe(limit, of_tls)
        if seen.kind is not Kind.TIMEOUT:
            self._unanswered = max(self._unanswered - 1, 0)
        if self._authentication is not None:
            self._authentication.saw(seen.kind)
        elif self.native is not None:
            self.native.saw(seen.kind)
        return seen

    def _observe(self, limit: float, of_tls: bool) -> Observation:
        started = now = self._clock.monotonic()
        deadline = started + limit
        before = self.received
        while True:
            if of_tls and self.tls is not None and self.tls.seen:
                return msgspec.structs.replace(self.tls.seen.popleft(), after_s=now - started)
            if self._interpreter.seen:
                return msgspec.structs.replace(self._interpreter.seen.popleft(), after_s=now - started)
            if self._end is not None:
                return msgspec.structs.replace(self._end, after_s=now - started)
            came = self._receive(max(0.0, deadline - now))
            now = self._clock.monotonic()
            here = self._interpreter.seen or self._end
            if of_tls and self.tls is not None:
                here = here or self.tls.seen
            if not here and not (came and now < deadline + GATHER_S):
                what = "nothing" if self.received == before else "octets, but no whole PDU"
                if self.received > self.most_received:
                    what = f"{self.received} octets, then not read on: nothing more"
                return Observation(Kind.TIMEOUT, detail=f"{what} within {limit:g} s", after_s=limit)

    @property
    def owing(self) -> bool:
        """Whether the device may have something to do of its own: a server has not, once it has reacted to
        all messages that it was sent.
        """
        return self._unanswered > 0 or self.role is Role.SERVER or self.tls is not None

    @property
    def has_more(self) -> bool:
        """Whether the device has done something that was not observed yet."""
        return bool(self._interpreter.seen)

    def await_handshake(self) -> bool:
        """Take what comes until one more TLS handshake is complete; return whether one is."""
        before = 0 if self.tls is None else self.tls.handshakes
        began = self._clock.monotonic()
        deadline = began + self.send_limit
        while self.tls is not None and self._end is None and self._clock.monotonic() < deadline:
            if self.tls.handshakes > before:
                self._margins.waited(
                    "limit.respond", self._clock.monotonic() - began, "another TLS handshake"
                )
                return True
            self._receive(max(0.0, deadline - self._clock.monotonic()))
        return False

    def gather(self) -> None:
        """Take what has arrived by now, or is just under way; it is observed later, in its order."""
        deadline = self._clock.monotonic() + GATHER_S
        while self._end is None and self._receive(self._under_way) and self._clock.monotonic() < deadline:
            """There may be more."""

    def _receive(self, limit: float) -> bool:
        """Take what comes within ``limit`` seconds, if only the end; return whether anything came."""
        if self.received > self.most_received:
            return False
        got = self._stream.receive(limit)
        if isinstance(got, bytes):
            self.received += len(got)
            if got:
                self._take(got)
        elif got is End.TIMEOUT:
            return False
        else:
            self._end = self._ended(got)
            self._interpreter.interpret(self.association.receive_eof())
        return True

    def _ended(self, got: End) -> Observation:
        """Return what the end of the stream is: an alert of the device, or of the tester, or just that."""
        alert = self._stream.alert
        if alert:
            return Observation(Kind.TLS_ALERT, alert, "", {"by": "device", "alert": alert})
        if isinstance(self._stream, SecureChannel) and self._stream.alert_sent:
            told = {"by": "tester", "alert": self._stream.alert_sent}
            return Observation(Kind.TLS_ALERT, self._stream.alert_sent, self._stream.failure, told)
        return Observation(ENDS[got])

    @property
    def may_break(self) -> bool:
        """Whether the device may end the connection before everything is sent."""
        return self._step is not None and self._step.may_break

    @property
    def send_limit(self) -> float:
        """Seconds that a full window of the device may cost."""
        return self._send_limit

    def put_on_record(self, octets: bytes, name: str) -> None:
        """Put on record what was sent past the association machine."""
        self._unanswered += 1
        self._log.write(
            Sent(
                t=self._log.now(),
                case=self._log.case,
                connection=self.number,
                octets=octets.hex(),
                pdus=[name],
            )
        )

    def _take(self, octets: bytes) -> None:
        events = self.association.receive(octets)
        names = []
        for pdu in self.association.take_received():
            names.append(pdu.name)
            self.pdus[pdu.name] = pdu.value
            self.policy.received[pdu.name] = pdu.octets
            if self.native is not None:
                self.native.received(pdu)
        self._log.write(
            Received(
                t=self._log.now(),
                case=self._log.case,
                connection=self.number,
                octets=octets.hex(),
                pdus=names,
            )
        )
        self._interpreter.interpret(events)
        self._interpreter.overhear(names)
        self.flush()

    def close(self, how: str = "fin") -> None:
        """End the connection from the tester's side: ``fin``, ``half``, ``cut`` or ``reset``."""
        if how == "reset":
            self._stream.reset()
        elif how == "half":
            self._stream.half_close()
        elif how == "cut":
            self._stream.interrupt()
        else:
            self._stream.close()
        if self.native is not None and how != "half":
            # The number of the association is free again.
            self.association.receive_eof()
