"""Premaster secrets and signatures of the TLS engine, beside those of OpenSSL and given spoilt ones."""

from __future__ import annotations

import hashlib
import subprocess
from base64 import b64decode
from functools import cache
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.vectors.native.making import content
from conform62351.profiles.crypto import rsa_blocks
from conform62351.profiles.crypto.signatures import PrivateKey, SignatureError, load_private_key
from conform62351.profiles.pki.dh_keys import DhPrivateKey, DhPublicKey, dh_private_key
from conform62351.profiles.tls.engine import signing
from conform62351.profiles.tls.engine.agreement import (
    CURVES,
    AgreementError,
    FiniteField,
    check_dh_value,
    dh_pair,
    dh_premaster,
    ec_pair,
    ec_premaster,
    field_of,
    finite_fields,
    read_dh_exchange,
    read_ec_exchange,
    read_rsa_exchange,
    rsa_premaster,
    write_dh_exchange,
    write_ec_exchange,
    write_rsa_exchange,
)
from conform62351.profiles.tls.engine.cipher_suites import (
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
)
from conform62351.profiles.tls.engine.wire import TlsDecodeError
from conform62351.suites.selfcheck.peers import require_program
from conform62351.suites.selfcheck.tls_numbers import counting

VERSIONS = (TLS_1_0, TLS_1_1, TLS_1_2)


@pytest.mark.parametrize("number", [256, 257, 258])
def test_the_fields_are_those_of_openssl(number: int) -> None:
    openssl = require_program("openssl")
    field = finite_fields()[number]
    name = f"ffdhe{field.p.bit_length()}"
    command = [openssl, "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", f"group:{name}"]
    pem = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    parameters = content(b64decode("".join(line for line in pem.splitlines() if not line.startswith("-"))))
    prime = field.p.to_bytes(field.p.bit_length() // 8 + 1, "big")
    assert parameters.startswith(b"\x02\x82" + len(prime).to_bytes(2, "big") + prime + b"\x02\x01\x02")
    assert field.g == 2


@pytest.mark.parametrize(("number", "bits"), [(256, 225), (257, 275), (258, 325)])
def test_ephemeral_values_of_a_field_are_short(number: int, bits: int) -> None:
    drawn = [dh_pair(finite_fields()[number], Random(seed).randbytes).x for seed in range(12)]
    assert bits - 12 < max(map(int.bit_length, drawn)) <= bits
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("number", [256, 257, 258])
def test_both_sides_of_a_field_agree(number: int) -> None:
    field = finite_fields()[number]
    client, server = dh_pair(field, counting()), dh_pair(field, counting(9))
    exchange = write_dh_exchange(client.public)
    assert len(exchange) == 2 + field.p.bit_length() // 8
    value = read_dh_exchange(exchange)
    assert value is not None
    assert dh_premaster(server, value) == dh_premaster(client, server.public.y)


def static_key(x: int, field: FiniteField) -> DhPrivateKey:
    return dh_private_key(field.p, field.g, (field.p - 1) // 2, x)


def test_an_empty_exchange_stands_for_the_value_of_the_certificate() -> None:
    field = finite_fields()[256]
    client, server = static_key(1 << 300 | 77, field), static_key(1 << 300 | 99, field)
    assert read_dh_exchange(b"") is None
    assert dh_premaster(client, server.public.y) == dh_premaster(server, client.public.y)
    assert field_of(server.public) == field


def test_leading_zeros_of_the_shared_value_are_stripped(small: FiniteField) -> None:
    """RFC 5246 8.1.2. In a field with a whole number of octets it happens once in 256 times."""
    lengths = set()
    peer = dh_private_key(small.p, small.g, None, 3 << 40, "dhKeyAgreement")
    for x in range(2, 2000):
        own = dh_private_key(small.p, small.g, None, x, "dhKeyAgreement")
        premaster = dh_premaster(own, peer.public.y)
        assert not premaster.startswith(b"\0")
        assert premaster == dh_premaster(peer, own.public.y)
        lengths.add(len(premaster))
    octets = small.p.bit_length() // 8
    assert {octets, octets - 1} <= lengths


@pytest.fixture(scope="module")
def small() -> FiniteField:
    """Return a field of 512 bits, in which thousands of values are computed in no time."""
    return FiniteField((1 << 512) - 569, 3)


@pytest.mark.parametrize("offset", [0, 1, -1])
def test_values_at_the_ends_of_a_field_agree_on_nothing(offset: int) -> None:
    field = finite_fields()[256]
    own = dh_pair(field, counting())
    for value in (offset % field.p, (field.p + offset)):
        with pytest.raises(AgreementError) as caught:
            dh_premaster(own, value)
        assert caught.value.alert == "illegal_parameter"
        with pytest.raises(AgreementError):
            check_dh_value(field, value)
    check_dh_value(field, 2)


@pytest.mark.parametrize(
    "field",
    [FiniteField(0, 2), FiniteField(23, 5), FiniteField(1 << 2048, 2), FiniteField((1 << 9000) + 1, 2)],
)
def test_a_field_that_is_none_agrees_on_nothing(field: FiniteField) -> None:
    with pytest.raises(AgreementError) as caught:
        dh_pair(field, counting())
    assert caught.value.alert == "illegal_parameter"


@pytest.mark.parametrize("group", CURVES)
def test_both_sides_of_a_curve_agree(group: int) -> None:
    client, server = ec_pair(group, counting()), ec_pair(group, counting(9))
    point = read_ec_exchange(write_ec_exchange(client))
    assert ec_premaster(server, point) == ec_premaster(client, server.point)
    assert len(ec_premaster(server, point)) == (len(point) - 1) // 2
    assert repr(client) == f"EcPair({group}, {client.point.hex()})"


def test_leading_zeros_of_a_coordinate_are_kept() -> None:
    """RFC 8422 5.10."""
    server = ec_pair(23, counting())
    secrets = [ec_premaster(server, ec_pair(23, counting(number)).point) for number in range(10, 1500)]
    assert {len(secret) for secret in secrets} == {32}
    assert any(secret.startswith(b"\0") for secret in secrets)


@settings(max_examples=50, deadline=None)
@given(point=st.binary(max_size=70) | st.binary(min_size=64, max_size=64).map(lambda octets: b"\4" + octets))
def test_any_octets_are_no_point(point: bytes) -> None:
    with pytest.raises(AgreementError) as caught:
        ec_premaster(ec_pair(23, counting()), point)
    assert caught.value.alert == "illegal_parameter"


def test_a_compressed_point_is_refused() -> None:
    peer = ec_pair(23, counting(5))
    compressed = bytes((2 + peer.point[-1] % 2,)) + peer.point[1:33]
    with pytest.raises(AgreementError):
        ec_premaster(ec_pair(23, counting()), compressed)


def test_a_group_without_a_curve_is_refused() -> None:
    with pytest.raises(AgreementError):
        ec_pair(29, counting())


@settings(max_examples=100, deadline=None)
@given(octets=st.binary(max_size=40))
def test_exchange_keys_that_are_no_vector_are_errors_of_their_own(octets: bytes) -> None:
    for read in (read_dh_exchange, read_ec_exchange, lambda given: rsa_answer(given)):
        alert = "decode_error"
        try:
            read(octets)
        except TlsDecodeError as error:
            alert = error.alert
        assert alert == "decode_error"


@cache
def private_key(kind: str) -> PrivateKey:
    made: PrivateKeyTypes
    if kind == "rsa":
        made = rsa.generate_private_key(65537, 2048)
    elif kind == "dsa":
        made = dsa.generate_private_key(1024)
    else:
        made = ec.generate_private_key(ec.SECP256R1())
    return load_private_key(
        made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def rsa_answer(exchange: bytes, version: int = TLS_1_2) -> bytes:
    return read_rsa_exchange(private_key("rsa"), exchange, version, counting(500))


INSTEAD = counting(500)(48)


def test_a_premaster_secret_comes_back() -> None:
    key = private_key("rsa")
    premaster = rsa_premaster(TLS_1_2, counting())
    assert premaster.startswith(b"\3\3")
    assert len(premaster) == 48
    assert rsa_answer(write_rsa_exchange(key.spki, premaster, counting())) == premaster


def test_padding_has_no_zeros_whatever_is_random() -> None:
    premaster = rsa_premaster(TLS_1_2, counting())
    source = counting()
    exchange = write_rsa_exchange(
        private_key("rsa").spki, premaster, lambda count: bytes(count // 2) + source(count - count // 2)
    )
    assert rsa_answer(exchange) == premaster


@pytest.mark.parametrize(
    "premaster",
    [b"", b"\3\3" + bytes(45), b"\3\3" + bytes(47), b"\3\2" + bytes(46)],
    ids=["empty", "short", "long", "version"],
)
def test_another_premaster_secret_gives_a_random_one(premaster: bytes) -> None:
    exchange = write_rsa_exchange(private_key("rsa").spki, premaster, counting())
    assert rsa_answer(exchange) == INSTEAD


@settings(max_examples=30, deadline=None)
@given(encrypted=st.binary(max_size=300) | st.binary(min_size=256, max_size=256))
def test_what_does_not_decrypt_gives_a_random_one(encrypted: bytes) -> None:
    assert rsa_answer(len(encrypted).to_bytes(2, "big") + encrypted) == INSTEAD


def test_openssl_reads_what_is_encrypted(tmp_path: Path) -> None:
    """And finds the padding that PKCS #1 has."""
    openssl = require_program("openssl")
    key = tmp_path / "key.pem"
    subprocess.run([openssl, "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    loaded = load_private_key(key.read_bytes())
    premaster = rsa_premaster(TLS_1_2, counting())
    encrypted = write_rsa_exchange(loaded.spki, premaster, counting())[2:]
    command = [openssl, "pkeyutl", "-decrypt", "-inkey", str(key)]
    assert subprocess.run(command, check=True, capture_output=True, input=encrypted).stdout == premaster


@pytest.mark.parametrize("kind", ["dsa", "ec"])
def test_premaster_secrets_want_an_rsa_key(kind: str) -> None:
    with pytest.raises(AgreementError) as caught:
        write_rsa_exchange(private_key(kind).spki, bytes(48), counting())
    assert caught.value.alert == "unsupported_certificate"
    with pytest.raises(SignatureError):
        read_rsa_exchange(private_key(kind), b"\0\0", TLS_1_2, counting())


def test_an_rsa_key_can_be_too_short() -> None:
    with pytest.raises(SignatureError):
        rsa_blocks.encrypt(private_key("rsa").spki, bytes(246), counting())
    with pytest.raises(SignatureError):
        rsa_blocks.sign_bare(private_key("rsa"), bytes(246))


# Signatures


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("kind", "hash"), [(kind, hash) for kind in ("rsa", "dsa", "ec") for hash in (2, 4)])
def test_what_is_signed_verifies(kind: str, hash: int, version: int) -> None:
    key = private_key(kind)
    pair = signing.fitting(
        kind,
        version,
        [(hash, signing.NUMBERS[kind])],
        None if hash == 2 else [(hash, 1), (hash, 2), (hash, 3)],
    )
    assert pair == ((hash, signing.NUMBERS[kind]) if version == TLS_1_2 else signing.OLD)
    signature = signing.sign(key, version, *pair, b"signed")
    assert signing.verify(key.spki, kind, version, *pair, signature, b"signed")
    assert not signing.verify(key.spki, kind, version, *pair, signature, b"Signed")
    assert not signing.verify(key.spki, kind, version, *pair, b"", b"signed")


@pytest.mark.parametrize("kind", ["rsa", "dsa", "ec"])
def test_openssl_verifies_signatures_of_every_version(kind: str, tmp_path: Path) -> None:
    openssl = require_program("openssl")
    key = private_key(kind)
    (tmp_path / "key").write_bytes(key.spki)
    options = ["-pubin", "-keyform", "DER", "-inkey", "key"]
    both = hashlib.md5(b"signed").digest() + hashlib.sha1(b"signed").digest()
    covered = {TLS_1_1: both if kind == "rsa" else both[16:], TLS_1_2: hashlib.sha256(b"signed").digest()}
    for version, digest in covered.items():
        signature = signing.sign(key, version, 4, signing.NUMBERS[kind], b"signed")
        (tmp_path / "signature").write_bytes(signature)
        (tmp_path / "digest").write_bytes(digest)
        named = ["-pkeyopt", "digest:sha256"] if version == TLS_1_2 else []
        command = [openssl, "pkeyutl", "-verify", *options, *named, "-sigfile", "signature", "-in", "digest"]
        done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False)
        assert b"Verified Successfully" in done.stdout, done.stderr


def test_a_signature_of_openssl_before_tls_1_2_verifies(tmp_path: Path) -> None:
    openssl = require_program("openssl")
    key = tmp_path / "key.pem"
    subprocess.run([openssl, "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    both = hashlib.md5(b"signed").digest() + hashlib.sha1(b"signed").digest()
    command = [openssl, "pkeyutl", "-sign", "-inkey", str(key)]
    signature = subprocess.run(command, check=True, capture_output=True, input=both).stdout
    loaded = load_private_key(key.read_bytes())
    assert signing.verify(loaded.spki, "rsa", TLS_1_0, *signing.OLD, signature, b"signed")
    assert signing.sign(loaded, TLS_1_0, *signing.OLD, b"signed") == signature


def test_the_first_pair_that_both_have_is_taken() -> None:
    own = [(5, 3), (6, 1), (4, 1), (2, 1)]
    assert signing.fitting("rsa", TLS_1_2, own, [(4, 3), (2, 1), (4, 1)]) == (4, 1)
    assert signing.fitting("rsa", TLS_1_2, own, [(4, 3)]) is None
    assert signing.fitting("rsa", TLS_1_2, own[:2], None) == (2, 1)
    assert signing.fitting("ec", TLS_1_2, [(1, 3), (9, 3)], [(1, 3), (9, 3)]) is None


@pytest.mark.parametrize("pair", [(4, 3), (9, 1), (4, 9), (-1, -1)])
def test_a_key_signs_by_its_own_algorithms(pair: tuple[int, int]) -> None:
    key = private_key("rsa")
    with pytest.raises(SignatureError):
        signing.sign(key, TLS_1_2, *pair, b"signed")
    with pytest.raises(SignatureError):
        signing.verify(key.spki, "rsa", TLS_1_2, *pair, b"signature", b"signed")


def test_diffie_hellman_keys_sign_nothing() -> None:
    field = finite_fields()[256]
    public: DhPublicKey = static_key(99, field).public
    with pytest.raises(SignatureError):
        signing.verify(public.spki, "dh", TLS_1_0, *signing.OLD, b"signature", b"signed")


def test_pairs_have_names() -> None:
    assert signing.pair_name(4, 3) == "sha256 with ecdsa"
    assert signing.pair_name(8, 4) == "hash 8 with signature 4"
