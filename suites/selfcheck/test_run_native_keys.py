"""The key file of a run decrypts its own capture, inside TLS together with the secrets of TLS."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import HandshakeSeen, KeysAgreed, Received, Sent
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.native.conversations import CLIENT_BASELINE, SERVER_BASELINE
from conform62351.suites.selfcheck.test_engine_runs import ignore
from conform62351.tooling.cli.main import main
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.net.e2e_keys import read_key_file

OVER_TLS = "E2E/SRV/HS/BV-own-TLS"
CASES = (SERVER_BASELINE, CLIENT_BASELINE, OVER_TLS)
TRANSFER = re.compile(r"E2E\.(?:Encr|Clear)Transfer")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "out"


@pytest.fixture(scope="module")
def report(out: Path) -> RunReport:
    with Execution(Options(out=out, selectors=CASES), Operator(None)) as execution:
        return execution.run(execution.prepare(), ignore)


def frames_of(out: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """Return the headings of the frames with data transfers that ``decode`` shows of the capture."""
    assert main(["decode", str(out / "capture.pcapng"), *options]) == 0
    headings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("frame ")]
    return [line for line in headings if TRANSFER.search(line)]


def test_every_data_transfer_of_a_run_is_decrypted_by_its_key_file(
    report: RunReport, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {case.verdict for case in report.cases} == {Verdict.PASS}
    shown = frames_of(out, capsys, "--e2e-keys", str(out / "native.keys"))
    events = list(read_events(out / "events.jsonl"))
    said = [
        event
        for event in events
        if isinstance(event, Sent | Received) and any(map(TRANSFER.fullmatch, event.pdus))
    ]
    assert len(shown) == len(said)
    assert all("MMS." in line for line in shown)
    assert not any("MMS." in line for line in frames_of(out, capsys))


def test_keys_of_associations_are_in_the_file_for_its_owner_alone(report: RunReport, out: Path) -> None:
    path = out / "native.keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    agreed = [event for event in read_events(out / "events.jsonl") if isinstance(event, KeysAgreed)]
    assert len(read_key_file(path)) == len(agreed)


def test_the_index_and_the_report_say_how_to_use_the_key_file(report: RunReport, out: Path) -> None:
    index = json.loads((out / "capture.pcapng.json").read_text())
    assert index["decode"] == "conform62351 decode capture.pcapng --e2e-keys native.keys"
    page = (out / "report.html").read_text()
    assert index["decode"] in page
    assert 'href="./native.keys"' in page


def test_handshakes_say_what_protects_the_association(report: RunReport, out: Path) -> None:
    handshakes = [event for event in read_events(out / "events.jsonl") if isinstance(event, HandshakeSeen)]
    told = {event.case: event.protection for event in handshakes if event.direction == "received"}
    assert "tlsProtected" in told[OVER_TLS]
    assert "tlsProtected" not in told[SERVER_BASELINE]
    assert "applProtected" in told[SERVER_BASELINE]
