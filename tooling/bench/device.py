"""The tester at work on the built-in device, in a process of its own, as in a run."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from conform62351.fixtures.device.process import start_device
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import load_pixit
from conform62351.reports.model.eventlog import EventLog
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.outcomes import ASSOCIATED, TRANSPORT_CONNECTED, expect, reach
from conform62351.tooling.engine.player import Player
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.steps import AnyStep, Associate, Connect, Conversation, OpenTransport
from conform62351.tooling.frontend.inputs import device_file
from conform62351.tooling.net.clock import Clock


class DeviceTester:
    """Plays conversations with the device in one of its configurations, with evidence on.

    ``stack`` ends the device with its block. ``dut`` is the device as the engine reaches it, ``log`` the
    evidence.
    """

    def __init__(self, workshop: Workshop, out: Path, stack: ExitStack, configuration: str) -> None:
        device = stack.enter_context(start_device(pki=workshop.dut, port=0, tls_port=0))
        pixit = load_pixit(device_file("pixit.toml"), substitutions={"control": device.control})
        assert device.tls_address is not None
        pixit = pixit.with_overrides(
            {
                "dut.host": device.address.host,
                "dut.port": device.address.port,
                "dut.tls_port": device.tls_address.port,
                "pki.folder": str(workshop.tester),
            }
        )
        clock = Clock()
        log = EventLog(out / f"{configuration}.jsonl")
        declaration = load_declaration(device_file("pics.toml"))
        state = out / f"{configuration}.json"
        dut = Dut(declaration, pixit, clock=clock, operator=Operator(None), state=state)
        dut.configure(configuration)
        self.dut = dut
        self.log = RunLog(log, clock)
        self._player = Player(dut, self.log, "BENCH", 1, lambda: True)

    def play(self, talk: Conversation) -> None:
        """Play ``talk``; all of its checks must pass, or the figures mean nothing."""
        checks = self._player.play(talk)
        if any(check.verdict is not Verdict.PASS for check in checks):
            raise SystemExit(f"the device did not do its part: {checks[-1].got}")


def association(requirement: str, handshake: Handshake | None = None) -> tuple[AnyStep, ...]:
    """Return the steps of an association, which is what ``requirement`` asks for."""
    return (
        Connect(),
        OpenTransport(),
        reach(TRANSPORT_CONNECTED),
        Associate(handshake=handshake),
        expect(requirement, ASSOCIATED),
    )
