"""The capture of a run: which ports it watches, and where in it each case begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conform62351.reports.model import events as e
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.planner import Plan
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.security import NATIVE
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.e2e_keys import KeyFileWriter
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.interfaces import interface_towards

KEY_FILE = "native.keys"
"""What a run calls the file with the secrets of native mode: decode --e2e-keys reads it."""


class RunCapture:
    """Captures the traffic between tester and device; without ``path`` nothing is captured.

    It opens the tester's listeners that a case of ``plan`` needs, so that their ports are known beforehand,
    and has the secrets of TLS kept with the frames, and those of native mode in a key file beside them.
    ``how`` is what the report says of it.

    Raises:
        NetError: the file cannot be written, or a listener cannot be opened.
    """

    def __init__(self, path: Path | None, dut: Dut, plan: Plan, clock: Clock) -> None:
        self.how = "none"
        self._capture: Capture | None = None
        self._keys: KeyFileWriter | None = None
        self._native = dut.security.native
        host = dut.pixit.text("dut.host")
        if path is not None:
            interface = interface_towards(host) if host else None
            self._capture = Capture.start(path, interface=interface, clock=clock)
            self.how = ": ".join(filter(None, (self._capture.how, self._capture.reason)))
            dut.recorder = self._capture.recorder
            dut.security.key_log = self._capture.key_log()
            if not _stacks(dut, plan).isdisjoint(NATIVE):
                self._native.key_log = self._keys = KeyFileWriter(path.with_name(KEY_FILE))
                self._capture.e2e_keys = KEY_FILE
        ports = _ports(dut, plan)
        if self._capture is not None:
            for port in ports:
                self._capture.watch(port)

    def marking(self, observer: Callable[[e.AnyEvent], None]) -> Callable[[e.AnyEvent], None]:
        """Return an observer of events that has the capture's index know where each case begins."""

        def observe(event: e.AnyEvent) -> None:
            if isinstance(event, e.Started) and self._capture is not None:
                self._capture.begin(event.case)
            observer(event)

        return observe

    def stop(self, log: RunLog) -> None:
        """End the capture and note what it came to."""
        if self._keys is not None:
            self._native.key_log = None
            self._keys.close()
        if self._capture is None:
            return
        try:
            summary = self._capture.stop()
        except NetError as error:
            log.note(f"the capture is not complete: {error}")
        else:
            log.note(f"capture {summary.how}: {summary.frames} frames, {summary.lost} lost")


def _stacks(dut: Dut, plan: Plan) -> set[str]:
    return set().union(*_stacks_by_role(dut, plan).values())


def _stacks_by_role(dut: Dut, plan: Plan) -> dict[str, set[str]]:
    """Return the stacks of the plan's connections, by the role of the device."""
    stacks: dict[str, set[str]] = {"server": {dut.stack}, "client": set()}
    # Sanity associations are made in the configuration that the device starts in, too.
    for entry in plan.entries:
        if entry.executable and not entry.case.review:
            usual = dut.stack_of(entry.case.configuration)
            stacks[entry.case.role] |= {dut.stack} | entry.case.stacks(usual)
    return stacks


def _ports(dut: Dut, plan: Plan) -> list[int]:
    """Return the ports of the plan's connections: those of the device, and those where the tester listens."""
    stacks = _stacks_by_role(dut, plan)
    ports = []
    if dut.pixit.text("dut.host"):
        ports += [dut.port_for(stack) for stack in stacks["server"]]
    return [*ports, *(dut.listener_for(stack).address.port for stack in stacks["client"])]
