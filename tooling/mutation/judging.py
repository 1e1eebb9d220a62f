"""Plays cases against a mutant until one notices it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum

from conform62351.pics.pixit import Value
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.actions import ActionFailed
from conform62351.tooling.mutation.bench import MutantBench, Mutated, NotStarted, verdict_of
from conform62351.tooling.mutation.mutants import Mutant
from conform62351.tooling.mutation.source import Source
from conform62351.tooling.proof.bench import HASTY_LIMITS, SHORT_LIMITS
from conform62351.tooling.proof.setup import Setup


class Outcome(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    NOT_EXECUTED = "not executed"
    """No case has the device execute what is changed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a mutant: ``by`` which case, ``why``, and the cases ``tried`` up to then."""

    outcome: Outcome
    by: str
    why: str
    tried: tuple[str, ...]
    seconds: float


class HarnessError(Exception):
    """The tester itself failed on what a mutant did: the message says in which case and how."""


class Judge:
    """Judges mutants on ``bench``: no more than ``tries`` cases each, begun within ``limit`` seconds."""

    def __init__(self, bench: MutantBench, tries: int, limit: float) -> None:
        self._bench = bench
        self._tries = tries
        self._limit = limit

    def judge(self, mutant: Mutant, original: Source, cases: Sequence[str]) -> Judged:
        """Return what becomes of ``mutant`` when ``cases`` are tried on it, in this order.

        What kills is a fail that comes again, in another device behind its baseline and with the usual
        limits, while the correct one passes, or a device that does not start, cannot be configured or ends.

        Raises:
            HarnessError: a case could not be played to its end.
        """
        # What the process that mutants are forked from imports at first is no time of a mutant's.
        self._bench.ask({"alive": True})
        begun = time.monotonic()
        trial = _Trial(self._bench, original.name, mutant.source(original), begun + self._limit)
        by, why = trial.first_fail(cases[: self._tries])
        survived = Outcome.SURVIVED if cases else Outcome.NOT_EXECUTED
        outcome = Outcome.KILLED if why else survived
        return Judged(outcome, by, why, tuple(trial.tried), round(time.monotonic() - begun, 2))


class _Trial:
    """Devices with one mutant in them, one after the other."""

    def __init__(self, bench: MutantBench, module: str, source: bytes, deadline: float) -> None:
        self.tried: list[str] = []
        self._bench = bench
        self._module = module
        self._source = source
        self._deadline = deadline

    def first_fail(self, cases: Sequence[str]) -> tuple[str, str]:
        """Return the first of ``cases`` that kills, and why; empty strings if none does."""
        for setup, group in self._grouped(cases):
            waiting = group[::-1]
            while waiting and time.monotonic() < self._deadline:
                suspect = self._suspect(setup, waiting)
                if suspect and (why := self._confirmed(setup, suspect)):
                    return suspect, why
        return "", ""

    def _grouped(self, cases: Iterable[str]) -> list[tuple[Setup, list[str]]]:
        """Return ``cases`` by what they need of the device; those of the usual one come first."""
        groups: list[tuple[Setup, list[str]]] = []
        for case in cases:
            setup = self._bench.setup_for(self._bench.cases[case])
            group = next((found for known, found in groups if known == setup), None)
            if group is None:
                groups.append((setup, group := []))
            group.append(case)
        return sorted(groups, key=lambda one: not one[0].usual)

    def _suspect(self, setup: Setup, waiting: list[str]) -> str:
        """Play those ``waiting``, the last one first, up to a case that may kill, and return that one."""
        case = waiting[-1]
        played: set[str] = set()
        try:
            with self._device(setup, HASTY_LIMITS) as device:
                while waiting and time.monotonic() < self._deadline:
                    case = waiting.pop()
                    self.tried.append(case)
                    baseline = self._bench.cases[case].baseline
                    due = [*({baseline} - played - {""}), case]
                    verdict, _ = self._until_not_passed(device, due)
                    if verdict is Verdict.FAIL or (verdict is not Verdict.PASS and not device.alive()):
                        return case
                    played |= {baseline}
        except (NotStarted, ActionFailed):
            if case in waiting:
                self.tried.append(waiting.pop())
            return case
        return ""

    def _confirmed(self, setup: Setup, case: str) -> str:
        """Return why ``case`` kills, behind its baseline and without haste; empty if it does not."""
        played = tuple(filter(None, (self._bench.cases[case].baseline, case)))
        try:
            with self._device(setup, SHORT_LIMITS) as device:
                verdict, got = self._until_not_passed(device, played)
                if verdict is not Verdict.PASS and not device.alive():
                    return f"the device ends: {got}"
        except NotStarted as error:
            return f"the device does not start: {error}"
        except ActionFailed as error:
            return f"the device cannot be configured: {error}"
        return got if verdict is Verdict.FAIL and self._correct_one_passes(setup, played) else ""

    def _correct_one_passes(self, setup: Setup, cases: Sequence[str]) -> bool:
        """Return whether the correct device passes now: on a busy machine nobody may."""
        with self._bench.device(setup, SHORT_LIMITS) as device:
            return self._until_not_passed(device, cases)[0] is Verdict.PASS

    def _until_not_passed(self, device: Mutated, cases: Sequence[str]) -> tuple[Verdict, str]:
        """Play ``cases`` up to the first that does not pass, and return the verdict and what came."""
        verdict, got = Verdict.PASS, ""
        for case in cases:
            verdict, got = self._play(device, case)
            if verdict is not Verdict.PASS:
                got = f"{got} ({case})"
                break
        return verdict, got

    def _device(self, setup: Setup, limits: Mapping[str, Value]) -> AbstractContextManager[Mutated]:
        return self._bench.device(setup, limits, module=self._module, source=self._source)

    def _play(self, device: Mutated, case: str) -> tuple[Verdict, str]:
        """Return the verdict of ``case`` and what came instead of what was expected."""
        try:
            checks = device.play(self._bench.cases[case])
        except ActionFailed:
            raise
        except Exception as error:
            raise HarnessError(f"{case}: {type(error).__name__}: {error}") from error
        verdict = verdict_of(checks)
        if verdict is Verdict.ERROR:
            raise HarnessError(f"{case}: {checks[-1].got}")
        return verdict, next((check.got for check in checks if check.verdict is verdict), "")
