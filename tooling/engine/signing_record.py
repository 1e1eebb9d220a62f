"""What there is to keep account of on a connection on which both sides sign, in whatever mode."""

from __future__ import annotations

import re
from typing import Final

from conform62351.profiles.signed_times import WINDOW
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.clock_offset import measure
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.evidence import Occasion
from conform62351.tooling.engine.runlog import RunLog

_REFUSALS: Final = frozenset(
    {Kind.REJECTED, Kind.ABORTED, Kind.CLOSED, Kind.RESET, Kind.TLS_ALERT, Kind.TIMEOUT, Kind.UNDECODABLE}
)
"""What a device may do to a partner whose authentication it does not accept."""
SIGNED: Final = "window of signed times"
"""How the limit of clause 14 is called for how far the time that a partner signs may be off."""
_FRACTION: Final = re.compile(rb"[.,]([0-9]{1,9})")


class SigningRecord:
    """Keeps account of one connection: when the device was asked, and whether it still has to decide.

    ``asked`` is when, by the tester's clock, it asked for what the device does first.
    """

    def __init__(self, dut: Dut, log: RunLog, number: int, asked: float) -> None:
        self._dut = dut
        self._log = log
        self._number = number
        self._asked = asked
        self._on_trial = False

    def saw(self, kind: Kind) -> None:
        """Take note of what the device did: it may now lock the tester out for a while."""
        if self._on_trial:
            self._on_trial = False
            if kind in _REFUSALS:
                self._dut.pacing.was_refused()

    def _occasion(self) -> Occasion:
        return Occasion(self._log.now(), self._log.case, self._number)

    def _learn_clock(self, signed: float, written: bytes, now: float) -> None:
        """Learn of the device's clock from a time that it has signed, which stands as ``written``."""
        left = WINDOW - abs(signed - now)
        if left >= 0:
            self._dut.margins.left(SIGNED, WINDOW, left, "time that the device signed")
        resolution = max(_resolution_of(written), self._dut.pixit.number("time_resolution"))
        self._dut.known_clock.measured(measure(signed, min(self._asked, now), now, resolution))


def _resolution_of(time: bytes) -> float:
    """Return the unit of the last digit of a time as written, in seconds."""
    fraction = _FRACTION.search(time)
    return 10.0 ** -len(fraction[1]) if fraction else 1.0
