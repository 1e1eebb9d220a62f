"""``conform62351 catalogue``: which cases there are, and which requirements, events and rows they cover."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable

from conform62351.pics.catalogue import catalogue
from conform62351.pics.requirements import requirements
from conform62351.profiles.events62351 import event_catalogue
from conform62351.reports.render.words import plural
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.planner import select
from conform62351.tooling.frontend.coverage import (
    Row,
    State,
    coverage,
    event_coverage,
    provoked,
    table_coverage,
)
from conform62351.tooling.frontend.options import selector


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "catalogue",
        help="list test cases, or what they cover",
        description="List test cases, or what they cover.",
    )
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="which cases; default: all")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--requirements", action="store_true", help="each requirement: covered, reasoned or open"
    )
    what.add_argument(
        "--events", action="store_true", help="each event of the log in each role that can log it, likewise"
    )
    what.add_argument("--tables", action="store_true", help="each row of the PICS, likewise")
    what.add_argument("--purpose", action="store_true", help="cases with purpose and steps")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        NothingSelected: a selector matches no case.
    """
    if args.requirements:
        _ledger(coverage(requirements(), load()), "requirements", _requirement, as_json=args.json)
        return 0
    if args.events:
        _ledger(event_coverage(load()), "events in a role", _event, as_json=args.json)
        return 0
    if args.tables:
        _ledger(table_coverage(load()), "rows", _item, as_json=args.json)
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
        "events": list(provoked(case)),
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


def _requirement(row: Row) -> tuple[str, str]:
    facts = requirements()[row.id]
    return f"[{facts.clause}, {facts.provenance}, {facts.level}]", facts.text


def _event(row: Row) -> tuple[str, str]:
    facts = event_catalogue()[row.id.partition(",")[0]]
    level = facts.level.name.lower()
    return f"[{facts.provenance}, {level}]", f"{facts.subject}: {facts.mnemonic or facts.meaning}"


def _item(row: Row) -> tuple[str, str]:
    facts = catalogue()[row.id]
    return f"[{facts.reference}, {facts.provenance}, {facts.status}]", facts.question


def _ledger(
    rows: list[Row], subject: str, facts_of: Callable[[Row], tuple[str, str]], *, as_json: bool
) -> None:
    """Print what has cases, what has a reason to have none, and the share of both."""
    if as_json:
        print(json.dumps([_row_facts(row) for row in rows], indent=2))
        return
    for row in rows:
        heading, text = facts_of(row)
        lacking = f" as {', '.join(row.open_roles)}" if row.state is State.OPEN else ""
        reason = f" {row.reason}" if row.state is State.REASONED else ""
        print(f"{row.id}  {heading}  {row.state.value}{lacking}{reason}")
        print(f"    {text}")
        for case in row.cases:
            print(f"      {case}")
        if row.reviews:
            print(f"      {plural(row.reviews, 'review')} of the claim")
    counts = {state: sum(row.state is state for row in rows) for state in State}
    settled = len(rows) - counts[State.OPEN]
    print(
        f"{len(rows)} {subject}: "
        + ", ".join(f"{count} {state.value}" for state, count in counts.items())
        + f" ({100 * settled / max(len(rows), 1):.1f} % covered or with a reason)"
    )


def _row_facts(row: Row) -> dict[str, object]:
    return {
        "id": row.id,
        "state": row.state.value,
        "cases": row.cases,
        "reason": row.reason,
        "open_roles": list(row.open_roles),
        "reviews": row.reviews,
    }
