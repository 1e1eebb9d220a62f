"""Draws the cases of a campaign: whose turn it is, and what is swept, new, mutated further, or put elsewhere.

A case follows from the seed, its number, the places of its base, how far the sweeps are, and what was learnt
by then: nothing else.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from random import Random
from typing import Final

from conform62351.tooling.engine.mutating import Reissue
from conform62351.tooling.fuzz.bases import Base, chosen_bases
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.crossing import crossed
from conform62351.tooling.fuzz.examining import Examiner, NotPlayable, bare_case
from conform62351.tooling.fuzz.generating import Generator
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.learnt import Learnt
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.state import Counts, Settings
from conform62351.tooling.fuzz.sweeping.sweep import Known, Sweep
from conform62351.tooling.fuzz.turns import STRETCH, Turns
from conform62351.tooling.net.errors import PrivilegeMissing
from conform62351.tooling.net.interfaces import require_raw_sockets
from conform62351.tooling.net.manifest import CredentialError

RAW: Final = "segment: raw segments"
"""The name under which it is said why no segments of the tester's own are sent."""
NOTHING_SENT: Final = "nothing of these layers is sent"
FURTHER: Final = 0.25
"""The share of cases that change one of the corpus further."""
CROSSED: Final = 0.15
"""The share of cases that do to their base what brought something new about another one."""
COUNTS_OF_CHANGES: Final = (1, 1, 1, 1, 2, 2, 3, 4)
LEFT_TO_CHANCE: Final = 6
"""Of so many stretches one is left to chance while the sweeps last."""
AHEAD: Final = 1
"""Rounds by which the sweep of a base may be ahead of the others."""


class Drawing:
    """Draws cases for the device of ``examiner``.

    ``counts`` tell how far the sweeps are, and are told. ``not_tested`` says of bases why they could not be
    played, and why no segments of the tester's own are sent. ``doing`` is told what else is done.
    """

    def __init__(
        self,
        examiner: Examiner,
        settings: Settings,
        learnt: Learnt,
        counts: Counts,
        doing: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.not_tested: dict[str, str] = {}
        self.harmed: list[tuple[Case, Complaint]] = []
        self._examiner = examiner
        self._settings = settings
        self._learnt = learnt
        self._doing = doing
        self._counts = counts
        self._generators: dict[str, Generator] = {}
        self._sweeps: dict[str, Sweep] = {}
        self._known: dict[tuple[str, str], Known] = {}
        self._behind: int | None = None
        self._raw = self._may_send_raw()
        chosen = chosen_bases(examiner.bases.values(), settings.roles, settings.stacks)
        self._turns = Turns(chosen, examiner.target.dut.pixit.configurations)

    def generator(self, number: int) -> Generator | None:
        """Return what makes case ``number``, its base prepared; None where no base can be played.

        Raises:
            DeviceGone: the device does not come back from playing a base.
        """
        stretch, within = divmod(number, STRETCH)
        sweeping = self._swept(stretch, self._counts.sweeping if within else "")
        self._counts.sweeping = "" if sweeping is None else sweeping.base.name
        if sweeping is not None:
            return sweeping
        for base in self._turns.of(stretch, self._random(f"stretch {stretch}")):
            if base.name not in self.not_tested and (found := self._generator_of(base)) is not None:
                return found
        return None

    def _swept(self, stretch: int, under_way: str) -> Generator | None:
        """Return what makes the cases of a stretch that belongs to a sweep, None for one that does not.

        It is the base that has not begun, or the one that is least far: round by round all get their share.
        """
        if stretch % LEFT_TO_CHANCE == LEFT_TO_CHANCE - 1:
            return None
        swept = self._counts.swept
        bases = {base.name: base for base in self._turns.together(stretch)}
        for name in swept:
            if name in bases and name not in self._sweeps:
                self._begin(bases[name])
        rounds = self._rounds(bases)
        if not under_way:
            # One base of each moment begins before the others, which are much like it.
            moments = {bases[name].moment for name in self._sweeps if name in bases}
            for name, base in bases.items():
                early = base.moment not in moments
                if name not in swept and (early or min(rounds.values(), default=1)) and self._begin(base):
                    return self._generators[name]
        if not rounds:
            return None
        name = under_way if under_way in rounds else min(rounds, key=lambda name: rounds[name])
        return self._generator_of(bases[name])

    def _rounds(self, names: Iterable[str]) -> dict[str, int]:
        """Return in which round the sweeps of bases are; none for one that has not begun, or is done."""
        return {
            name: at
            for name in names
            if name in self._sweeps
            and name not in self.not_tested
            and (at := self._sweeps[name].round_at(self._counts.swept[name])) is not None
        }

    def _is_due(self, name: str, stretch: int) -> bool:
        """Return whether the sweep of a base is not so far ahead that chance has its turn."""
        rounds = self._rounds(base.name for base in self._turns.together(stretch))
        return name in rounds and rounds[name] <= min(rounds.values()) + AHEAD

    def _begin(self, base: Base) -> bool:
        """Begin the sweep of a base, or go on with it; return whether it can be played."""
        generator = None if base.name in self.not_tested else self._generator_of(base)
        if generator is None:
            return False
        known = self._known.setdefault((base.configuration, base.role.value), set())
        sweep = generator.sweep(known, f"{self._settings.seed}:{self._settings.worker}")
        sweep.forget(self._counts.swept.setdefault(base.name, 0))
        self._sweeps[base.name] = sweep
        return True

    def played(self) -> None:
        """Take note that the case drawn last is done: a sweep goes on behind it."""
        name = self._counts.sweeping
        if name and self._behind is not None:
            self._counts.swept[name] = self._behind
            self._sweeps[name].forget(self._behind)
        self._behind = None

    def case(self, generator: Generator, number: int) -> Case:
        """Return case ``number``."""
        random = self._random(str(number))
        name = generator.base.name
        if self._counts.sweeping == name and self._is_due(name, number // STRETCH):
            found, self._behind = self._sweeps[name].case(self._counts.swept[name])
            if found is not None:
                return found
        share = random.random()
        if share < FURTHER:
            entry = self._learnt.corpus.choose(random, name, self._settings.layers)
            if entry is not None:
                self._learnt.spend(entry)
                return generator.further(entry.case, random)
        elif share < FURTHER + CROSSED:
            entry = self._learnt.corpus.choose_other(random, name, generator.layers)
            if entry is not None:
                self._learnt.spend(entry)
                case = crossed(entry.case, name, generator.talk, generator.places, random, self._reissue)
                if case is not None:
                    return case
        return generator.case(random, random.choice(COUNTS_OF_CHANGES))

    def _may_send_raw(self) -> bool:
        """Return whether this process may send segments of its own, where they are wanted."""
        if self._settings.layers and Layer.SEGMENT not in self._settings.layers:
            return False
        try:
            require_raw_sockets()
        except PrivilegeMissing as error:
            self.not_tested[RAW] = str(error)
            return False
        return True

    def _random(self, what: str) -> Random:
        return Random(f"{self._settings.seed}:{self._settings.worker}:{what}")

    def _generator_of(self, base: Base) -> Generator | None:
        """Return what makes cases of a base; one that cannot be played twice running is given up."""
        known = self._generators.get(base.name)
        if known is not None:
            return self._made(base, known)
        self._doing(f"looking at {base.name}")
        # What others do meanwhile must not pass for what the base does by itself.
        with self._examiner.target.share.alone(self._examiner.rest):
            return self._made(base, None)

    def _made(self, base: Base, known: Generator | None) -> Generator | None:
        for last in (False, True):
            try:
                places = self._examiner.prepare(base)
                break
            except NotPlayable as error:
                self._examiner.target.bring_back()
                if last:
                    self.not_tested[base.name] = str(error)
                    if error.harm is not None:
                        self.harmed.append((bare_case(base), error.harm))
                    return None
        if known is None:
            layers = tuple(Layer(name) for name in self._settings.layers)
            known = Generator(base, places, layers, reissue=self._reissue, raw=self._raw)
            if not known.layers:
                self.not_tested[base.name] = NOTHING_SENT
                return None
            self._generators[base.name] = known
        return known

    @functools.cached_property
    def _reissue(self) -> Reissue | None:
        """Return what signs changed certificates again, None where the authorities' keys are not at hand."""
        security = self._examiner.target.dut.security
        with contextlib.suppress(CredentialError):
            return security.reissue if len(security.authorities) else None
        return None
