"""Mutants of a module: one change each, with a name that outlives changes elsewhere in the file."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Final

from conform62351.tooling.mutation.operators import changes
from conform62351.tooling.mutation.source import FunctionNode, Source, read_module

MODULE: Final = "<module>"
"""The function of what stands outside of any."""
Lines = tuple[int, int]
"""A range of lines: the first and the last."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module.

    ``function`` is the qualified name of the innermost function or class around it, ``line`` the first line
    that changes, from 1, with its ``text``; ``change`` reads "before → after", and ``occurrence`` counts the
    same change of the same text in one function, from 1. ``start``, ``end``, ``new`` are the change itself.
    ``statement`` is where the statement stands that changes, of an ``if`` and its like the condition alone,
    and ``body`` where the function around it does; None for what is executed when the module is imported.
    """

    module: str
    function: str
    line: int
    text: str
    operator: str
    change: str
    occurrence: int
    start: int
    end: int
    new: str
    statement: Lines
    body: Lines | None

    @property
    def key(self) -> str:
        """A name that stays as long as the function has this line."""
        parts = (self.module, self.function, self.text, self.operator, self.change, str(self.occurrence))
        return sha256("\0".join(parts).encode()).hexdigest()[:16]

    def source(self, original: Source) -> bytes:
        """Return the module with the change."""
        return original.octets[: self.start] + self.new.encode() + original.octets[self.end :]

    def difference(self, original: Source) -> tuple[str, str]:
        """Return the lines that change, before and after, each as one line."""
        changed = Source(original.name, self.source(original))
        last = original.line_at(self.end)
        after = last + len(changed.lines) - len(original.lines)
        return _joined(original.lines[self.line - 1 : last]), _joined(changed.lines[self.line - 1 : after])


def mutants_of(name: str, reached: Set[str]) -> tuple[Mutant, ...]:
    """Return the mutants of the module called ``name`` that are Python, in the order of its lines.

    ``reached`` are the names of functions that the device can come to; what stands in others is the tester's.
    """
    source = read_module(name)
    blocks, statements = list(_blocks(source.tree)), list(_statements(source.tree))
    count: Counter[tuple[str, ...]] = Counter()
    found = []
    for change in changes(source, _enumerations(name)):
        line = source.line_at(change.start)
        around = [one for one in blocks if one.lines[0] <= line <= one.lines[1]]
        functions = [one for one in around if one.is_function]
        if any(function.name not in reached for function in functions):
            continue
        told = f"{_short(source.octets[change.start : change.end].decode())} → {_short(change.text)}"
        text = source.lines[line - 1].decode().strip()
        function = ".".join(one.name for one in around) or MODULE
        same = (function, text, change.operator, told)
        count[same] += 1
        statement = max((one for one in statements if one[0] <= line <= one[1]), default=(line, line))
        mutant = Mutant(
            *(name, function, line, text, change.operator, told, count[same], *change[1:]),
            statement=statement,
            # Values of arguments by default stand in the statement that begins the function.
            body=functions[-1].lines if functions and functions[-1].lines[0] < statement[0] else None,
        )
        if _is_python(mutant.source(source)):
            found.append(mutant)
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


@dataclass(frozen=True, slots=True)
class _Block:
    name: str
    lines: Lines
    is_function: bool


def _blocks(tree: ast.Module) -> Iterator[_Block]:
    """Yield functions and classes, the outer ones before what they hold."""
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode | ast.ClassDef):
            yield _Block(node.name, (node.lineno, node.end_lineno or 0), isinstance(node, FunctionNode))


def _statements(tree: ast.Module) -> Iterator[Lines]:
    """Yield where statements stand; of those that hold others, what stands before these."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = node.end_lineno or 0
            yield node.lineno, max(node.lineno, body[0].lineno - 1) if body else last


def _enumerations(name: str) -> Mapping[str, type[Enum]]:
    members = vars(importlib.import_module(name))
    return {key: one for key, one in members.items() if isinstance(one, type) and issubclass(one, Enum)}


def _is_python(octets: bytes) -> bool:
    try:
        ast.parse(octets)
    except SyntaxError:
        return False
    return True


def _short(text: str) -> str:
    return " ".join(text.split()) or "nothing"


def _joined(lines: tuple[bytes, ...]) -> str:
    return " ".join(b"".join(lines).decode().split())
