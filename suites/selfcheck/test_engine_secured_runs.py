"""Runs in compatibility mode, from credentials to capture: what is kept, and what a missing folder costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.declaration import load_declaration
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import AuthenticationSeen, TlsEstablished
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.compatibility.conversations import CLIENT_BASELINE, SERVER_BASELINE
from conform62351.suites.loading import load
from conform62351.suites.selfcheck.test_engine_runs import ignore
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.planner import make_plan
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files, device_file
from conform62351.tooling.frontend.options import Options

DECRYPTION_SECRETS = bytes.fromhex("0a000000")
KEY_LINE = b"CLIENT_RANDOM "


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "out"


@pytest.fixture(scope="module")
def report(out: Path) -> RunReport:
    options = Options(out=out, selectors=(SERVER_BASELINE, CLIENT_BASELINE))
    with Execution(options, Operator(None)) as execution:
        return execution.run(execution.prepare(), ignore)


def test_the_baselines_pass(report: RunReport) -> None:
    assert {case.id: case.verdict for case in report.cases} == {
        SERVER_BASELINE: Verdict.PASS,
        CLIENT_BASELINE: Verdict.PASS,
    }


def test_every_case_shows_its_tls_and_both_authentications(report: RunReport, out: Path) -> None:
    events = list(read_events(out / "events.jsonl"))
    for case in (SERVER_BASELINE, CLIENT_BASELINE):
        assert [event for event in events if isinstance(event, TlsEstablished) and event.case == case]
        seen = [event for event in events if isinstance(event, AuthenticationSeen) and event.case == case]
        assert {event.direction for event in seen} == {"sent", "received"}


def test_the_capture_has_the_secrets_of_tls_and_no_file_beside_it_does(report: RunReport, out: Path) -> None:
    capture = (out / "capture.pcapng").read_bytes()
    assert DECRYPTION_SECRETS in capture
    handshakes = sum(isinstance(event, TlsEstablished) for event in read_events(out / "events.jsonl"))
    assert capture.count(KEY_LINE) == handshakes
    assert not list(out.glob("*.keys"))


def test_the_times_signed_for_the_built_in_device_stay_with_the_run(report: RunReport, out: Path) -> None:
    assert (out / "signed-times.json").exists()


def test_the_plan_says_what_a_log_costs_that_is_claimed_and_cannot_be_read(
    tmp_path: Path, workshop: Workshop
) -> None:
    refused = "CMP/SRV/SIGNATURE/BI-altered"
    files = Files(pics=device_file("pics.toml"), pixit=device_file("pixit.toml"))
    costs = {}
    for access in ("action", "none"):
        overrides = (f"pki.folder={workshop.tester}", "dut.tls_port=3782", f"log.access={access}")
        options = Options(out=tmp_path, selectors=(refused,), files=files, overrides=overrides)
        with Execution(options, Operator(None)) as execution:
            plan = execution.prepare().plan
        costs[access] = plan.costs()
        assert all(entry.executable for entry in plan.entries)
    assert costs == {"action": {}, "none": {"security-event log": [refused]}}


def test_the_default_configuration_comes_first_for_there_may_be_no_way_back() -> None:
    chosen = [(load()[name], False) for name in (SERVER_BASELINE, "OSI/SRV/ASSOC/BV-associate")]
    declaration = load_declaration(device_file("pics.toml"))
    plan = make_plan(chosen, declaration, [], {"compatibility": 0.0, "default": 0.0})
    assert [entry.case.configuration for entry in plan.entries] == ["default", "compatibility"]


@pytest.mark.parametrize("way_back", [True, False])
def test_the_time_of_events_is_judged_once_the_clock_of_the_device_is_known(way_back: bool) -> None:
    declaration = load_declaration(device_file("pics.toml"))
    time, others = "LOG/SRV/RECORD/BV-time", ["LOG/SRV/EVENT/BV-association", SERVER_BASELINE]
    cases = [load()[name] for name in (time, *others)]
    offered = [means for case in cases for means in case.means_for(declaration.answers)]
    costs = {"compatibility": 0.0, "default": 0.0}
    plan = make_plan([(case, False) for case in cases], declaration, offered, costs, way_back=way_back)
    expected = [*others, time] if way_back else [others[0], time, others[1]]
    assert [entry.case.id for entry in plan.entries] == expected


def test_without_a_folder_the_plan_says_what_is_missing(tmp_path: Path) -> None:
    pixit = tmp_path / "pixit.toml"
    text = device_file("pixit.toml").read_text()
    pixit.write_text(text.replace("port = 0", "port = 102", 1))
    options = Options(
        out=tmp_path / "out",
        selectors=(SERVER_BASELINE,),
        files=Files(pics=device_file("pics.toml"), pixit=pixit),
    )
    with Execution(options, Operator(None)) as execution:
        (entry,) = execution.prepare().plan.entries
    assert entry.missing == ("credential tester-tls", "credential tester")
