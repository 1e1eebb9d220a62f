"""Integrity, encryption and key derivation against published vectors and OpenSSL."""

from __future__ import annotations

import subprocess
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.crypto import protection as p
from conform62351.profiles.crypto.keys import KeySizes, hkdf, salt_of, split_keys
from conform62351.suites.selfcheck.peers import require_program

KEY = bytes.fromhex("feffe9928665731c6d6a8f9467308308")
PLAIN = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
NONCE = bytes.fromhex("cafebabefacedbaddecaf888")
CIPHER = bytes.fromhex(
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
)
TAG = bytes.fromhex("5bc94fbc3221a5db94fae95ae7121a47")
"""Test case 4 of the GCM specification (McGrew, Viega)."""


def test_hkdf_of_rfc_5869() -> None:
    secret = b"\x0b" * 22
    material = hkdf(bytes(range(13)), secret, 42, bytes(range(0xF0, 0xFA)))
    assert material.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    without_salt = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    assert hkdf(b"", secret, 42).hex() == without_salt
    assert hkdf(b"", secret, 0) == b""
    with pytest.raises(ValueError, match="8160"):
        hkdf(b"", secret, 8161)


def test_the_salt_chains_both_handshakes() -> None:
    inner = sha256(b"request\0").digest()
    assert salt_of(b"request", b"response") == sha256(b"response" + inner).digest()
    assert salt_of(b"request", b"response", b"") != salt_of(b"request", b"response")


def test_keys_are_cut_in_their_order() -> None:
    material = b"a" * 32 + b"b" * 32 + b"c" * 16 + b"d" * 16
    keys = split_keys(material, KeySizes(32, 16))
    assert (keys.client.integrity, keys.server.integrity) == (b"a" * 32, b"b" * 32)
    assert (keys.client.encryption, keys.server.encryption) == (b"c" * 16, b"d" * 16)
    by_side = split_keys(material, KeySizes(32, 16), by_side=True)
    assert by_side.client.encryption == b"b" * 16
    assert by_side.server.integrity == b"b" * 16 + b"c" * 16
    single = split_keys(material[:64], KeySizes(0, 32))
    assert (single.client.encryption, single.server.encryption) == (b"a" * 32, b"b" * 32)
    assert (single.client.integrity, single.server.integrity) == (b"", b"")
    assert "aaaa" not in repr(keys)
    with pytest.raises(ValueError, match="96 octets"):
        split_keys(material[1:], KeySizes(32, 16))


def test_hmac_of_rfc_4231() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert p.hmac_sha256(b"Jefe", b"what do ya want for nothing?").hex() == expected


@pytest.mark.parametrize("tag_length", p.TAG_LENGTHS)
def test_gcm_of_its_specification(tag_length: int) -> None:
    sealed = p.encrypt_gcm(KEY, NONCE, PLAIN, AAD, tag_length)
    assert sealed == CIPHER + TAG[:tag_length]
    assert p.decrypt_gcm(KEY, NONCE, sealed, AAD, tag_length) == PLAIN


@pytest.mark.parametrize("tag_length", p.TAG_LENGTHS)
def test_every_octet_of_a_gcm_message_counts(tag_length: int) -> None:
    sealed = p.encrypt_gcm(KEY, NONCE, PLAIN, AAD, tag_length)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(p.ProtectionError):
            p.decrypt_gcm(KEY, NONCE, bytes(altered), AAD, tag_length)
    for octets, nonce, aad in ((sealed[:-1], NONCE, AAD), (sealed, NONCE, AAD[1:]), (b"", NONCE, AAD)):
        with pytest.raises(p.ProtectionError):
            p.decrypt_gcm(KEY, nonce, octets, aad, tag_length)


def test_lengths_that_do_not_fit_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="nonce of 11"):
        p.encrypt_gcm(KEY, NONCE[1:], b"", b"", 12)
    with pytest.raises(ValueError, match="tag of 8"):
        p.decrypt_gcm(KEY, NONCE, bytes(40), b"", 8)
    for nonce in (b"", bytes(65)):
        with pytest.raises(ValueError, match="GMAC nonce"):
            p.gmac(KEY, nonce, b"", 12)


@pytest.mark.parametrize("key", [KEY, KEY + KEY])
@pytest.mark.parametrize("length", [*range(1, 9), 12, 13, 16, 33, 64])
def test_gmac_agrees_with_openssl(length: int, key: bytes) -> None:
    """OpenSSL computes GMAC with nonces of any length."""
    openssl = require_program("openssl")
    nonce = bytes(range(1, length + 1))
    octets = bytes(range(256)) * 3
    command = [openssl, "mac", "-cipher", f"AES-{8 * len(key)}-GCM", "-macopt", f"hexkey:{key.hex()}"]
    command += ["-macopt", f"hexiv:{nonce.hex()}", "-binary", "GMAC"]
    expected = subprocess.run(command, check=True, capture_output=True, input=octets).stdout
    for tag_length in p.TAG_LENGTHS:
        assert p.gmac(key, nonce, octets, tag_length) == expected[:tag_length]


@pytest.mark.parametrize("key", [KEY, KEY + KEY])
def test_cbc_agrees_with_openssl(key: bytes) -> None:
    openssl = require_program("openssl")
    iv = bytes(range(16))
    for size in (0, 1, 15, 16, 17, 100):
        plaintext = PLAIN[:1] * size
        command = [openssl, "enc", f"-aes-{8 * len(key)}-cbc", "-K", key.hex(), "-iv", iv.hex()]
        expected = subprocess.run(command, check=True, capture_output=True, input=plaintext).stdout
        assert p.encrypt_cbc_blocks(key, iv, p.pad(plaintext)) == expected
        assert p.decrypt_cbc(key, iv, expected) == plaintext


@given(st.binary(min_size=1, max_size=16))
@settings(max_examples=80, deadline=None)
def test_padding_is_looked_at_whole(ending: bytes) -> None:
    """A last block is padding exactly when its last octet tells how many octets are equal to it."""
    iv = bytes(16)
    block = bytes(16 - len(ending)) + ending
    sealed = p.encrypt_cbc_blocks(KEY, iv, block)
    length = block[-1]
    if 1 <= length <= 16 and block.endswith(bytes((length,)) * length):
        assert p.decrypt_cbc(KEY, iv, sealed) == block[:-length]
    else:
        with pytest.raises(p.PaddingError):
            p.decrypt_cbc(KEY, iv, sealed)


def test_what_is_no_whole_blocks_fails_like_bad_padding() -> None:
    bad = p.encrypt_cbc_blocks(KEY, bytes(16), bytes(16))
    messages = set()
    for octets in (b"", bad[:-1], bad + b"\0", bad):
        with pytest.raises(p.PaddingError) as failure:
            p.decrypt_cbc(KEY, bytes(16), octets)
        messages.add(str(failure.value))
    assert len(messages) == 1


def test_icvs_compare_by_content() -> None:
    assert p.same(b"12", b"12")
    assert not p.same(b"12", b"13")
    assert not p.same(b"12", b"123")
