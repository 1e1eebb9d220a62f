"""AlgorithmIdentifiers: the forms of clause 8 and no others."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.crypto.algorithms import (
    AlgorithmIdentifier,
    Use,
    algorithm,
    identifier,
    names,
    understood,
)
from conform62351.profiles.object_identifier import read_object_identifier

NULL = b"\x05\x00"
AES128_GCM = "2.16.840.1.101.3.4.1.6"
AES128_CBC = "2.16.840.1.101.3.4.1.2"
HMAC = "1.2.840.113549.2.9"
ECDSA = "1.2.840.10045.4.3.2"


@pytest.mark.parametrize("name", names())
def test_what_is_sent_is_understood(name: str) -> None:
    assert understood(identifier(algorithm(name))) == algorithm(name)


@pytest.mark.parametrize("length", range(12, 17))
def test_tag_lengths_are_part_of_the_algorithm(length: int) -> None:
    sent = identifier(algorithm("aes128-GCM", length))
    assert understood(sent) == algorithm("aes128-GCM", length)
    nonce = "040c" + "00" * 12
    expected = f"300e{nonce}" if length == 12 else f"3011{nonce}0201{length:02x}"
    assert sent.parameters == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("oid", "parameters", "name", "length"),
    [
        (HMAC, None, "hmacWithSHA256", 0),
        (AES128_CBC, None, "aes128-CBC", 0),
        (AES128_CBC, b"\x04\x03abc", "aes128-CBC", 0),
        (AES128_GCM, None, "aes128-GCM", 12),
        (AES128_GCM, bytes.fromhex("3005040161020110"), "aes128-GCM", None),
        (AES128_GCM, bytes.fromhex("3006040161020110"), "aes128-GCM", 16),
        (AES128_GCM, bytes.fromhex("30060401610201 0c".replace(" ", "")), "aes128-GCM", 12),
    ],
)
def test_forms_that_are_read(oid: str, parameters: bytes | None, name: str, length: int | None) -> None:
    found = understood(AlgorithmIdentifier(oid, parameters))
    if length is None:
        assert found is None
    else:
        assert found is not None
        assert (found.name, found.tag_length) == (name, length)


@pytest.mark.parametrize(
    ("oid", "parameters"),
    [
        ("1.2.3", None),
        (HMAC, b"\x04\x00"),
        (HMAC, b"\x05\x01\x00"),
        (ECDSA, NULL),
        (AES128_CBC, NULL),
        (AES128_CBC, b"\x04\x03ab"),
        (AES128_CBC, b"\x04\x00\x04\x00"),
        (AES128_GCM, NULL),
        (AES128_GCM, b"\x30\x00"),
        (AES128_GCM, bytes.fromhex("3006040161020111")),
        (AES128_GCM, bytes.fromhex("300604016102010b")),
        (AES128_GCM, bytes.fromhex("300904016102010c02010c")),
        (AES128_GCM, bytes.fromhex("300602010c040161")),
        (AES128_GCM, b""),
    ],
)
def test_other_forms_are_not_supported(oid: str, parameters: bytes | None) -> None:
    assert understood(AlgorithmIdentifier(oid, parameters)) is None


@given(st.sampled_from(names()), st.binary(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_parameters_are_understood_or_not(name: str, parameters: bytes) -> None:
    found = understood(AlgorithmIdentifier(identifier(algorithm(name)).oid, parameters))
    assert found is None or found.name == name


def test_identifiers_of_any_size_leave_the_memory_as_it_was() -> None:
    oid = identifier(algorithm("aes128-GCM")).oid
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(40):
            nonce = number.to_bytes(40_000, "big")
            parameters = b"\x30\x82\x9c\x44\x04\x82\x9c\x40" + nonce
            assert understood(AlgorithmIdentifier(oid, parameters)) == algorithm("aes128-GCM")
            assert understood(AlgorithmIdentifier(f"1.2.{number}" + ".1" * 20_000)) is None
            long_one = number.to_bytes(2, "big").replace(b"\0", b"\1") + b"\x2a" * 4_000
            assert read_object_identifier(long_one).dotted
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_000_000


def test_uses() -> None:
    assert names(Use.GCM) == ("aes128-GCM", "aes256-GCM")
    assert names(Use.SIGNATURE) == ("sha256WithRSAEncryption", "ecdsa-with-SHA256")
    with pytest.raises(ValueError, match="tag of 11"):
        algorithm("aes128-GCM", 11)
    with pytest.raises(KeyError):
        algorithm("des")
