"""The command line where something is in its way: pipes that nobody reads, full disks, impatient people."""

from __future__ import annotations

import io
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.device.process import start_device
from conform62351.reports.model import events as e
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck.test_front_ends import ASSOCIATE, FAULT, ROOT, conform, plugin
from conform62351.tooling.cli import main as command_line
from conform62351.tooling.cli import pics_commands
from conform62351.tooling.cli.progress import Progress
from conform62351.tooling.engine.outcomes import TRANSPORT_CONNECTED, expect
from conform62351.tooling.engine.recipes import FORMAT, Recipe
from conform62351.tooling.engine.steps import Connect, Conversation, OpenTransport
from conform62351.tooling.frontend.signals import undisturbed

COMMAND = (sys.executable, "-m", "conform62351.tooling.cli.main")


@pytest.mark.parametrize("reason", ["environmnt", "prerequisite:", "fail", "baseline:x", ""])
def test_a_reason_that_is_none_is_a_usage_error_before_anything_runs(tmp_path: Path, reason: str) -> None:
    done = conform("run", ASSOCIATE, "--accept-inconclusive", reason, cwd=tmp_path)
    assert done.returncode == 2
    assert f"--accept-inconclusive {reason}: no such reason" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_reason_may_name_the_prerequisite(tmp_path: Path) -> None:
    words = ("run", ASSOCIATE, "PICS/STATIC", "--no-capture", "--set", "data.read=")
    assert conform(*words, "--out", "strict", cwd=tmp_path).returncode == 3
    accepted = ("--accept-inconclusive", "prerequisite:data.read")
    assert conform(*words, "--out", "tolerant", *accepted, cwd=tmp_path).returncode == 0


def test_a_pipe_that_nobody_reads_does_not_change_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text(FAULT)
    device = ("--fault", "mute", "--fault-module", "mute.py", "--set", "limit.respond=0.3")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, "run", ASSOCIATE, "--out", "r", "--no-capture", "--verbose", *device],
            cwd=tmp_path,
            stdout=pipe,
            stderr=pipe,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert json.loads((tmp_path / "r/report.json").read_text())["complete"]


def test_an_output_directory_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = conform("run", ASSOCIATE, "--out", "file/r", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_flaw_of_the_harness_has_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def flawed(*_: object) -> int:
        raise ZeroDivisionError("a flaw")

    monkeypatch.setattr(pics_commands, "load_declaration", flawed)
    assert command_line.main(["pics", "check", str(tmp_path / "x.toml")]) == 4
    assert "flaw of the harness" in capsys.readouterr().err


def test_a_termination_before_the_run_has_the_same_exit_code(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "faults.py")
    words = ("run", ASSOCIATE, "--out", "r", "--fault", "x", "--fault-module", "faults.py")
    running = subprocess.Popen([*COMMAND, *words], cwd=tmp_path, stderr=subprocess.DEVNULL)
    # The device opens its module when it starts: from then on the run is being prepared.
    with (tmp_path / "faults.py").open("w"):
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 130
    assert not (tmp_path / "r").exists()


def test_reports_are_written_however_often_somebody_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    with undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda step: step.update(requirement="R-none"), "no requirement 'R-none'"),
        (lambda step: step.update(limit="limit.none"), "no PIXIT entry 'limit.none'"),
        (lambda step: step.update(on=7), "connection 7 was never opened"),
        (lambda step: step.update(requirement=""), "no step judges anything"),
    ],
)
def test_a_recipe_that_was_changed_by_hand_is_a_usage_error(
    tmp_path: Path, change: Callable[[dict[str, object]], None], message: str
) -> None:
    talk = Conversation(
        steps=(Connect(), OpenTransport(), expect("R-MMS-read", TRANSPORT_CONNECTED, limit="limit.connect"))
    )
    recipe = Recipe(
        format=FORMAT,
        case=ASSOCIATE,
        attempt=1,
        conversation=talk,
        verdict=Verdict.FAIL,
        got="",
        requirement="R-MMS-read",
    )
    document = json.loads(msgspec.json.encode(recipe))
    change(document["conversation"]["steps"][2])
    (tmp_path / "recipe.json").write_text(json.dumps(document))
    done = conform("replay", "recipe.json", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_pytest_prints_both_commands_of_a_failure_and_they_reproduce_it(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text(FAULT)
    device = start_device(faults=("mute",), fault_module=tmp_path / "mute.py")
    pixit = device_file("pixit.toml").read_text().replace("respond = 2.0", "respond = 0.3")
    pixit = pixit.replace("port = 0", f"port = {device.address.port}")
    (tmp_path / "pixit.toml").write_text(pixit.replace("http://127.0.0.1:62351/", device.control))
    words = ["--conform-pics", str(device_file("pics.toml")), "--conform-pixit", str(tmp_path / "pixit.toml")]
    words += ["--conform-out", str(tmp_path / "r"), "--conform-select", ASSOCIATE]
    try:
        done = plugin("suites", *words, cwd=ROOT)
        found = [line.partition("again: ")[2] for line in done.stdout.splitlines() if "again: " in line]
        replay, rerun = (shlex.split(line) for line in found[:2])  # in CI, pytest's summary has them again
        assert (replay[1], rerun[1]) == ("replay", "run")
        assert "not reproduced" not in (again := conform(*replay[1:], cwd=tmp_path)).stdout
        assert again.returncode == 1
    finally:
        device.stop()


def test_what_a_device_says_does_not_drive_the_terminal() -> None:
    stream, hostile = io.StringIO(), "\x1b[2J\u202e\r\n"
    progress = Progress(stream, verbose=True, colour=False, live=False)
    progress(e.Observed(t=0.0, case="A", connection=1, kind="rejected", detail=hostile))
    progress(e.Acted(t=0.0, case="A", action="connect", by="http", error=hostile))
    progress(e.Noted(t=0.0, text=hostile))
    verdict = Verdict.INCONCLUSIVE
    progress(e.Verdicted(t=0.0, case="A", attempt=1, verdict=verdict, duration_s=0.0, reason=hostile))
    lines = stream.getvalue().split("\n")
    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)
    assert stream.getvalue().count("\\x1b[2J") == 4
