from __future__ import annotations

import time
from pathlib import Path

import pytest

from conform62351.fixtures.pki.plan import (
    INTERMEDIATE,
    SELF,
    CertificatePlan,
    Damage,
    Revocation,
    Rule,
    Subject,
    catalogue,
)
from conform62351.fixtures.pki.workshop import ApplicationTitle, Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.certificate import Certificate, issued_by, read_certificate
from conform62351.profiles.pki.form import FORM, Presented
from conform62351.profiles.pki.judgement import JUDGEMENT, Judged
from conform62351.profiles.pki.path import find_path
from conform62351.profiles.pki.path_rules import PathFaultKind
from conform62351.profiles.pki.revocation import RevocationData, RevocationState, revocation_status
from conform62351.profiles.policy import Policy, Reaction
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder

# The steps of the reader that each rule stands for, and the kinds of faults of a path.
STEPS = {
    Rule.VERSION: {"version-3"},
    Rule.SERIAL: {"serial-not-negative", "serial-length"},
    Rule.SIGNATURE_ALGORITHM: {"algorithms-equal", "sha-256"},
    Rule.KEY: {"rsa-2048", "curve"},
    Rule.VALIDITY: {"begun", "not-ended"},
    Rule.SUBJECT: {"subject-shape"},
    Rule.KEY_USAGE: {"key-usage", "digital-signature", "key-agreement"},
    Rule.BASIC_CONSTRAINTS: {"no-ca"},
    Rule.UNIQUE_IDS: {"no-unique-identifiers"},
    Rule.EXTENSIONS: {"critical-extensions"},
    Rule.REVOCATION: {"not-revoked"},
    Rule.REVOCATION_POINTER: {"revocation-pointer", "distribution-reasons"},
    Rule.SIZE: {"size"},
    Rule.PURPOSE: {"not-for-tls"},
}
PATHS = {
    Rule.SIGNATURE: PathFaultKind.BAD_SIGNATURE,
    Rule.ANCHOR: PathFaultKind.UNKNOWN_CA,
    Rule.ISSUER_VALIDITY: PathFaultKind.CA_EXPIRED,
    Rule.ISSUER_BEGUN: PathFaultKind.CA_NOT_YET_VALID,
    Rule.ISSUER_CA: PathFaultKind.NOT_A_CA,
    Rule.ISSUER_EXTENSION: PathFaultKind.UNKNOWN_CRITICAL_EXTENSION,
    Rule.ISSUER_KEY_USAGE: PathFaultKind.CA_KEY_USAGE,
    Rule.ISSUER_ALGORITHM: PathFaultKind.WEAK_ALGORITHM,
    Rule.ISSUER_REVOKED: PathFaultKind.CA_REVOKED,
    Rule.PATH_LENGTH: PathFaultKind.PATH_LENGTH,
}
# An anchor of that name is known, and its key is another one.
NAMESAKE = "bad/same-name-ca"
# Good for native mode, and rules that the reader leaves to others: titles are compared with the address.
ELSEWHERE = {"bad/secp256r1", "bad/other-subject", "bad/other-AP-title", "bad/longer-title"}

GOOD_FOR_TLS = {
    "bad-tls/size-8192",
    "bad-tls/no-key-usage",
    "bad-tls/second-anchor",
    "bad-tls/no-crl",
    "bad-tls/outdated-crl",
    "bad-tls/revocation-later",
    "bad-tls/fetched-crl",
    "bad-tls/fetched-ocsp",
    "bad-tls/outdated-ocsp",
    "bad-tls/forged-ocsp",
    "bad-tls/supplied-ca",
    "bad-tls/listed",
}
"""Certificates that a device might well refuse, and ought not to."""

PLANS = {plan.name: plan for plan in catalogue().tester}
GOOD_APPLICATION = [
    name for name, plan in PLANS.items() if plan.fault is None and plan.subject is Subject.TITLE
]
READABLE = [name for name, plan in PLANS.items() if plan.damage in (Damage.NONE, Damage.SIGNATURE)]
NO_UUID = {"bad/negative-serial", "bad/short-serial"}
NATIVE = {"e2e": "secp256r1", "e2e-rsa": "RSA 2048", "e2e-brainpool": "brainpoolP256r1"}
BY_CERTPATH = "e2e-path"
ROLE = "1.2.840.10070.8.1"


class Reader:
    """Judges certificates with what the device trusts and knows."""

    def __init__(self, workshop: Workshop) -> None:
        self.tester = CredentialFolder.load(workshop.tester)
        dut = CredentialFolder.load(workshop.dut)
        self.trust = dut.trust
        self.data = RevocationData(dut.crls, dut.ocsp_responses)
        self.tls = self.tester.octets("tester-tls")

    def faults(
        self, certificate: Certificate, chain: tuple[Certificate, ...] = (), tls: bytes = b""
    ) -> tuple[set[str], set[str], PathFaultKind | None]:
        """Return the names of the steps that refuse, of those that note something, and the path's fault."""
        now = time.time()
        path = find_path(certificate, self.trust, now, supplied=chain)
        status = revocation_status(certificate, path.issuer, self.data, now)
        shown = Presented(certificate, tls_certificate=tls or self.tls)
        found = {step.name: step.test(shown) for step in FORM.steps}
        judged = Judged(certificate, now, path, status)
        found |= {step.name: step.test(judged) for step in JUDGEMENT.steps}
        refused = {name for name, fault in found.items() if fault and fault.reaction is not Reaction.NOTE}
        noted = {name for name, fault in found.items() if fault and fault.reaction is Reaction.NOTE}
        return refused - {"path"}, noted, path.fault.kind if path.fault else None


@pytest.fixture(scope="module")
def reader(workshop: Workshop) -> Reader:
    return Reader(workshop)


@pytest.mark.parametrize("name", GOOD_APPLICATION)
def test_good_certificates_follow_annex_g_to_the_letter(reader: Reader, name: str) -> None:
    credential = reader.tester.credential(name)
    certificate = credential.certificate
    form = PLANS[name].title_form or "OBJECT IDENTIFIER"
    noted = {"subject-syntax"} if form != "OBJECT IDENTIFIER" else set()
    assert reader.faults(certificate, credential.chain) == (set(), noted, None)
    assert certificate.key_usage == frozenset({"digitalSignature", "keyAgreement"})
    assert certificate.title is not None
    assert (certificate.title.value, certificate.title.form) == ("1.1.1.999.12", form)
    assert len(certificate.serial_octets) <= 16
    assert certificate.inner_algorithm == certificate.outer_algorithm == "1.2.840.113549.1.1.11"
    assert bool(certificate.crl_urls) is not bool(certificate.ocsp_urls)
    assert len(certificate.issuer) < 64


NOTED = {"bad/short-serial": {"serial-uuid"}, "bad/one-for-both": {"subject-syntax"}}
"""What is noted of certificates beside the fault that they have."""


@pytest.mark.parametrize("name", [name for name in READABLE if name.startswith("bad/")])
def test_a_bad_certificate_has_the_fault_of_its_plan_and_no_other(reader: Reader, name: str) -> None:
    plan = PLANS[name]
    certificate = reader.tester.credential(name).certificate
    tls = certificate.octets if name == "bad/one-for-both" else b""
    refused, noted, path = reader.faults(certificate, tls=tls)
    due = None if plan.fault is None else PATHS.get(plan.fault)
    assert path is (PathFaultKind.BAD_SIGNATURE if name == NAMESAKE else due)
    assert noted == NOTED.get(name, set())
    if name in ELSEWHERE or path is not None:
        assert refused == set()
        return
    assert plan.fault is not None
    assert len(refused & STEPS[plan.fault]) == 1
    assert refused - STEPS[plan.fault] == set().union(*(STEPS[rule] for rule in plan.inevitable))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bad/truncated", "announced"),
        ("bad/trailing", "after the end"),
        ("bad/twice", "after the end"),
        ("bad/pem", "certificate"),
    ],
)
def test_damaged_certificates_do_not_decode(reader: Reader, name: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        read_certificate(reader.tester.octets(name))
    with pytest.raises(CredentialError, match=message):
        reader.tester.credential(name)
    assert reader.tester.key(name).kind == "rsa"


def test_every_plan_is_made_and_nothing_else(reader: Reader) -> None:
    assert sorted(reader.tester.names) == sorted(PLANS)


def test_the_title_of_somebody_else_is_another_one(reader: Reader) -> None:
    title = reader.tester.credential("bad/other-subject").certificate.title
    assert title is not None
    assert title.value == "1.1.1.999.13"


def test_the_tls_certificate_serves_for_the_application_as_it_is(reader: Reader) -> None:
    assert reader.tester.octets("bad/tls-certificate") == reader.tls
    assert reader.tester.files("bad/tls-certificate") == reader.tester.files("tester-tls")


@pytest.mark.parametrize(("name", "size"), [("large", 8192), ("bad/oversized", 8193)])
def test_padding_reaches_its_size_exactly(reader: Reader, name: str, size: int) -> None:
    assert len(reader.tester.octets(name)) == size


def test_a_self_signed_certificate_verifies_by_its_own_key(reader: Reader) -> None:
    certificate = reader.tester.credential("bad/self-signed").certificate
    assert issued_by(certificate, certificate)


def test_each_pointer_revokes_only_what_it_is_meant_for(reader: Reader) -> None:
    now = time.time()
    by_source = {
        "bad/revoked-crl": RevocationData(reader.data.crls, ()),
        "bad/revoked-ocsp": RevocationData((), reader.data.ocsp),
    }
    for name, data in by_source.items():
        certificate = reader.tester.credential(name).certificate
        issuer = reader.tester.credential(name).chain[0]
        other = next(found for other, found in by_source.items() if other != name)
        assert revocation_status(certificate, issuer, data, now).state is RevocationState.REVOKED
        assert revocation_status(certificate, issuer, other, now).state is not RevocationState.REVOKED


@pytest.mark.parametrize(
    ("name", "state", "outdated"),
    [
        ("no-crl", RevocationState.NO_DATA, False),
        ("no-crl-above", RevocationState.GOOD, False),
        ("outdated-crl", RevocationState.GOOD, True),
        ("bad/revoked-outdated-crl", RevocationState.REVOKED, True),
    ],
)
def test_lists_can_be_missing_or_outdated(
    reader: Reader, name: str, state: RevocationState, outdated: bool
) -> None:
    credential = reader.tester.credential(name)
    status = revocation_status(credential.certificate, credential.chain[0], reader.data, time.time())
    assert (status.state, status.outdated) == (state, outdated)


def test_ocsp_answers_of_both_kinds_are_there_for_each_certificate(
    workshop: Workshop, reader: Reader
) -> None:
    now = time.time()
    for plan in PLANS.values():
        if plan.issuer != INTERMEDIATE or plan.same_as or plan.name not in READABLE:
            continue
        credential = reader.tester.credential(plan.name)
        for state in RevocationState.GOOD, RevocationState.REVOKED:
            answer = (workshop.tester / "ocsp" / state.name.lower() / f"{plan.name}.ocsp").read_bytes()
            status = revocation_status(
                credential.certificate, credential.chain[0], RevocationData((), (answer,)), now
            )
            assert (status.state, status.remarks) == (state, ())


def test_plans_contradict_nothing() -> None:
    authorities = {plan.name for plan in catalogue().authorities} | {SELF}
    for plan in (*catalogue().tester, *catalogue().dut):
        assert plan.issuer in authorities
        assert plan.key in catalogue().keys
        bad = plan.name.startswith(("bad/", "bad-tls/")) and plan.name not in GOOD_FOR_TLS
        assert (plan.fault is not None) == bad
        assert not plan.same_as or plan.same_as in PLANS
        assert plan.fault is not Rule.REVOCATION or plan.revoked


def test_kinds_of_certificates_are_one_entry_each() -> None:
    brainpool = CertificatePlan(
        name="e2e-brainpool", key="brainpoolP256r1", wanted="native mode: key on brainpoolP256r1"
    )
    assert PLANS["e2e-brainpool"] == brainpool


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize(("side", "title"), [("tester", "1.1.1.999.12"), ("dut", "1.1.1.999.1.12")])
def test_both_sides_have_a_certificate_of_each_kind_for_native_mode(
    workshop: Workshop, side: str, title: str, name: str
) -> None:
    mine, peer = (CredentialFolder.load(folder) for folder in (workshop.dut, workshop.tester))
    if side == "tester":
        mine, peer = peer, mine
    credential = mine.credential(name)
    certificate = credential.certificate
    assert str(certificate.key) == NATIVE[name]
    assert certificate.title is not None
    assert certificate.title.value == title
    assert [finding.name for finding in FORM.findings(Presented(certificate), Policy())] == []
    assert len(credential.chain) == 1
    assert find_path(certificate, peer.trust, time.time(), supplied=credential.chain).fault is None


def test_paths_are_carried_or_not(reader: Reader) -> None:
    now = time.time()
    direct, carried = (reader.tester.credential(name) for name in ("e2e-direct", BY_CERTPATH))
    assert direct.chain == ()
    assert find_path(direct.certificate, reader.trust, now).fault is None
    alone = find_path(carried.certificate, reader.trust, now).fault
    assert alone is not None
    assert alone.kind is PathFaultKind.UNKNOWN_CA
    path = find_path(carried.certificate, reader.trust, now, supplied=carried.chain)
    assert path.fault is None
    status = revocation_status(carried.certificate, path.issuer, reader.data, now)
    assert (status.state, status.remarks) == (RevocationState.GOOD, ())


def test_a_role_is_carried_in_an_extension_that_is_not_critical(reader: Reader) -> None:
    found = {
        name: [
            extension.critical
            for extension in reader.tester.credential(name).certificate.extensions
            if extension.oid == ROLE
        ]
        for name in ("e2e-role", "e2e")
    }
    assert found == {"e2e-role": [False], "e2e": []}


def test_titles_are_issued_in_the_form_that_is_wanted(tmp_path: Path) -> None:
    title = ApplicationTitle("1.3.9999.1", 7, "UTF8String")
    made = make_workshop(tmp_path / "new", WorkshopPlan(now=time.time(), tester=title, dut=title))
    for folder in made.tester, made.dut:
        found = CredentialFolder.load(folder).credential("e2e").certificate.title
        assert found is not None
        assert (found.value, found.form) == ("1.3.9999.1.7", "UTF8String")


def test_titles_urls_and_keys_are_those_of_the_plan(tmp_path: Path) -> None:
    plan = WorkshopPlan(
        now=2_000_000_000.0,
        tester=ApplicationTitle("1.3.9999.1", 7),
        ocsp_url="http://[::1]:9/base/ocsp",
        dut_keys=False,
    )
    made = make_workshop(tmp_path / "new", plan)
    tester = CredentialFolder.load(made.tester)
    certificate = tester.credential("tester").certificate
    assert certificate.title is not None
    assert certificate.title.value == "1.3.9999.1.7"
    assert certificate.not_before == plan.now - 86_400
    assert certificate.crl_urls == ("http://[::1]:9/base/crl/intermediate.crl",)
    assert tester.credential("ocsp").certificate.ocsp_urls == ("http://[::1]:9/base/ocsp",)
    assert CredentialFolder.load(made.dut).names == ()
    assert not list(made.dut.rglob("*.key"))
    assert tester.trust.anchors == CredentialFolder.load(made.dut).trust.anchors


def test_two_workshops_share_no_name_and_no_serial_number(tmp_path: Path, reader: Reader) -> None:
    other = CredentialFolder.load(make_workshop(tmp_path, WorkshopPlan(now=time.time())).tester)
    ours, theirs = reader.tester.credential("tester"), other.credential("tester")
    assert ours.certificate.issuer != theirs.certificate.issuer
    assert ours.certificate.serial != theirs.certificate.serial
    assert reader.trust.anchors[0].subject != other.trust.anchors[0].subject


def test_private_keys_are_their_owners_and_files_are_not_overwritten(
    tmp_path: Path, workshop: Workshop
) -> None:
    for folder in (workshop.tester, workshop.dut, workshop.authorities):
        keys = list((folder / "keys").iterdir())
        assert keys
        assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    (tmp_path / "anything").touch()
    with pytest.raises(CredentialError, match="is not empty"):
        make_workshop(tmp_path, WorkshopPlan(now=time.time()))
    make_workshop(tmp_path, WorkshopPlan(now=time.time()), force=True)
    before = CredentialFolder.load(tmp_path / "tester").octets("tester")
    make_workshop(tmp_path, WorkshopPlan(now=time.time()), force=True)
    assert CredentialFolder.load(tmp_path / "tester").octets("tester") != before


def test_the_pointer_of_a_certificate_is_the_one_of_its_plan(reader: Reader) -> None:
    for plan in PLANS.values():
        if plan.name in READABLE:
            certificate = reader.tester.credential(plan.name).certificate
            assert bool(certificate.ocsp_urls) is (plan.revocation is Revocation.OCSP)
