"""What part 3 wants of a peer's chain: every rule, leaving it out, local policy, and hostile chains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki import issuing
from conform62351.fixtures.pki.naming import common_name
from conform62351.profiles.pki.path import MAX_LINKS, MAX_SUPPLIED, PATH, Trust
from conform62351.profiles.pki.revocation import RevocationData
from conform62351.profiles.policy import CheckTable, Fault, Finding, Policy, Reaction, Step
from conform62351.profiles.role import Role
from conform62351.profiles.tls.certificate_rules import (
    PEER_CHAIN,
    CertificatePolicy,
    PeerChain,
    examine,
)
from conform62351.profiles.tls.engine.cipher_suites import cipher_suite
from conform62351.suites.selfcheck.pki_oracles import Question, ask_openssl, ask_pyhanko
from conform62351.suites.selfcheck.pki_samples import (
    DAY,
    NOW,
    SERIAL,
    UNKNOWN_EXTENSION,
    Authority,
    authority,
    certificate,
    crl_of,
    mutated,
    ocsp_of,
)

ROOT = authority("TlsRoot", key_name="rsa-root")
MIDDLE = authority("TlsMiddle", ROOT, key_name="rsa-middle")
STRANGER = authority("TlsStranger")
SUITE = cipher_suite(0xC02B)
SUBJECT = common_name("peer")


def leaf(above: Authority = MIDDLE, **changes: Any) -> bytes:
    """Return a certificate for TLS; its subject is one that OpenSSL reads."""
    usage = ("digital_signature", "key_encipherment", "key_agreement")
    return certificate(issuer=above.issuer, **{"subject": SUBJECT, "usage": usage, **changes})


def spki_of(key: Any) -> bytes:
    made: bytes = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return made


GOOD = leaf()
LISTS = RevocationData((crl_of(ROOT), crl_of(MIDDLE)))


def policy(**changes: Any) -> CertificatePolicy:
    usual: dict[str, Any] = {
        "trust": Trust((ROOT.certificate,)),
        "now": lambda: NOW,
        "revocation": lambda _: LISTS,
    }
    return CertificatePolicy(**usual | changes)


def looked_up(*crls: bytes, ocsp: Sequence[bytes] = ()) -> CertificatePolicy:
    return policy(revocation=lambda _: RevocationData(crls, tuple(ocsp)))


def chain(
    own: bytes, *others: bytes, code: int = 0xC02B, renegotiation: bool = False, peer: Role | None = None
) -> PeerChain:
    return PeerChain(
        (own, *(others or (MIDDLE.certificate.octets,))), cipher_suite(code), renegotiation, peer
    )


def found(
    shown: PeerChain, taken: CertificatePolicy | None = None, checks: Policy | None = None
) -> tuple[Finding, ...]:
    return examine(shown, taken or policy(), checks or Policy())


def names(findings: Sequence[Finding]) -> list[str]:
    return [finding.name for finding in findings]


class Without(Policy):
    """A device that leaves out the step of one name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
        return [step for step in table.steps if step.name != self._name]


class GoesOn(Policy):
    """A tester, which notes everything."""

    def reacts(self, finding: Finding) -> bool:
        return finding.step == "none"


def with_key(key: Any, **changes: Any) -> bytes:
    return leaf(spki=spki_of(key), **changes)


def broken() -> bytes:
    """Return a certificate with a signature that is none."""
    return GOOD[:-1] + bytes([GOOD[-1] ^ 1])


def oversized(size: int) -> bytes:
    """Return a certificate of exactly ``size`` octets."""
    padding = size - len(leaf(more=[issuing.opaque(issuing.PADDING_EXTENSION, bytes(8000), critical=False)]))
    more = [issuing.opaque(issuing.PADDING_EXTENSION, bytes(8000 + padding), critical=False)]
    made = leaf(more=more)
    assert len(made) == size
    return made


def below(middle: Authority) -> tuple[bytes, bytes]:
    """Return a certificate of an intermediate authority, and that authority's own."""
    return leaf(middle), middle.certificate.octets


def self_signed() -> bytes:
    """Return a certificate that vouches for itself."""
    own = authority("Own")
    return leaf(own, subject=own.certificate.subject, key_name="Own")


RSA_1024 = rsa.generate_private_key(65537, 1024)
SHORT_CURVE = ec.generate_private_key(ec.SECP224R1())
SHORT_DSA = dsa.generate_private_key(1024)
REVOKED = (crl_of(ROOT), crl_of(MIDDLE, SERIAL))
SHA1: dict[str, Any] = {"digest": "sha1"}
SHA1_MIDDLE = authority("Sha1Middle", ROOT, **SHA1)
FAULTS: tuple[tuple[str, Callable[[], tuple[PeerChain, CertificatePolicy]]], ...] = (
    ("certificate-shown", lambda: (PeerChain((), SUITE), policy())),
    ("size", lambda: (chain(oversized(8193)), policy())),
    ("size", lambda: (chain(GOOD, oversized(8193), MIDDLE.certificate.octets), policy())),
    ("decodes", lambda: (chain(GOOD[:-1]), policy())),
    ("decodes", lambda: (chain(GOOD + b"\0"), policy())),
    ("decodes", lambda: (chain(GOOD, b"\x30\x80", MIDDLE.certificate.octets), policy())),
    ("not-md5", lambda: (chain(leaf(digest="md5")), policy())),
    ("not-md5", lambda: (chain(leaf(digest="md5")), policy(sha1_allowed=True))),
    ("hash", lambda: (chain(leaf(**SHA1)), policy())),
    ("hash", lambda: (chain(*below(SHA1_MIDDLE)), policy())),
    ("algorithms-equal", lambda: (chain(leaf(inner_digest="sha384")), policy())),
    ("rsa-length", lambda: (chain(with_key(RSA_1024)), policy())),
    ("rsa-length", lambda: (chain(with_key(RSA_1024)), policy(deprecated_rsa=1536))),
    ("other-length", lambda: (chain(with_key(SHORT_CURVE)), policy())),
    ("other-length", lambda: (chain(with_key(SHORT_DSA)), policy())),
    ("key-kind", lambda: (chain(with_key(ed25519.Ed25519PrivateKey.generate())), policy())),
    ("critical-extension", lambda: (chain(leaf(critical=UNKNOWN_EXTENSION)), policy())),
    ("no-ca", lambda: (chain(leaf(ca=True)), policy())),
    ("version-3", lambda: (chain(leaf(version="v1")), policy())),
    ("key-usage", lambda: (chain(leaf(usage=("key_agreement",)), peer=Role.CLIENT), policy())),
    (
        "key-usage",
        lambda: (chain(leaf(usage=("digital_signature",)), code=0x003C, peer=Role.SERVER), policy()),
    ),
    ("ca-match", lambda: (chain(leaf(STRANGER)), policy())),
    ("ca-match", lambda: (chain(self_signed()), policy())),
    ("listed", lambda: (chain(GOOD), policy(allowed=frozenset({ROOT.certificate.sha256})))),
    ("signature", lambda: (chain(broken()), policy())),
    ("issuers", lambda: (chain(*below(authority("NoCa", ROOT, ca=False))), policy())),
    ("begun", lambda: (chain(leaf(not_before=NOW + DAY)), policy())),
    ("not-ended", lambda: (chain(leaf(not_after=NOW - DAY)), policy())),
    ("issuers-valid", lambda: (chain(*below(authority("OldMiddle", ROOT, not_after=NOW - DAY))), policy())),
    ("not-revoked", lambda: (chain(GOOD), looked_up(*REVOKED))),
    (
        "not-revoked",
        lambda: (chain(GOOD), looked_up(crl_of(ROOT, MIDDLE.certificate.serial), crl_of(MIDDLE))),
    ),
    ("not-revoked", lambda: (chain(GOOD), looked_up(ocsp=[ocsp_of(MIDDLE, SERIAL, revoked=True)]))),
    ("still-not-revoked", lambda: (chain(GOOD, renegotiation=True), looked_up(*REVOKED))),
)
NOTED: tuple[tuple[str, Callable[[], tuple[PeerChain, CertificatePolicy]]], ...] = (
    ("hash", lambda: (chain(leaf(**SHA1)), policy(sha1_allowed=True))),
    (
        "hash",
        lambda: (chain(*below(SHA1_MIDDLE)), policy(sha1_allowed=True, revocation=None)),
    ),
    ("rsa-not-deprecated", lambda: (chain(with_key(RSA_1024)), policy(deprecated_rsa=1024))),
    ("begun", lambda: (chain(leaf(not_before=NOW + DAY)), policy(expired_allowed=True))),
    ("not-ended", lambda: (chain(leaf(not_after=NOW - DAY)), policy(expired_allowed=True))),
    ("list-at-hand", lambda: (chain(GOOD), looked_up(crl_of(ROOT)))),
    ("list-at-hand", lambda: (chain(GOOD), looked_up(crl_of(MIDDLE)))),
    ("list-current", lambda: (chain(GOOD), looked_up(crl_of(ROOT), crl_of(MIDDLE, days=(-2, -1))))),
    (
        "response-current",
        lambda: (
            chain(GOOD),
            looked_up(crl_of(ROOT), ocsp=[ocsp_of(MIDDLE, SERIAL, days=(-2, -1))]),
        ),
    ),
    ("revocation-data", lambda: (chain(GOOD), looked_up(crl_of(ROOT), crl_of(MIDDLE), b"\x30"))),
)


def test_a_good_chain_has_no_findings() -> None:
    assert found(chain(GOOD)) == ()
    assert found(chain(GOOD, ROOT.certificate.octets, MIDDLE.certificate.octets)) == ()
    assert found(chain(oversized(8192))) == ()
    assert found(chain(GOOD, peer=Role.SERVER, code=0x003C)) == ()


@pytest.mark.parametrize("index", range(len(FAULTS)), ids=[f"{n}-{one[0]}" for n, one in enumerate(FAULTS)])
def test_each_rule_finds_its_fault_and_is_missed_when_left_out(index: int) -> None:
    name, make = FAULTS[index]
    shown, taken = make()
    findings = found(shown, taken)
    assert names(findings) == [name]
    assert findings[-1].fault.reaction is Reaction.REFUSE
    assert name not in names(found(shown, taken, Without(name)))


@pytest.mark.parametrize("index", range(len(NOTED)), ids=[f"{n}-{one[0]}" for n, one in enumerate(NOTED)])
def test_what_is_only_noted_ends_nothing(index: int) -> None:
    name, make = NOTED[index]
    shown, taken = make()
    findings = found(shown, taken)
    assert names(findings) == [name]
    assert findings[0].fault.reaction is Reaction.NOTE
    assert found(shown, taken, Without(name)) == ()


def test_every_rule_is_tried() -> None:
    assert {step.name for step in PEER_CHAIN.steps} == {name for name, _ in (*FAULTS, *NOTED)}


def test_listed_certificates_are_taken_whoever_issued_them() -> None:
    own = self_signed()
    listed = policy(allowed=frozenset({sha256(own).hexdigest()}), revocation=None)
    assert found(PeerChain((own,), SUITE), listed) == ()


def test_revocation_that_is_not_looked_up_is_not_missed() -> None:
    assert found(chain(GOOD), policy(revocation=None)) == ()


def test_a_tester_goes_on_behind_every_fault() -> None:
    shown = chain(leaf(STRANGER, not_after=NOW - DAY, critical=UNKNOWN_EXTENSION, ca=True, **SHA1))
    assert names(found(shown, policy(), GoesOn())) == [
        "hash",
        "critical-extension",
        "no-ca",
        "ca-match",
        "not-ended",
        "list-at-hand",
    ]


@pytest.mark.parametrize(
    ("own", "accepted"),
    [
        (GOOD, True),
        (leaf(not_before=NOW + DAY), False),
        (leaf(not_after=NOW - DAY), False),
        (leaf(STRANGER), False),
        (leaf(critical=UNKNOWN_EXTENSION), False),
        (broken(), False),
        (leaf(serial=SERIAL + 1), False),
    ],
    ids=["good", "future", "expired", "stranger", "critical", "broken", "revoked"],
)
def test_openssl_and_pyhanko_judge_alike(own: bytes, accepted: bool, tmp_path: Path) -> None:
    lists = (crl_of(ROOT), crl_of(MIDDLE, SERIAL + 1))
    question = Question(own, (ROOT.certificate.octets,), (MIDDLE.certificate.octets,), lists, NOW)
    assert ask_openssl(question, tmp_path) is accepted
    assert ask_pyhanko(question) is accepted
    refused = [one for one in found(chain(own), looked_up(*lists)) if one.fault.reaction is Reaction.REFUSE]
    assert (not refused) is accepted


def chain_of(depth: int) -> tuple[bytes, ...]:
    """Return a good chain of so many authorities below the root, the lowest one first."""
    above = ROOT
    made = []
    for number in range(depth):
        above = authority(f"Deep{number}", above, key_name="deep")
        made.append(above.certificate.octets)
    return (leaf(above), *reversed(made))


def loop() -> tuple[bytes, ...]:
    """Return authorities that certify one another in all directions, and nobody else."""
    ring = [authority(f"Ring{number}", key_name="ring") for number in range(6)]
    crossed = [
        authority(f"Ring{number}", ring[other], key_name="ring", serial=number * 64 + other + 1)
        for number in range(6)
        for other in range(6)
        if other != number
    ]
    return (leaf(ring[0]), *(one.certificate.octets for one in crossed))


HOSTILE: dict[str, Callable[[], tuple[bytes, ...]]] = {
    "megabyte": lambda: tuple([b"\x30\x84\x00\x0f\xff\xfa" + bytes(1 << 20)] * 2),
    "many": lambda: tuple([MIDDLE.certificate.octets] * 20_000),
    "deep": lambda: chain_of(31),
    "too-many": lambda: (GOOD, *chain_of(MAX_SUPPLIED + 4)),
    "loop": loop,
    "nested": lambda: (b"\x30\x80" * 4000,),
    "empty": lambda: (b"", b""),
}


class Counting(GoesOn):
    """A tester that counts how often a rule of a link is looked at."""

    def __init__(self) -> None:
        self.links = 0

    def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
        if table.name != PATH.name:
            return table.steps
        return [Step(one.id, one.name, one.clause, one.provenance, self._counted(one)) for one in table.steps]

    def _counted(self, step: Step[Any]) -> Callable[[Any], Fault | None]:
        def test(link: Any) -> Fault | None:
            self.links += 1
            return step.test(link)

        return test


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_chains_are_refused_after_a_bounded_search(what: str) -> None:
    shown = PeerChain(HOSTILE[what](), SUITE)
    assert found(shown, policy())[-1].fault.reaction is Reaction.REFUSE
    checks = Counting()
    assert any(one.fault.reaction is Reaction.REFUSE for one in found(shown, policy(), checks))
    assert checks.links <= MAX_LINKS * len(PATH.steps)


@settings(max_examples=100, deadline=None)
@given(
    certificates=st.lists(
        st.sampled_from([GOOD, MIDDLE.certificate.octets, ROOT.certificate.octets])
        | mutated(GOOD)
        | mutated(MIDDLE.certificate.octets)
        | st.binary(max_size=64),
        max_size=6,
    ),
    goes_on=st.booleans(),
    renegotiation=st.booleans(),
)
def test_whatever_is_shown_is_judged(certificates: list[bytes], goes_on: bool, renegotiation: bool) -> None:
    shown = PeerChain(tuple(certificates), SUITE, renegotiation, Role.CLIENT)
    findings = found(shown, policy(), GoesOn() if goes_on else Policy())
    if not certificates or certificates[0] != GOOD:
        assert any(one.fault.reaction is Reaction.REFUSE for one in findings)
