"""The device with a collector: its options, its credentials, and the event of a collector that is away."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pytest

from conform62351.fixtures.device import arguments
from conform62351.fixtures.device.process import DeviceError, start_device
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.securitylog_reader import parse_line
from conform62351.tooling.net.flow import Address

NOBODY = Address("127.0.0.1", 1)


def test_collector_needs_credentials() -> None:
    with pytest.raises(DeviceError, match=r"the log is sent over TLS, and the device has no credentials"):
        start_device(port=0, tls_port=0, log_collector=NOBODY)


def test_collector_that_is_away_is_logged(workshop: Workshop, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with start_device(port=0, tls_port=0, pki=workshop.dut, log=log, log_collector=NOBODY):
        deadline = time.monotonic() + 10
        while not log.read_bytes().endswith(b"\n"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    (line,) = log.read_bytes().splitlines()
    parsed = parse_line(line)
    assert parsed.remarks == ()
    assert (parsed.record.id, parsed.record.mnemonic) == ("IEC62351-14:9.5", "COMM_LOG_SUBSCRIBER_FAIL")
    assert parsed.record.peer_info == "127.0.0.1:1"
    assert parsed.record.text == "log collector: 127.0.0.1:1: connection refused"


@pytest.mark.parametrize("text", ["", "6514", ":6514", "host:", "host:66000", "host:x"])
def test_address_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    arguments.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--log-collector", text])
    assert "--log-collector" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "address"),
    [("192.0.2.1:6514", Address("192.0.2.1", 6514)), ("[2001:db8::1]:6514", Address("2001:db8::1", 6514))],
)
def test_address_is_host_and_port(text: str, address: Address) -> None:
    parser = argparse.ArgumentParser()
    arguments.add_arguments(parser)
    assert parser.parse_args(["--log-collector", text]).log_collector == address
