"""Whole runs that take long: the same verdicts on a busy machine, over IPv6, and with another clock."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.device.process import start_device
from conform62351.fixtures.pki.workshop import WorkshopPlan, make_workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.model.report import RunReport
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options

pytestmark = pytest.mark.deep
RUNS = 20
LIMITS = {"limit.connect", "limit.associate", "limit.respond", "limit.close", "log.latency"}
LIMITS |= {"window of signed times", "tolerance of logged times", "action.connect.limit"}
"""Limits that every whole run meets."""
SECURED = ("CMP/SRV/", "CMP/CLI/", "E2E/SRV/", "E2E/CLI/", "TLS/SRV/", "TLS/CLI/")
UNSET_CONTROL = "http://127.0.0.1:62351/"
"""The control port in the PIXIT of the built-in device, which each run replaces."""


def burn(stop: multiprocessing.synchronize.Event) -> None:
    while not stop.is_set():
        sum(range(10_000))


@pytest.fixture
def busy() -> Iterator[None]:
    """Keep every core busy from other processes."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    burners = [context.Process(target=burn, args=(stop,)) for _ in range(multiprocessing.cpu_count())]
    for burner in burners:
        burner.start()
    yield
    stop.set()
    for burner in burners:
        burner.join()


def whole_run(out: Path, **options: object) -> RunReport:
    with Execution(Options(out=out, **options), Operator(None)) as execution:  # type: ignore[arg-type]
        return execution.run(execution.prepare(), lambda _: None)


def verdicts(report: RunReport) -> dict[str, str]:
    return {case.id: case.verdict.value for case in report.cases}


def secured(report: RunReport) -> bool:
    """Return whether cases of TLS, of compatibility mode and of native mode passed, in either role."""
    passed = [name for name, verdict in verdicts(report).items() if verdict == "pass"]
    return all(any(name.startswith(area) for name in passed) for area in SECURED)


def test_verdicts_do_not_flicker_on_a_busy_machine(tmp_path: Path, busy: None) -> None:
    reports = [whole_run(tmp_path / str(number)) for number in range(RUNS)]
    assert [exit_code(report) for report in reports] == [ExitCode.PASSED] * RUNS
    assert all(secured(report) for report in reports)
    assert all(verdicts(report) == verdicts(reports[0]) for report in reports)
    assert all({margin.limit for margin in report.margins} >= LIMITS for report in reports)


@pytest.mark.parametrize("capture", [True, False])
def test_verdicts_are_the_same_over_ipv6(tmp_path: Path, capture: bool) -> None:
    report = whole_run(tmp_path / "6", capture=capture, overrides=("dut.host=::1", "tester.bind=::1"))
    assert exit_code(report) is ExitCode.PASSED
    assert secured(report)


@pytest.mark.parametrize("offset", [90.0, -300.0])
def test_verdicts_are_the_same_with_another_clock_and_twice_in_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offset: float
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    pixit = tmp_path / "pixit.toml"
    port = free_port()
    plan = WorkshopPlan(now=time.time(), ocsp_url=f"http://127.0.0.1:{port}/ocsp")
    workshop = make_workshop(tmp_path / "workshop", plan)
    with start_device(pki=workshop.dut, clock_offset=offset) as device:
        pixit.write_text(device_file("pixit.toml").read_text().replace(UNSET_CONTROL, device.control))
        reports = [
            whole_run(
                tmp_path / str(number),
                files=Files(device_file("pics.toml"), pixit, device_file("deviations.toml")),
                overrides=(
                    f"dut.port={device.address.port}",
                    f"dut.tls_port={device.tls_address.port}",
                    f"pki.folder={workshop.tester}",
                    f"tester.revocation_port={port}",
                ),
            )
            for number in range(2)
        ]
    assert [exit_code(report) for report in reports] == [ExitCode.PASSED] * 2
    assert all(secured(report) for report in reports)
    assert verdicts(reports[0]) == verdicts(reports[1])
