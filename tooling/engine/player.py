"""Plays one conversation against the device and judges it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from conform62351.profiles.crypto.signatures import SignatureError
from conform62351.profiles.mms.codec import MmsError
from conform62351.profiles.native.exchange import StateError
from conform62351.profiles.osi.association import AssociationError
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import UNDISTURBED, InconclusiveReason
from conform62351.tooling.engine import steps as s
from conform62351.tooling.engine.actions import ActionFailed, OperatorDeclined, RunningAction
from conform62351.tooling.engine.associating import associate_patiently, leave
from conform62351.tooling.engine.clock_offset import ClockUncertain
from conform62351.tooling.engine.connections import Connections, HarnessError
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judge import Ended, Judge
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.link import Link, StimulusBroken
from conform62351.tooling.engine.log_watch import LogWatch
from conform62351.tooling.engine.native_sending import refresh, send_secpdu
from conform62351.tooling.engine.record import Record
from conform62351.tooling.engine.requests import RequestError, make_request
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.engine.security import MeansMissing

__all__ = ["HarnessError", "Player"]

ACTION_GRACE = 5.0
HEAD_START = 0.25
"""How many seconds an action gets that has to come first; one that waits for the tester takes longer."""


class Player:
    """Plays conversations of one attempt at one case.

    ``still_associates`` makes a sanity association; it tells a silent device from an unavailable one.
    """

    def __init__(
        self, dut: Dut, log: RunLog, case: str, attempt: int, still_associates: Callable[[], bool]
    ) -> None:
        self._dut = dut
        self._log = log
        self._case = case
        self._attempt = attempt
        self._still_associates = still_associates

    def play(self, talk: s.Conversation) -> list[CheckMade]:
        """Play ``talk`` and return its checks; connections are closed whatever happens.

        Raises:
            HarnessError: a step does not fit the conversation, or a mutation was never applied.
        """
        return _Play(self._dut, self._log, self._case, self._attempt, self._still_associates, talk).run()


class _Play:
    """One conversation under way; ``words`` is its step under way as the recipe has it."""

    def __init__(
        self,
        dut: Dut,
        log: RunLog,
        case: str,
        attempt: int,
        still_associates: Callable[[], bool],
        talk: s.Conversation,
    ) -> None:
        self.dut = dut
        self.log = log
        self.talk = talk
        self.record = Record(dut.pixit, log, case, attempt, talk)
        self.watch = LogWatch(dut, log, self.record, case)
        self.actions: list[tuple[s.Act, RunningAction]] = []
        self.pending_mutations: list[tuple[Link, s.SendingStep]] = []
        self.words = ""
        self.connections = Connections(dut, log)
        self.record.inferred = lambda: any(link.variant for link in self.connections.links.values())
        self.judge = Judge(
            dut,
            log,
            self.record,
            self.connections,
            end=self.end,
            failed_action=self.failed_action,
            still_associates=still_associates,
            under=self.under,
        )

    def run(self) -> list[CheckMade]:
        recipe = self.record.started()
        if left_over := self.dut.drop_left_over():
            self.log.note(f"connections that the device had left over were closed: {left_over}")
        self.watch.begin(self.talk.steps)
        try:
            for step, words in zip(self.talk.steps, recipe, strict=True):
                self.words = words
                self.do(step)
        except Ended:
            pass
        except MeansMissing as error:
            self.record.prerequisite_missing(error.name, str(error), expected=error.name)
        except ClockUncertain as error:
            self.record.undecided(InconclusiveReason.CLOCK, str(error), "the clock of the device known")
        except StimulusBroken as error:
            self.record.stimulus_broken(str(error))
        except AssociationError as error:
            if not any(link.has_more for link in self.connections.links.values()):
                raise HarnessError(f"the conversation does not fit: {error}") from error
            self.record.stimulus_broken(f"the device has done something else by then: {error}")
        except StateError as error:
            self.record.stimulus_broken(f"what the device has sent gives nothing to go on with: {error}")
        except (MmsError, RequestError, SignatureError) as error:
            raise HarnessError(f"the conversation does not fit: {error}") from error
        finally:
            self.end()
            self.watch.end()
        if all(check.verdict in UNDISTURBED for check in self.record.checks):
            self.require_mutations()
        return self.record.checks

    def end(self) -> None:
        """Close every connection and gather the actions that are still under way."""
        self.connections.close()
        if self.judge.filled:
            self.await_room()
        for step, running in self.actions:
            if not running.join(ACTION_GRACE):
                self.log.note(f"action {step.action} still runs after the conversation")
        self.actions.clear()

    def await_room(self) -> None:
        """Wait until the device, which was full, associates: what comes next must not meet it too early."""
        self.judge.filled = False
        link, _ = associate_patiently(self.dut, self.log, 1 + max(self.connections.links, default=0))
        if link is not None:
            leave(self.dut, link)

    def require_mutations(self) -> None:
        """A pass without the stimulus would say nothing: every mutation must have reached the wire."""
        for link, step in self.pending_mutations:
            for mutation in step.mutations:
                if mutation not in link.policy.applied:
                    raise HarnessError(f"the mutation {mutation} was never applied: {step}")

    def do(self, step: s.AnyStep) -> None:
        match step:
            case s.Expect():
                self.judge.expect(step)
            case s.Accept():
                if self.opened(step, self.connections.accept(step)):
                    self.under(step)
            case s.ListNames():
                self.judge.list_names(step)
            case s.SendingStep():
                self.send(step)
            case s.Connect():
                self.opened(step, self.connections.connect(step))
            case s.Verify():
                self.judge.verify(step)
            case s.NoFinding():
                self.judge.no_finding(step)
            case s.Alike():
                self.judge.alike(step)
            case s.Fill():
                self.judge.fill(step)
            case s.Claimed():
                self.judge.claimed(step)
            case s.Logged():
                if self.watch.judge(step, self.end):
                    raise Ended
            case s.Act():
                self.act(step)
            case s.Restart():
                self.restart(step)
            case s.Collector():
                self.watch.collect(step)
            case s.Rekey():
                refresh(self.connections.link(step))
            case s.Wait():
                self.dut.clock.sleep(self.dut.pixit.number(step.limit) if step.limit else step.seconds)
            case s.Close():
                if step.on not in self.connections.refused:
                    self.connections.link(step).close(step.how)

    def opened(self, step: s.Connect | s.Accept, stands: bool) -> bool:
        if stands:
            self.watch.addresses[step.on] = str(self.connections.links[step.on].flow.local)
            self.record.observed(step.on, Observation(Kind.CONNECTED))
        return stands

    def under(self, step: s.SendingStep) -> Link:
        link = self.connections.link(step)
        link.under(step)
        self.record.sent = self.words
        if step.mutations:
            self.pending_mutations.append((link, step))
        return link

    def send(self, step: s.SendingStep) -> None:
        if step.on in self.connections.refused:
            return
        link = self.under(step)
        association = link.association
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
                link.inject(step.layer, step.octets, step.name, step.reference_at)
            case s.SendAgain():
                link.send_again(step.pdu)
        link.flush()

    def request(self, step: s.Request, link: Link) -> None:
        self.dut.keep_pace()
        point = self.dut.object_name(step.point)
        client = link.mms.client
        link.ask(
            make_request(client, step.service, point, step.arguments, link.mms.learned),
            unprotected=step.unprotected,
        )
        while step.until_full and link.mms.may_ask:
            link.ask(make_request(client, step.service, point, step.arguments, link.mms.learned))

    def act(self, step: s.Act) -> None:
        self.record.sent = self.words
        try:
            running = self.dut.start(step.action, step.stack)
        except ActionFailed as error:
            self._not_acted(step.action, error)
        self.record.acted(step.action, by=self.dut.actions.describe(step.action))
        self.actions.append((step, running))
        if step.first:
            running.join(HEAD_START)
            for link in self.connections.links.values():
                link.gather()

    def restart(self, step: s.Restart) -> None:
        self.record.sent = self.words
        try:
            self.dut.actions.perform(step.action)
        except ActionFailed as error:
            self._not_acted(step.action, error)
        self.record.acted(step.action, by=self.dut.actions.describe(step.action))
        self.end()
        sanity = Sanity(self.dut, self.log)
        if not sanity.returns_within(self.dut.pixit.number("boot_time")):
            self.record.prerequisite_missing(step.action, f"the device did not come back: {sanity.seen}")
            raise Ended

    def _not_acted(self, action: str, error: ActionFailed) -> NoReturn:
        self.record.acted(action, error=str(error))
        declined = isinstance(error, OperatorDeclined)
        self.record.prerequisite_missing(action, str(error), declined=declined)
        raise Ended

    def failed_action(self) -> str:
        """Return the name and error of an action that had to work and did not."""
        for step, running in self.actions:
            if running.join(0) and running.error and not step.may_fail:
                return f"{step.action}: {running.error}"
        return ""
