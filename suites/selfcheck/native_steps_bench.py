"""Steps of native mode, played against a device and expected to pass."""

from __future__ import annotations

from conform62351.reports.model.verdict import Verdict, worst
from conform62351.suites.native.conversations import (
    NATIVE,
)
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.steps import (
    AnyStep,
    Verify,
)
from conform62351.tooling.proof.bench import Subject

REQUIREMENT = "R-E2E-association"


def passes(subject: Subject, *steps: Steps | AnyStep, configuration: str = NATIVE) -> None:
    checks = subject.try_steps(REQUIREMENT, *steps, configuration=configuration)
    assert worst(check.verdict for check in checks) is Verdict.PASS, [
        (check.sent, check.got, check.reason) for check in checks if check.verdict is not Verdict.PASS
    ]


def agrees(**fields: str | int) -> Steps:
    return tuple(
        Verify(requirement=REQUIREMENT, field=f"E2E.{field}", is_in=(value,))
        for field, value in fields.items()
    )
