"""The report files of a run, beside its event log."""

from __future__ import annotations

from pathlib import Path

from conform62351.reports.model.atomic import write_atomically
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.transcript import collect
from conform62351.reports.render.html import render_html
from conform62351.reports.render.json_report import render_json
from conform62351.reports.render.junit import render_junit

EVENTS = "events.jsonl"
JSON = "report.json"
JUNIT = "junit.xml"
HTML = "report.html"
BESIDE = ("capture*.pcapng", "native.keys")
"""What else a run writes beside its event log: links in the report, where it is there."""


def write_reports(report: RunReport, out: Path) -> None:
    """Write ``report.json``, ``junit.xml`` and ``report.html`` of the run whose event log lies in ``out``.

    The log is read again, for the transcripts. Each file appears whole or stays what it was.

    Raises:
        EventLogError: the log cannot be read.
        OSError: a file cannot be written.
    """
    write_atomically(out / JSON, render_json(report))
    write_atomically(out / JUNIT, render_junit(report))
    beside = (path.name for pattern in BESIDE for path in sorted(out.glob(pattern)))
    evidence = (EVENTS, JSON, JUNIT, *beside)
    transcripts = collect(report, read_events(out / EVENTS))
    write_atomically(out / HTML, render_html(report, transcripts, evidence=evidence))
