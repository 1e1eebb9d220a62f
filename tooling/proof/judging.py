"""Plays a case against one faulty device, or against the correct one, and says what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conform62351.fixtures.faults.registry import Factory
from conform62351.profiles.policy import Policy
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Verdict, worst
from conform62351.tooling.engine.case import Case
from conform62351.tooling.proof.bench import HASTY_LIMITS, SHORT_LIMITS, Bench, Subject

TRIES: Final = 3
"""A limit that is too short for a correct device is so every time, a busy machine now and then."""
CHECKS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a case: its checks, those of its baseline, and what kept it from being played.

    ``baseline`` is None for a case without one.
    """

    checks: Sequence[CheckMade] = ()
    baseline: Sequence[CheckMade] | None = None
    obstacles: Sequence[str] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict of the case."""
        return worst(check.verdict for check in self.checks)

    @property
    def sound(self) -> bool:
        """Whether the case says anything: its baseline has passed."""
        if self.baseline is None:
            return True
        return worst(check.verdict for check in self.baseline) is Verdict.PASS

    @property
    def passes(self) -> bool:
        """Whether the case finds nothing wrong."""
        return self.sound and not self.obstacles and self.verdict is Verdict.PASS

    @property
    def fails(self) -> bool:
        """Whether the case tells this device from a correct one."""
        return self.sound and not self.obstacles and self.verdict is Verdict.FAIL

    @property
    def failing(self) -> tuple[str, ...]:
        """The requirements of the checks that fail."""
        return tuple(
            dict.fromkeys(check.requirement for check in self.checks if check.verdict is Verdict.FAIL)
        )

    @property
    def shown(self) -> str:
        """What the last checks have seen, for people; those of the baseline where that has not passed."""
        telling = self.checks if self.sound or self.baseline is None else self.baseline
        return "\n".join(map(_shown, telling[-CHECKS_SHOWN:]))


def try_fault(
    bench: Bench,
    cases: Mapping[str, Case],
    case: Case,
    make: Factory,
    *,
    declared: bool = True,
    confirmed: bool = True,
) -> Trial:
    """Play ``case`` against devices with the policy that ``make`` returns, each a fresh one.

    With ``confirmed`` it takes two fails: the machine may be busy. The first is under hasty limits, and one
    that nobody has ``declared`` has to be repeated under patient limits. What is declared is tried a third
    time, hastily again: some faults show only to a tester that is less patient than the device.
    """
    trials: list[Trial] = []
    for hasty in (True, False, True) if declared else (True, False):
        trial = _try_once(bench, cases, case, make(), hasty=hasty)
        trials.append(trial)
        if trial.obstacles or not (declared or trial.fails):
            return trial
        fails = [each for each in trials if each.fails]
        if len(fails) == (2 if confirmed else 1):
            return fails[-1]
    return next(trial for trial in reversed(trials) if not trial.fails)


def _try_once(bench: Bench, cases: Mapping[str, Case], case: Case, policy: Policy, *, hasty: bool) -> Trial:
    with bench.device_for(case, policy, HASTY_LIMITS if hasty else SHORT_LIMITS) as subject:
        obstacles = subject.why_not(case)
        if obstacles:
            return Trial(obstacles=obstacles)
        baseline = subject.play(cases[case.baseline]) if case.baseline else None
        return Trial(subject.play(case), baseline)


def try_correct(subject: Subject, case: Case, baseline: Case | None = None) -> Trial:
    """Play ``case`` against a correct device up to three times, until it passes.

    A ``baseline`` comes before it: by what the device says there, some cases learn its clock.
    """
    obstacles = subject.why_not(case)
    trial = Trial(obstacles=obstacles)
    for _ in range(0 if obstacles else TRIES):
        before = None if baseline is None else subject.play(baseline)
        trial = Trial(subject.play(case), before)
        if trial.passes:
            break
    return trial


def _shown(check: CheckMade) -> str:
    judged = f"{check.requirement} {check.verdict.value} {check.reason}".rstrip()
    return f"{check.label}: {check.sent}: {judged}: {check.got}".lstrip(": ")
