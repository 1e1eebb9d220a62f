"""Slow links, small buffers and single octets change no verdict, in either role: a small selection.

The deep tests take whole suites over each of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.suites.selfcheck.slow_links import Link, behind
from conform62351.tooling.net.relay_line import Line

PATIENT = tuple(f"limit.{name}=20" for name in ("connect", "associate", "respond", "close"))
DELAY_S = 0.02
PATH_DELAY_S = 0.15
"""What is said of it: a busy machine is late by itself."""
SELECTION = (
    *(
        f"{area}/{side}/{group}"
        for area, group in (("OSI", "ASSOC"), ("CMP", "ASSOC"))
        for side in ("SRV", "CLI")
    ),
    "OSI/CLI/ACSE-ABORT/BV-sent",
    "OSI/CLI/MMS-REQUESTS/BV-response",
    "TLS/SRV/BASE",
    "TLS/CLI/BASE",
    "E2E/SRV/HS/BV-ae",
    "E2E/CLI/HS/BV-ae",
)
LINKS = {
    "slow": Link(Line(delay=DELAY_S, jitter=DELAY_S)),
    "narrow": Link(Line(rate=100_000.0, piece=1), tester_buffers=1, device_buffers=1),
}


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_links_change_no_verdict(
    tmp_path: Path, workshop: Workshop, monkeypatch: pytest.MonkeyPatch, link: Link
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    overrides = (*PATIENT, f"path_delay={PATH_DELAY_S}")
    with behind(link, tmp_path, workshop, overrides=overrides) as run:
        report = run("report", *SELECTION)
    assert exit_code(report) is ExitCode.PASSED
    passed = {case.id.rpartition("/")[0] for case in report.cases if case.verdict.value == "pass"}
    assert all(any(one.startswith(selected.split("/BV")[0]) for one in passed) for selected in SELECTION)
    taken = max(
        margin.limit_s - margin.margin_s for margin in report.margins if margin.limit == "limit.associate"
    )
    assert taken >= (0.0 if link.line is None else 2 * link.line.delay)
