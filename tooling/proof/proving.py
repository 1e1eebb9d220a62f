"""Makes the matrix: the correct device first, then every faulty one, in worker processes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from typing import Final

from conform62351.pics.requirements import requirements
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.case import Case
from conform62351.tooling.proof import messages as m
from conform62351.tooling.proof.matrix import FaultRow, Matrix, NotJudged
from conform62351.tooling.proof.pool import Lost, Pool
from conform62351.tooling.proof.scope import Candidates, Scope, candidates

FAULT_LIMIT_S: Final = 1800.0
"""What all cases of one fault may take of workers' time; the rest is not played then."""
DECLARED_COST_S: Final = 1.0
"""About what a case takes that fails: most fails are silence, waited for under two limits."""


class ModuleRefused(Exception):
    """A fault module cannot be loaded: the message is for people."""


@dataclass(frozen=True)
class Wishes:
    """What to prove: ``cases`` are all cases, ``selected`` the identifiers of those to play.

    ``scope`` is for the faults of a module, ``own_scope`` for ours.
    """

    scope: Scope
    own_scope: Scope
    cases: Mapping[str, Case]
    selected: Sequence[str]
    faults: Sequence[m.FaultFacts]
    jobs: int
    columns_judged: bool

    def candidates(self, fault: m.FaultFacts) -> Candidates:
        """Return what may be played against ``fault``."""
        return candidates(fault, self.own_scope if fault.own else self.scope, self.cases, self.selected)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: ``phase``, what is done of how much in it, an estimate of the seconds left."""

    phase: str
    done: int
    of: int
    left_s: float


@dataclass
class _Row:
    """A fault under way."""

    fault: m.FaultFacts
    candidates: Candidates
    touched: set[str] = field(default_factory=set)
    tried: dict[str, m.Tried] = field(default_factory=dict)
    planned: tuple[str, ...] = ()
    spent_s: float = 0.0
    error: str = ""
    ended: bool = False


Stopped = Callable[[], bool]
Tell = Callable[[Progress], None]


def describe(pool: Pool, stopped: Stopped) -> list[m.FaultFacts]:
    """Return the faults of the catalogue, as a worker knows them.

    Raises:
        ModuleRefused: the fault module cannot be loaded, or takes the worker with it.
    """
    found: list[m.FaultFacts] = []
    refused: list[str] = []

    def done(_: m.Order, answer: m.Answer | Lost) -> None:
        if isinstance(answer, m.Described):
            found.extend(answer.faults)
            refused.extend([answer.refused] if answer.refused else [])
        elif isinstance(answer, Lost):
            refused.append(f"the fault module {answer.why}")

    orders = deque([m.Describe()])
    pool.carry_out(lambda: orders.popleft() if orders else None, done, stopped)
    if refused:
        raise ModuleRefused(refused[0])
    return found


def prove(pool: Pool, wishes: Wishes, tell: Tell, stopped: Stopped) -> Matrix:
    """Play what ``wishes`` ask for, and return the matrix; where ``stopped`` says so, what there is of it."""
    return _Proof(pool, wishes, tell, stopped).run()


class _Proof:
    """One proof under way."""

    def __init__(self, pool: Pool, wishes: Wishes, tell: Tell, stopped: Stopped) -> None:
        self._pool = pool
        self._wishes = wishes
        self._tell = tell
        self._stopped = stopped
        self._started = datetime.now(UTC)
        self._began = time.monotonic()
        self._rows = {fault.name: _Row(fault, wishes.candidates(fault)) for fault in wishes.faults}
        self._watched: dict[str, m.Watched] = {}
        self._wild: set[str] = set()

    def run(self) -> Matrix:
        self._watch()
        if not self._stopped():
            self._try()
        return self._matrix()

    def _watch(self) -> None:
        """Play every case against the correct device, beside it the faults that may touch the case."""
        asked: dict[str, list[str]] = {}
        for name, row in self._rows.items():
            for case in row.candidates.cases:
                asked.setdefault(case, [])
            for case in row.candidates.others if row.candidates.filtered else ():
                asked[case].append(name)
        orders = deque(m.Watch(case, asked[case]) for case in self._wishes.cases if case in asked)
        count = len(orders)
        clock = _Clock()

        def next_order() -> m.Order | None:
            if not orders:
                return None
            order = orders.popleft()
            return m.Watch(order.case, [name for name in order.faults if name not in self._wild])

        def done(order: m.Order, answer: m.Answer | Lost) -> None:
            if isinstance(order, m.Watch):
                orders.extendleft(reversed(self._took_note(order, answer)))
            gone = len(self._watched)
            self._tell(Progress("correct device", gone, count, clock.left(gone, count)))

        self._pool.carry_out(next_order, done, self._stopped)

    def _took_note(self, order: m.Watch, answer: m.Answer | Lost) -> list[m.Watch]:
        """Take note of a case with the correct device; return what to play to find out what went wrong.

        Who takes the worker along cannot be told while there are several: each is watched by itself then.
        """
        if isinstance(answer, m.Watched):
            self._watched.setdefault(order.case, answer)
            for name in answer.touched:
                self._rows[name].touched.add(order.case)
            return []
        why = answer.why if isinstance(answer, Lost) else "gives no answer"
        strangers = [name for name in order.faults if not self._rows[name].fault.own]
        if not strangers:
            self._watched.setdefault(order.case, m.Watched(order.case, 0.0, f"the tester {why}"))
            return []
        if len(order.faults) == 1:
            self._wild.update(strangers)
            self._rows[strangers[0]].error = f"{order.case}: {why}"
            return []
        ours = [name for name in order.faults if name not in strangers]
        return [m.Watch(order.case, ours), *(m.Watch(order.case, [name]) for name in strangers)]

    def _try(self) -> None:
        """Play against the faulty devices what the correct one has passed."""
        orders: deque[m.Try] = deque()
        for name, row in self._rows.items():
            row.planned = tuple(case for case in row.candidates.cases if self._is_to_be_tried(row, case))
            declared = set(row.candidates.declared)
            orders.extend(m.Try(case, name, case in declared) for case in row.planned)
        count = len(orders)
        cost = sum(self._cost(order) for order in orders) / self._wishes.jobs
        self._tell(Progress("faulty devices", 0, count, cost))
        clock = _Clock()
        gone = 0

        def next_order() -> m.Order | None:
            nonlocal gone
            while orders:
                order = orders.popleft()
                if not self._rows[order.fault].ended:
                    return order
                gone += 1
            return None

        def done(order: m.Order, answer: m.Answer | Lost) -> None:
            nonlocal gone
            gone += 1
            if isinstance(order, m.Try):
                self._tried(order, answer)
            self._tell(Progress("faulty devices", gone, count, clock.left(gone, count)))

        self._pool.carry_out(next_order, done, self._stopped)

    def _is_to_be_tried(self, row: _Row, case: str) -> bool:
        watched = self._watched.get(case)
        if watched is None or watched.trouble:
            return False
        if row.fault.name in self._wild:
            return case in row.candidates.declared
        return not row.candidates.filtered or case in row.candidates.declared or case in row.touched

    def _cost(self, order: m.Try) -> float:
        return self._watched[order.case].elapsed_s + (DECLARED_COST_S if order.declared else 0.0)

    def _tried(self, order: m.Try, answer: m.Answer | Lost) -> None:
        row = self._rows[order.fault]
        if not isinstance(answer, m.Tried):
            row.error = f"{order.case}: {answer.why if isinstance(answer, Lost) else 'gives no answer'}"
            row.ended = True
            return
        row.tried[order.case] = answer
        row.spent_s += answer.elapsed_s
        if answer.raised:
            row.error = row.error or f"{order.case}: {answer.raised}"
        elif answer.verdict == Verdict.ERROR.value:
            row.error = row.error or f"{order.case}: the tester is wrong: {answer.shown}"
        if answer.verdict == Verdict.ERROR.value and answer.raised:
            row.ended = True
        elif row.spent_s > FAULT_LIMIT_S:
            row.error = row.error or f"its cases take longer than {FAULT_LIMIT_S:g} s; the rest is not played"
            row.ended = True

    def _matrix(self) -> Matrix:
        rows = [self._row(row) for row in self._rows.values()]
        failed = {case for row in rows for case in row.caught_by}
        played = [case for case in self._wishes.cases if case in self._watched]
        judged = [case for case in played if not self._watched[case].trouble]
        return Matrix(
            version=metadata.version("conform62351"),
            scope=self._wishes.scope.value,
            own_scope=self._wishes.own_scope.value,
            jobs=self._wishes.jobs,
            started=self._started.isoformat(timespec="seconds"),
            elapsed_s=round(time.monotonic() - self._began, 1),
            complete=not self._stopped(),
            columns_judged=self._wishes.columns_judged,
            faults=rows,
            unnoticed=[row.name for row in rows if row.unnoticed and not self._stopped()],
            cases=judged,
            cases_never_failed=[case for case in judged if case not in failed],
            not_judged=[
                NotJudged(case, self._watched[case].trouble) for case in played if self._watched[case].trouble
            ],
        )

    def _row(self, row: _Row) -> FaultRow:
        fault = row.fault

        def with_verdict(verdict: str) -> list[str]:
            return [case for case in row.planned if case in row.tried and row.tried[case].verdict == verdict]

        caught = with_verdict(Verdict.FAIL.value)
        collateral = [case for case in caught if fault.requirement not in row.tried[case].failing]
        return FaultRow(
            name=fault.name,
            clause=fault.clause,
            requirement=fault.requirement,
            roles=fault.roles,
            wrong=fault.wrong,
            own=fault.own,
            declared=fault.caught_by,
            unknown=[case for case in fault.caught_by if case not in self._wishes.cases],
            caught_by=caught,
            collateral=collateral if fault.requirement in requirements() else None,
            missed=[case for case in row.candidates.declared if case in row.tried and case not in caught],
            baseline=with_verdict(m.BASELINE),
            undecided=with_verdict(Verdict.INCONCLUSIVE.value),
            planned=len(row.planned),
            played=len(row.tried),
            error=row.error,
        )


class _Clock:
    """Estimates the time left from the mean of what is done."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def left(self, done: int, of: int) -> float:
        """Return the seconds that the rest will take."""
        return (time.monotonic() - self._began) / max(1, done) * (of - done)
