"""The tester's side: plays cases against mutants, which run in processes forked by :mod:`fork_server`."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.pki.workshop import WorkshopPlan, make_workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import Value, load_pixit
from conform62351.reports.model.eventlog import EventLog
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Verdict, worst
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.player import Player
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.mutation.belongings import EXECUTED
from conform62351.tooling.mutation.cases import playable
from conform62351.tooling.mutation.fork_server import START_LIMIT_S
from conform62351.tooling.mutation.tracing import Units
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.revocation_server import RevocationServer
from conform62351.tooling.proof.bench import CLOSE_LIMIT_S, PATIENCE, SENDS_LOG
from conform62351.tooling.proof.setup import Setup

SILENCE_LIMIT_S: Final = 600.0
"""How long the process that mutants are forked from may take to answer: at first it has much to import."""


class NotStarted(Exception):
    """A mutant did not come to serve; the message says what it raised."""


class Mutated:
    """A device that runs in a process of its own, and the tester's view of it."""

    def __init__(self, bench: MutantBench, dut: Dut, log: RunLog) -> None:
        self.dut = dut
        self._bench = bench
        self._log = log
        self._configuration = "default"

    def alive(self) -> bool:
        """Return whether the process runs."""
        return bool(self._bench.ask({"alive": True})["alive"])

    def executed(self) -> Units:
        """Return what a traced device has executed since this was asked last.

        Raises:
            OSError: the device does not answer.
        """
        request = Request(self._bench.control + EXECUTED, method="POST")
        with urlopen(request, timeout=START_LIMIT_S) as answer:
            units: Units = json.load(answer)["units"]
        return units

    def configure(self, name: str) -> None:
        """Bring the device into the configuration ``name``. Raises ActionFailed."""
        if name != self._configuration:
            self.dut.configure(name)
            self._configuration = name

    def play(self, case: Case) -> list[CheckMade]:
        """Play ``case`` up to its first conversation that does not pass, and return its checks.

        Raises:
            ActionFailed: the device cannot be brought into the configuration.
        """
        self.configure(case.configuration)
        player = Player(self.dut, self._log, case.id, 1, still_associates=lambda: True)
        checks: list[CheckMade] = []
        for talk in case.conversations_for(self.dut.declaration.answers):
            checks += player.play(talk)
            if verdict_of(checks) is not Verdict.PASS:
                break
        return checks


def verdict_of(checks: Sequence[CheckMade]) -> Verdict:
    """Return the worst verdict of ``checks``."""
    return worst(check.verdict for check in checks)


class MutantBench:
    """Starts devices, one after the other, each with one of the modules ``mutable`` changed or with none."""

    def __init__(self, folder: Path, mutable: Sequence[str]) -> None:
        self._stack = ExitStack()
        self._folder = folder
        self._revocation = self._stack.enter_context(RevocationServer("127.0.0.1", 0))
        plan = WorkshopPlan(now=time.time(), ocsp_url=self._revocation.ocsp_url)
        workshop = make_workshop(folder / "pki", plan)
        self._credentials = CredentialFolder.load(workshop.tester)
        self._workshop = workshop
        self._revocation.publish(self._credentials)
        self._declaration = load_declaration(device_file("pics.toml"))
        self._control_port = free_port()
        self.control = f"http://127.0.0.1:{self._control_port}/"
        substitutions = {"control": self.control}
        self._pixit = load_pixit(device_file("pixit.toml"), substitutions=substitutions).with_overrides(
            PATIENCE
        )
        self.cases: Mapping[str, Case] = {name: case for name, (case, _) in playable().items()}
        self._process = self._stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "conform62351.tooling.mutation.fork_server", workshop.dut, *mutable],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        self._count = 0

    def close(self) -> None:
        """End the processes and servers."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._stack.close()

    def setup_for(self, case: Case) -> Setup:
        """Return what ``case`` needs of a device beside what the usual one has."""
        return playable()[case.id][1]

    def ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the server of forks answers.

        Raises:
            RuntimeError: it answers nothing, which is never the mutant's doing.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        readable, _, _ = select.select([self._process.stdout], [], [], SILENCE_LIMIT_S)
        line = self._process.stdout.readline() if readable else b""
        if not line:
            raise RuntimeError("the process that mutants are forked from does not answer")
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    @contextmanager
    def device(
        self,
        setup: Setup,
        limits: Mapping[str, Value],
        *,
        module: str | None = None,
        source: bytes = b"",
        traced: Sequence[str] = (),
    ) -> Iterator[Mutated]:
        """Run a device with ``module`` from ``source``; ``limits`` replace values of the tester's PIXIT.

        ``traced`` are modules of which it notes what is executed.

        Raises:
            NotStarted: it does not come to serve.
        """
        self._count += 1
        log = self._folder / f"{self._count}.log"
        values: dict[str, Value] = dict(PATIENCE)
        answers, collector = dict(setup.denied), None
        if setup.group_23:
            values["native.group23"] = setup.group_23
        if setup.sends_log:
            collector = ("127.0.0.1", free_port())
            limits = {**limits, "log.access": "collector", "tester.log_port": collector[1]}
            answers |= SENDS_LOG
        order = {
            "answers": {code: answer.value for code, answer in answers.items()},
            "values": values,
            "close_limit": CLOSE_LIMIT_S,
            "log": str(log),
            "collector": collector,
            "control_port": self._control_port,
            "traced": list(traced),
        }
        with ExitStack() as stack:
            stack.callback(log.unlink, missing_ok=True)
            ready = self.ask({"start": order, "module": module, "source": source.decode()})
            if "error" in ready:
                raise NotStarted(ready["error"])
            stack.callback(self.ask, {"stop": True})
            clock = Clock()
            dut = Dut(
                replace(self._declaration, answers={**self._declaration.answers, **answers}),
                self._pixit.with_overrides(
                    {
                        **{name: value for name, value in values.items() if name == "native.group23"},
                        # A tester that searches goes by any reading of a device, also by that of a mutant.
                        "native.derivation": "pinned",
                        "dut.host": ready["address"]["host"],
                        "dut.port": ready["address"]["port"],
                        "dut.tls_port": ready["tls_address"]["port"],
                        "pki.folder": str(self._workshop.tester),
                        **limits,
                    }
                ),
                clock=clock,
                operator=Operator(None),
                state=self._folder / "signed-times.json",
            )
            stack.callback(dut.close)
            dut.revocation = self._revocation
            dut.security.folder = self._credentials
            evidence = self._folder / f"{self._count}.jsonl"
            stack.callback(evidence.unlink, missing_ok=True)
            events = stack.enter_context(EventLog(evidence))
            yield Mutated(self, dut, RunLog(events, clock))
