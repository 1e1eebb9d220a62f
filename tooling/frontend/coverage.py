"""Which requirements have cases: covered, left out for a reason of the closed list, or open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from conform62351.pics.requirements import Requirement
from conform62351.tooling.engine.case import Case


class State(Enum):
    """How a requirement stands in the catalogue."""

    COVERED = "covered"
    REASONED = "reasoned"
    OPEN = "open"


@dataclass(frozen=True)
class Row:
    """One requirement with the cases that cite it in the roles it concerns.

    A role without a case is named in ``open_roles`` unless a reason excuses the requirement.
    """

    id: str
    state: State
    cases: list[str]
    reason: str
    open_roles: tuple[str, ...]


def coverage(requirements: Mapping[str, Requirement], cases: Mapping[str, Case]) -> list[Row]:
    """Return a row for each requirement, in their order."""
    citing: dict[str, list[Case]] = {identifier: [] for identifier in requirements}
    for case in cases.values():
        for identifier in case.requirements:
            citing[identifier].append(case)
    return [_row(item, citing[item.id]) for item in requirements.values()]


def _row(item: Requirement, cases: list[Case]) -> Row:
    wanted = {"both": ("server", "client")}.get(item.role, (item.role,))
    have = {case.role for case in cases}
    lacking = () if "both" in have else tuple(role for role in wanted if role not in have)
    if not lacking:
        state = State.COVERED
    elif item.reason:
        state = State.REASONED
    else:
        state = State.OPEN
    return Row(item.id, state, [case.id for case in cases], item.reason, lacking)
