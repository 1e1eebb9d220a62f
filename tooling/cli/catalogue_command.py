"""``conform62351 catalogue``: which cases there are, and what of the requirements they cover."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable

from conform62351.pics.requirements import requirements
from conform62351.reports.render.words import plural
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.planner import select
from conform62351.tooling.frontend.coverage import State, coverage
from conform62351.tooling.frontend.options import selector


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "catalogue", help="list test cases or requirements", description="List test cases or requirements."
    )
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="which cases; default: all")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--requirements", action="store_true", help="each requirement: covered, reasoned or open"
    )
    what.add_argument("--purpose", action="store_true", help="cases with purpose and steps")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        NothingSelected: a selector matches no case.
    """
    if args.requirements:
        _requirements(as_json=args.json)
        return 0
    cases = [
        case for case, added in select(load(), [selector(text) for text in args.selectors], []) if not added
    ]
    if args.json:
        print(json.dumps([_facts(case) for case in cases], indent=2))
    else:
        _table(cases, purpose=args.purpose)
    return 0


def _facts(case: Case) -> dict[str, object]:
    return {
        "id": case.id,
        "title": case.title,
        "clause": case.clause,
        "provenance": case.provenance,
        "role": case.role,
        "pics": case.pics,
        "events": list(case.events),
        "requirements": list(case.requirements),
    }


def _table(cases: Iterable[Case], *, purpose: bool) -> None:
    count = 0
    for case in cases:
        count += 1
        print(f"{case.id}  [{case.clause}, {case.provenance}]\n    {case.title}")
        if not purpose:
            continue
        for talk in case.conversations:
            print(f"    {talk.label or 'conversation'}:")
            for line in talk.recipe():
                print(f"      {line}")
    print(plural(count, "case"))


def _requirements(*, as_json: bool) -> None:
    ledger = coverage(requirements(), load())
    if as_json:
        print(
            json.dumps(
                [
                    {"id": row.id, "state": row.state.value, "cases": row.cases, "reason": row.reason}
                    for row in ledger
                ],
                indent=2,
            )
        )
        return
    for row in ledger:
        facts = requirements()[row.id]
        print(
            f"{row.id}  [{facts.clause}, {facts.provenance}, {facts.level}]",
            f" {row.state.value} {row.reason}".rstrip(),
        )
        print(f"    {facts.text}")
        for case in row.cases:
            print(f"      {case}")
    counts = {state: sum(row.state is state for row in ledger) for state in State}
    print(
        f"{len(ledger)} requirements: "
        + ", ".join(f"{count} {state.value}" for state, count in counts.items())
    )
