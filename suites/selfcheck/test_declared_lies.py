"""One lie in a declaration at a time: some case fails by it, and its report names the claim.

The device has what the PICS denies, or has not what the PICS claims. Every item is lied about in both
directions, but where that cannot be seen on the wire; those of our own tables in the deep run alone, and in
samples of drawn declarations.
"""

from __future__ import annotations

import pytest

from conform62351.pics.catalogue import catalogue
from conform62351.pics.conditions import Answer
from conform62351.pics.declaration import Declaration
from conform62351.pics.static_review import static_review
from conform62351.suites.selfcheck.random_declarations import (
    EXCLUDED,
    LIES,
    NO_HANDSHAKE,
    UNSEEN,
    USUAL,
    XMPP,
    Lie,
    deciding,
    unnoticed,
)
from conform62351.tooling.proof.bench import Bench

CLAIMED_ALTHOUGH_EXCLUDED = [item.code for item in catalogue() if item.table and item.status == EXCLUDED]


WITHOUT_CASES = [told for told, why in UNSEEN.items() if why in (NO_HANDSHAKE, XMPP)]
LIED, NOT_SEEN = (
    [
        pytest.param(
            code,
            lie,
            id=f"{code}-{lie.name.lower()}",
            marks=() if catalogue()[code].table else pytest.mark.deep,
        )
        for code, lie in told
    ]
    for told in (LIES, [one for one in UNSEEN if one not in WITHOUT_CASES])
)


@pytest.mark.parametrize(("code", "lie"), LIED)
def test_a_case_fails_by_the_lie_and_names_it(bench: Bench, code: str, lie: Lie) -> None:
    assert not unnoticed(bench, code, lie)


@pytest.mark.parametrize("code", CLAIMED_ALTHOUGH_EXCLUDED)
def test_a_claim_of_what_nobody_may_have_is_a_finding(code: str) -> None:
    findings = static_review(Declaration(USUAL.header, {**USUAL.answers, code: Answer.YES}))
    assert [(finding.codes, code in finding.text) for finding in findings] == [((code,), True)]


@pytest.mark.parametrize(
    ("code", "lie"), WITHOUT_CASES, ids=[f"{code}-{lie.name.lower()}" for code, lie in WITHOUT_CASES]
)
def test_what_nothing_sees_is_decided_by_no_case(code: str, lie: Lie) -> None:
    """What no handshake can agree on is tried all the same, as something that nobody may have."""
    groups = {case.id.rpartition("/")[2] for case in deciding(code)}
    assert groups == ({"BI-null"} if UNSEEN[code, lie] == NO_HANDSHAKE else set())


@pytest.mark.parametrize(("code", "lie"), NOT_SEEN)
def test_no_case_notices_what_nobody_can_see(bench: Bench, code: str, lie: Lie) -> None:
    """A lie that is noticed after all needs no excuse."""
    assert unnoticed(bench, code, lie)
