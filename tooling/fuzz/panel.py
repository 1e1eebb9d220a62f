"""The panel of oracles: shown what came of each case, it tells what is wrong with the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.inputs import Inputs
from conform62351.tooling.fuzz.oracles import Complaint, Oracle, Scene, Severity, Usual, content
from conform62351.tooling.fuzz.oracles_log import LogOracle
from conform62351.tooling.fuzz.oracles_protocol import PROTOCOL, looked_at
from conform62351.tooling.fuzz.oracles_refusal import REFUSAL
from conform62351.tooling.fuzz.reactions import Reaction, reaction_of
from conform62351.tooling.fuzz.twin import UNKNOWN

ORACLES: Final = (*PROTOCOL, REFUSAL)
ORDER: Final[tuple[Severity, ...]] = ("security", "unavailable", "resource", "form")


class Panel:
    """Oracles for the cases of one device; ``limit`` is the seconds that it has for an answer.

    A base is shown to :meth:`calibrate` before cases that were made from it: of others little is known.
    """

    def __init__(self, dut: Dut, limit: float, oracles: Sequence[Oracle] = ORACLES) -> None:
        self._dut = dut
        self._limit = limit
        self._oracles = oracles
        self._inputs = Inputs(dut)
        self._usual: dict[str, Usual] = {}
        self._log = LogOracle(dut.pixit.number("log.latency"))

    def reaction(self, delivered: Delivered) -> Reaction:
        """Return what the device did."""
        return reaction_of(delivered, self._limit)

    def calibrate(self, base: Case, delivered: Delivered) -> None:
        """Take note of how the device takes a base, which has no mutations and is in order."""
        standing = self._inputs.standing(base, delivered)
        before = self._usual.get(base.base)
        tolerated = frozenset(finding.step for finding in standing.faults)
        slowest = max((seen.after_s for seen in delivered.observations), default=0.0)
        self._usual[base.base] = Usual(
            content=content(base.conversation),
            reaction=self.reaction(delivered),
            tolerated=tolerated if before is None else tolerated | before.tolerated,
            slowest=slowest if before is None else min(slowest, before.slowest),
            lets_go=not delivered.kept and (before is None or before.lets_go),
        )

    def scene(self, case: Case, delivered: Delivered) -> Scene:
        """Return what the oracles look at about a case."""
        usual = self._usual.get(case.base)
        reaction = self.reaction(delivered)
        standing = UNKNOWN
        if usual is not None:
            until = looked_at(delivered, reaction)
            standing = self._inputs.standing(case, delivered, usual.tolerated, until)
        return Scene(
            dut=self._dut,
            case=case,
            delivered=delivered,
            reaction=reaction,
            standing=standing,
            usual=usual,
            limit=self._limit,
        )

    def judge(self, scene: Scene) -> tuple[Complaint, ...]:
        """Return what the oracles have against the device, the gravest first."""
        found = [complaint for oracle in self._oracles for complaint in oracle.judge(scene)]
        found.sort(key=lambda one: ORDER.index(one.severity))
        return tuple(found)

    def judge_log(self, scene: Scene) -> tuple[tuple[Case, Complaint], ...]:
        """Return what is to be said of the log by now, each with the case that it is about.

        Cases are shown in the order in which they were delivered, each once.
        """
        return tuple(self._log.judge(scene))

    def forget_log(self) -> None:
        """Miss nothing in the log of the cases so far: it was read elsewhere, or the device was reset."""
        self._log.forget()
