"""The rules of form of Annex G: for each a certificate that breaks it and no other, and one at its limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from asn1crypto import core, x509
from cryptography.hazmat.primitives.asymmetric import ec

from conform62351.fixtures.pki import issuing
from conform62351.fixtures.pki.issuing import Issuer
from conform62351.fixtures.pki.naming import common_name, title_name
from conform62351.profiles.pki.certificate import Certificate, read_certificate
from conform62351.profiles.pki.extensions import USER_ROLE
from conform62351.profiles.pki.form import FORM, INVALID_PUBLIC_KEY_CERTIFICATE, Environment, Presented
from conform62351.profiles.pki.judgement import INVALID_CERTIFICATION_PATH, JUDGEMENT, Judged
from conform62351.profiles.pki.path import PathFaultKind, Trust, find_path
from conform62351.profiles.pki.revocation import revocation_status
from conform62351.profiles.policy import CheckTable, Finding, Policy, Reaction, Step
from conform62351.profiles.tlv_edit import Tree
from conform62351.suites.selfcheck.pki_samples import (
    DAY,
    NOW,
    SERIAL,
    UNKNOWN_EXTENSION,
    authority,
    certificate,
    crl_of,
    key,
    spki,
)

ROOT = authority("Forming root")


class Noting(Policy):
    """Goes on after every fault, so that all of them are found."""

    def reacts(self, finding: Finding) -> bool:
        return False


def made(**changes: Any) -> Certificate:
    return read_certificate(certificate(**{"issuer": ROOT.issuer, **changes}))


def findings(presented: Presented | Certificate) -> dict[str, Reaction]:
    """Return what is found about a certificate, all of it, by the names of the steps."""
    if isinstance(presented, Certificate):
        presented = Presented(presented)
    return {finding.name: finding.fault.reaction for finding in FORM.findings(presented, Noting())}


def sized(octets: int) -> Certificate:
    bare = len(certificate(issuer=ROOT.issuer, more=[padding(1000)]))
    for length in range(octets - bare + 990, octets - bare + 1010):
        padded = certificate(issuer=ROOT.issuer, more=[padding(length)])
        if len(padded) == octets:
            return read_certificate(padded)
    return sized(octets)


def padding(length: int) -> core.Sequence:
    return issuing.opaque("1.3.6.1.4.1.32473.2", bytes(length), critical=False)


def subject(*rdns: Sequence[tuple[str, core.Asn1Value]]) -> bytes:
    octets: bytes = x509.RDNSequence(
        [
            x509.RelativeDistinguishedName(
                [x509.NameTypeAndValue({"type": oid, "value": value}) for oid, value in rdn]
            )
            for rdn in rdns
        ]
    ).dump()
    return octets


TITLE = ("2.5.4.106", core.ObjectIdentifier("1.1.1.999.12"))
PRESENTED = made()


def xmpp(name: bytes) -> Presented:
    return Presented(made(subject=name), Environment.XMPP)


JID = ("2.5.4.105", core.UTF8String("ied@example.net"))

RSA_1024 = bytes.fromhex("30819f300d06092a864886f70d010101050003818d0030818902818100") + (
    b"\xc3" + bytes(126) + b"\x01" + bytes.fromhex("0203010001")
)
P384 = spki(ec.generate_private_key(ec.SECP384R1()))
ED25519 = bytes.fromhex("302a300506032b6570032100") + bytes(32)
OFF_CURVE = spki(key("leaf"))[:-1] + bytes([spki(key("leaf"))[-1] ^ 1])


def point(**parts: Any) -> Any:
    """Return the extension with one CRL distribution point that has these parts beside its URL."""
    url = x509.GeneralName("uniform_resource_identifier", "http://c.invalid")
    name = x509.DistributionPointName("full_name", [url])
    points = x509.CRLDistributionPoints([{"distribution_point": name, **parts}])
    return issuing.extension("crl_distribution_points", points)


def listed_by(name: bytes) -> Any:
    """Return the extension with a CRL distribution point whose list is signed by somebody of that name."""
    return point(crl_issuer=[x509.GeneralName("directory_name", x509.Name.load(name))])


REASONS = point(reasons={"key_compromise"})

BROKEN: list[tuple[str, Callable[[], Presented | Certificate]]] = [
    ("version-3", lambda: made(version="v1")),
    ("version-3", lambda: made(version="v2")),
    ("size", lambda: made(more=[padding(8192)])),
    ("rsa-2048", lambda: made(spki=RSA_1024)),
    ("curve", lambda: made(spki=P384)),
    ("serial-not-negative", lambda: made(serial=-SERIAL)),
    ("serial-length", lambda: made(serial=1 << 130)),
    ("algorithms-equal", lambda: made(inner_digest="sha512")),
    ("sha-256", lambda: made(digest="sha1")),
    ("issuer-name", lambda: made(issuer=Issuer(subject(), key(ROOT.key)))),
    ("subject-shape", lambda: made(subject=common_name("1.1.1.999.12"))),
    ("subject-shape", lambda: made(subject=subject())),
    ("subject-shape", lambda: made(subject=subject([TITLE], [("2.5.4.3", core.UTF8String("x"))]))),
    ("subject-shape", lambda: made(subject=subject([TITLE, ("2.5.4.3", core.UTF8String("x"))]))),
    ("subject-shape", lambda: xmpp(title_name("1.1.1.999.12"))),
    ("subject-value", lambda: made(subject=subject([("2.5.4.106", core.Integer(1))]))),
    ("subject-value", lambda: xmpp(subject([("2.5.4.105", core.PrintableString("ied"))]))),
    ("no-unique-identifiers", lambda: made(unique_ids=True)),
    ("key-usage", lambda: made(usage=())),
    ("digital-signature", lambda: made(usage=("key_agreement",))),
    ("key-agreement", lambda: made(usage=("digital_signature",))),
    ("revocation-pointer", lambda: made(crl_url=None)),
    ("distribution-reasons", lambda: made(crl_url=None, more=[REASONS])),
    ("distribution-reasons", lambda: made(crl_url=None, more=[listed_by(ROOT.certificate.subject)])),
    ("no-ca", lambda: made(ca=True)),
    ("critical-extensions", lambda: made(critical=UNKNOWN_EXTENSION)),
    ("not-for-tls", lambda: Presented(PRESENTED, tls_certificate=PRESENTED.octets)),
]
"""Certificates that break one rule."""

NOTED: list[tuple[str, Callable[[], Presented | Certificate]]] = [
    ("serial-length", lambda: made(serial=SERIAL | 1 << 127)),
    ("serial-uuid", lambda: made(serial=SERIAL ^ 0x8 << 60)),
    ("subject-syntax", lambda: made(subject=title_name("1.1.1.999.12", "UTF8String"))),
    ("one-revocation-pointer", lambda: made(ocsp_url="http://o.invalid")),
    ("der", lambda: read_certificate(Tree(PRESENTED.octets).set_indefinite("30/30").encode())),
]
"""Certificates that are odd in one way."""

ALONG: list[tuple[str, set[str], Callable[[], Presented | Certificate]]] = [
    ("key-kind", {"key-loads"}, lambda: made(spki=ED25519)),
    ("key-loads", set(), lambda: made(spki=OFF_CURVE)),
    ("serial-length", {"serial-uuid"}, lambda: made(serial=(1 << 64) - 1)),
    ("subject-value", {"subject-syntax"}, lambda: made(subject=title_name("tester", "UTF8String"))),
]
"""Certificates that cannot break one rule without another."""


@pytest.mark.parametrize(
    "presented",
    [
        made(),
        made(spki=spki(key("rsa any"))),
        made(crl_url=None, ocsp_url="http://o.invalid"),
        made(ca=False),
        made(serial=(1 << 126) | SERIAL),
        made(critical="2.5.29.32"),
        made(critical=USER_ROLE),
        made(crl_url=None, more=[listed_by(common_name("Lists"))]),
        Presented(made(), tls_certificate=b"another"),
        xmpp(subject([JID])),
    ],
)
def test_certificates_as_annex_g_has_them_have_no_fault(presented: Presented | Certificate) -> None:
    assert findings(presented) == {}


@pytest.mark.parametrize("size", [8191, 8192, 8193])
def test_the_greatest_size_is_8192_octets(size: int) -> None:
    assert findings(sized(size)) == ({"size": Reaction.ABORT} if size > 8192 else {})


@pytest.mark.parametrize("serial", [1 << 64, (1 << 127) - 1, (1 << 63), (1 << 64) - 1])
def test_a_serial_number_has_more_than_64_and_at_most_127_bits(serial: int) -> None:
    assert ("serial-length" in findings(made(serial=serial))) is (serial < 1 << 64)


@pytest.mark.parametrize(("name", "make"), BROKEN)
def test_a_certificate_that_breaks_one_rule_is_found_out_by_its_step(
    name: str, make: Callable[[], Presented | Certificate]
) -> None:
    presented = make()
    found = findings(presented)
    assert {step for step, reaction in found.items() if reaction is not Reaction.NOTE} == {name}
    whole = presented if isinstance(presented, Presented) else Presented(presented)
    fault = FORM.findings(whole, Policy())[-1].fault
    assert fault.parameters == (("diagnostic", INVALID_PUBLIC_KEY_CERTIFICATE),)


@pytest.mark.parametrize(("name", "make"), NOTED)
def test_an_odd_certificate_is_noted_and_accepted(
    name: str, make: Callable[[], Presented | Certificate]
) -> None:
    assert findings(make()) == {name: Reaction.NOTE}


@pytest.mark.parametrize(("name", "others", "make"), ALONG)
def test_rules_that_are_broken_together(
    name: str, others: set[str], make: Callable[[], Presented | Certificate]
) -> None:
    assert set(findings(make())) == {name, *others}


def test_every_rule_is_broken_here() -> None:
    broken = {name for name, *_ in (*BROKEN, *NOTED, *ALONG)}
    assert {step.name for step in FORM.steps} == broken
    assert len({step.id for step in FORM.steps}) == len(FORM.steps)


def test_a_device_that_leaves_a_rule_out_misses_its_fault() -> None:
    class Careless(Policy):
        def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
            return [step for step in table.steps if step.id != "X509.19"]

    careless = Presented(made(usage=("digital_signature",)))
    assert [finding.step for finding in FORM.findings(careless, Policy())] == ["X509.19"]
    assert FORM.findings(careless, Careless()) == ()


def judged(
    certificate: Certificate, trust: Trust, *supplied: Certificate
) -> list[tuple[str, Reaction, tuple[tuple[str, int], ...]]]:
    path = find_path(certificate, trust, NOW, supplied=supplied)
    status = revocation_status(certificate, path.issuer, trust.revocation, NOW)
    whole = Judged(certificate, NOW, path, status, supplied, trust.anchors)
    return [
        (finding.name, finding.fault.reaction, finding.fault.parameters)
        for finding in JUDGEMENT.findings(whole, Noting())
    ]


def test_validity_and_revocation_are_judged_before_the_path() -> None:
    trust = Trust((ROOT.certificate,), crls=(crl_of(ROOT),))
    assert judged(made(), trust) == []
    assert judged(made(not_before=NOW + 1), trust) == [("begun", Reaction.ABORT, ())]
    assert judged(made(not_after=NOW - 1), trust) == [("not-ended", Reaction.ABORT, ())]
    assert judged(made(not_before=NOW, not_after=NOW), trust) == []
    assert judged(made(not_after=NOW + 3700 * DAY), trust) == [("usual-period", Reaction.NOTE, ())]
    revoking = Trust((ROOT.certificate,), crls=(crl_of(ROOT, SERIAL),))
    assert judged(made(), revoking) == [("not-revoked", Reaction.ABORT, ())]
    assert judged(made(), Trust(())) == [("path", Reaction.ABORT, ())]


def test_a_broken_link_among_supplied_certificates_has_a_diagnostic_and_other_faults_none() -> None:
    trust = Trust((ROOT.certificate,))
    for changes, alarm in (
        ({"ca": False}, False),
        ({"usage": ("crl_sign",)}, False),
        ({"not_after": NOW - DAY}, True),
        ({"not_before": NOW + DAY}, True),
    ):
        middle = authority("Forming CA", ROOT, **changes)
        leaf = made(issuer=middle.issuer)
        diagnostic = (("diagnostic", INVALID_CERTIFICATION_PATH),)
        expected = () if alarm else diagnostic
        assert judged(leaf, trust, middle.certificate) == [("path", Reaction.ABORT, expected)]
        configured = Trust((ROOT.certificate,), (middle.certificate,))
        assert judged(leaf, configured) == [("path", Reaction.ABORT, ())]
    unknown = find_path(made(issuer=authority("Stray").issuer), trust, NOW).fault
    assert unknown is not None
    assert unknown.kind is PathFaultKind.UNKNOWN_CA


def test_what_the_peer_sends_along_is_part_of_the_path_or_an_anchor() -> None:
    trust = Trust((ROOT.certificate,))
    middle = authority("Forming CA", ROOT)
    leaf = made(issuer=middle.issuer)
    assert judged(leaf, trust, middle.certificate, ROOT.certificate) == []
    diagnostic = (("diagnostic", INVALID_CERTIFICATION_PATH),)
    for superfluous in (authority("Stray"), authority("Forming CA", ROOT, key_name="another")):
        found = judged(leaf, trust, superfluous.certificate, middle.certificate)
        assert found == [("nothing-superfluous", Reaction.ABORT, diagnostic)]
