"""From the events of one or several runs to their :class:`RunReport`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from conform62351.reports.model import derived
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import (
    Acted,
    AnyEvent,
    AuthenticationSeen,
    CertificateFacts,
    CheckMade,
    Claim,
    ConversationStarted,
    HandshakeSeen,
    Identity,
    KeysAgreed,
    LogRecordRead,
    Noted,
    Observed,
    Planned,
    RequirementNote,
    RunFinished,
    RunStarted,
    Started,
    TlsEstablished,
    Verdicted,
    Waited,
)
from conform62351.reports.model.history import CaseHistory
from conform62351.reports.model.margins import margins
from conform62351.reports.model.reached import RunSecurityHistory
from conform62351.reports.model.report import (
    FORMAT,
    ActionReport,
    CaseReport,
    Continuation,
    NoteReport,
    RunHeader,
    RunReport,
)
from conform62351.reports.model.security import SecurityEvent
from conform62351.reports.model.verdict import InconclusiveReason, Verdict

INTERRUPTED = InconclusiveReason.INTERRUPTED.value
NOBODY = Identity(vendor="", product="", hardware_version="", software_version="", edition="")


class _Run:
    """One run of the log: what stands between a RunStarted and the next."""

    def __init__(self, started: RunStarted | None) -> None:
        self.started = started
        self.finished: RunFinished | None = None
        self._first: float | None = None
        self._last = 0.0

    def pass_time(self, t: float) -> None:
        """Take the moment of an event of this run; runs that were added may count on from the first."""
        self._first = t if self._first is None else min(self._first, t)
        self._last = max(self._last, t)

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last event."""
        return 0.0 if self._first is None else self._last - self._first

    @property
    def reason(self) -> str:
        """Why the run is not complete, or an empty string."""
        if self.finished is None:
            return f"{INTERRUPTED}: the log ends before the run does"
        return "" if self.finished.complete else self.finished.reason or "no reason given"


def reduce_run(events: Iterable[AnyEvent]) -> RunReport:
    """Return the report of ``events``, which may hold several runs and may end anywhere."""
    reducer = _Reducer()
    for event in events:
        reducer.take(event)
    return reducer.report()


def load_report(path: Path) -> RunReport:
    """Return the report of the event log at ``path``.

    Raises:
        EventLogError: the log cannot be read.
    """
    return reduce_run(read_events(path))


class _Reducer:
    """Takes events one by one; knows nothing that a log does not say."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._cases: dict[str, CaseHistory] = {}
        self._actions: list[ActionReport] = []
        self._notes: list[NoteReport] = []
        self._waits: list[Waited] = []
        self._security = RunSecurityHistory()
        self._handlers: Mapping[type, Callable[[Any], None]] = {
            RunStarted: self._run_started,
            Planned: lambda event: self._case(event.case).plan(event),
            Started: lambda event: self._case(event.case).start(event, self._number),
            ConversationStarted: lambda event: self._case(event.case).converse(event, self._number),
            CheckMade: lambda event: self._case(event.case).check(event, self._number),
            Verdicted: lambda event: self._case(event.case).conclude(event, self._number),
            TlsEstablished: self._secured,
            AuthenticationSeen: self._secured,
            HandshakeSeen: self._secured,
            KeysAgreed: self._secured,
            Observed: self._secured,
            LogRecordRead: self._secured,
            Acted: self._acted,
            Noted: self._noted,
            Waited: self._waits.append,
            RunFinished: self._run_finished,
        }

    @property
    def _number(self) -> int:
        return max(len(self._runs), 1)

    @property
    def _run(self) -> _Run:
        if not self._runs:
            self._runs.append(_Run(None))
        return self._runs[-1]

    def _case(self, identifier: str) -> CaseHistory:
        return self._cases.setdefault(identifier, CaseHistory(identifier))

    def take(self, event: AnyEvent) -> None:
        """Add one event; those that only transcripts need count for the duration alone."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)
        self._security.take(event)
        self._run.pass_time(event.t)

    def _run_started(self, event: RunStarted) -> None:
        self._runs.append(_Run(event))
        first = next(run.started for run in self._runs if run.started is not None)
        if event.dut != first.dut:
            self._remark(f"Run {self._number} names another device or version than the first run.")
        for name in sorted(event.hashes.keys() & first.hashes.keys()):
            if event.hashes[name] != first.hashes[name]:
                self._remark(f"Run {self._number} was made with another {name.upper()} than the first run.")

    def _remark(self, text: str) -> None:
        self._notes.append(NoteReport(run=self._number, text=text, case="", data={}))

    def _acted(self, event: Acted) -> None:
        self._actions.append(
            ActionReport(
                run=self._number,
                t=event.t,
                case=event.case,
                action=event.action,
                by=event.by,
                error=event.error,
            )
        )

    def _secured(self, event: SecurityEvent) -> None:
        if event.case in self._cases:
            self._cases[event.case].secure(event)

    def _noted(self, event: Noted) -> None:
        self._notes.append(NoteReport(run=self._number, text=event.text, case=event.case, data=event.data))

    def _run_finished(self, event: RunFinished) -> None:
        self._run.finished = event

    def report(self) -> RunReport:
        """Return what the events taken so far amount to."""
        runs = self._runs or [_Run(None)]
        starts = {number: run.started for number, run in enumerate(runs, start=1)}
        cases = [history.report(starts) for history in self._cases.values()]
        claims: dict[str, Claim] = {}
        requirements: dict[str, RequirementNote] = {}
        for run in runs:
            if run.started is not None:
                claims.update((claim.code, claim) for claim in run.started.claims)
                requirements.update((note.id, note) for note in run.started.requirements)
        certificates: dict[str, CertificateFacts] = {}
        for history in self._cases.values():
            certificates.update((found.sha256, found) for found in history.certificates())
        reason = runs[-1].reason or _still_open(cases)
        tables = derived.tables(claims.values(), cases)
        return RunReport(
            format=FORMAT,
            header=_header(runs),
            summary=derived.summary(cases),
            complete=not reason,
            interrupted=runs[-1].reason.startswith(INTERRUPTED),
            reason=reason,
            deviations=derived.deviations(cases),
            cases=cases,
            tables=tables,
            requirements=derived.requirements(requirements.values(), cases),
            security=self._security.report(claims, cases),
            native=self._security.native(tables, cases),
            certificates=certificates,
            margins=margins(cases, self._waits),
            slowest=derived.slowest(cases),
            actions=self._actions,
            notes=self._notes,
        )


def _still_open(cases: list[CaseReport]) -> str:
    """Say how many cases still wait for a run that executes them; an empty string when none does."""
    waiting = [
        case
        for case in cases
        if case.verdict is Verdict.NOT_RUN and (not case.reason or case.reason.startswith(INTERRUPTED))
    ]
    if not waiting:
        return ""
    return f"{len(waiting)} planned {'case has' if len(waiting) == 1 else 'cases have'} not been executed"


def _header(runs: list[_Run]) -> RunHeader:
    starts = [run.started for run in runs if run.started is not None]
    first = starts[0] if starts else RunStarted(t=0.0, started="", harness="", command=[], dut=NOBODY, seed=0)
    accepted = dict.fromkeys(reason for start in starts for reason in start.accepted_inconclusive)
    return RunHeader(
        dut=first.dut,
        edition=first.dut.edition,
        harness=first.harness,
        versions=first.versions,
        hashes=first.hashes,
        command=first.command,
        started=first.started,
        duration_s=sum(run.duration_s for run in runs),
        seed=first.seed,
        selection=first.selection,
        explore=any(start.explore for start in starts),
        builtin=any(start.builtin for start in starts),
        spec_data=first.spec_data,
        accepted_inconclusive=list(accepted),
        capture=first.capture,
        coverage=first.coverage,
        continuations=[
            _continuation(number, run, run.started)
            for number, run in enumerate(runs[1:], start=2)
            if run.started is not None
        ],
    )


def _continuation(number: int, run: _Run, start: RunStarted) -> Continuation:
    return Continuation(
        run=number,
        started=start.started,
        command=start.command,
        harness=start.harness,
        seed=start.seed,
        selection=start.selection,
        duration_s=run.duration_s,
        complete=not run.reason,
        reason=run.reason,
        capture=start.capture,
    )
