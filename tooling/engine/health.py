"""Keeps the device associating: looks after it between cases, and finds the case that it does not survive."""

from __future__ import annotations

from collections.abc import Callable

from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.sanity import Sanity


class Health:
    """The device's health over a run.

    ``gone`` tells that it could not be brought back. ``repeat`` executes a case once more and returns whether
    the device still associates afterwards; it puts on record what that shows.
    """

    def __init__(self, sanity: Sanity, log: RunLog, repeat: Callable[[Case], bool]) -> None:
        self.gone = False
        self._sanity = sanity
        self._log = log
        self._repeat = repeat
        self._since_healthy: list[Case] = []

    def suspect(self, case: Case) -> None:
        """Take note that the device has seen something of ``case``."""
        self._since_healthy.append(case)

    def check(self, occasion: str) -> None:
        """Make sure that the device still associates; if not, bring it back and find the case at fault.

        One that could not be brought back is only looked for: until it returns, cases are inconclusive.
        """
        if self._sanity.associates(required=False):
            self._since_healthy.clear()
            self.gone = False
            return
        if self.gone:
            return
        self._log.note(f"the device does not associate {occasion}: {self._sanity.seen}")
        suspects = list(self._since_healthy)
        self._since_healthy.clear()
        if not self._recover() or not suspects:
            return
        case_under_way = self._log.case
        culprit = self._find_culprit(suspects)
        self._log.case = case_under_way
        if culprit is None:
            self._log.note(f"repetition of {len(suspects)} cases does not show which makes it unavailable")
            return
        self._log.note(f"repetition shows that {culprit.id} makes the device unavailable")
        self._recover()

    def _recover(self) -> bool:
        if self._sanity.wait_for_device():
            return True
        self._log.note("the device did not come back by itself, nor after a reset")
        self.gone = True
        return False

    def _find_culprit(self, suspects: list[Case]) -> Case | None:
        """Repeat the cases since the last healthy moment, latest first, until the device fails again."""
        return next((case for case in reversed(suspects) if not self._repeat(case)), None)
