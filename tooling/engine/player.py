"""Plays one conversation against the device and judges it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from conform62351.pics.requirements import requirements
from conform62351.profiles.mms.codec import MmsError
from conform62351.profiles.osi.association import AssociationError
from conform62351.profiles.role import Role
from conform62351.reports.model.events import Acted, CheckMade, ConversationStarted, Observed
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import InconclusiveReason, Severity, Verdict
from conform62351.tooling.engine import steps as s
from conform62351.tooling.engine.actions import ActionFailed, RunningAction
from conform62351.tooling.engine.associating import associate_patiently, connect
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import Judgement, Observation, judge, look_up, matches, verify
from conform62351.tooling.engine.link import Link, StimulusBroken
from conform62351.tooling.engine.outcomes import ASSOCIATED, expect
from conform62351.tooling.engine.requests import RequestError, make_request
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.net.channel import Channel

UNSOLICITED = "unconfirmed-PDU"
ACTION_GRACE = 5.0


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
    """One conversation under way."""

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
        self.case = case
        self.attempt = attempt
        self.still_associates = still_associates
        self.talk = talk
        self.about = next(
            step.requirement for step in talk.steps if isinstance(step, s.JudgingStep) and step.requirement
        )
        self.links: dict[int, Link] = {}
        self.refused: dict[int, Observation] = {}
        self.actions: list[tuple[s.Act, RunningAction]] = []
        self.checks: list[CheckMade] = []
        self.sent = ""
        self.pending_mutations: list[tuple[Link, s.SendingStep]] = []

    def run(self) -> list[CheckMade]:
        self.log.write(
            ConversationStarted(
                t=self.log.now(),
                case=self.case,
                attempt=self.attempt,
                label=self.talk.label,
                steps=self.talk.recipe(),
            )
        )
        try:
            for step in self.talk.steps:
                self.do(step)
        except _Ended:
            pass
        except StimulusBroken as error:
            self.check_stimulus(str(error))
        except (AssociationError, MmsError, RequestError) as error:
            raise HarnessError(f"the conversation does not fit: {error}") from error
        finally:
            self.end()
        if all(check.verdict is Verdict.PASS for check in self.checks):
            self.require_mutations()
        return self.checks

    def end(self) -> None:
        """Close every connection and gather the actions that are still under way."""
        for link in self.links.values():
            link.close()
        for step, running in self.actions:
            if not running.join(ACTION_GRACE):
                self.log.note(f"action {step.action} still runs after the conversation")
        self.actions.clear()

    def require_mutations(self) -> None:
        """A pass without the stimulus would say nothing: every mutation must have reached the wire."""
        for link, step in self.pending_mutations:
            for mutation in step.mutations:
                if mutation not in link.policy.applied:
                    raise HarnessError(f"the mutation {mutation} was never applied: {step}")

    def do(self, step: s.AnyStep) -> None:
        match step:
            case s.Connect():
                self.connect(step)
            case s.Accept():
                self.accept(step)
            case s.Expect():
                self.expect(step)
            case s.Verify():
                self.verify(step)
            case s.NoFinding():
                self.no_finding(step)
            case s.Fill():
                self.fill(step)
            case s.Act():
                self.act(step)
            case s.Wait():
                self.dut.clock.sleep(self.dut.pixit.number(step.limit) if step.limit else step.seconds)
            case s.Close():
                if step.on not in self.refused:
                    self.link(step).close(step.how)
            case _:
                self.send(step)

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
        link = Link(step.on, role, channel, self.dut, self.log, tpdu_size=step.tpdu_size)
        self.links[step.on] = link
        self.observed(step.on, Observation(Kind.CONNECTED))

    def under(self, step: s.SendingStep) -> Link:
        link = self.link(step)
        link.under(step)
        self.sent = str(step)
        if step.mutations:
            self.pending_mutations.append((link, step))
        return link

    def send(self, step: s.AnyStep) -> None:
        if step.on in self.refused or not isinstance(step, s.SendingStep):
            return
        link = self.under(step)
        association = link.association
        match step:
            case s.OpenTransport():
                association.open_transport()
            case s.Associate():
                link.associate()
            case s.AnswerAssociation():
                link.answer_association(reject=step.reject, diagnostic=step.diagnostic)
            case s.Request():
                point = self.dut.object_name(step.point)
                link.ask(make_request(link.client, step.service, point, step.arguments, link.last_read))
            case s.Respond():
                link.answer_request()
            case s.Conclude():
                link.ask(link.client.conclude())
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

    def act(self, step: s.Act) -> None:
        self.sent = str(step)
        try:
            running = self.dut.actions.start(step.action)
        except ActionFailed as error:
            self.acted(step, str(error))
            self.check_prerequisite(step.action, str(error))
            raise _Ended
        self.acted(step, "")
        self.actions.append((step, running))

    def acted(self, step: s.Act, error: str) -> None:
        by = self.dut.actions.describe(step.action) if not error else ""
        self.log.write(Acted(t=self.log.now(), case=self.case, action=step.action, by=by, error=error))

    def failed_action(self) -> str:
        """Return the name and error of an action that had to work and did not."""
        for step, running in self.actions:
            if running.join(0) and running.error and not step.may_fail:
                return f"{step.action}: {running.error}"
        return ""

    def expect(self, step: s.Expect) -> None:
        limit = self.dut.pixit.number(step.limit)
        seen = self.refused.get(step.on) or self.observe(step, limit)
        self.observed(step.on, seen)
        judgement = judge(step, seen)
        margin = (
            limit - seen.after_s
            if judgement.verdict is Verdict.PASS and seen.kind is not Kind.TIMEOUT
            else None
        )
        self.settle(step, judgement, margin)

    def settle(self, step: s.Expect, judgement: Judgement, margin: float | None = None) -> None:
        """Make the check of ``step``; with what did not pass, or says so, the conversation is over."""
        if judgement.severity is Severity.SILENT:
            failure = self.failed_action()
            if failure:
                self.check_prerequisite(failure.partition(":")[0], failure)
                raise _Ended
            self.end()
            if not self.still_associates():
                judgement = Judgement(Verdict.FAIL, judgement.got, severity=Severity.UNAVAILABLE)
        self.check(step.requirement, tuple(map(str, step.alternatives)), judgement, step.limit, margin)
        if judgement.verdict is not Verdict.PASS or judgement.over:
            raise _Ended

    def fill(self, step: s.Fill) -> None:
        """Associate until the device is full, and judge the last attempt."""
        wanted = expect(step.requirement, ASSOCIATED, limit="limit.associate", on=step.on)
        end = step.on + self.dut.pixit.integer("max_associations") - step.held
        for number in range(step.on, end):
            link, seen = associate_patiently(self.dut, self.log, number)
            if link is None:
                self.observed(number, seen)
                self.settle(wanted, judge(wanted, seen))
            else:
                self.links[number] = link
        self.settle(wanted, Judgement(Verdict.PASS, f"{end - step.on} associations stand"))

    def observe(self, step: s.Expect, limit: float) -> Observation:
        """Return the next observation that counts: unsolicited MMS PDUs are passed over unless asked for."""
        link = self.link(step)
        remaining = limit
        while True:
            seen = link.observe(remaining)
            if any(matches(option, seen) for option in step.alternatives):
                return seen
            if step.serve and seen.kind is Kind.REQUEST and seen.name.endswith("-RequestPDU"):
                link.answer_request()
                link.flush()
            elif seen.name != UNSOLICITED:
                return seen
            remaining = max(0.0, remaining - seen.after_s)

    def verify(self, step: s.Verify) -> None:
        wanted = step
        if step.pixit:
            wanted = msgspec.structs.replace(step, is_in=(self.dut.pixit.value(step.pixit),))
        judgement = verify(wanted, look_up(self.link(step).pdus, step.field))
        self.check(step.requirement, (step.expected(),), judgement)

    def no_finding(self, step: s.NoFinding) -> None:
        found = [str(item) for item in self.link(step).findings if item.step.startswith(step.steps)]
        got = "; ".join(found) or "no deviation"
        if not found or step.tolerated:
            judgement = Judgement(Verdict.PASS, got, warnings=tuple(found))
        else:
            judgement = Judgement(Verdict.FAIL, got, severity=step.severity)
        self.check(step.requirement, (f"nothing found by {', '.join(step.steps)}",), judgement)

    def check_stimulus(self, why: str) -> None:
        judgement = Judgement(Verdict.INCONCLUSIVE, why, reason=InconclusiveReason.ENVIRONMENT.value)
        self.check(self.about, ("the whole stimulus delivered",), judgement)

    def check_prerequisite(self, name: str, why: str) -> None:
        reason = f"{InconclusiveReason.PREREQUISITE.value}:{name}"
        self.check(
            self.about,
            (f"action {name} carried out",),
            Judgement(Verdict.INCONCLUSIVE, why, reason=reason),
        )

    def observed(self, number: int, seen: Observation) -> None:
        self.log.write(
            Observed(
                t=self.log.now(),
                case=self.case,
                connection=number,
                kind=seen.kind.value,
                name=seen.name,
                detail=seen.detail,
                after_s=round(seen.after_s, 6),
            )
        )

    def check(
        self,
        requirement: str,
        expected: Sequence[str],
        judgement: Judgement,
        limit: str = "",
        margin: float | None = None,
    ) -> None:
        facts = requirements()[requirement or self.about]
        made = CheckMade(
            t=self.log.now(),
            case=self.case,
            attempt=self.attempt,
            label=self.talk.label,
            requirement=facts.id,
            clause=facts.clause,
            provenance=facts.provenance,
            verdict=judgement.verdict,
            expected=list(expected),
            got=judgement.got,
            sent=self.sent,
            severity=judgement.severity,
            reason=judgement.reason,
            warnings=list(judgement.warnings),
            limit=limit if margin is not None else "",
            limit_s=self.dut.pixit.number(limit) if margin is not None else None,
            margin_s=None if margin is None else round(margin, 6),
        )
        self.checks.append(made)
        self.log.write(made)
