"""The text of a module with its syntax tree, in which single nodes can be replaced."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

TEXT_FUNCTIONS = frozenset({"__repr__", "__str__"})
"""Methods whose result is for people."""
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A module: its dotted ``name``, and the ``octets`` of its file."""

    name: str
    octets: bytes

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.octets)

    @cached_property
    def lines(self) -> tuple[bytes, ...]:
        """The lines with their ends."""
        return tuple(self.octets.splitlines(keepends=True))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line))
        return tuple(starts)

    def range_of(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where ``node`` begins and ends, in octets of the module."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def place_of(self, offset: int) -> tuple[int, int]:
        """Return the number of the line, from 1, that holds the octet at ``offset``, and its place there."""
        line = self.line_at(offset)
        return line, offset - self._starts[line - 1]

    def line_at(self, offset: int) -> int:
        """Return the number of the line, from 1, that holds the octet at ``offset``."""
        return self.octets.count(b"\n", 0, offset) + 1


def read_module(name: str) -> Source:
    """Return the module called ``name`` without importing it, only the packages above it.

    Raises:
        ModuleNotFoundError: there is none, or it is no Python file.
    """
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        raise ModuleNotFoundError(f"no module {name} with a source", name=name)
    return Source(name, Path(found.origin).read_bytes())


def wanted(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children of ``node`` that can make a difference to what a peer sees.

    Left out are texts for people and what only readers and checkers of types use: f-strings, what an error is
    raised with, ``__repr__`` and ``__str__``, assertions, annotations, decorators, imports.
    """
    if isinstance(node, ast.JoinedStr | ast.Assert | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, FunctionNode):
        if node.name not in TEXT_FUNCTIONS:
            yield from (default for default in node.args.defaults + node.args.kw_defaults if default)
            yield from node.body
    elif isinstance(node, ast.ClassDef):
        yield from node.body
    elif isinstance(node, ast.AnnAssign):
        yield from (part for part in (node.target, node.value) if part is not None)
    elif isinstance(node, ast.Raise):
        if isinstance(node.exc, ast.Call):
            yield node.exc.func
        elif node.exc is not None:
            yield node.exc
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        yield from node.orelse
    else:
        yield from ast.iter_child_nodes(node)


def names_made_by(node: ast.stmt) -> set[str]:
    """Return the names that an assignment gives to what it makes."""
    if isinstance(node, ast.AnnAssign):
        targets: list[ast.expr] = [node.target]
    else:
        targets = list(getattr(node, "targets", []))
    return {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}


def shown_text(node: ast.AST) -> bool:
    """Return whether ``node`` is a text for people: an f-string, a sentence, or a choice between such."""
    if isinstance(node, ast.IfExp):
        return shown_text(node.body) or shown_text(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return True
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
