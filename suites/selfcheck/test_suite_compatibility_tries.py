"""Every try of a case that wants a refusal is wrong in that one way: a device without the check takes it.

A faulty device fails a case at its first try; what the others are worth shows here.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from conform62351.fixtures.faults.building import LeaveOut
from conform62351.reports.model.verdict import Severity
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.steps import Conversation
from conform62351.tooling.proof.bench import Bench

CHECKS = {
    "MECHANISM": LeaveOut("ACSE.AARQ.7", "CMP.1", "CMP.2", "CMP.3", "CMP.4"),
    "VALUE": LeaveOut("CMP.4", "CMP.8"),
}
"""The devices: for each group one that does not make the checks which its cases are about."""
NOT_EVEN_ACSE = ("its last octet missing", "cut within the certificate")
"""Tries in which AARQ or AARE does not decode either."""
REFUSED = [
    pytest.param(case, id=case.id)
    for case in load().values()
    if case.id.startswith("CMP/") and case.id.split("/")[2] in CHECKS and case.behaviour == "BI"
]


def alone(case: Case, talk: Conversation) -> Case:
    return replace(case, make=lambda: (talk,), _cache=[])


@pytest.mark.parametrize("case", REFUSED)
def test_without_the_check_every_try_is_taken(bench: Bench, case: Case) -> None:
    taken = []
    with bench.device(CHECKS[case.id.split("/")[2]], {}) as subject:
        for talk in case.conversations:
            checks = subject.play(alone(case, talk))
            if checks[-1].severity is Severity.SECURITY:
                taken.append(talk.label)
    assert taken == [talk.label for talk in case.conversations if talk.label not in NOT_EVEN_ACSE]
