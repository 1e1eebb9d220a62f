"""``conform62351 pics``: templates of PICS and PIXIT, their check, and a readable print of them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from conform62351.pics.catalogue import ROLES, Table, catalogue
from conform62351.pics.conditions import ALWAYS, Answer
from conform62351.pics.declaration import HEADER_FIELDS, Declaration, load_declaration
from conform62351.pics.faults import DeclarationError, Faults
from conform62351.pics.pixit import Pixit, check_required, load_pixit, pixit_entries
from conform62351.pics.static_review import StaticFinding, rules, static_review
from conform62351.pics.template import new_pics, new_pixit

OK = 0
FOUND = 1
USAGE = 2


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register ``pics`` with its commands new, check and show."""
    parser = subparsers.add_parser(
        "pics",
        help="write, check and print declarations of a device",
        description="Write, check and print what a device claims (PICS) and how it is reached (PIXIT).",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    new = commands.add_parser(
        "new", help="write a template", description="Write a template of a PICS, or with --pixit of a PIXIT."
    )
    new.add_argument("file", nargs="?", type=Path, metavar="FILE", help="new file; default: standard output")
    new.add_argument("--pixit", action="store_true", help="a template of a PIXIT")
    new.add_argument(
        "--role", choices=ROLES, help="the only role of the device: items of the other one are answered no"
    )
    new.set_defaults(handler=run_new)

    check = commands.add_parser(
        "check",
        help="check a PICS",
        description="Print what is wrong with the files, or the findings of the static review.",
        epilog="exit code: 0 nothing found; 1 findings of the static review; 2 the files cannot be used",
    )
    _add_files(check)
    check.set_defaults(handler=run_check)

    show = commands.add_parser(
        "show", help="print a PICS by tables", description="Print a PICS by tables, and a PIXIT if given."
    )
    _add_files(show)
    show.add_argument("--json", action="store_true", help="machine-readable")
    show.set_defaults(handler=run_show)


def run_new(args: argparse.Namespace) -> int:
    """Write a template; an existing file is left alone."""
    text = new_pixit() if args.pixit else new_pics([args.role] if args.role else ROLES)
    if args.file is None:
        print(text, end="")
        return OK
    try:
        with args.file.open("x", encoding="utf-8") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        return _usage(f"{args.file}: {error.strerror if isinstance(error, OSError) else error}")
    return OK


def run_check(args: argparse.Namespace) -> int:
    """Print faults, or the findings of the static review."""
    try:
        declaration, pixit = _load(args)
    except DeclarationError as error:
        return _usage(str(error))
    findings = static_review(declaration)
    for finding in findings:
        print(f"{finding.id}: {finding.text} [{finding.requirement}, {finding.provenance.label}]")
    for rule in rules():
        if warning := rule.warning(declaration):
            print(f"warning: {rule.id}: {warning}")
    unknown = sum(answer is Answer.UNKNOWN for answer in declaration.answers.values())
    print(f"{len(declaration.answers)} items, {unknown} of them unknown")
    print(f"{len(rules())} rules, {len(findings)} of them broken")
    if pixit is not None:
        configurations = ", ".join(pixit.configurations)
        offered = [name for name, action in pixit.actions.items() if action.kind != "none"]
        print(f"PIXIT: configurations {configurations}; actions {', '.join(offered) or 'none'}")
    return FOUND if findings else OK


def run_show(args: argparse.Namespace) -> int:
    """Print the declared tables."""
    try:
        declaration, pixit = _load(args)
    except DeclarationError as error:
        return _usage(str(error))
    findings = static_review(declaration)
    if args.json:
        print(json.dumps(_as_json(declaration, pixit, findings), indent=2))
        return OK
    for name in HEADER_FIELDS:
        print(f"{name.replace('_', ' '):17} {getattr(declaration.header, name)}")
    for table in catalogue().tables:
        print(f"\n{table.heading}")
        print("\n".join(_lines(table, declaration)))
    if pixit is not None:
        print("\nPIXIT")
        print("\n".join(_pixit_lines(pixit)))
    for finding in findings:
        print(f"\n{finding.id}: {finding.text}")
    return OK


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the PICS")
    parser.add_argument("--pixit", type=Path, metavar="FILE", help="the PIXIT as well")
    parser.add_argument("--explore", action="store_true", help="allow the answer unknown")


def _load(args: argparse.Namespace) -> tuple[Declaration, Pixit | None]:
    """Read the files.

    Raises:
        DeclarationError: with the faults of both.
    """
    faults = Faults()
    declaration = faults.attempt(lambda: load_declaration(args.file, explore=args.explore))
    pixit = faults.attempt(lambda: load_pixit(args.pixit)) if args.pixit else None
    if declaration is not None and pixit is not None:
        answers = declaration.answers
        faults.attempt(lambda: check_required(args.pixit, pixit, answers))
    faults.check()
    assert declaration is not None
    return declaration, pixit


def _usage(message: str) -> int:
    print(message, file=sys.stderr)
    return USAGE


def _lines(table: Table, declaration: Declaration) -> list[str]:
    """Return a line for each row: name, status, and the answer of each role with the status that it has."""
    rows = list(dict.fromkeys(item.row for item in table.items))
    width = max(len(row) for row in rows)
    lines = [f"  {'':{width}}  status  {ROLES[0]:16}{ROLES[1]}"]
    for row in rows:
        cells, notation = [], ""
        for role in ROLES:
            item = next((item for item in table.items if (item.row, item.role) == (row, role)), None)
            if item is None:
                cells.append("")
                continue
            notation = item.status
            status = item.status_under(declaration.answers)
            meant = f" ({status})" if status not in (None, item.status) else ""
            cells.append(f"{declaration.answers[item.code]}{meant}")
        lines.append(f"  {row:{width}}  {notation:6}  {cells[0]:16}{cells[1]}".rstrip())
    return lines


def _pixit_lines(pixit: Pixit) -> list[str]:
    width = max(map(len, pixit_entries()))
    lines = []
    for name, entry in pixit_entries().items():
        words = (pixit.shown(name), entry.unit, "" if name in pixit.given else "(default)")
        lines.append(f"  {name:{width}}  {' '.join(word for word in words if word)}")
    lines += [f"  action {name}: {action.kind}" for name, action in pixit.actions.items()]
    return lines


def _as_json(declaration: Declaration, pixit: Pixit | None, findings: list[StaticFinding]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "header": {name: getattr(declaration.header, name) for name in HEADER_FIELDS},
        "tables": [
            {
                "id": table.id,
                "number": table.number,
                "number_2018_A1": table.number_amended,
                "title": table.title,
                "items": [
                    {
                        "code": item.code,
                        "row": item.row,
                        "role": item.role,
                        "status": item.status,
                        "condition": item.condition,
                        "presupposes": "" if item.presupposes == ALWAYS else item.presupposes.text,
                        "applies_as": item.status_under(declaration.answers),
                        "answer": declaration.answers[item.code],
                        "reference": item.reference,
                        "provenance": item.provenance,
                        "question": item.question,
                    }
                    for item in table.items
                ],
            }
            for table in catalogue().tables
        ],
        "findings": [
            {
                "id": finding.id,
                "text": finding.text,
                "codes": finding.codes,
                "requirement": finding.requirement,
                "provenance": finding.provenance,
            }
            for finding in findings
        ],
    }
    if pixit is not None:
        shown["pixit"] = {
            "values": {name: pixit.shown(name) for name in pixit_entries()},
            "actions": {name: action.kind for name, action in pixit.actions.items()},
            "configurations": list(pixit.configurations),
        }
    return shown
