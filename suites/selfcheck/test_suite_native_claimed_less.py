"""Devices that have less of native mode than the built-in one: what is not theirs is not asked of them."""

from __future__ import annotations

import pytest

from conform62351.pics.conditions import Answer
from conform62351.profiles.policy import Policy
from conform62351.reports.model.verdict import Verdict, worst
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case
from conform62351.tooling.proof.bench import Bench

GROUPS = frozenset({"ALG", "TAG", "GROUP", "MODE", "CERT", "SELECT"})
OPTIONS = (*(f"E2E.tag-length-{length}" for length in (13, 14, 15)), "E2E.group-23", "E2E.group-28")
WITHOUT_AE = ("T11.AE", "T13.aes128-GCM", "T13.aes256-GCM", "E2E.policy-AE-required")
WITHOUT_SEPARATE = ("E2E.non-AE-encryption", "T13.aes128-CBC", "T13.aes256-CBC")
WITHOUT_CLEAR = ("E2E.integrity-only", "E2E.policy-no-encryption")
ICVS = ("T13.hmacWithSHA256", "T13.aes128-GCM-ICV", "T13.aes256-GCM-ICV")

LESS = {
    "authenticated encryption alone, nothing optional": (
        *("T11.non-AE", "E2E.policy-AE-required"),
        *OPTIONS,
        *WITHOUT_SEPARATE,
        *WITHOUT_CLEAR,
        *ICVS,
    ),
    "separate encryption alone": (*WITHOUT_AE, *WITHOUT_CLEAR),
    "integrity alone": (*WITHOUT_AE, *WITHOUT_SEPARATE, "E2E.policy-encryption-required"),
}


def is_meant(case: Case) -> bool:
    area, _, group, name = case.id.split("/") if case.id.count("/") == 3 else ("",) * 4
    return area == "E2E" and group in GROUPS and name.startswith("BV-")


@pytest.mark.parametrize("name", LESS)
def test_the_cases_that_apply_pass(bench: Bench, name: str) -> None:
    answers = {f"{item}.{role}": Answer.NO for item in LESS[name] for role in ("server", "client")}
    played = []
    with bench.device(Policy(), {}, has=answers, says=answers) as subject:
        for case in filter(is_meant, load().values()):
            if subject.why_not(case):
                continue
            checks = subject.play(case)
            assert worst(check.verdict for check in checks) is Verdict.PASS, (case.id, checks[-1])
            played.append(case.id)
    assert len(played) > 30
