"""Runs against the built-in device that need credentials: they are made, used, and gone in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.device.process import start_device
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.pics.pixit import Value
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import AuthenticationSeen, Noted, TlsEstablished
from conform62351.suites.selfcheck.device_peer import Peers
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.builtin_device import start_builtin
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files, UsageError, load_inputs
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.tls_contexts import TlsFactory, settings_of

ASSOCIATE = "CMP/SRV/ASSOC/BV-associate"
FAR_OFF = "CMP/SRV/TIME/BI-far-off"
FAULT = '''
from conform62351.fixtures.faults.building import LeaveOut
from conform62351.fixtures.faults.registry import fault
from conform62351.profiles.compatibility.checks import CMP_TABLE

(WINDOW,) = (step.id for step in CMP_TABLE.steps if step.name == "time-window")


@fault("timeless", clause="11", requirement="R-MMS-read", caught_by=["CMP/SRV/TIME/BI-far-off"])
def timeless():
    """Takes any time."""
    return LeaveOut(WINDOW)
'''
BROKEN = '''
from conform62351.fixtures.faults.building import Rewrite
from conform62351.fixtures.faults.registry import fault


@fault("broken", clause="10", requirement="R-MMS-read", caught_by=["OSI/SRV/ASSOC/BV-associate"])
def broken():
    """Has a flaw in its code, where it answers an AARQ."""
    return Rewrite("ACSE.AARE", lambda value: 1 / 0)
'''


def conform(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    scratch = cwd / "scratch"
    scratch.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "conform62351.tooling.cli.main", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert list(scratch.iterdir()) == []
    return done


def builtin(left: ExitStack, *, secured: bool, **overrides: Value) -> tuple[str, dict[str, Value]]:
    pixit = load_inputs(Files(), explore=False).pixit
    pixit = pixit.with_overrides({name.replace("__", "."): value for name, value in overrides.items()})
    device, given, _ = start_builtin(Options(out=Path("none")), pixit, Clock(), left, secured=secured)
    return device.control, given


def configured(control: str, name: str) -> int:
    request = urllib.request.Request(f"{control}configure?name={name}", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_credentials_live_as_long_as_the_device() -> None:
    with ExitStack() as left:
        control, given = builtin(left, secured=True)
        folder = Path(str(given["pki.folder"]))
        assert CredentialFolder.load(folder).credential("tester").fits
        assert given["dut.tls_port"] != given["dut.port"]
        assert [configured(control, name) for name in ("tls", "a-profile", "compatibility")] == [200] * 3
    assert not folder.parent.exists()


def test_no_credentials_are_made_for_plain_cases() -> None:
    with ExitStack() as left:
        control, given = builtin(left, secured=False)
        assert "pki.folder" not in given
        assert configured(control, "compatibility") == 409
        assert configured(control, "insisting") == 200


def test_folder_of_the_pixit_is_used_and_left_alone(workshop: Workshop) -> None:
    with ExitStack() as left:
        control, given = builtin(left, secured=True, pki__folder=str(workshop.tester))
        assert given["pki.folder"] == str(workshop.tester)
        assert configured(control, "compatibility") == 200
    assert workshop.tester.exists()


def test_folder_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    with ExitStack() as left, pytest.raises(UsageError, match="there is no such folder"):
        builtin(left, secured=True, pki__folder=str(tmp_path / "tester"))


def test_device_whose_log_is_collected_has_credentials() -> None:
    with ExitStack() as left:
        control, given = builtin(left, secured=False, log__access="collector")
        assert given["tester.log_port"] != 0
        assert configured(control, "tls") == 200


def test_run_with_credentials_leaves_nothing_behind(tmp_path: Path) -> None:
    done = conform("run", ASSOCIATE, "--out", "r", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    seen = {type(event) for event in read_events(tmp_path / "r/events.jsonl")}
    assert {TlsEstablished, AuthenticationSeen} <= seen


def test_revocation_data_of_a_folder_are_served_while_a_device_is_tested(
    tmp_path: Path, workshop: Workshop
) -> None:
    port = free_port()
    (tmp_path / "pics.toml").write_bytes(device_file("pics.toml").read_bytes())
    with start_device(pki=workshop.dut) as device:
        pixit = device_file("pixit.toml").read_text().replace("http://127.0.0.1:62351/", device.control)
        (tmp_path / "pixit.toml").write_text(pixit)
        overrides = {
            "dut.port": device.address.port,
            "dut.tls_port": device.tls_address.port,
            "pki.folder": json.dumps(str(workshop.tester)),
            "tester.revocation_port": port,
        }
        options = Options(
            out=tmp_path / "r",
            files=Files(tmp_path / "pics.toml", tmp_path / "pixit.toml"),
            selectors=(ASSOCIATE,),
            capture=False,
            overrides=tuple(f"{name}={value}" for name, value in overrides.items()),
        )
        url = f"http://127.0.0.1:{port}/crl/root.crl"
        with Execution(options, Operator(None)) as execution:
            prepared = execution.prepare()
            with pytest.raises(urllib.error.URLError):
                urllib.request.urlopen(url, timeout=30)
            execution.start(prepared, lambda _: None).run(lambda: None)
            with urllib.request.urlopen(url, timeout=30) as answer:
                assert answer.read() == (workshop.tester / "crl" / "root.crl").read_bytes()
            report = execution.finish()
    assert report.summary.passed == 1


def test_failed_case_is_replayed_in_its_configuration(tmp_path: Path, workshop: Workshop) -> None:
    (tmp_path / "ours.py").write_text(FAULT)
    made = ("--set", f"pki.folder={workshop.tester}")
    faulty = (*made, "--fault", "timeless", "--fault-module", "ours.py")
    assert conform("run", FAR_OFF, "--out", "r", *faulty, cwd=tmp_path).returncode == 1
    (recipe,) = (tmp_path / "r").rglob("recipe-*.json")
    replayed = conform("replay", str(recipe), *faulty, cwd=tmp_path)
    assert (replayed.returncode, replayed.stderr) == (1, "")
    assert "reproduced: fail" in replayed.stdout
    healthy = conform("replay", str(recipe), *made, cwd=tmp_path)
    assert healthy.returncode == 0, healthy.stdout


def test_a_case_near_the_limits_of_the_device_s_clock_is_replayed(tmp_path: Path, workshop: Workshop) -> None:
    faulty = ("--set", f"pki.folder={workshop.tester}", "--fault", "cmp-window-of-five-minutes")
    case = "CMP/SRV/TIME/BV-inside-window"
    assert conform("run", case, "--out", "r", "--no-capture", *faulty, cwd=tmp_path).returncode == 1
    (recipe,) = (tmp_path / "r").rglob("recipe-*.json")
    replayed = conform("replay", str(recipe), *faulty, cwd=tmp_path)
    assert replayed.stdout.endswith("reproduced: fail: aborted ARU\n")


def test_process_tells_both_addresses_and_takes_a_port_for_tls(workshop: Workshop, peers: Peers) -> None:
    port = free_port()
    with start_device(pki=workshop.dut, tls_port=port) as device:
        assert device.tls_address.port == port != device.address.port
        assert configured(device.control, "tls") == 200
        settings = settings_of(CredentialFolder.load(workshop.tester), "tester-tls")
        peers.secured(device.tls_address, TlsFactory(settings, server_side=False)).release()


def test_a_run_says_what_broke_in_the_built_in_device(tmp_path: Path) -> None:
    module = tmp_path / "broken.py"
    module.write_text(BROKEN)
    words = ("run", "OSI/SRV/ASSOC/BV-associate", "--out", "out", "--unattended", "--no-capture")
    conform(
        *words, "--set", "boot_time=0.1", "--fault-module", str(module), "--fault", "broken", cwd=tmp_path
    )
    notes = [
        event.text for event in read_events(tmp_path / "out" / "events.jsonl") if isinstance(event, Noted)
    ]
    assert [text for text in notes if "standard error" in text and "ZeroDivisionError" in text]
