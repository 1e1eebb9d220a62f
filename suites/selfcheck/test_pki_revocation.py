"""Revocation by lists and OCSP responses: good, revoked, outdated, forged, out of scope (decision 39)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import core, keys
from asn1crypto.x509 import ExtKeyUsageSyntax
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki import issuing
from conform62351.fixtures.pki.naming import common_name
from conform62351.profiles.pki.certificate import Certificate, read_certificate
from conform62351.profiles.pki.crl import RevocationError, read_crl
from conform62351.profiles.pki.ocsp import read_ocsp
from conform62351.profiles.pki.revocation import (
    CRL_EXPIRED_EVENT,
    NO_CRL_EVENT,
    OCSP_EXPIRED_EVENT,
    RevocationData,
    RevocationState,
    RevocationStatus,
    revocation_status,
)
from conform62351.suites.selfcheck.pki_samples import (
    DAY,
    NOW,
    SERIAL,
    Authority,
    authority,
    crl_of,
    entity,
    key,
    mutated,
    ocsp_of,
)

ROOT = authority("Revoking root")
LEAF = entity(ROOT)
MIDDLE = authority("Revocable CA", ROOT)
FORGER = Authority(ROOT.name, "forger", ROOT.certificate)
HERE = datetime.fromtimestamp(NOW, UTC)
GOOD, REVOKED, NO_DATA = RevocationState.GOOD, RevocationState.REVOKED, RevocationState.NO_DATA


def status(*lists: bytes, ocsp: Sequence[bytes] = (), about: Certificate = LEAF) -> RevocationStatus:
    return revocation_status(about, ROOT.certificate, RevocationData(lists, tuple(ocsp)), NOW)


def events(found: RevocationStatus) -> list[str | None]:
    return [remark.event for remark in found.remarks]


def test_a_list_tells_who_is_revoked_and_when() -> None:
    assert status(crl_of(ROOT, 1, 2)) == RevocationStatus(GOOD, "crl")
    assert status(crl_of(ROOT, 1, SERIAL)) == RevocationStatus(REVOKED, "crl", revoked_at=NOW - DAY)


def test_without_data_the_certificate_is_not_known_to_be_revoked() -> None:
    for found in (status(), status(crl_of(authority("Somebody else"), SERIAL))):
        assert found.state is NO_DATA
        assert found.source is None
        assert events(found) == [NO_CRL_EVENT]


def test_a_list_past_its_next_update_is_used_with_a_warning() -> None:
    for serials, state in (((), GOOD), ((SERIAL,), REVOKED)):
        found = status(crl_of(ROOT, *serials, days=(-9, -1)))
        assert (found.state, found.outdated) == (state, True)
        assert events(found) == [CRL_EXPIRED_EVENT]


def test_the_newest_list_of_an_issuer_counts() -> None:
    old, new = crl_of(ROOT, SERIAL, days=(-9, 9)), crl_of(ROOT, days=(-1, 9))
    assert status(old, new).state is status(new, old).state is GOOD
    old, new = crl_of(ROOT, days=(-9, 9)), crl_of(ROOT, SERIAL, days=(-1, 9))
    assert status(old, new).state is status(new, old).state is REVOKED


def test_a_list_with_a_bad_signature_is_used_and_reported() -> None:
    for serials, state in (((), GOOD), ((SERIAL,), REVOKED)):
        found = status(crl_of(FORGER, *serials))
        assert found.state is state
        assert [remark.text for remark in found.remarks] == [
            "the signature of the CRL of CN=Revoking root does not verify"
        ]


def test_a_list_that_the_issuer_signed_is_preferred_to_one_of_its_name() -> None:
    newer = crl_of(FORGER, SERIAL, days=(0, 9))
    assert status(newer, crl_of(ROOT)) == RevocationStatus(GOOD, "crl")


def test_without_the_issuer_a_list_is_trusted_as_configured() -> None:
    found = revocation_status(LEAF, None, RevocationData((crl_of(FORGER, SERIAL),)), NOW)
    assert (found.state, found.remarks) == (REVOKED, ())


def test_a_list_by_a_ca_that_may_not_sign_lists_is_used_and_reported() -> None:
    unfit = authority("Unfit", usage=("key_cert_sign",))
    data = RevocationData((crl_of(unfit, SERIAL),))
    found = revocation_status(entity(unfit), unfit.certificate, data, NOW)
    assert found.state is REVOKED
    assert "keyUsage" in str(found.remarks[0])


def test_data_that_do_not_decode_are_left_out_with_a_remark() -> None:
    found = status(b"\x30\x03\x02\x01", crl_of(ROOT), ocsp=[b"", ocsp_of(ROOT, SERIAL)])
    assert found.state is GOOD
    assert len(found.remarks) == 2
    assert "left out" in str(found.remarks[0])


def made_crl(
    *revoked: x509.RevokedCertificate,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    above: Authority = ROOT,
) -> bytes:
    builder = x509.CertificateRevocationListBuilder(
        x509.load_der_x509_certificate(above.certificate.octets).subject,
        HERE - timedelta(days=1),
        HERE + timedelta(days=1),
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    for one in revoked:
        builder = builder.add_revoked_certificate(one)
    return builder.sign(key(above.key), hashes.SHA256()).public_bytes(Encoding.DER)


def entry(serial: int, *extensions: tuple[x509.ExtensionType, bool]) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(serial, HERE)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.build()


def scope(
    *,
    users: bool = False,
    authorities: bool = False,
    indirect: bool = False,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    url: str | None = None,
) -> tuple[x509.ExtensionType, bool]:
    point = x509.IssuingDistributionPoint(
        full_name=None if url is None else [x509.UniformResourceIdentifier(url)],
        relative_name=None,
        only_contains_user_certs=users,
        only_contains_ca_certs=authorities,
        only_some_reasons=reasons,
        indirect_crl=indirect,
        only_contains_attribute_certs=False,
    )
    return point, True


def test_entries_with_reasons_are_read() -> None:
    hold = entry(SERIAL, (x509.CRLReason(x509.ReasonFlags.certificate_hold), False))
    removed = entry(SERIAL, (x509.CRLReason(x509.ReasonFlags.remove_from_crl), False))
    assert status(made_crl(hold)).state is REVOKED
    assert status(made_crl(removed)).state is GOOD


def test_a_list_about_other_kinds_of_certificates_says_nothing() -> None:
    users = made_crl(extensions=[scope(users=True)])
    authorities = made_crl(extensions=[scope(authorities=True)])
    assert status(users).state is GOOD
    assert status(users, about=MIDDLE.certificate).state is NO_DATA
    assert status(authorities).state is NO_DATA
    assert status(authorities, about=MIDDLE.certificate).state is GOOD


@pytest.mark.parametrize(
    "extension",
    [
        (x509.DeltaCRLIndicator(1), True),
        scope(reasons=frozenset([x509.ReasonFlags.key_compromise])),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"), b"\x05\x00"), True),
    ],
    ids=["delta", "some reasons", "unknown critical extension"],
)
def test_a_list_that_is_not_whole_revokes_but_proves_nobody_good(
    extension: tuple[x509.ExtensionType, bool],
) -> None:
    partial = made_crl(entry(SERIAL), extensions=[extension])
    assert status(partial).state is REVOKED
    assert status(partial, crl_of(ROOT)).state is REVOKED
    found = status(made_crl(entry(5), extensions=[extension]))
    assert found.state is NO_DATA
    assert "partial" in str(found.remarks[0])


def test_an_indirect_list_revokes_certificates_of_others() -> None:
    other = authority("Client of the list")
    name = x509.load_der_x509_certificate(other.certificate.octets).subject
    theirs = (x509.CertificateIssuer([x509.DirectoryName(name)]), True)
    indirect = made_crl(entry(5), entry(6, theirs), entry(7), extensions=[scope(indirect=True)])
    for serial, own, state in ((5, True, REVOKED), (6, False, REVOKED), (7, False, REVOKED), (7, True, GOOD)):
        issuer = ROOT if own else other
        leaf = entity(issuer, serial=serial)
        data = RevocationData((indirect,))
        assert revocation_status(leaf, issuer.certificate, data, NOW).state is state


def test_a_list_of_another_issuer_revokes_beside_the_own() -> None:
    keeper = authority("Keeper")
    name = x509.load_der_x509_certificate(ROOT.certificate.octets).subject
    theirs = (x509.CertificateIssuer([x509.DirectoryName(name)]), True)
    indirect = made_crl(entry(SERIAL, theirs), extensions=[scope(indirect=True)], above=keeper)
    newer = crl_of(ROOT, days=(0, 9))
    assert status(newer, indirect).state is status(indirect, newer).state is REVOKED
    assert status(newer, made_crl(entry(5, theirs), extensions=[scope(indirect=True)])).state is GOOD


def test_the_list_of_a_distribution_point_is_for_those_who_name_it() -> None:
    own = made_crl(extensions=[scope(url="http://crl.invalid/ca")])
    other = made_crl(extensions=[scope(url="http://crl.invalid/other")])
    assert status(own).state is GOOD
    assert status(other).state is NO_DATA
    assert status(own, other).state is status(other, own).state is GOOD
    revoking = made_crl(entry(SERIAL), extensions=[scope(url="http://crl.invalid/other")])
    assert status(own, revoking).state is status(revoking).state is REVOKED


def test_ocsp_tells_good_and_revoked() -> None:
    assert status(ocsp=[ocsp_of(ROOT, SERIAL)]) == RevocationStatus(GOOD, "ocsp")
    found = status(ocsp=[ocsp_of(ROOT, SERIAL, revoked=True)])
    assert found == RevocationStatus(REVOKED, "ocsp", revoked_at=NOW - DAY)


def test_either_source_revokes() -> None:
    both = (crl_of(ROOT, SERIAL), ocsp_of(ROOT, SERIAL))
    assert status(both[0], ocsp=[both[1]]).source == "crl"
    found = status(crl_of(ROOT), ocsp=[ocsp_of(ROOT, SERIAL, revoked=True)])
    assert (found.state, found.source) == (REVOKED, "ocsp")


def test_an_ocsp_response_past_its_next_update_is_used_with_a_warning() -> None:
    found = status(ocsp=[ocsp_of(ROOT, SERIAL, days=(-9, -1))])
    assert (found.state, found.outdated) == (GOOD, True)
    assert events(found) == [OCSP_EXPIRED_EVENT]


def test_an_ocsp_response_about_another_certificate_says_nothing() -> None:
    assert status(ocsp=[ocsp_of(ROOT, 5, revoked=True)]).state is NO_DATA
    assert status(ocsp=[ocsp_of(authority("Other CA"), SERIAL, revoked=True)]).state is NO_DATA


def test_an_ocsp_response_that_the_ca_did_not_sign_counts_for_nothing() -> None:
    stranger = ocsp_of(authority("Revoking root", key_name="stranger"), SERIAL, revoked=True)
    assert status(ocsp=[stranger]).state is NO_DATA
    found = status(ocsp=[broken(ocsp_of(ROOT, SERIAL, revoked=True))])
    assert found.state is NO_DATA
    assert "does not verify" in str(found.remarks[0])


def broken(response: bytes) -> bytes:
    """Return the response with the last bit of its signature altered."""
    signature = read_ocsp(response).signature
    return response.replace(signature, signature[:-1] + bytes([signature[-1] ^ 1]))


def delegated(responder: bytes, key_name: str, *, by_key: bool, unknown: bool = False) -> bytes:
    """Return a response that the owner of ``responder`` signed, with that certificate in it."""
    certificate = x509.load_der_x509_certificate(responder)
    encoding = ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME
    state = ocsp.OCSPCertStatus.UNKNOWN if unknown else ocsp.OCSPCertStatus.REVOKED
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            x509.load_der_x509_certificate(LEAF.octets),
            x509.load_der_x509_certificate(ROOT.certificate.octets),
            hashes.SHA256(),
            state,
            HERE,
            HERE + timedelta(days=1),
            None if unknown else HERE - timedelta(days=3),
            None,
        )
        .responder_id(encoding, certificate)
        .certificates([certificate])
    )
    return builder.sign(key(key_name), hashes.SHA256()).public_bytes(Encoding.DER)


def responder(above: Authority = ROOT, *, named: bool = True, **changes: object) -> bytes:
    purposes = [issuing.extension("extended_key_usage", ExtKeyUsageSyntax(["ocsp_signing"]))] if named else []
    return entity(
        above, subject=common_name("Responder"), key_name="responder", serial=900, more=purposes, **changes
    ).octets


def test_an_ocsp_response_of_tomorrow_is_used_and_reported() -> None:
    found = status(ocsp=[ocsp_of(ROOT, SERIAL, days=(1, 2))])
    assert found.state is GOOD
    assert "in the future" in str(found.remarks[0])


def test_a_response_by_an_unknown_hash_or_to_a_key_beyond_measure_says_nothing() -> None:
    sha256, sha1 = (core.ObjectIdentifier(oid).dump() for oid in ("2.16.840.1.101.3.4.2.1", "1.3.14.3.2.26"))
    unknown = ocsp_of(ROOT, SERIAL, revoked=True).replace(sha256, sha256[:-1] + b"\x63")
    assert status(ocsp=[unknown.replace(sha1, sha1[:-1] + b"\x63")]).state is NO_DATA
    public = keys.PublicKeyInfo.load(LEAF.spki)
    public["public_key"] = keys.ECPointBitString(b"\4" + bytes(70_000))
    vast = entity(ROOT, subject=ROOT.certificate.subject, spki=public.dump())
    data = RevocationData(ocsp=(ocsp_of(ROOT, SERIAL, revoked=True),))
    assert revocation_status(LEAF, vast, data, NOW).state is NO_DATA


@pytest.mark.parametrize("by_key", [False, True])
def test_a_responder_that_the_ca_named_counts(by_key: bool) -> None:
    found = status(ocsp=[delegated(responder(), "responder", by_key=by_key)])
    assert found == RevocationStatus(REVOKED, "ocsp", revoked_at=NOW - 3 * DAY)


REFUSED_RESPONDERS = {
    "is not for signing": lambda: delegated(responder(named=False), "responder", by_key=False),
    "not issued by the CA itself": lambda: delegated(responder(MIDDLE), "responder", by_key=False),
    "not valid now": lambda: delegated(responder(not_after=NOW - DAY), "responder", by_key=True),
    "with the responder's key": lambda: broken(delegated(responder(), "responder", by_key=True)),
}


@pytest.mark.parametrize("why", REFUSED_RESPONDERS)
def test_a_responder_that_the_ca_did_not_name_counts_for_nothing(why: str) -> None:
    found = status(ocsp=[REFUSED_RESPONDERS[why]()])
    assert found.state is NO_DATA
    assert why in str(found.remarks[0])


def test_a_responder_that_does_not_know_the_certificate_proves_nothing() -> None:
    found = status(ocsp=[delegated(responder(), "responder", by_key=True, unknown=True)])
    assert found.state is NO_DATA
    assert "does not know" in str(found.remarks[0])


@pytest.mark.parametrize("number", [1, 2, 3, 5, 6])
def test_a_response_that_only_refuses_says_why(number: int) -> None:
    with pytest.raises(RevocationError, match="the responder answers"):
        read_ocsp(bytes([0x30, 3, 0x0A, 1, number]))


CRL = crl_of(ROOT, 1, 2, SERIAL)
OCSP = ocsp_of(ROOT, SERIAL, revoked=True)


@settings(max_examples=100, deadline=None)
@given(mutated(CRL) | st.binary(max_size=200))
@example(b"")
def test_any_octets_are_a_list_or_a_typed_error(octets: bytes) -> None:
    try:
        read_crl(octets)
    except RevocationError:
        return
    assert isinstance(status(octets), RevocationStatus)


@settings(max_examples=100, deadline=None)
@given(mutated(OCSP) | mutated(delegated(responder(), "responder", by_key=True)) | st.binary(max_size=200))
def test_any_octets_are_a_response_or_a_typed_error(octets: bytes) -> None:
    try:
        read_ocsp(octets)
    except RevocationError:
        return
    found = status(ocsp=[octets])
    assert found.state is not GOOD


def test_a_list_of_many_entries_is_read_and_one_beyond_all_measure_refused() -> None:
    many = crl_of(ROOT, *range(1, 20_000), SERIAL)
    assert status(many).state is REVOKED
    with pytest.raises(RevocationError, match="longer than"):
        read_crl(bytes(9_000_000))


def test_a_certificate_that_is_read_again_has_the_same_status() -> None:
    again = read_certificate(bytes(bytearray(LEAF.octets)))
    assert status(crl_of(ROOT, SERIAL), about=again).state is REVOKED
