"""Signatures by algorithm identifier: ours and OpenSSL's verify each other; unusable keys say so."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import pem as asn1_pem
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.crypto.signatures import (
    ALGORITHMS,
    DSA_WITH_SHA256,
    ECDSA_WITH_SHA256,
    SHA256_WITH_RSA,
    PrivateKey,
    SignatureError,
    algorithm_name,
    check_public_key,
    load_private_key,
    sign,
    verify,
)
from conform62351.profiles.tlv_edit import length_octets
from conform62351.suites.selfcheck.pki_samples import key, mutated, pem, spki

MESSAGE = b"20270115080000.000Z"
DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


@pytest.fixture(scope="module")
def keys() -> dict[str, PrivateKey]:
    names = {"rsa": "rsa signer", "ec": "signer", "dsa": "dsa signer"}
    return {kind: load_private_key(pem(key(name))) for kind, name in names.items()}


@pytest.mark.parametrize("oid", ALGORITHMS, ids=algorithm_name)
def test_what_was_signed_verifies_and_nothing_else_does(keys: dict[str, PrivateKey], oid: str) -> None:
    private = keys[ALGORITHMS[oid].key_kind]
    signature = sign(oid, private, MESSAGE)
    assert verify(oid, private.spki, signature, MESSAGE)
    assert not verify(oid, private.spki, signature, MESSAGE + b"0")
    assert not verify(oid, private.spki, signature[:-1] + bytes([signature[-1] ^ 1]), MESSAGE)
    assert not verify(oid, private.spki, b"", MESSAGE)


@pytest.mark.parametrize(
    ("oid", "kind"), [(SHA256_WITH_RSA, "rsa"), (ECDSA_WITH_SHA256, "ec"), (DSA_WITH_SHA256, "dsa")]
)
def test_openssl_and_we_verify_each_other(
    keys: dict[str, PrivateKey], oid: str, kind: str, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_bytes(pem(key(f"{kind} signer" if kind != "ec" else "signer")))
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "ours").write_bytes(sign(oid, keys[kind], MESSAGE))

    def openssl(*arguments: str) -> None:
        command = ["openssl", "dgst", "-sha256", *arguments, "message"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=30)

    openssl("-prverify", "key.pem", "-signature", "ours")
    openssl("-sign", "key.pem", "-out", "theirs")
    assert verify(oid, keys[kind].spki, (tmp_path / "theirs").read_bytes(), MESSAGE)


def test_the_weak_hashes_are_told_from_the_strong() -> None:
    weak = {algorithm.name for algorithm in ALGORITHMS.values() if not algorithm.strong}
    assert weak == {
        "md5WithRSAEncryption",
        "sha1WithRSAEncryption",
        "sha224WithRSAEncryption",
        "ecdsa-with-SHA1",
        "ecdsa-with-SHA224",
        "dsa-with-sha1",
        "dsa-with-sha224",
    }
    assert algorithm_name("1.2.3") == "1.2.3"


def test_a_private_key_is_read_from_every_usual_form() -> None:
    for name in ("rsa signer", "signer"):
        private = key(name)
        forms = [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL]
        for form in forms:
            text = private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
            assert load_private_key(text).spki == spki(private)
        locked = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
        assert load_private_key(locked, b"secret").spki == spki(private)
        for password in (None, b"wrong"):
            with pytest.raises(SignatureError, match="cannot be loaded"):
                load_private_key(locked, password)


def test_a_private_key_is_not_printed(keys: dict[str, PrivateKey]) -> None:
    assert repr(keys["rsa"]) == "PrivateKey(rsa, 2048 bits)"
    assert repr(keys["ec"]) == "PrivateKey(ec, 256 bits)"


def test_keys_of_other_kinds_are_refused() -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    text = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(SignatureError, match="neither RSA nor"):
        load_private_key(text)
    with pytest.raises(SignatureError, match="neither RSA nor"):
        check_public_key(other.public_key().public_bytes(DER, SPKI))
    with pytest.raises(SignatureError, match="more octets"):
        load_private_key(b"-" * 40_000)
    with pytest.raises(SignatureError, match="octets"):
        check_public_key(bytes(10_000))


@pytest.mark.parametrize("name", ["modulus", "prime1", "private_exponent", "exponent2", "coefficient"])
def test_rsa_numbers_that_do_not_belong_together_are_no_key(name: str) -> None:
    _, _, good = asn1_pem.unarmor(pem(key("rsa signer")))
    numbers = asn1_keys.PrivateKeyInfo.load(good)["private_key"].parsed
    assert load_private_key(asn1_pem.armor("RSA PRIVATE KEY", numbers.dump())).kind == "rsa"
    numbers[name] = numbers[name].native - 2
    with pytest.raises(SignatureError):
        load_private_key(asn1_pem.armor("RSA PRIVATE KEY", numbers.dump(force=True)))


def test_an_algorithm_that_does_not_go_with_the_key_is_refused(keys: dict[str, PrivateKey]) -> None:
    for oid, private in ((SHA256_WITH_RSA, keys["ec"]), (ECDSA_WITH_SHA256, keys["rsa"])):
        with pytest.raises(SignatureError, match="does not go with"):
            sign(oid, private, MESSAGE)
        with pytest.raises(SignatureError, match="does not go with"):
            verify(oid, private.spki, b"", MESSAGE)
    with pytest.raises(SignatureError, match=r"unknown signature algorithm 1\.2\.3"):
        sign("1.2.3", keys["rsa"], MESSAGE)


def test_a_point_that_is_not_on_its_curve_is_no_key() -> None:
    octets = bytearray(ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(DER, SPKI))
    octets[-1] ^= 1
    with pytest.raises(SignatureError, match="cannot be loaded"):
        verify(ECDSA_WITH_SHA256, bytes(octets), b"", MESSAGE)


def rsa_key(modulus: int, exponent: int) -> bytes:
    """Return a SubjectPublicKeyInfo of any two numbers."""
    inner = asn1_keys.RSAPublicKey({"modulus": modulus, "public_exponent": exponent})
    info = {"algorithm": {"algorithm": "rsa"}, "public_key": inner}
    return bytes(asn1_keys.PublicKeyInfo(info).dump())


def test_rsa_exponents_that_would_take_long_are_refused() -> None:
    modulus = (1 << 3072) - 1
    for exponent in (3, 65537, (1 << 64) - 1):
        check_public_key(rsa_key(modulus, exponent))
        assert not verify(SHA256_WITH_RSA, rsa_key(modulus, exponent), bytes(384), MESSAGE)
    for exponent in ((1 << 64) + 1, modulus - 2):
        with pytest.raises(SignatureError, match="exponent of more than 64 bits"):
            check_public_key(rsa_key(modulus, exponent))


@pytest.mark.parametrize(
    ("modulus", "exponent"),
    [
        (0, 3),
        (1, 3),
        (3, 65537),
        (-5, 3),
        (1 << 2047, 3),
        ((1 << 2048) - 1, 0),
        ((1 << 2048) - 1, 1),
        ((1 << 2048) - 1, 2),
        ((1 << 2048) - 1, -3),
        ((1 << 16_385) - 1, 65537),
        ((1 << 60_000) - 1, 65537),
        ((1 << 200_000) - 1, 3),
        ((1 << 2048) - 1, (1 << 200_000) - 1),
    ],
    ids=lambda number: f"{number.bit_length()} bits",
)
def test_rsa_numbers_that_make_no_key_verify_nothing(modulus: int, exponent: int) -> None:
    for signature in (b"", bytes(256), bytes(255) + b"\1"):
        with contextlib.suppress(SignatureError):
            assert not verify(SHA256_WITH_RSA, rsa_key(modulus, exponent), signature, MESSAGE)


def ec_key(parameters: bytes, point: bytes) -> bytes:
    """Return a SubjectPublicKeyInfo with any parameters and any point."""
    kind = bytes.fromhex("06072a8648ce3d0201") + parameters
    algorithm = b"\x30" + length_octets(len(kind)) + kind
    bits = b"\x03" + length_octets(len(point) + 1) + b"\0" + point
    return b"\x30" + length_octets(len(algorithm + bits)) + algorithm + bits


NAMED = bytes.fromhex("06082a8648ce3d030107")
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
GENERATOR = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


@pytest.mark.parametrize(
    ("parameters", "point"),
    [
        (NAMED, b"\x00"),
        (NAMED, b""),
        (NAMED, b"\x04" + bytes(64)),
        (NAMED, GENERATOR[:-1]),
        (NAMED, GENERATOR + b"\0"),
        (NAMED, GENERATOR[1:]),
        (NAMED, b"\x05" + GENERATOR[1:]),
        (NAMED, b"\x04" + PRIME.to_bytes(32, "big") + GENERATOR[33:]),
        (NAMED, b"\x04" + bytes([255]) * 64),
        (NAMED, b"\x02" + bytes([255]) * 32),
        (b"\x05\0", GENERATOR),
        (b"", GENERATOR),
        (bytes.fromhex("06082b2403030208ff07"), GENERATOR),
        (bytes.fromhex("06092b2403030208010107"), GENERATOR),
        (b"\x30\x06\x02\x01\x01\x02\x01\x00", GENERATOR),
    ],
)
def test_points_and_parameters_that_make_no_key_are_refused(parameters: bytes, point: bytes) -> None:
    check_public_key(ec_key(NAMED, GENERATOR))
    with pytest.raises(SignatureError):
        check_public_key(ec_key(parameters, point))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(ALGORITHMS)),
    mutated(spki(key("rsa signer"))) | mutated(spki(key("signer"))) | st.binary(max_size=80),
    st.binary(max_size=300),
)
def test_any_key_and_any_signature_give_an_answer_or_a_typed_error(
    oid: str, public: bytes, signature: bytes
) -> None:
    with contextlib.suppress(SignatureError):
        assert not verify(oid, public, signature, MESSAGE)


@settings(max_examples=60, deadline=None)
@given(mutated(pem(key("signer"))) | st.binary(max_size=200), st.none() | st.binary(max_size=8))
def test_any_octets_are_a_private_key_or_a_typed_error(octets: bytes, password: bytes | None) -> None:
    with contextlib.suppress(SignatureError):
        assert load_private_key(octets, password).kind in ("rsa", "ec")
