"""A device that is not there, or not what it should be: the run says what it met instead."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.reports.model.exit_code import ExitCode, exit_code
from conform62351.reports.render.text import render_text
from conform62351.suites.selfcheck.test_engine_runs import AS_CLIENT, ASSOCIATE
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options

SHORT = ("boot_time=0.1", *(f"limit.{name}=0.1" for name in ("connect", "associate", "respond", "close")))


def summary(tmp_path: Path, selector: str, pixit: str, pics: str | None = None) -> str:
    """Return the text of a run with this PIXIT, its white space joined; nothing could be decided in it."""
    claims = pics or device_file("pics.toml").read_text()
    (tmp_path / "pics.toml").write_text(claims)
    (tmp_path / "pixit.toml").write_text(pixit)
    options = Options(
        out=tmp_path / "r",
        files=Files(tmp_path / "pics.toml", tmp_path / "pixit.toml"),
        selectors=(selector,),
        capture=False,
        overrides=SHORT,
    )
    with Execution(options, Operator(None)) as execution:
        report = execution.run(execution.prepare(), lambda _: None)
    assert exit_code(report) is ExitCode.INCONCLUSIVE
    return " ".join(render_text(report, colour=False).split())


def dut(host: str, port: int) -> str:
    tester = '[tester]\nbind = "127.0.0.1"\nport = 0\n'
    return f'[dut]\nhost = "{host}"\nport = {port}\n{tester}[data]\nread = "A/B"\n'


@pytest.fixture
def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        said = summary(tmp_path, ASSOCIATE, dut("127.0.0.1", port))
    assert f"before group OSI/SRV/ASSOC: tcp-refused: 127.0.0.1:{port}: connection refused" in said


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    said = summary(tmp_path, ASSOCIATE, dut("no.such.host.invalid", 102))
    assert "before group OSI/SRV/ASSOC: tcp-refused unreachable: no.such.host.invalid:" in said


def test_somebody_listens_and_says_nothing(tmp_path: Path, listening: socket.socket) -> None:
    with listening:
        said = summary(tmp_path, ASSOCIATE, dut("127.0.0.1", listening.getsockname()[1]))
    assert "before group OSI/SRV/ASSOC: timeout: nothing within 0.1 s" in said


@pytest.mark.parametrize(
    ("connect", "why"),
    [
        ('kind = "wait"\nseconds = 0.0', "no connection came to 127.0.0.1:"),
        (f'kind = "command"\ncommand = {["false"]}', "action connect: the command ended with 1"),
    ],
)
def test_a_client_that_does_not_call(tmp_path: Path, connect: str, why: str) -> None:
    claims = device_file("pics.toml").read_text()
    client_only = "\n".join(
        line.replace('"yes"', '"no"') if line.startswith(("server =",)) or ".server =" in line else line
        for line in claims.splitlines()
    )
    pixit = (
        dut("127.0.0.1", 0)
        + f'[action.connect]\n{connect}\n[action.send-request]\nkind = "wait"\nseconds = 0\n'
    )
    assert f"before group OSI/CLI/ASSOC: {why}" in summary(tmp_path, AS_CLIENT, pixit, client_only)
