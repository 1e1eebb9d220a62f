"""Native mode as steps want it, against the reference device in both roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.pics.conditions import Answer
from conform62351.profiles.policy import Policy
from conform62351.reports.model.verdict import Severity, Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.native.conversations import CLIENT_BASELINE, SERVER_BASELINE
from conform62351.suites.selfcheck.case_bench import Bench, Subject

EVERYTHING: Mapping[str, Answer] = MappingProxyType(
    {
        f"{item}.{role}": Answer.YES
        for role in ("server", "client")
        for item in (
            "T7.native",
            "T10.E2E-security",
            "T11.AE",
            "T11.non-AE",
            "T13.ecPublicKey-secp256r1",
            "T13.ecdsa-with-SHA256",
            "T13.rsaEncryption",
            "T13.sha256WithRSAEncryption",
            "T13.aes128-CBC",
            "T13.aes256-CBC",
            "T13.aes128-GCM",
            "T13.aes256-GCM",
            "T13.hmacWithSHA256",
            "T13.aes128-GCM-ICV",
            "T13.aes256-GCM-ICV",
            "E2E.non-AE-encryption",
            "E2E.integrity-only",
            "E2E.group-14",
            "E2E.group-23",
            "E2E.group-28",
        )
    }
)


@pytest.fixture(scope="module")
def subject(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), {}, has=EVERYTHING, says=EVERYTHING) as made:
        yield made


@pytest.mark.parametrize("identifier", [SERVER_BASELINE, CLIENT_BASELINE])
def test_the_baselines_pass(subject: Subject, identifier: str) -> None:
    checks = subject.play(load()[identifier])
    assert worst(check.verdict for check in checks) is Verdict.PASS, [c.got for c in checks]


@pytest.mark.parametrize("identifier", [SERVER_BASELINE, CLIENT_BASELINE])
def test_an_iv_that_comes_again_is_caught(bench: Bench, identifier: str) -> None:
    fault = fault_catalogue()["e2e-one-iv-for-all-data"]
    with bench.device(fault.make(), {}, has=EVERYTHING, says=EVERYTHING) as faulty:
        checks = faulty.play(load()[identifier])
    failing = [check for check in checks if check.verdict is Verdict.FAIL]
    assert [(check.requirement, check.severity) for check in failing] == [
        (fault.requirement, Severity.SECURITY)
    ]
