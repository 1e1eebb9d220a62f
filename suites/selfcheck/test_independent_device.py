"""The peer that was written from the pages alone as device under test.

It shares no code with tester and reference device, so a verdict against it is a misreading on one side, or
what the pages leave open. What is known of it stands in ``peer.deviations.toml``, if anything does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.fixtures.subprocesses import Child
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck import independent
from conform62351.suites.selfcheck.real_servers import check_declared
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options

FOLDER = Path(independent.__file__).parent
UNSET_CONTROL = "http://127.0.0.1:62351/"
START_LIMIT_S = 30.0
SERVER = (
    "E2E/SRV/HS",
    "E2E/SRV/MAP",
    "E2E/SRV/MODE",
    "E2E/SRV/CERTIFICATE",
    "E2E/SRV/SIGNATURE",
    "E2E/SRV/TIME",
    "E2E/SRV/REPLAY",
    "E2E/SRV/REKEY/BV",
    "E2E/SRV/REL/",
    "E2E/SRV/ENVIRONMENT",
)
CLIENT = (
    "E2E/CLI/HS",
    "E2E/CLI/MAP",
    "E2E/CLI/SIGNATURE",
    "E2E/CLI/TIME",
    "E2E/CLI/REKEY",
    "E2E/CLI/REL/",
    "E2E/CLI/ENVIRONMENT",
)
FEWEST = {SERVER: 110, CLIENT: 45, ("E2E",): 600}
"""How many cases pass at least: a selection that has become empty shows nothing."""


class Peer:
    """The peer in a process of its own, and how the tester reaches and operates it."""

    def __init__(self, folder: Path, workshop: Workshop) -> None:
        self.child = Child(independent.__name__, [str(workshop.dut)])
        said = self.child.first_words(START_LIMIT_S)
        pixit = folder / "peer.pixit.toml"
        text = (FOLDER / pixit.name).read_text(encoding="utf-8")
        assert UNSET_CONTROL in text
        pixit.write_text(text.replace(UNSET_CONTROL, said["control"]), encoding="utf-8")
        self._files = Files(FOLDER / "peer.pics.toml", pixit, _deviations())
        self._overrides = (f"dut.port={said['port']}", f"pki.folder={workshop.tester}")

    def tried(self, out: Path, *selectors: str) -> RunReport:
        """Run cases against it, which it must outlive."""
        options = Options(out, self._files, selectors, overrides=self._overrides, capture=False)
        with Execution(options, Operator(None)) as execution:
            report = execution.run(execution.prepare(), lambda _: None)
        assert self.child.alive()
        return report


def _deviations() -> Path | None:
    file = FOLDER / "peer.deviations.toml"
    return file if file.exists() else None


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Peer]:
    made = Peer(tmp_path_factory.mktemp("peer"), workshop)
    yield made
    made.child.end()
    assert "Traceback" not in made.child.errors


def check(report: RunReport, fewest: int) -> None:
    """Show that every verdict is a pass, or declared, and that what is declared still occurs."""
    check_declared(report)
    assert sum(case.verdict is Verdict.PASS for case in report.cases) >= fewest


@pytest.mark.parametrize("selectors", [SERVER, CLIENT], ids=["server", "client"])
def test_native_mode_of_somebody_else_conforms(
    peer: Peer, tmp_path: Path, selectors: tuple[str, ...]
) -> None:
    check(peer.tried(tmp_path / "run", *selectors), FEWEST[selectors])


@pytest.mark.deep
def test_all_of_native_mode_of_somebody_else_conforms(peer: Peer, tmp_path: Path) -> None:
    check(peer.tried(tmp_path / "run", "E2E"), FEWEST[("E2E",)])
