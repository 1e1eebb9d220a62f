"""What the tester finds in the certificate that a device shows in compatibility mode."""

from __future__ import annotations

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.policy import Reaction
from conform62351.tooling.engine.certificate_form import deviations
from conform62351.tooling.net.credentials import CredentialFolder


@pytest.fixture(scope="module")
def folder(workshop: Workshop) -> CredentialFolder:
    return CredentialFolder.load(workshop.tester)


def found(certificate: Certificate, tls_certificate: bytes | None = None) -> set[str]:
    findings = deviations(certificate, tls_certificate)
    assert all(finding.fault.reaction is Reaction.NOTE for finding in findings)
    return {finding.step for finding in findings}


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("tester", set()),
        ("bad/oversized", {"X509.1"}),
        ("bad/v1", {"X509.2"}),
        ("bad/short-serial", {"X509.8", "X509.9"}),
        ("bad/md5", {"X509.11"}),
        ("utf8-title", {"X509.15"}),
        ("bad/no-key-usage", {"X509.17"}),
    ],
)
def test_deviations_of_form_are_noted(folder: CredentialFolder, name: str, steps: set[str]) -> None:
    assert found(folder.credential(name).certificate) == steps


def test_the_certificate_of_tls_is_known_again(folder: CredentialFolder) -> None:
    certificate = folder.credential("tester").certificate
    assert found(certificate, certificate.octets) == {"X509.26"}
    assert found(certificate, folder.octets("tester-tls")) == set()


def test_more_than_ten_years_are_noted(folder: CredentialFolder) -> None:
    assert "X509.EE.3" in found(folder.trust.anchors[0])
