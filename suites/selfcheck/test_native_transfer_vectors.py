"""Data transfer against known answers, which openssl computed."""

from __future__ import annotations

import tomllib
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from conform62351.fixtures.vectors.native import making
from conform62351.profiles.crypto.algorithms import Use, names
from conform62351.profiles.crypto.groups import groups
from conform62351.profiles.crypto.keys import hkdf
from conform62351.profiles.native.agreement import OwnKey
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import CODEC, agreement, selected
from conform62351.suites.selfcheck.peers import require_program


@cache
def text(kind: str) -> str:
    return making.FOLDER.joinpath(f"{kind}.toml").read_text("ascii")


CASES = [case for kind in making.KINDS for case in tomllib.loads(text(kind))["case"]]


def name_of(case: dict[str, Any]) -> str:
    parts = (case["encryption"], case["integrity"], str(case["tag"]), case["group"])
    return " ".join(part for part in parts if part)


def scripted(octets: list[bytes]) -> Callable[[int], bytes]:
    """Return randomness that gives what is listed; asking for another length is a fault."""
    left = deque(octets)

    def give(length: int) -> bytes:
        given = left.popleft()
        assert len(given) == length
        return given

    return give


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_messages_come_out_octet_for_octet(case: dict[str, Any]) -> None:
    group = groups()[case["group"]]
    private = {who: int(octets, 16) for who, octets in case["private"].items()}
    public = {who: bytes.fromhex(octets) for who, octets in case["public"].items()}
    assert {who: group.public_value(number) for who, number in private.items()} == public
    secret = group.shared_secret(private["client"], public["server"])
    assert secret.hex() == case["secret"]
    assert group.shared_secret(private["server"], public["rekey"]).hex() == case["rekeySecret"]
    salt = bytes.fromhex(case["salt"])
    assert hkdf(salt, secret, len(case["material"]) // 2).hex() == case["material"]

    agreed = agreement(
        "HMAC",
        group=case["group"],
        dhGroup=case["dhGroup"],
        salt=salt,
        encryption=selected(case["encryption"] or None, case["tag"] or 12),
        integrity=selected(case["integrity"] or None, case["tag"] or 12),
    )
    nonces = {who: bytes.fromhex(octets) for who, octets in case["nonces"].items()}
    ivs = [bytes.fromhex(one["iv"]) for one in case["message"]]
    fresh = (private["rekey"] - 1).to_bytes(group.private_octets, "big")
    # What each side draws, in order: the nonce of the first keys, an iv a message, at a rekey its key (of the
    # client) and the nonce of the second keys.
    client = [nonces["c1"], ivs[0], fresh, nonces["c2"], ivs[2], ivs[4]]
    server = [nonces["s1"], ivs[1], nonces["s2"], ivs[3]]
    clock = Clock()
    sides = {
        role.value: DataTransfer(
            role,
            agreed,
            OwnKey(private[role.value], public[role.value]),
            public[other.value],
            CODEC,
            clock=clock,
            randomness=scripted([octets for octets in drawn if octets]),
        )
        for role, other, drawn in ((Role.CLIENT, Role.SERVER, client), (Role.SERVER, Role.CLIENT, server))
    }
    for number, one in enumerate(case["message"]):
        moment = datetime.strptime(one["time"], "%Y%m%d%H%M%S.%fZ").replace(tzinfo=UTC)
        clock.now = moment.timestamp()
        if number == 2:
            sides["client"].rekey()
        data = bytes.fromhex(one["applData"])
        (outgoing,) = sides[one["sender"]].protect(data)
        assert outgoing.octets.hex() == one["octets"]
        other = "server" if one["sender"] == "client" else "client"
        received = sides[other].receive(bytes.fromhex(one["octets"]))
        assert (received.fault, received.noted, received.deviations) == (None, (), ())
        assert received.applData == data


def test_every_mode_and_group_is_among_the_vectors() -> None:
    gcm = {(name, tag) for name in names(Use.GCM) for tag in range(12, 17)}
    assert {(case["encryption"], case["tag"]) for case in CASES if not case["integrity"]} == gcm
    assert {(case["integrity"], case["tag"]) for case in CASES if not case["encryption"]} == gcm | {
        (making.HMAC, 0)
    }
    both = {(case["encryption"], case["integrity"]) for case in CASES} - {("", "")}
    assert {pair for pair in both if all(pair)} == {
        (encryption, integrity)
        for encryption in names(Use.ENCRYPTION)
        for integrity in (making.HMAC, *names(Use.GCM))
    }
    for kind in making.KINDS:
        assert {case["group"] for case in tomllib.loads(text(kind))["case"]} == set(groups())


def test_gcm_by_parts_is_that_of_its_specification() -> None:
    """Test case 4 of McGrew and Viega: lengths that are no whole blocks."""
    require_program("openssl")
    sealed = making.gcm(
        bytes.fromhex("feffe9928665731c6d6a8f9467308308"),
        bytes.fromhex("cafebabefacedbaddecaf888"),
        bytes.fromhex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ),
        bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
        16,
    )
    assert sealed[-16:].hex() == "5bc94fbc3221a5db94fae95ae7121a47"


@pytest.mark.parametrize("kind", making.KINDS)
def test_the_vectors_come_out_as_they_are(kind: str) -> None:
    require_program("openssl")
    assert making.text_of(kind) == text(kind)
