"""Whether the PICS claims the MMS services that a DUT names on the wire."""

from __future__ import annotations

from typing import Any

from conform62351.pics.conditions import Answer
from conform62351.pics.declaration import Declaration
from conform62351.profiles.mms.names import SERVICES, bit_names
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.tooling.engine.judging import MISSING, Judgement
from conform62351.tooling.engine.judging_steps import Claimed


def claims(step: Claimed, value: Any, declaration: Declaration) -> Judgement:
    """Judge ``value``: the name of a service, or a bit string that lists all of them.

    What the PICS leaves unknown (an exploring run) is not judged.
    """
    if value is MISSING:
        return Judgement(Verdict.FAIL, f"{step.field} is absent", severity=Severity.FORM)
    codes = {name: f"MMS.{name}.{step.role}" for name in SERVICES}
    answered = (Answer.YES, Answer.NO)
    asked = {name: code for name, code in codes.items() if declaration.answers.get(code) in answered}
    claimed = {name for name, code in asked.items() if declaration.claims(code)}
    if isinstance(value, str):
        wrong = [value] if value in asked and value not in claimed else []
        missing: list[str] = []
    else:
        named = bit_names(tuple(value), SERVICES) & asked.keys()
        wrong, missing = sorted(named - claimed), sorted(claimed - named)
    if not wrong and not missing:
        return Judgement(Verdict.PASS, f"{step.field} is what the PICS claims")
    parts = [f"{name} is there, and the PICS denies it ({codes[name]})" for name in wrong]
    parts += [f"{name} is not there, and the PICS claims it ({codes[name]})" for name in missing]
    return Judgement(Verdict.FAIL, "; ".join(parts), severity=Severity.DECLARATION)
