"""Workers in parallel: orders go out, answers come in, and a worker that is lost is replaced."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from conform62351.tooling.proof import messages as m

START_S: Final = 120.0
"""What a new worker has until it is ready: it imports all suites and makes credentials."""
POLL_S: Final = 0.25
SEND_S: Final = 10.0
CHUNK: Final = 1 << 16
ERRORS_SHOWN: Final = 300


class PoolError(Exception):
    """A worker does not come up: a flaw of the harness or of the machine, no fault of a fault."""


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no answer: ``why`` tells what became of the worker."""

    why: str


Next = Callable[[], m.Order | None]
Done = Callable[[m.Order, m.Answer | Lost], None]


class Pool:
    """Up to ``jobs`` workers that know the faults of ``module`` besides ours.

    Each order has ``limit_s`` seconds. A worker that has not answered by then is killed, with all processes
    that it has started.
    """

    def __init__(self, jobs: int, module: Path | None, limit_s: float) -> None:
        self._jobs = jobs
        self._module = module
        self._limit_s = limit_s
        self._folder = tempfile.TemporaryDirectory(prefix="conform62351-proof-", ignore_cleanup_errors=True)
        self._decoder = msgspec.json.Decoder(m.Answer)
        self._selector = selectors.DefaultSelector()
        self._workers: list[_Process] = []
        self._started = 0

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in tuple(self._workers):
            self._drop(worker)
        self._selector.close()
        self._folder.cleanup()

    @property
    def processes(self) -> tuple[int, ...]:
        """The process identifiers of the workers that there are now."""
        return tuple(worker.process.pid for worker in self._workers)

    def carry_out(self, next_order: Next, done: Done, stopped: Callable[[], bool]) -> None:
        """Give out orders until there is none left and the last is answered, or ``stopped`` says so.

        ``done`` is told of every order with its answer; it may make more orders.

        Raises:
            PoolError: a worker does not become ready.
        """
        while not stopped():
            self._give_out(next_order)
            busy = [worker for worker in self._workers if worker.order is not None]
            if not busy:
                return
            for key, _ in self._selector.select(POLL_S):
                worker: _Process = key.data
                self._read(worker, done)
            now = time.monotonic()
            for worker in busy:
                if worker.order is not None and worker.deadline < now:
                    self._lose(worker, f"does not come back within {self._limit_s:g} s", done)

    def _give_out(self, next_order: Next) -> None:
        """Give an order to every worker that has none; there are no more workers than orders."""
        idle = [worker for worker in self._workers if worker.order is None]
        while idle or len(self._workers) < self._jobs:
            order = next_order()
            if order is None:
                return
            if idle:
                idle.pop().give(order, self._limit_s)
            else:
                self._start(order)

    def _start(self, order: m.Order) -> None:
        """Start a worker that gets ``order`` when it is ready."""
        self._started += 1
        folder = Path(self._folder.name) / str(self._started)
        folder.mkdir()
        worker = _Process(folder, self._module, order)
        self._workers.append(worker)
        self._selector.register(worker.line, selectors.EVENT_READ, worker)

    def _read(self, worker: _Process, done: Done) -> None:
        try:
            octets = worker.line.recv(CHUNK)
        except OSError:
            octets = b""
        worker.heard += octets
        if not octets:
            self._lose(worker, "", done)
        elif len(worker.heard) > m.MAX_LINE:
            self._lose(worker, "says more than a worker has to say", done)
        elif worker.heard.endswith(b"\n"):
            self._heard(worker, done)

    def _heard(self, worker: _Process, done: Done) -> None:
        try:
            answer = self._decoder.decode(worker.heard)
        except msgspec.DecodeError as error:
            self._lose(worker, f"says what no worker says: {error}", done)
            return
        worker.heard = b""
        order = worker.order
        if isinstance(answer, m.Ready):
            worker.ready = True
            if order is not None:
                worker.give(order, self._limit_s)
        elif order is not None:
            worker.order = None
            done(order, answer)

    def _lose(self, worker: _Process, why: str, done: Done) -> None:
        """Give the worker up; where ``why`` is empty, it has ended by itself."""
        order = worker.order
        code = self._drop(worker, kill=bool(why))
        told = why or _ended(code) + worker.last_words()
        if not worker.ready:
            raise PoolError(f"a worker {told}")
        if order is not None:
            done(order, Lost(told))

    def _drop(self, worker: _Process, *, kill: bool = True) -> int:
        self._selector.unregister(worker.line)
        self._workers.remove(worker)
        return worker.end(kill=kill)


class _Process:
    """A worker as seen from outside: whether it is ready, the order that it has, and until when."""

    def __init__(self, folder: Path, module: Path | None, order: m.Order) -> None:
        self._errors = folder / "errors.txt"
        self.line, theirs = socket.socketpair()
        self.line.settimeout(SEND_S)
        arguments = [str(theirs.fileno()), str(folder), *([] if module is None else [str(module)])]
        with theirs, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "conform62351.tooling.proof.worker", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.order: m.Order | None = order
        self.ready = False
        self.heard = b""
        self.deadline = time.monotonic() + START_S

    def give(self, order: m.Order, limit_s: float) -> None:
        """Send an order; where the line is broken already, nothing is read there but its end."""
        self.deadline = time.monotonic() + limit_s
        self.order = order
        with contextlib.suppress(OSError):
            self.line.sendall(msgspec.json.encode(order) + b"\n")

    def end(self, *, kill: bool) -> int:
        """End the process and what it has started, and return its exit code."""
        self.line.close()
        if not kill:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(SEND_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def last_words(self) -> str:
        """Return the last line that it has printed, behind a colon."""
        with contextlib.suppress(OSError), self._errors.open("rb") as errors:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - ERRORS_SHOWN))
            lines = errors.read().decode("utf-8", "replace").strip().splitlines()
            return f": {lines[-1]}" if lines else ""
        return ""


def _ended(code: int) -> str:
    if code < 0:
        return f"ends the process by signal {-code}"
    return f"ends the process with exit code {code}"
