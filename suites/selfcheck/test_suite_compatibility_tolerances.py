"""Deviations that the cases on compatibility mode tolerate: a pass, and a warning that tells them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conform62351.fixtures.faults.building import AddStep, Combine, ReplaceReaction, Rewrite, RewriteOctets
from conform62351.pics.pixit import Value
from conform62351.profiles.compatibility.association import SIGNED, UNSIGNED, Unsigned
from conform62351.profiles.compatibility.examination import Examination
from conform62351.profiles.compatibility.value import DecodedValue
from conform62351.profiles.policy import Policy, Reaction
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.suites.osi.session_user_data import NOT_TAKEN
from conform62351.tooling.proof.bench import Bench

NEEDS_UNIT = Combine(*(ReplaceReaction(f"ACSE.{apdu}.15", Reaction.ABORT) for apdu in ("AARQ", "AARE")))
SIGNS_CONTENT = RewriteOctets(SIGNED, lambda octets: octets[2:])


def played(bench: Bench, policy: Policy, identifier: str, limits: dict[str, Value]) -> list[CheckMade]:
    with bench.device(policy, limits) as subject:
        return subject.play(load()[identifier])


def dot_alone(unsigned: Unsigned) -> Unsigned:
    return replace(unsigned, time=unsigned.time[:15])


def odd(examination: Examination) -> bool:
    return isinstance(examination.decoded, DecodedValue) and bool(examination.decoded.deviations)


@pytest.mark.parametrize(
    ("policy", "name", "warning"),
    [
        (SIGNS_CONTENT, "OWN/BV-octets-signed", "content octets of the time alone"),
        (Rewrite(UNSIGNED, dot_alone), "OWN/BV-time-form", "a time without Z"),
        (AddStep.when("CMP", odd, Reaction.ABORT, source=0), "PARTNER/BV-extra-sequence", NOT_TAKEN),
        (NEEDS_UNIT, "PARTNER/BV-functional-unit-missing", NOT_TAKEN),
    ],
)
@pytest.mark.parametrize("role", ["SRV", "CLI"])
def test_a_tolerated_deviation_passes_with_a_warning(
    bench: Bench, policy: Policy, name: str, warning: str, role: str
) -> None:
    checks = played(bench, policy, f"CMP/{role}/{name}", {})
    assert {check.verdict for check in checks} == {Verdict.PASS}
    assert any(warning in text for check in checks for text in check.warnings)


@pytest.mark.parametrize("role", ["SRV", "CLI"])
def test_a_pixit_makes_a_signature_over_the_content_octets_a_fail(bench: Bench, role: str) -> None:
    checks = played(bench, SIGNS_CONTENT, f"CMP/{role}/OWN/BV-octets-signed", {"signature.raw": "fail"})
    failing = [check.requirement for check in checks if check.verdict is Verdict.FAIL]
    assert failing == ["R-CMP-signature-octets"]
