"""Devices that behave badly now and then: no traceback, bounded memory, and no finding lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device.process import DeviceProcess, start_device
from conform62351.suites.selfcheck.hostile_devices import MOODS, hostile

FOUND = 1
LOST = 3
MOST_MEMORY = 260_000
"""Kibibytes that the fuzzer takes at most."""
LOOK_S = 0.05
QUICK = ("garbage", "silence")


@pytest.fixture(scope="module")
def device() -> Iterator[DeviceProcess]:
    with start_device() as running:
        yield running


def most_memory(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process; return how many kibibytes it had at most.

    What ``wait4`` tells of a process that was forked has the memory of its parent in it.
    """
    most, status = 0, Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        if found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text()):
            most = int(found[1])
        time.sleep(LOOK_S)
    return most


def fuzz(device: DeviceProcess, folder: Path, mood: str, cases: int) -> dict[str, object]:
    """Have the fuzzer, a process of its own, speak to such a device; return the summary."""
    out = folder / "campaign"
    with hostile(device, MOODS[mood], folder) as (front, words):
        command = [sys.executable, "-m", "conform62351.tooling.cli.main", "fuzz", "--out", str(out), *words]
        command += ["--stack", "plain", "--role", "server", "--seed", "5", "--cases", str(cases)]
        errors = folder / "errors.txt"
        with errors.open("wb") as told:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
            most = most_memory(process)
        assert front.connections > cases
    written = errors.read_text()
    assert process.returncode in (0, FOUND, LOST), written
    assert "Traceback" not in written
    assert most < MOST_MEMORY
    summary: dict[str, object] = json.loads((out / "summary.json").read_text())
    assert summary["errors"] == []
    findings = summary["findings"]
    assert isinstance(findings, list)
    assert {row["name"] for row in findings} == {path.name for path in (out / "findings").glob("[!.]*")}
    return summary


@pytest.mark.parametrize(
    "mood", [pytest.param(mood, marks=() if mood in QUICK else pytest.mark.deep) for mood in MOODS]
)
def test_a_device_that_behaves_badly_now_and_then(device: DeviceProcess, tmp_path: Path, mood: str) -> None:
    summary = fuzz(device, tmp_path, mood, 12 if mood in QUICK else 60)
    if mood == "reboots":
        assert summary["complete"], summary["reason"]
