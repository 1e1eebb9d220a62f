"""How the faults of firmware are measured: what generated cases reach, and what a campaign finds."""

from __future__ import annotations

import pytest

from conform62351.fixtures.firmware.registry import firmware_catalogue
from conform62351.tooling.bench.firmware import Target, line_of, measure, targets_of
from conform62351.tooling.bench.firmware_reach import Count, everything, lines_of, reach
from conform62351.tooling.proof.bench import Bench

FAULTS = firmware_catalogue()
EASY = "fw-tpkt-fixed-buffer"


def test_cases_are_counted_up_to_what_they_set_off(bench: Bench) -> None:
    count = Count()
    with everything(bench, count) as subject:
        found = reach(subject, count, "server", "plain", 72, seed=1)
    assert found.cases == 72
    assert found.first.keys() == found.times.keys()
    assert found.first.keys() <= FAULTS.keys()
    assert all(0 < number <= found.cases for number in found.first.values())
    lines = list(lines_of(found, "server", "plain"))
    here = {name for name, fault in FAULTS.items() if "server" in fault.roles and "plain" in fault.stacks}
    assert f"{len(here & found.first.keys())} of {len(here)} " in lines[0]
    assert any(line.endswith("never") for line in lines)


def test_each_fault_is_a_device_to_fuzz_and_the_correct_one_is_one_by_role_and_stack() -> None:
    targets = targets_of(tuple(FAULTS.values()), correct=False)
    assert [target.fault for target in targets] == list(FAULTS)
    correct = targets_of(tuple(FAULTS.values()), correct=True)
    assert {target.fault for target in correct} == {""}
    assert {(one.role, one.stack) for one in correct} == {(one.role, one.stack) for one in targets}


@pytest.mark.deep
def test_a_campaign_ends_with_the_first_finding() -> None:
    found = measure(Target(EASY, "server", "plain"), seconds=60, seed=1)
    assert found.oracle == "process-ends"
    assert 0 < found.met_s < found.seconds
    assert line_of(found).startswith(f"found  {EASY}")
