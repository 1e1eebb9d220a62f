"""A vendor's device in compatibility mode, from its certificate requests to its report, by the command line.

The vendor is somebody else: its keys and requests are made by OpenSSL, its keys stay with it, its device is a
process of its own whose clock is wrong, and which is not started afresh between two runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.device.process import DeviceProcess, start_device
from conform62351.fixtures.subprocesses import free_port
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import AuthenticationSeen, Noted
from conform62351.tooling.frontend.inputs import device_file

OPENSSL = shutil.which("openssl") or ""
pytestmark = pytest.mark.skipif(not OPENSSL, reason="no openssl command")

AHEAD_S = 90.0
REQUESTED = {"application": "/O=Vendor/CN=relay 7", "tls": "/O=Vendor/CN=relay7.example"}
PIXIT = """
boot_time = 5.0
max_associations = 5
idle_time = 2.5
[dut]
host = "127.0.0.1"
patience = 2.2
[tester]
bind = "127.0.0.1"
port = 0
tls_port = 0
revocation_port = {port}
[limit]
connect = 2.0
associate = 2.0
respond = 2.0
[data]
read = "IEDREF1LD0/GGIO1$ST$IntIn1$stVal"
[pki]
folder = "{folder}"
[configuration.compatibility]
description = "compatibility mode"
"""
ACTION = """
[action.{name}]
kind = "http"
url = "{control}{call}"
"""
CALLS = {
    "connect": "connect?host={tester_host}&port={tester_port}",
    "disconnect": "disconnect",
    "send-request": "send-request",
    "release": "release",
    "reset": "reset",
    "configure": "configure?name={configuration}",
}


class Campaign:
    """The laboratory's and the vendor's folders; commands are run as processes in the former."""

    def __init__(self, folder: Path) -> None:
        self.laboratory, self.vendor = folder / "laboratory", folder / "vendor"
        for made in (self.laboratory, self.vendor):
            made.mkdir()
        self.pixit = self.laboratory / "relay7.pixit.toml"
        self.pixit.write_text(PIXIT.format(port=free_port(), folder=self.laboratory / "pki" / "tester"))
        pics = device_file("pics.toml").read_text().replace('"conform62351"', '"Vendor"')
        self.pics = self.laboratory / "relay7.pics.toml"
        self.pics.write_text(pics.replace('"reference device"', '"relay 7"'))

    def request(self, kind: str, subject: str) -> Path:
        """Have the vendor make a key and a certificate request for it."""
        key, request = self.vendor / f"{kind}.key", self.vendor / f"{kind}.csr"
        command = [OPENSSL, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", subject]
        subprocess.run([*command, "-keyout", key, "-out", request], check=True, capture_output=True)
        return request

    def conform62351(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run a command of the tester, which asks nobody."""
        return subprocess.run(
            [sys.executable, "-m", "conform62351.tooling.cli.main", *map(str, arguments)],
            cwd=self.laboratory,
            env=os.environ | {"XDG_STATE_HOME": str(self.laboratory / "state")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self) -> Path:
        """Install what the laboratory gave in the vendor's device: beside its keys. Return the folder."""
        folder = Path(shutil.copytree(self.laboratory / "pki" / "dut", self.vendor / "pki"))
        manifest = folder / "manifest.toml"
        text = manifest.read_text()
        for kind in REQUESTED:
            shutil.copy(self.vendor / f"{kind}.key", folder)
            text = text.replace(f'"{kind}.pem"\n', f'"{kind}.pem"\nkey = "{kind}.key"\n')
        manifest.write_text(text)
        return folder

    def operate(self, device: DeviceProcess) -> None:
        """Write into the PIXIT where the device and its log are, and how it is operated."""
        where = f"port = {device.address.port}\ntls_port = {device.tls_address.port}\n"
        text = self.pixit.read_text().replace("[dut]\n", f"[dut]\n{where}")
        actions = [
            ACTION.format(name=name, control=device.control, call=call) for name, call in CALLS.items()
        ]
        log = f'[log]\naccess = "file"\nfile = "{device.log}"\n'
        self.pixit.write_text(text + log + "".join(actions))

    def run(self, out: str, *selectors: str) -> tuple[int, dict[str, Any]]:
        """Run cases against the device; return the exit code and the report."""
        told = self.conform62351(
            "run",
            "--pics",
            self.pics,
            "--pixit",
            self.pixit,
            "--out",
            out,
            "--unattended",
            "--no-capture",
            *selectors,
        )
        assert told.returncode in {0, 1, 3}, told.stderr
        return told.returncode, json.loads((self.laboratory / out / "report.json").read_text())


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    made = Campaign(tmp_path_factory.mktemp("campaign"))
    requests = [f"--csr={kind}={made.request(kind, subject)}" for kind, subject in REQUESTED.items()]
    told = made.conform62351("pki", "make", "--out", "pki", "--pixit", made.pixit, *requests)
    assert told.returncode == 0, told.stderr
    return made


@pytest.fixture(scope="module")
def device(campaign: Campaign) -> Iterator[DeviceProcess]:
    with start_device(pki=campaign.install(), clock_offset=AHEAD_S) as running:
        campaign.operate(running)
        yield running


@pytest.fixture(scope="module")
def first(campaign: Campaign, device: DeviceProcess) -> tuple[int, dict[str, Any]]:
    return campaign.run("first", "CMP")


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    """Return what does not pass; cases on what a PICS denies do not apply, for it denies none of that."""
    wanted = {True: "not_applicable", False: "pass"}
    return {
        case["id"]: case["verdict"]
        for case in report["cases"]
        if case["verdict"] != wanted["/CLAIMS/BI-" in case["id"]]
    }


def times_sent(out: Path) -> set[str]:
    """Return the times, as on the wire, of all values that the tester sent with one that can be read."""
    return {
        event.time
        for event in read_events(out / "events.jsonl")
        if isinstance(event, AuthenticationSeen) and event.direction == "sent" and event.time_utc
    }


def test_the_laboratory_never_sees_a_private_key_of_the_device(campaign: Campaign) -> None:
    made = [path.read_bytes() for path in (campaign.laboratory / "pki").rglob("*") if path.is_file()]
    for kind in REQUESTED:
        secret = (campaign.vendor / f"{kind}.key").read_bytes()
        assert not any(secret in octets for octets in made)
    assert not list((campaign.laboratory / "pki" / "dut").rglob("*.key"))


def test_all_of_compatibility_mode_passes_with_a_clock_that_is_wrong(
    first: tuple[int, dict[str, Any]],
) -> None:
    code, report = first
    assert verdicts(report) == {}
    assert code == 0
    assert report["header"]["dut"]["product"] == "relay 7"


def test_the_offset_of_the_device_s_clock_is_reported(
    campaign: Campaign, first: tuple[int, dict[str, Any]]
) -> None:
    events = list(read_events(campaign.laboratory / "first" / "events.jsonl"))
    told = [event.text for event in events if isinstance(event, Noted) and "clock" in event.text]
    found = re.search(r"the device's clock is ([0-9.]+) s ahead of the tester's", "\n".join(told))
    assert found is not None, told
    # Between the device's clock and the tester's lies what a busy machine takes to bring it over.
    assert abs(float(found[1]) - AHEAD_S) < 10


def test_another_run_meets_the_same_device_without_a_false_replay(
    campaign: Campaign, first: tuple[int, dict[str, Any]]
) -> None:
    code, report = campaign.run("second", "OSI/SRV/ASSOC", "CMP/SRV/REPLAY", "CMP/CLI/REPLAY", "CMP/SRV/TIME")
    assert verdicts(report) == {}
    assert code == 0
    again = times_sent(campaign.laboratory / "second")
    assert again
    assert not again & times_sent(campaign.laboratory / "first")
