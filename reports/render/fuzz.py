"""``fuzz.html``: what a campaign of the fuzzer came to, one file that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from conform62351.pics.provenance import Provenance
from conform62351.reports.render.html import asset, environment
from conform62351.tooling.fuzz.summary import FindingRow, Summary

SEVERITIES = ("security", "unavailable", "resource", "form")
SHOWN = 12
"""Rows of a count that are shown at once."""


def render_fuzz(summary: Summary) -> bytes:
    """Return ``summary`` as HTML; links lead to the evidence below the folder that it lies in."""
    template = environment().get_template("fuzz.html.j2")
    return template.render(
        summary=summary,
        style=Markup(asset("report.css")),
        findings=sorted(summary.findings, key=_gravity),
        by_severity=[(name, sum(row.severity == name for row in summary.findings)) for name in SEVERITIES],
        provenances=tuple(Provenance),
        folder=_folder,
        shown=SHOWN,
    ).encode()


def _gravity(row: FindingRow) -> tuple[int, int, str]:
    rank = SEVERITIES.index(row.severity) if row.severity in SEVERITIES else len(SEVERITIES)
    return rank, -row.seen, row.name


def _folder(row: FindingRow) -> Sequence[tuple[str, str]]:
    """Return the files of a finding with the links to them."""
    above = row.recipe.rpartition("/")[0]
    names = [row.recipe.rpartition("/")[2], *row.evidence]
    return [(name, "./" + quote(f"{above}/{name}", safe="/")) for name in names]
