"""Clients that nobody here wrote, as devices under test: what Table 1 has for them on TLS, and TLS itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from conform62351.fixtures.peers.running import CLIENTS
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.verdict import InconclusiveReason, Verdict
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
TRIES = 5
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


def by_a_race(case: CaseReport) -> bool:
    """Return whether a client's own threads spoilt a case when it was over."""
    failing = [check for check in case.checks if check.verdict is Verdict.FAIL]
    return bool(failing) and all(
        check.sent == "send RLRQ in FINISH" and check.got.startswith(RACE) for check in failing
    )


def executed(client: str, folder: Path, *selectors: str) -> dict[str, CaseReport]:
    """Return what became of the selected cases that apply; what a race has spoilt is tried again."""
    found: dict[str, CaseReport] = {}
    left: tuple[str, ...] = selectors
    for number in range(TRIES):
        report = tried(client, folder / f"run-{number}", *left)
        found |= {case.id: case for case in report.cases if case.verdict is not Verdict.NOT_APPLICABLE}
        spoilt = [name for name, case in found.items() if client == "pyiec61850" and by_a_race(case)]
        if not spoilt:
            break
        # What was spoilt may have been the baseline of others, which were not tried then.
        left = (
            *spoilt,
            *(name for name, case in found.items() if case.reason == InconclusiveReason.BASELINE.value),
        )
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_cases_on_tls_alone_pass(client: str, beside_pki: Path) -> None:
    require_module(client)
    cases = executed(client, beside_pki, "COMB", "OSI/CLI/ASSOC")
    assert {name: case.verdict for name, case in cases.items()} == dict.fromkeys(
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
        name: warning for name, case in cases.items() for check in case.checks for warning in check.warnings
    } == LEFT_TO_THE_DEVICE


@pytest.mark.parametrize("client", CLIENTS)
def test_cases_on_versions_suites_and_certificates_pass(client: str, beside_pki: Path) -> None:
    require_module(client)
    cases = executed(client, beside_pki, *OF_TLS)
    assert {case.split("/")[2] for case in cases} == {part.split("/")[2] for part in OF_TLS}
    assert {name: case.verdict for name, case in cases.items()} == dict.fromkeys(cases, Verdict.PASS)
