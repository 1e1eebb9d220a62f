"""The static review of a PICS: one case for each rule of Tables 6 to 13 and of our own items."""

from __future__ import annotations

from functools import partial

from conform62351.pics.declaration import Declaration
from conform62351.pics.static_review import Rule, rules
from conform62351.tooling.engine.case import CATALOGUE, Case


def _review(rule: Rule, declaration: Declaration) -> str:
    return rule.violation(declaration) or ""


def _warning(rule: Rule, declaration: Declaration) -> str:
    return rule.warning(declaration) or ""


for _rule in rules():
    CATALOGUE.add(
        Case(
            id=_rule.id,
            title=_rule.title,
            purpose=_rule.text,
            pics=_rule.pics,
            requirements=(_rule.requirement,),
            make=tuple,
            review=partial(_review, _rule),
            warning=partial(_warning, _rule),
            source=_rule.source,
        )
    )
