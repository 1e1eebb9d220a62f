"""How much was left of the limits of a run: what there is before a verdict hangs on one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from conform62351.reports.model.events import Waited
from conform62351.reports.model.report import CaseReport, MarginReport

CLOSE_PERCENT: Final = 20.0
"""Below how much of a limit, in percent, what was left of it is a warning (I)."""


def margins(cases: Iterable[CaseReport], waits: Iterable[Waited]) -> list[MarginReport]:
    """Return the least that was left of each limit, the least share of its limit first.

    It comes from checks, and from the other ``waits`` of the tester.
    """
    least: dict[str, MarginReport] = {}
    for margin in (*_of_cases(cases), *map(_of_wait, waits)):
        known = least.get(margin.limit)
        if known is None or margin.percent < known.percent:
            least[margin.limit] = margin
    return sorted(least.values(), key=lambda margin: margin.percent)


def _of_cases(cases: Iterable[CaseReport]) -> Iterator[MarginReport]:
    for case in cases:
        for check in case.checks:
            if check.margin_s is not None and check.limit_s:
                yield _margin(check.limit, check.limit_s, check.margin_s, case.id, check.label)


def _of_wait(wait: Waited) -> MarginReport:
    return _margin(wait.limit, wait.limit_s, wait.margin_s, wait.case, wait.what)


def _margin(limit: str, limit_s: float, margin_s: float, case: str, label: str) -> MarginReport:
    share = margin_s / limit_s if limit_s > 0 else 0.0
    percent = int(1000 * max(-1.0, min(share, 1.0))) / 10
    return MarginReport(
        limit=limit,
        limit_s=limit_s,
        margin_s=margin_s,
        percent=percent,
        close=percent < CLOSE_PERCENT,
        case=case,
        label=label,
    )
