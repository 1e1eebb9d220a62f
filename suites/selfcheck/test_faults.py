"""Cases that can fail: every case finds a faulty device, and none finds fault with the correct one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from conform62351.fixtures.faults.registry import DeviceFault, fault_catalogue
from conform62351.pics.requirements import requirements
from conform62351.profiles.policy import Policy
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.selfcheck.case_bench import HASTY_LIMITS, SHORT_LIMITS, Bench, Subject
from conform62351.tooling.engine.case import Case

FAULTS = fault_catalogue()
CASES = {identifier: case for identifier, case in load().items() if case.review is None}
CAUGHT = [
    pytest.param(fault, identifier, id=f"{fault.name}-{identifier}")
    for fault in FAULTS.values()
    for identifier in fault.caught_by
]
TRIES = 3
"""A limit that is too short for a correct device is so every time, a busy machine now and then."""


@pytest.fixture(scope="module")
def correct(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), HASTY_LIMITS) as subject:
        yield subject


def shown(checks: list[CheckMade]) -> str:
    return "\n".join(
        f"{check.label}: {check.sent}: {check.requirement} {check.verdict.value} {check.reason}: {check.got}"
        for check in checks[-3:]
    )


def sends_log(case: Case) -> bool:
    return "LOG.syslog-TLS" in case.pics


def group_23(case: Case) -> str:
    return "rfc5114" if "group 23 as rfc5114" in case.prerequisites else ""


def verdict(checks: list[CheckMade]) -> Verdict:
    return worst(check.verdict for check in checks)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES.values()])
def test_the_correct_device_passes(bench: Bench, correct: Subject, case: Case) -> None:
    with ExitStack() as stack:
        subject = correct
        if sends_log(case) or group_23(case):
            other = bench.device(Policy(), HASTY_LIMITS, sends_log=sends_log(case), group_23=group_23(case))
            subject = stack.enter_context(other)
        assert subject.why_not(case) == []
        for _ in range(TRIES):
            checks = subject.play(case)
            if verdict(checks) is Verdict.PASS:
                break
    assert verdict(checks) is Verdict.PASS, shown(checks)


@pytest.mark.parametrize(("fault", "identifier"), CAUGHT)
def test_the_fault_is_caught(bench: Bench, fault: DeviceFault, identifier: str) -> None:
    case = CASES[identifier]
    for limits in (HASTY_LIMITS, SHORT_LIMITS):
        device = bench.device(fault.make(), limits, sends_log=sends_log(case), group_23=group_23(case))
        with device as faulty:
            baseline = faulty.play(CASES[case.baseline]) if case.baseline else []
            sound = not case.baseline or verdict(baseline) is Verdict.PASS
            checks = faulty.play(case)
        if sound and verdict(checks) is Verdict.FAIL:
            break
    assert sound, f"the fault spoils the baseline\n{shown(baseline)}"
    assert verdict(checks) is Verdict.FAIL, shown(checks)
    failing = [check.requirement for check in checks if check.verdict is Verdict.FAIL]
    assert fault.requirement not in case.requirements or fault.requirement in failing, shown(checks)


@pytest.mark.parametrize("identifier", CASES)
def test_a_fault_shows_that_the_case_can_fail(identifier: str) -> None:
    assert [name for name, fault in FAULTS.items() if identifier in fault.caught_by]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in FAULTS.items()])
def test_what_a_fault_declares_is_true_of_the_catalogue(fault: DeviceFault) -> None:
    assert fault.requirement in requirements()
    cases = [CASES[identifier] for identifier in fault.caught_by]
    assert {case.role for case in cases} == set(fault.roles)
    assert any(fault.requirement in case.requirements for case in cases)
