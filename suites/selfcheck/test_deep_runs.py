"""Whole runs that take long: the same verdicts on a busy machine and over IPv6."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.model.report import RunReport
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.options import Options

pytestmark = pytest.mark.deep
RUNS = 3


def burn(stop: multiprocessing.synchronize.Event) -> None:
    while not stop.is_set():
        sum(range(10_000))


@pytest.fixture
def busy() -> Iterator[None]:
    """Keep every core busy from other processes."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    burners = [context.Process(target=burn, args=(stop,)) for _ in range(multiprocessing.cpu_count())]
    for burner in burners:
        burner.start()
    yield
    stop.set()
    for burner in burners:
        burner.join()


def whole_run(out: Path, **options: object) -> RunReport:
    with Execution(Options(out=out, **options), Operator(None)) as execution:  # type: ignore[arg-type]
        return execution.run(execution.prepare(), lambda _: None)


def verdicts(report: RunReport) -> dict[str, str]:
    return {case.id: case.verdict.value for case in report.cases}


def test_verdicts_do_not_flicker_on_a_busy_machine(tmp_path: Path, busy: None) -> None:
    reports = [whole_run(tmp_path / str(number)) for number in range(RUNS)]
    assert [exit_code(report) for report in reports] == [ExitCode.PASSED] * RUNS
    assert all(verdicts(report) == verdicts(reports[0]) for report in reports)


@pytest.mark.parametrize("capture", [True, False])
def test_verdicts_are_the_same_over_ipv6(tmp_path: Path, capture: bool) -> None:
    report = whole_run(tmp_path / "6", capture=capture, overrides=("dut.host=::1", "tester.bind=::1"))
    assert exit_code(report) is ExitCode.PASSED
