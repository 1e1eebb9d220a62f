"""What each case has the correct device execute: played once, and kept with what it was found for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.actions import ActionFailed
from conform62351.tooling.engine.case import Case
from conform62351.tooling.mutation.bench import MutantBench, Mutated, verdict_of
from conform62351.tooling.mutation.instructions import Instructions
from conform62351.tooling.mutation.source import read_module
from conform62351.tooling.mutation.tracing import Units
from conform62351.tooling.proof.bench import HASTY_LIMITS, SHORT_LIMITS
from conform62351.tooling.proof.setup import Setup

Executed = Mapping[str, int]
"""What a case has the device execute: of each module the set of its instructions."""
START: Final = ""
"""Stands for the case that it is to start the device and to bring it into the configurations of cases."""
TRIES: Final = (HASTY_LIMITS, HASTY_LIMITS, SHORT_LIMITS)
"""A case that the correct device does not pass in any of these can kill no mutant."""


def executed_by(
    bench: MutantBench, cases: Iterable[str], modules: Sequence[str]
) -> Mapping[str, Executed | None]:
    """Return what ``cases`` have the correct device execute of ``modules``; None if it does not pass them.

    START has what is executed before any case.
    """
    cases = list(cases)
    executed: dict[str, Executed | None] = dict.fromkeys(cases)
    known = {name: Instructions(read_module(name)) for name in modules}
    before: dict[str, int] = {}
    groups: dict[str, tuple[Setup, list[str]]] = {}
    for case in cases:
        setup = bench.setup_for(bench.cases[case])
        groups.setdefault(repr(setup), (setup, []))[1].append(case)
    for setup, waiting in groups.values():
        for limits in TRIES:
            if waiting := [case for case in waiting if executed[case] is None]:
                with bench.device(setup, limits, traced=modules) as device:
                    for case in waiting:
                        before = _joined(before, _sets(_before(device, bench.cases[case]), known))
                        units = _passed(device, bench.cases[case])
                        executed[case] = None if units is None else _sets(units, known)
    executed[START] = before
    return executed


def _sets(units: Units, known: Mapping[str, Instructions]) -> Executed:
    return {name: known[name].executed(numbers) for name, numbers in units.items()}


def _joined(first: Executed, second: Executed) -> dict[str, int]:
    return {name: first.get(name, 0) | second.get(name, 0) for name in {*first, *second}}


def _before(device: Mutated, case: Case) -> Units:
    """Return what the device executes when it is brought into the configuration of ``case``."""
    with suppress(ActionFailed):
        device.configure(case.configuration)
    return device.executed()


def _passed(device: Mutated, case: Case) -> Units | None:
    """Return what the device executes in ``case``; None if it does not pass."""
    try:
        verdict = verdict_of(device.play(case))
    except ActionFailed:
        return None
    units = device.executed()
    return units if verdict is Verdict.PASS else None


class Kept:
    """What is known of the sources with the hash ``sources``, in the file ``path``; more is added to it."""

    def __init__(self, path: Path, sources: str) -> None:
        self._path = path
        self.executed: dict[str, Executed | None] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        if not lines or lines[0] != sources:
            path.write_text(f"{sources}\n", encoding="utf-8")
            return
        for line in lines[1:]:
            try:
                self._take(
                    {
                        case: None if found is None else {name: int(one, 16) for name, one in found.items()}
                        for case, found in json.loads(line).items()
                    }
                )
            except ValueError:
                """The run was killed within this line."""

    def add(self, executed: Mapping[str, Executed | None]) -> None:
        """Write down what has been found."""
        self._take(executed)
        with self._path.open("a", encoding="utf-8") as file:
            sets = {
                case: None if found is None else {name: f"{one:x}" for name, one in found.items()}
                for case, found in executed.items()
            }
            file.write(json.dumps(sets) + "\n")

    def _take(self, executed: Mapping[str, Executed | None]) -> None:
        before = _joined(self.executed.get(START) or {}, executed.get(START) or {})
        self.executed = {**self.executed, **executed, START: before}
