"""How much was left of the limits that no check shows: of connecting, of actions, of logs, of clocks."""

from __future__ import annotations

import math

from conform62351.pics.pixit import Pixit
from conform62351.reports.model.events import Waited
from conform62351.tooling.engine.runlog import RunLog, microseconds


class Margins:
    """Puts the least that was left of each limit on record, in ``log`` if there is one.

    What was not over within its limit is none of this: that is judged where it was waited for.
    """

    def __init__(self, pixit: Pixit) -> None:
        self.log: RunLog | None = None
        self._pixit = pixit
        self._least: dict[str, float] = {}

    def waited(self, limit: str, took: float, what: str) -> None:
        """Take note that ``what`` took so many seconds, for which the entry ``limit`` of the PIXIT allows."""
        if self.log is not None:
            allowed = self._pixit.number(limit)
            self.left(limit, allowed, allowed - took, what)

    def left(self, limit: str, limit_s: float, margin_s: float, what: str) -> None:
        """Take note of how many seconds were left of a limit of ``limit_s`` seconds."""
        if self.log is None or limit_s <= 0 or margin_s >= self._least.get(limit, math.inf):
            return
        self._least[limit] = margin_s
        self.log.write(
            Waited(
                t=self.log.now(),
                case=self.log.case,
                limit=limit,
                limit_s=limit_s,
                margin_s=microseconds(margin_s),
                what=what,
            )
        )
