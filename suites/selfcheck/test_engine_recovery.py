"""Bringing the device into its configurations, and finding the case that makes it unavailable."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.device.process import start_device
from conform62351.pics.conditions import Answer
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import Sent, Started
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.loading import load
from conform62351.suites.osi.mms_claims import SERVICES
from conform62351.suites.selfcheck.test_engine_runs import (
    AS_CLIENT,
    ASSOCIATE,
    QUICK,
    case_of,
    ignore,
    notes,
)
from conform62351.tooling.cli.main import build_parser
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options

UNKNOWN = {f"MMS.{service}.server": Answer.UNKNOWN for service in SERVICES if service != "read"}
INSISTING = "OSI/SRV/ACSE-TITLES/BI-called"
FAINTING = '''
"""Devices that take no connection for a while."""

import time

from conform62351.fixtures.faults.registry import fault
from conform62351.profiles.policy import Policy

ABOUT = {"clause": "10", "requirement": "R-MMS-read", "caught_by": ["OSI/SRV/ASSOC/BV-associate"]}


class Fainting(Policy):
    def __init__(self, times, answering):
        super().__init__()
        self.left, self.answering, self.until = times, answering, 0.0

    def rewrite_octets(self, name, octets):
        if name == "COTP.CC" and time.monotonic() < self.until:
            return None
        if name == "MMS.confirmed-ResponsePDU" and self.left:
            self.left -= 1
            self.until = time.monotonic() + (3.0 if self.answering else 6.0)
            return octets if self.answering else None
        return octets


@fault("faints", **ABOUT)
def faints():
    """Takes no connection for a while after each answer."""
    return Fainting(1000, answering=True)


@fault("faints-once", **ABOUT)
def faints_once():
    """Does not answer the first request, and takes no connection for a while."""
    return Fainting(1, answering=False)
'''


@pytest.fixture
def fainting(tmp_path: Path) -> Path:
    path = tmp_path / "fainting.py"
    path.write_text(FAINTING)
    return path


def run_fainting(out: Path, module: Path, fault: str) -> tuple[RunReport, dict[str, Verdict]]:
    options = Options(
        out=out,
        selectors=(ASSOCIATE, AS_CLIENT),
        capture=False,
        faults=(fault,),
        fault_module=module,
        overrides=(*QUICK, "boot_time=9.0"),
    )
    with Execution(options, Operator(None)) as execution:
        runner = execution.start(execution.prepare(), ignore)
        runner.run()
        return execution.finish(), {case: outcome.verdict for case, outcome in runner.outcomes.items()}


def test_the_case_at_fault_is_found_by_repetition_and_no_other_is_mixed_up_with_it(
    tmp_path: Path, fainting: Path
) -> None:
    out = tmp_path / "r"
    report, _ = run_fainting(out, fainting, "faints")
    case = case_of(report, ASSOCIATE)
    assert (case.verdict, case.severity) == (Verdict.FAIL, Severity.UNAVAILABLE)
    assert [attempt.verdict for attempt in case.attempts] == [Verdict.PASS, Verdict.FAIL]
    assert any(f"{ASSOCIATE} makes the device unavailable" in note for note in notes(out))
    events = list(read_events(out / "events.jsonl"))
    begun = next(
        i for i, event in enumerate(events) if isinstance(event, Started) and event.case == AS_CLIENT
    )
    assert {event.case for event in events[begun:] if isinstance(event, Sent)} <= {AS_CLIENT, ""}
    assert case_of(report, AS_CLIENT).verdict is Verdict.PASS


def test_a_repetition_that_passes_hides_no_fail_from_either_front_end(tmp_path: Path, fainting: Path) -> None:
    out = tmp_path / "r"
    report, outcomes = run_fainting(out, fainting, "faints-once")
    case = case_of(report, ASSOCIATE)
    assert [attempt.verdict for attempt in case.attempts] == [Verdict.FAIL, Verdict.PASS]
    assert (case.verdict, outcomes[ASSOCIATE]) == (Verdict.FAIL, Verdict.FAIL)
    assert any("does not show which" in note for note in notes(out))


@pytest.fixture
def device(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """Start the reference device as if it were a vendor's; return the overrides that reach it."""
    running = start_device()
    pixit = device_file("pixit.toml").read_text().replace("http://127.0.0.1:62351/", running.control)
    (tmp_path / "pixit.toml").write_text(pixit)
    try:
        yield (f"dut.host={running.address.host}", f"dut.port={running.address.port}")
    finally:
        running.stop()


def vendors(tmp_path: Path, overrides: tuple[str, ...], *, explore: bool = False) -> Options:
    return Options(
        out=tmp_path / "r",
        files=Files(tmp_path / "pics.toml", tmp_path / "pixit.toml"),
        selectors=(INSISTING, "OSI/SRV/ACSE-TITLES/BI-calling"),
        capture=False,
        overrides=overrides,
        explore=explore,
    )


def replace(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_device_that_cannot_be_configured_is_asked_once(tmp_path: Path, device: tuple[str, ...]) -> None:
    (tmp_path / "pics.toml").write_bytes(device_file("pics.toml").read_bytes())
    elsewhere = '[configuration.insisting]\nkind = "http"\nurl = "{control}no-such-action"'
    replace(tmp_path / "pixit.toml", "[configuration.insisting]", elsewhere)
    with Execution(vendors(tmp_path, device), Operator(None)) as execution:
        report = execution.run(execution.prepare(), ignore)
    lost = [case for case in report.cases if case.configuration == "insisting"]
    assert len(lost) == 2
    assert {case.reason for case in lost} == {"prerequisite:configure"}
    tried = [action for action in report.actions if action.action == "configuration.insisting"]
    assert len(tried) == 1
    assert tried[0].error


def test_a_device_that_is_left_in_another_configuration_is_brought_back(
    tmp_path: Path, device: tuple[str, ...]
) -> None:
    (tmp_path / "pics.toml").write_bytes(device_file("pics.toml").read_bytes())
    for out in ("first", "second"):
        options = dataclasses.replace(vendors(tmp_path, device), out=tmp_path / out)
        with Execution(options, Operator(None)) as execution:
            report = execution.run(execution.prepare(), ignore)
        assert {case.verdict for case in report.cases} == {Verdict.PASS}
        brought = [action.action for action in report.actions if action.action.startswith("configuration.")]
        assert brought == ["configuration.default", "configuration.insisting"]


def test_a_device_that_cannot_be_brought_into_its_first_configuration_is_not_tested_in_it(
    tmp_path: Path, device: tuple[str, ...]
) -> None:
    (tmp_path / "pics.toml").write_bytes(device_file("pics.toml").read_bytes())
    replace(tmp_path / "pixit.toml", "configure?name={configuration}", "no-such-action")
    options = dataclasses.replace(vendors(tmp_path, device), selectors=(ASSOCIATE,))
    with Execution(options, Operator(None)) as execution:
        report = execution.run(execution.prepare(), ignore)
    assert case_of(report, ASSOCIATE).reason == "prerequisite:configure"


def test_the_plan_says_what_a_configuration_costs_that_needs_a_person(
    tmp_path: Path, device: tuple[str, ...]
) -> None:
    (tmp_path / "pics.toml").write_bytes(device_file("pics.toml").read_bytes())
    replace(
        tmp_path / "pixit.toml",
        'kind = "http"\nurl = "{control}configure?name={configuration}"',
        'kind = "question"\nquestion = "Set the device up as {configuration}"',
    )
    with Execution(vendors(tmp_path, device), Operator(None)) as execution:
        assert INSISTING in execution.prepare().plan.costs()["configuration insisting"]
    with Execution(vendors(tmp_path, device), Operator(lambda _: "done")) as execution:
        assert "configuration insisting" not in execution.prepare().plan.costs()


def test_what_an_exploring_run_leaves_unknown_is_tried_as_claimed_and_not_as_denied() -> None:
    talks = load()["OSI/SRV/MMS-CLAIMS/BV-services"].conversations_for(
        {"MMS.read.server": Answer.NO} | UNKNOWN
    )
    labels = {talk.label for talk in talks}
    assert {"status, claimed", "read, denied"} <= labels
    assert not {"status, denied", "read, claimed"} & labels


def test_the_commands_of_an_exploring_run_explore_too(tmp_path: Path) -> None:
    options = vendors(tmp_path, (), explore=True)
    parser = build_parser()
    for command in ("replay", "run"):
        assert parser.parse_args([command, *options.device_words(), "FILE"]).explore


def test_a_role_that_an_exploring_run_leaves_unknown_is_tried(
    tmp_path: Path, device: tuple[str, ...]
) -> None:
    text = device_file("pics.toml").read_text()
    for role in ("server", "client"):
        assert f'OSI.{role} = "yes"' in text
        text = text.replace(f'OSI.{role} = "yes"', f'OSI.{role} = "{Answer.UNKNOWN}"')
    (tmp_path / "pics.toml").write_text(text)
    with Execution(vendors(tmp_path, device, explore=True), Operator(None)) as execution:
        report = execution.run(execution.prepare(), ignore)
    assert {case.verdict for case in report.cases} == {Verdict.PASS}
    assert not any("does not associate" in note for note in notes(tmp_path / "r"))
