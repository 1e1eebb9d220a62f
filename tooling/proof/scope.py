"""Which cases are played against which faulty device."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from conform62351.tooling.engine.case import Case
from conform62351.tooling.proof.messages import FaultFacts


class Scope(Enum):
    """How much is played; what is declared is played in any of them."""

    DECLARED = "declared"
    """Only the cases that a fault declares to be caught by."""
    GROUP = "group"
    """The test groups of these, as far as the fault changes anything in a case."""
    IMPACT = "impact"
    """Every case of the fault's roles in which it changes anything."""
    ALL = "all"
    """Every case of the fault's roles."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The cases for one fault; ``filtered``: of the ``others`` only those in which it changes anything."""

    declared: tuple[str, ...]
    others: tuple[str, ...]
    filtered: bool

    @property
    def cases(self) -> tuple[str, ...]:
        """All of them, the declared ones first."""
        return (*self.declared, *self.others)


def candidates(
    fault: FaultFacts, scope: Scope, cases: Mapping[str, Case], selected: Collection[str]
) -> Candidates:
    """Return what may be played against ``fault`` of the ``selected`` cases."""
    declared = tuple(dict.fromkeys(name for name in fault.caught_by if name in selected))
    groups = {cases[name].group for name in fault.caught_by if name in cases}
    others = tuple(
        identifier
        for identifier in selected
        if scope is not Scope.DECLARED
        and identifier not in declared
        and cases[identifier].role in fault.roles
        and (scope is not Scope.GROUP or cases[identifier].group in groups)
    )
    return Candidates(declared, others, scope is not Scope.ALL)
