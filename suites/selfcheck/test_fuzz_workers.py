"""Several processes of one campaign: one that is killed loses nothing, and what they find is found once."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.fuzz_bench import credentials_of
from conform62351.tooling.fuzz.findings import FindingStore
from conform62351.tooling.fuzz.state import COUNTS_FILE, read_counts

CASES = 60
CRASH = "fw-tpkt-length-below-header"


def process_with(*wanted: tuple[str, ...]) -> int | None:
    """Return the process that has all these words on its command line, those of each one behind another."""
    parts = [b"\0" + b"\0".join(word.encode() for word in words) + b"\0" for words in wanted]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes()
            if all(octets in line for octets in parts):
                return int(path.parent.name)
    return None


def cases_of(worker: Path) -> int:
    counts = read_counts(worker / COUNTS_FILE)
    return 0 if counts is None else counts.cases


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc")
def test_a_worker_that_is_killed_is_started_again_and_loses_nothing(
    tmp_path: Path, workshop: Workshop
) -> None:
    out = tmp_path / "campaign"
    words = ["fuzz", "--out", str(out), "--workers", "2", "--cases", str(CASES), "--seed", "5"]
    device = ["--stack", "plain", "--role", "server", "--layer", "tpkt", "--fault", CRASH]
    device += credentials_of(workshop)
    command = [sys.executable, "-m", "conform62351.tooling.cli.main", *words, *device]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while cases_of(out / "worker-1") == 0:
            assert process.poll() is None
            time.sleep(0.02)
        before = FindingStore(out).names()
        victim = process_with(("--out", str(out)), ("--worker", "1", "--cases", str(CASES // 2)))
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        told, errors = process.communicate()
    assert process.returncode == 1, errors
    assert "Traceback" not in errors
    summary = json.loads((out / "summary.json").read_text())
    assert len(summary["lost"]) == 1
    assert "worker 1 has ended by signal 9" in summary["lost"][0]
    assert summary["lost"][0] in told
    assert summary["complete"]
    counts = [read_counts(out / f"worker-{number}" / COUNTS_FILE) for number in (1, 2)]
    assert [one and one.cases for one in counts] == [CASES // 2, CASES // 2]
    assert summary["cases"] == sum(summary["layers"].values()) == sum(summary["bases"].values()) == CASES
    findings = {row["name"]: row for row in summary["findings"]}
    assert before <= findings.keys() == FindingStore(out).names()
    gone = [row for row in findings.values() if row["severity"] == "unavailable"]
    assert len({tuple(row["place"]) for row in gone}) == len(gone) > 0
    assert sum(one.seen.get(name, 0) for one in counts if one for name in findings) == sum(
        row["seen"] for row in findings.values()
    )
