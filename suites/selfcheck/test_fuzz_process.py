"""What the fuzzer sees of a device that is a process: how it ends, what it says, and what grows."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conform62351.tooling.engine.steps import conversation
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.process import Foreign, ProcessWatch, steady_growth

SERVED = """
import os, signal, sys, threading, time
kept = []
for number, line in enumerate(sys.stdin, 1):
{work}
    print(number, flush=True)
"""
"""A process that does ``work`` about each line, and says when it is done."""


class Served:
    """A process at work, case by case."""

    def __init__(self, process: subprocess.Popen[str], watch: ProcessWatch) -> None:
        self.process = process
        self.watch = watch
        self._cases = 0

    def play(self, cases: int) -> list[Complaint]:
        """Give it so many cases, and return what is said of it."""
        found: list[Complaint] = []
        for _ in range(cases):
            if not self.tell("case"):
                break
            found += self.watch.look(self._cases)
        return found

    def leaks(self, kind: str) -> Complaint | None:
        """Give it a case of a kind, which is its line, and return what is said of that."""
        case = Case(base=kind, layer="", mutators=(), conversation=conversation())
        self.tell(kind)
        return self.watch.leaks(case, lambda: self.tell(kind), lambda done: done() or self.tell("settle"))

    def tell(self, line: str) -> bool:
        """Give it a line, and wait until it is done with it; return whether it was there to be given it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._cases += 1
        try:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return False
        if not self.process.stdout.readline():
            self.process.wait()
        return True


@contextmanager
def served(folder: Path, *work: str) -> Iterator[Served]:
    """Run a process that does ``work``, lines of Python, about each case."""
    code = SERVED.format(work="\n".join(f"    {line}" for line in work or ("pass",)))
    errors = folder / "errors.txt"
    with errors.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )
    try:
        yield Served(process, ProcessWatch(process, errors))
    finally:
        process.kill()
        process.communicate()


def names(found: list[Complaint]) -> list[str]:
    return [one.oracle for one in found]


def test_a_process_that_goes_on_gives_no_reason_to_complain(tmp_path: Path) -> None:
    with served(tmp_path, "sys.stderr.write('serving\\n')", "kept.append(bytes(200))") as device:
        assert not device.play(1300)


@pytest.mark.parametrize(
    ("work", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV) if number == 3 else None", "SIGSEGV"),
        ("os._exit(7) if number == 3 else None", "exit status 7"),
    ],
    ids=["signal", "exit"],
)
def test_a_process_that_ends_is_found_once(tmp_path: Path, work: str, told: str) -> None:
    with served(tmp_path, work) as device:
        found = device.play(6)
    assert names(found) == ["process-ends"]
    assert told in found[0].text
    assert found[0].severity == "unavailable"


def test_what_a_sanitizer_says_is_found(tmp_path: Path) -> None:
    cry = "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602"
    with served(tmp_path, f"sys.stderr.write('{cry}\\n') if number == 2 else None") as device:
        found = device.play(4)
    assert names(found) == ["process-errors"]
    assert "heap-buffer-overflow" in found[0].text
    assert found[0].severity == "security"


@pytest.mark.parametrize(
    ("work", "oracle"),
    [
        ("kept.append(bytearray(b'x' * 40_000))", "process-memory"),
        ("kept.append(os.open('/dev/null', os.O_RDONLY)) if number % 4 == 0 else 0", "process-descriptors"),
        (
            "threading.Thread(target=time.sleep, args=(60,), daemon=True).start() if number % 8 == 0 else 0",
            "process-threads",
        ),
    ],
    ids=["memory", "descriptors", "threads"],
)
def test_a_leak_is_found(tmp_path: Path, work: str, oracle: str) -> None:
    with served(tmp_path, work) as device:
        found = device.play(1100)
    assert names(found) == [oracle]
    assert found[0].severity == "resource"


RARELY = "if line == 'rare\\n': "


@pytest.mark.parametrize(
    ("work", "oracle"),
    [
        ("kept.append(bytearray(b'x' * 2_000_000))", "process-memory"),
        ("kept.append(bytearray(b'x' * 300_000))", "process-memory"),
        ("kept.append(os.open('/dev/null', os.O_RDONLY))", "process-descriptors"),
    ],
    ids=["much", "a little", "descriptors"],
)
def test_a_leak_of_one_kind_of_case_among_many_is_found_by_that(
    tmp_path: Path, work: str, oracle: str
) -> None:
    draw = random.Random(2)
    kinds = [draw.choice(("often", "also", "more")) if draw.random() < 0.9 else "rare" for _ in range(400)]
    with served(tmp_path, RARELY + work) as device:
        for kind in kinds:
            found = device.leaks(kind)
            if found is not None:
                break
    assert found is not None
    assert (kind, found.oracle, found.severity) == ("rare", oracle, "resource")


@pytest.mark.parametrize(
    "work",
    [
        "kept.append(bytearray(b'x' * 300_000)) if number < 30 else None",
        "kept.append(bytearray(b'x' * int(4e6 * 0.9**number)))",
        "bytearray(b'x' * (number % 7) * 400_000)",
        "[os.close(kept.pop()) for _ in kept[:]] if line == 'settle\\n' else kept.append(os.dup(0))",
    ],
    ids=["filled", "less and less", "given back", "closed late"],
)
def test_what_grows_with_a_kind_of_case_and_stops_is_no_leak_of_it(tmp_path: Path, work: str) -> None:
    with served(tmp_path, work) as device:
        assert not [kind for kind in ("often", "rare") * 60 if device.leaks(kind) is not None]


def test_nothing_leaks_from_a_process_that_is_gone(tmp_path: Path) -> None:
    with served(tmp_path, "os._exit(1)") as device:
        assert device.leaks("often") is None
        assert device.leaks("often") is None


def test_what_cases_of_others_take_is_no_leak_of_a_single_one_and_told_by_one_worker(tmp_path: Path) -> None:
    crowd = 2
    with served(tmp_path, "kept.append(os.open('/dev/null', os.O_RDONLY))") as device:
        device.watch = ProcessWatch(device.process, None, lambda: crowd)
        assert not [kind for _ in range(60) if (kind := device.leaks("often")) is not None]
        crowd = 0
        assert not device.play(400)
        crowd = 1
        assert "process-descriptors" in names(device.play(400))


def test_what_fills_up_and_stays_so_is_no_leak(tmp_path: Path) -> None:
    with served(tmp_path, "kept.append(bytearray(b'x' * 90_000)) if number < 250 else None") as device:
        assert not device.play(1300)


def test_a_process_that_is_no_child_is_seen_to_end(tmp_path: Path) -> None:
    with served(tmp_path) as device:
        watch = ProcessWatch(Foreign(device.process.pid))
        assert not watch.look(1)
        device.process.send_signal(signal.SIGKILL)
        device.process.wait()
        assert names(list(watch.look(2))) == ["process-ends"]


def test_another_process_is_looked_at_after_a_reset(tmp_path: Path) -> None:
    with served(tmp_path, "os._exit(1)") as first, served(tmp_path) as second:
        assert names(first.play(1)) == ["process-ends"]
        first.watch.renew(second.process)
        assert not first.watch.look(2)


def test_no_process_of_that_number_is_one_that_has_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert Foreign(process.pid).poll() is not None
    assert Foreign(os.getpid()).poll() is None


def test_growth_is_told_from_noise_steps_and_saturation() -> None:
    draw = random.Random(1)
    cases = range(0, 4000, 8)
    noise = [(float(case), 5e7 + draw.gauss(0, 1e6)) for case in cases]
    leak = [(case, value + 3000 * case) for case, value in noise]
    step = [(case, value + 9e6 * (case > 1000)) for case, value in noise]
    full = [(case, value + 9e6 * min(case, 2000) / 2000) for case, value in noise]
    steps = [(case, value + 6e6 * (case // 1300)) for case, value in noise]
    spikes = [(case, value + 1e9 * (number % 50 == 7)) for number, (case, value) in enumerate(leak)]
    assert 2500 < steady_growth(leak) < 3500
    assert 2500 < steady_growth(spikes) < 3500
    assert steady_growth(noise) < 500
    assert steady_growth(full) == 0
    assert steady_growth(step) == 0
    assert steady_growth(steps) == 0
    assert steady_growth(leak[:20]) == 0
