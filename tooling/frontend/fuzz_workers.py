"""Several processes of one campaign, each with a device of its own or all at one; findings are common."""

from __future__ import annotations

import contextlib
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

import msgspec

from conform62351.reports.render.words import plural
from conform62351.tooling.frontend.fuzz_options import FuzzOptions
from conform62351.tooling.fuzz.outcome import Part, joined
from conform62351.tooling.fuzz.progress import Progress, Tell
from conform62351.tooling.fuzz.state import COUNTS_FILE, Counts, read_counts

POLL_S: Final = 0.5
END_S: Final = 60.0
"""What a worker has to come to an end when it is told to: it may be about a finding."""
MOST_STARTS: Final = 10
"""How often a worker is started: what ends it each time is nothing that goes by."""
GIVES_UP: Final = 2
"""The exit code of a worker that has said itself why it cannot go on."""
MOST_LINE: Final = 16 * 1024 * 1024
CHUNK: Final = 1 << 16


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """What a worker came to at its end, and the name of its device."""

    part: Part
    device: str


class Doing(msgspec.Struct, frozen=True, tag="doing"):
    """How far a worker is."""

    progress: Progress


_DECODER: Final = msgspec.json.Decoder(Ended | Doing)


def say(message: Ended | Doing) -> None:
    """Tell those who have started this worker.

    Raises:
        BrokenPipeError: they are gone.
    """
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


class _Worker:
    """A worker as seen from outside. One that ends before its time is started again, and goes on."""

    def __init__(self, options: FuzzOptions, number: int) -> None:
        self.number = number
        self.folder = options.options.out / f"worker-{number}"
        self.progress = Progress(cases=0, seconds=0.0, behaviours=0, corpus=0, findings=0, unconfirmed=0)
        self.ended: Ended | None = None
        self.lost: list[str] = []
        self._heard = b""
        self._words = [*options.words(), "--worker", str(number)]
        if options.limits.cases is not None:
            share, rest = divmod(options.limits.cases, options.workers)
            self._words += ["--cases", str(share + (number <= rest))]
        self._resume = options.resume
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        words = [*self._words, "--resume"] if self._resume else self._words
        return subprocess.Popen(
            [sys.executable, "-m", "conform62351.tooling.cli.main", "fuzz", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def started_again(self) -> bool:
        """Start it once more if it has ended before its time, and not too often; return whether it was."""
        code = _end(self.process, END_S)
        if self.ended is not None:
            return False
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        self.lost.append(f"worker {self.number} has ended {how} after {self.progress.cases} cases")
        if len(self.lost) >= MOST_STARTS or code == GIVES_UP:
            return False
        self._heard = b""
        self._resume = True
        self.process = self._started()
        return True

    def hear(self, octets: bytes) -> None:
        """Take what it has written."""
        self._heard += octets
        *lines, self._heard = self._heard[-MOST_LINE:].split(b"\n")
        for line in lines:
            with contextlib.suppress(msgspec.MsgspecError):
                told = _DECODER.decode(line)
                if isinstance(told, Ended):
                    self.ended = told
                else:
                    self.progress = told.progress

    def part(self, seed: int) -> Part:
        """Return what it came to; of one that is lost for good, what it has left on disk."""
        lost = tuple(self.lost)
        if self.ended is not None:
            return msgspec.structs.replace(self.ended.part, lost=lost)
        counts = read_counts(self.folder / COUNTS_FILE) or Counts()
        gone = lost[-1] if lost else ""
        return Part(seed=seed, counts=counts, corpus=self.progress.corpus, gone=gone, lost=lost)


def run_workers(options: FuzzOptions, tell: Tell, stopped: Callable[[], bool]) -> tuple[Part, str]:
    """Have ``options.workers`` processes fuzz; return what they came to together, and the device's name.

    One that is lost loses no finding, and at most the case under way: it is started again, while the others
    go on, and the summary says so.
    """
    workers = [_Worker(options, number) for number in range(1, options.workers + 1)]
    told = False
    deadline = float("inf")
    try:
        with selectors.DefaultSelector() as selector:

            def listen(worker: _Worker) -> None:
                assert worker.process.stdout is not None
                selector.register(worker.process.stdout, selectors.EVENT_READ, worker)

            for worker in workers:
                listen(worker)
            while selector.get_map() and time.monotonic() < deadline:
                for key, _ in selector.select(POLL_S):
                    octets = key.fileobj.read1(CHUNK)  # type: ignore[union-attr]
                    if octets:
                        key.data.hear(octets)
                        continue
                    selector.unregister(key.fileobj)
                    if not told and key.data.started_again():
                        listen(key.data)
                tell(_together(workers))
                if stopped() and not told:
                    told, deadline = True, time.monotonic() + END_S
                    for worker in workers:
                        worker.process.send_signal(signal.SIGTERM)
    finally:
        for worker in workers:
            _end(worker.process, 0.0 if told else END_S)
    parts = [worker.part(options.options.seed or 0) for worker in workers]
    device = next((worker.ended.device for worker in workers if worker.ended is not None), "")
    return joined(parts), device


def _end(process: subprocess.Popen[bytes], limit: float) -> int:
    """Wait for the end of a process, which is made after ``limit`` seconds; return how it has ended."""
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
    return process.returncode


def _together(workers: list[_Worker]) -> Progress:
    every = [worker.progress for worker in workers]
    lost = sum(len(worker.lost) for worker in workers)
    again = [f"{plural(lost, 'worker')} started again"] if lost else []
    return Progress(
        cases=sum(one.cases for one in every),
        seconds=max(one.seconds for one in every),
        behaviours=max(one.behaviours for one in every),
        corpus=sum(one.corpus for one in every),
        findings=max(one.findings for one in every),
        unconfirmed=max(one.unconfirmed for one in every),
        doing="; ".join(dict.fromkeys((*again, *(one.doing for one in every if one.doing)))),
    )
