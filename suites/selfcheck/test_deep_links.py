"""Whole suites over slow links, in single octets, with the smallest buffers: the verdicts are the same."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.model.report import RunReport
from conform62351.suites.selfcheck.slow_links import HOST, Link, behind
from conform62351.tooling.net.relay_line import Line

pytestmark = pytest.mark.deep
LEAST = 1
"""Octets of buffers: the system takes the least that it has."""
BUFFERS = {
    "tester": Link(tester_buffers=LEAST),
    "device": Link(device_buffers=LEAST),
    "both": Link(tester_buffers=LEAST, device_buffers=LEAST),
}
LINES = {
    "relayed": Link(Line()),
    "late": Link(Line(delay=0.02, jitter=0.02)),
    "slow": Link(Line(delay=0.005, rate=200_000.0)),
    "octets": Link(Line(piece=1)),
}
AREAS = (("OSI",), ("CMP", "COMB"), ("E2E",), ("TLS",))
ALLOWED = (
    *(f"limit.{name}=30" for name in ("connect", "associate", "respond", "close")),
    "path_delay=0.2",
)
FLOODS = ("TLS/SRV/MSG/BO-endless", "TLS/CLI/MSG/BO-endless")
"""Cases that send megabytes."""


@pytest.fixture(scope="module")
def revocation_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def own_workshop(tmp_path_factory: pytest.TempPathFactory, revocation_port: int) -> Workshop:
    """Make credentials whose revocation data the run itself serves."""
    plan = WorkshopPlan(now=time.time(), ocsp_url=f"http://{HOST}:{revocation_port}/ocsp")
    return make_workshop(tmp_path_factory.mktemp("links") / "workshop", plan)


def not_passed(report: RunReport) -> list[str]:
    return [
        f"{case.id} {case.verdict.value} {case.reason}"
        for case in report.cases
        if case.verdict.value not in ("pass", "not_applicable")
    ]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize("link", BUFFERS.values(), ids=BUFFERS)
def test_the_smallest_buffers_change_no_verdict(
    tmp_path: Path, own_workshop: Workshop, revocation_port: int, link: Link
) -> None:
    with behind(link, tmp_path, own_workshop, revocation_port=revocation_port) as run:
        report = run("report")
    assert not_passed(report) == []
    assert exit_code(report) is ExitCode.PASSED


@pytest.mark.parametrize("areas", AREAS, ids=map("-".join, AREAS))
@pytest.mark.parametrize("link", LINES.values(), ids=LINES)
def test_lines_change_no_verdict(
    tmp_path: Path, own_workshop: Workshop, revocation_port: int, link: Link, areas: tuple[str, ...]
) -> None:
    with behind(link, tmp_path, own_workshop, revocation_port=revocation_port, overrides=ALLOWED) as run:
        report = run("report", *areas, exclude=FLOODS)
    assert not_passed(report) == []
    assert exit_code(report) is ExitCode.PASSED
