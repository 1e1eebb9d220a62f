"""Plays a finding again, and says whether the device still shows it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from conform62351.tooling.fuzz.examining import Examiner, NotPlayable, alike
from conform62351.tooling.fuzz.findings import Finding
from conform62351.tooling.fuzz.target import DeviceGone

TRIES: Final = 3
"""How often a finding is played that does not show: some hang on the device's timing."""


class Result(StrEnum):
    """What became of a finding that was played again."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    SOMETHING_ELSE = "something else"
    NOT_PLAYABLE = "not playable"


class Replayed(msgspec.Struct, frozen=True):
    """The result, and in one line what was seen, or why nothing could be."""

    result: Result
    seen: str


def replay(examiner: Examiner, finding: Finding) -> Replayed:
    """Play ``finding`` on a device that is brought back first, at most three times until it shows.

    Times, nonces, keys and signatures are made afresh.
    """
    other = ""
    try:
        for name in dict.fromkeys(case.base for case in finding.cases):
            base = examiner.bases.get(name)
            if base is None:
                return Replayed(Result.NOT_PLAYABLE, f"this device has no base conversation {name}")
            examiner.prepare(base)
        examiner.target.bring_back()
        for _ in range(TRIES):
            if finding.before or finding.rounds > 1:
                examiner.target.fresh()
            shown = examiner.shows(finding.cases, finding.complaint, finding.rounds)
            if shown is not None:
                found = alike(finding.complaint, shown.complaints) or finding.complaint
                return Replayed(Result.REPRODUCED, found.text)
            other = other or examiner.other
    except NotPlayable as error:
        return Replayed(Result.NOT_PLAYABLE, str(error))
    except DeviceGone as error:
        return Replayed(Result.SOMETHING_ELSE, str(error))
    if other:
        return Replayed(Result.SOMETHING_ELSE, other)
    return Replayed(Result.NOT_REPRODUCED, f"the device does: {examiner.last}")
