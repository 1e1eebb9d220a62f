"""Static Diffie-Hellman keys: both forms, against OpenSSL, and with octets and numbers that are none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import pem
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.domains import FFDHE_2048, domain, make_dh_key
from conform62351.profiles.crypto.signatures import SignatureError, check_public_key, load_private_key
from conform62351.profiles.pki.dh_keys import (
    IDENTIFIERS,
    PKCS_3,
    X9_42,
    DhKeyError,
    DhPrivateKey,
    DhPublicKey,
    check_public_value,
    dh_private_key,
    exponent_bits,
    is_dh,
    read_dh_private,
    read_dh_public,
    write_dh_private,
    write_dh_public,
)
from conform62351.suites.selfcheck.pki_samples import key, mutated, spki

FORMS = (X9_42, PKCS_3)
KEYS = {form: make_dh_key(form) for form in FORMS}
GROUP = domain(FFDHE_2048)


def openssl(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_read_as_it_was_written(form: str) -> None:
    private = KEYS[form]
    assert read_dh_public(write_dh_public(private.public)) == private.public
    assert read_dh_private(write_dh_private(private)) == private
    assert private.spki == private.public.spki == write_dh_public(private.public)
    assert (private.public.q is None) == (form == PKCS_3)
    assert private.public.bits == 2048


@pytest.mark.parametrize(
    ("size", "bits"),
    [(512, 225), (2048, 225), (2049, 275), (3072, 275), (4096, 325), (6144, 375), (8192, 400), (9000, 400)],
)
def test_private_values_are_as_long_as_their_prime_deserves(size: int, bits: int) -> None:
    assert exponent_bits((1 << size) - 1) == bits


def test_private_values_are_shorter_than_short_primes() -> None:
    assert [exponent_bits(p) for p in (0, 1, 23, (1 << 200) - 1)] == [1, 1, 4, 199]


@pytest.mark.parametrize("form", FORMS)
def test_keys_that_are_made_have_short_private_values(form: str) -> None:
    assert {make_dh_key(form).x.bit_length() for _ in range(8)} == {225}


@pytest.mark.parametrize("form", FORMS)
def test_openssl_reads_our_keys_and_agrees_on_the_same_value(form: str, tmp_path: Path) -> None:
    ours, other = KEYS[form], make_dh_key(form)
    (tmp_path / "ours.pem").write_bytes(pem.armor("PRIVATE KEY", write_dh_private(ours)))
    (tmp_path / "other.pem").write_bytes(pem.armor("PUBLIC KEY", write_dh_public(other.public)))
    public = openssl(tmp_path, "pkey", "-in", "ours.pem", "-pubout", "-outform", "DER")
    assert read_dh_public(public).same_value(ours.public)
    derived = openssl(tmp_path, "pkeyutl", "-derive", "-inkey", "ours.pem", "-peerkey", "other.pem")
    assert int.from_bytes(derived, "big") == ours.shared_value(other.public.y)
    assert ours.shared_value(other.public.y) == other.shared_value(ours.public.y)


@pytest.mark.parametrize(
    ("form", "algorithm", "option"),
    [(PKCS_3, "DH", "group:ffdhe2048"), (X9_42, "DHX", "dh_rfc5114:3"), (X9_42, "DHX", "dh_rfc5114:1")],
)
def test_keys_of_openssl_are_read(form: str, algorithm: str, option: str, tmp_path: Path) -> None:
    text = openssl(tmp_path, "genpkey", "-algorithm", algorithm, "-pkeyopt", option)
    (tmp_path / "key.pem").write_bytes(text)
    private = read_dh_private(pem.unarmor(text)[2])
    public = openssl(tmp_path, "pkey", "-in", "key.pem", "-pubout", "-outform", "DER")
    assert read_dh_public(public).same_value(private.public)
    assert private.public.form == form
    assert is_dh(public)
    assert is_dh(pem.unarmor(text)[2])


def test_asn1crypto_reads_the_same_algorithm() -> None:
    info = asn1_keys.PublicKeyInfo.load(write_dh_public(KEYS[X9_42].public), strict=True)
    assert info["algorithm"]["algorithm"].dotted == IDENTIFIERS[X9_42]


def test_a_private_key_is_not_printed() -> None:
    assert str(KEYS[X9_42].x) not in repr(KEYS[X9_42])


@pytest.mark.parametrize("y", [-1, 0, 1, GROUP.p - 1, GROUP.p, GROUP.p + 2])
def test_public_values_that_give_the_secret_away_are_refused(y: int) -> None:
    with pytest.raises(DhKeyError, match="public value"):
        check_public_value(y, GROUP.p)
    with pytest.raises(DhKeyError, match="public value"):
        KEYS[X9_42].shared_value(y)
    with pytest.raises(DhKeyError, match="public value"):
        DhPublicKey(GROUP.p, GROUP.g, GROUP.q, y)


@pytest.mark.parametrize("y", [2, GROUP.p - 2])
def test_public_values_at_the_bounds_are_taken(y: int) -> None:
    check_public_value(y, GROUP.p)
    assert DhPublicKey(GROUP.p, GROUP.g, GROUP.q, y).y == y


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"form": "dh"}, "no form"),
        ({"p": 1 << 511, "q": 3}, "prime"),
        ({"p": (1 << 510) + 1, "q": 3}, "prime of 511 bits"),
        ({"p": (1 << 8192) + 1}, "prime of 8193 bits"),
        ({"g": 1}, "generator"),
        ({"g": GROUP.p - 1}, "generator"),
        ({"q": None}, "without the order"),
        ({"q": 1}, "order"),
        ({"q": GROUP.p}, "order"),
    ],
)
def test_numbers_that_no_key_has_are_refused(changes: dict[str, int], reason: str) -> None:
    members = {"p": GROUP.p, "g": GROUP.g, "q": GROUP.q, "y": 5, **changes}
    with pytest.raises(DhKeyError, match=reason):
        DhPublicKey(**members)  # type: ignore[arg-type]


@pytest.mark.parametrize("x", [0, GROUP.p - 1, GROUP.p])
def test_private_values_out_of_range_are_refused(x: int) -> None:
    with pytest.raises(DhKeyError, match="private value"):
        dh_private_key(GROUP.p, GROUP.g, GROUP.q, x)
    with pytest.raises(DhKeyError, match="private value"):
        DhPrivateKey(KEYS[X9_42].public, x)


def test_a_prime_that_is_too_large_is_refused_before_any_arithmetic() -> None:
    with pytest.raises(DhKeyError, match="prime of 40000 bits"):
        dh_private_key((1 << 39_999) + 1, 2, None, (1 << 39_000) + 1, PKCS_3)


def test_other_keys_and_damaged_ones_are_refused() -> None:
    octets = write_dh_public(KEYS[X9_42].public)
    for bad in (b"", b"\x30", octets[:-1], octets + b"\0", spki(key("rsa other")), b"\x30" * 9000):
        with pytest.raises(DhKeyError):
            read_dh_public(bad)
        with pytest.raises(DhKeyError):
            read_dh_private(bad)
    assert not is_dh(spki(key("rsa other")))
    assert not is_dh(b"\x30\0")
    assert not is_dh(b"\x30\x02\x30\0")


@pytest.mark.parametrize("form", FORMS)
def test_who_signs_and_verifies_says_that_such_a_key_cannot(form: str) -> None:
    with pytest.raises(SignatureError, match="Diffie-Hellman"):
        check_public_key(write_dh_public(KEYS[form].public))
    with pytest.raises(SignatureError, match="Diffie-Hellman"):
        load_private_key(pem.armor("PRIVATE KEY", write_dh_private(KEYS[form])))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_altered_octets_give_a_key_or_the_error(data: st.DataObject) -> None:
    private = KEYS[data.draw(st.sampled_from(FORMS))]
    for octets, read in (
        (write_dh_public(private.public), read_dh_public),
        (write_dh_private(private), read_dh_private),
    ):
        altered = data.draw(mutated(octets))
        is_dh(altered)
        try:
            read(altered)
        except DhKeyError:
            continue


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_give_a_key_or_the_error(octets: bytes) -> None:
    assert not is_dh(octets) or octets[0] == 0x30
    for read in (read_dh_public, read_dh_private):
        with pytest.raises(DhKeyError):
            read(octets)


@settings(max_examples=60, deadline=None)
@given(x=st.integers(1, (1 << 300)), form=st.sampled_from(FORMS))
def test_every_key_comes_back_from_its_octets(x: int, form: str) -> None:
    try:
        private = dh_private_key(GROUP.p, GROUP.g, GROUP.q if form == X9_42 else None, x, form)
    except DhKeyError:
        assert pow(GROUP.g, x, GROUP.p) in (1, GROUP.p - 1)
        return
    assert read_dh_private(write_dh_private(private)) == private
    assert read_dh_public(private.spki) == private.public
