"""The connections of one conversation: opened by the tester or by the device, with what stood in the way."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

import msgspec

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import NULL_SUITE, TLS_1_2
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.sessions import Session, SessionStore
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.associating import connect, handshake_failure
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.link import Link, StimulusBroken
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.step import Step
from conform62351.tooling.engine.steps import Accept, Connect, Renegotiate
from conform62351.tooling.engine.stimulus import Elsewhere, PolicyMaker, StimulusPolicy
from conform62351.tooling.engine.tls import ResumedBy, Tls
from conform62351.tooling.engine.tls_end import TlsEnd
from conform62351.tooling.engine.tls_names import TlsNameError
from conform62351.tooling.engine.tls_sending import renegotiate
from conform62351.tooling.net.errors import TlsHandshakeFailed
from conform62351.tooling.net.flow import Stream

IDENTIFIER_OCTETS = 32
TICKET_OCTETS = 96
MASTER_OCTETS = 48


class HarnessError(Exception):
    """The harness or the case is wrong, not the device."""


class Connections:
    """The connections by number: ``links`` those that stood, ``refused`` what was seen in place of others.

    ``ends`` are what saw TLS on them, whether it came about or not. ``make_policy`` makes the policy of each
    from what gives the octets that were sent on another one.
    """

    def __init__(
        self,
        dut: Dut,
        log: RunLog,
        make_policy: PolicyMaker = StimulusPolicy,
    ) -> None:
        self._make_policy = make_policy
        self.links: dict[int, Link] = {}
        self.refused: dict[int, Observation] = {}
        self.ends: dict[int, TlsEnd] = {}
        self._dut = dut
        self._log = log
        # Policies know what was sent and no connection: it is freed at once when nobody has it any more.
        self._sent: dict[int, Mapping[str, bytes]] = {}
        self._sent_on: Elsewhere = functools.partial(_sent_on, self._sent)

    @functools.cached_property
    def _store(self) -> SessionStore:
        """The sessions of TLS that may be resumed."""
        return SessionStore(os.urandom)

    def link(self, step: Step) -> Link:
        """Return the connection that a step is about.

        Raises:
            HarnessError: it was never opened.
        """
        try:
            return self.links[step.on]
        except KeyError:
            raise HarnessError(f"{step}: connection {step.on} was never opened")

    def connect(self, step: Connect) -> bool:
        """Open a connection to the device; return whether it stands.

        Raises:
            HarnessError: there is TLS to be done over segments of the tester's own.
            MeansMissing: the set-up lacks a credential, or the privilege for raw sockets.
        """
        if step.raw and self._dut.with_tls(step.stack):
            raise HarnessError(f"{step}: no TLS over segments of the tester's own TCP")
        end = self._end(step, Role.CLIENT)
        stream = connect(self._dut, step.stack, step.tls_credential, step.port, end, step.raw)
        return self._open(step, Role.CLIENT, stream)

    def accept(self, step: Accept) -> bool:
        """Wait for a connection of the device; return whether it stands.

        Raises:
            MeansMissing: the set-up lacks a credential.
        """
        end = self._end(step, Role.SERVER)
        since = self._dut.clock.unix()
        stream: Stream | Observation | None
        try:
            stream = self._dut.accept(step.stack, step.tls_credential, step.port, end)
        except TlsHandshakeFailed as error:
            stream = handshake_failure(error)
        if stream is None:
            limit = self._dut.pixit.number("limit.connect")
            stream = Observation(Kind.TIMEOUT, detail=f"the device did not connect within {limit:g} s")
        return self._open(step, Role.SERVER, stream, since)

    def _end(self, step: Connect | Accept, role: Role) -> TlsEnd | None:
        """Return the tester's end of TLS on a connection to come, None where it has no TLS.

        Raises:
            HarnessError: the step says how to do TLS, and the stack has none.
            MeansMissing: the set-up lacks a credential.
            StimulusBroken: there is no session to resume.
        """
        self.ends.pop(step.on, None)
        if step.on not in self.links:
            self._sent.pop(step.on, None)
        if not self._dut.with_tls(step.stack):
            if step.tls is not None:
                raise HarnessError(f"{step}: the stack has no TLS")
            return None
        policy = self._make_policy(self._sent_on)
        self._sent.setdefault(step.on, policy.sent)
        if step.tls is None:
            machine = self._dut.tls_machine(role, step.tls_credential)
            self.ends[step.on] = end = TlsEnd(step.on, machine, policy, self._log)
            return end
        how = step.tls
        policy.mutations = (*how.mutations, *how.if_taken)
        security = self._dut.security
        store = SessionStore(os.urandom) if how.forget else self._store
        try:
            machine = security.engine(
                role, how, step.tls_credential, policy, session=self._session(how), store=store
            )
        except TlsNameError as error:
            raise HarnessError(f"{step}: {error}") from error
        self.ends[step.on] = end = TlsEnd(step.on, machine, policy, self._log, how.hold)
        end.parameters = step.tls_credential, store
        return end

    def _session(self, how: Tls) -> Session | None:
        """Return the session that is to be resumed, with only what it is to be resumed by."""
        if how.resume is None:
            return None
        end = self.ends.get(how.resume)
        session = None if end is None else end.machine.session
        if not isinstance(session, Session) or not (session.ticket if how.by == "ticket" else session.id):
            if how.made_up:
                return _made_up(how.by)
            raise StimulusBroken(f"connection {how.resume} has no session to be resumed by {how.by}")
        kept = {"id": b""} if how.by == "ticket" else {"ticket": b""}
        return msgspec.structs.replace(session, **kept)

    def renegotiate(self, step: Renegotiate) -> None:
        """Ask for another handshake on a connection, which goes by what the step says.

        Raises:
            HarnessError: the connection is not one of the engine.
            MeansMissing: the set-up lacks a credential.
            StimulusBroken: the connection has ended, or a handshake is under way.
        """
        link, end = self.link(step), self.ends.get(step.on)
        machine = None if end is None else end.machine
        if end is None or not isinstance(machine, EngineTls):
            raise HarnessError(f"{step}: the engine does no TLS on this connection")
        if step.tls is not None:
            tls_credential, store = end.parameters
            how = step.tls
            session = self._session(how)
            end.policy.mutations = (*step.mutations, *how.mutations)
            end.policy.declining = how.declines
            try:
                given = self._dut.security.engine_parameters(
                    how, tls_credential, end.policy, session=session, store=store
                )
            except TlsNameError as error:
                raise HarnessError(f"{step}: {error}") from error
            machine.change(given)
        renegotiate(link, machine, resume=step.resume, times=step.times)

    def _open(
        self, step: Connect | Accept, role: Role, stream: Stream | Observation, since: float = 0.0
    ) -> bool:
        if isinstance(stream, Observation):
            self.refused[step.on] = stream
            return False
        self.refused.pop(step.on, None)
        if step.on in self.links:
            self.links[step.on].close()
        self.links[step.on] = link = Link(
            step.on,
            role,
            stream,
            self._dut,
            self._log,
            stack=step.stack,
            tpdu_size=step.tpdu_size,
            not_known=step.not_known if isinstance(step, Accept) else "",
            elsewhere=self._sent_on,
            since=since,
            tls=self.ends.get(step.on),
            make_policy=self._make_policy,
        )
        self._sent[step.on] = link.policy.sent
        return True

    def close(self) -> None:
        """Close every connection."""
        for link in self.links.values():
            link.close()


def _sent_on(sent: Mapping[int, Mapping[str, bytes]], number: int) -> Mapping[str, bytes]:
    """Return the octets that were sent last on a connection, by the names of their PDUs."""
    return sent.get(number, {})


def _made_up(by: ResumedBy) -> Session:
    """Return a session that nobody knows."""
    by_ticket = by == "ticket"
    return Session(
        id=b"" if by_ticket else os.urandom(IDENTIFIER_OCTETS),
        ticket=os.urandom(TICKET_OCTETS) if by_ticket else b"",
        master=os.urandom(MASTER_OCTETS),
        suite=NULL_SUITE.code,
        version=TLS_1_2,
        extended=True,
        peer_chain=(),
        made_at=0.0,
    )
