"""The report files of a run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from conform62351.reports.model.atomic import write_atomically
from conform62351.reports.model.eventlog import EventLog, EventLogError
from conform62351.reports.model.run import load_report
from conform62351.reports.render.files import write_reports
from conform62351.suites.selfcheck import report_samples as samples


def test_reports_are_written_beside_the_log(tmp_path: Path) -> None:
    with EventLog(tmp_path / "events.jsonl") as log:
        for event in samples.whole_run():
            log.write(event)
    write_reports(load_report(tmp_path / "events.jsonl"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "events.jsonl",
        "junit.xml",
        "report.html",
        "report.json",
    ]
    assert json.loads((tmp_path / "report.json").read_bytes())["summary"]["fail"] == 3
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'href="./events.jsonl"' in html
    assert "COTP.CR.class := 4" in html


def test_log_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"{}\n")
    with pytest.raises(EventLogError, match=r"events\.jsonl:1: not an event"):
        load_report(path)


def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.mkdir()
    with pytest.raises(OSError, match="irectory"):
        write_atomically(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


def test_written_file_replaces_the_old_one_with_the_usual_mode(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
