"""``report.html``: one file, without anything to load, that reads on a screen and on paper."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from conform62351.pics.provenance import Provenance
from conform62351.reports.model.history import provenance_label
from conform62351.reports.model.report import CaseReport, CheckReport, ItemReport, RunReport, TableReport
from conform62351.reports.model.transcript import Line, Transcript
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.native import (
    AMBIGUOUS_GROUP,
    alarms,
    algorithm_list,
    algorithm_name,
    mode_name,
    secpdu,
    several,
)
from conform62351.reports.render.security import (
    SIGNED,
    SIGNED_REMARKS,
    certificates_of,
    drawing,
    moment,
    of_tables,
    shows_security,
    tls_lines,
)
from conform62351.reports.render.suites import suite_colour, suite_lines, suite_words
from conform62351.reports.render.visible import visible
from conform62351.reports.render.words import WORDS, close_call, explained, headline, plural, severity_order

TEMPLATES = files("conform62351.reports.templates")
ATTENTION = (
    (Verdict.FAIL, "Failures", "failures"),
    (Verdict.ERROR, "Harness errors", "errors"),
    (Verdict.INCONCLUSIVE, "Inconclusive", "inconclusive"),
)
DIRECTIONS = {
    "sent": "tester \u2192",
    "received": "\u2190 device",
    "observed": "observed",
    "action": "action",
    "check": "check",
    "tls": "TLS",
    "authentication": "identity",
    "handshake": "handshake",
    "keys": "keys",
    "log": "log",
}
LINKED_CASES = 6
SHOWN_CHECKS = 48
"""How many checks of a case are shown beside those that call for attention."""
SHOWN_OF_PASSED = 6
"""How many handshakes, keys and SecPDUs of a case that passed are shown."""
ROLES = ("client", "server")


@dataclass(frozen=True)
class _Warning:
    text: str
    cases: list[str]


@dataclass(frozen=True)
class _Row:
    """A row of a PICS table: its code without the role, and the items of the columns."""

    code: str
    items: dict[str, ItemReport]


def render_html(
    report: RunReport, transcripts: Mapping[str, Transcript], *, evidence: Sequence[str] = ()
) -> bytes:
    """Return ``report`` as HTML.

    ``transcripts`` are those that :func:`transcript.collect` makes; ``evidence`` are the names of files
    beside the report, to be linked.
    """
    template = environment().get_template("report.html.j2")
    script, style = asset("report.js"), asset("report.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return template.render(
        report=report,
        header=report.header,
        summary=report.summary,
        headline=headline(report),
        counts=_counts(report),
        attention=_attention(report),
        groups=_groups(report.cases),
        waiting=_waiting(report.cases),
        warnings=_warnings(report),
        covered=_covered(report),
        texts={requirement.id: requirement for requirement in report.requirements},
        transcripts=transcripts,
        evidence=evidence,
        anchors=_anchors(report.cases),
        script=Markup(script),
        script_digest=digest,
        style=Markup(style),
        words=WORDS,
        provenances=tuple(Provenance),
        linked_cases=LINKED_CASES,
        certificates=report.certificates,
        secured=shows_security(report),
        signed=SIGNED,
        signed_remarks=SIGNED_REMARKS,
        roles=ROLES,
        ambiguous_group=AMBIGUOUS_GROUP,
        shown_of_passed=SHOWN_OF_PASSED,
        shown_checks=SHOWN_CHECKS,
        inferred=_mark(Provenance.INFERRED),
    ).encode()


@cache
def asset(name: str) -> str:
    """Return the text of a file beside the templates."""
    return TEMPLATES.joinpath(name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Return what renders templates, with the filters that they share."""
    made = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "plural": plural,
        "provenance_label": provenance_label,
        "rows": _rows,
        "remarks": _remarks,
        "explained": explained,
        "seconds": _seconds,
        "hexdump": _hexdump,
        "brief": _brief,
        "fragment": lambda text: quote(text, safe="/:"),
        "link": lambda text: "./" + quote(text, safe="/"),
        "direction": DIRECTIONS.__getitem__,
        "calling": _undecided,
        "drawing": drawing,
        "moment": moment,
        "tls_lines": tls_lines,
        "of_tables": of_tables,
        "certificates_of": certificates_of,
        "alarms": alarms,
        "algorithm_list": algorithm_list,
        "algorithm_name": algorithm_name,
        "mode_name": mode_name,
        "secpdu": secpdu,
        "several": several,
        "suite_colour": suite_colour,
        "suite_lines": suite_lines,
        "suite_words": suite_words,
        "json": lambda value: json.dumps(value, ensure_ascii=False),
        "sentence": lambda text: text[:1].upper() + text[1:].rstrip("."),
    }
    return made


def _mark(provenance: Provenance) -> Markup:
    """Return the mark of a provenance as the page shows it."""
    title = f"provenance: {provenance.label}"
    return Markup('<span class="mark" title="{}">{}</span>').format(title, provenance.mark)


def _shown(value: Any) -> Any:
    """Make what an expression prints visible; text from the device must not steer the page's direction."""
    return visible(value, lines=True) if type(value) is str else value


def _seconds(value: float) -> str:
    if abs(value) < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if abs(value) < 600 else f"{value / 60:.0f} min"


def _hexdump(octets: bytes) -> str:
    lines = []
    for offset in range(0, len(octets), 16):
        row = octets[offset : offset + 16]
        seen = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in row)
        lines.append(f"{offset:04x}  {row.hex(' '):<47}  {seen}")
    return "\n".join(lines)


def _brief(line: Line) -> str:
    """Return a transcript line as one line of text."""
    if line.kind in ("sent", "received"):
        names = " ".join(line.pdus) or "octets"
        return f"{line.at_s:8.3f}  {DIRECTIONS[line.kind]:<9} {names} ({plural(line.size, 'octet')})"
    verdict = f"{WORDS[line.verdict]}: " if line.verdict else ""
    return f"{line.at_s:8.3f}  {DIRECTIONS[line.kind]:<9} {verdict}{line.text}"


def _counts(report: RunReport) -> list[tuple[Verdict, int]]:
    summary = report.summary
    return [
        (Verdict.PASS, summary.passed),
        (Verdict.FAIL, summary.fail),
        (Verdict.INCONCLUSIVE, summary.inconclusive),
        (Verdict.ERROR, summary.error),
        (Verdict.NOT_RUN, summary.not_run),
        (Verdict.NOT_APPLICABLE, summary.not_applicable),
    ]


def _attention(report: RunReport) -> list[tuple[Verdict, str, str, list[CaseReport]]]:
    return [
        (
            verdict,
            title,
            anchor,
            sorted((case for case in report.cases if case.verdict is verdict), key=severity_order),
        )
        for verdict, title, anchor in ATTENTION
    ]


def _anchors(cases: Iterable[CaseReport]) -> dict[str, str]:
    looked_at = {verdict for verdict, _, _ in ATTENTION}
    return {case.id: ("finding:" if case.verdict in looked_at else "case:") + case.id for case in cases}


def _groups(cases: Iterable[CaseReport]) -> dict[str, list[CaseReport]]:
    groups: dict[str, list[CaseReport]] = defaultdict(list)
    for case in cases:
        groups[case.group].append(case)
    return groups


def _rows(table: TableReport) -> list[_Row]:
    """Return the rows of a table, as the standard prints them: client and server side by side."""
    rows: dict[str, _Row] = {}
    for item in table.items:
        code = item.code.removesuffix(f".{item.role}")
        rows.setdefault(code, _Row(code, {})).items[item.role] = item
    return list(rows.values())


def _remarks(case: CaseReport) -> str:
    """Return what the list of all cases says beside the verdict."""
    remarks = [
        case.severity.value if case.severity else "",
        f"needs {case.reason}" if case.verdict is Verdict.NOT_APPLICABLE else case.reason,
        "unstable" if case.unstable else "",
        "declared deviation" if case.deviation else "",
        plural(case.warnings, "warning") if case.warnings else "",
    ]
    return ", ".join(remark for remark in remarks if remark)


def _waiting(cases: Iterable[CaseReport]) -> dict[str, list[str]]:
    """Return the cases that have not run, by reason."""
    waiting: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        if case.verdict is Verdict.NOT_RUN:
            waiting[case.reason].append(case.id)
    return waiting


def _warnings(report: RunReport) -> list[_Warning]:
    """Return each warning once, with the cases that gave it, and the limits that were come close to."""
    given: dict[str, dict[str, None]] = defaultdict(dict)
    for case in report.cases:
        for check in case.checks:
            for text in check.warnings:
                given[text][case.id] = None
    for margin in report.margins:
        if margin.close:
            given[close_call(margin)].update({margin.case: None} if margin.case else {})
    return [_Warning(text, list(names)) for text, names in given.items()]


def _covered(report: RunReport) -> dict[str, int]:
    """Count the requirements by what the run shows of them."""
    count: dict[str, int] = defaultdict(int)
    for requirement in report.requirements:
        count[requirement.result.value if requirement.result else "no case"] += 1
    return count


def _undecided(checks: Iterable[CheckReport]) -> list[CheckReport]:
    """Return the checks that call for attention."""
    return [check for check in checks if check.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
