"""The device as a campaign keeps it going: health, back-off, reset and boot."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from conform62351.tooling.engine.actions import ActionFailed
from conform62351.tooling.engine.configuring import configuration_at_start
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.fuzz.oracles import Complaint, unavailable
from conform62351.tooling.fuzz.process import Process, ProcessWatch
from conform62351.tooling.fuzz.sharing import Share

RESETTING: Final = ("reset", "power-cycle")
"""Actions of the PIXIT that bring a device back, the milder one first."""
SOON_S: Final = 0.7
"""Seconds after which a process that does not associate is started again rather than waited for."""
PATIENCE: Final = 10
"""Boot times of the PIXIT after which a device that does not come back is given up."""


class Local(Process, Protocol):
    """The device as a process on this machine."""

    @property
    def errors_file(self) -> Path | None:
        """What its standard error goes to, None where nobody keeps it."""

    def boot(self) -> bool:
        """Start it again on the same ports, whether it still runs or not; return whether it serves.

        False where only the PIXIT's actions can do so.
        """


class DeviceGone(Exception):
    """The device does not come back, whatever the set-up can do: the message says what was seen."""


class Target:
    """A device under test over a campaign.

    ``local`` is its process, where it is one of this machine. ``resets`` counts how often it was brought back
    by something that the tester did. ``share`` is what this process has of it: what is done to it is done by
    who has it alone.
    """

    def __init__(self, dut: Dut, log: RunLog, local: Local | None = None, share: Share | None = None) -> None:
        self.dut = dut
        self.log = log
        self.local = local
        self.resets = 0
        self.share = share or Share()
        self.watch: ProcessWatch | None = None
        self.look_anew()
        self._sanity = Sanity(dut, log)
        self._at_start = configuration_at_start(dut)
        self._wanted = self._at_start
        self._is_in = self._at_start

    def configure(self, name: str) -> None:
        """Bring the device into a configuration of the PIXIT, in which it is kept from then on.

        Raises:
            ActionFailed: it did not take it.
        """
        self._wanted = name
        if name != self._is_in:
            self._is_in = ""
            self.dut.configure(name)
            self._is_in = name

    def has(self, name: str) -> bool:
        """Return whether the device is in this configuration."""
        return name == self._is_in

    def health(self) -> Complaint | None:
        """Return None if the device associates, else the complaint that it does not.

        One that has ended as a process is not asked.
        """
        if self.local is not None and self.local.poll() is not None:
            return unavailable("its process has ended")
        return None if self._sanity.associates(required=False) else unavailable(self._sanity.seen)

    def bring_back(self) -> None:
        """Return when the device associates: wait, start its process again, reset it, switch it off and on.

        After each it has the PIXIT's ``boot_time``; a process is given up much sooner. A device that nothing
        brings back is waited for with growing pauses, ten times as long.

        Raises:
            DeviceGone: it does not come back.
        """
        boot_time = self.dut.pixit.number("boot_time")
        if not self._ended() and self._sanity.associates(required=False):
            return
        self.share.changed()
        if not self._ended() and self._sanity.returns_within(boot_time if self.local is None else SOON_S):
            return
        if self.local is not None and self._boot(self.local):
            return
        for action in RESETTING:
            if self._reset(action) and self._sanity.returns_within(boot_time):
                return
        if self._sanity.returns_within(PATIENCE * boot_time):
            return
        raise DeviceGone(f"the device does not come back: {self._sanity.seen}")

    def fresh(self) -> None:
        """Have the device as it is after a restart: its process is started again, or it is reset.

        Where nothing restarts it, it is only brought back.

        Raises:
            DeviceGone: it does not come back.
        """
        if self.local is not None and self._boot(self.local):
            return
        boot_time = self.dut.pixit.number("boot_time")
        if not any(self._reset(action) and self._sanity.returns_within(boot_time) for action in RESETTING):
            self.bring_back()

    def _ended(self) -> bool:
        return self.local is not None and self.local.poll() is not None

    def _reset(self, action: str) -> bool:
        if not self.dut.actions.offers(action):
            return False
        self.resets += 1
        self.share.changed()
        by = self.dut.actions.describe(action)
        try:
            self.dut.actions.perform(action)
        except ActionFailed as error:
            self.log.acted(action, by=by, error=str(error))
            return False
        self.log.acted(action, by=by)
        self.look_anew()
        return True

    def look_anew(self) -> None:
        """Look after the process that there is now: the figures of another one say nothing about it."""
        if self.local is not None:
            self.watch = ProcessWatch(self.local, self.local.errors_file, self.share.crowd)

    def _boot(self, local: Local) -> bool:
        self.resets += 1
        self.share.changed()
        if not local.boot():
            return False
        self.look_anew()
        self._is_in = self._at_start
        limit = self.dut.pixit.number("boot_time")
        return self._configured_again() and self._sanity.returns_within(limit)

    def _configured_again(self) -> bool:
        """Bring the device into the configuration that is wanted: its process has started without it."""
        if self._wanted == self._is_in:
            return True
        try:
            self.dut.configure(self._wanted)
        except ActionFailed as error:
            self.log.note(f"the device could not be configured as {self._wanted}: {error}")
            return False
        self._is_in = self._wanted
        return True
