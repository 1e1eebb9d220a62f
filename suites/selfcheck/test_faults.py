"""Cases that can fail: every case finds a faulty device, and none finds fault with the correct one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

import pytest

from conform62351.fixtures.faults.registry import DeviceFault, fault_catalogue
from conform62351.pics.requirements import requirements
from conform62351.profiles.policy import Policy
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case
from conform62351.tooling.proof.bench import HASTY_LIMITS, Bench, Subject
from conform62351.tooling.proof.judging import Trial, try_correct, try_fault

FAULTS = fault_catalogue()
CASES = {identifier: case for identifier, case in load().items() if case.review is None}
MORE_TRIES = 2


def representative(declared: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    """Return pairs of a fault and a case it declares: each fault is in one, and each case.

    Faults with few cases choose first, each the case that fewest others have and nobody took.
    """
    pairs: set[tuple[str, str]] = set()
    taken: set[str] = set()
    rivals = Counter(case for cases in declared.values() for case in cases)
    for name, cases in sorted(declared.items(), key=lambda item: len(item[1])):
        free = [case for case in cases if case not in taken]
        case = min(free or cases, key=lambda case: rivals[case])
        pairs.add((name, case))
        taken.add(case)
    for name, cases in declared.items():
        for case in cases:
            if case not in taken:
                pairs.add((name, case))
                taken.add(case)
    return pairs


PAIRS = representative({name: fault.caught_by for name, fault in FAULTS.items()})
CAUGHT = [
    pytest.param(
        fault,
        identifier,
        id=f"{fault.name}-{identifier}",
        marks=() if (fault.name, identifier) in PAIRS else pytest.mark.deep,
    )
    for fault in FAULTS.values()
    for identifier in fault.caught_by
]


@pytest.fixture(scope="module")
def correct(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), HASTY_LIMITS) as subject:
        yield subject


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES.values()])
def test_the_correct_device_passes(bench: Bench, correct: Subject, case: Case) -> None:
    with ExitStack() as stack:
        subject = correct
        if not bench.is_usual(case):
            subject = stack.enter_context(bench.device_for(case, Policy(), HASTY_LIMITS))
        trial = try_correct(subject, case)
    if not trial.passes:
        # A machine that is busy with other tests may take longer than a hasty tester waits.
        with bench.device_for(case, Policy(), {}) as patient:
            trial = try_correct(patient, case)
    assert not trial.obstacles
    assert trial.verdict is Verdict.PASS, trial.shown


@pytest.mark.parametrize(("fault", "identifier"), CAUGHT)
def test_the_fault_is_caught(bench: Bench, fault: DeviceFault, identifier: str) -> None:
    case = CASES[identifier]
    trial = try_fault(bench, CASES, case, fault.make, confirmed=False)
    for _ in range(MORE_TRIES):
        if trial.fails and _is_blamed(fault, case, trial):
            break
        # A machine that is busy with other tests may have run into a limit before the fault showed.
        trial = try_fault(bench, CASES, case, fault.make)
    assert not trial.obstacles
    assert trial.sound, f"the fault spoils the baseline\n{trial.shown}"
    assert trial.verdict is Verdict.FAIL, trial.shown
    assert _is_blamed(fault, case, trial), trial.shown


def _is_blamed(fault: DeviceFault, case: Case, trial: Trial) -> bool:
    """Return whether what fails is what the fault is about, where the case looks at that."""
    return fault.requirement not in case.requirements or fault.requirement in trial.failing


@pytest.mark.parametrize("identifier", CASES)
def test_a_fault_shows_that_the_case_can_fail(identifier: str) -> None:
    assert [name for name, fault in FAULTS.items() if identifier in fault.caught_by]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in FAULTS.items()])
def test_what_a_fault_declares_is_true_of_the_catalogue(fault: DeviceFault) -> None:
    assert fault.requirement in requirements()
    assert fault.caught_by
    cases = [CASES[identifier] for identifier in fault.caught_by]
    assert {case.role for case in cases} == set(fault.roles)
    assert any(fault.requirement in case.requirements for case in cases)


def test_the_pairs_of_every_run_have_each_fault_and_each_case() -> None:
    assert {name for name, _ in PAIRS} == set(FAULTS)
    assert {case for _, case in PAIRS} == {case for fault in FAULTS.values() for case in fault.caught_by}
    assert all(case in FAULTS[name].caught_by for name, case in PAIRS)
