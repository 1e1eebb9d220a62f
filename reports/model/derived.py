"""The parts of a report that follow from its cases: counts, tables, coverage."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from conform62351.pics.catalogue import catalogue
from conform62351.pics.provenance import Provenance
from conform62351.reports.model.events import Claim, RequirementNote
from conform62351.reports.model.report import (
    CaseReport,
    CheckReport,
    DeviationReport,
    ItemReport,
    RequirementReport,
    SlowCase,
    Summary,
    TableReport,
)
from conform62351.reports.model.verdict import Severity, Verdict

SLOWEST = 10
UNSTATED = "unstated"
GRAVEST_FIRST = (
    Verdict.ERROR,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_RUN,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""The order for what several cases say together: one that has not run leaves the question open."""


def gravest(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the gravest of ``verdicts``, or None without any."""
    return min(verdicts, key=GRAVEST_FIRST.index, default=None)


def summary(cases: Collection[CaseReport]) -> Summary:
    """Count ``cases``."""
    count = Counter(case.verdict for case in cases)
    fails = [case for case in cases if case.verdict is Verdict.FAIL]
    by_severity = dict.fromkeys((severity.value for severity in Severity), 0)
    by_basis = dict.fromkeys((known.label for known in Provenance), 0)
    for case in fails:
        severity = case.severity.value if case.severity else UNSTATED
        by_severity[severity] = by_severity.get(severity, 0) + 1
        basis = case.basis or UNSTATED
        by_basis[basis] = by_basis.get(basis, 0) + 1
    return Summary(
        total=len(cases),
        passed=count[Verdict.PASS],
        fail=count[Verdict.FAIL],
        inconclusive=count[Verdict.INCONCLUSIVE],
        not_applicable=count[Verdict.NOT_APPLICABLE],
        not_run=count[Verdict.NOT_RUN],
        error=count[Verdict.ERROR],
        fail_by_severity=by_severity,
        fail_by_basis=by_basis,
        deviations=sum(1 for case in fails if case.deviation),
        unstable=sum(1 for case in cases if case.unstable),
        warnings=sum(case.warnings for case in cases),
    )


def deviations(cases: Iterable[CaseReport]) -> list[DeviationReport]:
    """Return the declared deviations that cases met."""
    return [
        DeviationReport(
            case=case.id,
            verdict=case.verdict,
            text=case.deviation,
            stale=case.verdict not in (Verdict.FAIL, Verdict.INCONCLUSIVE),
        )
        for case in cases
        if case.deviation
    ]


def tables(claims: Iterable[Claim], cases: Iterable[CaseReport]) -> list[TableReport]:
    """Return the PICS items table by table, those of the standard by number, then the harness's own."""
    mentioning: dict[str, list[CaseReport]] = defaultdict(list)
    for case in cases:
        for word in dict.fromkeys(case.pics.replace("(", " ").replace(")", " ").split()):
            mentioning[word].append(case)
    items: dict[str, list[ItemReport]] = defaultdict(list)
    for claim in claims:
        items[claim.code.partition(".")[0]].append(_item(claim, mentioning.get(claim.code, [])))
    known = {table.id: table for table in catalogue().tables}
    reports = [
        TableReport(
            id=name,
            number=known[name].number if name in known else None,
            heading=known[name].heading if name in known else name,
            items=items[name],
        )
        for name in sorted(items, key=lambda name: list(known).index(name) if name in known else len(known))
    ]
    return sorted(reports, key=lambda table: (table.number is None, table.number or 0))


def _item(claim: Claim, about: list[CaseReport]) -> ItemReport:
    return ItemReport(
        code=claim.code,
        row=claim.row,
        role=claim.role,
        status=claim.status,
        answer=claim.answer,
        reference=claim.reference,
        provenance=claim.provenance,
        question=claim.question,
        result=gravest(case.verdict for case in about),
        verdicts=dict(Counter(case.verdict.value for case in about)),
        cases=[case.id for case in about],
    )


def requirements(notes: Iterable[RequirementNote], cases: Iterable[CaseReport]) -> list[RequirementReport]:
    """Return what the run shows of each requirement."""
    citing: dict[str, list[CaseReport]] = defaultdict(list)
    made: dict[str, list[CheckReport]] = defaultdict(list)
    for case in cases:
        for check in case.checks:
            made[check.requirement].append(check)
        for name in dict.fromkeys([*case.requirements, *(check.requirement for check in case.checks)]):
            citing[name].append(case)
    return [
        RequirementReport(
            id=note.id,
            clause=note.clause,
            provenance=note.provenance,
            level=note.level,
            text=note.text,
            result=shown(made[note.id], citing[note.id]),
            checks=len(made[note.id]),
            cases=[case.id for case in citing[note.id]],
        )
        for note in notes
    ]


def shown(checks: Collection[CheckReport], cases: Iterable[CaseReport]) -> Verdict | None:
    """Return what ``checks`` say together; without any what kept ``cases`` from making one, None without."""
    if checks:
        return gravest(check.verdict for check in checks)
    # A case that passed without a check against this requirement shows nothing of it.
    return gravest(
        case.verdict if case.verdict not in (Verdict.PASS, Verdict.FAIL) else Verdict.NOT_RUN
        for case in cases
    )


def slowest(cases: Iterable[CaseReport]) -> list[SlowCase]:
    """Return the ten cases that took longest, the slowest first."""
    timed = sorted((case for case in cases if case.attempts), key=lambda case: -case.duration_s)
    return [
        SlowCase(id=case.id, verdict=case.verdict, duration_s=case.duration_s) for case in timed[:SLOWEST]
    ]
