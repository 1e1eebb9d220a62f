"""Which cases the fault matrix knows for the steps of check tables: those that catch devices without one."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.profiles.policy import CheckTable
from conform62351.tooling.mutation.source import Source, names_made_by


@dataclass(frozen=True, slots=True)
class Row:
    """What stands for the step called ``step`` in the source of a table, with the names that it uses.

    ``tables`` are the names that the statement around it gives to what it makes.
    """

    module: str
    first: int
    last: int
    step: str
    uses: frozenset[str]
    tables: frozenset[str]


def cases_of_steps(modules: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return by the name of a step which cases catch faults that leave it out or change it."""
    tables = list(_tables(modules))
    found: dict[str, dict[str, None]] = {step.name: {} for table in tables for step in table.steps}
    for fault in fault_catalogue().values():
        policy = fault.make()
        for table in tables:
            kept = list(policy.steps(table))
            for step in table.steps:
                if step not in kept:
                    found[step.name] |= dict.fromkeys(fault.caught_by)
    return {name: tuple(cases) for name, cases in found.items()}


def rows(source: Source, steps: Iterable[str]) -> Iterator[Row]:
    """Yield what stands outside of functions in ``source`` for one of ``steps``."""
    known = frozenset(steps)
    for statement in source.tree.body:
        for node in ast.walk(statement) if isinstance(statement, ast.Assign | ast.AnnAssign) else ():
            parts = _parts(node)
            named = [one.value for one in parts if isinstance(one, ast.Constant) and one.value in known]
            if named:
                uses = {one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name)}
                last = max(part.end_lineno or 0 for part in parts)
                made = frozenset(names_made_by(statement))
                yield Row(source.name, parts[0].lineno, last, str(named[0]), frozenset(uses), made)


def _parts(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        return [node.func, *node.args]
    return node.elts if isinstance(node, ast.Tuple) else []


def _tables(modules: Iterable[str]) -> Iterator[CheckTable[object]]:
    seen: set[int] = set()
    for name in modules:
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, CheckTable) and id(value) not in seen:
                seen.add(id(value))
                yield value
