"""What a fault of the OSI environment is told and logged as: the table ``osi_diagnostics.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

from conform62351.profiles.policy import Finding

GROUP: Final = 15
"""The group of these events in part 4 of the catalogue."""


@functools.cache
def osi_diagnostics() -> Mapping[str, int]:
    """Return the numbers of OsiDiagnostics by the steps whose faults they stand for."""
    folder = resources.files("conform62351.profiles.environments.osi")
    table = tomllib.loads(folder.joinpath("osi_diagnostics.toml").read_text("utf-8"))
    return {step: int(number) for number, steps in table["steps"].items() for step in steps}


def osi_diagnostic(finding: Finding) -> int | None:
    """Return the number that tells of a fault of the environment, None when the finding is none."""
    return osi_diagnostics().get(finding.step)


def environment_event(finding: Finding) -> str | None:
    """Return the identifier of the event to log about a fault of the environment, None for another."""
    number = osi_diagnostic(finding)
    return None if number is None else f"IEC62351-4:{GROUP}.{number}"
