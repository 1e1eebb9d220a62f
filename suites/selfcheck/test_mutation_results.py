"""Results that survive a kill of the run, explanations of survivors, and the figures made of both."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.suites.loading import load
from conform62351.tooling.mutation.executing import START, Kept
from conform62351.tooling.mutation.explained import (
    ExplanationError,
    explanations,
    read_explanations,
    reason_for,
)
from conform62351.tooling.mutation.hints import hints
from conform62351.tooling.mutation.instructions import Instructions
from conform62351.tooling.mutation.judging import Judged, Outcome
from conform62351.tooling.mutation.mutants import Mutant, mutants_of
from conform62351.tooling.mutation.results import Results, digest
from conform62351.tooling.mutation.scope import PROFILES
from conform62351.tooling.mutation.selecting import Selection
from conform62351.tooling.mutation.source import Source, read_module
from conform62351.tooling.mutation.summary import Summary
from conform62351.tooling.mutation.words import Words

ONCE = "conform62351.profiles.compatibility.once"
CHECKS = "conform62351.profiles.compatibility.checks"
KILLED = Judged(Outcome.KILLED, "A/SRV/B/BI-c", "closed", ("A/SRV/B/BI-c",), 1.0)
SURVIVED = Judged(Outcome.SURVIVED, "", "", ("A/SRV/B/BI-c",), 1.0)
EXPLAINED = """
[[survivor]]
module = "compatibility.checks"
function = "_not_expired"
change = "<= → <"
reason = "the boundary is one moment wide"
"""


@pytest.fixture(scope="module")
def mutants() -> tuple[Mutant, ...]:
    found = mutants_of(CHECKS, frozenset({"_not_expired", "_valid_already"}))
    return tuple(one for one in found if one.body is not None)


def test_results_are_found_again(tmp_path: Path, mutants: tuple[Mutant, ...]) -> None:
    path = tmp_path / "results.jsonl"
    results = Results(path)
    results.add(mutants[0], "s1", KILLED)
    results.add(mutants[1], "s1", SURVIVED)
    path.write_text(path.read_text() + '{"key": "cut o', encoding="utf-8")
    again = Results(path)
    cases = {"A/SRV/B/BI-c": None}
    kept = again.of(mutants[0], "s1", cases)
    assert kept is not None
    assert kept.judged == KILLED
    assert again.of(mutants[1], "s1", cases) is not None
    assert again.of(mutants[2], "s1", cases) is None
    assert again.survived(mutants[1])
    assert not again.survived(mutants[0])


def test_a_kill_outlives_other_cases_and_a_survival_does_not(
    tmp_path: Path, mutants: tuple[Mutant, ...]
) -> None:
    results = Results(tmp_path / "results.jsonl")
    results.add(mutants[0], "s1", KILLED)
    results.add(mutants[1], "s1", SURVIVED)
    assert results.of(mutants[0], "s2", {"A/SRV/B/BI-c": None}) is not None
    assert results.of(mutants[0], "s2", {}) is None
    assert results.of(mutants[1], "s2", {"A/SRV/B/BI-c": None}) is None


def test_sources_have_a_hash_of_what_they_hold() -> None:
    assert digest(("profiles/compatibility",)) == digest(("profiles/compatibility",))
    assert digest(("profiles/compatibility",)) != digest(("profiles/native",))


def executing(first: int, last: int, module: str = CHECKS) -> dict[str, int]:
    """Return the instructions of these lines, as a case executes them."""
    return {module: Instructions(read_module(module)).of_lines(first, last)}


def test_what_cases_execute_is_kept_for_the_same_sources(tmp_path: Path) -> None:
    path = tmp_path / "executed.jsonl"
    kept = Kept(path, "s1")
    kept.add({"A": {"m": 1}, START: {"m": 4}})
    kept.add({"B": None, START: {"m": 2, "n": 1}})
    path.write_text(path.read_text() + '{"C": {"m', encoding="utf-8")
    assert Kept(path, "s1").executed == {"A": {"m": 1}, "B": None, START: {"m": 6, "n": 1}}
    assert Kept(path, "s2").executed == {}


def test_a_part_of_a_line_has_instructions_of_its_own() -> None:
    text = b"def f(a, b):\n    return a + 1 if b else a - 2\n"
    instructions = Instructions(Source("m", text))
    plus, minus = (instructions.of_change(at, at + 5) for at in (text.index(b"a + 1"), text.index(b"a - 2")))
    assert plus
    assert minus
    assert not plus & minus
    whole = instructions.of_lines(2, 2)
    assert plus | minus | whole == whole != plus | minus


def test_rare_ways_through_a_function_are_tried_first(mutants: tuple[Mutant, ...]) -> None:
    mutant = next(one for one in mutants if one.change == "<= → <")
    assert mutant.body is not None
    first, last = mutant.body
    executed = {
        "A/SRV/B/BV-a": executing(mutant.line, mutant.line + 1),
        "A/SRV/B/BV-b": executing(mutant.line, mutant.line + 1),
        "A/SRV/B/BI-c": executing(mutant.line, last),
        "A/SRV/B/BV-d": executing(1, first - 1),
        "A/SRV/B/BV-e": None,
    }
    chosen = Selection([CHECKS], executed).cases(mutant)
    assert chosen == ("A/SRV/B/BI-c", "A/SRV/B/BV-a", "A/SRV/B/BV-b")


def test_a_row_of_a_table_is_tried_by_the_cases_of_its_check() -> None:
    found = mutants_of(CHECKS, frozenset())
    row = next(one for one in found if one.operator == "leave-out-row" and "not-after" in one.text)
    functions = mutants_of(CHECKS, frozenset({"_not_expired"}))
    inside = next(one.line for one in functions if one.function == "_not_expired")
    executed = {"A/SRV/B/BI-c": executing(inside, inside), "A/SRV/B/BI-d": executing(1, 30)}
    assert Selection([CHECKS], executed).cases(row) == ("A/SRV/B/BI-c",)


def test_what_has_killed_the_like_and_what_catches_devices_without_the_step_is_tried_first(
    mutants: tuple[Mutant, ...],
) -> None:
    first, *_, other = (one for one in mutants if one.function == "_not_expired")
    lines = executing(first.line, first.line + 1)
    usual = ("CMP/SRV/ASSOC/BV-associate", "CMP/SRV/SIGNATURE/BI-altered", "CMP/SRV/CERTIFICATE/BI-expired")
    selection = Selection([CHECKS], dict.fromkeys(usual, lines), lambda _: "")
    assert set(selection.cases(first)) == set(usual)
    assert selection.cases(first)[0] == "CMP/SRV/CERTIFICATE/BI-expired"
    selection.learn(other, "CMP/SRV/ASSOC/BV-associate")
    assert selection.cases(first)[0] == "CMP/SRV/ASSOC/BV-associate"
    assert "CMP/SRV/CERTIFICATE/BI-expired" in selection.cases(first)[1:3]


def test_a_table_put_together_is_tried_by_what_catches_devices_without_its_steps() -> None:
    table = "conform62351.profiles.native.token3_checks"
    exchange = "conform62351.profiles.native.exchange"
    modules = ["conform62351.profiles.native.checks_time", table, exchange]
    cases = ("E2E/SRV/RELEASE-REQ/BI-form", "E2E/SRV/RELEASE-REQ/BI-version")
    executed = {case: executing(100, 171, exchange) for case in cases}
    selection = Selection(modules, executed, lambda _: "")
    mutant = next(one for one in mutants_of(table, frozenset({"_step"})) if one.change == "*TIME → nothing")
    assert selection.cases(mutant)[0] == "E2E/SRV/RELEASE-REQ/BI-version"


def test_an_attribute_that_is_set_is_tried_by_the_ways_through_what_reads_it() -> None:
    exchange = "conform62351.profiles.native.exchange"
    mutant = next(
        one
        for one in mutants_of(exchange, frozenset({"__init__"}))
        if one.change == "self.role = role → pass" and one.body is not None
    )
    source = read_module(exchange)
    reads = next(number for number, line in enumerate(source.lines, 1) if b"self.role is" in line)
    usual = executing(mutant.line, mutant.line, exchange)[exchange]
    executed = {
        "A/SRV/B/BV-a": {exchange: usual},
        "A/SRV/B/BV-b": {exchange: usual},
        "A/SRV/B/BV-c": {exchange: usual | Instructions(source).of_lines(reads, reads)},
    }
    assert Selection([exchange], executed).cases(mutant)[0] == "A/SRV/B/BV-c"


def test_cases_are_found_by_words_of_their_names_and_of_their_faults() -> None:
    faults = [one for one in fault_catalogue().values() if "E2E/SRV/REPLAY/BI-after-many" in one.caught_by]
    assert "e2e-remembers-few-handshakes" in [one.name for one in faults]
    names = ("E2E/SRV/HS/BV-own-numbers", "E2E/SRV/REPLAY/BI-after-many", "E2E/SRV/HS/BV-ae")
    known = Words(faults, {name: name for name in names})
    cases = {"E2E/SRV/HS/BV-own-numbers", "E2E/SRV/REPLAY/BI-after-many"}
    assert known.nearest("Numbers.meet self._own", cases) == ["E2E/SRV/HS/BV-own-numbers"]
    assert known.nearest("_few_of", cases) == ["E2E/SRV/REPLAY/BI-after-many"]
    assert known.nearest("nothing of it", cases) == []


def test_a_case_that_is_known_to_kill_is_tried_first() -> None:
    association = "conform62351.profiles.compatibility.association"
    mutant = mutants_of(association, frozenset({"_with_authentication"}))[0]
    lines = executing(1, 200, association)
    cases = ("CMP/CLI/ASSOC/BV-associate", "CMP/CLI/OWN/BV-context", "CMP/CLI/VALUE/BI-empty")
    assert Selection([association], dict.fromkeys(cases, lines)).cases(mutant)[0] == "CMP/CLI/OWN/BV-context"


def test_hints_are_about_what_is_there() -> None:
    known = set(load())
    for (module, function), cases in hints().items():
        assert any(one.function == function for one in all_mutants_of(module)), (module, function)
        assert set(cases) <= known


def test_what_makes_steps_at_import_is_tried_by_what_executes_the_module() -> None:
    table = "conform62351.profiles.native.token3_checks"
    mutant = mutants_of(table, frozenset({"_step"}))[0]
    executed = {"A/SRV/B/BI-c": {table: 1}, "A/SRV/B/BI-d": executing(1, 30)}
    assert Selection([table], executed).cases(mutant) == ("A/SRV/B/BI-c",)


def test_a_decorator_is_tried_by_what_executes_its_module() -> None:
    mutant = next(one for one in mutants_of(ONCE, frozenset({"__init__"})) if "self._make" in one.text)
    executed = {"A/SRV/B/BI-c": {ONCE: 1}, "A/SRV/B/BI-d": executing(1, 30)}
    modules = [ONCE, "conform62351.profiles.compatibility.examination"]
    assert Selection(modules, executed).cases(mutant) == ("A/SRV/B/BI-c",)


def test_a_default_of_many_lines_is_tried_by_what_executes_the_function() -> None:
    association = "conform62351.profiles.compatibility.association"
    found = mutants_of(association, frozenset({"__init__"}))
    mutant = next(one for one in found if one.text == "context_known: bool = True,")
    executed = {
        "A/SRV/B/BI-c": executing(mutant.line + 2, mutant.line + 3, association),
        "A/SRV/B/BI-d": executing(179, 180, association),
    }
    assert Selection([association], executed).cases(mutant) == ("A/SRV/B/BI-c",)


def test_an_operator_is_executed_with_its_line() -> None:
    text = b"def f(a):\n    if a is None or not g(a):\n        return 1\n    return 2\n"
    instructions = Instructions(Source("m", text))
    at = text.index(b"not ")
    assert instructions.of_change(at, at + 4) == instructions.of_lines(2, 2)


def test_what_is_executed_at_the_start_is_tried_by_all(mutants: tuple[Mutant, ...]) -> None:
    executed = {
        START: executing(mutants[0].line, mutants[0].line),
        "A/SRV/B/BI-c": executing(1, 30),
        "A/SRV/B/BI-d": executing(1, 30, ONCE),
    }
    assert Selection([CHECKS, ONCE], executed).cases(mutants[0]) == ("A/SRV/B/BI-c",)


def test_survivors_are_explained_and_stale_reasons_told(mutants: tuple[Mutant, ...]) -> None:
    known = read_explanations(EXPLAINED)
    meant = next(one for one in mutants if reason_for(one, known))
    others = [one for one in mutants if one is not meant]
    judged = {meant.key: SURVIVED, others[0].key: KILLED, others[1].key: SURVIVED}
    summary = Summary((meant, *others), judged, known)
    assert [summary.state(one) for one in (meant, *others[:3])] == [
        "explained",
        "killed",
        "survived",
        "not tried",
    ]
    assert summary.score == 0.5
    assert summary.survivors == [others[1]]
    assert summary.stale == []
    text = "\n".join(summary.lines())
    assert f"profiles/compatibility/checks.py:{others[1].line} " in text
    assert f"{others[1].operator}: {others[1].change}" in text
    stale = Summary((meant,), {meant.key: KILLED}, known)
    assert [str(one) for one in stale.stale] == ["compatibility.checks, _not_expired, <= → <"]
    assert summary.as_json()["counts"]["explained"] == 1


@pytest.mark.parametrize(
    "text", ["[[survivor]]\nmodule = 'a'", "[[survivor]]\nreason = 'a'", "[[survivor]]\nmodul = 'a'", "["]
)
def test_a_file_of_explanations_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ExplanationError):
        read_explanations(text)


def test_our_explanations_are_of_lines_that_are_there() -> None:
    entries = explanations()
    names = {f"{PROFILES}{entry.members['module']}" for entry in entries}
    found = [one for name in names for one in all_mutants_of(name)]
    assert [str(entry) for entry in entries if not any(map(entry.covers, found))] == []


class _Everything(frozenset[str]):
    def __contains__(self, _: object) -> bool:
        return True


@cache
def all_mutants_of(module: str) -> tuple[Mutant, ...]:
    """Return the mutants of every function of a module."""
    return mutants_of(module, _Everything())
