"""Processes that work on mutants side by side, each with a bench of its own."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, as_completed, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conform62351.tooling.mutation.bench import MutantBench
from conform62351.tooling.mutation.executing import Executed, executed_by
from conform62351.tooling.mutation.judging import HarnessError, Judge, Judged
from conform62351.tooling.mutation.mutants import Mutant
from conform62351.tooling.mutation.source import read_module

PART: Final = 40
"""How many cases a process gets at once whose lines are to be found out."""


@dataclass(frozen=True, slots=True)
class Job:
    """A mutant, and the cases to try on it in order."""

    mutant: Mutant
    cases: tuple[str, ...]


class Workers:
    """``count`` processes; use it as a context manager. ``tries`` and ``limit`` are those of each mutant."""

    def __init__(self, count: int, modules: Sequence[str], *, tries: int, limit: float) -> None:
        self._count = count
        self._modules = modules
        self._stack = ExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="conform62351-mutation-"))
        self._pool = ProcessPoolExecutor(
            count,
            multiprocessing.get_context("spawn"),
            _start,
            (Path(folder), tuple(modules), tries, limit),
        )

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._stack.close()

    def execute(self, cases: Sequence[str], done: Callable[[Mapping[str, Executed | None]], None]) -> None:
        """Find out what ``cases`` have the device execute; ``done`` is told of some of them at a time."""
        # Cases of one group stay together: they need the device configured alike.
        parts = [cases[start : start + PART] for start in range(0, len(cases), PART)]
        for future in as_completed([self._pool.submit(_executed, part) for part in parts]):
            done(future.result())

    def judge(
        self, jobs: Iterable[Job], done: Callable[[Mutant, Judged | HarnessError], None], until: float
    ) -> None:
        """Judge the mutants of ``jobs`` and tell ``done`` of each; none is begun after the time ``until``."""
        waiting = iter(jobs)
        running: dict[Future[Judged | HarnessError], Mutant] = {}
        more = True
        while more or running:
            while more and len(running) < 2 * self._count:
                job = next(waiting, None) if time.monotonic() < until else None
                more = job is not None
                if job is not None:
                    running[self._pool.submit(_judged, job)] = job.mutant
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                done(running.pop(future), future.result())


class _Worker:
    """What a process keeps from one piece of work to the next."""

    bench: MutantBench
    judge: Judge
    modules: tuple[str, ...]


def _start(folder: Path, modules: tuple[str, ...], tries: int, limit: float) -> None:
    own = Path(tempfile.mkdtemp(dir=folder))
    _Worker.bench = MutantBench(own, modules)
    _Worker.judge = Judge(_Worker.bench, tries, limit)
    _Worker.modules = modules


def _executed(cases: Sequence[str]) -> Mapping[str, Executed | None]:
    return executed_by(_Worker.bench, cases, _Worker.modules)


def _judged(job: Job) -> Judged | HarnessError:
    try:
        return _Worker.judge.judge(job.mutant, read_module(job.mutant.module), job.cases)
    except HarnessError as error:
        return error
