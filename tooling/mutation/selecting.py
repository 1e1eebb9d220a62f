"""Which cases are tried on a mutant, and in which order: by what they execute and by what they have found."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.tooling.mutation.executing import START, Executed
from conform62351.tooling.mutation.fault_steps import cases_of_steps, rows
from conform62351.tooling.mutation.hints import hints
from conform62351.tooling.mutation.instructions import Instructions
from conform62351.tooling.mutation.mutants import Mutant
from conform62351.tooling.mutation.source import (
    FunctionNode,
    Source,
    names_made_by,
    read_module,
    wanted,
)
from conform62351.tooling.mutation.words import Words

USERS: Final = 3
"""How far what uses a function is looked for, by way of what uses that."""


@dataclass(frozen=True, slots=True)
class _Function:
    module: str
    name: str
    first: int
    last: int
    uses: frozenset[str]


class Selection:
    """Orders cases for mutants.

    ``executed`` tells of each case what it has the device execute, ``kind`` what it is about: its group, and
    ``text`` what it is for in words.
    """

    def __init__(
        self,
        modules: Iterable[str],
        executed: Mapping[str, Executed | None],
        kind: Callable[[str], str] = lambda case: case.rpartition("/")[0],
        text: Callable[[str], str] = lambda case: case,
    ) -> None:
        self._kind = kind
        self._executed = {case: found for case, found in executed.items() if found is not None}
        self._sources = {name: read_module(name) for name in modules}
        self._instructions = {name: Instructions(source) for name, source in self._sources.items()}
        self._functions = [one for source in self._sources.values() for one in _functions(source)]
        self._faults = _faults_of_cases()
        self._steps = cases_of_steps(self._sources)
        self._rows = [row for source in self._sources.values() for row in rows(source, self._steps)]
        self._words = Words(
            fault_catalogue().values(), {case: text(case) for case in self._executed if case != START}
        )
        self._decorators = {name for source in self._sources.values() for name in _decorators(source)}
        self._killers: dict[tuple[str, str], list[str]] = defaultdict(list)
        for function, cases in hints().items():
            self._killers[function] = list(reversed(cases))

    def learn(self, mutant: Mutant, case: str) -> None:
        """Remember that ``case`` has killed ``mutant``: it may well kill others of the same function."""
        self._killers[mutant.module, mutant.function].append(case)

    def cases(self, mutant: Mutant) -> tuple[str, ...]:
        """Return the cases that execute what is changed, the most promising ones first.

        What the device executes when it starts, or uses elsewhere, is in use in every case that executes
        anything of the module. Cases that take the same way through the function, and through those that read
        an attribute which it sets there, are taken for alike: of each way one case comes before the second of
        any, rare ways first. Of one way one case of each kind comes before the second of any, and of one kind
        those first that show most faults. By turns with these come those that have killed mutants of the same
        function and those that catch devices without the function's steps, and a few whose text, or the name
        of a fault that they catch, has words of the function and the line.
        """
        instructions = self._instructions[mutant.module]
        if mutant.body is None:
            of_interest = self._of_users(mutant)
            able = self._executing(of_interest)
        else:
            able = self._executing({mutant.module: instructions.of_change(mutant.start, mutant.end)})
            of_interest = {mutant.module: instructions.of_lines(*mutant.body) | self._of_readers(mutant)}
        if START in able or (not able and (mutant.body is None or self._made_at_import(mutant))):
            able |= {case for case, found in self._executed.items() if mutant.module in found}
        ways: dict[tuple[int, ...], list[str]] = defaultdict(list)
        for case in sorted(able - {START}, key=lambda one: (-self._faults.get(one, 0), one)):
            found = self._executed[case]
            ways[tuple(found.get(name, 0) & wanted for name, wanted in of_interest.items())].append(case)
        by_ways = _in_turns([self._of_all_kinds(way) for way in sorted(ways.values(), key=len)])
        likely = [case for case in self._likely(mutant) if case in able]
        by_name = self._words.nearest(f"{mutant.function} {mutant.text}", able - {START})
        return tuple(dict.fromkeys(_in_turns([likely, list(by_ways), by_name])))

    def _likely(self, mutant: Mutant) -> Iterator[str]:
        """Yield cases that have killed mutants of the same function, the last one first, and those that the
        fault matrix knows for its steps: those of its own rows before those of what uses it."""
        yield from reversed(self._killers[mutant.module, mutant.function])
        function = mutant.function.rpartition(".")[2]
        source = self._sources[mutant.module]
        last, changed = source.line_at(mutant.end), source.octets[mutant.start : mutant.end].decode()
        named = {word.strip("*,()") for word in changed.split()} if mutant.body is None else set()
        for row in self._rows:
            here = row.module == mutant.module and row.first <= last and mutant.line <= row.last
            if here or named & row.tables:
                yield from self._steps[row.step]
        names = {function}
        for _ in range(USERS):
            for row in self._rows:
                if names & row.uses:
                    yield from self._steps[row.step]
            names = {one.name for one in self._functions if names & one.uses}

    def _made_at_import(self, mutant: Mutant) -> bool:
        """Return whether the function around ``mutant`` is named outside of functions: a maker of steps."""
        outside = [node for node in self._sources[mutant.module].tree.body if not _defines(node)]
        names = {one.id for node in outside for one in ast.walk(node) if isinstance(one, ast.Name)}
        return not (names | self._decorators).isdisjoint(mutant.function.split("."))

    def _of_all_kinds(self, cases: Iterable[str]) -> list[str]:
        kinds: dict[str, list[str]] = defaultdict(list)
        for case in cases:
            kinds[self._kind(case)].append(case)
        return list(_in_turns(sorted(kinds.values(), key=len)))

    def _executing(self, instructions: Mapping[str, int]) -> set[str]:
        """Return the cases that execute any of ``instructions``, sets by module."""
        return {
            case
            for case, found in self._executed.items()
            if any(found.get(name, 0) & wanted for name, wanted in instructions.items())
        }

    def _of_readers(self, mutant: Mutant) -> int:
        """Return the instructions of the module's functions that read an attribute set where it changes."""
        source, set_there = self._sources[mutant.module], set()
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno == mutant.statement[0]:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                set_there |= {one.attr for one in targets if isinstance(one, ast.Attribute)}
        found = 0
        for one in self._functions:
            if one.module == mutant.module and set_there & one.uses:
                found |= self._instructions[mutant.module].of_lines(one.first + 1, one.last)
        return found

    def _of_users(self, mutant: Mutant) -> Mapping[str, int]:
        """Return the instructions of what uses a statement outside of functions, or of what it names."""
        source = self._sources[mutant.module]
        first, last = mutant.statement
        made, named = set(mutant.function.split(".")), set()
        for node in ast.walk(source.tree):
            if isinstance(node, ast.stmt) and node.lineno <= first and last <= (node.end_lineno or 0):
                made |= names_made_by(node)
            if isinstance(node, ast.Name) and mutant.line <= node.lineno <= source.line_at(mutant.end):
                named.add(node.id)
        # What is made of it at the same place is used in its stead: the table of a list of steps.
        for node in source.tree.body:
            value = getattr(node, "value", None)
            names = {one.id for one in ast.walk(value) if isinstance(one, ast.Name)} if value else set()
            if made & names:
                made |= names_made_by(node)
        local = [one for one in self._functions if one.module == mutant.module and one.name in named]
        users = [one for one in self._functions if made & one.uses or one.name in made]
        found: dict[str, int] = defaultdict(int)
        for one in local or users:
            # The line of its name is executed when the module is imported.
            found[one.module] |= self._instructions[one.module].of_lines(one.first + 1, one.last)
        return found


def _defines(node: ast.stmt) -> bool:
    return isinstance(node, FunctionNode | ast.ClassDef)


def _decorators(source: Source) -> Iterator[str]:
    """Yield the names of functions and classes that decorate others when the module is imported."""
    for node in ast.walk(source.tree):
        if isinstance(node, FunctionNode | ast.ClassDef):
            yield from (one.id for one in node.decorator_list if isinstance(one, ast.Name))


def _functions(source: Source) -> Iterator[_Function]:
    for node in ast.walk(source.tree):
        if isinstance(node, FunctionNode):
            inside = [one for child in wanted(node) for one in ast.walk(child)]
            uses = {one.id for one in inside if isinstance(one, ast.Name)}
            uses |= {one.attr for one in inside if isinstance(one, ast.Attribute)}
            yield _Function(source.name, node.name, node.lineno, node.end_lineno or 0, frozenset(uses))


def _faults_of_cases() -> Mapping[str, int]:
    """Return how many faulty devices each case catches."""
    count: dict[str, int] = defaultdict(int)
    for fault in fault_catalogue().values():
        for case in fault.caught_by:
            count[case] += 1
    return count


def _in_turns(ways: Sequence[Sequence[str]]) -> Iterator[str]:
    for turn in range(max(map(len, ways), default=0)):
        yield from (way[turn] for way in ways if turn < len(way))
