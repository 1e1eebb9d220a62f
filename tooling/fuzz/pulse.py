"""How quick a device is lately: what comes later than that need not be waited for."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

LATELY: Final = 64
"""Reactions that the pulse of a device is taken from."""
BEATS: Final = 4
"""Reactions without which it is not known."""
LATE: Final = 8
"""How many times the longest of them a device has, and no less than :data:`LEAST_S` seconds."""
LEAST_S: Final = 0.01
LINGERS: Final = 3
"""Ordinary connections in a row that a device has kept open, before it counts as one that does."""
USUAL_CLOSING_S: Final = 1.0
"""Seconds that a device gets to close an ordinary connection as well, after the tester has."""
LEAST_CLOSING_S: Final = 0.2
"""Seconds in which one that has stopped answering shows that it closes."""


class Pulse:
    """How long a device takes for what it does, from what it did lately; ``ceiling`` bounds the answer."""

    def __init__(self, ceiling: float) -> None:
        self.ceiling = ceiling
        self._lately: dict[str, deque[float]] = {}
        self._lingering = 0

    def left(self, *, lingers: bool) -> None:
        """Take note of whether the device has kept an ordinary connection open that the tester has closed."""
        self._lingering = self._lingering + 1 if lingers else 0

    def closing(self, limit: float, *, usual: bool) -> float:
        """Return the seconds that it gets to close a connection, ``limit`` at most.

        One that never does is not waited for each time; ``usual``: there is no reason not to be quick.
        """
        if self._lingering >= LINGERS:
            return LEAST_S
        return min(limit, self.ceiling, USUAL_CLOSING_S if usual else math.inf)

    def beat(self, seconds: float, what: str = "") -> None:
        """Take note of how long something took; ``what`` names the limit of the PIXIT that it has."""
        for name in {"", what}:
            self._lately.setdefault(name, deque(maxlen=LATELY)).append(seconds)

    def overdue(self, what: str = "") -> float:
        """Return the seconds after which a device that is as quick as lately does not answer any more.

        Answers are quicker than associations: what is known of ``what`` counts, of all things until then.
        """
        for name in (what, ""):
            lately = self._lately.get(name, ())
            if len(lately) >= BEATS and self.ceiling < math.inf:
                return min(max(LATE * max(lately), LEAST_S), self.ceiling)
        return self.ceiling
