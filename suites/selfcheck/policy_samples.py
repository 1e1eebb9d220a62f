"""Policies of a tester or a device that make the checks of the tables, known as those or not."""

from __future__ import annotations

from collections.abc import Sequence

from conform62351.profiles.policy import CheckTable, Context, Finding, Policy, Step


class Plain(Policy):
    """Makes the checks of the tables; reacts to what they find, or notes it."""

    def __init__(self, reacts: bool) -> None:
        self._reacts = reacts

    def reacts(self, finding: Finding) -> bool:
        return self._reacts


class ChecksAnew(Plain):
    """Does the same, and does not tell that the checks are those: no machine may leave them out."""

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        return list(table.steps)
