"""The figures of a run, and the mutants that survived it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conform62351.tooling.mutation.explained import Explanation, reason_for
from conform62351.tooling.mutation.judging import Judged, Outcome
from conform62351.tooling.mutation.mutants import Mutant
from conform62351.tooling.mutation.scope import PROFILES
from conform62351.tooling.mutation.source import read_module

WANTED: Final = 0.85
CASES_SHOWN: Final = 8


@dataclass(frozen=True)
class Summary:
    """What became of ``mutants``; those that ``judged`` does not know have not been tried."""

    mutants: Sequence[Mutant]
    judged: Mapping[str, Judged]
    known: Sequence[Explanation]

    def state(self, mutant: Mutant) -> str:
        """Return ``killed``, ``explained``, ``survived``, ``not executed`` or ``not tried``."""
        judged = self.judged.get(mutant.key)
        if judged is None:
            return "not tried"
        if judged.outcome is not Outcome.KILLED and reason_for(mutant, self.known):
            return "explained"
        return judged.outcome.value

    @property
    def counts(self) -> Counter[str]:
        """How many mutants are in each state."""
        return Counter(map(self.state, self.mutants))

    @property
    def score(self) -> float:
        """The share of those killed among those tried, without those that are explained."""
        return score(self.counts)

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that survived without a reason."""
        return [one for one in self.mutants if self.state(one) in ("survived", "not executed")]

    @property
    def stale(self) -> list[Explanation]:
        """Explanations of nothing that survived: no mutant is meant, or all that are were killed."""
        explained = [one for one in self.mutants if self.state(one) in ("explained", "not tried")]
        return [entry for entry in self.known if not any(map(entry.covers, explained))]

    def as_json(self) -> dict[str, Any]:
        """Return all of it for programs."""
        return {
            "score": round(self.score, 4),
            "counts": dict(self.counts),
            "modules": {name: dict(counts) for name, counts in self._by_module().items()},
            "survivors": [self._told(one) for one in self.survivors],
            "explained": [
                {**self._told(one), "reason": reason_for(one, self.known)}
                for one in self.mutants
                if self.state(one) == "explained"
            ],
            "stale": [dict(one.members) for one in self.stale],
        }

    def lines(self) -> Iterator[str]:
        """Yield the report for people."""
        for mutant in self.survivors:
            before, after = mutant.difference(read_module(mutant.module))
            cases = self.judged[mutant.key].tried
            yield f"{_path(mutant)}:{mutant.line} {mutant.function}: {self.state(mutant)}"
            yield f"    {mutant.operator}: {mutant.change}"
            yield f"    - {before}"
            yield f"    + {after}"
            if cases:
                more = f" and {len(cases) - CASES_SHOWN} more" if len(cases) > CASES_SHOWN else ""
                yield f"    tried: {' '.join(cases[:CASES_SHOWN])}{more}"
        for entry in self.stale:
            yield f"explanations: no survivor is {entry}"
        yield f"{'module':<44}{'mutants':>8}{'killed':>8}{'alive':>8}{'explained':>10}{'score':>8}"
        for name, counts in [*self._by_module().items(), ("all", self.counts)]:
            alive = counts["survived"] + counts["not executed"]
            tried = counts.total() - counts["not tried"]
            row = f"{name:<44}{tried:>8}{counts['killed']:>8}{alive:>8}{counts['explained']:>10}"
            yield f"{row}{score(counts):>8.1%}"
        if self.counts["not tried"]:
            yield f"{self.counts['not tried']} mutants have not been tried"

    def _by_module(self) -> Mapping[str, Counter[str]]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for mutant in self.mutants:
            found[mutant.module.removeprefix(PROFILES)][self.state(mutant)] += 1
        return found

    def _told(self, mutant: Mutant) -> dict[str, Any]:
        return {
            "file": f"{_path(mutant)}:{mutant.line}",
            "module": mutant.module.removeprefix(PROFILES),
            "function": mutant.function,
            "text": mutant.text,
            "operator": mutant.operator,
            "change": mutant.change,
            "occurrence": mutant.occurrence,
            "state": self.state(mutant),
            "tried": list(self.judged[mutant.key].tried),
        }


def score(counts: Counter[str]) -> float:
    """Return the share of killed mutants among those tried and not explained."""
    told = counts["killed"] + counts["survived"] + counts["not executed"]
    return counts["killed"] / told if told else 1.0


def _path(mutant: Mutant) -> str:
    return mutant.module.removeprefix("conform62351.").replace(".", "/") + ".py"
