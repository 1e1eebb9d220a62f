"""Servers that nobody here wrote, as devices under test: a verdict is a pass, or declared and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from conform62351.fixtures.peers import running
from conform62351.fixtures.peers.running import SERVERS, PeerServer
from conform62351.pics.deviations import load_deviations
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck.peers import require_module
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options

DECLARATIONS = Path(running.__file__).parent
README = Path(__file__).parents[2] / "README.md"
HEADING = "## Real devices that it was tried on"
NAMES = {"iec61850": "`iec61850`", "pyiec61850": "libiec61850"}
"""How the README calls the servers."""
WELL = (Verdict.PASS, Verdict.NOT_APPLICABLE)


def files_of(server: str) -> Files:
    """Return the paths of what is declared of a server."""
    return Files(*(DECLARATIONS / f"{server}.{kind}.toml" for kind in ("pics", "pixit", "deviations")))


def tried(server: str, out: Path) -> RunReport:
    """Run all suites against a server, which must outlive them."""
    with PeerServer(server) as peer:
        options = Options(out, files_of(server), overrides=(f"dut.port={peer.address.port}",))
        with Execution(options, Operator(None)) as execution:
            report = execution.run(execution.prepare(), lambda _: None)
        assert peer.alive()
    return report


def rows(*, columns: int) -> list[list[str]]:
    """Return the cells of those tables of the README's section that have so many columns."""
    section = README.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [cells for cells in lines if len(cells) == columns]


@pytest.mark.parametrize("server", SERVERS)
def test_every_verdict_is_a_pass_or_declared(server: str, tmp_path: Path) -> None:
    require_module(server)
    report = tried(server, tmp_path / "run")
    assert {
        case.id: (case.verdict.value, case.reason, [check.got for check in case.checks[-1:]])
        for case in report.cases
        if case.verdict not in WELL and not case.deviation
    } == {}
    assert [note.text for note in report.notes if "deviation" in note.text] == []
    assert exit_code(report) is ExitCode.PASSED
    summary = report.summary
    counted = [summary.passed, summary.fail, summary.inconclusive, summary.not_applicable]
    (told,) = (cells[1:] for cells in rows(columns=5) if cells[0] == NAMES[server])
    assert told == [str(count) for count in counted]


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
