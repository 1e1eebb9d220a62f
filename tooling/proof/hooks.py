"""What a fault can change: the tables, names and values that a device asks its policy about."""

from __future__ import annotations

import inspect
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conform62351.profiles.policy import Policy
from conform62351.tooling.proof import messages as m
from conform62351.tooling.proof.pool import Lost, Pool
from conform62351.tooling.proof.proving import Progress
from conform62351.tooling.proof.watching import HOOKS


@dataclass(frozen=True, slots=True)
class Hooks:
    """What was asked in the cases played.

    ``methods`` are the first sentences about all methods of a policy; ``steps`` gives for each table its
    steps (identifier, name, clause); ``names`` gives for each hook that takes a name the types that passed
    under it, each with its fields.
    """

    methods: Mapping[str, str]
    steps: Mapping[str, Sequence[tuple[str, str, str]]]
    names: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]


def hooks(
    pool: Pool, cases: Sequence[str], tell: Callable[[Progress], None], stopped: Callable[[], bool]
) -> Hooks:
    """Play ``cases`` against a correct device and return what it asks its policy."""
    orders = deque(m.Record(case) for case in cases)
    steps: dict[str, list[tuple[str, str, str]]] = {}
    names: dict[str, dict[str, dict[str, list[str]]]] = {}
    began = time.monotonic()
    gone = 0

    def done(_: m.Order, answer: m.Answer | Lost) -> None:
        nonlocal gone
        gone += 1
        left = (time.monotonic() - began) / gone * (len(cases) - gone)
        tell(Progress("correct device", gone, len(cases), left))
        if not isinstance(answer, m.Recorded):
            return
        steps.update((table.table, table.steps) for table in answer.tables)
        for seen in answer.values:
            names.setdefault(seen.hook, {}).setdefault(seen.name, {}).update(seen.types)

    pool.carry_out(lambda: orders.popleft() if orders else None, done, stopped)
    return Hooks(
        {hook: _first_sentence(getattr(Policy, hook)) for hook in HOOKS},
        dict(sorted(steps.items())),
        {hook: dict(sorted(found.items())) for hook, found in names.items()},
    )


def _first_sentence(method: Callable[..., object]) -> str:
    return (inspect.getdoc(method) or "").partition("\n\n")[0].replace("\n", " ")
