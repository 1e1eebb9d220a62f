"""Algorithms of native mode in PICS and on the wire, the reading of group 23, and pairs that all come."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.pics.conditions import Answer
from conform62351.profiles.policy import Policy
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.loading import load
from conform62351.suites.native.conversations import CLIENT_BASELINE, SERVER_BASELINE
from conform62351.suites.native.pairs import pairwise
from conform62351.tooling.proof.bench import Bench

SERVER = "E2E/SRV/CLAIMS/BV-algorithms"
CLIENT = {
    "native": "E2E/CLI/CLAIMS/BV-AE",
    "native-separate": "E2E/CLI/CLAIMS/BV-separate",
    "native-clear": "E2E/CLI/CLAIMS/BV-integrity",
}
DENIED_BY_A_SERVER = ("T13.aes128-GCM", "T13.rsaEncryption", "E2E.tag-length-14", "E2E.group-28")
DENIED_BY_A_CLIENT = {
    "T13.aes128-GCM": "native",
    "E2E.tag-length-14": "native",
    "E2E.group-28": "native",
    "T13.aes128-CBC": "native-separate",
    "T13.aes256-GCM-ICV": "native-clear",
}


def mismatches(checks: list[CheckMade]) -> list[tuple[str, Severity | None]]:
    return [(check.label, check.severity) for check in checks if check.verdict is not Verdict.PASS]


@pytest.mark.parametrize("item", DENIED_BY_A_SERVER)
def test_what_a_server_denies_and_has_is_a_mismatch_of_the_declaration(bench: Bench, item: str) -> None:
    says = {f"{item}.server": Answer.NO}
    with bench.device(Policy(), {}, says=says) as subject:
        found = mismatches(subject.play(load()[SERVER]))
    assert len(found) == 1
    assert found[0][0].endswith(", denied")
    assert found[0][1] is Severity.DECLARATION


@pytest.mark.parametrize("item", sorted(set(DENIED_BY_A_SERVER) - {"T13.rsaEncryption"}))
def test_a_server_that_claims_what_it_does_not_have_is_found(bench: Bench, item: str) -> None:
    has = {f"{item}.server": Answer.NO}
    with bench.device(Policy(), {}, has=has) as subject:
        found = mismatches(subject.play(load()[SERVER]))
    assert [severity for _, severity in found] == [Severity.DECLARATION]
    assert found[0][0].endswith(", claimed")


@pytest.mark.parametrize("item", sorted(set(DENIED_BY_A_SERVER) - {"T13.rsaEncryption"}))
def test_a_server_that_denies_what_it_does_not_have_passes(bench: Bench, item: str) -> None:
    answer = {f"{item}.server": Answer.NO}
    with bench.device(Policy(), {}, has=answer, says=answer) as subject:
        assert mismatches(subject.play(load()[SERVER])) == []


@pytest.mark.parametrize("item", DENIED_BY_A_CLIENT)
def test_what_a_client_offers_is_held_against_its_claims(bench: Bench, item: str) -> None:
    case = load()[CLIENT[DENIED_BY_A_CLIENT[item]]]
    answer = {f"{item}.client": Answer.NO}
    with bench.device(Policy(), {}, has=answer, says=answer) as subject:
        assert mismatches(subject.play(case)) == []
    nothing: dict[str, Answer] = {}
    for has, says in ((answer, nothing), (nothing, answer)):
        with bench.device(Policy(), {}, has=has, says=says) as subject:
            found = mismatches(subject.play(case))
        assert [severity for _, severity in found] == [Severity.DECLARATION]


@pytest.mark.parametrize("role", ["SRV", "CLI"])
def test_group_23_is_what_the_pixit_says(bench: Bench, role: str) -> None:
    cases = load()
    with bench.device(Policy(), {}, group_23="rfc5114") as subject:
        assert subject.why_not(cases[f"E2E/{role}/GROUP/BV-19"]) == ["group 23 as secp256r1"]
        for group in ("GROUP/BV-23", "PAIRS/BV-combinations" + "-AE" * (role == "CLI")):
            assert mismatches(subject.play(cases[f"E2E/{role}/{group}"])) == []
    with bench.device(Policy(), {"native.group23": "rfc5114"}) as subject:
        assert mismatches(subject.play(cases[f"E2E/{role}/GROUP/BV-23"]))


@given(st.lists(st.integers(1, 4), min_size=2, max_size=5))
@settings(max_examples=50, deadline=None)
def test_every_pair_of_values_comes_in_some_row(sizes: list[int]) -> None:
    factors = [tuple(range(size)) for size in sizes]
    rows = list(pairwise(factors))
    for first, second in combinations(range(len(factors)), 2):
        met = {(row[first], row[second]) for row in rows}
        assert met == set(product(factors[first], factors[second]))
    assert len(rows) <= sum(a * b for a, b in combinations(sizes, 2))


@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("denied", [("T11.AE",), ("T11.AE", "E2E.non-AE-encryption")])
def test_the_baseline_holds_for_a_device_without_authenticated_encryption(
    bench: Bench, role: str, denied: tuple[str, ...]
) -> None:
    answers = {f"{item}.{role}": Answer.NO for item in denied}
    case = load()[SERVER_BASELINE if role == "server" else CLIENT_BASELINE]
    with bench.device(Policy(), {}, has=answers, says=answers) as subject:
        assert subject.why_not(case) == []
        assert mismatches(subject.play(case)) == []
