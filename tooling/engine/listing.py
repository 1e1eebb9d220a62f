"""The names that a DUT server lists, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conform62351.profiles.mms.names import ObjectClass
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.tooling.engine.judging import Judgement
from conform62351.tooling.engine.judging_steps import ListNames

MAXIMUM_PARTS = 1000


class Listing:
    """A list under way: what to ask for next, and whether more is to come."""

    def __init__(self, step: ListNames, point: str) -> None:
        domain, _, item = point.partition("/")
        self.object_class = ObjectClass[step.object_class]
        of_vmd = self.object_class is ObjectClass.DOMAIN
        self.domain = None if of_vmd else domain
        self.names: list[str] = []
        self.more = True
        self._wanted = domain if of_vmd else item
        self._parts = 0
        self._fault = ""

    @property
    def after(self) -> str | None:
        """The name behind which the next part begins."""
        return self.names[-1] if self.names else None

    def take(self, part: Mapping[str, Any]) -> None:
        """Take a GetNameList-Response; with a fault there is no more to ask for."""
        listed: list[str] = part["listOfIdentifier"]
        self.names += listed
        self._parts += 1
        self.more = part["moreFollows"]
        if self.more and not listed:
            self._fault = "more follows, after a part without a name"
        elif self.more and (len(set(self.names)) < len(self.names) or self._parts >= MAXIMUM_PARTS):
            self._fault = f"the list does not end: {len(self.names)} names in {self._parts} parts"
        self.more = self.more and not self._fault

    def give_up(self) -> None:
        """Ask for no more: the list has taken too long."""
        self.more = False
        self._fault = "more follows, and it takes too long"

    def judge(self, same: Sequence[str] | None) -> Judgement:
        """Judge the whole list; ``same`` is the one that it must agree with, if any."""
        fault = self._fault
        if not fault and len(set(self.names)) < len(self.names):
            fault = "a name is listed twice"
        if not fault and self._wanted not in self.names:
            fault = f"{self._wanted} is not listed"
        if not fault and same is not None and list(same) != self.names:
            odd = sorted(set(same) ^ set(self.names))
            fault = f"{len(self.names)} names, {len(same)} in the other list: {', '.join(odd[:5])}"
        got = f"{len(self.names)} names in {self._parts} parts"
        if fault:
            return Judgement(Verdict.FAIL, f"{got}: {fault}", severity=Severity.FUNCTION)
        return Judgement(Verdict.PASS, got)
