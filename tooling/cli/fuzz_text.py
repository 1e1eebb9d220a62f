"""A campaign, and a regression corpus that was played again, as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conform62351.reports.render.visible import visible
from conform62351.reports.render.words import plural
from conform62351.tooling.cli.progress import clock_text
from conform62351.tooling.frontend.fuzz_campaign import REPORT_FILE, RegressionEntry
from conform62351.tooling.fuzz.replaying import Result
from conform62351.tooling.fuzz.summary import FindingRow, Summary

RED: Final = "31"
GREEN: Final = "32"
YELLOW: Final = "33"
SHOWN: Final = 6
_COLOURS: Final = {
    Result.REPRODUCED: RED,
    Result.NOT_REPRODUCED: GREEN,
    Result.SOMETHING_ELSE: YELLOW,
    Result.NOT_PLAYABLE: YELLOW,
}


def summary_text(summary: Summary, out: Path, *, colour: bool) -> str:
    """Return what a campaign came to."""
    lines = []
    for row in summary.findings:
        lines += _finding(row, colour=colour)
    if summary.unconfirmed:
        lines.append(f"{plural(len(summary.unconfirmed), 'complaint')} that no repetition showed again:")
        lines += [f"  {row.name}: {visible(row.text)}" for row in summary.unconfirmed[:SHOWN]]
    if summary.not_tested:
        lines.append(f"could not be played, {len(summary.not_tested)} in all:")
        lines += [f"  {one.name}: {visible(one.reason)}" for one in summary.not_tested[:SHOWN]]
        if len(summary.not_tested) > SHOWN:
            lines.append(f"  and {len(summary.not_tested) - SHOWN} more in the report")
    if summary.errors:
        lines.append(f"{plural(len(summary.errors), 'case')} in which the tester was wrong; please report:")
        lines += [f"  {one.name}: {visible(one.reason)}" for one in summary.errors[:SHOWN]]
    lines += summary.lost
    if not summary.complete:
        lines.append(f"not complete: {visible(summary.reason)}")
    found = plural(len(summary.findings), "finding")
    lines.append(
        f"{_painted(found, RED if summary.findings else GREEN, colour)} in "
        f"{plural(summary.cases, 'case')}, {clock_text(summary.elapsed_s)}, {summary.rate:g}/s, "
        f"{plural(summary.behaviours, 'behaviour')}, seed {summary.seed}"
    )
    lines.append(f"report: {out / REPORT_FILE}")
    return "\n".join(lines)


def _finding(row: FindingRow, *, colour: bool) -> list[str]:
    clause = f"clause {row.clause}" if row.clause[:1].isdigit() else row.clause
    lines = [
        f"{_painted('FINDING', RED, colour)} {row.name}: {row.severity}: {visible(row.text)}",
        f"  {clause} {row.provenance}; {row.confirmed} of {row.repeated} repetitions; "
        f"met {row.seen} times; {row.base}",
    ]
    if row.before or row.rounds > 1:
        lines.append(f"  behind {plural(row.before, 'other case')}, {plural(row.rounds, 'time')}")
    lines += [f"  {visible(mutation)[:160]}" for mutation in row.mutations[:SHOWN]]
    lines.append(f"  {row.replay}")
    return lines


def regression_text(results: Sequence[RegressionEntry], *, colour: bool) -> str:
    """Return what became of each entry of a regression corpus."""
    lines = []
    for one in results:
        word = _painted(one.result.value, _COLOURS[one.result], colour)
        lines += [f"{word}  {one.path}", f"  was: {visible(one.told)}", f"  now: {visible(one.seen)}"]
    counts = ", ".join(
        f"{count} {result.value}"
        for result in Result
        if (count := sum(one.result is result for one in results))
    )
    lines.append(f"{plural(len(results), 'finding')} played again: {counts or 'none'}")
    return "\n".join(lines)


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
