"""Workers that are lost are replaced, and their orders are told of; scopes and what is judged."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.suites.loading import load
from conform62351.tooling.proof import messages as m
from conform62351.tooling.proof.pool import Lost, Pool
from conform62351.tooling.proof.proving import ModuleRefused, Wishes, describe, prove
from conform62351.tooling.proof.scope import Scope, candidates

CASES = {identifier: case for identifier, case in load().items() if case.review is None}
CONNECT = "OSI/SRV/COTP/BV-connect"
OTHER = "OSI/SRV/COTP/BI-other-class"
NEIGHBOUR = "OSI/SRV/COTP/BI-called-selector"
FAULT = m.FaultFacts("f", "1", "R-COTP-CR-other-class", [OTHER, "NO/SUCH"], ["server"], "wrong", False)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1, None, 60.0) as made:
        yield made


def answers(pool: Pool, *orders: m.Order) -> list[m.Answer | Lost]:
    """Return what came back, in order of arrival."""
    waiting = deque(orders)
    found: list[m.Answer | Lost] = []
    pool.carry_out(
        lambda: waiting.popleft() if waiting else None,
        lambda _, answer: found.append(answer),
        lambda: False,
    )
    return found


def test_a_worker_that_is_killed_is_replaced(pool: Pool) -> None:
    waiting: deque[m.Order] = deque([m.Watch(CONNECT, []), m.Watch(OTHER, []), m.Watch(NEIGHBOUR, [])])
    found: list[m.Answer | Lost] = []

    def next_order() -> m.Order | None:
        """Kill the worker before it gets its second order."""
        if len(found) == 1 and len(waiting) == 2:
            os.kill(pool.processes[0], signal.SIGKILL)
        return waiting.popleft() if waiting else None

    pool.carry_out(next_order, lambda _, answer: found.append(answer), lambda: False)
    first, lost, last = found
    assert isinstance(first, m.Watched)
    assert (isinstance(lost, Lost) and lost.why) == "ends the process by signal 9"
    assert isinstance(last, m.Watched)
    assert (last.case, last.trouble) == (NEIGHBOUR, "")


def test_a_correct_device_passes_and_a_faulty_one_fails(pool: Pool) -> None:
    watched, tried, same, spoiled = answers(
        pool,
        m.Watch(OTHER, ["cotp-class-not-checked", "session-version-not-looked-at"]),
        m.Try(OTHER, "cotp-class-not-checked", True),
        m.Try(OTHER, "session-version-not-looked-at", False),
        m.Try(OTHER, "env-answers-late", False),
    )
    assert isinstance(watched, m.Watched)
    assert (watched.trouble, watched.touched) == ("", ["cotp-class-not-checked"])
    assert isinstance(tried, m.Tried)
    assert (tried.verdict, tried.failing, tried.raised) == ("fail", ["R-COTP-CR-other-class"], "")
    assert "R-COTP-CR-other-class fail" in tried.shown
    assert isinstance(same, m.Tried)
    assert same.verdict == "pass"
    assert isinstance(spoiled, m.Tried)
    assert spoiled.verdict == m.BASELINE


def test_a_case_that_needs_the_clock_of_the_device_comes_behind_its_baseline(pool: Pool) -> None:
    (watched,) = answers(pool, m.Watch("CMP/SRV/TIME/BV-inside-window", []))
    assert isinstance(watched, m.Watched)
    assert watched.trouble == ""


def test_a_worker_tells_the_faults_of_the_catalogue(pool: Pool) -> None:
    (described,) = answers(pool, m.Describe())
    assert isinstance(described, m.Described)
    assert {"cotp-class-not-checked", "tls-takes-rc4"} <= {fault.name for fault in described.faults}
    assert all(fault.own for fault in described.faults)


def test_a_module_that_takes_the_worker_along_is_refused(tmp_path: Path) -> None:
    module = tmp_path / "hangs.py"
    module.write_text("while True: pass\n")
    with (
        Pool(1, module, 2.0) as pool,
        pytest.raises(ModuleRefused, match="the fault module does not come back within 2 s"),
    ):
        describe(pool, lambda: False)


def test_nothing_is_given_out_when_it_is_stopped(pool: Pool) -> None:
    wishes = Wishes(Scope.ALL, Scope.ALL, CASES, [CONNECT], [FAULT], 1, True)
    matrix = prove(pool, wishes, lambda _: None, lambda: True)
    assert not matrix.complete
    assert (matrix.cases, matrix.unnoticed, matrix.faults[0].played) == ([], [], 0)


@pytest.mark.parametrize(
    ("scope", "others"),
    [
        (Scope.DECLARED, set[str]()),
        (Scope.GROUP, {CONNECT, NEIGHBOUR}),
        (Scope.IMPACT, {CONNECT, NEIGHBOUR, "OSI/SRV/TPKT/BV-header"}),
        (Scope.ALL, {CONNECT, NEIGHBOUR, "OSI/SRV/TPKT/BV-header"}),
    ],
)
def test_scopes_take_more_and_more(scope: Scope, others: set[str]) -> None:
    selected = [CONNECT, OTHER, NEIGHBOUR, "OSI/SRV/TPKT/BV-header", "OSI/CLI/COTP/BI-cc-length"]
    found = candidates(FAULT, scope, CASES, selected)
    assert found.declared == (OTHER,)
    assert set(found.others) == others
    assert found.filtered is (scope is not Scope.ALL)


def test_a_case_that_is_not_selected_is_not_played() -> None:
    assert candidates(FAULT, Scope.GROUP, CASES, [CONNECT]).cases == (CONNECT,)
