"""From a complaint to a finding: confirmed by repetition, traced to the cases at fault, and made small."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.examining import TAKING_TIME, Examined, Examiner, NotPlayable, alike
from conform62351.tooling.fuzz.findings import Finding, name_of, place_of
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.process import GROWTHS
from conform62351.tooling.fuzz.progress import Interrupted
from conform62351.tooling.fuzz.reactions import Reaction
from conform62351.tooling.fuzz.reducing import Budget, Spent
from conform62351.tooling.fuzz.shrinking import Shrinking, Traced, distinct
from conform62351.tooling.fuzz.target import PATIENCE, DeviceGone

REPETITIONS: Final = 3
LEAST_SHOWN: Final = 2
"""Repetitions that have to show what is wrong about one case: a busy machine is late now and then."""
ROW_REPETITIONS: Final = 2
"""Repetitions of a row of cases, all of which have to show it."""
PROCESS_ENDS: Final = "process-ends"
ROW_PLAYS: Final = 512
"""Plays after which what a device counts has come to its end, where the row as it was is not enough."""
MARGIN: Final = 1.2
"""By how much more is played than it takes at least to see that something grows."""
PLAYS_LOCAL: Final = 240
RESETS_LOCAL: Final = 200
SECONDS_LOCAL: Final = 120.0
PLAYS: Final = 40
RESETS: Final = 8
SECONDS: Final = 600.0
"""What one finding may cost: on a process of this machine, and on a device that is slow to come back."""
LEAST_SECONDS: Final = 60.0
"""What it may cost all the same when a campaign has no time left."""
LENIENCE: Final = 2.0


class Met(msgspec.Struct, frozen=True):
    """What a campaign met: case ``number``, the complaint, what the device did, and what came ``before``."""

    number: int
    case: Case
    complaint: Complaint
    reaction: Reaction
    before: tuple[Case, ...]


Explained = Callable[[Complaint, Sequence[Case]], str | None]


class AlreadyKnown(Exception):
    """What is pursued is known by this name."""


class Pursuit:
    """Pursues one complaint after the other; ``seed`` is that of the campaign.

    ``explained`` returns the name of what is known already and explains a complaint by the row of cases.
    ``left`` are the seconds that the campaign still has, ``stopped`` says that somebody has ended it.
    """

    def __init__(
        self,
        examiner: Examiner,
        seed: int,
        *,
        explained: Explained = lambda _, __: None,
        left: Callable[[], float] = lambda: math.inf,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._examiner = examiner
        self._explained = explained
        self._left = left
        self._stopped = stopped
        self._target = examiner.target
        self._seed = seed
        self._budget = Budget(0, 0)
        self._dirty = True

    def pursue(self, met: Met) -> Finding:
        """Return the finding; one that no repetition shows has been confirmed 0 times.

        Raises:
            AlreadyKnown: it takes a row of cases, and that is known.
            Interrupted: somebody has ended the campaign before it was clear whether this is a finding.
            DeviceGone: the device does not come back from one of the repetitions, before any has shown it.
        """
        self._budget = self._new_budget()
        self._dirty = True
        found: Traced | None = None
        with contextlib.suppress(Spent):
            found = self._traced(met)
        if found is None:
            if self._stopped():
                raise Interrupted
            return self.unconfirmed(met)
        reduced = False
        last: Examined | None = None
        with contextlib.suppress(DeviceGone):
            # What has been shown by now is a finding, whatever becomes of the device.
            smaller = self._shrinking(met.complaint).reduced(found)
            last = self._again(smaller, met.complaint)
            if last is not None:
                found, reduced = smaller, not self._budget.spent
            elif smaller != found:
                last = self._again(found, met.complaint)
        return self._finding(met, found, last, reduced=reduced)

    @property
    def longest(self) -> float:
        """The seconds after which something is wrong with who still has the device to itself."""
        boot = self._target.dut.pixit.number("boot_time")
        return LENIENCE * (SECONDS + (RESETS + PATIENCE) * boot)

    def _new_budget(self) -> Budget:
        local = self._target.local is not None
        clock = self._target.dut.clock
        boot = self._target.dut.pixit.number("boot_time")
        most, least = (SECONDS_LOCAL, 0.0) if local else (SECONDS + RESETS * boot, 2 * REPETITIONS * boot)
        until = clock.monotonic() + min(most, max(LEAST_SECONDS + least, self._left()))
        plays, resets = (PLAYS_LOCAL, RESETS_LOCAL) if local else (PLAYS, RESETS)
        return Budget(plays, resets, late=lambda: self._stopped() or clock.monotonic() > until)

    def unconfirmed(self, met: Met) -> Finding:
        """Return the finding of what was met once, and never again."""
        traced = Traced(cases=(met.case,), confirmed=0, repeated=REPETITIONS)
        return self._finding(met, traced, None, reduced=False)

    def _finding(self, met: Met, traced: Traced, last: Examined | None, *, reduced: bool) -> Finding:
        complaint, reaction = met.complaint, met.reaction
        if last is not None:
            reaction, complaint = last.reaction, alike(complaint, last.complaints) or complaint
        case = traced.cases[-1]
        base = self._examiner.bases[case.base]
        place = place_of(case)
        return Finding(
            name=name_of(complaint, reaction, place),
            seed=self._seed,
            number=met.number,
            stack=base.stack,
            configuration=base.configuration,
            place=place,
            complaint=complaint,
            reaction=reaction,
            confirmed=traced.confirmed,
            repeated=traced.repeated,
            reduced=reduced,
            rounds=traced.rounds,
            before=traced.cases[:-1],
            case=case,
            original=met.case,
        )

    def _traced(self, met: Met) -> Traced | None:
        """Return the cases that show it: the one that it was met with, or the row that ends with it."""
        complaint = met.complaint
        if complaint.severity == "resource" and self._target.watch is not None:
            every = distinct((*met.before, met.case))
            return self._in_a_row(every, complaint, plays_to_grow(complaint))
        single = Traced(cases=(met.case,), confirmed=0, repeated=REPETITIONS)
        shown = sum(self._shows(single, complaint) for _ in range(REPETITIONS))
        clear = _is_of_the_device(complaint) and complaint.oracle not in TAKING_TIME
        if shown >= (1 if clear else LEAST_SHOWN):
            return self._without_changes(msgspec.structs.replace(single, confirmed=shown), complaint)
        if not _is_of_the_device(complaint):
            # What came late about a case before it is nothing that this one did.
            return None
        row = (*met.before, met.case)
        name = self._explained(complaint, row)
        if name is not None:
            raise AlreadyKnown(name)
        found = self._in_a_row(row, complaint) if met.before else None
        if found is None and complaint.oracle == PROCESS_ENDS:
            found = self._in_a_row(row, complaint, ROW_PLAYS)
        return found

    def _in_a_row(self, cases: tuple[Case, ...], complaint: Complaint, plays: int = 0) -> Traced | None:
        """Return ``cases`` if they show the complaint each time on a device that has seen nothing before."""
        row = Traced(cases=(), plays=plays, confirmed=ROW_REPETITIONS, repeated=ROW_REPETITIONS).of(cases)
        shows = all(self._shows(row, complaint, anew=True) for _ in range(ROW_REPETITIONS))
        return self._without_changes(row, complaint) if shows else None

    def _without_changes(self, found: Traced, complaint: Complaint) -> Traced:
        """Return the same conversations with nothing changed in them, where these show it just as often.

        A device that goes away now and then, whatever it is sent, is told as that.
        """
        if not _is_of_the_device(complaint):
            return found
        bases = self._examiner.bases
        bare = found.of(
            [
                msgspec.structs.replace(case, mutators=(), conversation=bases[case.base].conversation)
                for case in found.cases
            ]
        )
        anew = len(found.cases) > 1 or found.rounds > 1
        with contextlib.suppress(Spent):
            if all(self._shows(bare, complaint, anew=anew) for _ in range(found.confirmed)):
                return bare
        return found

    def _shrinking(self, complaint: Complaint) -> Shrinking:
        return Shrinking(
            lambda traced, anew: self._shows(traced, complaint, anew=anew),
            lambda: self._examiner.rounds,
            local=self._target.local is not None,
        )

    def _again(self, traced: Traced, complaint: Complaint) -> Examined | None:
        """Play what is left once more, budget or not."""
        self._restore(anew=len(traced.cases) > 1 or traced.rounds > 1)
        try:
            shown = self._examiner.shows(traced.cases, complaint, traced.rounds)
        except NotPlayable:
            return None
        self._dirty = shown is not None
        return shown

    def _shows(self, traced: Traced, complaint: Complaint, *, anew: bool = False) -> bool:
        """Return whether the cases show the complaint, on a device that is healthy, or ``anew`` restarted.

        Raises:
            Spent: the budget is used up.
            DeviceGone: the device does not come back.
        """
        self._budget.play()
        self._restore(anew=anew)
        try:
            shown = self._examiner.shows(traced.cases, complaint, traced.rounds)
        except NotPlayable:
            return False
        self._dirty = shown is not None
        return shown is not None

    def _restore(self, *, anew: bool) -> None:
        self._examiner.rest()
        resets = self._target.resets
        if anew:
            self._target.fresh()
        elif self._dirty:
            self._target.bring_back()
        self._dirty = False
        for _ in range(self._target.resets - resets):
            self._budget.reset()


def _is_of_the_device(complaint: Complaint) -> bool:
    """Return whether the whole device is complained of, and what it has gathered may count."""
    return complaint.severity in ("unavailable", "resource")


def plays_to_grow(complaint: Complaint) -> int:
    """Return after how many plays the figure that is complained of is seen to grow."""
    cases = (growth.cases for growth in GROWTHS if complaint.oracle == f"process-{growth.figure}")
    return int(MARGIN * max(cases, default=ROW_PLAYS))
