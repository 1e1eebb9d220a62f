"""A worker: a process that plays cases, one after the other, as it is told over a socket.

Modules of strangers run here and nowhere else. Whatever they do to the process, the one who gave the order
finds the worker gone or silent, and starts another.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from conform62351.fixtures.faults.registry import DeviceFault, FaultError, fault_catalogue
from conform62351.fixtures.pki.workshop import WorkshopPlan, make_workshop
from conform62351.profiles.policy import Policy
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.revocation_server import RevocationServer
from conform62351.tooling.proof import messages as m
from conform62351.tooling.proof.bench import HASTY_LIMITS, Bench
from conform62351.tooling.proof.judging import Trial, try_correct, try_fault
from conform62351.tooling.proof.recording import Recorder
from conform62351.tooling.proof.watching import Guarded, Shadow

MEMORY: Final = 4 << 30
"""Octets of address space: what asks for more gets a MemoryError, and the machine goes on."""
LARGEST_FILE: Final = 1 << 28
PARENT_LOOKED_FOR_S: Final = 1.0
TEXT_KEPT: Final = 2000


class Worker:
    """Carries out orders on a bench with credentials of its own, in ``folder``."""

    def __init__(self, module: Path | None, folder: Path) -> None:
        self._module = module
        self._folder = folder
        self._faults: Mapping[str, DeviceFault] | None = None
        self._cases = load()
        self._bench = self._made()

    def answer(self, order: m.Order) -> m.Answer:
        """Carry out an order."""
        match order:
            case m.Describe():
                return self._describe()
            case m.Watch():
                return self._watch(order)
            case m.Try():
                return self._try(order)
            case m.Record():
                return self._record(order)

    def _describe(self) -> m.Described:
        own = fault_catalogue()
        try:
            faults = self._catalogue()
        except FaultError as error:
            return m.Described(refused=str(error)[:TEXT_KEPT])
        return m.Described(
            [
                m.FaultFacts(
                    fault.name,
                    fault.clause,
                    fault.requirement,
                    list(fault.caught_by),
                    list(fault.roles),
                    fault.wrong[:TEXT_KEPT],
                    fault.name in own,
                )
                for fault in faults.values()
            ]
        )

    def _watch(self, order: m.Watch) -> m.Watched:
        """Play with shadows; what did not pass then is played again without them."""
        case = self._cases[order.case]
        began = time.monotonic()
        made: dict[str, Policy] = {}
        unmade: list[str] = []
        for name in order.faults:
            try:
                made[name] = self._catalogue()[name].make()
            except Exception:  # noqa: BLE001 - told when the fault is tried
                unmade.append(name)
        shadow = Shadow(made)
        trial = self._correct(case, shadow)
        touched = {*unmade, *shadow.touched()}
        if not trial.passes:
            touched = set(order.faults)
            trial = self._correct(case, Policy())
        elapsed = time.monotonic() - began
        return m.Watched(case.id, elapsed, "" if trial.passes else _told(trial), sorted(touched))

    def _correct(self, case: Case, policy: Policy) -> Trial:
        """Play ``case`` as it is played with a fault, behind its baseline: faults may begin there."""
        baseline = self._cases[case.baseline] if case.baseline else None
        with self._tidy() as bench, bench.device_for(case, policy, HASTY_LIMITS) as subject:
            return try_correct(subject, case, baseline)

    def _try(self, order: m.Try) -> m.Tried:
        case = self._cases[order.case]
        began = time.monotonic()
        guards: list[Guarded] = []

        def make() -> Policy:
            guards.append(Guarded(self._catalogue()[order.fault].make()))
            return guards[-1]

        def tried(verdict: str, shown: str, failing: tuple[str, ...] = (), raised: str = "") -> m.Tried:
            raised = next((guard.trouble for guard in guards if guard.trouble), raised)
            elapsed = time.monotonic() - began
            return m.Tried(
                case.id,
                order.fault,
                elapsed,
                verdict,
                list(failing),
                shown[:TEXT_KEPT],
                raised[:TEXT_KEPT],
            )

        with self._tidy() as bench:
            try:
                trial = try_fault(bench, self._cases, case, make, declared=order.declared)
            except Exception as error:  # noqa: BLE001 - costs this case with this fault, not the matrix
                said = f"{type(error).__name__}: {error}"
                return tried(Verdict.ERROR.value, said, raised="" if guards else f"make() raises {said}")
        if trial.obstacles:
            return tried(m.OBSTACLE, ", ".join(trial.obstacles))
        if not trial.sound:
            return tried(m.BASELINE, trial.shown)
        return tried(trial.verdict.value, trial.shown, trial.failing)

    def _record(self, order: m.Record) -> m.Recorded:
        recorder = Recorder()
        self._correct(self._cases[order.case], recorder)
        return m.Recorded(order.case, recorder.tables(), recorder.values())

    def _catalogue(self) -> Mapping[str, DeviceFault]:
        if self._faults is None:
            self._faults = fault_catalogue(self._module)
        return self._faults

    @contextmanager
    def _tidy(self) -> Iterator[Bench]:
        """Give the bench, and remove the logs that were written there."""
        try:
            yield self._bench
        finally:
            for path in (self._folder / "bench").glob("*.*l*"):
                path.unlink(missing_ok=True)

    def _made(self) -> Bench:
        server = RevocationServer()
        server.__enter__()
        plan = WorkshopPlan(now=time.time(), ocsp_url=server.ocsp_url)
        workshop = make_workshop(self._folder / "pki", plan)
        server.publish(CredentialFolder.load(workshop.tester))
        folder = self._folder / "bench"
        folder.mkdir()
        return Bench(folder, workshop, server)


def _told(trial: Trial) -> str:
    said = ", ".join(trial.obstacles) or f"{trial.verdict.value}: {trial.shown}"
    return said[:TEXT_KEPT]


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_LOOKED_FOR_S)
    os._exit(1)


def serve(descriptor: int, module: Path | None, folder: Path) -> None:
    """Carry out the orders that come in at the socket ``descriptor`` until it is closed."""
    worker = Worker(module, folder)
    orders = msgspec.json.Decoder(m.Order)
    with socket.socket(fileno=descriptor) as line, line.makefile("rb") as incoming:
        line.sendall(msgspec.json.encode(m.Ready()) + b"\n")
        for octets in iter(lambda: incoming.readline(m.MAX_LINE), b""):
            line.sendall(msgspec.json.encode(worker.answer(orders.decode(octets))) + b"\n")


def main() -> None:
    """Serve at a descriptor, in a folder, with a fault module or none: the arguments of the process."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    tempfile.tempdir = sys.argv[2]
    serve(int(sys.argv[1]), Path(sys.argv[3]) if len(sys.argv) > 3 else None, Path(sys.argv[2]))
    os._exit(0)


if __name__ == "__main__":
    main()
