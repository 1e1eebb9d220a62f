"""A fixed sample of mutants: known ones are killed by their cases, one that differs in nothing survives."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conform62351.pics.conditions import Answer
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.mutation.bench import MutantBench, NotStarted, verdict_of
from conform62351.tooling.mutation.executing import START, executed_by
from conform62351.tooling.mutation.judging import Judge, Outcome
from conform62351.tooling.mutation.mutants import Mutant, mutants_of
from conform62351.tooling.mutation.running import Job, Workers
from conform62351.tooling.mutation.scope import PROFILES, modules_of_device, mutable
from conform62351.tooling.mutation.source import read_module
from conform62351.tooling.proof.bench import SHORT_LIMITS

SAMPLE: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "mutation_sample.toml").read_text(encoding="utf-8")
)["mutant"]
CHECKS = f"{PROFILES}compatibility.checks"
LIMIT_S = 60.0


class _Everything(frozenset[str]):
    def __contains__(self, _: object) -> bool:
        return True


@pytest.fixture(scope="module")
def modules() -> tuple[str, ...]:
    return mutable(modules_of_device())


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory, modules: tuple[str, ...]) -> Iterator[MutantBench]:
    made = MutantBench(tmp_path_factory.mktemp("mutants"), modules)
    yield made
    made.close()


def mutant_of(entry: dict[str, Any]) -> Mutant:
    """Return the mutant that an entry of the sample means."""
    found = [
        one
        for one in mutants_of(PROFILES + entry["module"], _Everything())
        if all(getattr(one, name) == entry[name] for name in ("function", "text", "change"))
    ]
    assert found, f"no mutant is {entry}"
    return found[0]


@pytest.mark.parametrize(
    "entry", [pytest.param(one, id=f"{one['module']}-{one['function']}-{one['change']}") for one in SAMPLE]
)
def test_the_sample_is_judged_as_ever(mutants: MutantBench, entry: dict[str, Any]) -> None:
    mutant = mutant_of(entry)
    judged = Judge(mutants, 3, LIMIT_S).judge(mutant, read_module(mutant.module), entry["cases"])
    assert judged.outcome is Outcome(entry["outcome"]), judged


def test_a_mutant_that_does_not_start_is_killed(mutants: MutantBench) -> None:
    source = read_module(CHECKS)
    end = len(source.octets)
    broken = Mutant(CHECKS, "", 1, "", "", "", 1, end, end, "1 / 0\n", (1, 1), None)
    with (
        pytest.raises(NotStarted, match="ZeroDivisionError"),
        mutants.device(
            mutants.setup_for(mutants.cases["CMP/SRV/ASSOC/BV-associate"]),
            SHORT_LIMITS,
            module=CHECKS,
            source=broken.source(source),
        ),
    ):
        """It is never entered."""
    judged = Judge(mutants, 1, LIMIT_S).judge(broken, source, ["CMP/SRV/ASSOC/BV-associate"])
    assert judged.outcome is Outcome.KILLED
    assert "ZeroDivisionError" in judged.why


def test_what_only_a_device_of_another_pics_plays_is_played_on_one(mutants: MutantBench) -> None:
    item = "T13.aes256-GCM.server"
    case = mutants.cases[f"E2E/SRV/SELECT/BI-AE-algorithms without {item}"]
    setup = mutants.setup_for(case)
    assert setup.denied == {item: Answer.NO}
    with mutants.device(setup, SHORT_LIMITS) as device:
        checks = device.play(case)
    assert {check.label for check in checks} == {"aes256-GCM, denied"}
    assert verdict_of(checks) is Verdict.PASS


def test_a_mutant_without_cases_is_not_executed(mutants: MutantBench) -> None:
    mutant = mutant_of(SAMPLE[0])
    assert (
        Judge(mutants, 1, LIMIT_S).judge(mutant, read_module(mutant.module), []).outcome
        is Outcome.NOT_EXECUTED
    )


def test_it_is_told_what_a_case_executes(mutants: MutantBench, modules: tuple[str, ...]) -> None:
    found = executed_by(mutants, ["OSI/SRV/TPKT/BV-header", "CMP/SRV/ASSOC/BV-associate"], modules)
    plain, compatibility = found["OSI/SRV/TPKT/BV-header"], found["CMP/SRV/ASSOC/BV-associate"]
    assert plain is not None
    assert compatibility is not None
    assert CHECKS not in plain
    assert CHECKS in compatibility
    assert found[START]


def test_workers_judge(modules: tuple[str, ...]) -> None:
    entry = SAMPLE[0]
    told: list[Any] = []
    with Workers(1, modules, tries=3, limit=LIMIT_S) as workers:
        job = Job(mutant_of(entry), tuple(entry["cases"]))
        workers.judge([job], lambda mutant, judged: told.append((mutant, judged)), until=float("inf"))
        workers.judge([job], lambda mutant, judged: told.append((mutant, judged)), until=0.0)
    assert [(mutant, judged.outcome) for mutant, judged in told] == [(job.mutant, Outcome.KILLED)]
