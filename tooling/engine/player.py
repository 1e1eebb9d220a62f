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
from conform62351.tooling.engine.actions import ActionFailed, OperatorDeclined
from conform62351.tooling.engine.associating import associate_patiently, leave
from conform62351.tooling.engine.clock_offset import ClockUncertain
from conform62351.tooling.engine.connections import HarnessError
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judge import Ended, Judge
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.link import StimulusBroken
from conform62351.tooling.engine.log_watch import LogWatch
from conform62351.tooling.engine.performing import Performance
from conform62351.tooling.engine.record import Record
from conform62351.tooling.engine.requests import RequestError
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.engine.security import MeansMissing

__all__ = ["HarnessError", "Player"]

TURN = "E2E.turn"
"""What a server asks a policy by when keys are due to change: whether they do now."""


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


class _Play(Performance):
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
        super().__init__(dut, log)
        self.talk = talk
        self.record = Record(dut.pixit, log, case, attempt, talk, dut.declaration)
        self.watch = LogWatch(dut, log, self.record, case)
        self.words = ""
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
            self.revocation.restore()
        if all(check.verdict in UNDISTURBED for check in self.record.checks):
            self.require_mutations()
        return self.record.checks

    def end(self) -> None:
        """Close every connection and gather the actions that are still under way."""
        self.connections.close()
        if self.judge.filled:
            self.await_room()
        super().end()

    def await_room(self) -> None:
        """Wait until the device, which was full, associates: what comes next must not meet it too early."""
        self.judge.filled = False
        link, _ = associate_patiently(self.dut, self.log, 1 + max(self.connections.links, default=0))
        if link is not None:
            leave(self.dut, link)

    def require_mutations(self) -> None:
        """A pass without the stimulus would say nothing: every mutation must have reached the wire."""
        for policy, mutation, step in self.pending_mutations:
            if any(late is step for late in self.too_late):
                self.record.stimulus_broken(f"the association has ended before {mutation}")
                return
            if mutation in policy.applied:
                continue
            if isinstance(step, s.Connect | s.Accept) and step.on in self.connections.refused:
                self.record.stimulus_broken(f"the TLS handshake has ended before {mutation}")
                return
            if mutation.pdu == TURN:
                # When a client sends rekey is its own affair: it may have done so, and followed, by then.
                self.record.stimulus_broken(f"no change of keys was due, so that nothing came of {mutation}")
                return
            raise HarnessError(f"the mutation {mutation} was never applied: {step}")

    def do(self, step: s.AnyStep) -> None:
        match step:
            case s.Expect():
                self.judge.expect(step)
            case s.ListNames():
                self.judge.list_names(step)
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
            case s.Restart():
                self.restart(step)
            case s.Collector():
                self.watch.collect(step)
            case _:
                super().do(step)

    def begins(self, step: s.Step) -> None:  # noqa: ARG002
        self.record.sent = self.words

    def tried_tls(self, step: s.Connect | s.Accept) -> None:
        self.watch.addresses[step.on] = self.connections.ends[step.on].local

    def stands(self, step: s.Connect | s.Accept) -> None:
        self.watch.addresses[step.on] = str(self.connections.links[step.on].flow.local)
        self.record.observed(step.on, Observation(Kind.CONNECTED))

    def restart(self, step: s.Restart) -> None:
        self.begins(step)
        self.let_arrive()
        try:
            self.dut.actions.perform(step.action)
        except ActionFailed as error:
            self.cannot_act(step.action, error)
        self.log.acted(step.action, by=self.dut.actions.describe(step.action))
        self.end()
        sanity = Sanity(self.dut, self.log)
        if not sanity.returns_within(self.dut.pixit.number("boot_time")):
            self.record.prerequisite_missing(step.action, f"the device did not come back: {sanity.seen}")
            raise Ended

    def cannot_act(self, action: str, error: ActionFailed) -> NoReturn:
        self.log.acted(action, error=str(error))
        declined = isinstance(error, OperatorDeclined)
        self.record.prerequisite_missing(action, str(error), declined=declined)
        raise Ended
