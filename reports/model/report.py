"""The record of a run, reduced from its events: what ``report.json`` holds and every renderer reads.

Durations and margins are seconds; moments (``t``) are seconds since the start of their run; runs and
attempts count from 1. A list of names is in the order of the run.
"""

from __future__ import annotations

from typing import Any

from conform62351.reports.model.events import CertificateFacts, Coverage, Identity
from conform62351.reports.model.native_report import NativeReport
from conform62351.reports.model.record import Record
from conform62351.reports.model.security_report import CaseSecurity, RunSecurity
from conform62351.reports.model.verdict import Severity, Verdict

FORMAT = 1
OWN_SPEC_DATA = "built in"
"""What a header says of a run that went by this project's own data."""


class Continuation(Record, frozen=True):
    """A later run that ``--into`` added to the same output directory."""

    run: int
    started: str
    command: list[str]
    harness: str
    seed: int
    selection: list[str]
    duration_s: float
    complete: bool
    reason: str
    capture: str


class RunHeader(Record, frozen=True):
    """What was tested, by what, and how it was started; the first run's facts where runs add up.

    ``explore`` and ``builtin`` hold as soon as one of the runs had them. ``coverage`` is that of all cases of
    the harness, empty for a run of a selection.
    """

    dut: Identity
    edition: str
    harness: str
    versions: dict[str, str]
    hashes: dict[str, str]
    command: list[str]
    started: str
    duration_s: float
    seed: int
    selection: list[str]
    explore: bool
    builtin: bool
    spec_data: str
    accepted_inconclusive: list[str]
    capture: str
    coverage: list[Coverage]
    continuations: list[Continuation]


class Summary(Record, frozen=True, rename={"passed": "pass"}):
    """Cases by verdict. ``deviations`` are those of ``fail`` that were declared beforehand.

    ``fail_by_severity`` and ``fail_by_basis`` add up to ``fail``; a fail whose events do not state the
    one or the other is counted as ``unstated``.
    """

    total: int
    passed: int
    fail: int
    inconclusive: int
    not_applicable: int
    not_run: int
    error: int
    fail_by_severity: dict[str, int]
    fail_by_basis: dict[str, int]
    deviations: int
    unstable: int
    warnings: int


class CheckReport(Record, frozen=True):
    """One judgement against one requirement, made in ``conversation`` (0: in none) of ``attempt``."""

    attempt: int
    conversation: int
    label: str
    requirement: str
    clause: str
    provenance: str
    verdict: Verdict
    severity: Severity | None
    expected: list[str]
    got: str
    sent: str
    reason: str
    warnings: list[str]
    limit: str
    limit_s: float | None
    margin_s: float | None


class AttemptReport(Record, frozen=True):
    """One execution of a case; ``conversations`` are the labels of what was tried, counted from 1.

    An attempt that the end of the process cut off is ``not_run`` with the reason ``interrupted``.
    """

    number: int
    run: int
    verdict: Verdict
    severity: Severity | None
    basis: str
    reason: str
    duration_s: float
    deviation: str
    events_seen: list[str]
    conversations: list[str]
    recipe: str


class Commands(Record, frozen=True):
    """Shell commands: ``replay`` plays the recorded recipe, ``rerun`` runs the case again; empty: none."""

    replay: str
    rerun: str


class CaseReport(Record, frozen=True):
    """A case with its verdict and everything that led to it.

    The latest attempt decides, unless an attempt failed: a later pass never hides a fail, the case is
    ``unstable`` then. ``severity``, ``basis``, ``reason``, ``deviation`` and ``events_seen`` are those of
    the deciding attempt; ``checks`` are those of all attempts; ``duration_s`` is that of all together.
    """

    id: str
    title: str
    purpose: str
    group: str
    verdict: Verdict
    severity: Severity | None
    basis: str
    reason: str
    clause: str
    provenance: str
    role: str
    configuration: str
    pics: str
    requirements: list[str]
    events_expected: list[str]
    events_seen: list[str]
    unstable: bool
    deviation: str
    warnings: int
    duration_s: float
    attempts: list[AttemptReport]
    checks: list[CheckReport]
    security: CaseSecurity
    commands: Commands


class DeviationReport(Record, frozen=True):
    """A declared deviation that a case met; ``stale`` when the case neither failed nor was inconclusive."""

    case: str
    verdict: Verdict
    text: str
    stale: bool


class ItemReport(Record, frozen=True):
    """A PICS item: the claim, and what the cases say whose condition mentions it.

    ``result`` is their gravest verdict (``not_run`` outweighs ``pass``); null when there is no case.
    """

    code: str
    row: str
    role: str
    status: str
    answer: str
    reference: str
    provenance: str
    question: str
    result: Verdict | None
    verdicts: dict[str, int]
    cases: list[str]


class TableReport(Record, frozen=True):
    """One of Tables 6 to 13 (``number`` as in edition 2018), or the harness's own items (``number`` null)."""

    id: str
    number: int | None
    heading: str
    items: list[ItemReport]


class RequirementReport(Record, frozen=True):
    """A requirement: what this run shows of it.

    ``result`` is the gravest verdict of the checks made against it; without a check ``not_run``, or
    what kept all its cases from making one; null when no case of this run cites it.
    """

    id: str
    clause: str
    provenance: str
    level: str
    text: str
    result: Verdict | None
    checks: int
    cases: list[str]


class MarginReport(Record, frozen=True):
    """The least time that was left of a limit, over all checks and waits that it bounds.

    ``percent`` is how much of the limit that is; ``close`` tells that it is so little that a verdict may hang
    on the limit. ``limit`` is an entry of the PIXIT, or the limit of the standard in words; ``label`` is the
    conversation of ``case``, or what was waited for.
    """

    limit: str
    limit_s: float
    margin_s: float
    percent: float
    close: bool
    case: str
    label: str


class SlowCase(Record, frozen=True):
    """One of the ten cases that took longest."""

    id: str
    verdict: Verdict
    duration_s: float


class ActionReport(Record, frozen=True):
    """An action on the device, who carried it out, and why it failed if it did."""

    run: int
    t: float
    case: str
    action: str
    by: str
    error: str


class NoteReport(Record, frozen=True):
    """A remark on a run or on one of its cases."""

    run: int
    text: str
    case: str
    data: dict[str, Any]


class RunReport(Record, frozen=True):
    """Everything that a report says. ``reason`` says why a run is not ``complete``.

    ``certificates`` are those that the cases show, by the SHA-256 of their octets. ``native`` is null for a
    device that neither claims native mode nor associated in it.
    """

    format: int
    header: RunHeader
    summary: Summary
    complete: bool
    interrupted: bool
    reason: str
    deviations: list[DeviationReport]
    cases: list[CaseReport]
    tables: list[TableReport]
    requirements: list[RequirementReport]
    security: RunSecurity
    native: NativeReport | None
    certificates: dict[str, CertificateFacts]
    margins: list[MarginReport]
    slowest: list[SlowCase]
    actions: list[ActionReport]
    notes: list[NoteReport]
