"""What the HTML and text reports say of the TLS suites of Tables 9 and 12: words and sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from conform62351.pics.catalogue import ROLES
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.tls_report import SuiteReport, SuiteRoleReport
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.words import plural

USED = ("associated", "handshake", "not-refused")


def denied(one: SuiteRoleReport) -> bool:
    """Return whether the PICS denies the suite, or the standard excludes it."""
    return one.answer == "no" or one.status == "x"


def suite_words(one: SuiteRoleReport) -> str:
    """Return what the device did with a suite in one role, for a reader."""
    connections = plural(one.connections, "connection")
    match one.outcome:
        case "associated":
            return f"handshake and association ({one.associations} of {connections})"
        case "handshake":
            return f"handshake, and no association ({connections})"
        case "refused":
            return "refused"
        case "not-refused":
            return "not refused; no handshake was completed"
        case "not-tried":
            return f"not tried: {one.reason}"


def suite_colour(one: SuiteRoleReport) -> str:
    """Return how the words stand on the page: against the claim, open, as claimed, or beside the point."""
    if denied(one):
        return "fail" if one.outcome in USED else "soft"
    match one.outcome:
        case "associated":
            return "pass"
        case "refused":
            return "soft" if one.result is Verdict.PASS else "fail"
        case _:
            return "inconclusive"


def suite_lines(report: RunReport, table: int) -> list[str]:
    """Return the sentences on one table: what became of the claims, by role, and of the mandatory suites."""
    rows = [row for row in report.security.suites if row.table == table]
    lines = [line for role in ROLES for line in _role_lines(_roles_of(rows, table, role), role)]
    if not any(one.connections for row in rows for one in row.roles.values()):
        others = " It had others, which says nothing of these." if report.security.tls else ""
        lines.append(f"No connection of this run had a suite of Table {table}.{others}")
    return lines


def suite_counts(report: RunReport) -> list[str]:
    """Return a line for each table and role of which the run shows anything."""
    return [
        f"TLS suites of Table {table} as {role}: {counts}"
        for table in dict.fromkeys(row.table for row in report.security.suites)
        for role in ROLES
        if (counts := _counts(_roles_of(report.security.suites, table, role).values()))
    ]


def _roles_of(rows: Iterable[SuiteReport], table: int, role: str) -> dict[str, SuiteRoleReport]:
    return {row.name: row.roles[role] for row in rows if row.table == table and role in row.roles}


def _counts(rows: Collection[SuiteRoleReport]) -> str:
    """Return how many of the claims and denials held; empty where nothing was tried."""
    if all(one.outcome == "not-tried" for one in rows):
        return ""
    claimed = [one for one in rows if not denied(one)]
    others = [one for one in rows if denied(one)]
    told = [_claims(claimed)] if claimed else []
    told += [_denials(others)] if others else []
    return "; ".join(told)


def _role_lines(by_name: Mapping[str, SuiteRoleReport], role: str) -> Iterator[str]:
    counts = _counts(by_name.values())
    if not counts:
        return
    yield f"As {role}: {counts}."
    lacking = [
        f"{name} ({'not claimed' if denied(one) else one.outcome.replace('-', ' ')})"
        for name, one in by_name.items()
        if one.status == "m" and one.outcome != "associated"
    ]
    if lacking:
        yield f"Mandatory as {role}, and without association: {', '.join(lacking)}."


def _claims(claimed: list[SuiteRoleReport]) -> str:
    associated = sum(one.outcome == "associated" for one in claimed)
    claim = "claimed" if all(one.answer == "yes" for one in claimed) else "not denied"
    parts = [f"{associated} of {plural(len(claimed), 'suite')} {claim} carried associations"]
    for outcome, words in (
        ("handshake", "completed handshakes alone"),
        ("refused", "refused"),
        ("not-tried", "not tried"),
    ):
        count = sum(one.outcome == outcome for one in claimed)
        if count:
            parts.append(f"{count} {words}")
    return ", ".join(parts)


def _denials(others: list[SuiteRoleReport]) -> str:
    used = sum(one.outcome in USED for one in others)
    refused = sum(one.outcome == "refused" for one in others)
    parts = [f"{refused} of {len(others)} denied or disallowed were refused"]
    if used:
        parts.append(f"{used} used all the same")
    return ", ".join(parts)
