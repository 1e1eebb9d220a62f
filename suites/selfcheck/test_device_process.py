"""The reference device as a process: its ready line, its end, its options, its control port."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.device import arguments
from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.device.process import DeviceError, DeviceProcess, start_device
from conform62351.profiles.securitylog_reader import parse_line
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Peers
from conform62351.tooling.cli.main import main
from conform62351.tooling.net.channel import Channel, End
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError

COMMAND = [sys.executable, "-m", "conform62351.fixtures.device"]
FAULTS = '''
from conform62351.fixtures.faults.building import Delay, LeaveOut
from conform62351.fixtures.faults.registry import fault


@fault("version-blind", clause="RFC 1006", requirement="R", caught_by=("X",), roles=("server",))
def version_blind():
    """The device takes packets of any version."""
    return LeaveOut("TPKT.1")


@fault("lazy", clause="-", requirement="R", caught_by=("X",))
def lazy():
    """The device answers a CR late."""
    return Delay("COTP.CC", 0.1)
'''


def call(device: DeviceProcess, path: str, method: str = "POST") -> tuple[int, Mapping[str, Any]]:
    request = urllib.request.Request(device.control + path, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def gone(device: DeviceProcess) -> bool:
    try:
        Channel.connect(device.address.host, device.address.port, limit=1.0, clock=Clock()).close()
    except NetError:
        return True
    return False


def test_process_says_where_it_is_and_stops(tmp_path: Path, peers: Peers) -> None:
    with start_device(log=tmp_path / "security.log", clock_offset=-86400) as device:
        assert device.identity["product"] == "reference device"
        assert device.log == tmp_path / "security.log"
        assert device.faults == ()
        assert device.address.host == "127.0.0.1"
        os.kill(device.pid, 0)
        peers.associated(device.address).release()
        listener = peers.listening()
        assert call(device, f"connect?host=127.0.0.1&port={listener.address.port}")[0] == 200
        peer = peers.called(listener)
        peer.accept()
        assert call(device, "send-request") == (200, {"ok": True})
        peer.answer()
        status, health = call(device, "health", "GET")
        assert (status, health["associations"]) == (200, 1)
        peer.channel.close()
        status, refused = call(device, "connect?host=127.0.0.1&port=x")
        assert (status, refused["error"]) == (400, "'x' is no TCP port")
    assert device.stop() == 0
    assert not device.alive()
    assert device.errors == ""
    assert gone(device)
    first = parse_line(device.log.read_bytes().splitlines()[0]).record
    assert abs(time.time() - 86400 - first.timestamp.timestamp()) < 600


def test_faults_of_a_module_are_in_the_device(tmp_path: Path, peers: Peers) -> None:
    module = tmp_path / "ours.py"
    module.write_text(FAULTS)
    with start_device(faults=["version-blind", "lazy"], fault_module=module) as device:
        assert device.faults == ("version-blind", "lazy")
        peer = peers.connected(device.address)
        peer.association.open_transport()
        (message,) = peer.association.take_output()
        peer.channel.send(b"\x04" + message.octets[1:], limit=1.0)
        assert isinstance(peer.channel.receive(LIMIT_S), bytes)
    with start_device() as device:
        peer = peers.connected(device.address)
        peer.channel.send(b"\x04" + message.octets[1:], limit=1.0)
        assert peer.ended() is End.CLOSED


def test_restarted_process_goes_on_counting(tmp_path: Path, peers: Peers) -> None:
    log = tmp_path / "security.log"
    for _ in range(2):
        with start_device(log=log) as device:
            peers.associated(device.address).release()
    numbers = [parse_line(line).record.sequence_number for line in log.read_bytes().splitlines()]
    assert numbers == [1, 2]


def test_two_processes_take_ports_of_their_own(peers: Peers) -> None:
    with start_device() as one, start_device(host="127.0.0.2", port=0) as other:
        assert one.address.port != other.address.port
        assert other.address.host == "127.0.0.2"
        assert one.control != other.control
        assert one.log != other.log
        for device in (one, other):
            peers.associated(device.address).release()
            assert device.log.exists()
    assert not one.log.parent.exists()


def test_interrupt_ends_the_device_cleanly() -> None:
    with start_device() as device:
        os.kill(device.pid, signal.SIGINT)
        assert device.stop() == 0
        assert device.errors == ""


def test_device_ends_with_the_process_that_started_it() -> None:
    with subprocess.Popen(
        [*COMMAND, "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["pid"] == process.pid
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.fixture
def signals() -> Iterator[None]:
    """Give this process its signal handlers back after a device has run in it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run(*options: str) -> tuple[object, str]:
    """Run the command in this process; return its exit code and what it wrote on its output."""
    parser = argparse.ArgumentParser()
    arguments.add_arguments(parser)
    out = io.StringIO()
    try:
        return arguments.run(parser.parse_args(options), out), out.getvalue()
    except SystemExit as end:
        return end.code, out.getvalue()


@pytest.mark.usefixtures("signals")
def test_faults_are_listed(tmp_path: Path) -> None:
    module = tmp_path / "ours.py"
    module.write_text(FAULTS)
    code, out = run("--list-faults", "--fault-module", str(module))
    assert code == 0
    assert "version-blind: The device takes packets of any version.\n" in out


@pytest.mark.usefixtures("signals")
def test_command_of_the_program_is_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "ours.py"
    module.write_text(FAULTS)
    assert main(["device", "--list-faults", "--fault-module", str(module)]) == 0
    assert "lazy: The device answers a CR late.\n" in capsys.readouterr().out


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fault", "nonsense"], "no fault nonsense"),
        (["--fault-module", "none.py"], "none.py: No such file"),
        (["--port", "70000"], "'70000' is no TCP port"),
        (["--clock-offset", "inf"], "'inf' is no number of seconds"),
        (["--host", "203.0.113.1"], "203.0.113.1"),
        (["--log", "/proc/none/security.log"], "/proc/none/security.log: No such file"),
        (["--pics", "none.toml", "--pixit", "nothing.toml"], "none.toml"),
    ],
)
def test_wrong_option_is_told(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*options) == (2, "")
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("signals")
def test_faults_of_both_files_come_in_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pics, pixit = tmp_path / "pics.toml", tmp_path / "pixit.toml"
    pics.write_text(
        device_file("pics.toml").read_text().replace('OSI.client = "yes"', 'OSI.client = "perhaps"')
    )
    pixit.write_text("colour = 1\n")
    assert run("--pics", str(pics), "--pixit", str(pixit)) == (2, "")
    errors = capsys.readouterr().err
    assert f"{pics}:" in errors
    assert f"{pixit}:1: colour is no PIXIT entry" in errors


@pytest.mark.usefixtures("signals")
def test_device_without_osi_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pics = tmp_path / "pics.toml"
    text = device_file("pics.toml").read_text()
    pics.write_text(
        text.replace('OSI.client = "yes"', 'OSI.client = "no"').replace(
            'OSI.server = "yes"', 'OSI.server = "no"'
        )
    )
    assert run("--pics", str(pics)) == (2, "")
    assert "the reference device has the OSI environment only" in capsys.readouterr().err


def test_taken_port_is_told(peers: Peers) -> None:
    listener = peers.listening()
    with pytest.raises(
        DeviceError, match=f"exit code 2: .*127.0.0.1:{listener.address.port}: Address already in use"
    ):
        start_device(port=listener.address.port)


def test_device_that_does_not_come_up_in_time_is_ended() -> None:
    with pytest.raises(DeviceError, match=r"it said b'' in 0\.001 s"):
        start_device(limit=0.001)
