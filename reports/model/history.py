"""What happened to one case over all its attempts, and what that makes of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from conform62351.pics.provenance import Provenance
from conform62351.reports.model.events import (
    CertificateFacts,
    CheckMade,
    ConversationStarted,
    LogRecordRead,
    Planned,
    RunStarted,
    Started,
    Verdicted,
)
from conform62351.reports.model.report import AttemptReport, CaseReport, CheckReport, Commands
from conform62351.reports.model.security import Place, SecurityEvent, SecurityHistory
from conform62351.reports.model.verdict import SEVERITY_WORST_FIRST, InconclusiveReason, Verdict

PROGRAM = "conform62351"
NOT_EXECUTED = (Verdict.NOT_RUN, Verdict.NOT_APPLICABLE)
UNPLANNED = Planned(
    t=0.0,
    case="",
    title="",
    purpose="",
    clause="",
    provenance="",
    role="",
    configuration="",
    group="",
    pics="",
    requirements=[],
)


class _Attempt:
    def __init__(self, number: int, run: int) -> None:
        self.number = number
        self.run = run
        self.labels: list[str] = []
        self.checks: list[CheckReport] = []
        self.verdict: Verdicted | None = None
        self.logged: dict[str, None] = {}
        """The events that were read in the log of the device."""

    def conversation_of(self, label: str) -> int:
        """Return the number of the latest conversation so labelled, else of the latest; 0 without any."""
        for number in range(len(self.labels), 0, -1):
            if self.labels[number - 1] == label:
                return number
        return len(self.labels)

    def report(self) -> AttemptReport:
        made = self.verdict
        if made is None:
            return AttemptReport(
                number=self.number,
                run=self.run,
                verdict=Verdict.NOT_RUN,
                severity=None,
                basis="",
                reason=InconclusiveReason.INTERRUPTED.value,
                duration_s=0.0,
                deviation="",
                events_seen=[],
                conversations=self.labels,
                recipe="",
            )
        severity, basis = made.severity, made.basis
        gravest = min(
            (check for check in self.checks if check.verdict is Verdict.FAIL), key=_gravity, default=None
        )
        if made.verdict is Verdict.FAIL and gravest is not None:
            severity = severity or gravest.severity
            basis = basis or gravest.provenance
        return AttemptReport(
            number=self.number,
            run=self.run,
            verdict=made.verdict,
            severity=severity,
            basis=provenance_label(basis),
            reason=made.reason,
            duration_s=max(made.duration_s, 0.0),
            deviation=made.deviation,
            events_seen=list(dict.fromkeys([*made.events_seen, *self.logged])),
            conversations=self.labels,
            recipe=made.recipe,
        )


def provenance_label(provenance: str) -> str:
    """Return the name of a provenance that is given by its mark: ``inferred`` for ``I``."""
    return next((known.label for known in Provenance if known.mark == provenance), provenance)


def _gravity(check: CheckReport) -> int:
    return SEVERITY_WORST_FIRST.index(check.severity) if check.severity else len(SEVERITY_WORST_FIRST)


class CaseHistory:
    """Collects the events of one case, in whatever order they come."""

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        self._planned = UNPLANNED
        self._attempts: list[_Attempt] = []
        self._security = SecurityHistory()

    def plan(self, event: Planned) -> None:
        """Take what the case is; a continuation may plan it again."""
        self._planned = event

    def start(self, event: Started, run: int) -> None:
        """Begin an attempt."""
        self._attempts.append(_Attempt(event.attempt, run))

    def converse(self, event: ConversationStarted, run: int) -> None:
        """Begin a conversation of an attempt."""
        self._attempt(event.attempt, run).labels.append(event.label)

    def check(self, event: CheckMade, run: int) -> None:
        """Take a judgement."""
        attempt = self._attempt(event.attempt, run)
        attempt.checks.append(
            CheckReport(
                attempt=event.attempt,
                conversation=attempt.conversation_of(event.label),
                label=event.label,
                requirement=event.requirement,
                clause=event.clause,
                provenance=event.provenance,
                verdict=event.verdict,
                severity=event.severity,
                expected=event.expected,
                got=event.got,
                sent=event.sent,
                reason=event.reason,
                warnings=event.warnings,
                limit=event.limit,
                limit_s=event.limit_s,
                margin_s=event.margin_s,
            )
        )

    def secure(self, event: SecurityEvent) -> None:
        """Take what is known of TLS, authentication, native mode or the log while an attempt is under way.

        What comes before or after it, from an association that only asks after the device, is not the case's.
        """
        attempt = self._attempts[-1] if self._attempts else None
        if attempt is not None and attempt.verdict is None:
            label = attempt.labels[-1] if attempt.labels else ""
            self._security.take(event, Place(attempt.number, len(attempt.labels), label))
            if isinstance(event, LogRecordRead):
                attempt.logged[event.id] = None

    def certificates(self) -> Iterator[CertificateFacts]:
        """Yield the certificates that the report of the case names."""
        return self._security.certificates()

    def conclude(self, event: Verdicted, run: int) -> None:
        """Take the verdict of an attempt; a second one for the same attempt stands beside the first."""
        attempt = self._attempt(event.attempt, run)
        if attempt.verdict is not None:
            attempt = _Attempt(event.attempt, run)
            self._attempts.append(attempt)
        attempt.verdict = event

    def _attempt(self, number: int, run: int) -> _Attempt:
        for attempt in reversed(self._attempts):
            if attempt.number == number:
                return attempt
        attempt = _Attempt(number, run)
        self._attempts.append(attempt)
        return attempt

    def report(self, starts: Mapping[int, RunStarted | None]) -> CaseReport:
        """Return the case as reported; ``starts`` gives how each run was started, for the commands."""
        planned = self._planned
        attempts = [attempt.report() for attempt in self._attempts]
        checks = [check for attempt in self._attempts for check in attempt.checks]
        ruling = _ruling(attempts, planned.not_applicable)
        executed = {attempt.verdict for attempt in attempts}
        return CaseReport(
            id=self.id,
            title=planned.title,
            purpose=planned.purpose,
            group=planned.group or self.id.rpartition("/")[0],
            verdict=ruling.verdict,
            severity=ruling.severity,
            basis=ruling.basis,
            reason=ruling.reason,
            clause=planned.clause,
            provenance=planned.provenance,
            role=planned.role,
            configuration=planned.configuration,
            pics=planned.pics,
            requirements=planned.requirements,
            events_expected=planned.events_expected,
            events_seen=ruling.events_seen,
            unstable=Verdict.FAIL in executed and Verdict.PASS in executed,
            deviation=ruling.deviation,
            warnings=sum(len(check.warnings) for check in checks),
            duration_s=sum(attempt.duration_s for attempt in attempts),
            attempts=attempts,
            checks=checks,
            security=self._security.report(),
            commands=_commands(self.id, ruling, starts),
        )


def _ruling(attempts: list[AttemptReport], not_applicable: str) -> AttemptReport:
    """Return the attempt that decides: the last fail, else the last executed, else the last of all."""
    failed = [attempt for attempt in attempts if attempt.verdict is Verdict.FAIL]
    executed = [attempt for attempt in attempts if attempt.verdict not in NOT_EXECUTED]
    for candidates in (failed, executed, attempts):
        if candidates:
            return candidates[-1]
    return AttemptReport(
        number=0,
        run=0,
        verdict=Verdict.NOT_APPLICABLE if not_applicable else Verdict.NOT_RUN,
        severity=None,
        basis="",
        reason=not_applicable,
        duration_s=0.0,
        deviation="",
        events_seen=[],
        conversations=[],
        recipe="",
    )


def _commands(case: str, ruling: AttemptReport, starts: Mapping[int, RunStarted | None]) -> Commands:
    """Return what to type where the run was started: to replay the recipe, and to run the case alone."""
    start = starts.get(ruling.run) or next((start for start in starts.values() if start is not None), None)
    device, out = (start.device, start.out) if start is not None else ([], "")
    replay = ""
    if ruling.recipe:
        replay = shlex.join([PROGRAM, "replay", *device, str(PurePath(out, ruling.recipe))])
    return Commands(replay=replay, rerun=shlex.join([PROGRAM, "run", *device, case]))
