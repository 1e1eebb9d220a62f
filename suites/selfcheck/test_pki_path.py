"""Certification paths: every rule of a link, what leaving it out does, and what is bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from asn1crypto import core

from conform62351.fixtures.pki.domains import make_dh_key
from conform62351.profiles.pki.certificate import Certificate, read_certificate
from conform62351.profiles.pki.keys import KeyFacts
from conform62351.profiles.pki.path import (
    MAX_CHAIN,
    MAX_LINKS,
    MAX_SUPPLIED,
    PATH,
    TLS_CA_KEYS,
    PathFaultKind,
    PathResult,
    Trust,
    find_path,
)
from conform62351.profiles.pki.path_rules import Link
from conform62351.profiles.pki.revocation import NO_CRL_EVENT, RevocationData
from conform62351.profiles.policy import CheckTable, Policy, Step
from conform62351.suites.selfcheck.pki_samples import (
    DAY,
    NOW,
    UNKNOWN_EXTENSION,
    Authority,
    authority,
    certificate,
    crl_of,
    entity,
)

ROOT = authority("Root", path_length=3)
MIDDLE = authority("Middle", ROOT)
LEAF = entity(MIDDLE)


class Without(Policy):
    """A device that leaves out the step of one name."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
        return [step for step in table.steps if step.name not in self._names]


def path_below(middle: Authority, policy: Policy | None = None, **changes: Any) -> PathResult:
    """Return the path of an end entity below ``middle``, which is configured below the root."""
    trust = Trust((ROOT.certificate,), (middle.certificate,), (crl_of(ROOT),))
    return find_path(entity(middle, **changes), trust, NOW, policy=policy)


def test_a_path_over_configured_intermediates_is_found() -> None:
    result = find_path(LEAF, Trust((ROOT.certificate,), (MIDDLE.certificate,), (crl_of(ROOT),)), NOW)
    assert result == PathResult((LEAF, MIDDLE.certificate, ROOT.certificate))
    assert result.issuer == MIDDLE.certificate


def test_a_path_over_supplied_certificates_in_any_order_is_found() -> None:
    lower = authority("Lower", MIDDLE)
    leaf = entity(lower)
    trust = Trust((ROOT.certificate,))
    for supplied in ([lower, MIDDLE], [MIDDLE, lower], [ROOT, MIDDLE, lower]):
        result = find_path(leaf, trust, NOW, supplied=[one.certificate for one in supplied])
        assert result.fault is None
        assert result.chain == (leaf, lower.certificate, MIDDLE.certificate, ROOT.certificate)


def test_ca_certificates_without_revocation_data_are_accepted_with_a_warning() -> None:
    result = find_path(LEAF, Trust((ROOT.certificate,), (MIDDLE.certificate,)), NOW)
    assert result.fault is None
    assert [warning.event for warning in result.warnings] == [NO_CRL_EVENT]


Search = Callable[[Policy | None], PathResult]

FAULTS: dict[str, tuple[PathFaultKind, Callable[[], Search]]] = {
    "issuer-known": (PathFaultKind.UNKNOWN_CA, lambda: path_of_stranger),
    "link-signature": (PathFaultKind.BAD_SIGNATURE, lambda: path_with_forged_leaf),
    "ca-flag": (PathFaultKind.NOT_A_CA, lambda: path_with(ca=False)),
    "ca-key-cert-sign": (PathFaultKind.CA_KEY_USAGE, lambda: path_with(usage=("crl_sign",))),
    "ca-path-length": (PathFaultKind.PATH_LENGTH, lambda: path_below_short_ca),
    "ca-algorithm": (PathFaultKind.WEAK_ALGORITHM, lambda: path_with(digest="sha1")),
    "ca-critical-extension": (
        PathFaultKind.UNKNOWN_CRITICAL_EXTENSION,
        lambda: path_with(critical=UNKNOWN_EXTENSION),
    ),
    "ca-begun": (PathFaultKind.CA_NOT_YET_VALID, lambda: path_with(not_before=NOW + DAY)),
    "ca-not-ended": (PathFaultKind.CA_EXPIRED, lambda: path_with(not_after=NOW - DAY)),
    "ca-not-revoked": (PathFaultKind.CA_REVOKED, lambda: path_of_revoked_ca),
    "chain-length": (PathFaultKind.TOO_LONG, lambda: path_of(MAX_CHAIN + 1)),
}


def path_with(**changes: Any) -> Search:
    return lambda policy: path_below(authority("Changed", ROOT, **changes), policy)


def path_of_stranger(policy: Policy | None) -> PathResult:
    leaf = entity(authority("Stranger"))
    return find_path(leaf, Trust((ROOT.certificate,)), NOW, policy=policy)


def path_with_forged_leaf(policy: Policy | None) -> PathResult:
    forged = entity(Authority("Middle", "another", MIDDLE.certificate), identifiers=False)
    return find_path(forged, Trust((ROOT.certificate,), (MIDDLE.certificate,)), NOW, policy=policy)


def path_below_short_ca(policy: Policy | None) -> PathResult:
    short = authority("Short", ROOT, path_length=0)
    below = authority("Below", short)
    trust = Trust((ROOT.certificate,), (short.certificate, below.certificate))
    return find_path(entity(below), trust, NOW, policy=policy)


def path_of_revoked_ca(policy: Policy | None) -> PathResult:
    crl = crl_of(ROOT, MIDDLE.certificate.serial)
    trust = Trust((ROOT.certificate,), (MIDDLE.certificate,), (crl,))
    return find_path(LEAF, trust, NOW, policy=policy)


def path_of(length: int) -> Search:
    """Return a search for a path of so many certificates, the first and the anchor included."""
    chain = [authority("Top")]
    for number in range(length - 2):
        chain.append(authority(f"CA {number}", chain[-1], key_name="shared"))
    trust = Trust((chain[0].certificate,), tuple(one.certificate for one in chain[1:]))
    leaf = entity(chain[-1])
    return lambda policy: find_path(leaf, trust, NOW, policy=policy)


def test_every_rule_has_its_fault_here() -> None:
    assert set(FAULTS) == {step.name for step in PATH.steps}
    assert {kind for kind, _ in FAULTS.values()} == set(PathFaultKind)


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_rule_is_found_and_missed_when_its_step_is_left_out(name: str) -> None:
    kind, make = FAULTS[name]
    search = make()
    fault = search(None).fault
    assert fault is not None
    assert fault.kind is kind
    assert fault.finding.name == name
    assert fault.detail == fault.finding.fault.detail
    assert search(Without(name)).fault is None


def test_a_path_of_the_greatest_length_is_followed() -> None:
    result = path_of(MAX_CHAIN)(None)
    assert result.fault is None
    assert len(result.chain) == MAX_CHAIN


def test_a_root_that_is_weakly_signed_is_trusted_all_the_same() -> None:
    root = authority("Weak root", digest="sha1")
    assert find_path(entity(root), Trust((root.certificate,)), NOW).fault is None


def test_an_anchor_obeys_the_rules_of_a_ca() -> None:
    expired = authority("Old root", not_after=NOW - DAY)
    fault = find_path(entity(expired), Trust((expired.certificate,)), NOW).fault
    assert fault is not None
    assert fault.kind is PathFaultKind.CA_EXPIRED


def test_an_end_entity_certificate_in_the_trust_list_is_no_anchor() -> None:
    lonely = entity(Authority("1.1.1.999.12", "leaf", LEAF))
    own = read_certificate(certificate(issuer=ROOT.issuer, subject=lonely.subject))
    self_signed = read_certificate(
        certificate(issuer=type(ROOT.issuer)(own.subject, ROOT.issuer.key), key_name=ROOT.key)
    )
    assert self_signed.self_issued
    fault = find_path(self_signed, Trust((self_signed,)), NOW).fault
    assert fault is not None
    assert fault.kind is PathFaultKind.NOT_A_CA


def test_a_ca_that_is_itself_an_anchor_is_its_own_path() -> None:
    result = find_path(ROOT.certificate, Trust((ROOT.certificate,)), NOW)
    assert result.fault is None
    assert result.chain == (ROOT.certificate,)
    assert result.issuer == ROOT.certificate


def test_the_self_issued_certificates_of_a_ca_do_not_count_for_the_path_length() -> None:
    root = authority("Rolling", path_length=0)
    rolled = authority("Rolling", root, key_name="next key")
    trust = Trust((root.certificate,), (rolled.certificate,))
    assert find_path(entity(rolled), trust, NOW).fault is None


def test_the_right_issuer_is_found_among_others_of_its_name() -> None:
    others = [
        authority("Middle", ROOT, key_name=f"other {number % 3}", serial=number) for number in range(1, 40)
    ]
    candidates = tuple(one.certificate for one in (*others, MIDDLE))
    unmarked = entity(MIDDLE, identifiers=False)
    for leaf in (LEAF, unmarked):
        result = find_path(leaf, Trust((ROOT.certificate,), candidates), NOW)
        assert result.fault is None
        assert result.chain[1] == MIDDLE.certificate


def test_the_fault_told_is_that_of_the_issuer_that_signed() -> None:
    expired = authority("Middle", ROOT, key_name="Middle", not_after=NOW - DAY, serial=5)
    wrong = authority("Middle", ROOT, key_name="another")
    leaf = entity(MIDDLE, identifiers=False)
    for candidates in ((expired, wrong), (wrong, expired)):
        trust = Trust((ROOT.certificate,), tuple(one.certificate for one in candidates))
        fault = find_path(leaf, trust, NOW).fault
        assert fault is not None
        assert fault.kind is PathFaultKind.CA_EXPIRED
        assert fault.certificate == expired.certificate


def test_another_certificate_of_an_expired_ca_saves_the_path() -> None:
    expired = authority("Middle", ROOT, key_name="Middle", not_after=NOW - DAY, serial=5)
    trust = Trust((ROOT.certificate,), (expired.certificate, MIDDLE.certificate))
    assert find_path(LEAF, trust, NOW).fault is None


def test_the_fault_tells_whether_the_peer_supplied_the_issuer() -> None:
    expired = authority("Middle", ROOT, key_name="Middle", not_after=NOW - DAY)
    given = find_path(LEAF, Trust((ROOT.certificate,)), NOW, supplied=[expired.certificate]).fault
    known = find_path(LEAF, Trust((ROOT.certificate,), (expired.certificate,)), NOW).fault
    assert given is not None
    assert known is not None
    assert (given.kind, given.supplied) == (PathFaultKind.CA_EXPIRED, True)
    assert (known.kind, known.supplied) == (PathFaultKind.CA_EXPIRED, False)


def circle(size: int) -> tuple[Certificate, list[Certificate]]:
    """Return a certificate whose issuers certify each other in a ring that leads nowhere."""
    members = [authority(f"Ring {number}", key_name="ring") for number in range(size)]
    ring = [
        authority(one.name, above, key_name="ring").certificate
        for above, one in pairwise([*members, members[0]])
    ]
    return entity(members[0]), ring


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_chain_in_a_circle_ends(size: int) -> None:
    leaf, ring = circle(size)
    fault = find_path(leaf, Trust((ROOT.certificate,), tuple(ring)), NOW).fault
    assert fault is not None
    assert fault.kind is PathFaultKind.UNKNOWN_CA


def test_hundreds_of_intermediates_of_one_name_and_key_are_tried_up_to_a_bound() -> None:
    """Each certifies each: without a bound the search would take longer than the universe has."""
    crowd = [
        authority("Crowd", authority("Crowd", key_name="crowd"), key_name="crowd", serial=number)
        for number in range(1, 300)
    ]
    tried: list[Link] = []

    def counting(link: Link) -> None:
        tried.append(link)

    class Counting(Policy):
        def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
            return (Step("X509.PATH.1", "counting", "", "I", counting), *table.steps)

    trust = Trust((ROOT.certificate,), tuple(one.certificate for one in crowd))
    fault = find_path(entity(crowd[0]), trust, NOW, policy=Counting()).fault
    assert fault is not None
    assert fault.kind is PathFaultKind.TOO_LONG
    assert len(tried) <= 2 * MAX_LINKS


def test_more_supplied_certificates_than_are_read_are_refused() -> None:
    fault = find_path(LEAF, Trust((ROOT.certificate,)), NOW, supplied=[MIDDLE.certificate] * 33).fault
    assert MAX_SUPPLIED == 32
    assert fault is not None
    assert fault.kind is PathFaultKind.TOO_LONG


def test_an_algorithm_that_is_not_supported_is_told_from_a_signature_that_is_wrong() -> None:
    sha256 = core.ObjectIdentifier("1.2.840.10045.4.3.2").dump()
    other = core.ObjectIdentifier("1.2.840.10045.4.3.9").dump()
    leaf = read_certificate(LEAF.octets.replace(sha256, other))
    fault = find_path(leaf, Trust((ROOT.certificate,), (MIDDLE.certificate,)), NOW).fault
    assert fault is not None
    assert fault.kind is PathFaultKind.BAD_SIGNATURE
    assert fault.certificate == leaf
    assert "1.2.840.10045.4.3.9, which is not supported" in fault.detail


def test_a_ca_with_a_key_of_another_kind_is_weak() -> None:
    other = bytes.fromhex("302a300506032b6570032100") + bytes(32)
    middle = authority("Odd", ROOT, spki=other, identifiers=False)
    result = path_below(middle, Without("link-signature"), identifiers=False)
    assert result.fault is not None
    assert result.fault.kind is PathFaultKind.WEAK_ALGORITHM
    assert "1.3.101.112" in result.fault.detail


def test_a_ca_with_a_dsa_key_is_one_of_tls_alone() -> None:
    root = authority("dsa root", key_name="dsa root")
    ca = authority("dsa middle", root, key_name="dsa middle")
    leaf, middle = entity(ca, spki=make_dh_key().spki), ca.certificate
    trust = Trust((root.certificate,), (middle,))
    fault = find_path(leaf, trust, NOW).fault
    assert fault is not None
    assert fault.kind is PathFaultKind.WEAK_ALGORITHM
    assert find_path(leaf, trust, NOW, ca_keys=TLS_CA_KEYS).chain == (leaf, middle, root.certificate)
    assert leaf.key == KeyFacts("dh", 2048)
    assert middle.key == KeyFacts("dsa", 2048)


def test_no_anchor_no_path() -> None:
    fault = find_path(LEAF, Trust(()), NOW, supplied=[MIDDLE.certificate, ROOT.certificate]).fault
    assert fault is not None
    assert fault.kind is PathFaultKind.UNKNOWN_CA
    assert "Root" in fault.detail


def test_the_moment_is_looked_at_anew_for_a_path_that_was_found() -> None:
    trust = Trust((ROOT.certificate,), (MIDDLE.certificate,))
    kinds = []
    for moment in (NOW, NOW + 11 * DAY, NOW, NOW - 11 * DAY):
        fault = find_path(LEAF, trust, moment).fault
        kinds.append(None if fault is None else fault.kind)
    assert kinds == [None, PathFaultKind.CA_EXPIRED, None, PathFaultKind.CA_NOT_YET_VALID]


def test_the_limits_of_validity_are_inclusive() -> None:
    trust = Trust((ROOT.certificate,), (MIDDLE.certificate,))
    assert find_path(LEAF, trust, MIDDLE.certificate.not_after).fault is None
    assert find_path(LEAF, trust, MIDDLE.certificate.not_before).fault is None
    assert find_path(LEAF, trust, MIDDLE.certificate.not_after + 1).fault is not None


def test_revocation_data_are_asked_for_ca_certificates_alone() -> None:
    asked = []

    def data(about: Certificate) -> RevocationData:
        asked.append(about)
        return RevocationData((crl_of(ROOT, about.serial),))

    trust = Trust((ROOT.certificate,), (MIDDLE.certificate,))
    fault = find_path(LEAF, trust, NOW, revocation=data).fault
    assert fault is not None
    assert fault.kind is PathFaultKind.CA_REVOKED
    assert fault.certificate == MIDDLE.certificate
    assert set(asked) == {MIDDLE.certificate}
