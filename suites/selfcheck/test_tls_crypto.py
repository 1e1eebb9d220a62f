"""Suites, keys and records of the TLS engine against values that nobody here made, and given spoilt ones."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.vectors.tls import making
from conform62351.pics.catalogue import catalogue
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    NULL_SUITE,
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    Authentication,
    Cipher,
    CipherKind,
    CipherSuite,
    KeyExchange,
    cipher_suite,
)
from conform62351.profiles.tls.engine.key_schedule import (
    NO_KEYS,
    extended_master_secret,
    key_block,
    master_secret,
    prf,
    verify_data,
)
from conform62351.profiles.tls.engine.protection import BadRecord, Protector, Unprotector
from conform62351.profiles.tls.suites import CODES
from conform62351.suites.selfcheck.peers import require_program
from conform62351.suites.selfcheck.tls_numbers import counting

VECTORS = making.FOLDER.joinpath("records.toml").read_text(encoding="ascii")
CASES = tomllib.loads(VECTORS)["case"]
PROTECTED = sorted(ENGINE_SUITES.values(), key=lambda suite: suite.code)
VERSIONS = (TLS_1_0, TLS_1_1, TLS_1_2)
WAYS = [
    (suite, version, last)
    for suite in PROTECTED
    for version in VERSIONS
    for last in (False, True)
    if version >= suite.minimum_version and (not last or suite.cipher.form.kind is CipherKind.BLOCK)
]
AUTHENTICATED = list(
    {(way[0].cipher, way[0].mac, way[1:]): way for way in WAYS if way[0] is not NULL_SUITE}.values()
)
"""One suite of each way of protection."""
RECORD_OCTETS = 1 << 14


def way_name(part: object) -> str:
    if isinstance(part, CipherSuite):
        return part.name
    return ("mac-first", "mac-last")[part] if isinstance(part, bool) else f"{part:04x}"


def case_name(case: dict[str, Any]) -> str:
    return making.name_of(case).replace(" ", "-")


# Suites


def test_every_row_of_the_tables_is_a_suite_of_the_engine() -> None:
    rows = {item.row for item in catalogue() if item.table in (9, 12)}
    assert len(rows) == 23
    assert {CODES[row] for row in rows} <= ENGINE_SUITES.keys()


@pytest.mark.parametrize(
    ("code", "exchange", "authentication", "cipher", "mac", "prf_hash", "first"),
    [
        (0x0000, KeyExchange.NULL, Authentication.ANON, Cipher.NULL, "", "sha256", TLS_1_0),
        (0x0005, KeyExchange.RSA, Authentication.RSA, Cipher.RC4_128, "sha1", "sha256", TLS_1_0),
        (0x000D, KeyExchange.DH, Authentication.DSS, Cipher.TRIPLE_DES, "sha1", "sha256", TLS_1_0),
        (0x0013, KeyExchange.DHE, Authentication.DSS, Cipher.TRIPLE_DES, "sha1", "sha256", TLS_1_0),
        (0x003A, KeyExchange.DH_ANON, Authentication.ANON, Cipher.AES_256_CBC, "sha1", "sha256", TLS_1_0),
        (0x003B, KeyExchange.RSA, Authentication.RSA, Cipher.NULL, "sha256", "sha256", TLS_1_2),
        (0x003F, KeyExchange.DH, Authentication.RSA, Cipher.AES_128_CBC, "sha256", "sha256", TLS_1_2),
        (0x00A1, KeyExchange.DH, Authentication.RSA, Cipher.AES_256_GCM, "", "sha384", TLS_1_2),
        (0xC024, KeyExchange.ECDHE, Authentication.ECDSA, Cipher.AES_256_CBC, "sha384", "sha384", TLS_1_2),
        (0xC02B, KeyExchange.ECDHE, Authentication.ECDSA, Cipher.AES_128_GCM, "", "sha256", TLS_1_2),
    ],
)
def test_a_suite_is_what_its_name_says(
    code: int,
    exchange: KeyExchange,
    authentication: Authentication,
    cipher: Cipher,
    mac: str,
    prf_hash: str,
    first: int,
) -> None:
    suite = cipher_suite(code)
    assert (suite.key_exchange, suite.authentication, suite.cipher) == (exchange, authentication, cipher)
    assert (suite.mac, suite.prf, suite.minimum_version) == (mac, prf_hash, first)


@pytest.mark.parametrize("code", [0x1301, 0xC09C, 0xCCA8, 0x00FF, 0xFFFF])
def test_the_engine_has_no_other_suites(code: int) -> None:
    with pytest.raises(KeyError):
        cipher_suite(code)


# Key schedule


@pytest.mark.parametrize(
    ("suite", "secret", "seed", "output"),
    [
        (
            0x009C,
            "9bbe436ba940f017b17652849a71db35",
            "a0ba9f936cda311827a6f796ffd5198c",
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af"
            "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
            "87347b66",
        ),
        (
            0x009D,
            "b80b733d6ceefcdc71566ea48e5567df",
            "cd665cf6a8447dd6ff8b27555edb7465",
            "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0"
            "e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
            "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070"
            "3d73e56f",
        ),
    ],
)
def test_the_prf_gives_the_vectors_of_the_tls_working_group(
    suite: int, secret: str, seed: str, output: str
) -> None:
    """Posted there for TLS 1.2 with SHA-256 and SHA-384."""
    expected = bytes.fromhex(output)
    found = prf(
        TLS_1_2,
        cipher_suite(suite),
        bytes.fromhex(secret),
        b"test label",
        bytes.fromhex(seed),
        len(expected),
    )
    assert found == expected


def test_the_master_secret_of_tls_1_0_is_that_of_nist() -> None:
    """The first vector of the CAVS for the key derivation of TLS 1.0 and 1.1."""
    master = master_secret(
        TLS_1_0,
        cipher_suite(0x002F),
        bytes.fromhex(
            "bded7fa5c1699c010be23dd06ada3a48349f21e5f86263d512c0c5cc379f0e780ec55d9844b2f1db02a96453513568d0"
        ),
        bytes.fromhex("e5acaf549cd25c22d964c0d930fa4b5261d2507fad84c33715b7b9a864020693"),
        bytes.fromhex("135e4d557fdf3aa6406d82975d5c606a9734c9334b42136e96990fbd5358cdb2"),
    )
    assert master == bytes.fromhex(
        "2f6962dfbc744c4b2138bb6b3d33054c5ecc14f24851d9896395a44ab3964efc2090c5bf51a0891209f46c1e1e998f62"
    )


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_secrets_records_and_verify_data_are_those_of_openssl(case: dict[str, Any]) -> None:
    version, suite = case["version"], cipher_suite(CODES[case["suite"]])
    premaster, client, server, transcript = (
        bytes.fromhex(case[name]) for name in ("premaster", "clientRandom", "serverRandom", "transcript")
    )
    master = master_secret(version, suite, premaster, client, server)
    assert master.hex() == case["master"]
    assert extended_master_secret(version, suite, premaster, transcript).hex() == case["extendedMaster"]
    for role in Role:
        expected = case["verifyData"][role.value]
        assert verify_data(version, suite, master, role, transcript).hex() == expected
    keys = key_block(version, suite, master, client, server)
    last = bool(case["encryptThenMac"])
    protectors, unprotectors = {}, {}
    for name, of_side in (("client", keys.client), ("server", keys.server)):
        protectors[name] = Protector(
            version, suite, of_side, random=ivs_of(case, name), encrypt_then_mac=last
        )
        unprotectors[name] = Unprotector(version, suite, of_side, encrypt_then_mac=last)
    for one in case["message"]:
        plaintext, sender = bytes.fromhex(one["plaintext"]), one["sender"]
        fragment = protectors[sender].protect(one["kind"], plaintext)
        assert fragment.hex() == one["fragment"]
        assert unprotectors[sender].unprotect(one["kind"], fragment) == plaintext


def ivs_of(case: dict[str, Any], sender: str) -> Callable[[int], bytes]:
    """Return what gives the IVs of a side's records in turn."""
    ivs = iter([bytes.fromhex(one["iv"]) for one in case["message"] if one["sender"] == sender])
    return lambda _: next(ivs)


def test_every_way_of_protection_is_among_the_vectors() -> None:
    found = set()
    for case in CASES:
        suite = cipher_suite(CODES[case["suite"]])
        found.add((suite.cipher, suite.mac, case["version"]))
    ways = {
        (suite.cipher, suite.mac, version)
        for suite in PROTECTED
        for version in VERSIONS
        if suite is not NULL_SUITE and version >= suite.minimum_version
    }
    assert ways == found


def test_the_vectors_come_out_as_they_are() -> None:
    require_program("openssl")
    assert making.text() == VECTORS


def test_keys_do_not_show_themselves() -> None:
    keys = key_block(TLS_1_2, cipher_suite(0x009C), b"master", bytes(32), bytes(32))
    assert repr(keys.client) == "DirectionKeys(0, 16 and 4 octets)"


# Records


def directions(
    suite: CipherSuite, version: int, last: bool, seed: bytes = b""
) -> tuple[Protector, Unprotector]:
    keys = key_block(version, suite, seed or b"master", bytes(32), bytes(32)).client
    return (
        Protector(version, suite, keys, random=counting(), encrypt_then_mac=last),
        Unprotector(version, suite, keys, encrypt_then_mac=last),
    )


@pytest.mark.parametrize(("suite", "version", "last"), WAYS, ids=way_name)
@settings(max_examples=5, deadline=None)
@given(
    records=st.lists(st.tuples(st.integers(20, 23), st.binary(max_size=300)), max_size=4), seed=st.binary()
)
def test_what_is_protected_is_read(
    suite: CipherSuite, version: int, last: bool, records: list[tuple[int, bytes]], seed: bytes
) -> None:
    protector, unprotector = directions(suite, version, last, seed)
    for kind, octets in records:
        assert unprotector.unprotect(kind, protector.protect(kind, octets)) == octets
    assert protector.sequence == unprotector.sequence == len(records)


@pytest.mark.parametrize(("suite", "version", "last"), AUTHENTICATED, ids=way_name)
def test_protection_covers_the_version_of_the_record(suite: CipherSuite, version: int, last: bool) -> None:
    protector, unprotector = directions(suite, version, last)
    assert unprotector.unprotect(22, protector.protect(22, b"first", 0x0301), 0x0301) == b"first"
    with pytest.raises(BadRecord):
        unprotector.unprotect(22, protector.protect(22, b"next", 0x0301), 0x0302)


@pytest.mark.parametrize(("suite", "version", "last"), AUTHENTICATED, ids=way_name)
def test_the_longest_record_is_read(suite: CipherSuite, version: int, last: bool) -> None:
    protector, unprotector = directions(suite, version, last)
    octets = bytes(RECORD_OCTETS)
    assert unprotector.unprotect(23, protector.protect(23, octets)) == octets


@pytest.mark.parametrize(("suite", "version", "last"), AUTHENTICATED, ids=way_name)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_an_altered_octet_is_noticed(
    suite: CipherSuite, version: int, last: bool, data: st.DataObject
) -> None:
    protector, unprotector = directions(suite, version, last)
    octets = data.draw(st.binary(max_size=80))
    fragment = bytearray(protector.protect(23, octets))
    position = data.draw(st.integers(0, len(fragment) - 1))
    fragment[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadRecord) as caught:
        unprotector.unprotect(23, bytes(fragment))
    assert (caught.value.alert, caught.value.message) == ("bad_record_mac", BadRecord().message)


@pytest.mark.parametrize(("suite", "version", "last"), AUTHENTICATED, ids=way_name)
@settings(max_examples=10, deadline=None)
@given(octets=st.binary(max_size=40), cut=st.integers(0, 200))
def test_a_shorter_record_is_noticed(
    suite: CipherSuite, version: int, last: bool, octets: bytes, cut: int
) -> None:
    protector, unprotector = directions(suite, version, last)
    fragment = protector.protect(23, octets)
    with pytest.raises(BadRecord):
        unprotector.unprotect(23, fragment[: cut % len(fragment)])


@pytest.mark.parametrize(("suite", "version", "last"), AUTHENTICATED, ids=way_name)
@settings(max_examples=10, deadline=None)
@given(fragment=st.binary(max_size=120))
def test_any_octets_are_no_record(suite: CipherSuite, version: int, last: bool, fragment: bytes) -> None:
    unprotector = directions(suite, version, last)[1]
    with pytest.raises(BadRecord):
        unprotector.unprotect(23, fragment)


@pytest.mark.parametrize(("suite", "version", "last"), AUTHENTICATED, ids=way_name)
def test_type_and_order_of_records_are_covered(suite: CipherSuite, version: int, last: bool) -> None:
    protector, unprotector = directions(suite, version, last)
    with pytest.raises(BadRecord):
        unprotector.unprotect(22, protector.protect(23, b"as another type"))
    protector, unprotector = directions(suite, version, last)
    first, second = protector.protect(23, b"first"), protector.protect(23, b"second")
    with pytest.raises(BadRecord):
        unprotector.unprotect(23, second)
    unprotector = directions(suite, version, last)[1]
    assert unprotector.unprotect(23, first) == b"first"
    with pytest.raises(BadRecord):
        unprotector.unprotect(23, first)


def test_longer_padding_than_needed_is_read_and_other_padding_is_not() -> None:
    """RFC 5246 6.2.3.2: up to 255 octets, each of which holds padding_length."""
    suite = cipher_suite(0x002F)
    protector, unprotector = directions(suite, TLS_1_2, last=True)
    octets = b"with a MAC behind"
    for length in (14, 14 + 16, 14 + 16 * 15):
        fragment = padded(protector, octets, bytes((length,)) * (length + 1))
        assert unprotector.unprotect(23, fragment) == octets
    with pytest.raises(BadRecord):
        unprotector.unprotect(23, padded(protector, octets, b"\x0e" * 7 + b"\x0d" + b"\x0e" * 7))


def padded(protector: Protector, octets: bytes, padding: bytes) -> bytes:
    """Return a record with encrypt-then-MAC and padding of the caller's, made from one with the usual one."""
    iv = bytes(16)
    encryptor = protector._cbc(iv).encryptor()
    fragment = iv + encryptor.update(octets + padding) + encryptor.finalize()
    return fragment + protector._mac(23, fragment)


def test_before_the_first_change_of_cipher_records_are_plain() -> None:
    protector = Protector(TLS_1_2, NULL_SUITE, NO_KEYS, random=counting())
    unprotector = Unprotector(TLS_1_2, NULL_SUITE, NO_KEYS)
    assert protector.protect(22, b"plain") == unprotector.unprotect(22, b"plain") == b"plain"
