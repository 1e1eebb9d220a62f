"""The words that renderers share."""

from __future__ import annotations

from conform62351.reports.model.report import CaseReport, MarginReport, RunReport
from conform62351.reports.model.verdict import SEVERITY_WORST_FIRST, InconclusiveReason, Verdict

WORDS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "fail",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.NOT_APPLICABLE: "not applicable",
    Verdict.NOT_RUN: "not run",
    Verdict.ERROR: "error",
}
_REASONS = {
    InconclusiveReason.BASELINE: "the valid behaviour that this case builds on has not passed in this run",
    InconclusiveReason.PREREQUISITE: "something that the case needs is missing",
    InconclusiveReason.CLOCK: "the clocks of tester and device are too far apart to tell",
    InconclusiveReason.ENVIRONMENT: "the stimulus did not reach the device",
    InconclusiveReason.EDITION: "the edition that the device claims does not settle this",
    InconclusiveReason.OPERATOR: "nobody carried out what the case needs done to the device",
    InconclusiveReason.INTERRUPTED: "the run was interrupted",
}


def explained(reason: str) -> str:
    """Return what a reason of the closed list means, and what stands behind its colon; others as they are."""
    word, _, detail = reason.partition(":")
    for known, text in _REASONS.items():
        if known.value == word:
            return f"{text}: {detail.strip()}" if detail.strip() else text
    return reason


def plural(count: int, noun: str) -> str:
    """Return ``count`` with its noun: ``1 case``, ``2 cases``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def severity_order(case: CaseReport) -> tuple[bool, int, str]:
    """Sort key of cases to look at: undeclared before declared, the worst severity first."""
    rank = SEVERITY_WORST_FIRST.index(case.severity) if case.severity else len(SEVERITY_WORST_FIRST)
    return bool(case.deviation), rank, case.id


def close_call(margin: MarginReport) -> str:
    """Say how little was left of a limit."""
    left = f"{margin.margin_s:.3f} of {margin.limit_s:g} s ({margin.percent:g} %)"
    return f"only {left} left of {margin.limit}"


def headline(report: RunReport) -> list[str]:
    """Return the outcome in sentences, the gravest first, that promise no more than the run shows."""
    summary = report.summary
    executed = summary.passed + summary.fail + summary.inconclusive + summary.error
    if not summary.total:
        return ["No case was selected."]
    if not executed:
        return ["No case was executed."]
    undeclared = summary.fail - summary.deviations
    told = [
        (undeclared, "failed."),
        (summary.error, "met an error of the harness."),
        (summary.deviations, "failed as declared beforehand."),
        (summary.inconclusive + summary.not_run, "remained undecided."),
    ]
    sentences = [f"{plural(count, 'case')} {what}" for count, what in told if count]
    passed = f"{summary.passed} of {plural(executed, 'executed case')} passed."
    return [*sentences, passed] if undeclared or summary.error else [passed, *sentences]
