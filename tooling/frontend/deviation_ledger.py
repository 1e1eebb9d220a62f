"""What a run says of the declared deviations: stale ones, overdue ones, and entries for new failures."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from conform62351.pics.deviations import ready_to_paste
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.runner import Outcome
from conform62351.tooling.frontend.inputs import Inputs

NEW_DEVIATIONS = "new-deviations.toml"


class DeviationLedger:
    """Compares the declared deviations with how the cases ended."""

    def __init__(self, inputs: Inputs, outcomes: Mapping[str, Outcome], today: datetime.date) -> None:
        self._inputs = inputs
        self._today = today
        self._ended = {
            case: (outcome.verdict.value, _failing(outcome))
            for case, outcome in outcomes.items()
            if outcome.verdict is not Verdict.NOT_APPLICABLE
        }

    def remarks(self, cases: Collection[str]) -> Iterator[str]:
        """Yield what a person should know of the entries; ``cases`` are all that the catalogue has."""
        declared = self._inputs.deviations
        for entry in declared.stale(self._ended):
            verdict, _ = self._ended[entry.case]
            yield f"stale deviation: {entry.case} ended {verdict}, declared is {entry.verdict}"
        for entry in declared.unknown(cases):
            yield f"deviation for a case that does not exist: {entry.case}"
        for entry in declared.overdue(self._today):
            yield f"deviation to be reviewed since {entry.review}: {entry.case}"

    def write_new(self, path: Path) -> None:
        """Write entries, ready to paste, for failures that are not declared; without any, no file."""
        blocks = [
            ready_to_paste(case, verdict, failing, self._inputs.declaration.header, self._today)
            for case, (verdict, failing) in self._ended.items()
            if verdict == Verdict.FAIL.value and not self._inputs.deviations.match(case, verdict, failing)
        ]
        if blocks:
            path.write_text("\n".join(blocks), encoding="utf-8")
        else:
            path.unlink(missing_ok=True)


def _failing(outcome: Outcome) -> list[str]:
    return [check.requirement for check in outcome.checks if check.verdict is Verdict.FAIL]
