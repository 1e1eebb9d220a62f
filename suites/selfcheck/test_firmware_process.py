"""What faults of firmware do to a device that is a process: each kind of harm, and what a restart mends."""

from __future__ import annotations

import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from conform62351.fixtures.device.process import DeviceError, DeviceProcess, start_device
from conform62351.fixtures.firmware.harming import MEGABYTE

MODULE = '''
import signal
from conform62351.fixtures.faults.building import LeaveOut
from conform62351.fixtures.faults.registry import fault
from conform62351.fixtures.firmware import bug
from conform62351.fixtures.firmware.bug import Meets
from conform62351.fixtures.firmware.harming import MEGABYTE
from conform62351.fixtures.firmware.registry import Sort, firmware
from conform62351.tooling.fuzz.bases import Moment
from conform62351.tooling.fuzz.layers import Layer

def declare(name, version, harm):
    def made():
        """Is harmed by a version of TPKT."""
        return Meets("TPKT", lambda header: header.version == version, harm)
    made.__module__ = __name__
    what = {"sort": Sort.CRASH, "layer": Layer.TPKT, "moment": Moment.OPENING}
    return firmware(name, trigger="a version of TPKT", weakness="CWE-20", **what)(made)

crashes = declare("own-crash", 10, bug.crash(signal.SIGFPE))
leaves = declare("own-exit", 11, bug.leave(7))
hangs = declare("own-hang", 12, bug.hang)
hangs_all = declare("own-hang-all", 13, bug.hang_all)
leaks = declare("own-leak", 14, bug.leak(32 * MEGABYTE))
opens = declare("own-descriptors", 15, bug.leak_descriptors(50))

@fault("own-lenient", clause="H.3")
def lenient():
    """Takes any version."""
    return LeaveOut("TPKT.1")
'''
CONNECT = bytes.fromhex("030000130ee00000000100c1020001c2020001")
ANSWER_S = 30.0
SILENT_S = 0.3


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(MODULE)
    return path


def said(device: DeviceProcess, version: int, limit: float = ANSWER_S) -> bytes | None:
    """Return what comes to a CR in a packet of that version: None for silence."""
    with socket.create_connection((device.address.host, device.address.port), limit) as stream:
        stream.settimeout(limit)
        stream.sendall(bytes((version,)) + CONNECT[1:])
        try:
            return stream.recv(100)
        except TimeoutError:
            return None
        except ConnectionResetError:
            return b""


def comes(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + ANSWER_S
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return False


def resident(device: DeviceProcess) -> int:
    pages = int(Path(f"/proc/{device.pid}/statm").read_text().split()[1])
    return pages * 4096


def descriptors(device: DeviceProcess) -> int:
    return len(list(Path(f"/proc/{device.pid}/fd").iterdir()))


def restart(device: DeviceProcess) -> None:
    with urllib.request.urlopen(f"{device.control}/reset", data=b"", timeout=ANSWER_S):
        """It answers when it is done."""


@pytest.mark.parametrize(
    ("fault", "version", "code"), [("own-crash", 10, -signal.SIGFPE), ("own-exit", 11, 7)]
)
def test_a_crash_ends_the_process(module: Path, fault: str, version: int, code: int) -> None:
    with start_device(port=0, tls_port=0, faults=[fault], fault_module=module) as device:
        assert said(device, 3)
        assert said(device, version) == b""
        assert comes(lambda: not device.alive())
        assert device.stop() == code


def test_what_hangs_and_leaks_does_so_until_a_restart(module: Path) -> None:
    faults = ["own-lenient", "own-hang", "own-hang-all", "own-leak", "own-descriptors"]
    with start_device(port=0, tls_port=0, faults=faults, fault_module=module) as device:
        assert said(device, 9)
        before, opened = resident(device), descriptors(device)
        assert said(device, 14)
        assert said(device, 15)
        assert resident(device) - before > 24 * MEGABYTE
        assert descriptors(device) - opened >= 45
        assert said(device, 12, SILENT_S) is None
        assert said(device, 3)
        assert said(device, 13, SILENT_S) is None
        assert said(device, 3, SILENT_S) is None
        restart(device)
        assert said(device, 3)
        assert comes(lambda: descriptors(device) - opened < 20)
        assert comes(lambda: resident(device) - before < 24 * MEGABYTE)
        device.stop(limit=0.1)


def test_an_unknown_fault_is_told(module: Path) -> None:
    with pytest.raises(DeviceError, match="no fault fw-none"):
        start_device(port=0, tls_port=0, faults=["fw-none"])
