"""The association, as the configuration wants it, that shows whether a device is still there."""

from __future__ import annotations

from conform62351.profiles.mms.codec import MmsError
from conform62351.profiles.osi.association import AssociationError
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.actions import ActionFailed, RunningAction
from conform62351.tooling.engine.associating import associate, leave
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.link import Link, StimulusBroken
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.security import MeansMissing
from conform62351.tooling.engine.steps import AnswerAssociation
from conform62351.tooling.engine.time_allocator import AllocatorError
from conform62351.tooling.net.errors import TlsHandshakeFailed

BACK_OFF = (0.2, 0.5, 1.0, 2.0, 5.0)


class Sanity:
    """Makes sanity associations and brings a device back: wait, back off, reset."""

    def __init__(self, dut: Dut, log: RunLog) -> None:
        self._dut = dut
        self._log = log
        self.seen = ""
        """What stood in the way of the last association that was not made."""

    def associates(self, *, required: bool = True) -> bool:
        """Return whether the device associates now, in one of the roles that it claims.

        ``required`` notes a failed one in the event log.
        """
        try:
            works = self._as_server() if self._dut.is_server else self._as_client()
        except (AssociationError, MmsError):
            # The device did something else in between, so that the next step of the tester does not fit.
            works = False
        except (MeansMissing, AllocatorError) as error:
            self.seen = str(error)
            works = False
        if not works and required:
            self._log.note(f"sanity association failed: {self.seen}")
        return works

    def wait_for_device(self) -> bool:
        """Wait with growing pauses up to the PIXIT's boot time; then reset it once and wait again."""
        if self.returns_within(self._dut.pixit.number("boot_time")):
            return True
        if not self._dut.actions.offers("reset"):
            return False
        by = self._dut.actions.describe("reset")
        try:
            self._dut.actions.perform("reset")
        except ActionFailed as error:
            self._log.acted("reset", by=by, error=str(error))
            return False
        self._log.acted("reset", by=by)
        return self.returns_within(self._dut.pixit.number("boot_time"))

    def returns_within(self, limit: float) -> bool:
        """Wait with growing pauses, up to ``limit`` seconds, and return whether the device associates."""
        began = self._dut.clock.monotonic()
        deadline = began + limit
        for pause in (*BACK_OFF, *[BACK_OFF[-1]] * int(limit // BACK_OFF[-1])):
            if self.associates(required=False):
                self._dut.margins.waited(
                    "boot_time", self._dut.clock.monotonic() - began, "the device's return"
                )
                return True
            if self._dut.clock.monotonic() + pause > deadline:
                break
            self._dut.clock.sleep(pause)
        return self.associates(required=False)

    def _as_server(self) -> bool:
        link, seen = associate(self._dut, self._log)
        self.seen = str(seen) if link is None else "the release could not be sent"
        return link is not None and leave(self._dut, link)

    def _as_client(self) -> bool:
        running: RunningAction | None = None
        try:
            since = self._dut.clock.unix()
            self._dut.drop_left_over()
            running = self._dut.start("connect")
            stream = self._dut.accept()
        except (ActionFailed, TlsHandshakeFailed) as error:
            self.seen = str(error)
            return False
        if stream is None:
            self.seen = running.error or f"no connection came to {self._dut.listener_for().address}"
            return False
        link = Link(0, Role.SERVER, stream, self._dut, self._log, since=since)
        try:
            asked = link.observe(self._dut.pixit.number("limit.associate"))
            if asked.kind is not Kind.REQUEST:
                self.seen = str(asked)
                return False
            self._dut.margins.waited("limit.associate", asked.after_s, "association of the device")
            link.answer_association(AnswerAssociation())
            link.flush()
            return True
        except StimulusBroken as error:
            self.seen = str(error)
            return False
        finally:
            link.close()
            running.join(self._dut.pixit.number("limit.respond"))
