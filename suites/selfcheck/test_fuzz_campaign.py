"""Campaigns: nothing is found in the correct device, what is planted is found, and plays again."""

from __future__ import annotations

import json
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.fuzz_bench import credentials_of
from conform62351.tooling.cli.main import main
from conform62351.tooling.frontend.inputs import device_file
from conform62351.tooling.fuzz import summary as summary_module
from conform62351.tooling.fuzz.learnt import JOURNAL_FILE
from conform62351.tooling.fuzz.summary import SCHEMA_FILE, schema

PLAIN = ("--stack", "plain", "--role", "server", "--seed", "5")
CRASH = "fw-tpkt-length-below-header"


def fuzz(out: Path, *arguments: str) -> int:
    return main(["fuzz", "--out", str(out), *arguments])


def summary_of(out: Path) -> dict[str, object]:
    summary: dict[str, object] = json.loads((out / "summary.json").read_text())
    jsonschema.Draft202012Validator(json.loads(schema())).validate(summary)
    return summary


def test_schema_in_the_repository_is_that_of_the_summary() -> None:
    kept = Path(summary_module.__file__).with_name(SCHEMA_FILE).read_bytes()
    assert kept == schema(), "write tooling.fuzz.summary.schema() to summary.schema.json"
    jsonschema.Draft202012Validator.check_schema(json.loads(schema()))


def test_a_campaign_goes_on_and_finds_nothing_in_the_correct_device(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], workshop: Workshop
) -> None:
    out = tmp_path / "campaign"
    keys = credentials_of(workshop)
    assert fuzz(out, *PLAIN, *keys, "--cases", "30") == 0
    first = summary_of(out)
    assert (first["cases"], first["findings"], first["errors"]) == (30, [], [])
    learned = (out / JOURNAL_FILE).read_bytes()
    assert fuzz(out, *keys, "--resume", "--cases", "50") == 0
    summary = summary_of(out)
    assert (summary["cases"], summary["seed"], summary["complete"]) == (50, 5, True)
    assert (out / JOURNAL_FILE).read_bytes().startswith(learned)
    assert "0 findings in 50 cases" in capsys.readouterr().out
    assert b"No finding in 50 cases" in (out / "fuzz.html").read_bytes()


def test_a_crash_is_found_reduced_recorded_and_played_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], workshop: Workshop
) -> None:
    out = tmp_path / "campaign"
    keys = credentials_of(workshop)
    device = ("--fault", CRASH, *keys)
    assert fuzz(out, *PLAIN, "--layer", "tpkt", "--cases", "24", *device) == 1
    summary = summary_of(out)
    findings = summary["findings"]
    assert isinstance(findings, list)
    found = next(row for row in findings if row["severity"] == "unavailable")
    assert found["confirmed"] >= 1
    assert len(found["mutations"]) == 1
    assert {"capture.pcapng", "octets.txt", "transcript.txt"} <= set(found["evidence"])
    recipe = str(out / found["recipe"])
    assert found["replay"] == shlex.join(["conform62351", "replay", recipe, *device])
    capsys.readouterr()
    assert main(["replay", recipe, *device]) == 1
    assert "\nreproduced: " in capsys.readouterr().out
    assert main(["fuzz", "--regression", str(out / "findings" / found["name"]), *keys]) == 0
    assert "1 finding played again: 1 not reproduced" in capsys.readouterr().out


def test_a_campaign_that_is_killed_goes_on(tmp_path: Path, workshop: Workshop) -> None:
    out = tmp_path / "campaign"
    keys = credentials_of(workshop)
    words = ["fuzz", "--out", str(out), *PLAIN, *keys]
    command = [sys.executable, "-m", "conform62351.tooling.cli.main", *words]
    errors = tmp_path / "errors.txt"
    with errors.open("wb") as told, subprocess.Popen(command, stderr=told) as process:
        while not (out / JOURNAL_FILE).exists() or (out / JOURNAL_FILE).read_bytes().count(b"\n") < 5:
            assert process.poll() is None, errors.read_text()
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    learned = (out / JOURNAL_FILE).read_bytes().splitlines()[:4]
    assert fuzz(out, *keys, "--resume", "--cases", "40") == 0
    assert (out / JOURNAL_FILE).read_bytes().splitlines()[:4] == learned
    cases = summary_of(out)["cases"]
    assert isinstance(cases, int)
    assert cases >= 40


def garbage(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.sendall(random.Random(1).randbytes(3000))


def flood(peer: socket.socket) -> None:
    peer.settimeout(2)
    for _ in range(40):
        peer.sendall(b"\x03\x00\x00\x07\x02\xf0\x80" * 2000)


def silence(peer: socket.socket) -> None:
    while peer.recv(4096):
        """It says nothing."""


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@contextmanager
def listening(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    def serve() -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                try:
                    behave(peer)
                except OSError:
                    """The tester has had enough."""

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("behave", [garbage, flood, silence, reset])
def test_a_device_that_cannot_be_spoken_to_is_told_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], behave: Callable[[socket.socket], None]
) -> None:
    pixit = tmp_path / "device.pixit.toml"
    limits = "".join(f"{name} = 0.3\n" for name in ("connect", "associate", "respond", "close"))
    pixit.write_text(
        'boot_time = 0.2\n[dut]\nhost = "127.0.0.1"\nport = 1\n[data]\nread = "IED/GGIO1$ST$Ind$stVal"\n'
        f"[limit]\n{limits}"
    )
    with listening(behave) as port:
        files = ["--pics", str(device_file("pics.toml")), "--pixit", str(pixit), "--explore"]
        code = fuzz(tmp_path / "campaign", *files, *PLAIN, "--cases", "5", "--set", f"dut.port={port}")
    told = capsys.readouterr()
    assert code == 3, told
    assert "Traceback" not in told.err
    assert "not complete: the device does not come back" in told.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--resume"], "--out names"),
        (["--out", "{tmp}/nothing", "--resume"], "no campaign to go on with"),
        (["--regression", "{tmp}"], "no findings of the fuzzer"),
        (["--out", "{tmp}/new", "--pics", "{tmp}/a.toml"], "--pixit is missing"),
        (["--out", "{tmp}/new", "--pid-file", "{tmp}/pid"], "a device of your own"),
    ],
)
def test_usage_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["fuzz", *(text.format(tmp=tmp_path) for text in arguments)]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--layer", "tkpt"], ["--for", "0s"], ["--for", "1d"], ["--workers", "0"], ["--cases", "-1"]],
)
def test_words_that_do_not_exist_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fuzz", *arguments])
    assert ended.value.code == 2
