"""Reading certificates: what breaks a rule of form is read, and what is no certificate says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import core, pem
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki import issuing
from conform62351.profiles.crypto.signatures import load_private_key
from conform62351.profiles.pki.certificate import (
    MAX_OCTETS,
    Certificate,
    CertificateError,
    issued_by,
    pem_blocks,
    pem_certificates,
    read_certificate,
    signed_by,
)
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.form import FORM, Presented
from conform62351.profiles.pki.keys import SECP256R1, KeyFacts, key_octets
from conform62351.profiles.pki.path import Trust, find_path
from conform62351.profiles.policy import Policy
from conform62351.profiles.tlv_edit import Tree
from conform62351.suites.selfcheck import pki_samples
from conform62351.suites.selfcheck.pki_samples import (
    NOW,
    SERIAL,
    authority,
    certificate,
    key,
    mutated,
    spki,
)

ROOT = authority("Reading root")
GOOD = certificate(issuer=ROOT.issuer)
OTHER_NAME = authority("Another name", key_name=ROOT.key)


def made(**changes: Any) -> Certificate:
    return read_certificate(certificate(issuer=ROOT.issuer, **changes))


def edited(path: str, octets: bytes) -> bytes:
    """Return the good certificate with other octets at ``path``."""
    return Tree(GOOD).replace(path, octets).encode()


def test_a_good_certificate_is_read_as_it_was_made() -> None:
    read = read_certificate(GOOD)
    assert (read.octets, read.version, read.serial) == (GOOD, 3, SERIAL)
    assert read.tbs in GOOD
    assert read.subject_text == "objectIdentifier=1.1.1.999.12"
    assert read.issuer == ROOT.certificate.subject
    assert read.issuer_text == "CN=Reading root"
    assert (read.not_before, read.not_after) == (NOW - 864_000, NOW + 864_000)
    assert read.key == KeyFacts("ec", 256, SECP256R1)
    assert read.spki == spki(key("leaf"))
    assert read.title is not None
    assert (read.title.value, read.title.form, read.title.dotted) == (
        "1.1.1.999.12",
        "OBJECT IDENTIFIER",
        True,
    )
    assert read.deviations == ()


def test_certificates_are_equal_when_their_octets_are() -> None:
    big = made(more=[issuing.opaque("1.3.6.1.4.1.32473.2", bytes(20_000), critical=False)])
    again = read_certificate(bytes(bytearray(big.octets)))
    assert again is not big
    assert again == big
    assert {again: 1}[big] == 1
    assert big != read_certificate(GOOD)
    assert read_certificate(bytes(bytearray(GOOD))) is read_certificate(GOOD)


@pytest.mark.parametrize(
    ("changes", "attribute", "value"),
    [
        ({"version": "v1"}, "version", 1),
        ({"version": "v2"}, "version", 2),
        ({"serial": -(2**126)}, "serial", -(2**126)),
        ({"serial": 0}, "serial", 0),
        ({"unique_ids": True}, "issuer_unique_id", b"\0" + bytes(range(8))),
        ({"unique_ids": True}, "subject_unique_id", b"\0" + bytes(range(16))),
        ({"digest": "sha1"}, "outer_algorithm", "1.2.840.10045.4.1"),
        ({"inner_digest": "sha512"}, "inner_algorithm", "1.2.840.10045.4.3.4"),
        ({"inner_digest": "sha512"}, "algorithms_equal", False),
        ({"usage": ()}, "key_usage", None),
        (
            {"usage": ("digital_signature", "decipher_only")},
            "key_usage",
            {"digitalSignature", "decipherOnly"},
        ),
        ({"ca": True, "path_length": 3}, "ca", True),
        ({"ocsp_url": "http://o.invalid"}, "ocsp_urls", ("http://o.invalid",)),
        ({"crl_url": None}, "crl_urls", ()),
        ({"identifiers": False}, "authority_key_identifier", None),
        ({"not_after": 4_102_444_800.0 * 2}, "not_after", 4_102_444_800.0 * 2),
    ],
)
def test_what_breaks_a_rule_is_read_for_what_it_says(
    changes: dict[str, Any], attribute: str, value: object
) -> None:
    assert getattr(made(**changes), attribute) == value


def test_keys_of_every_kind_are_described() -> None:
    dh = bytes.fromhex("3019301106072a8648ce3e02013006020117020102030400020105")
    assert made(spki=dh).key == KeyFacts("dh", 5)
    assert made(spki=bytes.fromhex("300a300506032b6570030100")).key == KeyFacts("1.3.101.112", 0)
    explicit = bytes.fromhex("3013300b06072a8648ce3d02013000030400040102")
    assert made(spki=explicit).key == KeyFacts("ec", 0, None)
    assert str(made(spki=explicit).key) == "curve spelled out"
    assert str(made(spki=spki(key("rsa any"))).key) == "RSA 2048"


@pytest.mark.parametrize(
    ("modulus", "what"), [("0200", "positive"), ("0201ff", "positive"), ("020100", "zero")]
)
def test_a_modulus_that_is_no_positive_number_is_no_key(modulus: str, what: str) -> None:
    numbers = bytes.fromhex(modulus + "020103")
    body = b"\0\x30" + bytes([len(numbers)]) + numbers
    key_part = bytes.fromhex("300d06092a864886f70d0101010500") + b"\x03" + bytes([len(body)]) + body
    with pytest.raises(CertificateError, match=what):
        made(spki=b"\x30" + bytes([len(key_part)]) + key_part)


def test_the_octets_that_ocsp_hashes_are_those_of_the_key_alone() -> None:
    read = read_certificate(GOOD)
    assert key_octets(read.spki) == read.spki[-65:]


def test_issuing_takes_the_name_and_the_signature() -> None:
    read = read_certificate(GOOD)
    assert issued_by(read, ROOT.certificate)
    assert signed_by(read, OTHER_NAME.certificate)
    assert not issued_by(read, OTHER_NAME.certificate)
    assert not issued_by(read, authority("Reading root", key_name="other").certificate)
    assert not issued_by(read, read)


def test_a_key_that_cannot_be_used_verifies_nothing() -> None:
    unusable = made(spki=bytes.fromhex("300a300506032b6570030100"), subject=ROOT.certificate.subject)
    assert not issued_by(read_certificate(GOOD), unusable)


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "ends within"),
        (GOOD[:-1], "announced"),
        (GOOD + b"\0", "1 octets after the end"),
        (b"\x31" + GOOD[1:], "begins with 31"),
        (edited("30/03", b"\x03\x02\x04\xf0"), "whole octets"),
        (edited("30/30/02", b"\x02\x00"), "an integer of 0 octets"),
        (edited("30/30/02", b"\x02\x81\x81" + bytes([1] * 129)), "an integer of 129 octets"),
        (edited("30/30/02", b"\x0c\x00"), "0C where serialNumber should be"),
        (edited("30/30/30[2]", b"\x30\x00"), "notBefore is missing"),
        (edited("30/30/30[2]/17", b"\x17\x0d991332000000Z"), "is no time"),
        (edited("30/30/30[2]/17", b"\x17\x0d990101000060Z"), "is no time"),
        (edited("30/30/30[2]/17", b"\x18\x0f00000101000000Z"), "is no time"),
        (edited("30/30/30[3]/31", b"\x31\x00"), "RDN"),
        (edited("30/30/30[3]/31/30/06", b"\x06\x01\x80"), "OBJECT IDENTIFIER"),
        (edited("30/30/30[4]/30/06", b"\x06\x81\x81" + b"\x01" * 129), "OBJECT IDENTIFIER"),
        (edited("30/30/a3/30/30", b"\x30\x05\x06\x03\x2a\x03\x04"), "extnValue is missing"),
        (Tree(GOOD).double("30/30/a3/30/30").encode(), "twice"),
        (Tree(GOOD).append("30/30", b"\x05\x00").encode(), "unexpected component 05"),
        (bytes(MAX_OCTETS + 1), "more than 1048576"),
        (b"\x30\x80" * 40 + b"\0\0" * 40, "nested deeper"),
    ],
)
def test_what_is_no_certificate_says_why(octets: bytes, message: str) -> None:
    with pytest.raises(CertificateError, match=message) as caught:
        read_certificate(octets)
    assert caught.value.layer == "X509"


@pytest.mark.parametrize(
    ("oid", "content", "message"),
    [
        ("2.5.29.15", "0500", "keyUsage begins with 05"),
        ("2.5.29.15", "03020800", "not a BIT STRING"),
        ("2.5.29.19", "300602010102017f", "unexpected component"),
        ("2.5.29.19", "30030201ff", "a path length of -1"),
        ("2.5.29.31", "30020500", "a point that is no SEQUENCE"),
        ("2.5.29.31", "300d300ba009a0078605ff2f2f2f2f", "not ASCII"),
        ("1.3.6.1.5.5.7.1.1", "30023000", "accessMethod is missing"),
        ("2.5.29.35", "3080", "announced|ends within"),
    ],
)
def test_an_extension_that_does_not_decode_says_so(oid: str, content: str, message: str) -> None:
    value = bytes.fromhex(content)
    name = core.ObjectIdentifier(oid).dump()
    whole = name + bytes([4, len(value)]) + value
    octets = edited("30/30/a3/30", b"\x30" + bytes([len(whole) + 2]) + b"\x30" + bytes([len(whole)]) + whole)
    with pytest.raises(CertificateError, match=message):
        read_certificate(octets)


@pytest.mark.parametrize(
    ("path", "octets", "moment"),
    [
        ("30/30/30[2]/17", b"\x17\x0b2601020304Z", "2026-01-02T03:04:00"),
        ("30/30/30[2]/17", b"\x17\x11260102030405+0130", "2026-01-02T01:34:05"),
        ("30/30/30[2]/17", b"\x17\x11260102030405-0130", "2026-01-02T04:34:05"),
        ("30/30/30[2]/17", b"\x18\x1320260102030405.123Z", "2026-01-02T03:04:05"),
        ("30/30/30[2]/17", b"\x18\x0a2026010203", "2026-01-02T03:00:00"),
        ("30/30/30[2]/17", b"\x17\x0d500102030405Z", "1950-01-02T03:04:05"),
    ],
)
def test_times_of_other_forms_are_read_and_reported(path: str, octets: bytes, moment: str) -> None:
    read = read_certificate(edited(path, octets))
    assert datetime.fromtimestamp(read.not_before, UTC).isoformat() == moment + "+00:00"
    assert bool(read.deviations) is (octets[1] != 0x0D)


def test_what_is_not_der_is_read_and_reported() -> None:
    loose = Tree(GOOD).set_indefinite("30/30").encode()
    read = read_certificate(loose)
    assert read.serial == SERIAL
    assert "indefinite" in read.deviations[0]
    assert not issued_by(read, ROOT.certificate)


def test_a_certificate_of_a_megabyte_is_read_and_a_crowd_of_values_is_not() -> None:
    padding = issuing.opaque("1.3.6.1.4.1.32473.2", bytes(MAX_OCTETS - 2000), critical=False)
    octets = certificate(issuer=ROOT.issuer, more=[padding])
    crowded = b"\x30\x84" + (900_000).to_bytes(4, "big") + b"\x05\x00" * 450_000
    assert len(read_certificate(octets).octets) > 1_000_000
    with pytest.raises(CertificateError, match="more than 5000 TLVs"):
        read_certificate(crowded)


def test_pem_gives_all_certificates_of_a_file_and_nothing_else() -> None:
    text = b"Some words\n" + pem.armor("CERTIFICATE", GOOD) + pki_samples.pem(key("leaf"))
    text += pem.armor("CERTIFICATE", ROOT.certificate.octets).replace(b"\n", b"\r\n")
    assert pem_certificates(text) == (GOOD, ROOT.certificate.octets)
    assert pem_certificates(text.decode()) == (GOOD, ROOT.certificate.octets)
    assert pem_certificates(b"") == ()
    assert len(pem_blocks(text, "PRIVATE KEY")) == 1


@pytest.mark.parametrize(
    "body", ["MII\n-----END CERTIFICATE-----", "@@@@\n-----END CERTIFICATE-----", "MIIB\n"]
)
def test_pem_that_cannot_be_read_says_so(body: str) -> None:
    with pytest.raises(CertificateError, match="PEM block CERTIFICATE"):
        pem_certificates("-----BEGIN CERTIFICATE-----\n" + body)


def test_a_credential_knows_whether_its_key_fits() -> None:
    own = load_private_key(pki_samples.pem(key("leaf")))
    other = load_private_key(pki_samples.pem(key("other")))
    assert Credential(read_certificate(GOOD), own).fits
    assert not Credential(read_certificate(GOOD), other).fits
    assert not Credential(read_certificate(GOOD), None).fits


RSA_GOOD = certificate(issuer=ROOT.issuer, spki=spki(key("rsa any")), ocsp_url="http://o.invalid")


@settings(max_examples=150, deadline=None)
@given(mutated(GOOD) | mutated(RSA_GOOD) | mutated(ROOT.certificate.octets) | st.binary(max_size=120))
@example(b"\x30\x00")
def test_any_octets_are_a_certificate_or_a_typed_error(octets: bytes) -> None:
    """What is read can be printed, judged and looked for a path for, whatever it says."""
    try:
        read = read_certificate(octets)
    except CertificateError:
        return
    assert str(read)
    assert read.subject_text.isprintable()
    assert read.issuer_text.isprintable()
    FORM.findings(Presented(read), Policy())
    result = find_path(read, Trust((ROOT.certificate,), (read,)), NOW, supplied=[read])
    assert result.fault is not None or signed_by(read, ROOT.certificate)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_pem_or_a_typed_error(text: str | bytes) -> None:
    framed = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
    for one in (text, framed.format(text) if isinstance(text, str) else framed.encode() + text):
        try:
            assert all(isinstance(octets, bytes) for octets in pem_certificates(one))
        except CertificateError as error:
            assert "PEM" in error.message  # noqa: PT017 - either outcome is good
