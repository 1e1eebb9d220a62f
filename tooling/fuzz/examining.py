"""Plays cases against the device and has them judged: alike in a campaign, a reduction and a replay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.actions import ActionFailed
from conform62351.tooling.engine.security import MeansMissing
from conform62351.tooling.engine.time_allocator import AllocatorError
from conform62351.tooling.fuzz.bases import Base, bases_for
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.living import LivingAssociation, inside
from conform62351.tooling.fuzz.oracles import REPEATABLE, Complaint, unsteady
from conform62351.tooling.fuzz.oracles_log import NAME as OF_LOG
from conform62351.tooling.fuzz.oracles_log import about, judge_alone, reader_of
from conform62351.tooling.fuzz.panel import ORACLES, Panel
from conform62351.tooling.fuzz.places import NotPassed, Place, find_places
from conform62351.tooling.fuzz.reactions import Pace, Reaction
from conform62351.tooling.fuzz.target import Target

QUICK_S: Final = 0.5
"""What a device gets for a reaction at first; before it is blamed it gets the limits of the PIXIT."""
CALIBRATIONS: Final = 2
"""How often a base is played before its cases are: what it does by itself is nothing that a case did."""
TAKING_TIME: Final = frozenset({"silence", "in-time", "lets-go"})
"""Oracles that complain of how long a device takes."""
END_S: Final = 0.1
POLL_S: Final = 0.02
SAME_TIMES: Final = 4
"""Plays of one case that show whether the device does the same each time."""
CANNOT_PLAY: Final = (ActionFailed, MeansMissing, AllocatorError)


class Examined(msgspec.Struct, frozen=True):
    """What came of a case, and what is said against the device; ``doubtful``: its health is worth a look.

    ``late`` is what the log says by now of cases, this one and earlier ones.
    """

    delivered: Delivered
    reaction: Reaction
    complaints: tuple[Complaint, ...]
    doubtful: bool
    late: tuple[tuple[Case, Complaint], ...] = ()


class NotPlayable(Exception):
    """A case cannot be played on this device: the message says what is missing.

    ``harm`` is the complaint that a base, played as it stands, has left the device unavailable: None if not.
    """

    def __init__(self, text: str, harm: Complaint | None = None) -> None:
        super().__init__(text)
        self.harm = harm


class Examiner:
    """Plays cases of the bases that suit a device.

    ``bases`` are all of them by name, in the order of the device's configurations. Cases of a base are only
    played behind :meth:`prepare`, which knows what the base does as it stands. ``last`` and ``other`` belong
    to :meth:`shows`.
    """

    def __init__(self, target: Target, *, patience: float | None = QUICK_S) -> None:
        self.target = target
        dut = target.dut
        self.bases = {base.name: base for base in bases_for(dut)}
        limit = dut.pixit.number("limit.respond")
        self._quick = Delivery(dut, target.log, patience=patience)
        self._patient = Delivery(dut, target.log)
        self._panels = {
            id(self._quick): Panel(dut, limit if patience is None else min(limit, patience), ORACLES),
            id(self._patient): Panel(dut, limit, ORACLES),
        }
        self._places: dict[str, tuple[Place, ...]] = {}
        self._living: LivingAssociation | None = None
        self._lives = ""
        self._played = 0
        self.last = ""
        self.other = ""
        self.rounds = 0
        # Of a device that others play at as well nobody could tell whose doing a line is.
        self._log = reader_of(dut) if target.share.workers == 1 else None

    def prepare(self, base: Base) -> tuple[Place, ...]:
        """Have the device in the configuration of ``base``; return where mutations can go.

        The first time the base is played as it stands. An association that stays open for its cases goes on.

        Raises:
            NotPlayable: it does not pass, or the set-up lacks what it needs.
        """
        if self._lives != base.name:
            self.rest()
        self._configure(base)
        if base.name not in self._places:
            self._places[base.name] = self._looked_at(base)
        return self._places[base.name]

    def _configure(self, base: Base) -> None:
        """Have the device in the configuration of a base. Raises NotPlayable where it does not take it."""
        if not self.target.has(base.configuration):
            self.rest()
        try:
            self.target.configure(base.configuration)
        except CANNOT_PLAY as error:
            raise NotPlayable(str(error)) from error

    def _looked_at(self, base: Base) -> tuple[Place, ...]:
        bare = bare_case(base)
        try:
            places = find_places(self._patient, base)
            for _ in range(CALIBRATIONS):
                for delivery in (self._quick, self._patient):
                    delivered = delivery.deliver(bare)
                    if not delivered.usual:
                        seen = ", ".join(map(str, delivered.observations))
                        raise NotPlayable(delivered.why or seen or "nothing came", self._harm())
                    self._panels[id(delivery)].calibrate(bare, delivered)
        except NotPassed as error:
            raise NotPlayable(str(error).removeprefix(f"{base.name}: "), self._harm()) from error
        except CANNOT_PLAY as error:
            raise NotPlayable(str(error)) from error
        return places

    def _harm(self) -> Complaint | None:
        """Return the complaint that the device is unavailable behind what was played, None if it is not."""
        # The end of a process is seen on its connections first.
        self.target.dut.clock.sleep(END_S)
        return next((one for one in self.look() if one.severity == "unavailable"), self.target.health())

    def examine(
        self, case: Case, *, patient: bool = False, alone: bool = True, logged: bool = False
    ) -> Examined:
        """Play a case and judge it; without ``alone`` on an association that stays open, if it :meth:`lives`.

        ``patient``: the device has all the time that the PIXIT gives it. ``logged``: what it logs of this one
        case is waited for.

        Raises:
            NotPlayable: the set-up lacks what the case needs.
        """
        delivery = self._patient if patient else self._quick
        base = self.bases[case.base]
        self._played += 1
        log = self._log
        if log is not None and logged:
            log.lines()
        lives = not (alone or patient) and self.lives(case)
        try:
            delivered = self._delivered(case, base, delivery, lives=lives)
        except CANNOT_PLAY as error:
            raise NotPlayable(str(error)) from error
        panel = self._panels[id(delivery)]
        lines = () if log is None else log.lines(now=logged)
        if log is not None and log.prompt:
            delivered = msgspec.structs.replace(delivered, events=about(lines, delivered.addresses))
        scene = panel.scene(case, delivered)
        complaints = (*self.look(), *panel.judge(scene))
        whole = msgspec.structs.replace(delivered, events=lines)
        with_log = msgspec.structs.replace(scene, delivered=whole)
        late: tuple[tuple[Case, Complaint], ...] = ()
        by_log = self._panels[id(self._quick)]
        if logged or any(one.severity == "unavailable" for one in complaints):
            by_log.forget_log()
        if log is not None and logged:
            found = judge_alone(with_log, log, lambda: self._patient.deliver(bare_case(base)))
            complaints = complaints if found is None else (*complaints, found)
        elif log is not None:
            late = by_log.judge_log(with_log)
        if not complaints:
            complaints = self._leaks(case, lambda: self._again(case, base, lives=lives))
        return Examined(delivered, scene.reaction, complaints, _doubtful(delivered, scene.reaction), late)

    def lives(self, case: Case) -> bool:
        """Return whether a case can be one of many on an association that stays open.

        It can where nothing but PDUs of MMS was changed: most of all else ends the association, and of what
        came before on the same one it could not be told apart.
        """
        return bool(self.bases[case.base].opening) and inside(case)

    def _delivered(self, case: Case, base: Base, delivery: Delivery, *, lives: bool) -> Delivered:
        if lives:
            return self._living_for(base).deliver(case)
        self.rest()
        return delivery.deliver(case)

    def _leaks(self, case: Case, play: Callable[[], Delivered]) -> tuple[Complaint, ...]:
        """Return what leaks with a case, where the device is a process; it is played again if need be."""
        if self.target.watch is None:
            return ()
        try:
            found = self.target.watch.leaks(case, play, self._settle)
        except CANNOT_PLAY as error:
            raise NotPlayable(str(error)) from error
        return () if found is None else (found,)

    def _again(self, case: Case, base: Base, *, lives: bool) -> Delivered:
        """Play a case once more: it counts for what grows with each."""
        self._played += 1
        return self._delivered(case, base, self._quick, lives=lives)

    def _settle(self, done: Callable[[], bool]) -> None:
        """Return when ``done`` is true, or the device has had the time to close its connections."""
        self.rest()
        clock = self.target.dut.clock
        deadline = clock.monotonic() + self.target.dut.pixit.number("limit.close")
        while not done() and clock.monotonic() < deadline:
            clock.sleep(POLL_S)

    def look(self) -> tuple[Complaint, ...]:
        """Return what is wrong with the process of the device, where it is one of this machine."""
        return () if self.target.watch is None else self.target.watch.look(self._played)

    def rest(self) -> None:
        """Close the association that stays open, if there is one."""
        living, self._living, self._lives = self._living, None, ""
        if living is not None:
            living.close()

    def _living_for(self, base: Base) -> LivingAssociation:
        if self._living is None or self._lives != base.name:
            self.rest()
            self._living, self._lives = LivingAssociation(self._quick, base), base.name
        return self._living

    def reopens(self) -> bool:
        """Open the association anew that has ended with the last case, and return whether that went as usual.

        It shows that the device associates, as it does when it is asked, and carries the next cases.
        """
        if self._living is None or self.bases[self._lives].stack != self.target.dut.stack:
            return False
        try:
            return self._living.reopened()
        except CANNOT_PLAY:
            return False

    def repeated(self, case: Case, first: Examined | None = None) -> Examined | None:
        """Play a case several times; return the last play where the device decides in turns.

        Each play has connections of its own: a device may decide anew with each. ``first`` is what came of it
        just now, and counts for one if it had them, too.

        Raises:
            NotPlayable: the set-up lacks what the case needs.
        """
        shown = [] if first is None or first.delivered.continued else [first]
        while len(shown) < SAME_TIMES:
            shown.append(self.examine(case))
        self.last = str(shown[-1].reaction)
        if any(map(_cut_short, shown)):
            return None
        found = unsteady(case.conversation, [one.reaction for one in shown])
        return None if found is None else msgspec.structs.replace(shown[-1], complaints=(found,))

    def shows(self, cases: Sequence[Case], complaint: Complaint, rounds: int = 1) -> Examined | None:
        """Play ``cases`` ``rounds`` times over; return what the one showed that the device is to blame for.

        Several cases go over associations that stay open where that is possible, as when they were met.
        None: nothing of that kind was shown; ``other`` is then what else was complained of, ``last`` what the
        device did about the last case. What is looked for is a complaint of the same oracle, or any
        that the device is unavailable where that was complained of.

        Raises:
            NotPlayable: the set-up lacks what the cases need.
        """
        last = len(cases) - 1
        if complaint.oracle == REPEATABLE:
            return self.repeated(cases[-1])
        alone = last == 0 and rounds == 1
        patient = alone and (complaint.severity != "unavailable" or complaint.oracle in TAKING_TIME)
        self.other = ""
        for self.rounds in range(1, rounds + 1):
            for place, case in enumerate(cases):
                self._configure(self.bases[case.base])
                shown = self.examine(
                    case,
                    patient=patient and place == last,
                    alone=alone,
                    logged=complaint.oracle == OF_LOG and place == last,
                )
                if alike(complaint, shown.complaints):
                    return shown
                if shown.complaints:
                    self.other = shown.complaints[0].text
                self.last = str(shown.reaction)
        self.rest()
        health = self.target.health()
        if health is None:
            return None
        if complaint.severity != "unavailable":
            self.other = health.text
            return None
        # The end of a process is seen on its connections first.
        self.target.dut.clock.sleep(END_S)
        return msgspec.structs.replace(shown, complaints=(*self.look(), health))


def _doubtful(delivered: Delivered, reaction: Reaction) -> bool:
    """Return whether the health of the device is worth a look, as where it is silent, and was asked."""
    if reaction.pace is Pace.LIMIT and not delivered.unasked:
        return True
    return any(seen.kind is Kind.TCP_REFUSED for seen in delivered.observations)


def _cut_short(shown: Examined) -> bool:
    """Return whether the tester's end of a connection came before the reaction, and that came then."""
    return shown.delivered.hurried and shown.reaction.pace is not Pace.LIMIT


def bare_case(base: Base) -> Case:
    """Return the case that is the base as it stands."""
    return Case(base=base.name, layer=Layer.ORDER, mutators=(), conversation=base.conversation)


def alike(complaint: Complaint, others: Iterable[Complaint]) -> Complaint | None:
    """Return the first of ``others`` that says the same as ``complaint``, or the same kind of end."""
    if complaint.severity == "unavailable":
        return next((one for one in others if one.severity == "unavailable"), None)
    return next((one for one in others if one.oracle == complaint.oracle), None)
