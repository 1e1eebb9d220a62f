"""What goes on record of one conversation under way: its start, actions, observations and checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conform62351.pics.conditions import parse
from conform62351.pics.declaration import Declaration
from conform62351.pics.pixit import Pixit
from conform62351.pics.requirements import requirements
from conform62351.profiles.identifiers import INFERRED
from conform62351.reports.model.events import CheckMade, ConversationStarted, Observed
from conform62351.reports.model.verdict import InconclusiveReason, Verdict
from conform62351.tooling.engine.judging import Judgement, Observation
from conform62351.tooling.engine.runlog import RunLog, microseconds
from conform62351.tooling.engine.steps import Conversation, JudgingStep


class Record:
    """Writes to the event log and keeps the checks; ``sent`` says in words what was sent last.

    What fails in a conversation that depends on claims of the ``declaration`` tells these as well.
    ``inferred`` tells that the conversation goes by a reading that was found: then that is all that checks
    rest on.
    """

    def __init__(
        self,
        pixit: Pixit,
        log: RunLog,
        case: str,
        attempt: int,
        talk: Conversation,
        declaration: Declaration,
    ) -> None:
        self.checks: list[CheckMade] = []
        self.sent = ""
        self.inferred: Callable[[], bool] = lambda: False
        self._pixit = pixit
        self._log = log
        self._case = case
        self._attempt = attempt
        self._talk = talk
        self._claims = _claims(talk, declaration)
        self._about = next(
            step.requirement for step in talk.steps if isinstance(step, JudgingStep) and step.requirement
        )

    def started(self) -> list[str]:
        """Put the conversation on record; return its steps in words."""
        recipe = self._talk.recipe()
        self._log.write(
            ConversationStarted(
                t=self._log.now(),
                case=self._case,
                attempt=self._attempt,
                label=self._talk.label,
                steps=recipe,
            )
        )
        return recipe

    def observed(self, number: int, seen: Observation) -> None:
        """Put on record what was seen on the connection ``number``."""
        self._log.write(
            Observed(
                t=self._log.now(),
                case=self._case,
                connection=number,
                kind=seen.kind,
                name=seen.name,
                detail=seen.detail,
                after_s=microseconds(seen.after_s),
            )
        )

    def stimulus_broken(self, why: str) -> None:
        """Make the check that the stimulus was not delivered, unless that follows from a fail before."""
        if any(check.verdict is Verdict.FAIL for check in self.checks):
            return
        self.undecided(InconclusiveReason.ENVIRONMENT, why, "the whole stimulus delivered")

    def undecided(self, reason: InconclusiveReason, why: str, expected: str) -> None:
        """Make the check that nothing can be decided."""
        judgement = Judgement(Verdict.INCONCLUSIVE, why, reason=reason.value)
        self.check("", (expected,), judgement)

    def prerequisite_missing(
        self, name: str, why: str, *, declined: bool = False, expected: str = ""
    ) -> None:
        """Make the check that the means ``name`` was missing: an action was not carried out.

        Or the operator ``declined`` it; ``expected`` stands for another means than an action.
        """
        reason = f"{InconclusiveReason.PREREQUISITE.value}:{name}"
        if declined:
            reason = InconclusiveReason.OPERATOR.value
        judgement = Judgement(Verdict.INCONCLUSIVE, why, reason=reason)
        self.check("", (expected or f"action {name} carried out",), judgement)

    def check(
        self,
        requirement: str,
        expected: Sequence[str],
        judgement: Judgement,
        limit: str = "",
        margin: float | None = None,
    ) -> None:
        """Make a check; without a ``requirement`` it counts for the one that the conversation judges first.

        ``margin`` is how many seconds were left of the PIXIT value ``limit``.
        """
        facts = requirements()[requirement or self._about]
        made = CheckMade(
            t=self._log.now(),
            case=self._case,
            attempt=self._attempt,
            label=self._talk.label,
            requirement=facts.id,
            clause=facts.clause,
            provenance=INFERRED if self.inferred() else facts.provenance,
            verdict=judgement.verdict,
            expected=list(expected),
            got=judgement.got + (self._claims if judgement.verdict is Verdict.FAIL else ""),
            sent=self.sent,
            severity=judgement.severity,
            reason=judgement.reason,
            warnings=list(judgement.warnings),
            limit=limit if margin is not None else "",
            limit_s=self._pixit.number(limit) if margin is not None else None,
            margin_s=None if margin is None else microseconds(margin),
        )
        self.checks.append(made)
        self._log.write(made)


def _claims(talk: Conversation, declaration: Declaration) -> str:
    """Return the answers of the PICS by which a conversation was chosen, as they are put behind a fail."""
    codes = parse(talk.pics).codes if talk.pics else ()
    answered = ", ".join(f"{code} {declaration.answers[code].value}" for code in codes)
    return f" (the PICS says: {answered})" if answered else ""
