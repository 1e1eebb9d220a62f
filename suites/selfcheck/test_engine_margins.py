"""What was left of the limits of waits: the least of each goes on record, and into the report."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.pics.pixit import Action, Pixit, load_pixit
from conform62351.reports.model.eventlog import EventLog, read_events
from conform62351.reports.model.events import Waited
from conform62351.reports.model.run import load_report
from conform62351.tooling.cli.main import main
from conform62351.tooling.engine.actions import Actions, Operator
from conform62351.tooling.engine.margins import Margins
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.net.clock import Clock

CLOCK = Clock()


@pytest.fixture
def pixit() -> Pixit:
    return load_pixit(device_file("pixit.toml")).with_overrides({"limit.respond": 2.0, "limit.connect": 4.0})


def test_the_least_of_each_limit_goes_on_record(tmp_path: Path, pixit: Pixit) -> None:
    path = tmp_path / "events.jsonl"
    margins = Margins(pixit)
    margins.waited("limit.respond", 1.9, "before there is a log")
    with EventLog(path) as log:
        margins.log = RunLog(log, CLOCK)
        margins.log.case = "OSI/SRV/A/BV-b"
        for took, what in ((0.5, "first"), (0.4, "less"), (1.5, "most"), (1.4, "again")):
            margins.waited("limit.respond", took, what)
        margins.waited("limit.connect", 1.0, "other")
        margins.left("of nothing", 0.0, 0.0, "no limit")
        margins.left("untouched", 1.0, 1.0, "all of it")
    waits = [event for event in read_events(path) if isinstance(event, Waited)]
    assert [(one.limit, one.limit_s, one.margin_s, one.what) for one in waits] == [
        ("limit.respond", 2.0, 1.5, "first"),
        ("limit.respond", 2.0, 0.5, "most"),
        ("limit.connect", 4.0, 3.0, "other"),
        ("untouched", 1.0, 1.0, "all of it"),
    ]
    assert {one.case for one in waits} == {"OSI/SRV/A/BV-b"}


def test_actions_tell_what_was_left_of_their_limits() -> None:
    told: list[tuple[str, float]] = []
    works = Action("works", "command", command=(sys.executable, "-c", "pass"), limit=60.0)
    actions = {"works": works, "fails": replace(works, command=("false",)), "wait": Action("wait", "wait")}
    made = Actions(
        actions,
        dict,
        Operator(None),
        CLOCK,
        lambda limit, of, left, what: told.append((f"{limit} {of:g} {what}", left)),
    )
    for name in actions:
        running = made.start(name)
        assert running.join(60.0)
        assert running.join(0.0)
    ((words, left),) = told
    assert words == "action.works.limit 60 command"
    assert 0.0 < left < 60.0


def test_a_run_tells_the_margin_to_every_limit_that_it_used(tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = ["run", "OSI/SRV/ASSOC", "OSI/CLI/ASSOC", "--out", str(out), "--unattended", "--no-capture"]
    assert main(words) == 0
    margins = {margin.limit: margin for margin in load_report(out / "events.jsonl").margins}
    assert margins.keys() >= {
        "limit.connect",
        "limit.associate",
        "limit.respond",
        "action.connect.limit",
        "action.send-request.limit",
    }
    assert all(0.0 < margin.margin_s <= margin.limit_s for margin in margins.values())
