"""The tester's certificates for TLS: each bad one has the fault of its name and no other, each good one none.

Three judge them: the rules of part 3, OpenSSL, and pyhanko-certvalidator. Where one of the latter two has no
rule of that kind, it finds nothing, and the table says why.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from cryptography.x509 import load_der_x509_certificate
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy

from conform62351.fixtures.pki.plan import Rule, catalogue
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.pki.certificate import (
    CertificateError,
    pem_blocks,
    pem_certificates,
    read_certificate,
)
from conform62351.profiles.pki.dh_keys import DhKeyError, is_dh, read_dh_public
from conform62351.profiles.pki.keys import DH, DSA, EC
from conform62351.profiles.pki.revocation import RevocationData
from conform62351.profiles.policy import Policy, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.tls.certificate_rules import PEER_CHAIN, CertificatePolicy, Examined, PeerChain
from conform62351.profiles.tls.engine.cipher_suites import cipher_suite
from conform62351.suites.selfcheck.pki_oracles import write_pem
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.manifest import read_manifest
from conform62351.tooling.net.revocation_data import (
    LATER_LISTS,
    AnswerState,
    ListState,
    read_answer,
    read_list,
)
from conform62351.tooling.net.tls_identity import tls_trust

FETCHED = "fetched-ca"
PLANS = {plan.name: plan for plan in catalogue().tester}
NAMES = [name for name in PLANS if name.startswith(("bad-tls/", "tls-", "tester-tls"))]

RSA_SIGNED, ECDSA_SIGNED, DSS_SIGNED, OF_DH_RSA, OF_DH_DSS = 0xC02F, 0xC02B, 0x0032, 0x00A0, 0x0036
MAKE_POLICY: Any = DisallowWeakAlgorithmsPolicy
STRONG_ALGORITHMS = MAKE_POLICY(frozenset({"md5", "sha1"}), dsa_key_size_threshold=2048)
NO_LIST_OF_STRANGERS = frozenset({"list-at-hand"})


@dataclass(frozen=True)
class Found:
    """What finds the fault of a bad certificate.

    ``step`` is that of part 3's rules, empty for none; ``besides`` those that cannot but find or note
    something, too. ``openssl`` is in what ``openssl verify`` says of it, ``pyhanko`` in what
    pyhanko-certvalidator says; where it is empty they take the certificate, and ``why`` tells.
    """

    step: str
    openssl: str = ""
    pyhanko: str = ""
    why: str = ""
    besides: frozenset[str] = frozenset()


NO_SUCH_RULE = "a rule of TLS or of part 3, and none of a path (RFC 5280 6.1)"
FIRST_OBJECT = "it reads the first object and leaves what follows"
BAD = {
    "unknown-ca": Found("ca-match", "unable to get local issuer", "no issuer", besides=NO_LIST_OF_STRANGERS),
    "self-signed": Found(
        "ca-match", "error 18 at 0 depth lookup: self-signed", "self-signed", besides=NO_LIST_OF_STRANGERS
    ),
    "unknown-ca-shown": Found(
        "ca-match", "unable to get local issuer", "no issuer", besides=NO_LIST_OF_STRANGERS
    ),
    "unknown-ca-ecdsa": Found(
        "ca-match", "unable to get local issuer", "no issuer", besides=NO_LIST_OF_STRANGERS
    ),
    "unknown-ca-dh": Found(
        "ca-match", "unable to get local issuer", "no issuer", besides=NO_LIST_OF_STRANGERS
    ),
    "same-name-ca": Found("signature", "unable to get local issuer", "no issuer"),
    "missing-ca": Found("ca-match", "unable to get local issuer", "no issuer"),
    "expired": Found("not-ended", "certificate has expired", "expired"),
    "not-yet-valid": Found("begun", "not yet valid", "not valid until"),
    "revoked": Found("not-revoked", "certificate revoked", "CRL indicates"),
    "revoked-ocsp": Found(
        "not-revoked", "", "OCSP response indicates", "openssl verify takes no answers: see openssl ocsp"
    ),
    "fetched-revoked": Found("not-revoked", "certificate revoked", "CRL indicates"),
    "fetched-revoked-ocsp": Found(
        "not-revoked", "", "OCSP response indicates", "openssl verify takes no answers: see openssl ocsp"
    ),
    "oversized": Found("size", why=NO_SUCH_RULE),
    "v1": Found("version-3", why="extensions in version 1 are read all the same"),
    "secp384r1": Found("", why="the tables of part 4 name the curves"),
    "negative-serial": Found("", why="RFC 5280 forbids authorities to make it, and nobody to take it"),
    "unique-ids": Found("", why="RFC 5280 forbids authorities to make them, and nobody to take them"),
    "rsa-1024": Found(
        "rsa-length",
        "key too weak",
        why="it looks at keys that sign certificates alone",
        besides=frozenset({"rsa-not-deprecated"}),
    ),
    "short-ec": Found("other-length", "key too weak", why="it has no rule about curves"),
    "sha1": Found("hash", "digest algorithm too weak", "sha1_rsa"),
    "md5": Found("not-md5", "digest algorithm too weak", "md5_rsa"),
    "algorithm-mismatch": Found(
        "algorithms-equal", "certificate signature failure", why="it goes by the outer algorithm"
    ),
    "broken-signature": Found("signature", "certificate signature failure", "could not be verified"),
    "truncated": Found("decodes", "Could not read certificate", "Insufficient data"),
    "trailing": Found("decodes", why=FIRST_OBJECT),
    "twice": Found("decodes", why=FIRST_OBJECT),
    "pem": Found("decodes", "Could not read certificate", "tag should have been 16"),
    "critical-extension": Found("critical-extension", "unhandled critical extension", "unsupported critical"),
    "ca-flag": Found("no-ca", why="RFC 5280 forbids no authority to be an end of a path"),
    "no-digital-signature": Found("key-usage", "unsuitable certificate purpose", "digital signature"),
    "no-key-encipherment": Found("", why="whether a key encrypts is a matter of the suite"),
    "no-key-agreement": Found("key-usage", "", "key agreement", "purposes of OpenSSL know no static keys"),
    "dh-zero": Found("", why="openssl pkey -pubcheck and the handshake judge keys"),
    "dh-one": Found("", why="openssl pkey -pubcheck and the handshake judge keys"),
    "dh-minus-one": Found("", why="openssl pkey -pubcheck and the handshake judge keys"),
    "other-holder": Found("", why="that it is of another one is known to who expects a partner"),
    "expired-ca": Found("issuers-valid", "certificate has expired", "intermediate certificate 1 expired"),
    "not-a-ca": Found("issuers", "invalid CA certificate", "is not a CA"),
    "ca-no-cert-sign": Found("issuers", "invalid CA certificate", "not allowed to sign"),
    "path-length": Found("issuers", "path length constraint exceeded", "maximum path length"),
    "revoked-ca": Found("not-revoked", "error 23 at 1 depth", "intermediate certificate 1 was revoked"),
    "weak-ca": Found("hash", "error 68 at 1 depth", "sha1_rsa", besides=frozenset({"issuers"})),
}


@dataclass(frozen=True)
class Taken:
    """How a good certificate is taken that a device might refuse.

    ``noted`` is what part 3's rules note. Where ``unlisted``, validators that are to ask for lists refuse it,
    and they are asked without.
    """

    noted: frozenset[str] = frozenset()
    unlisted: bool = False


GOOD = {
    "tester-tls": Taken(),
    "tls-ecdsa": Taken(),
    "tls-brainpool": Taken(),
    "tls-dsa": Taken(),
    "tls-dh-rsa": Taken(),
    "tls-dh-dss": Taken(),
    "bad-tls/size-8192": Taken(),
    "bad-tls/no-key-usage": Taken(),
    "bad-tls/second-anchor": Taken(),
    "bad-tls/no-crl": Taken(frozenset({"list-at-hand"}), unlisted=True),
    "bad-tls/outdated-crl": Taken(frozenset({"list-current"}), unlisted=True),
    "bad-tls/revocation-later": Taken(),
    "bad-tls/fetched-crl": Taken(),
    "bad-tls/fetched-ocsp": Taken(),
    "bad-tls/outdated-ocsp": Taken(frozenset({"list-at-hand"}), unlisted=True),
    "bad-tls/forged-ocsp": Taken(frozenset({"list-at-hand"}), unlisted=True),
    "bad-tls/supplied-ca": Taken(),
    "bad-tls/listed": Taken(frozenset({"list-at-hand"}), unlisted=True),
}


@dataclass(frozen=True)
class Judges:
    """A device that has fetched what there is to be fetched from the tester, and validators beside it."""

    workshop: Workshop
    folder: Path
    moment: float = field(default_factory=time.time)

    def chain(self, name: str) -> tuple[bytes, ...]:
        """Return what is shown for a name: also without a private key."""
        entry = read_manifest(self.workshop.tester).credentials[name]
        return pem_certificates((self.workshop.tester / entry.certificate).read_bytes())

    @property
    def device(self) -> CredentialFolder:
        return CredentialFolder.load(self.workshop.dut)

    def data(self, state: ListState = ListState.CURRENT) -> RevocationData:
        """Return the first lists or those that come later, and what responders say."""
        lists = (*self.device.crls, read_list(self.workshop.tester, FETCHED, state))
        answers = [
            read_answer(self.workshop.tester, f"bad-tls/{name}", said)
            for name, said in (
                ("fetched-ocsp", AnswerState.GOOD),
                ("fetched-revoked-ocsp", AnswerState.REVOKED),
            )
        ]
        return RevocationData(lists, (*self.device.ocsp_responses, *answers))

    def steps(
        self,
        name: str,
        data: RevocationData | None = None,
        *,
        listed: bool = False,
        renegotiation: bool = False,
    ) -> tuple[set[str], set[str]]:
        """Return the steps that refuse it and those that note something, of either role."""
        own, *_ = chain = self.chain(name)
        found = self.data() if data is None else data
        policy = CertificatePolicy(
            trust=tls_trust(self.device),
            now=lambda: self.moment,
            revocation=lambda _: found,
            allowed=frozenset({read_certificate(own).sha256}) if listed else None,
        )
        suite = cipher_suite(suite_for(name, own))
        refused: set[str] = set()
        noted: set[str] = set()
        for role in Role:
            it = Examined(PeerChain(chain, suite, renegotiation, role), policy, Policy())
            for step in PEER_CHAIN.steps:
                fault = step.test(it)
                if fault is not None:
                    (noted if fault.reaction is Reaction.NOTE else refused).add(step.name)
        return refused, noted

    def anchors(self, name: str) -> Sequence[bytes]:
        """Return those of the device; a certificate that is trusted as such is its own."""
        if PLANS[name].listed:
            return self.chain(name)
        return [one.octets for one in tls_trust(self.device).anchors]

    def others(self, name: str) -> list[bytes]:
        return [*self.chain(name)[1:], *(one.octets for one in self.device.trust.intermediates)]

    def openssl(self, name: str, *, lists: bool = True) -> str:
        """Return what ``openssl verify`` says to it as the certificate of a client, empty for yes."""
        leaf = write_pem(self.folder / "leaf.pem", "CERTIFICATE", self.chain(name)[:1])
        anchors = write_pem(self.folder / "anchors.pem", "CERTIFICATE", self.anchors(name))
        others = write_pem(self.folder / "others.pem", "CERTIFICATE", self.others(name))
        crls = write_pem(self.folder / "crls.pem", "X509 CRL", self.data().crls)
        command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-auth_level", "2"]
        command += ["-attime", str(int(self.moment)), "-purpose", "sslclient"]
        command += ["-CAfile", str(anchors), "-untrusted", str(others)]
        command += ["-crl_check_all", "-CRLfile", str(crls)] if lists else []
        done = subprocess.run([*command, str(leaf)], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode in (0, 2), done.stderr
        return done.stderr if done.returncode else ""

    def pyhanko(self, name: str, *, lists: bool = True) -> str:
        """Return what pyhanko-certvalidator says to it, empty for yes."""
        try:
            own = x509.Certificate.load(self.chain(name)[0])
            usage = own.key_usage_value
            wanted = {"key_agreement" if is_dh(own.public_key.dump()) else "digital_signature"}
        except ValueError as error:
            return str(error)
        context = ValidationContext(
            trust_roots=[x509.Certificate.load(octets) for octets in self.anchors(name)],
            other_certs=[x509.Certificate.load(octets) for octets in self.others(name)],
            moment=datetime.fromtimestamp(self.moment, UTC),
            crls=list(self.data().crls) if lists else [],
            ocsps=list(self.data().ocsp) if lists else [],
            revocation_mode="require" if lists else "soft-fail",
            algorithm_usage_policy=STRONG_ALGORITHMS,
        )
        validator: Any = CertificateValidator(own, validation_context=context)
        try:
            # It takes a missing keyUsage for none, and RFC 5280 4.2.1.3 for all.
            asyncio.run(validator.async_validate_usage(set() if usage is None else wanted))
        except (ValidationError, PathError) as error:
            return str(error)
        return ""


def suite_for(name: str, own: bytes) -> int:
    """Return a suite that a certificate of this name is for, by its key."""
    try:
        kind = read_certificate(own).key.kind
    except CertificateError:
        return RSA_SIGNED
    if kind == DH:
        return OF_DH_DSS if PLANS[name].issuer == "dsa-ca" else OF_DH_RSA
    return {EC: ECDSA_SIGNED, DSA: DSS_SIGNED}.get(kind, RSA_SIGNED)


@pytest.fixture
def judges(workshop: Workshop, tmp_path: Path) -> Judges:
    return Judges(workshop, tmp_path)


def test_every_certificate_for_tls_is_judged() -> None:
    assert sorted(NAMES) == sorted([*GOOD, *(f"bad-tls/{name}" for name in BAD)])
    assert {name for name in NAMES if PLANS[name].fault} == {f"bad-tls/{name}" for name in BAD}
    assert all(found.why for found in BAD.values() if not (found.openssl and found.pyhanko))


@pytest.mark.parametrize("name", BAD)
def test_one_step_finds_the_fault_and_no_other(judges: Judges, name: str) -> None:
    found = BAD[name]
    refused, noted = judges.steps(f"bad-tls/{name}")
    assert refused | noted == {found.step} - {""} | found.besides
    assert found.step in refused or not refused


@pytest.mark.parametrize("name", BAD)
def test_openssl_finds_the_fault_where_it_has_such_a_rule(judges: Judges, name: str) -> None:
    said, wanted = judges.openssl(f"bad-tls/{name}"), BAD[name].openssl
    assert wanted in said
    assert bool(said) is bool(wanted)


@pytest.mark.parametrize("name", BAD)
def test_pyhanko_finds_the_fault_where_it_has_such_a_rule(judges: Judges, name: str) -> None:
    said, wanted = judges.pyhanko(f"bad-tls/{name}"), BAD[name].pyhanko
    assert wanted in said
    assert bool(said) is bool(wanted)


@pytest.mark.parametrize("name", GOOD)
def test_good_ones_are_good_for_everybody(judges: Judges, name: str) -> None:
    taken = GOOD[name]
    refused, noted = judges.steps(name, listed=PLANS[name].listed)
    assert (refused, noted) == (set(), set(taken.noted))
    assert judges.openssl(name, lists=not taken.unlisted) == ""
    assert judges.pyhanko(name, lists=not taken.unlisted) == ""


@pytest.mark.parametrize("name", [name for name in GOOD if GOOD[name].unlisted and name != "bad-tls/listed"])
def test_lists_that_are_missing_or_old_are_missed_by_others_too(judges: Judges, name: str) -> None:
    outdated = name == "bad-tls/outdated-crl"
    assert ("CRL has expired" if outdated else "unable to get certificate CRL") in judges.openssl(name)
    assert judges.pyhanko(name)


@pytest.mark.parametrize("name", ["truncated", "trailing", "twice", "pem"])
def test_a_strict_reader_of_der_finds_damage(judges: Judges, name: str) -> None:
    load_der_x509_certificate(judges.chain("tester-tls")[0])
    with pytest.raises(ValueError, match="error parsing asn1 value"):
        load_der_x509_certificate(judges.chain(f"bad-tls/{name}")[0])


@pytest.mark.parametrize("name", ["dh-zero", "dh-one", "dh-minus-one"])
def test_values_by_which_anybody_knows_the_secret_are_those_of_no_key(judges: Judges, name: str) -> None:
    for credential, good in ((f"bad-tls/{name}", False), ("tls-dh-rsa", True)):
        spki = read_certificate(judges.chain(credential)[0]).spki
        path = judges.folder / "key.der"
        path.write_bytes(spki)
        command = ["openssl", "pkey", "-pubin", "-inform", "DER", "-in", str(path), "-pubcheck", "-noout"]
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
        assert (b"Key is valid" in done.stdout) is good
    with pytest.raises(DhKeyError, match="public value"):
        read_dh_public(read_certificate(judges.chain(f"bad-tls/{name}")[0]).spki)


def test_somebody_else_has_another_name_and_none_of_the_tester(judges: Judges) -> None:
    ours, theirs = (
        read_certificate(judges.chain(name)[0]) for name in ("tester-tls", "bad-tls/other-holder")
    )
    assert (ours.subject_text, theirs.subject_text) == ("CN=conform62351 tester", "CN=somebody else")
    assert "2.5.29.17" in {one.oid for one in ours.extensions}
    assert "2.5.29.17" not in {one.oid for one in theirs.extensions}


@pytest.mark.parametrize(
    ("name", "status"),
    [("revoked-ocsp", "revoked"), ("fetched-revoked-ocsp", "revoked"), ("fetched-ocsp", "good")],
)
def test_openssl_reads_the_answers_about_certificates_with_a_responder(
    judges: Judges, name: str, status: str
) -> None:
    own, issuer, *_ = judges.chain(f"bad-tls/{name}")
    said = AnswerState.REVOKED if status == "revoked" else AnswerState.GOOD
    answer = judges.folder / "answer.der"
    answer.write_bytes(read_answer(judges.workshop.tester, f"bad-tls/{name}", said))
    leaf = write_pem(judges.folder / "leaf.pem", "CERTIFICATE", [own])
    above = write_pem(judges.folder / "issuer.pem", "CERTIFICATE", [issuer])
    command = ["openssl", "ocsp", "-respin", str(answer), "-issuer", str(above), "-cert", str(leaf)]
    command += ["-CAfile", str(judges.workshop.dut / "anchors.pem"), "-verify_other", str(above)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "Response verify OK" in done.stderr
    assert f"leaf.pem: {status}" in done.stdout


@pytest.mark.parametrize("name", ["revocation-later", "fetched-crl"])
def test_what_is_revoked_later_is_revoked_by_the_lists_that_come_later(judges: Judges, name: str) -> None:
    later = (judges.workshop.dut / LATER_LISTS).read_bytes()
    crls = tuple(pem_blocks(later, "X509 CRL"))
    data = RevocationData((*crls, read_list(judges.workshop.tester, FETCHED, ListState.LATER)))
    assert judges.steps(f"bad-tls/{name}", data) == ({"not-revoked"}, set())
    assert judges.steps(f"bad-tls/{name}", data, renegotiation=True) == ({"still-not-revoked"}, set())


TLS_LEVEL = {
    "v1": "v1",
    "negative serial": "negative-serial",
    "short serial": "a rule of annex G, which is about end-to-end certificates alone",
    "SHA-1": "sha1",
    "MD5": "md5",
    "inner and outer algorithm different": "algorithm-mismatch",
    "RSA 1024": "rsa-1024",
    "secp384r1 or another unlisted curve": "secp384r1",
    "a short curve": "short-ec",
    "expired": "expired",
    "not yet valid": "not-yet-valid",
    "unknown CA": "unknown-ca",
    "self-signed": "self-signed",
    "revoked by CRL": "revoked",
    "revoked by OCSP": "revoked-ocsp",
    "keyUsage absent": "no-key-usage",
    "without digitalSignature": "no-digital-signature",
    "without keyAgreement": "no-key-agreement",
    "CA flag true": "ca-flag",
    "unique IDs present": "unique-ids",
    "subject of somebody else": "other-holder",
    "over 8192 octets": "oversized",
    "truncated DER": "truncated",
    "trailing octets": "trailing",
    "broken signature": "broken-signature",
    "unknown critical extension": "critical-extension",
    "the TLS certificate used for E2E": "about the end-to-end certificate: bad/tls-certificate",
}
"""The faults that the tester must be able to make, and who has them in TLS, or why nobody does."""


def test_every_fault_that_has_a_meaning_in_tls_can_be_made() -> None:
    made = {fault: name for fault, name in TLS_LEVEL.items() if " " not in name}
    assert all(f"bad-tls/{name}" in PLANS for name in made.values())
    assert TLS_LEVEL.keys() - made.keys() == {"short serial", "the TLS certificate used for E2E"}
    absent = made.pop("keyUsage absent")
    assert PLANS[f"bad-tls/{absent}"].fault is None
    assert all(PLANS[f"bad-tls/{name}"].fault for name in made.values())
    assert PLANS["bad-tls/other-holder"].fault is Rule.SUBJECT
