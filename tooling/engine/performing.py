"""Carries out the steps of a conversation that do something: connections, messages, actions of the device."""

from __future__ import annotations

from typing import NoReturn

from conform62351.profiles.osi.situation import State
from conform62351.tooling.engine import steps as s
from conform62351.tooling.engine.actions import ActionFailed, RunningAction
from conform62351.tooling.engine.connections import Connections, HarnessError
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.link import Link
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.native_sending import refresh, send_secpdu
from conform62351.tooling.engine.requests import make_request
from conform62351.tooling.engine.revocation_source import RevocationSource
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.stimulus import PolicyMaker, StimulusPolicy
from conform62351.tooling.engine.tls_sending import proceed, send_tls

ACTION_GRACE = 5.0
OVER = (State.ENDING, State.CLOSED)
HEAD_START = 0.25
"""How many seconds an action gets that has to come first; one that waits for the tester takes longer."""


class Performance:
    """One conversation under way, as far as steps act; what is waited for and judged is for who inherits.

    ``pending_mutations`` are those of the steps so far, with the policies that are to apply them;
    ``too_late`` are the steps that sent nothing, since their association had ended already.
    """

    def __init__(
        self,
        dut: Dut,
        log: RunLog,
        make_policy: PolicyMaker = StimulusPolicy,
    ) -> None:
        self.dut = dut
        self.log = log
        self.actions: list[tuple[s.Act, RunningAction]] = []
        self.pending_mutations: list[tuple[StimulusPolicy, AnyMutation, s.Step]] = []
        self.too_late: list[s.Step] = []
        self.connections = Connections(dut, log, make_policy)
        self.revocation = RevocationSource(dut)

    def begins(self, step: s.Step) -> None:
        """Take note that ``step`` is about to act."""

    def stands(self, step: s.Connect | s.Accept) -> None:
        """Take note that a connection stands."""

    def tried_tls(self, step: s.Connect | s.Accept) -> None:
        """Take note that a handshake of the tester's own TLS has been tried, whether it came about or not."""

    def cannot_act(self, action: str, error: ActionFailed) -> NoReturn:
        """End the conversation: an action could not be carried out.

        Raises:
            ActionFailed: unless who inherits ends it otherwise.
        """
        self.log.acted(action, error=str(error))
        raise error

    def do(self, step: s.AnyStep) -> None:
        """Carry out ``step``.

        Raises:
            HarnessError: it is none of those that act, or does not fit the conversation.
            MutationError: a mutation does not fit what is sent.
            StimulusBroken: the connection ended before all was sent.
            AssociationError, StateError: the association is not in the state for it.
            MmsError, RequestError, SignatureError: it cannot be made.
            MeansMissing: the set-up lacks a credential or a server.
        """
        match step:
            case s.Accept():
                if self._opened(step, self.connections.accept(step)):
                    self.under(step)
            case s.SendingStep():
                self.send(step)
            case s.Connect():
                self._opened(step, self.connections.connect(step))
            case s.Act():
                self.act(step)
            case s.PublishList() | s.PublishAnswer() | s.TroubleRevocation():
                self.revocation.do(step)
            case s.Rekey():
                refresh(self.connections.link(step))
            case s.Wait():
                seconds = self.dut.pixit.number(step.limit) if step.limit else step.seconds
                self.dut.clock.sleep(seconds + 2 * self.dut.path_delay)
            case s.Close():
                if step.on not in self.connections.refused:
                    self.connections.link(step).close(step.how)
            case _:
                raise HarnessError(f"nothing to carry out: {step}")

    def _opened(self, step: s.Connect | s.Accept, stands: bool) -> bool:
        end = self.connections.ends.get(step.on)
        if end is not None and step.tls is not None:
            self.begins(step)
            self.tried_tls(step)
            self.pending_mutations += [(end.policy, mutation, step) for mutation in step.tls.mutations]
        if stands:
            self.stands(step)
        return stands

    def under(self, step: s.SendingStep) -> Link:
        """Put what ``step`` says of mutations and segments in force, and return its connection."""
        link = self.connections.link(step)
        link.under(step)
        self.begins(step)
        self.pending_mutations += [(link.policy, mutation, step) for mutation in step.mutations]
        return link

    def send(self, step: s.SendingStep) -> None:
        """Carry out a step that sends; on a connection that was refused nothing happens."""
        if step.on in self.connections.refused:
            return
        link = self.under(step)
        association = link.association
        over = association.state in OVER
        match step:
            case s.Request():
                self.request(step, link)
            case s.OpenTransport():
                association.open_transport()
            case s.Associate():
                link.associate(step.initiate, step.authentication, step.handshake)
            case s.AnswerAssociation():
                link.answer_association(step)
            case s.Respond():
                link.answer_request(step.how, keep=step.keep, unprotected=step.unprotected)
            case s.Conclude():
                link.ask(link.mms.client.conclude())
            case s.Release():
                link.release(step, self.dut.object_name(step.point))
            case s.AnswerRelease():
                link.answer_release(step)
            case s.Abort():
                link.sign(step.signing)
                association.abort()
            case s.SendSecPdu():
                send_secpdu(step, link)
            case s.Inject():
                link.inject(
                    step.layer, step.octets, step.name, step.reference_at, unprotected=step.unprotected
                )
            case s.SendAgain():
                link.send_again(step.pdu)
            case s.Renegotiate():
                self.connections.renegotiate(step)
            case s.SendTls():
                send_tls(step, link)
            case s.Proceed():
                proceed(link)
        if not link.flush() and over:
            self.too_late.append(step)

    def request(self, step: s.Request, link: Link) -> None:
        """Queue an MMS request, or as many as may be outstanding."""
        self.dut.pacing.await_request()
        point = self.dut.object_name(step.point)
        client = link.mms.client
        link.ask(
            make_request(client, step.service, point, step.arguments, link.mms.learned),
            unprotected=step.unprotected,
        )
        while step.until_full and link.mms.may_ask:
            link.ask(make_request(client, step.service, point, step.arguments, link.mms.learned))

    def act(self, step: s.Act) -> None:
        """Start an action of the device."""
        self.begins(step)
        self.let_arrive()
        try:
            running = self.dut.start(step.action, step.stack)
        except ActionFailed as error:
            self.cannot_act(step.action, error)
        self.log.acted(step.action, by=self.dut.actions.describe(step.action))
        self.actions.append((step, running))
        if step.first:
            running.join(HEAD_START + 2 * self.dut.path_delay)
            for link in self.connections.links.values():
                link.gather()

    def let_arrive(self) -> None:
        """Wait until the device has what was sent: what it is told to do comes another, faster way."""
        if any(link.number not in self.connections.refused for link in self.connections.links.values()):
            self.dut.clock.sleep(self.dut.path_delay)

    def failed_action(self) -> str:
        """Return the name and error of an action that had to work and did not."""
        for step, running in self.actions:
            if running.join(0) and running.error and not step.may_fail:
                return f"{step.action}: {running.error}"
        return ""

    def end(self) -> None:
        """Close every connection and gather the actions that are still under way."""
        self.connections.close()
        for step, running in self.actions:
            if not running.join(ACTION_GRACE):
                self.log.note(f"action {step.action} still runs after the conversation")
        self.actions.clear()
