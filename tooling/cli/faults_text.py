"""The matrix for the terminal: a line for each area, and lists of what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from conform62351.reports.render.visible import visible
from conform62351.reports.render.words import plural
from conform62351.tooling.proof.hooks import Hooks
from conform62351.tooling.proof.matrix import FaultRow, Matrix
from conform62351.tooling.proof.scope import Scope

_RED: Final = "31"
_GREEN: Final = "32"
_NAMED: Final = 12
"""How many cases a line names; the JSON has them all."""
_NO_AREA: Final = "-"


def matrix_text(matrix: Matrix, *, colour: bool) -> str:
    """Return a summary by area, then what is missing, wrong or to be looked at."""
    lines = _summary(matrix)
    modules = [row for row in matrix.faults if not row.own]
    _list(lines, "Faults of the module", map(_outcome, modules))
    _list(lines, "Unnoticed faults", (_unnoticed(row, matrix) for row in matrix.faults if row.unnoticed))
    if matrix.columns_judged and matrix.complete:
        _list(lines, "Cases that no fault fails", matrix.cases_never_failed)
    missed = (f"{row.name}: {_some(row.missed)}" for row in matrix.faults if row.missed)
    _list(lines, "Declared to be caught by a case that passes or stays undecided", missed)
    unknown = (f"{row.name}: {_some(row.unknown)}" for row in matrix.faults if row.unknown)
    _list(lines, "Declared to be caught by a case that does not exist", unknown)
    _list(lines, "Trouble", (f"{row.name}: {row.error}" for row in matrix.faults if row.error))
    not_judged = (f"{entry.case}: {entry.reason}" for entry in matrix.not_judged)
    _list(lines, "Cases that cannot be judged here: the correct device does not pass them", not_judged)
    collateral = (f"{row.name}: {_some(row.collateral)}" for row in matrix.faults if row.collateral)
    _list(
        lines,
        "Collateral: failed cases in which no failing check is about the fault's requirement",
        collateral,
    )
    not_ours = (row.name for row in matrix.faults if row.collateral is None and row.caught_by)
    _list(lines, "Collateral is not judged: the fault names no requirement of pics/requirements", not_ours)
    verdict = _verdict(matrix)
    code = _GREEN if matrix.complete and not matrix.gaps else _RED
    lines += ["", f"\x1b[{code}m{verdict}\x1b[0m" if colour else verdict]
    return "\n".join(lines)


def _summary(matrix: Matrix) -> list[str]:
    """Return the table: faults by the area of what they are caught by, cases by their own."""
    heading = ("area", "faults", "caught", "unnoticed", "cases", "failed by a fault", "never failed")
    rows: list[tuple[str, ...]] = [heading]
    areas = dict.fromkeys([_area(case) for case in matrix.cases])
    areas.update(dict.fromkeys(_area_of(row) for row in matrix.faults))
    never = set(matrix.cases_never_failed)
    for area in [*areas, None]:
        faults = [row for row in matrix.faults if area in (None, _area_of(row))]
        cases = [case for case in matrix.cases if area in (None, _area(case))]
        empty = sum(case in never for case in cases)
        counts = (
            len(faults),
            sum(bool(row.caught_by) for row in faults),
            sum(row.unnoticed for row in faults),
            len(cases),
            len(cases) - empty,
            empty,
        )
        rows.append((area or "all", *map(str, counts)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(heading))]
    return [
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _outcome(row: FaultRow) -> str:
    """Return what became of a fault."""
    told = f"{row.name}: "
    if row.caught_by:
        told += f"caught by {_some(row.caught_by)}"
    elif row.error:
        told += "in trouble"
    elif row.played < row.planned:
        told += "not played to the end"
    else:
        told += "unnoticed"
    return told


def _unnoticed(row: FaultRow, matrix: Matrix) -> str:
    if not row.planned:
        scope = matrix.own_scope if row.own else matrix.scope
        declares = "declares no case" if scope == Scope.DECLARED.value else "changes nothing in any case"
        return f"{row.name}: it {declares} that can be played here"
    spoiled = f", {len(row.baseline)} of them with a spoiled baseline" if row.baseline else ""
    undecided = f", {len(row.undecided)} inconclusive" if row.undecided else ""
    wrong = row.wrong.partition("\n")[0]
    return f"{row.name}: {plural(row.played, 'case')} played{spoiled}{undecided}: {wrong}"


def _verdict(matrix: Matrix) -> str:
    caught = sum(bool(row.caught_by) for row in matrix.faults)
    pairs = sum(row.played for row in matrix.faults)
    told = (
        f"{plural(len(matrix.faults), 'fault')}, {caught} caught, {len(matrix.unnoticed)} unnoticed; "
        f"{plural(len(matrix.cases), 'case')}, {len(matrix.cases_never_failed)} never failed; "
        f"{plural(pairs, 'pair')} played in {matrix.elapsed_s:.0f} s by {plural(matrix.jobs, 'worker')}"
    )
    return told if matrix.complete else f"interrupted: {told}"


def _area(case: str) -> str:
    """Return the area of a case, OSI for instance."""
    return case.partition("/")[0]


def _area_of(row: FaultRow) -> str:
    return next(
        (_area(case) for case in (*row.declared, *row.caught_by) if case not in row.unknown), _NO_AREA
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _list(lines: list[str], heading: str, entries: Iterable[str]) -> None:
    told = [f"  {visible(entry)}" for entry in entries]
    if told:
        lines += ["", f"{heading} ({len(told)})", *told]


def hooks_text(hooks: Hooks) -> str:
    """Return what a policy may override, and what it is asked about."""
    lines = ["Methods of Policy"]
    lines += [f"  {name}: {about}" for name, about in hooks.methods.items()]
    lines += ["", "Tables and their steps, for steps()"]
    for table, steps in hooks.steps.items():
        lines.append(f"  {table}")
        lines += [f"    {identifier}  {name}  [{clause}]" for identifier, name, clause in steps]
    for hook, names in hooks.names.items():
        lines += ["", f"Names at {hook}()"]
        for name, types in names.items():
            told = ", ".join(
                f"{kind}({', '.join(fields)})" if fields else kind for kind, fields in types.items()
            )
            lines.append(f"  {name}  {told}".rstrip())
    return "\n".join(visible(line) for line in lines)
