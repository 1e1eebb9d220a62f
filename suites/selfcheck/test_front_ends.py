"""The two front ends: the command line with its exit codes, and pytest with the same verdicts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conform62351.tooling.frontend.inputs import device_file

ROOT = Path(__file__).resolve().parents[2]
ASSOCIATE = "OSI/SRV/ASSOC/BV-associate"
MANDATORY = "TLS_DH_DSS_WITH_AES_256_CBC_SHA.client"
DECLARED = f"""
[[deviation]]
case = "PICS/STATIC/T9.{MANDATORY}-mandatory"
requirement = "R-PICS-T9-mandatory"
product = "reference device"
verdict = "fail"
reason = "static Diffie-Hellman is to come"
ticket = "none"
review = 2099-01-01
"""
FAULT = '''
"""A device that answers no request."""

from conform62351.fixtures.faults.building import Withhold
from conform62351.fixtures.faults.registry import fault


@fault("mute", clause="10", requirement="R-MMS-read", caught_by=["OSI/SRV/ASSOC/BV-associate"])
def mute():
    """Never answers an MMS request."""
    return Withhold("MMS.confirmed-ResponsePDU")
'''


def conform(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conform62351.tooling.cli.main", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )


def plugin(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def denying(folder: Path) -> list[Path]:
    """Write PICS, PIXIT and deviations of a device that denies a mandatory suite and says so beforehand."""
    files = [folder / name for name in ("pics.toml", "pixit.toml", "deviations.toml")]
    claimed = device_file("pics.toml").read_text()
    assert f'{MANDATORY} = "yes"' in claimed
    files[0].write_text(claimed.replace(f'{MANDATORY} = "yes"', f'{MANDATORY} = "no"'))
    files[1].write_text('[dut]\nhost = "127.0.0.1"\n')
    files[2].write_text(DECLARED)
    return files


def test_a_pass_exits_0_is_quiet_and_leaves_all_reports(tmp_path: Path) -> None:
    done = conform("run", ASSOCIATE, "--out", "r", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    written = {path.name for path in (tmp_path / "r").iterdir()}
    assert {"report.json", "report.html", "junit.xml", "events.jsonl", "capture.pcapng"} <= written


def test_json_goes_to_standard_output_alone(tmp_path: Path) -> None:
    done = conform("run", ASSOCIATE, "--out", "r", "--no-capture", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["summary"]["pass"] == 1


def test_a_fail_exits_1_and_its_own_commands_reproduce_it(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text(FAULT)
    device = ("--fault", "mute", "--fault-module", "mute.py", "--set", "limit.respond=0.3")
    done = conform("run", ASSOCIATE, "--out", "r", "--no-capture", *device, cwd=tmp_path)
    assert done.returncode == 1
    commands = json.loads((tmp_path / "r/report.json").read_text())["cases"][0]["commands"]
    assert commands["replay"] in done.stdout
    again = conform(*commands["replay"].split()[1:], cwd=tmp_path)
    assert (again.returncode, "reproduced" in again.stdout) == (1, True)
    assert conform(*commands["rerun"].split()[1:], "--no-capture", cwd=tmp_path).returncode == 1
    assert "[[deviation]]" in (tmp_path / "r/new-deviations.toml").read_text()


def test_a_declared_deviation_stays_a_fail_and_exits_as_the_rest_does(tmp_path: Path) -> None:
    pics, pixit, deviations = map(str, denying(tmp_path))
    files = ("--pics", pics, "--pixit", pixit, "--deviations", deviations)
    done = conform("run", "PICS/STATIC", "--out", "r", *files, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r/report.json").read_text())["summary"]["fail"] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run", "OSI/SRV/NOTHING"), 5),
        (("run", "PICS/STATIC/ICCP"), 5),
        (("run", "sideways:up"), 2),
        (("run", "--pics", "absent.toml"), 2),
        (("run", "--pics", "absent.toml", "--pixit", "absent.toml"), 2),
        (("run", "--set", "limit.respond=soon"), 2),
        (("run", "--fault", "no-such-fault"), 2),
        (("replay", "absent.json"), 2),
        (("decode", "absent.hex"), 2),
        (("pics", "check", "absent.toml"), 2),
        (("catalogue", "OSI/SRV/NOTHING"), 5),
        (("nonsense",), 2),
    ],
)
def test_what_cannot_be_done_has_an_exit_code_and_no_traceback(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    done = conform(*words, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip() or "o case was executed" in done.stdout


def test_all_faults_of_the_declarations_come_in_one_message(tmp_path: Path) -> None:
    (tmp_path / "pics.toml").write_text('T6.OSI.server = "maybe"\n')
    (tmp_path / "pixit.toml").write_text("limit.respond = true\n")
    done = conform("run", "--pics", "pics.toml", "--pixit", "pixit.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "pics.toml:1: " in done.stderr
    assert "pixit.toml:1: " in done.stderr


def test_a_terminated_run_exits_130_with_a_report_marked_incomplete(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text(FAULT)
    words = ["run", "--out", "r", "--no-capture", "--fault", "mute", "--fault-module", "mute.py"]
    running = subprocess.Popen(
        [sys.executable, "-m", "conform62351.tooling.cli.main", *words, "--set", "limit.respond=60"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = tmp_path / "r/events.jsonl"
    deadline = time.monotonic() + 60
    while not (log.exists() and b'"event":"sent"' in log.read_bytes()):
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 130
    report = json.loads((tmp_path / "r/report.json").read_text())
    assert report["complete"] is False
    assert report["summary"]["not_run"] > 0


def test_the_plan_sends_nothing_and_names_what_is_missing(tmp_path: Path) -> None:
    done = conform("run", "OSI", "--plan", "--set", "data.read=", cwd=tmp_path)
    assert done.returncode == 0
    assert ASSOCIATE in done.stdout
    assert "missing data.read" in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_catalogue_lists_cases_as_text_and_as_json(tmp_path: Path) -> None:
    listed = json.loads(conform("catalogue", "--json", "OSI", cwd=tmp_path).stdout)
    (found,) = [case for case in listed if case["id"] == ASSOCIATE]
    assert set(found) == {"id", "title", "clause", "provenance", "role", "pics", "events", "requirements"}
    shown = conform("catalogue", "--purpose", ASSOCIATE, cwd=tmp_path).stdout
    assert shown.endswith("\n1 case\n")
    assert "send AARQ in CP in CONNECT" in shown


def test_no_requirement_is_open(tmp_path: Path) -> None:
    rows = json.loads(conform("catalogue", "--requirements", "--json", cwd=tmp_path).stdout)
    assert [row["id"] for row in rows if row["state"] == "open"] == []


def test_pytest_gives_the_same_verdicts(tmp_path: Path) -> None:
    done = plugin(
        "suites", "--conform-select", "OSI/SRV/ASSOC", "--conform-out", str(tmp_path / "r"), cwd=ROOT
    )
    assert done.returncode == 0, done.stdout
    assert json.loads((tmp_path / "r/report.json").read_text())["summary"]["pass"] == 1


def test_pytest_shows_what_failed_and_skips_what_does_not_apply(tmp_path: Path) -> None:
    pics, pixit, deviations = map(str, denying(tmp_path))
    files = ("--conform-pics", pics, "--conform-pixit", pixit, "--conform-deviations", deviations)
    words = ("suites", "--conform-select", "PICS/STATIC", "-rs", "--conform-out", str(tmp_path / "r"))
    done = plugin(*words, *files, cwd=ROOT)
    assert "not applicable: " in done.stdout
    assert f"T9.{MANDATORY} is mandatory and answered no" in done.stdout
    assert "Traceback" not in done.stdout


def test_pytest_ends_with_a_usage_error_on_a_selection_that_leaves_nothing() -> None:
    done = plugin("suites", "--conform-select", "OSI/SRV/NOTHING", cwd=ROOT)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "no case matches" in done.stdout


def test_the_plug_in_leaves_other_projects_alone(tmp_path: Path) -> None:
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites/test_theirs.py").write_text("def test_it():\n    pass\n")
    done = plugin("suites", cwd=tmp_path)
    assert "1 passed" in done.stdout
    loaded = "import sys, conform62351.tooling.plugin; print(*[m for m in sys.modules if m[:7] == 'conform'])"
    modules = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    ).stdout
    assert modules.strip() == "conform62351 conform62351.tooling conform62351.tooling.plugin"
