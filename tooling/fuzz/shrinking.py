"""Makes what shows a complaint smaller: fewer cases, or one and how often, and then less in each of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.reducing import (
    Spent,
    smallest,
    with_fewer_cuts,
    with_fewer_mutations,
    with_fewer_steps,
    with_smaller_values,
)

FOLDED: Final = 3
"""Cases of a row that are tried alone, as often as the row is long."""


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that show a complaint, ``rounds`` times over: they did so ``confirmed`` times of ``repeated``.

    With ``plays`` as many rounds are played of fewer cases as make so many plays.
    """

    cases: tuple[Case, ...]
    rounds: int = 1
    plays: int = 0
    confirmed: int
    repeated: int

    def of(self, cases: Sequence[Case]) -> Traced:
        """Return this with other cases."""
        rounds = max(1, self.plays // len(cases)) if self.plays else self.rounds
        return msgspec.structs.replace(self, cases=tuple(cases), rounds=rounds)


class Shrinking:
    """Makes cases fewer and smaller as long as ``shows`` says that they still show what they did.

    It is asked whether cases show it, on a device that was restarted where the second argument says so, and
    raises :class:`Spent` once nothing more is to be tried. ``rounds`` returns how many rounds the last ones
    were played for that. ``local``: plays cost little.
    """

    def __init__(
        self, shows: Callable[[Traced, bool], bool], rounds: Callable[[], int], *, local: bool
    ) -> None:
        self._shows = shows
        self._rounds = rounds
        self._local = local

    def reduced(self, found: Traced) -> Traced:
        """Return fewer cases, and these smaller, as far as the budget goes."""
        row = len(found.cases) > 1 or found.rounds > 1

        def still(cases: Sequence[Case]) -> bool:
            return self._shows(found.of(cases), row)

        folded = self._folded(found)
        found = folded or found.of(smallest(found.cases, still))
        if folded is None and found.plays:
            found = self._in_fewer_rounds(found)
        for place in range(len(found.cases)):
            found = self._smaller(found, place, anew=row)
        return found

    def _folded(self, found: Traced) -> Traced | None:
        """Return one case of a row that shows it alone when it is played as often as the row is long."""
        if len(found.cases) == 1 or found.rounds > 1:
            return None
        with contextlib.suppress(Spent):
            for case in distinct(reversed(found.cases))[:FOLDED]:
                once = msgspec.structs.replace(found, cases=(case,), rounds=len(found.cases))
                if self._shows(once, True):
                    return self._in_fewer_rounds(once)
        return None

    def _in_fewer_rounds(self, found: Traced) -> Traced:
        """Return the cases in as few rounds as still show it."""

        def of(rounds: int) -> Traced:
            return msgspec.structs.replace(found, rounds=rounds, plays=0)

        low, high = 0, found.rounds
        with contextlib.suppress(Spent):
            if self._shows(found, True):
                # What is seen at once has been shown before the last round, and seldom in one less than that.
                high = self._rounds()
                middle = high - 1
                while middle > low:
                    if self._shows(of(middle), True):
                        high = min(middle, self._rounds())
                    else:
                        low = middle
                    middle = (low + high) // 2
        return of(high) if high < found.rounds else found

    def _smaller(self, found: Traced, place: int, *, anew: bool) -> Traced:
        """Return the cases with the one at ``place`` made smaller."""

        def having(case: Case) -> Traced:
            return found.of((*found.cases[:place], case, *found.cases[place + 1 :]))

        def still(case: Case) -> bool:
            return self._shows(having(case), anew)

        case = with_fewer_mutations(with_fewer_cuts(found.cases[place], still), still)
        if self._local and not found.plays:
            case = with_smaller_values(with_fewer_steps(case, still), still)
        return having(case)


def distinct(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases without those that are there already, in their order."""
    return tuple({msgspec.json.encode(case): case for case in cases}.values())
