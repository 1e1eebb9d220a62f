"""What the cases on certificates leave to the device: passes, and warnings that tell what it chose."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest
from asn1crypto import x509

from conform62351.fixtures.faults.building import AddStep, ReplaceReaction, Rewrite
from conform62351.fixtures.faults.compatibility_certificate_form import deviates_from_annex_g
from conform62351.profiles.compatibility.association import UNSIGNED, Unsigned
from conform62351.profiles.osi.apdu import REJECTED_PERMANENT, USER
from conform62351.profiles.policy import Policy, Reaction
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.loading import load
from conform62351.tooling.proof.bench import Bench, Subject

ROLES = ("SRV", "CLI")
AUTHENTICATION_FAILURE = 13
FORM_CASES = {
    "CERTIFICATE-FORM/BV-version-1": "does not ask for",
    "CERTIFICATE-FORM/BV-serial-number": "does not ask for",
    "CERTIFICATE-FORM/BV-algorithms-differ": "does not ask for",
    "CERTIFICATE-FORM/BV-weak-hash": "",
    "CERTIFICATE-FORM/BV-unique-identifiers": "does not ask for",
    "CERTIFICATE-FORM/BV-key-usage": "does not ask for",
    "CERTIFICATE-FORM/BV-basic-constraints": "does not ask for",
    "CERTIFICATE-FORM/BV-critical-extension": "",
    "CERTIFICATE-USE/BV-TLS-certificate": "",
}


@pytest.fixture(scope="module")
def strict(bench: Bench) -> Iterator[Subject]:
    """Start a device that wants all of Annex G from its partners, and answers by P-ABORT without it."""
    refuses = AddStep.when("CMP", deviates_from_annex_g, Reaction.ABORT, source=0)
    with bench.device(refuses, {}) as subject:
        yield subject


@pytest.fixture(scope="module")
def correct(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), {}) as subject:
        yield subject


def passed(checks: list[CheckMade]) -> list[str]:
    assert {check.verdict for check in checks} == {Verdict.PASS}, [
        (check.requirement, check.got) for check in checks if check.verdict is not Verdict.PASS
    ]
    return [warning for check in checks for warning in check.warnings]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("case", "warning"), FORM_CASES.items())
def test_a_device_may_want_all_of_annex_g(strict: Subject, role: str, case: str, warning: str) -> None:
    warnings = passed(strict.play(load()[f"CMP/{role}/{case}"]))
    assert all(warning in text for text in warnings)
    assert bool(warnings) is bool(warning)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "case",
    [
        "CERTIFICATE-FORM/BV-weak-hash",
        "CERTIFICATE-FORM/BV-critical-extension",
        "CERTIFICATE-USE/BV-TLS-certificate",
    ],
)
def test_what_is_better_refused_is_taken_with_a_warning(correct: Subject, role: str, case: str) -> None:
    warnings = passed(correct.play(load()[f"CMP/{role}/{case}"]))
    assert warnings
    assert all("taken, although" in text for text in warnings)


@pytest.mark.parametrize("case", ["CERTIFICATE/BI-oversized", "AUTHORITY/BI-encoding"])
def test_a_server_may_reject_what_it_cannot_hold_or_read(bench: Bench, case: str) -> None:
    step = "CMP.7" if "oversized" in case else "CMP.8"
    rejects = ReplaceReaction(
        step, Reaction.REFUSE, result=REJECTED_PERMANENT, source=USER, diagnostic=AUTHENTICATION_FAILURE
    )
    with bench.device(rejects, {}) as subject:
        assert passed(subject.play(load()[f"CMP/SRV/{case}"])) == []


def _version_1(certificate: x509.Certificate) -> None:
    certificate["tbs_certificate"]["version"] = "v1"


def _small_serial(certificate: x509.Certificate) -> None:
    certificate["tbs_certificate"]["serial_number"] = 7


def _without_extensions(certificate: x509.Certificate) -> None:
    del certificate["tbs_certificate"]["extensions"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("changed", "requirements"),
    [
        (_version_1, {"R-CERT-version"}),
        (_small_serial, {"R-CERT-serial"}),
        (_without_extensions, {"R-CERT-key-usage", "R-CERT-revocation-source"}),
    ],
)
def test_the_form_of_its_own_certificate_is_told_by_warnings(
    bench: Bench, role: str, changed: Callable[[x509.Certificate], None], requirements: set[str]
) -> None:
    def show(unsigned: Unsigned) -> Unsigned:
        certificate = x509.Certificate.load(unsigned.certificate)
        changed(certificate)
        return msgspec.structs.replace(unsigned, certificate=certificate.dump(force=True))

    with bench.device(Rewrite(UNSIGNED, show), {}) as subject:
        checks = subject.play(load()[f"CMP/{role}/CERTIFICATE/BV-own-certificate"])
    passed(checks)
    assert {check.requirement for check in checks if check.warnings} == requirements
