"""Several workers at one device: one at a time has it alone, and what one does is no other one's finding."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from conform62351.fixtures.device.process import start_device
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.suites.selfcheck.fuzz_bench import credentials_of
from conform62351.tooling.cli.main import main
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.fuzz_options import FuzzOptions
from conform62351.tooling.frontend.fuzz_shared import shareable
from conform62351.tooling.frontend.inputs import Files, UsageError, device_file
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.findings import FindingStore
from conform62351.tooling.fuzz.progress import Interrupted
from conform62351.tooling.fuzz.sharing import DeviceHeld, SharedDevice
from conform62351.tooling.fuzz.state import COUNTS_FILE, read_counts

CRASH = "fw-tpkt-length-below-header"
PLAIN = ("--stack", "plain", "--role", "server")
LIMIT_S: Final = 20.0
DOWN_S: Final = 0.3
"""What a watchdog takes: long enough to be seen."""
PIXIT = """\
boot_time = 10.0
max_associations = 5
[dut]
host = "127.0.0.1"
port = 1
[data]
read = "IEDREF1LD0/GGIO1$ST$IntIn1$stVal"
write = "IEDREF1LD0/GGIO1$SP$IntSet1$setVal"
structure = "IEDREF1LD0/GGIO1$MX$AnIn1"
data_set = "IEDREF1LD0/LLN0$events"
report_block = "IEDREF1LD0/LLN0$RP$urcb01"
[log]
access = "file"
file = "{log}"
[limit]
connect = 2.0
associate = 2.0
respond = 2.0
close = 7.0
"""
CONFIGURED = """\
[action.configure]
kind = "http"
url = "{control}configure?name={{configuration}}"
[configuration.native]
"""
ACTIONS = """\
[action.connect]
kind = "wait"
seconds = 1.0
[action.configure]
kind = "command"
command = ["true"]
[configuration.tls]
"""
HOLDER = """\
import pathlib, sys, time
from conform62351.tooling.fuzz.sharing import SharedDevice
share = SharedDevice(pathlib.Path(sys.argv[1]), 2, 2)
with share.alone(lambda: None):
    share.changed()
    print("alone", flush=True)
    time.sleep(600)
"""


def nothing() -> None:
    """There is no association to end."""


def never() -> bool:
    """Say that the campaign goes on."""
    return False


@contextmanager
def workers(folder: Path) -> Iterator[tuple[SharedDevice, SharedDevice]]:
    with closing(SharedDevice(folder, 1, 2)) as one, closing(SharedDevice(folder, 2, 2)) as other:
        yield one, other


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Have work done by another thread, which has ended behind this."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join(LIMIT_S)
    assert not thread.is_alive()


def test_workers_play_side_by_side(tmp_path: Path) -> None:
    with workers(tmp_path) as (one, other):
        assert one.enter(nothing, never)
        assert other.enter(nothing, never)
        assert (one.crowd(), other.crowd()) == (2, 0)


def test_who_is_alone_has_waited_until_the_others_have_ended_their_associations(tmp_path: Path) -> None:
    done: list[str] = []
    with workers(tmp_path) as (one, other):
        assert one.enter(nothing, never)

        def look_into() -> None:
            with other.alone(nothing):
                done.append("alone")
                assert other.crowd() == 1

        with beside(look_into):
            # However many cases come one behind another: who waits is let in first.
            deadline = time.monotonic() + LIMIT_S
            while not done and time.monotonic() < deadline:
                assert one.enter(lambda: done.append("rest"), never)
            one.leave(nothing)
        assert done == ["rest", "alone"]


def test_nobody_enters_while_one_is_alone(tmp_path: Path) -> None:
    asked = 0

    def ended() -> bool:
        nonlocal asked
        asked += 1
        return asked == 3

    with workers(tmp_path) as (one, other), one.alone(nothing):
        assert not other.enter(nothing, ended)
        assert asked == 3


def test_one_that_is_stopped_waits_no_longer(tmp_path: Path) -> None:
    with closing(SharedDevice(tmp_path, 1, 2)) as one, one.alone(nothing):
        stopped = SharedDevice(tmp_path, 2, 2, lambda: True)
        with closing(stopped), pytest.raises(Interrupted), stopped.alone(nothing):
            """It is not let in."""
    with closing(SharedDevice(tmp_path, 1, 2)) as one, one.alone(nothing):
        """Nothing is held by who did not come in."""


def test_no_wait_is_without_end(tmp_path: Path) -> None:
    with workers(tmp_path) as (one, other):
        other.limit = 0.05
        with one.alone(nothing):
            with pytest.raises(DeviceHeld, match="has not let go"), other.alone(nothing):
                """It is not let in."""
            with pytest.raises(DeviceHeld):
                other.enter(nothing, never)


def test_what_others_have_done_to_the_device_is_noticed(tmp_path: Path) -> None:
    with workers(tmp_path) as (one, other):
        assert one.enter(nothing, never)
        assert not one.renewed()
        one.leave(nothing)
        with other.alone(nothing):
            """It has only looked."""
        assert one.enter(nothing, never)
        assert not one.renewed()
        one.leave(nothing)
        with other.alone(nothing):
            other.changed()
        with one.alone(nothing):
            assert one.disturbed
            assert one.renewed()
            assert not one.renewed()
            one.changed()
        with one.alone(nothing):
            assert not one.disturbed, "its own doing"
            assert not one.renewed()


def test_others_get_the_device_first_and_it_is_known_whether_they_have_changed_it(tmp_path: Path) -> None:
    with workers(tmp_path) as (one, other):

        def look_into() -> None:
            with other.alone(nothing):
                other.changed()

        with one.alone(nothing):
            assert not one.others_first(nothing)
            with beside(look_into):
                deadline = time.monotonic() + LIMIT_S
                while not (asked := one.others_first(nothing)) and time.monotonic() < deadline:
                    """The other one has not come to wait yet."""
            assert asked


def test_who_is_asked_why_the_device_was_down_asks_nobody_in_its_turn(tmp_path: Path) -> None:
    with workers(tmp_path) as (one, other):
        with other.alone(nothing):
            assert not other.others_first(nothing)
        assert not other.asked(), "its own question"
        assert one.enter(nothing, never)
        assert one.asked()
        with one.alone(nothing):
            assert one.disturbed
        assert one.enter(nothing, never)
        assert not one.asked()
        with one.alone(nothing):
            assert not one.disturbed


def test_one_that_is_killed_holds_nothing_and_what_it_did_is_known(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with (
        closing(SharedDevice(tmp_path, 1, 2)) as one,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder,
    ):
        assert one.enter(nothing, never)
        one.leave(nothing)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "alone\n"
        asked = iter((False, True))
        assert not one.enter(nothing, lambda: next(asked))
        holder.kill()
        holder.wait()
        with one.alone(nothing):
            assert one.disturbed


@contextmanager
def device(tmp_path: Path, *faults: str, pki: Path | None = None) -> Iterator[list[str]]:
    """Run a device with a watchdog, in plain MMS or with its credentials; give the words that name it."""
    pixit = tmp_path / "device.pixit.toml"
    log = tmp_path / "security.log"
    over = threading.Event()
    with start_device(faults=faults, log=log, pki=pki) as process:
        pixit.write_text(PIXIT.format(log=log) + CONFIGURED.format(control=process.control))

        def watch() -> None:
            while not over.wait(DOWN_S):
                if not process.alive():
                    time.sleep(DOWN_S)
                    process.boot()

        words = ["--pics", str(device_file("pics.toml")), "--pixit", str(pixit), "--explore"]
        with beside(watch):
            try:
                yield [*words, "--set", f"dut.port={process.address.port}"]
            finally:
                over.set()


def test_two_workers_find_nothing_in_one_correct_device_and_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], workshop: Workshop
) -> None:
    out = tmp_path / "campaign"
    with device(tmp_path, pki=workshop.dut) as words:
        words += [*credentials_of(workshop), "--set", f"tester.revocation_port={free_port()}"]
        command = ["fuzz", "--out", str(out), *words, "--workers", "2", "--unattended"]
        of_native = ["--stack", "native", "--role", "server", "--seed", "5"]
        assert main([*command, *of_native, "--cases", "80"]) == 0
        first = json.loads((out / "summary.json").read_text())
        # The device is still in the configuration of native mode.
        assert main([*command, "--cases", "120", "--resume"]) == 0
    summary = json.loads((out / "summary.json").read_text())
    assert (first["cases"], summary["cases"], summary["workers"]) == (80, 120, 2)
    for one in (first, summary):
        assert (one["findings"], one["unconfirmed"], one["errors"], one["lost"]) == ([], [], [], [])
        assert one["complete"]
        assert [row["reason"] for row in one["not_tested"] if row["name"] == "security-event log"] == [
            "several workers play at the device: whose doing a line of its log is cannot be told"
        ]
    assert "security-event log: several workers" in capsys.readouterr().out
    counts = [read_counts(out / f"worker-{number}" / COUNTS_FILE) for number in (1, 2)]
    assert [one and one.cases for one in counts] == [60, 60]


def test_a_crash_is_found_once_by_who_causes_it_and_not_by_who_plays_beside(tmp_path: Path) -> None:
    out = tmp_path / "campaign"
    with device(tmp_path, CRASH) as words:
        command = [sys.executable, "-m", "conform62351.tooling.cli.main", "fuzz", "--out", str(out), *words]
        command += [*PLAIN, "--seed", "5", "--workers", "2"]
        shares = (
            ["--worker", "1", "--layer", "tpkt", "--cases", "40"],
            ["--worker", "2", "--layer", "mms", "--cases", "300"],
        )
        both = [subprocess.Popen([*command, *share], stdout=subprocess.DEVNULL) for share in shares]
        assert [process.wait() for process in both] == [0, 0]
    store = FindingStore(out)
    found = list(store.findings())
    assert found
    assert all(one.complaint.severity == "unavailable" for one in found)
    assert all(part.startswith("TPKT") for one in found for part in one.place)
    assert len({one.place for one in found}) == len(found)
    assert not [one.complaint for one in store.findings(confirmed=False) if one.original.layer == "mms"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ((*PLAIN, "--set", "lockout=3"), "lockout of the PIXIT is 3 s"),
        ((*PLAIN, "--set", "min_interval=0.5"), "min_interval of the PIXIT is 0.5 s"),
        ((*PLAIN, "--set", "pace=0.5"), "pace of the PIXIT is 0.5 s"),
        ((*PLAIN, "--set", "max_associations=1"), "max_associations of the PIXIT is 1"),
        (("--stack", "plain"), "--role server leaves it out"),
        (("--role", "server"), "name one --stack of plain, tls"),
    ],
    ids=["lockout", "min_interval", "pace", "max_associations", "client", "configurations"],
)
def test_what_cannot_be_shared_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], told: str
) -> None:
    pixit = tmp_path / "device.pixit.toml"
    pixit.write_text(PIXIT.format(log=tmp_path / "log") + ACTIONS)
    files = ["--pics", str(device_file("pics.toml")), "--pixit", str(pixit), "--explore"]
    assert main(["fuzz", "--out", str(tmp_path / "new"), *files, "--workers", "2", *more]) == 2
    errors = capsys.readouterr().err
    assert "--workers: " in errors
    assert told in errors
    assert not list((tmp_path / "new").glob("worker-*"))


def test_workers_have_nobody_to_ask(tmp_path: Path) -> None:
    pixit = tmp_path / "device.pixit.toml"
    question = '[action.reset]\nkind = "question"\nquestion = "Is it off and on again?"\n'
    pixit.write_text(PIXIT.format(log=tmp_path / "log") + question)
    of = Options(tmp_path / "new", Files(device_file("pics.toml"), pixit), explore=True)
    options = FuzzOptions(options=of, workers=2, stacks=("plain",), roles=("server",))
    with shareable(options, Operator(None)):
        """Nobody is asked."""
    with (
        pytest.raises(UsageError, match="nobody can be asked about reset"),
        shareable(options, Operator(str)),
    ):
        """It is refused."""
