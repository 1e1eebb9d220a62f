"""Whole runs against the reference device, right and wrong: verdicts, recovery, continuation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import AnyEvent, Noted
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.reports.render.text import render_text
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.recipes import RecipeError, load_recipe
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.frontend.options import Options

ASSOCIATE = "OSI/SRV/ASSOC/BV-associate"
AS_CLIENT = "OSI/CLI/ASSOC/BV-associate"
VERSION = "OSI/SRV/TPKT/BI-version"

FAULTS = '''
"""Faults that no real suite needs: they try the engine."""

import os

from conform62351.fixtures.faults.building import Withhold
from conform62351.fixtures.faults.registry import fault
from conform62351.profiles.policy import Policy

ABOUT = {"clause": "10", "requirement": "R-MMS-read", "caught_by": ["OSI/SRV/ASSOC/BV-associate"]}


@fault("answers-no-request", **ABOUT)
def answers_no_request():
    """Never answers an MMS request, but associates."""
    return Withhold("MMS.confirmed-ResponsePDU")


@fault("falls-silent", **ABOUT)
def falls_silent():
    """Answers nothing at all any more once an MMS request came."""

    class Silent(Policy):
        silent = False

        def rewrite_octets(self, name, octets):
            self.silent = self.silent or name == "MMS.confirmed-ResponsePDU"
            return None if self.silent else octets

    return Silent()


@fault("dies-on-request", **ABOUT)
def dies_on_request():
    """Ends at an MMS request."""

    class Dying(Policy):
        def rewrite_octets(self, name, octets):
            if name == "MMS.confirmed-ResponsePDU":
                os._exit(7)
            return octets

    return Dying()


@fault("never-associates", **ABOUT)
def never_associates():
    """Sends no CC."""
    return Withhold("COTP.CC")
'''


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "faults.py"
    path.write_text(FAULTS)
    return path


QUICK = ("boot_time=1.5", *(f"limit.{name}=1.5" for name in ("connect", "associate", "respond", "close")))


def execute(out: Path, *selectors: str, faults: tuple[str, ...] = (), **options: Any) -> RunReport:
    """Run against the built-in device; a faulty one has short limits, since its silence is waited for."""
    settings = Options(
        out=out,
        selectors=selectors,
        capture=False,
        faults=faults,
        overrides=QUICK if faults else (),
        **options,
    )
    with Execution(settings, Operator(None)) as execution:
        return execution.run(execution.prepare(), lambda _: None)


def case_of(report: RunReport, identifier: str) -> CaseReport:
    return next(case for case in report.cases if case.id == identifier)


def notes(out: Path) -> list[str]:
    return [event.text for event in read_events(out / "events.jsonl") if isinstance(event, Noted)]


def test_the_correct_device_passes_in_both_roles(tmp_path: Path) -> None:
    report = execute(tmp_path / "r", ASSOCIATE, AS_CLIENT)
    assert [case.verdict for case in report.cases] == [Verdict.PASS, Verdict.PASS]
    assert report.complete
    assert exit_code(report) is ExitCode.PASSED


def test_a_baseline_is_added_to_the_plan_and_comes_first(tmp_path: Path) -> None:
    with Execution(Options(out=tmp_path / "r", selectors=(VERSION,)), Operator(None)) as execution:
        plan = execution.prepare().plan
    assert [(entry.case.id, entry.added) for entry in plan.entries] == [(ASSOCIATE, True), (VERSION, False)]


def test_silence_of_a_device_that_still_associates(tmp_path: Path, module: Path) -> None:
    case = case_of(
        execute(tmp_path / "r", ASSOCIATE, faults=("answers-no-request",), fault_module=module), ASSOCIATE
    )
    assert (case.verdict, case.severity) == (Verdict.FAIL, Severity.SILENT)


def test_silence_of_a_device_that_no_longer_associates(tmp_path: Path, module: Path) -> None:
    out = tmp_path / "r"
    case = case_of(execute(out, ASSOCIATE, VERSION, faults=("falls-silent",), fault_module=module), ASSOCIATE)
    assert (case.verdict, case.severity) == (Verdict.FAIL, Severity.UNAVAILABLE)


def test_a_case_whose_baseline_failed_says_nothing(tmp_path: Path, module: Path) -> None:
    report = execute(tmp_path / "r", VERSION, faults=("answers-no-request",), fault_module=module)
    case = case_of(report, VERSION)
    assert (case.verdict, case.reason) == (Verdict.INCONCLUSIVE, "baseline")
    assert exit_code(report) is ExitCode.FAILED


def test_a_device_that_dies_is_noticed_and_what_follows_is_not_blamed(tmp_path: Path, module: Path) -> None:
    out = tmp_path / "r"
    report = execute(out, ASSOCIATE, VERSION, faults=("dies-on-request",), fault_module=module)
    assert case_of(report, ASSOCIATE).verdict is Verdict.FAIL
    assert case_of(report, VERSION).verdict is Verdict.INCONCLUSIVE
    assert any("does not associate" in note for note in notes(out))
    assert "note      the device does not associate after" in render_text(report, colour=False)


@pytest.mark.parametrize("faulty", [True, False])
def test_a_recipe_reproduces_the_fail_but_not_against_a_correct_device(
    tmp_path: Path, module: Path, faulty: bool
) -> None:
    out = tmp_path / "r"
    execute(out, ASSOCIATE, faults=("answers-no-request",), fault_module=module)
    (stored,) = out.glob("evidence/*/*.json")
    options = Options(
        out=tmp_path / "again",
        capture=False,
        faults=("answers-no-request",) if faulty else (),
        fault_module=module if faulty else None,
        overrides=QUICK if faulty else (),
    )
    with Execution(options, Operator(None)) as execution:
        checks = execution.replay(load_recipe(stored), None)
    assert any(check.verdict is Verdict.FAIL for check in checks) is faulty
    assert checks[0].verdict is Verdict.PASS


@pytest.mark.parametrize("content", ["", "{}", "[" * 100_000, '{"format": "other"}', "\xff\xfe"])
def test_a_file_that_is_no_recipe_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(RecipeError, match=r"recipe\.json"):
        load_recipe(path)


def test_runs_add_up_and_a_later_pass_hides_no_fail(tmp_path: Path, module: Path) -> None:
    out = tmp_path / "r"
    execute(out, ASSOCIATE, faults=("answers-no-request",), fault_module=module)
    report = execute(out, ASSOCIATE, AS_CLIENT, into=True)
    case = case_of(report, ASSOCIATE)
    assert [attempt.verdict for attempt in case.attempts] == [Verdict.FAIL, Verdict.PASS]
    assert case.verdict is Verdict.FAIL
    assert case.unstable
    assert case_of(report, AS_CLIENT).verdict is Verdict.PASS


def test_a_continued_run_knows_what_passed_before(tmp_path: Path) -> None:
    out = tmp_path / "r"
    execute(out, ASSOCIATE)
    assert case_of(execute(out, VERSION, into=True), VERSION).verdict is Verdict.PASS


@pytest.mark.parametrize("damage", ["absent", "empty", "garbage", "other device"])
def test_a_run_that_cannot_be_continued_is_a_usage_error(tmp_path: Path, damage: str) -> None:
    out = tmp_path / "r"
    if damage != "absent":
        execute(out, ASSOCIATE)
        log = out / "events.jsonl"
        text = {"empty": "", "garbage": "nonsense\n"}.get(damage)
        log.write_text(log.read_text().replace('"product":"', '"product":"other ') if text is None else text)
    with pytest.raises(UsageError, match="--into"):
        execute(out, ASSOCIATE, into=True)


def test_an_output_directory_in_use_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(UsageError, match="not empty"):
        execute(tmp_path, ASSOCIATE)


def test_an_interrupted_run_leaves_a_report_that_says_so(tmp_path: Path) -> None:
    out = tmp_path / "r"
    with Execution(Options(out=out, selectors=("OSI/SRV",), capture=False), Operator(None)) as execution:

        def interrupt() -> None:
            if len([*out.glob("events.jsonl")]) and any(
                getattr(event, "case", "") == ASSOCIATE and type(event).__name__ == "Verdicted"
                for event in read_events(out / "events.jsonl")
            ):
                raise KeyboardInterrupt

        report = execution.run(execution.prepare(), ignore, interrupt)
    assert not report.complete
    assert case_of(report, ASSOCIATE).verdict is Verdict.PASS
    assert case_of(report, VERSION).verdict is Verdict.NOT_RUN
    assert exit_code(report) is ExitCode.INTERRUPTED


def ignore(event: AnyEvent) -> None:
    """Take no note of an event."""
