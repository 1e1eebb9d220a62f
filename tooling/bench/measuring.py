"""How often a second something can be done, beside something else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple


class Rates(NamedTuple):
    """How many a second each side made."""

    ours: float
    raw: float


class Timed:
    """Does ``work`` when it is called, and counts how often and how many seconds that took."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.seconds = 0.0
        self.done = 0
        self._work = work

    def __call__(self) -> None:
        """Do it once more."""
        begun = time.perf_counter()
        self._work()
        self.seconds += time.perf_counter() - begun
        self.done += 1


def rate(work: Callable[[], object], count: int) -> float:
    """Return how often a second ``work`` can be done, from ``count`` times."""
    begun = time.perf_counter()
    for _ in range(count):
        work()
    return count / (time.perf_counter() - begun)
