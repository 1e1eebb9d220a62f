"""Two reference devices in processes of their own, as the command starts them, talk in native mode."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.device.process import DeviceError, DeviceProcess, start_device
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.securitylog_reader import parse_line
from conform62351.suites.selfcheck.device_native_pair import ASSOCIATED, IN_TLS, until
from conform62351.tooling.net.e2e_keys import read_key_file

PIXIT = """\
[dut]
host = "127.0.0.1"
port = 0
tls_port = 0
[tester]
ap_title = "1.1.1.999.1"
[data]
read = "IEDREF1LD0/GGIO1$ST$IntIn1$stVal"
[configuration.native]
[configuration.native-tls]
"""
"""Both have the device's certificates, and so its titles."""
CLAIMS = re.compile(r"(?ms)^\[(?:T7|T10|T11|T13|E2E)\]\n.*?(?=^\[|\Z)")
"""The tables of the PICS about native mode."""


def act(device: DeviceProcess, action: str, method: str = "POST") -> Any:
    request = urllib.request.Request(f"{device.control}{action}", method=method)
    with urllib.request.urlopen(request, timeout=30.0) as answer:
        return json.load(answer)


def logged(path: Path) -> list[str]:
    return [parse_line(line).record.id for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("stack", ["native", "native-tls"])
def test_two_processes_talk(tmp_path: Path, workshop: Workshop, stack: str) -> None:
    pixit = tmp_path / "pixit.toml"
    pixit.write_text(PIXIT)
    pics = tmp_path / "pics.toml"
    own = device_file("pics.toml").read_text()
    pics.write_text(CLAIMS.sub(lambda table: table[0].replace('"no"', '"yes"'), own))
    keys, logs = tmp_path / "keys", [tmp_path / "client.log", tmp_path / "server.log"]
    client, server = (
        start_device(pixit=pixit, pki=workshop.dut, log=log, key_log=keys, pics=pics) for log in logs
    )
    with client, server:
        for device in (client, server):
            act(device, f"configure?name={stack}")
        address = server.tls_address if stack.endswith("tls") else server.address
        act(client, f"connect?host={address.host}&port={address.port}")
        for action in ("send-request", "rekey", "send-request", "release"):
            act(client, action)
        until(lambda: act(server, "health", "GET")["connections"] == 0, "the end")
    assert [logged(log) for log in logs] == [[IN_TLS, ASSOCIATED][stack == "native" :]] * 2
    assert len(keys.read_text().splitlines()) == 4
    assert sorted(line.epoch for line in read_key_file(keys)) == [0, 1]
    assert (client.errors, server.errors) == ("", "")


def test_key_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="none/keys"):
        start_device(key_log=tmp_path / "none" / "keys")
