"""Plays one conversation against the device and judges it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from conform62351.profiles.mms.codec import MmsError
from conform62351.profiles.osi.association import AssociationError
from conform62351.profiles.role import Role
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import UNDISTURBED, Severity, Verdict
from conform62351.tooling.engine import steps as s
from conform62351.tooling.engine.actions import ActionFailed, OperatorDeclined, RunningAction
from conform62351.tooling.engine.associating import associate_patiently, connect, leave
from conform62351.tooling.engine.claims import claims
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import (
    Judgement,
    Observation,
    first_match,
    judge,
    look_up,
    verify,
    verify_type,
)
from conform62351.tooling.engine.link import Link, StimulusBroken
from conform62351.tooling.engine.listing import Listing
from conform62351.tooling.engine.log_watch import LogWatch
from conform62351.tooling.engine.outcomes import ASSOCIATED, expect, one
from conform62351.tooling.engine.record import Record
from conform62351.tooling.engine.requests import RequestError, make_request
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.net.channel import Channel

NAMES = one(Kind.ANSWER, "confirmed-ResponsePDU", service="getNameList")
ACTION_GRACE = 5.0
LIST_PATIENCE = 10
"""How many times the limit of one answer a list of names may take, in however many parts it comes."""
HEAD_START = 0.25
"""How many seconds an action gets that has to come first; one that waits for the tester takes longer."""


class HarnessError(Exception):
    """The harness or the case is wrong, not the device."""


class _Ended(Exception):
    """The conversation cannot go on; the check that says why has been made."""


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
        self.still_associates = still_associates
        self.talk = talk
        self.record = Record(dut.pixit, log, case, attempt, talk)
        self.watch = LogWatch(dut, log, self.record, case)
        self.links: dict[int, Link] = {}
        self.refused: dict[int, Observation] = {}
        self.actions: list[tuple[s.Act, RunningAction]] = []
        self.pending_mutations: list[tuple[Link, s.SendingStep]] = []
        self.filled = False
        self.words = ""

    def run(self) -> list[CheckMade]:
        recipe = self.record.started()
        if any(isinstance(step, s.Logged) for step in self.talk.steps):
            self.watch.begin()
        try:
            for step, words in zip(self.talk.steps, recipe, strict=True):
                self.words = words
                self.do(step)
        except _Ended:
            pass
        except StimulusBroken as error:
            self.record.stimulus_broken(str(error))
        except AssociationError as error:
            if not any(link.has_more for link in self.links.values()):
                raise HarnessError(f"the conversation does not fit: {error}") from error
            self.record.stimulus_broken(f"the device has done something else by then: {error}")
        except (MmsError, RequestError) as error:
            raise HarnessError(f"the conversation does not fit: {error}") from error
        finally:
            self.end()
        if all(check.verdict in UNDISTURBED for check in self.record.checks):
            self.require_mutations()
        return self.record.checks

    def end(self) -> None:
        """Close every connection and gather the actions that are still under way."""
        for link in self.links.values():
            link.close()
        if self.filled:
            self.await_room()
        for step, running in self.actions:
            if not running.join(ACTION_GRACE):
                self.log.note(f"action {step.action} still runs after the conversation")
        self.actions.clear()

    def await_room(self) -> None:
        """Wait until the device, which was full, associates: what comes next must not meet it too early."""
        self.filled = False
        link, _ = associate_patiently(self.dut, self.log, 1 + max(self.links, default=0))
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
                self.expect(step)
            case s.Accept():
                self.accept(step)
            case s.ListNames():
                self.list_names(step)
            case s.SendingStep():
                self.send(step)
            case s.Connect():
                self.connect(step)
            case s.Verify():
                self.verify(step)
            case s.NoFinding():
                self.no_finding(step)
            case s.Fill():
                self.fill(step)
            case s.Claimed():
                self.claimed(step)
            case s.Logged():
                if self.watch.judge(step, self.end):
                    raise _Ended
            case s.Act():
                self.act(step)
            case s.Restart():
                self.restart(step)
            case s.Wait():
                self.dut.clock.sleep(self.dut.pixit.number(step.limit) if step.limit else step.seconds)
            case s.Close():
                if step.on not in self.refused:
                    self.link(step).close(step.how)

    def link(self, step: s.Step) -> Link:
        try:
            return self.links[step.on]
        except KeyError:
            raise HarnessError(f"{step}: connection {step.on} was never opened")

    def connect(self, step: s.Connect) -> None:
        channel = connect(self.dut)
        if isinstance(channel, Observation):
            self.refused[step.on] = channel
        else:
            self.open(step, Role.CLIENT, channel)

    def accept(self, step: s.Accept) -> None:
        limit = self.dut.pixit.number("limit.connect")
        channel = self.dut.listener.accept(limit)
        if channel is None:
            seen = Observation(Kind.TIMEOUT, detail=f"the device did not connect within {limit:g} s")
            self.refused[step.on] = seen
            return
        self.open(step, Role.SERVER, channel)
        self.under(step)

    def open(self, step: s.Connect | s.Accept, role: Role, channel: Channel) -> None:
        not_known = step.not_known if isinstance(step, s.Accept) else ""
        link = Link(step.on, role, channel, self.dut, self.log, tpdu_size=step.tpdu_size, not_known=not_known)
        self.links[step.on] = link
        self.watch.addresses[step.on] = str(channel.flow.local)
        self.record.observed(step.on, Observation(Kind.CONNECTED))

    def under(self, step: s.SendingStep) -> Link:
        link = self.link(step)
        link.under(step)
        self.record.sent = self.words
        if step.mutations:
            self.pending_mutations.append((link, step))
        return link

    def send(self, step: s.SendingStep) -> None:
        if step.on in self.refused:
            return
        link = self.under(step)
        association = link.association
        match step:
            case s.Request():
                self.request(step, link)
            case s.OpenTransport():
                association.open_transport()
            case s.Associate():
                link.associate(step.initiate)
            case s.AnswerAssociation():
                link.answer_association(step)
            case s.Respond():
                link.answer_request(step.how, keep=step.keep)
            case s.Conclude():
                link.ask(link.mms.client.conclude())
            case s.Release():
                association.release()
            case s.AnswerRelease():
                association.accept_release()
            case s.Abort():
                association.abort()
            case s.Inject():
                link.inject(step.layer, step.octets, step.name, step.reference_at)
            case s.SendAgain():
                link.send_again(step.pdu)
        link.flush()

    def request(self, step: s.Request, link: Link) -> None:
        self.dut.keep_pace()
        point = self.dut.object_name(step.point)
        client = link.mms.client
        link.ask(make_request(client, step.service, point, step.arguments, link.mms.learned))
        while step.until_full and link.mms.may_ask:
            link.ask(make_request(client, step.service, point, step.arguments, link.mms.learned))

    def act(self, step: s.Act) -> None:
        self.record.sent = self.words
        try:
            running = self.dut.actions.start(step.action)
        except ActionFailed as error:
            self.record.acted(step.action, error=str(error))
            declined = isinstance(error, OperatorDeclined)
            self.record.prerequisite_missing(step.action, str(error), declined=declined)
            raise _Ended
        self.record.acted(step.action, by=self.dut.actions.describe(step.action))
        self.actions.append((step, running))
        if step.first:
            running.join(HEAD_START)
            for link in self.links.values():
                link.gather()

    def restart(self, step: s.Restart) -> None:
        self.record.sent = self.words
        try:
            self.dut.actions.perform(step.action)
        except ActionFailed as error:
            self.record.acted(step.action, error=str(error))
            declined = isinstance(error, OperatorDeclined)
            self.record.prerequisite_missing(step.action, str(error), declined=declined)
            raise _Ended
        self.record.acted(step.action, by=self.dut.actions.describe(step.action))
        self.end()
        sanity = Sanity(self.dut, self.log)
        if not sanity.returns_within(self.dut.pixit.number("boot_time")):
            self.record.prerequisite_missing(step.action, f"the device did not come back: {sanity.seen}")
            raise _Ended

    def failed_action(self) -> str:
        """Return the name and error of an action that had to work and did not."""
        for step, running in self.actions:
            if running.join(0) and running.error and not step.may_fail:
                return f"{step.action}: {running.error}"
        return ""

    def expect(self, step: s.Expect) -> None:
        times = len(self.link(step).mms.client.unanswered) if step.every else 1
        for _ in range(max(times, 1)):
            self.expect_one(step)

    def expect_one(self, step: s.Expect) -> None:
        limit = step.within or self.dut.pixit.number(step.limit)
        seen = self.refused.get(step.on) or self.observe(step, limit)
        self.record.observed(step.on, seen)
        judgement = judge(step, seen)
        waited = judgement.verdict is Verdict.PASS and seen.kind is not Kind.TIMEOUT and not step.within
        self.settle(step, judgement, limit - seen.after_s if waited else None)

    def settle(self, step: s.Expect, judgement: Judgement, margin: float | None = None) -> None:
        """Make the check of ``step``; with what did not pass, or says so, the conversation is over."""
        if judgement.severity is Severity.SILENT:
            failure = self.failed_action()
            if failure:
                self.record.prerequisite_missing(failure.partition(":")[0], failure)
                raise _Ended
            self.end()
            if not self.still_associates():
                judgement = Judgement(Verdict.FAIL, judgement.got, severity=Severity.UNAVAILABLE)
        expected = [str(option) for option in step.alternatives]
        self.record.check(step.requirement, expected, judgement, step.limit, margin)
        if judgement.verdict is not Verdict.PASS or judgement.over:
            raise _Ended

    def fill(self, step: s.Fill) -> None:
        """Associate until the device is full, and judge the last attempt."""
        wanted = expect(step.requirement, ASSOCIATED, limit="limit.associate", on=step.on)
        self.filled = True
        end = step.on + self.dut.pixit.integer("max_associations") - step.held
        for number in range(step.on, end):
            link, seen = associate_patiently(self.dut, self.log, number)
            if link is None:
                self.record.observed(number, seen)
                self.settle(wanted, judge(wanted, seen))
            else:
                self.links[number] = link
        self.settle(wanted, Judgement(Verdict.PASS, f"{end - step.on} associations stand"))

    def observe(self, step: s.Expect, limit: float) -> Observation:
        """Return the next observation that is not passed over."""
        link = self.link(step)
        remaining = limit
        while True:
            seen = link.observe(remaining)
            if first_match(step.alternatives, seen) is not None:
                return seen
            if step.serve and seen.kind is Kind.REQUEST and seen.name.endswith("-RequestPDU"):
                link.answer_request()
                link.flush()
            elif first_match(step.meanwhile, seen) is None:
                return seen
            remaining = max(0.0, remaining - seen.after_s)

    def verify(self, step: s.Verify) -> None:
        wanted = step
        if step.pixit:
            wanted = msgspec.structs.replace(step, is_in=(self.dut.pixit.value(step.pixit),))
        link = self.link(step)
        value = look_up(link.pdus, step.field)
        if step.learned:
            wanted = msgspec.structs.replace(step, is_in=(getattr(link.mms.learned, step.learned),))
        judgement = verify_type(step, value, link.mms.learned.type) if step.of_type else verify(wanted, value)
        self.record.check(step.requirement, (step.expected(),), judgement)

    def no_finding(self, step: s.NoFinding) -> None:
        found = [str(item) for item in self.link(step).findings if step.concerns(item.step)]
        got = "; ".join(found) or "no deviation"
        if not found or step.tolerated:
            judgement = Judgement(Verdict.PASS, got, warnings=tuple(found))
        else:
            judgement = Judgement(Verdict.FAIL, got, severity=step.severity)
        self.record.check(step.requirement, (f"nothing found by {', '.join(step.steps)}",), judgement)

    def list_names(self, step: s.ListNames) -> None:
        link = self.under(step)
        listing = Listing(step, self.dut.object_name(step.point))
        wanted = expect(step.requirement, NAMES, on=step.on)
        deadline = self.dut.clock.monotonic() + LIST_PATIENCE * self.dut.pixit.number(wanted.limit)
        while listing.more:
            if self.dut.clock.monotonic() > deadline:
                listing.give_up()
                break
            link.ask(link.mms.client.get_name_list(listing.object_class, listing.domain, listing.after))
            link.flush()
            self.expect_one(wanted)
            listing.take(link.pdus["MMS.confirmed-ResponsePDU"]["service"][1])
        same = None if step.as_on is None else self.links[step.as_on].names
        self.settle(wanted, listing.judge(same))
        link.names = tuple(listing.names)

    def claimed(self, step: s.Claimed) -> None:
        value = look_up(self.link(step).pdus, step.field)
        self.record.check(step.requirement, (str(step),), claims(step, value, self.dut.declaration))
