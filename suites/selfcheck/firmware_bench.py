"""Plays bases and triggers against devices with faults of firmware, in this process, over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

from conform62351.fixtures.firmware.bug import Bug
from conform62351.fixtures.firmware.harming import Board
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.firmware_triggers import Trigger
from conform62351.tooling.fuzz.bases import Base, bases_for
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.proof.bench import Bench, Subject

LIMITS = {f"limit.{name}": 2.0 for name in ("connect", "associate", "respond", "close")}


class Recorder(Board):
    """A board that writes down what would have been done, and ends the thread in place of the process."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.met = threading.Event()

    def _note(self, what: str) -> None:
        self.done.append(what)
        self.met.set()

    def crash(self, number: object = None) -> NoReturn:
        self._note("crash")
        raise SystemExit

    def exit(self, code: int) -> NoReturn:
        self._note("exit")
        raise SystemExit

    def hold(self) -> None:
        self._note("hold")
        raise SystemExit

    def spend(self, seconds: float) -> None:
        self._note("spend")

    def slip(self) -> None:
        self._note("slip")

    def keep_memory(self, size: int) -> None:
        self._note("memory")

    def keep_descriptors(self, count: int) -> None:
        self._note("descriptors")


def recorded(policy: Policy) -> Recorder:
    """Return what records what ``policy`` does to its device from now on."""
    assert isinstance(policy, Bug)
    recorder = Recorder()
    policy.board = recorder
    return recorder


class Range:
    """A device, and the tester that fuzzes it."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._configuration = "default"
        # With a patience a device that a busy machine makes late would not get what sets it off.
        self._delivery = Delivery(subject.dut, subject.log)
        self.bases: Mapping[str, Base] = {base.name: base for base in bases_for(subject.dut)}

    def play(self, name: str, trigger: Trigger | None = None) -> Delivered:
        """Play the base ``name``, with a trigger put in."""
        base = self.bases[name]
        if base.configuration != self._configuration:
            self._subject.dut.configure(base.configuration)
            self._configuration = base.configuration
        talk = base.conversation
        if trigger is not None:
            talk = trigger.put_into(talk)
        return self._delivery.deliver(Case(base=name, layer="", mutators=(), conversation=talk))


@contextmanager
def range_for(bench: Bench, policy: Policy) -> Iterator[Range]:
    with bench.device(policy, LIMITS) as subject:
        yield Range(subject)
