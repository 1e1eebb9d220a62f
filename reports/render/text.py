"""The summary for terminals: a block for every case that calls for attention, then the counts."""

from __future__ import annotations

import textwrap

from conform62351.pics.conditions import ALWAYS
from conform62351.reports.model.report import OWN_SPEC_DATA, CaseReport, CheckReport, RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.native import facts_of, readings_of
from conform62351.reports.render.suites import suite_counts
from conform62351.reports.render.visible import visible
from conform62351.reports.render.words import WORDS, close_call, headline, plural, severity_order

COLOURS = {
    Verdict.PASS: "32",
    Verdict.FAIL: "31;1",
    Verdict.INCONCLUSIVE: "33",
    Verdict.ERROR: "35;1",
    Verdict.NOT_RUN: "36",
    Verdict.NOT_APPLICABLE: "2",
}
TITLES = {Verdict.FAIL: "Failures", Verdict.ERROR: "Harness errors", Verdict.INCONCLUSIVE: "Inconclusive"}
MARGIN = 12
NATIVE_FACTS = 4
"""How many lines a case has about its keys and about what ended its associations."""


def render_text(report: RunReport, *, colour: bool, width: int = 100) -> str:
    """Return the summary of ``report``, lines at most ``width`` wide where they can be broken.

    ``colour`` adds ANSI colours; whether the terminal and the user want them the caller knows.
    """
    lines: list[str] = []
    for verdict, title in TITLES.items():
        cases = sorted((case for case in report.cases if case.verdict is verdict), key=severity_order)
        if cases:
            lines += [f"{title} ({len(cases)})", ""]
        for case in cases:
            lines += [*_block(report, case, colour, width), ""]
    return "\n".join([*lines, *_summary(report, colour, width), ""])


def case_block(report: RunReport, case: CaseReport, *, width: int = 100) -> str:
    """Return the block of one case, without colour."""
    return "\n".join(_block(report, case, False, width))


def _paint(text: str, verdict: Verdict, colour: bool) -> str:
    return f"\x1b[{COLOURS[verdict]}m{text}\x1b[0m" if colour else text


def _block(report: RunReport, case: CaseReport, colour: bool, width: int) -> list[str]:
    said = [visible(case.reason)] if case.reason else []
    if case.severity:
        said.append(case.severity.value)
    if case.basis:
        said.append(f"basis {visible(case.basis)}")
    if case.unstable:
        said.append("unstable: other attempts passed")
    if case.deviation:
        said.append("declared deviation")
    word = _paint(WORDS[case.verdict].upper(), case.verdict, colour)
    lines = [f"{word}  {visible(case.id)}" + (f"  ({', '.join(said)})" if said else "")]
    lines += _field("", visible(case.title), width)
    if case.verdict is Verdict.FAIL and case.pics not in ("", ALWAYS.text):
        lines += _field("condition", visible(case.pics), width)
    texts = {requirement.id: requirement.text for requirement in report.requirements}
    for check in case.checks:
        if check.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            lines += ["", *_check(check, texts.get(check.requirement, ""), width)]
    facts = facts_of(case)
    if facts:
        lines.append("")
    for fact in facts[:NATIVE_FACTS]:
        lines += _field("native", visible(fact), width)
    if facts[NATIVE_FACTS:]:
        lines += _field("", f"{len(facts) - NATIVE_FACTS} more of native mode in the report", width)
    for note in report.notes:
        if note.case == case.id:
            lines += _field("note", visible(note.text), width)
    ending = [("deviation", case.deviation), ("replay", case.commands.replay), ("rerun", case.commands.rerun)]
    tail = [f"  {name:<{MARGIN - 2}}{visible(value)}" for name, value in ending if value]
    return [*lines, *([""] if tail else []), *tail]


def _check(check: CheckReport, text: str, width: int) -> list[str]:
    source = ", ".join(
        part for part in (f"clause {check.clause}" if check.clause else "", check.provenance) if part
    )
    heading = f"{check.requirement} ({source})" if source else check.requirement
    lines = _field("requires", visible(f"{heading}: {text}" if text else heading), width)
    if check.label:
        lines += _field("with", visible(check.label), width)
    if check.sent:
        lines += _field("sent", visible(check.sent), width)
    for number, alternative in enumerate(check.expected):
        lines += _field("or" if number else "expected", visible(alternative), width)
    lines += _field("got", visible(check.got or "nothing"), width)
    if check.reason:
        lines += _field("because", visible(check.reason), width)
    return lines


def _field(name: str, value: str, width: int) -> list[str]:
    first = f"  {name:<{MARGIN - 2}}"
    return textwrap.wrap(
        value,
        max(width, 40),
        initial_indent=first if name else "  ",
        subsequent_indent=" " * MARGIN if name else "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(report: RunReport, colour: bool, width: int) -> list[str]:
    summary, header = report.summary, report.header
    counts = {
        Verdict.PASS: summary.passed,
        Verdict.FAIL: summary.fail,
        Verdict.INCONCLUSIVE: summary.inconclusive,
        Verdict.ERROR: summary.error,
        Verdict.NOT_RUN: summary.not_run,
        Verdict.NOT_APPLICABLE: summary.not_applicable,
    }
    shown = [
        _paint(f"{count} {WORDS[verdict]}", verdict, colour) for verdict, count in counts.items() if count
    ]
    lines = [f"{plural(summary.total, 'case')}: {', '.join(shown) or 'none'}"]
    fails = [f"{count} {name}" for name, count in summary.fail_by_severity.items() if count]
    if fails:
        bases = [f"{count} {name}" for name, count in summary.fail_by_basis.items() if count]
        lines.append(f"fails: {', '.join(fails)}; basis: {', '.join(map(visible, bases))}")
    extra = [
        plural(summary.deviations, "declared deviation") if summary.deviations else "",
        plural(summary.unstable, "unstable case") if summary.unstable else "",
        plural(summary.warnings, "warning") if summary.warnings else "",
    ]
    if any(extra):
        lines.append(", ".join(part for part in extra if part))
    if header.accepted_inconclusive:
        lines.append(f"accepted as inconclusive: {', '.join(map(visible, header.accepted_inconclusive))}")
    if not report.complete:
        lines += textwrap.wrap(f"INCOMPLETE: {visible(report.reason)}", max(width, 40))
    if header.explore:
        lines.append("EXPLORATORY: answers of the PICS were unknown; this is no conformance run")
    if header.spec_data != OWN_SPEC_DATA:
        lines += textwrap.wrap(visible(header.spec_data), max(width, 40), break_long_words=False)
    for reading in readings_of(report):
        lines += textwrap.wrap(visible(reading), max(width, 40))
    for line in suite_counts(report):
        lines += textwrap.wrap(line, max(width, 40))
    for margin in report.margins:
        if margin.close:
            where = " ".join(filter(None, (margin.case, margin.label)))
            lines += textwrap.wrap(visible(f"CLOSE: {close_call(margin)} ({where})"), max(width, 40))
    if header.builtin:
        lines.append("BUILT-IN DEVICE: no product was tested")
    lines += textwrap.wrap(" ".join(headline(report)), max(width, 40))
    lines.append(f"{header.duration_s:.1f} s, seed {header.seed}")
    return lines
