"""What goes wrong in the harness or on its disk: the run goes on, and nothing that was found is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conform62351.reports.model.eventlog import EventLog, EventLogError, read_events
from conform62351.reports.model.events import CheckMade, Noted, Observed
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck.test_engine_runs import (
    ASSOCIATE,
    FAULTS,
    QUICK,
    VERSION,
    case_of,
    execute,
    notes,
)
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.options import Options


def execute_with(out: Path, observer: Any, *selectors: str) -> Any:
    """Run against the correct built-in device; ``observer`` sees every event."""
    with Execution(Options(out=out, selectors=selectors, capture=False), Operator(None)) as execution:
        return execution.run(execution.prepare(), observer)


def test_a_flaw_that_nobody_foresaw_is_an_error_of_its_case_and_the_run_goes_on(tmp_path: Path) -> None:
    def fail(event: Any) -> None:
        if isinstance(event, Observed) and event.case == VERSION:
            raise ZeroDivisionError("a flaw")

    report = execute_with(tmp_path / "r", fail, VERSION, "OSI/SRV/TPKT/BI-reserved")
    case = case_of(report, VERSION)
    assert case.verdict is Verdict.ERROR
    assert case.reason.startswith("ZeroDivisionError in test_engine_trouble.py:")
    assert case_of(report, ASSOCIATE).verdict is Verdict.PASS
    assert report.summary.not_run == 0
    assert exit_code(report) is ExitCode.HARNESS_ERROR


def test_a_log_that_cannot_be_written_ends_the_run_and_not_in_errors_of_cases(tmp_path: Path) -> None:
    def lose(event: Any) -> None:
        if isinstance(event, CheckMade):
            raise EventLogError("events.jsonl: No space left on device")

    with pytest.raises(EventLogError, match="No space left"):
        execute_with(tmp_path / "r", lose, ASSOCIATE)
    assert Verdict.ERROR not in {
        getattr(event, "verdict", None) for event in read_events(tmp_path / "r/events.jsonl")
    }


def test_a_full_disk_is_an_error_that_names_the_log(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").symlink_to("/dev/full")
    with (
        EventLog(tmp_path / "events.jsonl") as log,
        pytest.raises(EventLogError, match=r"events\.jsonl: No space left on device"),
    ):
        log.write(Noted(t=0.0, text="anything"))


@pytest.mark.parametrize("fragment", ["", '{"event":"no', '{"event":"note","t":9,"text":"' + "x" * 200_000])
def test_events_after_an_unfinished_line_have_lines_of_their_own(tmp_path: Path, fragment: str) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.write(Noted(t=0.0, text="first"))
    with path.open("a") as file:
        file.write(fragment)
    with EventLog(path) as log:
        log.write(Noted(t=1.0, text="second"))
    assert [event.text for event in read_events(path) if isinstance(event, Noted)] == ["first", "second"]


def test_a_killed_run_can_be_continued(tmp_path: Path) -> None:
    out = tmp_path / "r"
    execute(out, ASSOCIATE)
    log = out / "events.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    report = execute(out, ASSOCIATE, into=True)
    assert report.complete
    assert [attempt.number for attempt in case_of(report, ASSOCIATE).attempts] == [1, 2]


def test_a_fail_stays_a_fail_when_its_recipe_cannot_be_stored(tmp_path: Path) -> None:
    out, module = tmp_path / "r", tmp_path / "faults.py"
    module.write_text(FAULTS)

    def occupy(_: Any) -> None:
        (out / "evidence").touch()

    options = Options(
        out=out,
        selectors=(ASSOCIATE,),
        capture=False,
        faults=("answers-no-request",),
        fault_module=module,
        overrides=QUICK,
    )
    with Execution(options, Operator(None)) as execution:
        report = execution.run(execution.prepare(), occupy)
    assert case_of(report, ASSOCIATE).verdict is Verdict.FAIL
    assert any("could not be stored" in note for note in notes(out))
