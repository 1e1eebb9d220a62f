"""The exit code of a run, from its report."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.verdict import Verdict


class ExitCode(IntEnum):
    """What the process tells its caller; usage and configuration errors end before there is a report."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    HARNESS_ERROR = 4
    NOTHING_RUN = 5
    INTERRUPTED = 130


def exit_code(report: RunReport, accepted: Iterable[str] = ()) -> ExitCode:
    """Return the exit code of ``report``.

    ``accepted`` are the reasons of inconclusive or not executed cases that the caller puts up with, in
    addition to those that the report names: a word of the closed list, with or without the name behind
    its colon. An interruption outweighs all, a harness error outweighs a fail. A fail or inconclusive that
    was declared as a deviation is none here; yet a run in which nothing passed is never a success.
    """
    reasons = {*accepted, *report.header.accepted_inconclusive}
    fails = [case for case in report.cases if case.verdict is Verdict.FAIL]
    undecided = [case for case in report.cases if case.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_RUN)]
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if report.summary.error:
        return ExitCode.HARNESS_ERROR
    if any(not case.deviation for case in fails):
        return ExitCode.FAILED
    if not report.complete or not all(case.deviation or _is_accepted(case, reasons) for case in undecided):
        return ExitCode.INCONCLUSIVE
    if report.summary.passed:
        return ExitCode.PASSED
    if fails:
        return ExitCode.FAILED
    return ExitCode.INCONCLUSIVE if undecided else ExitCode.NOTHING_RUN


def _is_accepted(case: CaseReport, reasons: set[str]) -> bool:
    return case.reason in reasons or case.reason.partition(":")[0] in reasons
