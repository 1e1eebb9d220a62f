"""Runs against servers that nobody here wrote, and what the README tells of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from conform62351.fixtures.peers import running
from conform62351.fixtures.peers.running import PeerServer
from conform62351.fixtures.peers.speaking import TlsFiles
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.net.credentials import CredentialFolder

DECLARATIONS = Path(running.__file__).parent
README = Path(__file__).parents[2] / "README.md"
HEADING = "## Real devices that it was tried on"
NAMES = {"iec61850": "`iec61850`", "pyiec61850": "libiec61850"}
"""How the README calls the servers."""
WELL = (Verdict.PASS, Verdict.NOT_APPLICABLE)


class Tried(NamedTuple):
    """A run that was over, and the server's port in it."""

    report: RunReport
    port: int


def files_of(server: str, variant: str = "") -> Files:
    """Return the paths of what is declared of a server, set up plainly or as ``variant`` says."""
    return Files(
        DECLARATIONS / f"{server}{variant}.pics.toml",
        DECLARATIONS / f"{server}{variant}.pixit.toml",
        DECLARATIONS / f"{server}.deviations.toml",
    )


def tried(server: str, workshop: Workshop, out: Path) -> RunReport:
    """Run all suites against a server without TLS, which must outlive them."""
    with PeerServer(server) as peer:
        own = (f"dut.port={peer.address.port}", *credentials(workshop))
        report = run(Options(out, files_of(server), overrides=own))
        assert peer.alive()
    return report


def tried_over_tls(
    server: str, workshop: Workshop, out: Path, *selectors: str, overrides: tuple[str, ...] = ()
) -> Tried:
    """Run the selected cases against a server with TLS, which must outlive them."""
    with PeerServer(server, tls_files(workshop.dut)) as peer:
        own = (f"dut.tls_port={peer.address.port}", *credentials(workshop))
        options = Options(out, files_of(server, "-tls"), selectors, overrides=(*own, *overrides))
        report = run(options)
        assert peer.alive()
        return Tried(report, peer.address.port)


def credentials(workshop: Workshop) -> tuple[str, str]:
    """Return the PIXIT entries of a tester with the credentials of a workshop."""
    return f"pki.folder={workshop.tester}", "tester.revocation_port=0"


def tls_files(folder: Path) -> TlsFiles:
    """Return what a peer has of the device's folder of a workshop."""
    dut = CredentialFolder.load(folder)
    own = dut.files("tls")
    (crls,) = dut.crl_files
    return TlsFiles(own.certificate, own.key, dut.tls_anchors_file, crls)


def run(options: Options) -> RunReport:
    """Run as ``options`` say, with nobody to ask."""
    with Execution(options, Operator(None)) as execution:
        return execution.run(execution.prepare(), lambda _: None)


def check_declared(report: RunReport) -> None:
    """Show that every verdict is a pass, or declared and explained."""
    others = {
        case.id: (case.verdict.value, case.reason, [check.got for check in case.checks[-1:]])
        for case in report.cases
        if case.verdict not in WELL and not case.deviation
    }
    assert not others, others
    assert [note.text for note in report.notes if "deviation" in note.text] == []
    assert exit_code(report) is ExitCode.PASSED


def check_told(report: RunReport, name: str) -> None:
    """Show that the README has the counts of a run, in the row ``name``."""
    summary = report.summary
    counted = [summary.passed, summary.fail, summary.inconclusive]
    (told,) = (cells[1:] for cells in rows(columns=4) if cells[0] == name)
    assert told == [str(count) for count in counted]


def rows(*, columns: int) -> list[list[str]]:
    """Return the cells of those tables of the README's section that have so many columns."""
    section = README.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [cells for cells in lines if len(cells) == columns]
