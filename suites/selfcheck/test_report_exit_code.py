"""The exit code of a run."""

from __future__ import annotations

import pytest

from conform62351.reports.model.events import AnyEvent, RunFinished
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.model.run import reduce_run
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck import report_samples as samples

Outcome = tuple[Verdict, str, str]
"""Verdict, reason and deviation of a case."""

PASS: Outcome = (Verdict.PASS, "", "")
FAIL: Outcome = (Verdict.FAIL, "", "")
DECLARED: Outcome = (Verdict.FAIL, "", "known")
ERROR: Outcome = (Verdict.ERROR, "", "")
NOT_APPLICABLE: Outcome = (Verdict.NOT_APPLICABLE, "T6.OSI.server", "")
DECLARED_UNDECIDED: Outcome = (Verdict.INCONCLUSIVE, "baseline", "known")
NO_PEER: Outcome = (Verdict.INCONCLUSIVE, "prerequisite:reset", "")
NOBODY_THERE: Outcome = (Verdict.NOT_RUN, "operator", "")


def code(*outcomes: Outcome, accepted: tuple[str, ...] = (), end: bool = True, **header: object) -> ExitCode:
    events: list[AnyEvent] = [samples.run_started(**header)]
    for number, (verdict, reason, deviation) in enumerate(outcomes):
        name = f"OSI/SRV/A/BV-{number}"
        events.append(samples.planned(name))
        events.append(samples.verdicted(name, verdict, reason=reason, deviation=deviation))
    if end:
        events.append(RunFinished(t=3.0, complete=True))
    return exit_code(reduce_run(events), accepted)


@pytest.mark.parametrize(
    ("outcomes", "accepted", "expected"),
    [
        ([PASS], (), 0),
        ([PASS, NOT_APPLICABLE], (), 0),
        ([PASS, DECLARED], (), 0),
        ([PASS, FAIL], (), 1),
        ([PASS, DECLARED, FAIL], (), 1),
        ([DECLARED], (), 1),
        ([FAIL, NO_PEER], (), 1),
        ([FAIL], ("fail",), 1),
        ([PASS, DECLARED_UNDECIDED], (), 0),
        ([PASS, DECLARED_UNDECIDED, NO_PEER], (), 3),
        ([DECLARED_UNDECIDED], (), 3),
        ([PASS, NO_PEER], (), 3),
        ([PASS, NO_PEER], ("prerequisite",), 0),
        ([PASS, NO_PEER], ("prerequisite:reset",), 0),
        ([PASS, NO_PEER], ("prerequisite:other",), 3),
        ([PASS, NO_PEER], ("baseline",), 3),
        ([PASS, NO_PEER, NOBODY_THERE], ("prerequisite",), 3),
        ([PASS, NOBODY_THERE], ("operator",), 0),
        ([NO_PEER], ("prerequisite",), 3),
        ([PASS, FAIL, ERROR], (), 4),
        ([], (), 5),
        ([NOT_APPLICABLE], (), 5),
    ],
)
def test_exit_code(outcomes: list[Outcome], accepted: tuple[str, ...], expected: int) -> None:
    assert code(*outcomes, accepted=accepted) == expected


def test_reasons_that_the_log_accepts_count() -> None:
    assert code(PASS, NO_PEER, accepted_inconclusive=["prerequisite"]) == 0


def test_interruption_outweighs_all() -> None:
    assert code(PASS, FAIL, ERROR, end=False) == 130


def test_operator_interrupts() -> None:
    events: list[AnyEvent] = [samples.run_started(), RunFinished(t=1.0, complete=False, reason="interrupted")]
    assert exit_code(reduce_run(events)) == 130


def test_incomplete_run_for_another_reason_is_undecided() -> None:
    events = [*samples.attempt("OSI/SRV/A/BV-b", Verdict.PASS)]
    end = RunFinished(t=1.0, complete=False, reason="the device did not come back")
    assert exit_code(reduce_run([samples.run_started(), *events, end])) == 3
