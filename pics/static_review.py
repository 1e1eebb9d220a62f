"""The static review: does a PICS, honestly answered, keep to the statuses of the tables?

There is a rule for each mandatory and each excluded item, for each group of which one is needed, and for
the claims of each table and role, which must not go without what they rest on. A rule that is broken is a
finding, and a test case of its own; the run goes on. Rules of the kind not-secure are never broken: they
warn of a claim that the standard allows and calls not secure.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from conform62351.pics.catalogue import NOT_APPLICABLE, ROLES, Group, Item, Table, catalogue
from conform62351.pics.conditions import ALWAYS, Answer, Condition
from conform62351.pics.declaration import Declaration
from conform62351.pics.provenance import Provenance
from conform62351.pics.requirements import requirements

PREFIX = "PICS/STATIC/"
NOT_SECURE = "not-secure"


@dataclass(frozen=True, slots=True)
class StaticFinding:
    """A rule that a PICS breaks: ``text`` says how, ``codes`` are the items concerned."""

    id: str
    text: str
    codes: tuple[str, ...]
    requirement: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on PICS answers.

    ``id`` is the identifier of its test case. ``pics`` is the condition under which it applies, as text.
    ``kind`` is mandatory, excluded, at-least-one, prerequisites or not-secure; ``status`` is the status of
    the items under which it bites: m, x, a group o.n, n/a, or o for not-secure. ``source`` is the data file
    it is from.
    """

    id: str
    kind: str
    status: str
    title: str
    text: str
    pics: str
    codes: tuple[str, ...]
    requirement: str
    source: str

    def finding(self, declaration: Declaration) -> StaticFinding | None:
        """Return what breaks the rule, or None; what unknown answers leave open breaks nothing."""
        codes = () if self.kind == NOT_SECURE else _broken(self, declaration)
        if not codes:
            return None
        provenance = requirements()[self.requirement].provenance
        return StaticFinding(self.id, _explain(self, codes, declaration), codes, self.requirement, provenance)

    def violation(self, declaration: Declaration) -> str | None:
        """Return how the rule is broken, as a sentence, or None."""
        finding = self.finding(declaration)
        return finding.text if finding else None

    def warning(self, declaration: Declaration) -> str | None:
        """Return what to warn of though it breaks nothing, as a sentence, or None."""
        if self.kind != NOT_SECURE or not any(declaration.claims(code) for code in self.codes):
            return None
        return requirements()[self.requirement].text


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return all rules, table by table."""
    return tuple(rule for table in catalogue().tables for rule in _rules_of(table))


def static_review(declaration: Declaration) -> list[StaticFinding]:
    """Return all findings on a PICS."""
    return [finding for rule in rules() if (finding := rule.finding(declaration))]


def _rules_of(table: Table) -> Iterator[Rule]:
    source = f"pics/tables/{'ours' if table.number is None else f'table{table.number:02}'}.toml"
    for group in table.groups:
        yield _at_least_one(table, group, source)
    for item in table.items:
        if condition := _condition(item, "m"):
            yield _single(table, item, "mandatory", condition, item.mandatory, source)
        if condition := _condition(item, "x"):
            yield _single(table, item, "excluded", condition, item.excluded, source)
        if item.not_secure:
            yield _not_secure(table, item, source)
    for role in ROLES:
        codes = tuple(item.code for item in table.items if item.role == role and _conditional(item))
        if codes:
            yield Rule(
                f"{PREFIX}{table.id}.{role}-prerequisites",
                "prerequisites",
                NOT_APPLICABLE,
                f"{table.heading}: {role} claims rest on what they need",
                "No item is claimed that does not apply: what it rests on is claimed too.",
                " or ".join(codes),
                codes,
                table.claims,
                source,
            )


def _at_least_one(table: Table, group: Group, source: str) -> Rule:
    items = [catalogue()[code] for code in group.codes]
    last = f"{group.role}-at-least-one" if group.role else "at-least-one"
    conditions = list(dict.fromkeys(_condition(item, group.id) for item in items))
    widest = [
        text for text in conditions if not any(text.startswith(f"{other} and ") for other in conditions)
    ]
    return Rule(
        PREFIX + ".".join(part for part in (table.id, group.name, last) if part),
        "at-least-one",
        group.id,
        f"{table.heading}: {f'{group.role} has ' if group.role else ''}{group.least}",
        f"At least one of {', '.join(group.codes)} is claimed.",
        " or ".join(widest),
        group.codes,
        group.requirement,
        source,
    )


def _single(table: Table, item: Item, kind: str, condition: str, requirement: str, source: str) -> Rule:
    wanted = "claimed" if kind == "mandatory" else "not claimed"
    return Rule(
        f"{PREFIX}{item.code}-{kind}",
        kind,
        "m" if kind == "mandatory" else "x",
        f"{table.heading}: {item.row} is {kind} ({item.role})",
        f"{item.code} is {wanted} where it is {kind}.",
        condition,
        (item.code,),
        requirement,
        source,
    )


def _not_secure(table: Table, item: Item, source: str) -> Rule:
    return Rule(
        f"{PREFIX}{item.code}-{NOT_SECURE}",
        NOT_SECURE,
        item.status,
        f"{table.heading}: {item.row} is not secure ({item.role})",
        f"{item.code} is claimed knowingly: the case passes with a warning.",
        item.code,
        (item.code,),
        item.not_secure,
        source,
    )


def _condition(item: Item, status: str) -> str:
    """Return the condition under which ``item`` has ``status``, or nothing when it never has."""
    branches = [case.condition for case in item.cases if case.status == status]
    return " or ".join(dict.fromkeys(_both(item.presupposes, branch) for branch in branches))


def _both(first: Condition, second: Condition) -> str:
    texts = [condition.text for condition in (first, second) if condition != ALWAYS]
    if len(texts) > 1:
        texts = [f"({text})" if " or " in text else text for text in texts]
    return " and ".join(texts) or "always"


def _conditional(item: Item) -> bool:
    return item.presupposes != ALWAYS or all(case.condition != ALWAYS for case in item.cases)


def _broken(rule: Rule, declaration: Declaration) -> tuple[str, ...]:
    """Return the codes that break ``rule``."""
    answers = declaration.answers
    concerned = [code for code in rule.codes if catalogue()[code].status_under(answers) == rule.status]
    if rule.kind == "at-least-one":
        return rule.codes if concerned and all(answers[code] is Answer.NO for code in rule.codes) else ()
    wrong = Answer.NO if rule.kind == "mandatory" else Answer.YES
    return tuple(code for code in concerned if answers[code] is wrong)


def _explain(rule: Rule, codes: tuple[str, ...], declaration: Declaration) -> str:
    if rule.kind == "at-least-one":
        return f"none of {', '.join(codes)} is claimed"
    if rule.kind == "mandatory":
        return f"{codes[0]} is mandatory and answered no"
    if rule.kind == "excluded":
        return f"{codes[0]} is excluded and answered yes"
    return "; ".join(_needless(catalogue()[code], declaration) for code in codes)


def _needless(item: Item, declaration: Declaration) -> str:
    conditions = [item.presupposes, *(case.condition for case in item.cases)]
    blame = next(
        (code for condition in conditions if (code := condition.first_false(declaration.answers))), ""
    )
    return f"{item.code} is claimed without {blame}"
