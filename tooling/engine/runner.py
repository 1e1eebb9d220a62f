"""Executes a plan: attempts, sanity, recovery of the device, verdicts."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from conform62351.pics.deviations import Deviations
from conform62351.reports.model import events as e
from conform62351.reports.model.eventlog import EventLogError
from conform62351.reports.model.verdict import (
    SEVERITY_WORST_FIRST,
    UNDISTURBED,
    InconclusiveReason,
    Severity,
    Verdict,
    worst,
)
from conform62351.tooling.engine.actions import ActionFailed
from conform62351.tooling.engine.case import Case, CaseError
from conform62351.tooling.engine.configuring import UNKNOWN, configuration_at_start
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.health import Health
from conform62351.tooling.engine.log_sources import LogUnreadable
from conform62351.tooling.engine.mutations import MutationError
from conform62351.tooling.engine.planner import Plan, Planned
from conform62351.tooling.engine.player import HarnessError, Player
from conform62351.tooling.engine.reading_search import settle_reading
from conform62351.tooling.engine.recipes import store_recipe
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.engine.security import MeansMissing
from conform62351.tooling.engine.steps import Conversation, Logged
from conform62351.tooling.engine.time_allocator import AllocatorError

NOT_INFERRED = (
    "the device's encoding of native mode is not the inferred one: "
    "its first answer decodes under none of the tags that are known"
)
FLAWS_OF_OURS = (HarnessError, MutationError, CaseError, AllocatorError)


@dataclass(frozen=True)
class Outcome:
    """How a case ended: its verdict, the checks that led to it, why it was not decided, and its recipe."""

    verdict: Verdict
    checks: tuple[e.CheckMade, ...]
    reason: str
    recipe: str = ""


class Runner:
    """Runs the cases of a plan one after the other and writes what happens to the event log.

    ``passed_before`` names the cases that passed in the run that this one continues (``--into``).
    """

    def __init__(
        self,
        dut: Dut,
        log: RunLog,
        out: Path,
        plan: Plan,
        deviations: Deviations,
        *,
        attempts_before: dict[str, int] | None = None,
        passed_before: Iterable[str] = (),
    ) -> None:
        self._dut = dut
        self._dut.margins.log = log
        self._log = log
        self._out = out
        self._plan = {entry.case.id: entry for entry in plan.entries}
        self._deviations = deviations
        self._attempts = dict(attempts_before or {})
        self._verdicts = dict.fromkeys(passed_before, Verdict.PASS)
        self._sanity = Sanity(dut, log)
        self._health = Health(self._sanity, log, self._repeat)
        self._configuration = configuration_at_start(dut)
        self._unattainable: set[str] = set()
        self._group = ""
        self._unread: set[str] = set()
        self._recipe = ""
        self.outcomes: dict[str, Outcome] = {}

    def run(self, between: Callable[[], None] = lambda: None) -> None:
        """Execute the whole plan; ``between`` is called before each case (progress, interruption)."""
        for identifier in self._plan:
            between()
            self.execute(identifier)
        self.finish()

    def execute(self, identifier: str) -> Outcome:
        """Execute a case of the plan, its baseline first if it was not yet, and return its outcome.

        A case that has been executed in this run is not executed again.
        """
        if identifier in self.outcomes:
            return self.outcomes[identifier]
        if not self.outcomes:
            self._follow_log()
        entry = self._plan[identifier]
        case = entry.case
        if case.baseline in self._plan and entry.executable:
            self.execute(case.baseline)
        self._log.case = case.id
        if entry.executable and not case.review:
            self._approach(case)
        self._execute(entry)
        self._log.case = ""
        return self.outcomes[identifier]

    def _follow_log(self) -> None:
        """Begin to follow the device's log, if a case of the plan reads it."""
        answers = self._dut.declaration.answers
        if not any(
            isinstance(step, Logged)
            for entry in self._plan.values()
            if entry.executable and not entry.case.review
            for talk in entry.case.conversations_for(answers)
            for step in talk.steps
        ):
            return
        try:
            self._dut.device_log.mark()
        except LogUnreadable as error:
            self._log.note(f"the security-event log cannot be read: {error}")

    def _approach(self, case: Case) -> None:
        """Make sure that the device associates before each group, and in the configuration of the case."""
        wanted = case.configuration
        change = wanted != self._configuration and wanted not in self._unattainable
        if self._configuration != UNKNOWN and (
            case.group != self._group or (change and not self._health.gone)
        ):
            self._health.check(f"before group {case.group}")
        self._group = case.group
        if change and not self._health.gone and self._configure(wanted):
            self._health.check(f"when it is configured as {wanted}")
        if not self._health.gone and self._configuration == wanted:
            self._settle_reading()

    def _settle_reading(self) -> None:
        """Find out how a server of native mode derives keys, as long as that is not known."""
        try:
            settle_reading(self._dut, self._log)
        except (MeansMissing, AllocatorError) as error:
            self._log.note(f"how the device derives keys was not looked for: {error}")

    def finish(self) -> None:
        """Make the sanity association after the last group, and note what is known of the device's clock."""
        if self._group and self._configuration != UNKNOWN:
            self._health.check(f"after group {self._group}")
        if clock := str(self._dut.known_clock):
            self._log.note(clock)

    def _execute(self, entry: Planned) -> None:
        case = entry.case
        if entry.not_applicable:
            self._verdict(case, 0, [], 0.0, Verdict.NOT_APPLICABLE, entry.not_applicable)
            return
        attempt = self._attempts.get(case.id, 0) + 1
        self._attempts[case.id] = attempt
        started = self._log.now()
        self._log.write(e.Started(t=started, case=case.id, attempt=attempt))
        checks, verdict, reason = self._attempt(entry, attempt)
        self._verdict(case, attempt, checks, self._log.now() - started, verdict, reason)
        if not case.review and (checks or verdict is Verdict.ERROR):
            # The device has seen something of it, unlike of a case that lacks its means.
            self._health.suspect(case)
            if verdict is not Verdict.PASS:
                self._health.check(f"after {case.id}, which did not end as expected")

    def _attempt(self, entry: Planned, attempt: int) -> tuple[list[e.CheckMade], Verdict, str]:
        case = entry.case
        if entry.missing:
            return [], Verdict.INCONCLUSIVE, f"{InconclusiveReason.PREREQUISITE.value}:{entry.missing[0]}"
        if case.review:
            return self._review(case, attempt)
        if self._health.gone:
            return [], Verdict.INCONCLUSIVE, InconclusiveReason.ENVIRONMENT.value
        if case.baseline and self._verdicts.get(case.baseline) is not Verdict.PASS:
            return [], Verdict.INCONCLUSIVE, InconclusiveReason.BASELINE.value
        if self._configuration != case.configuration:
            return [], Verdict.INCONCLUSIVE, f"{InconclusiveReason.PREREQUISITE.value}:configure"
        if case.group in self._unread:
            return [], Verdict.INCONCLUSIVE, InconclusiveReason.BASELINE.value
        outcome = self._play(case, attempt)
        self._stop_unread(case)
        return outcome

    def _stop_unread(self, case: Case) -> None:
        """Stop the group of a case that has met another encoding of native mode than the inferred one."""
        if self._dut.encoding_read or not self._dut.encoding_unread:
            return
        if not self._unread:
            self._log.note(NOT_INFERRED)
        self._unread.add(case.group)
        self._dut.encoding_unread = False

    def _play(self, case: Case, attempt: int) -> tuple[list[e.CheckMade], Verdict, str]:
        """Play the case up to its first conversation that does not pass, whose recipe is stored.

        Whatever goes wrong in the harness is an error of this case; the run goes on, unless its log is lost.
        """
        player = Player(self._dut, self._log, case.id, attempt, self._sanity.associates)
        checks: list[e.CheckMade] = []
        try:
            talks = case.conversations_for(self._dut.declaration.answers)
            for number, talk in enumerate(talks, start=1):
                made = player.play(talk)
                checks.extend(made)
                if any(check.verdict not in UNDISTURBED for check in made):
                    self._store(case, attempt, number, talk, made)
                    break
        except EventLogError:
            raise
        except FLAWS_OF_OURS as error:
            return checks, Verdict.ERROR, str(error)
        except Exception as error:  # noqa: BLE001 - a flaw that nobody foresaw costs one case, not the run
            return checks, Verdict.ERROR, located(error)
        return checks, worst(check.verdict for check in checks), _reason(checks)

    def _store(
        self, case: Case, attempt: int, number: int, talk: Conversation, made: list[e.CheckMade]
    ) -> None:
        """Store the recipe; the verdict stands without it."""
        try:
            stored = store_recipe(self._out, case, attempt, number, talk, made)
        except OSError as error:
            self._log.note(f"the recipe of {case.id} could not be stored: {error.strerror}")
        else:
            self._recipe = str(stored.relative_to(self._out))

    def _review(self, case: Case, attempt: int) -> tuple[list[e.CheckMade], Verdict, str]:
        assert case.review is not None
        wrong = case.review(self._dut.declaration)
        warning = case.warning(self._dut.declaration) if case.warning is not None else ""
        verdict = Verdict.FAIL if wrong else Verdict.PASS
        facts = case.first_requirement
        check = e.CheckMade(
            t=self._log.now(),
            case=case.id,
            attempt=attempt,
            label="",
            requirement=facts.id,
            clause=facts.clause,
            provenance=facts.provenance,
            verdict=verdict,
            expected=[facts.text],
            got=wrong or "the answers agree with it",
            sent="the PICS as declared",
            severity=Severity.DECLARATION if wrong else None,
            warnings=[warning] if warning else [],
        )
        self._log.write(check)
        return [check], verdict, ""

    def _verdict(
        self,
        case: Case,
        attempt: int,
        checks: list[e.CheckMade],
        duration: float,
        verdict: Verdict,
        reason: str,
    ) -> None:
        before = self.outcomes.get(case.id)
        if before is None or before.verdict is not Verdict.FAIL:
            # A case that is repeated to find a culprit may pass then; its fail stands.
            self._verdicts[case.id] = verdict
            self.outcomes[case.id] = Outcome(verdict, tuple(checks), reason, self._recipe)
        failing = [check for check in checks if check.verdict is Verdict.FAIL]
        severities = {check.severity for check in failing}
        severity = next((item for item in SEVERITY_WORST_FIRST if item in severities), None)
        basis = next((check.provenance for check in failing if check.severity is severity), "")
        deviation = self._deviations.match(case.id, verdict.value, [check.requirement for check in failing])
        self._log.write(
            e.Verdicted(
                t=self._log.now(),
                case=case.id,
                attempt=attempt,
                verdict=verdict,
                duration_s=round(duration, 6),
                severity=severity,
                basis=basis,
                reason=reason,
                deviation=deviation.reason if deviation else "",
                recipe=self._recipe,
            )
        )
        self._recipe = ""

    def _configure(self, name: str) -> bool:
        """Configure the device and return whether it worked.

        What failed is not tried again, and leaves the device in a state that nobody knows.
        """
        action = self._dut.pixit.configurations[name].action
        by = self._dut.actions.describe(action)
        self._configuration = UNKNOWN
        try:
            self._dut.configure(name)
        except ActionFailed as error:
            self._unattainable.add(name)
            self._log.acted(action, by=by, error=str(error))
            self._log.note(f"the device could not be configured as {name}: {error}")
            return False
        self._configuration = name
        self._log.acted(action, by=by)
        return True

    def _repeat(self, case: Case) -> bool:
        """Execute a case that may be at fault once more; return whether the device still associates."""
        attempt = self._attempts[case.id] = self._attempts.get(case.id, 0) + 1
        self._log.case = case.id
        started = self._log.now()
        self._log.write(e.Started(t=started, case=case.id, attempt=attempt))
        checks, verdict, reason = self._play(case, attempt)
        healthy = self._sanity.associates(required=False)
        if not healthy:
            verdict, reason = worst((verdict, Verdict.FAIL)), reason if verdict is Verdict.ERROR else ""
            checks.append(self._unavailable(case, attempt))
        self._verdict(case, attempt, checks, self._log.now() - started, verdict, reason)
        return healthy

    def _unavailable(self, case: Case, attempt: int) -> e.CheckMade:
        facts = case.first_requirement
        check = e.CheckMade(
            t=self._log.now(),
            case=case.id,
            attempt=attempt,
            label="",
            requirement=facts.id,
            clause=facts.clause,
            provenance=facts.provenance,
            verdict=Verdict.FAIL,
            expected=["the device still associates after the case"],
            got="it no longer does",
            severity=Severity.UNAVAILABLE,
        )
        self._log.write(check)
        return check


def located(error: Exception) -> str:
    """Return what went wrong, and in which line of which file of the harness."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}: {error}"


def _reason(checks: list[e.CheckMade]) -> str:
    return next((check.reason for check in checks if check.verdict is Verdict.INCONCLUSIVE), "")
