"""Which functions the device can come to, by their names: the others of its modules are the tester's."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conform62351.tooling.mutation.source import FunctionNode, Source, wanted

_DEVICE = "conform62351.fixtures.device"


@dataclass(frozen=True, slots=True)
class _Body:
    """A function: its ``name``, that of the class around it if any, and the names that it uses."""

    name: str
    owner: str
    uses: frozenset[str]


def reached_names(modules: Iterable[Source]) -> frozenset[str]:
    """Return the names of functions that ``modules``, all those of the device's process, can come to.

    The device's own package is where it starts, and what modules do when they are imported. Names stand for
    all that bear them, so that too much is reached rather than too little. What is used in texts for people
    alone is not reached.
    """
    reached: set[str] = set()
    waiting: list[_Body] = []
    for source in modules:
        for body in _bodies(source.tree):
            if body.name and not source.name.startswith(_DEVICE):
                waiting.append(body)
            else:
                reached |= body.uses | {body.name}
    come = True
    while come:
        come = False
        left = []
        for body in waiting:
            if body.name in reached or _implied(body, reached):
                reached |= body.uses | {body.name}
                come = True
            else:
                left.append(body)
        waiting = left
    return frozenset(reached)


def _implied(body: _Body, reached: set[str]) -> bool:
    """Return whether it is called without being named: ``__init__`` and its like, of a class that is used."""
    return body.name.startswith("__") and body.owner in reached


def _bodies(tree: ast.Module) -> Iterator[_Body]:
    """Yield what stands outside of functions as one body without a name, and every function."""
    yield _Body("", "", _uses(tree))
    pending: list[tuple[ast.AST, str]] = [(tree, "")]
    while pending:
        node, owner = pending.pop()
        if isinstance(node, FunctionNode):
            uses = frozenset().union(*(_uses(child) for child in wanted(node)))
            yield _Body(node.name, owner, uses)
        inner = node.name if isinstance(node, ast.ClassDef) else owner
        pending += [(child, inner) for child in ast.iter_child_nodes(node)]


def _uses(node: ast.AST) -> frozenset[str]:
    """Return the names that stand in ``node``, not those in functions that it defines."""
    names: set[str] = set()
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, ast.Name):
            names.add(one.id)
        elif isinstance(one, ast.Attribute):
            names.add(one.attr)
        if isinstance(one, FunctionNode):
            if one is node:
                continue
            pending += one.decorator_list
            continue
        pending += wanted(one)
    return frozenset(names)
