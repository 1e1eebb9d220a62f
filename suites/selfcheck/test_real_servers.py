"""Servers that nobody here wrote, as devices under test: a verdict is a pass, or declared and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from conform62351.fixtures.peers.running import SERVERS
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.deviations import load_deviations
from conform62351.suites.selfcheck.peers import require_module
from conform62351.suites.selfcheck.real_servers import (
    NAMES,
    check_declared,
    check_told,
    files_of,
    rows,
    tried,
)


@pytest.mark.long
@pytest.mark.parametrize("server", SERVERS)
def test_every_verdict_is_a_pass_or_declared(server: str, workshop: Workshop, tmp_path: Path) -> None:
    require_module(server)
    report = tried(server, workshop, tmp_path / "run")
    check_declared(report)
    check_told(report, NAMES[server])


@pytest.mark.parametrize("server", SERVERS)
def test_readme_explains_what_is_declared(server: str) -> None:
    deviations = files_of(server).deviations
    assert deviations is not None
    declared = {
        (entry.case.removeprefix("OSI/SRV/"), entry.reason) for entry in load_deviations(deviations).entries
    }
    explained = {
        (case.strip("` "), what)
        for cases, who, what in rows(columns=3)
        if who in ("both", NAMES[server])
        for case in cases.split(",")
    }
    assert explained == declared
