"""The campaign: draws cases, plays them, keeps what is new, and pursues what the oracles complain of."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.configuring import UNKNOWN
from conform62351.tooling.engine.log_access import is_offered
from conform62351.tooling.engine.runner import located
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.drawing import Drawing
from conform62351.tooling.fuzz.evidence import Evidence
from conform62351.tooling.fuzz.examining import SAME_TIMES, Examined, Examiner, NotPlayable
from conform62351.tooling.fuzz.findings import FindingStore, place_of
from conform62351.tooling.fuzz.keeping import Keeper
from conform62351.tooling.fuzz.oracles import Complaint, unavailable
from conform62351.tooling.fuzz.progress import Interrupted, Limits, Progress, Tell
from conform62351.tooling.fuzz.pursuing import AlreadyKnown, Met, Pursuit
from conform62351.tooling.fuzz.reactions import Reaction
from conform62351.tooling.fuzz.row import Row
from conform62351.tooling.fuzz.sharing import DeviceHeld
from conform62351.tooling.fuzz.state import CampaignState, Counts, Settings
from conform62351.tooling.fuzz.target import DeviceGone
from conform62351.tooling.fuzz.turns import STRETCH

CHECK_EVERY: Final = 24
"""Cases after which it is made sure that the device associates, unless one of them has shown it."""
CHECK_LIVING_EVERY: Final = 96
"""The same for cases on one association: each answer shows that the device lives."""
SAME_EVERY: Final = 60
"""Of so many cases one is played several times, to see whether the device does the same."""
SAME_LIVING_EVERY: Final = 240
"""The same for cases on one association: each play takes a handshake, which costs several of them."""
SUSPECTS: Final = 3
"""The last cases of a worker that may have taken down a device that several have."""
LOG: Final = "security-event log"
DOWN: Final = "it was down when another worker looked"
LOG_OFF: Final = "several workers play at the device: whose doing a line of its log is cannot be told"


class Campaign:
    """A campaign in the folder of ``state``; what was learnt before is taken from there.

    ``stopped`` is asked before each case. ``gone`` says how the device was lost, empty as long as it is not.
    """

    def __init__(
        self,
        examiner: Examiner,
        settings: Settings,
        state: CampaignState,
        store: FindingStore,
        evidence: Evidence,
        *,
        tell: Tell = lambda _: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.gone = ""
        self._examiner = examiner
        self._target = examiner.target
        self._share = examiner.target.share
        self._state = state
        self._learnt = state.learnt
        self._tell = tell
        self._stopped = stopped
        self._drawing = Drawing(examiner, settings, state.learnt, state.counts, self._told)
        if self._share.workers > 1 and is_offered(self._target.dut.pixit, self._target.dut.actions):
            self.not_tested[LOG] = LOG_OFF
        self._keeper = Keeper(
            examiner, store, evidence, state.counts.seen, doing=self._told, flaw=state.learnt.flawed
        )
        self._pursuit = Pursuit(
            examiner, settings.seed, explained=self._keeper.explained, left=self._left, stopped=stopped
        )
        self._share.limit = self._share.workers * self._pursuit.longest
        self._limits = Limits()
        self._row = Row()
        self._since_check = 0
        self._clock = self._target.dut.clock.monotonic
        self._running_since = self._clock()

    @property
    def counts(self) -> Counts:
        """The counts, as they are stored."""
        return self._state.counts

    @property
    def corpus(self) -> int:
        """How many cases are mutated further."""
        return len(self._learnt.corpus)

    @property
    def not_tested(self) -> dict[str, str]:
        """Why bases could not be played, by name."""
        return self._drawing.not_tested

    @property
    def errors(self) -> dict[int, str]:
        """What went wrong in the tester, by the number of the case."""
        return self._learnt.flaws

    def run(self, limits: Limits) -> None:
        """Draw and play cases until ``limits`` are reached, ``stopped`` says so, or the device is lost.

        Raises:
            StateError, OSError: the folder takes no more.
        """
        resets = self.counts.resets - self._target.resets
        self._running_since = self._clock() - self.counts.seconds
        self._limits = limits
        try:
            if not self._target.has(UNKNOWN):
                # One that another process has configured is asked once its base has done so, too.
                with self._alone():
                    self._target.bring_back()
            while not self._ended() and self._stretch(resets):
                """Each one prepares the device for its base."""
        except Interrupted:
            """The case that it was about is played again when the campaign goes on."""
        except (DeviceGone, DeviceHeld) as error:
            self.gone = str(error)
        finally:
            self.counts.seconds = self._clock() - self._running_since
            self._examiner.rest()
            self._share.leave(self._examiner.rest)
            self._state.save()
            self._told()

    def _ended(self) -> bool:
        cases = self._limits.cases
        return self._stopped() or self._left() <= 0 or (cases is not None and self.counts.cases >= cases)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Have the device alone. Raises DeviceHeld, Interrupted."""
        with self._share.alone(self._examiner.rest):
            self._take_in_changes()
            yield

    def _enters(self, number: int) -> bool:
        """Play case ``number`` among others; return False where the campaign has ended before.

        Others may have met the device down behind a case of this process, which did not look after it.
        """
        entered = self._share.enter(self._examiner.rest, self._ended)
        if self._share.asked() and (row := self._row.cases):
            asked = Met(number - 1, row[-1], unavailable(DOWN), Reaction(), row[:-1])
            with self._alone():
                self._see_to(asked)
            entered = self._share.enter(self._examiner.rest, self._ended)
        self._take_in_changes()
        return entered

    def _take_in_changes(self) -> None:
        """Begin anew with a device that others have changed: it has seen no row of cases of this process."""
        if self._share.renewed():
            self._row.clear()
            self._target.look_anew()

    def _left(self) -> float:
        """Return the seconds that are left."""
        seconds = self._limits.seconds
        return math.inf if seconds is None else seconds - (self._clock() - self._running_since)

    def _stretch(self, resets: int) -> bool:
        """Play cases of one base up to the end of its stretch; return whether there is such a base."""
        done = self.counts.cases
        generator = self._drawing.generator(done)
        while self._drawing.harmed:
            self._met(done, *self._drawing.harmed.pop(), Reaction())
        if generator is None:
            return False
        for number in range(done, (done // STRETCH + 1) * STRETCH):
            if self._ended() or not self._enters(number):
                break
            self._one(number, self._drawing.case(generator, number))
            self._drawing.played()
            self.counts.cases = number + 1
            self.counts.seconds = self._clock() - self._running_since
            self.counts.resets = resets + self._target.resets
            self._state.save()
            self._told()
        return True

    def _one(self, number: int, case: Case) -> None:
        """Play a case and see to all that it leads to."""
        try:
            shown = self._examiner.examine(case, alone=False)
        except NotPlayable as error:
            self.counts.drawn(case)
            self._drawing.not_tested[case.base] = str(error)
            return
        except Exception as error:  # noqa: BLE001 - a flaw that nobody foresaw costs one case
            self.counts.drawn(case)
            self._examiner.rest()
            self._learnt.flawed(number, located(error))
            return
        reaction = shown.reaction
        self.counts.drawn(case, reaction.last, delivered=shown.delivered.complete)
        self._learnt.take(number, case, reaction)
        complaints = list(shown.complaints[:1]) or self._second_look(number, case, shown)
        self._row.add(case)
        for blamed, complaint in (*((case, one) for one in complaints), *shown.late):
            self._met(number, blamed, complaint, reaction)

    def _second_look(self, number: int, case: Case, shown: Examined) -> list[Complaint]:
        """Look after the device where there is reason, or now and then without; have a case repeated."""
        self._since_check = 0 if self._associates(case, shown.delivered) else self._since_check + 1
        continued = shown.delivered.continued
        if shown.doubtful or self._since_check >= (CHECK_LIVING_EVERY if continued else CHECK_EVERY):
            self._since_check = 0
            health = None if self._examiner.reopens() else self._target.health()
            if health is not None:
                return [health]
        same_every = SAME_LIVING_EVERY if self._examiner.lives(case) else SAME_EVERY
        if number % same_every == 0 and shown.delivered.complete:
            with contextlib.suppress(NotPlayable):
                again = self._examiner.repeated(case, shown)
                for _ in range(SAME_TIMES - (not continued)):
                    self._row.add(case)
                return [] if again is None else list(again.complaints)
        return []

    def _associates(self, case: Case, delivered: Delivered) -> bool:
        """Return whether a case has shown that the device associates, as it does when it is asked."""
        if self._examiner.bases[case.base].stack != self._target.dut.stack:
            return False
        if delivered.continued:
            return delivered.opened
        return delivered.usual and any(one.kind is Kind.ASSOCIATED for one in delivered.observations)

    def _met(self, number: int, case: Case, complaint: Complaint, reaction: Reaction) -> None:
        """See to a complaint, alone unless it is of the form that something known has."""
        self.counts.unavailable += complaint.severity == "unavailable"
        known = self._keeper.known(complaint, reaction, place_of(case))
        if known is not None and complaint.severity == "form":
            # It has harmed nothing, and what the device has gathered up to here may count later on.
            self._keeper.met(known)
            self._examiner.rest()
            return
        met = Met(number, case, complaint, reaction, self._row.cases[:-1])
        with self._alone():
            self._see_to(met)

    def _see_to(self, met: Met) -> None:
        """Pursue a complaint, unless it is one that is known; have the device healthy behind it."""
        complaint = met.complaint
        known = self._keeper.known(complaint, met.reaction, place_of(met.case))
        if known is not None:
            self._keeper.met(known)
            if complaint.severity == "unavailable":
                # Whoever has met the device down as well need not ask why.
                self._share.changed()
        else:
            self._told(f"confirming: {complaint.text}"[:72])
            self._pursue(met)
        self._examiner.rest()
        if known is None and self._target.local is not None:
            self._target.fresh()
        else:
            self._target.bring_back()
        self._row.clear()

    def _own(self, met: Met) -> Met | None:
        """Return what was met as far as it may come of what this process did, None if it is others' doing.

        It is if no case of this process shows it alone, and others have changed the device since, or do so
        now that they are asked: by a case of theirs that does show it.
        """
        if self._share.workers == 1 or met.complaint.severity == "resource":
            return met
        disturbed = self._share.disturbed
        others = met.before[:-SUSPECTS:-1] if met.complaint.severity == "unavailable" else ()
        for case in (met.case, *others):
            self._target.bring_back()
            with contextlib.suppress(NotPlayable):
                if self._examiner.shows((case,), met.complaint) is not None:
                    self._share.changed()
                    return met if case is met.case else msgspec.structs.replace(met, case=case, before=())
        if disturbed or self._share.others_first(self._examiner.rest):
            self._take_in_changes()
            return None
        return met

    def _pursue(self, met: Met) -> None:
        """Keep what a complaint comes to; where the device or the tester fails that is unconfirmed."""
        try:
            own = self._own(met)
            if own is None:
                return
            if own is not met and (
                name := self._keeper.known(own.complaint, own.reaction, place_of(own.case))
            ):
                raise AlreadyKnown(name)
            finding = self._pursuit.pursue(own)
        except AlreadyKnown as known:
            self._keeper.met(str(known))
            return
        except (Interrupted, DeviceHeld):
            raise
        except DeviceGone:
            self._keeper.keep(self._pursuit.unconfirmed(met))
            raise
        except Exception as error:  # noqa: BLE001 - a flaw that nobody foresaw must not lose what was met
            self._learnt.flawed(met.number, located(error))
            finding = self._pursuit.unconfirmed(met)
        self._keeper.keep(finding)

    def _told(self, doing: str = "") -> None:
        self._tell(
            Progress(
                cases=self.counts.cases,
                seconds=self._clock() - self._running_since,
                behaviours=len(self._learnt.corpus.behaviour),
                corpus=self.corpus,
                findings=self._keeper.findings,
                unconfirmed=self._keeper.unconfirmed,
                doing=doing,
            )
        )
