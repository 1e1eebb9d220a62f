"""The workshop's certificates before the checks of native mode, where all of Annex G counts."""

from __future__ import annotations

import time

import pytest

from conform62351.fixtures.pki.plan import CertificatePlan, Damage, Revocation, Rule, Subject, catalogue
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.pki.revocation import RevocationData
from conform62351.profiles.policy import Finding, Policy
from conform62351.suites.selfcheck.native_bench import Handshakes, connection, parameters
from conform62351.tooling.net.credentials import CredentialFolder

TITLE = "1.1.1.999.12"
TRUSTED, LINKS, FORM, ADDRESS = "certificate-trusted", "certPath-links", "certificate-form", "address"
FOUND = {
    Rule.VALIDITY: {"certificate-begun", "certificate-not-ended"},
    Rule.REVOCATION: {"certificate-not-revoked"},
    Rule.ANCHOR: {TRUSTED},
    Rule.ISSUER_VALIDITY: {TRUSTED},
    Rule.ISSUER_BEGUN: {TRUSTED},
    Rule.ISSUER_REVOKED: {TRUSTED},
    Rule.SIGNATURE: {LINKS},
    Rule.ISSUER_CA: {LINKS},
    Rule.ISSUER_EXTENSION: {LINKS},
    Rule.ISSUER_KEY_USAGE: {LINKS},
    Rule.ISSUER_ALGORITHM: {LINKS},
    Rule.PATH_LENGTH: {LINKS},
}
"""The checks that find what violates a rule; all other rules are those of form."""
TOLD = {"certificate-notes", "revocation-data"}
GOOD_HERE = "bad/secp256r1"
OF_OTHERS = {Subject.OTHER_TITLE, Subject.OTHER_AP_TITLE, Subject.LONGER_TITLE}

TLS = ("bad-tls/", "tester-tls", "tls-")
"""How the names of certificates for TLS begin."""
SHOWN = [
    plan
    for plan in catalogue().tester
    if plan.damage in (Damage.NONE, Damage.SIGNATURE) and not plan.name.startswith(TLS)
]


class GoesOn(Policy):
    """Finds everything that is wrong, not the first of it alone."""

    def reacts(self, finding: Finding) -> bool:
        return False


Sides = tuple[CredentialFolder, CredentialFolder]


@pytest.fixture(scope="module")
def sides(workshop: Workshop) -> Sides:
    """Return the folders of the tester and of the device."""
    return CredentialFolder.load(workshop.tester), CredentialFolder.load(workshop.dut)


def found(sides: Sides, name: str, *, with_path: bool = True) -> set[str]:
    """Return the checks by which a server finds fault with a client that shows a credential."""
    now = time.time()
    tester, dut = sides
    shown = tester.credential(name)
    data = RevocationData(dut.crls, dut.ocsp_responses)
    in_tls = shown.certificate.octets if name == "bad/one-for-both" else tester.octets("tester-tls")
    client = parameters("client", now=lambda: now, credential=shown, send_path=with_path)
    server = parameters(
        "server",
        now=lambda: now,
        credential=dut.credential("e2e"),
        trust=dut.trust,
        revocation=lambda _: data,
    )
    pair = Handshakes(
        client,
        server,
        server_policy=GoesOn(),
        client_connection=connection("client", tls=True),
        server_connection=connection("server", peer_address=lambda: TITLE, tls=True, tls_certificate=in_tls),
    )
    return {finding.name for finding in pair.requested().findings} - TOLD


def due(plan: CertificatePlan) -> set[str]:
    """Return the checks that may find the fault of a plan; of several just one does."""
    if plan.fault is None or plan.name == GOOD_HERE:
        return set()
    if plan.subject in OF_OTHERS:
        return {ADDRESS}
    return FOUND.get(plan.fault, {FORM})


@pytest.mark.parametrize("plan", SHOWN, ids=lambda plan: plan.name)
def test_one_check_finds_what_is_wrong(sides: Sides, plan: CertificatePlan) -> None:
    wrong = found(sides, plan.name)
    without_title = plan.subject is Subject.COMMON_NAME or plan.same_as == "tester-tls"
    assert (ADDRESS in wrong) is (without_title or plan.subject in OF_OTHERS)
    rest = wrong - {ADDRESS} if without_title else wrong
    assert rest <= due(plan)
    assert len(rest) == bool(due(plan))


def test_a_path_is_wanted_where_the_device_does_not_have_it(sides: Sides) -> None:
    assert found(sides, "e2e-path", with_path=False) == {TRUSTED}
    assert found(sides, "e2e", with_path=False) == set()
    assert found(sides, "e2e-direct", with_path=False) == set()


def test_both_ways_to_learn_of_a_revocation_are_there() -> None:
    revoked = {plan.revocation for plan in SHOWN if plan.fault is Rule.REVOCATION}
    assert revoked == {Revocation.CRL, Revocation.OCSP}
