"""Declarations that are drawn: what they decide passes, a lie in them shows, inconsistent ones are flagged.

The device is set up as declared; what fails is printed with the codes, values and edition that were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from conform62351.pics.catalogue import NOT_APPLICABLE, catalogue
from conform62351.pics.conditions import Answer, Answers
from conform62351.pics.declaration import Declaration
from conform62351.pics.static_review import static_review
from conform62351.profiles.policy import Policy
from conform62351.reports.model.verdict import UNDISTURBED
from conform62351.suites.selfcheck.random_declarations import (
    CASES,
    EXCLUDED,
    LIES,
    USUAL,
    Drawn,
    Lie,
    affected,
    consistent,
    declarations,
    differing,
    unnoticed,
)
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.planner import make_plan
from conform62351.tooling.proof.bench import HASTY_LIMITS, SHORT_LIMITS, Bench

ALWAYS: Final = (
    "OSI/SRV/ASSOC/BV-associate",
    "OSI/CLI/ASSOC/BV-associate",
    "CMP/SRV/ASSOC/BV-associate",
    "CMP/CLI/ASSOC/BV-associate",
    "E2E/SRV/HS/BV-ae",
    "E2E/CLI/HS/BV-ae",
)
"""What is played whatever is drawn, for the sake of the values of the PIXIT."""
SAMPLE: Final = 12
"""Cases played of those that a set decides, where not all are."""

quick = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
long = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
thorough = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def play(bench: Bench, drawn: Drawn, cases: Sequence[Case]) -> dict[str, str]:
    """Play the cases against a device that is as ``drawn``; return what they saw that do not pass.

    A limit that is too short for a correct device is so every time, a busy machine now and then.
    """
    left = list(cases)
    seen: dict[str, str] = {}
    answers = differing(drawn.answers)
    for limits in (HASTY_LIMITS, SHORT_LIMITS, SHORT_LIMITS):
        if not left:
            return {}
        device = bench.device(
            Policy(), limits, has=answers, says=answers, values=drawn.values, edition=drawn.edition
        )
        seen = {}
        with device as subject:
            for case in left:
                if subject.why_not(case):
                    continue
                wrong = [check for check in subject.play(case) if check.verdict not in UNDISTURBED]
                if wrong:
                    seen[case.id] = f"{wrong[0].label}: {wrong[0].sent}: {wrong[0].got}"
        left = [case for case in left if case.id in seen]
    return seen


def spread(cases: Sequence[Case], most: int) -> list[Case]:
    """Return at most so many of the cases, from all over them."""
    step = max(1, -(-len(cases) // most))
    return list(cases[::step])


def inconsistent(answers: Answers) -> set[str]:
    """Return the codes whose answers break their status, group by group where none is claimed."""
    wanted = {"m": Answer.YES, EXCLUDED: Answer.NO, NOT_APPLICABLE: Answer.NO}
    wrong = {
        item.code
        for item in catalogue()
        if answers[item.code] is not wanted.get(str(item.status_under(answers)), answers[item.code])
    }
    for table in catalogue().tables:
        for group in table.groups:
            needed = any(catalogue()[code].status_under(answers) == group.id for code in group.codes)
            if needed and all(answers[code] is Answer.NO for code in group.codes):
                wrong |= set(group.codes)
    return wrong


@given(declarations())
@settings(max_examples=60, deadline=None)
def test_what_is_drawn_breaks_no_rule(drawn: Drawn) -> None:
    assert static_review(drawn.declaration) == []
    assert inconsistent(drawn.answers) == set()


@given(declarations(), st.lists(st.sampled_from(sorted(catalogue().items)), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_is_made_inconsistent_is_flagged(drawn: Drawn, turned: list[str]) -> None:
    answers = dict(drawn.answers)
    for code in turned:
        answers[code] = Answer.NO if answers[code] is Answer.YES else Answer.YES
    findings = static_review(Declaration(USUAL.header, answers))
    assert {code for finding in findings for code in finding.codes} == inconsistent(answers)
    assert all(code in finding.text for finding in findings for code in finding.codes)


@given(declarations())
@quick
def test_what_a_drawn_declaration_decides_passes(bench: Bench, drawn: Drawn) -> None:
    sample = spread(list(affected(drawn)), SAMPLE)
    assert play(bench, drawn, [*(CASES[name] for name in ALWAYS), *sample]) == {}


@pytest.mark.deep
@given(declarations())
@long
def test_all_that_a_drawn_declaration_decides_passes(bench: Bench, drawn: Drawn) -> None:
    assert play(bench, drawn, [*(CASES[name] for name in ALWAYS), *affected(drawn)]) == {}


@pytest.mark.parametrize(
    ("stack", "not_applicable"),
    [("", "configuration native"), ("native-tls", "stack native"), ("native", "")],
)
def test_what_is_denied_is_tried_where_the_set_up_has_means(stack: str, not_applicable: str) -> None:
    """No configuration of the PIXIT by that name, one with another stack, and the one that the case needs."""
    case = CASES["COMB/SRV/CLAIMS/BI-native"]
    declaration = Declaration(USUAL.header, consistent(["T7.native.server", "T7.native.client"]))
    offered = case.means_for(declaration.answers, "native-tls")
    costs = {"default": 0.0} | ({"native": 0.0} if stack else {})
    stacks = {"default": "plain"} | ({"native": stack} if stack else {})
    (entry,) = make_plan([(case, False)], declaration, offered, costs, stacks).entries
    assert (entry.not_applicable, entry.missing) == (not_applicable, ())


def lied(bench: Bench, drawn: Drawn, code: str, lie: Lie) -> str:
    """Lie about ``code`` if what is drawn says of it what the usual device does, and lets it apply."""
    applies = catalogue()[code].status_under({**drawn.answers, code: Answer.YES}) != NOT_APPLICABLE
    assume(applies and drawn.answers[code] is USUAL.answers[code])
    return unnoticed(bench, code, lie, drawn)


@given(declarations(), st.sampled_from(LIES))
@quick
def test_a_lie_in_a_drawn_declaration_is_named(bench: Bench, drawn: Drawn, lie: tuple[str, Lie]) -> None:
    assert not lied(bench, drawn, *lie)


@pytest.mark.deep
@given(declarations(), st.sampled_from(LIES))
@thorough
def test_lies_in_drawn_declarations_are_named(bench: Bench, drawn: Drawn, lie: tuple[str, Lie]) -> None:
    assert not lied(bench, drawn, *lie)
