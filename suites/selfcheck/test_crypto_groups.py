"""Key agreement against values that OpenSSL and the RFCs made."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import ClassVar

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.crypto.groups import (
    EllipticGroup,
    Group,
    ModpGroup,
    Numbering,
    PublicValueError,
    groups,
)
from conform62351.suites.selfcheck.peers import require_program

NAMES = tuple(groups())
CURVES = ("secp256r1", "brainpoolP256r1")
MODP = {"modp-2048": ("group:modp_2048",), "modp-2048-224": ("group:dh_2048_224",)}


class PublicKey(core.Sequence):  # type: ignore[misc]
    """A SubjectPublicKeyInfo whose key is an INTEGER."""

    _fields: ClassVar = [("algorithm", core.Any), ("public_key", core.ParsableOctetBitString)]


def pair(group: Group, fill: int) -> tuple[int, bytes]:
    private = group.private_key(bytes((fill,)) * group.private_octets)
    return private, group.public_value(private)


@pytest.mark.parametrize("name", NAMES)
def test_both_sides_agree(name: str) -> None:
    group = groups()[name]
    (ours, our_value), (theirs, their_value) = pair(group, 1), pair(group, 2)
    secret = group.shared_secret(ours, their_value)
    assert secret == group.shared_secret(theirs, our_value)
    assert len(our_value) == group.public_octets
    assert len(secret) == (256 if name in MODP else 32)


@pytest.mark.parametrize("name", MODP)
@given(st.data())
@settings(max_examples=20, deadline=None)
def test_public_values_are_powers_of_the_generator(name: str, data: st.DataObject) -> None:
    group = groups()[name]
    assert isinstance(group, ModpGroup)
    largest = group.private_key(b"\xff" * group.private_octets)
    private = data.draw(st.integers(1, 300) | st.integers(1, largest))
    generator = int.from_bytes(group.public_value(1), "big")
    assert int.from_bytes(group.public_value(private), "big") == pow(generator, private, group.prime)


@pytest.mark.parametrize("name", NAMES)
def test_openssl_agrees(name: str, tmp_path: Path) -> None:
    """OpenSSL makes a key, and derives the same secret from the public value of ours."""
    openssl = require_program("openssl")

    def run(*arguments: str) -> bytes:
        return subprocess.run([openssl, *arguments], check=True, capture_output=True, cwd=tmp_path).stdout

    if name in MODP:
        options = ["-algorithm", "DH", "-pkeyopt", *MODP[name]]
    else:
        curve = {"secp256r1": "P-256"}.get(name, name)
        options = ["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}"]
    run("genpkey", *options, "-out", "peer.pem")
    run("pkey", "-in", "peer.pem", "-pubout", "-outform", "DER", "-out", "peer.der")
    spki = (tmp_path / "peer.der").read_bytes()
    group = groups()[name]
    private, ours = pair(group, 7)
    peer_value, our_spki = exchange_formats(group, spki, ours)
    (tmp_path / "ours.der").write_bytes(our_spki)
    run("pkey", "-pubin", "-inform", "DER", "-in", "ours.der", "-out", "ours.pem")
    # Of itself OpenSSL leaves the leading zeros of what Diffie and Hellman agree on out.
    whole = ("-pkeyopt", "dh_pad:1") if name in MODP else ()
    derived = run("pkeyutl", "-derive", "-inkey", "peer.pem", "-peerkey", "ours.pem", *whole)
    assert derived == group.shared_secret(private, peer_value)


def exchange_formats(group: Group, spki: bytes, ours: bytes) -> tuple[bytes, bytes]:
    """Return the public value in OpenSSL's SubjectPublicKeyInfo, and that structure with ``ours`` in it."""
    if isinstance(group, EllipticGroup):
        return spki[-65:], spki[:-65] + ours
    peer = PublicKey.load(spki, strict=True)
    value = peer["public_key"].parsed.native.to_bytes(group.public_octets, "big")
    peer["public_key"] = core.Integer(int.from_bytes(ours, "big")).dump()
    return value, peer.dump(force=True)


@pytest.mark.parametrize("name", MODP)
def test_bad_values_of_modp_groups_are_refused(name: str) -> None:
    group = groups()[name]
    assert isinstance(group, ModpGroup)
    private, good = pair(group, 3)
    p = group.prime
    for value in (0, 1, p - 1, p, p + 1, (1 << 2048) - 1):
        with pytest.raises(PublicValueError):
            group.shared_secret(private, value.to_bytes(256, "big"))
    for octets in (b"", good[1:], b"\0" + good):
        with pytest.raises(PublicValueError):
            group.shared_secret(private, octets)


def test_the_group_of_rfc_5114_wants_values_of_its_subgroup() -> None:
    group = groups()["modp-2048-224"]
    private, good = pair(group, 3)
    assert isinstance(group, ModpGroup)
    outside = group.prime - int.from_bytes(good, "big")
    with pytest.raises(PublicValueError, match="subgroup"):
        group.shared_secret(private, outside.to_bytes(256, "big"))


@pytest.mark.parametrize("name", CURVES)
def test_bad_points_are_refused(name: str) -> None:
    group = groups()[name]
    private, good = pair(group, 3)
    assert group.shared_secret(private, good) == group.shared_secret(private, good[1:])
    off_curve = good[:-1] + bytes((good[-1] ^ 1,))
    infinity = b"\0"
    for octets in (off_curve, off_curve[1:], infinity, b"", bytes(64), bytes(65), b"\x04" + bytes(64)):
        with pytest.raises(PublicValueError):
            group.shared_secret(private, octets)
    compressed = bytes((2 + (good[-1] & 1),)) + good[1:33]
    with pytest.raises(PublicValueError):
        group.shared_secret(private, compressed)
    too_large = b"\x04" + b"\xff" * 64
    with pytest.raises(PublicValueError):
        group.shared_secret(private, too_large)


@given(st.sampled_from(NAMES), st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_octets_are_a_value_or_a_typed_error(name: str, octets: bytes) -> None:
    group = groups()[name]
    private, _ = pair(group, 5)
    try:
        secret = group.shared_secret(private, octets)
    except PublicValueError:
        return
    assert len(secret) in (32, 256)


def test_private_keys_want_their_randomness() -> None:
    group = groups()["secp256r1"]
    with pytest.raises(ValueError, match="random octets"):
        group.private_key(b"\1" * 32)
    assert group.private_key(bytes(group.private_octets)) == 1


def test_23_is_a_curve_unless_the_ike_reading_is_chosen() -> None:
    usual = Numbering(NAMES)
    ike = Numbering(NAMES, ike=True)
    assert {number: group.name for number in range(40) if (group := usual.group(number))} == {
        14: "modp-2048",
        19: "secp256r1",
        23: "secp256r1",
        28: "brainpoolP256r1",
    }
    assert {number: group.name for number in range(40) if (group := ike.group(number))} == {
        14: "modp-2048",
        23: "modp-2048-224",
        28: "brainpoolP256r1",
    }
    assert Numbering(("modp-2048",)).group(23) is None
