"""Clients that nobody here wrote, as devices under test: what Table 1 has for them on TLS, and TLS itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from conform62351.fixtures.peers.running import CLIENTS
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck.peers import require_module
from conform62351.suites.selfcheck.real_servers import DECLARATIONS
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options

LEFT_TO_THE_DEVICE = {
    "COMB/CLI/TLS-ALONE/BV-associate": "the release is not answered: the connection is ended",
    "COMB/CLI/LEVEL/BV-above-TLS-alone": "refused without an answer",
}
"""The warnings that both clients earn: they close the connection, over a FINISH and over an AARE that
authenticates.
"""
OF_TLS = (
    "TLS/CLI/BASE",
    "TLS/CLI/VERSION",
    "TLS/CLI/1-3",
    "TLS/CLI/SUITE",
    "TLS/CLI/CERT",
    "TLS/CLI/HELLO",
)
"""What both clients do as the standard has it, of the cases about TLS itself."""
TRIES = 3
RACE = "tls-alert bad_record_mac: "
"""What is said of a record of libiec61850's client now and then, once it is asked to release: one of its
threads sends the next request while the other one, which read the FINISH, closes the same TLS session.
"""


@pytest.fixture
def beside_pki(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work where the PIXIT's commands find credentials, and this Python."""
    (tmp_path / "pki").symlink_to(workshop.tester.parent)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    return tmp_path


def tried(client: str, out: Path, *selectors: str) -> RunReport:
    """Run the selected cases against a client with TLS."""
    files = Files(*(DECLARATIONS / f"{client}-client.{kind}.toml" for kind in ("pics", "pixit")))
    options = Options(out, files, selectors, overrides=("tester.revocation_port=0",))
    with Execution(options, Operator(None)) as execution:
        return execution.run(execution.prepare(), lambda _: None)


@pytest.mark.parametrize("client", CLIENTS)
def test_cases_on_tls_alone_pass(client: str, beside_pki: Path) -> None:
    require_module(client)
    report = tried(client, beside_pki / "run", "COMB", "OSI/CLI/ASSOC")
    executed = {case.id: case for case in report.cases if case.verdict is not Verdict.NOT_APPLICABLE}
    assert {name: case.verdict for name, case in executed.items()} == dict.fromkeys(
        (
            "OSI/CLI/ASSOC/BV-associate",
            "COMB/CLI/TLS-ALONE/BV-associate",
            "COMB/CLI/LEVEL/BV-above-TLS-alone",
            "COMB/CLI/TLS/BI-unknown-authority-alone",
            "COMB/CLI/TLS/BI-expired-alone",
            "COMB/CLI/CLAIMS/BI-unprotected",
        ),
        Verdict.PASS,
    )
    assert {
        name: warning
        for name, case in executed.items()
        for check in case.checks
        for warning in check.warnings
    } == LEFT_TO_THE_DEVICE


def by_a_race(case: CaseReport) -> bool:
    """Return whether a client's own threads spoilt a case when it was over."""
    failing = [check for check in case.checks if check.verdict is Verdict.FAIL]
    return bool(failing) and all(
        check.sent == "send RLRQ in FINISH" and check.got.startswith(RACE) for check in failing
    )


@pytest.mark.parametrize("client", CLIENTS)
def test_cases_on_versions_suites_and_certificates_pass(client: str, beside_pki: Path) -> None:
    require_module(client)
    left: tuple[str, ...] = OF_TLS
    for number in range(TRIES):
        report = tried(client, beside_pki / f"run-{number}", *left)
        executed = {case.id: case for case in report.cases if case.verdict is not Verdict.NOT_APPLICABLE}
        if left == OF_TLS:
            assert {case.split("/")[2] for case in executed} == {part.split("/")[2] for part in OF_TLS}
        left = tuple(name for name, case in executed.items() if client == "pyiec61850" and by_a_race(case))
        passing = dict.fromkeys(executed.keys() - set(left), Verdict.PASS)
        assert {name: executed[name].verdict for name in passing} == passing
        if not left:
            break
    assert not left
