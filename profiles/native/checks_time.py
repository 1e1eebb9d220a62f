"""Version, time and replay (rows 9 to 11)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.native.check import Check
from conform62351.profiles.native.examination import Examination


def _version(it: Examination) -> str | None:
    if it.token is None or it.token.version is None or 0 in it.token.version:
        return None
    return "version without v1"


def _window(it: Examination) -> str | None:
    if not isinstance(it.time, TimeReading):
        return None
    away = it.time.milliseconds - round(it.now * 1000)
    if abs(away) <= round(it.parameters.window * 1000):
        return None
    return f"the time is {away / 1000:+.3f} s from the local one"


def _not_replayed(it: Examination) -> str | None:
    if it.replayed:
        return "time, assoID and subject have been received before"
    if it.parameters.store.is_full(it.now):
        return "there are too many recent times to tell whether this one is new"
    return None


TIME: Final[tuple[Check[Examination], ...]] = (
    Check("9", "version", "N", _version),
    Check("10", "time-window", "N", _window, decisions="decision 29"),
    Check("11", "not-replayed", "N", _not_replayed, decisions="decision 29"),
)
