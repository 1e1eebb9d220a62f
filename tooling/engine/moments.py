"""Which instant the tester signs: a time of now, one near the limits of the window, or one moved away."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.signed_times import WINDOW
from conform62351.tooling.engine.authenticate import Boundary
from conform62351.tooling.engine.clock_offset import DutClock
from conform62351.tooling.engine.signing_times import SigningTimes

MARGIN_S: Final = 5.0
"""How far testers stay off the limits of the window (11-decisions 29, mark I)."""


def new_moment(
    times: SigningTimes,
    clock: DutClock,
    *,
    boundary: Boundary = "",
    inside: bool = True,
    shift: float = 0.0,
    whole: bool = False,
) -> float:
    """Return an instant that was never signed before, in seconds since 1970 UTC.

    ``boundary`` puts it near the limit in the device's past or future, ``inside`` of it or outside; ``shift``
    puts it that many seconds off our clock. A ``whole`` one has no fraction of a second.

    Raises:
        ClockUncertain: it is to be near a limit, and the device's clock is not known well enough.
        AllocatorError: the memory of signed times cannot be used.
    """
    if boundary:
        limit = WINDOW if boundary == "future" else -WINDOW
        margin = MARGIN_S + times.steps
        return times.moved(clock.certain().boundary(limit, inside=inside, margin=margin))
    if shift:
        return times.moved(shift)
    return times.whole() if whole else times.usual()
