"""Data transfer in every mode: long exchanges, nonces, mix-ups, policies, and damaged octets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conform62351.profiles.crypto.groups import PublicValueError, groups
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.native.agreement import OwnKey
from conform62351.profiles.native.codec import Carrier, Protected
from conform62351.profiles.native.direction import RandomnessError
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer
from conform62351.profiles.native.transfer import DataTransfer, ReceivedTransfer, TransferEnded
from conform62351.profiles.native.transfer_checks import TRANSFER_TABLE
from conform62351.profiles.role import Role
from conform62351.profiles.tlv_edit import length_octets
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    CLEAR,
    CLEAR_GMAC,
    CODEC,
    KINDS,
    MODES,
    SEPARATE,
    SEPARATE_GMAC,
    STATUS,
    Noting,
    Peers,
    Rewriting,
    agreement,
    counting,
    told,
)

STEPS = {step.id for step in TRANSFER_TABLE.steps}
ROLES = tuple(Role)


def element(content: bytes) -> bytes:
    """Return a PDU of that content: in the clear it must be one BER element."""
    return b"\x80" + length_octets(len(content)) + content


def transfer_of(octets: bytes) -> ClearTransfer | EncrTransfer:
    pdu = CODEC.decode(Carrier.DATA, octets).pdu
    assert isinstance(pdu, ClearTransfer | EncrTransfer)
    return pdu


@pytest.mark.parametrize("mode", MODES)
def test_a_long_exchange_in_both_directions(mode: str) -> None:
    peers = Peers(mode)
    seen: dict[Role, list[bytes]] = {role: [] for role in Role}
    for number in range(120):
        role = ROLES[number % 3 % 2]
        data = element(bytes(number))
        sent = peers.sent(role, data)
        received = peers.other(role).receive(sent)
        assert (received.applData, received.fault, received.noted) == (data, None, ())
        pdu = transfer_of(sent)
        assert (data in sent) == (MODES[mode][0] is None)
        assert pdu.auth is None or pdu.auth.algorithm == peers.client.agreed.integrity.identifier  # type: ignore[union-attr]
        used = pdu.token2.iv or (pdu.auth and pdu.auth.nonce)
        if used:
            seen[role].append(used)
        peers.clock.now += number % 2 * 0.001
    for values in seen.values():
        assert len(set(values)) == len(values)
        assert (len(values) > 30) == (mode != CLEAR)


@pytest.mark.parametrize("group", groups())
@pytest.mark.parametrize("mode", [AE, SEPARATE, CLEAR_GMAC])
def test_every_group(mode: str, group: str) -> None:
    peers = Peers(mode, group)
    for role in (*ROLES, *ROLES):
        assert peers.exchange(role).applData == STATUS


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [0, 10, 11, 12, 13, 65_000])
def test_data_of_every_length(mode: str, size: int) -> None:
    data = element(bytes(size))
    assert Peers(mode).exchange(Role.CLIENT, data).applData == data


@pytest.mark.parametrize("mode", [AE, SEPARATE, SEPARATE_GMAC])
@pytest.mark.parametrize("data", [b"", b"\0", bytes(15), bytes(16)], ids=len)
def test_encrypted_data_may_be_anything(mode: str, data: bytes) -> None:
    assert Peers(mode).exchange(Role.SERVER, data).applData == data


@pytest.mark.parametrize("mode", KINDS)
def test_directions_mixed_up(mode: str) -> None:
    """What a side has sent itself comes back to it: other keys."""
    for role in Role:
        peers = Peers(mode)
        sent = peers.sent(role)
        step, diagnostic, _ = told(peers.side(role).receive(sent))
        assert (step, diagnostic) == ("E2E.DT.6", None)


@pytest.mark.parametrize("mode", KINDS)
def test_associations_mixed_up(mode: str) -> None:
    for role in Role:
        one, other = Peers(mode), Peers(mode, seed=91)
        step, diagnostic, _ = told(other.other(role).receive(one.sent(role)))
        assert (step, diagnostic) == ("E2E.DT.6", None)
        one, other = Peers(mode), Peers(mode, seed=91)
        other.other(role).agreed = replace(other.client.agreed, assoID="8:3")
        step, diagnostic, _ = told(other.other(role).receive(one.sent(role)))
        assert (step, diagnostic) == ("E2E.DT.1", 1)


@pytest.mark.parametrize("tag", range(12, 17))
def test_tags_are_of_the_agreed_length(tag: int) -> None:
    plain = transfer_of(Peers("aes128-GCM/12").sent(Role.CLIENT))
    sealed = transfer_of(Peers(f"aes128-GCM/{tag}").sent(Role.CLIENT))
    assert len(sealed.applData) == len(STATUS) + tag
    assert sealed.applData[: len(STATUS) + 12] == plain.applData
    for other in set(range(12, 17)) - {tag}:
        sent = Peers(f"aes128-GCM/{tag}").sent(Role.CLIENT)
        assert told(Peers(f"aes128-GCM/{other}").server.receive(sent))[0] == "E2E.DT.6"


def test_nothing_is_sent_with_an_iv_used_before() -> None:
    agreed = agreement(SEPARATE)
    own = OwnKey(5, agreed.group.public_value(5))
    client = DataTransfer(
        Role.CLIENT,
        agreed,
        own,
        own.public,
        CODEC,
        clock=lambda: 1.0,
        randomness=lambda octets: bytes(octets),
    )
    assert client.protect(STATUS)
    with pytest.raises(RandomnessError, match="again"):
        client.protect(STATUS)


@pytest.mark.parametrize("mode", [AE, CLEAR_GMAC])
def test_nonces_differ_even_when_the_randomness_does_not(mode: str) -> None:
    agreed = agreement(mode)
    own = OwnKey(5, agreed.group.public_value(5))
    client = DataTransfer(
        Role.CLIENT,
        agreed,
        own,
        own.public,
        CODEC,
        clock=lambda: 1.0,
        randomness=lambda octets: b"\xff" * octets,
    )
    sent = [transfer_of(client.protect(STATUS)[0].octets) for _ in range(300)]
    assert len({pdu.token2.iv or (pdu.auth and pdu.auth.nonce) for pdu in sent}) == 300


def test_what_cannot_be_begun() -> None:
    agreed, own = agreement(AE), OwnKey(5, b"")
    begin: dict[str, Any] = {"clock": lambda: 1.0, "randomness": counting()}
    with pytest.raises(PublicValueError):
        DataTransfer(Role.CLIENT, agreed, own, bytes(65), CODEC, **begin)
    peer = agreed.group.public_value(9)
    for interval in (899.9, 86_400.1):
        with pytest.raises(ValueError, match="15 min"):
            DataTransfer(Role.CLIENT, agreed, own, peer, CODEC, interval=interval, **begin)


def test_nothing_is_sent_after_the_end() -> None:
    peers = Peers(AE)
    peers.client.receive(b"")
    with pytest.raises(TransferEnded):
        peers.client.protect(STATUS)


def test_a_clock_beyond_all_years() -> None:
    peers = Peers(AE)
    peers.clock.now = 1e18
    with pytest.raises(EncodingError):
        peers.client.protect(STATUS)


ASKED = {
    AE: ["token", "aad:octets", "sealed:octets", "tbp"],
    SEPARATE: ["token", "padded:octets", "sealed:octets", "tbp", "auth"],
    SEPARATE_GMAC: ["token", "padded:octets", "sealed:octets", "tbp", "auth"],
    CLEAR: ["token", "tbp", "auth"],
    CLEAR_GMAC: ["token", "tbp", "auth"],
}


@pytest.mark.parametrize("mode", KINDS)
def test_a_policy_is_asked_for_every_part(mode: str) -> None:
    policy = Rewriting()
    (outgoing,) = Peers(mode, client_policy=policy).client.protect(STATUS)
    name = "E2E.EncrTransfer" if MODES[mode][0] else "E2E.ClearTransfer"
    assert outgoing.names == (name,)
    parts = [f"{name}.{part}" for part in ("protection", *ASKED[mode])]
    assert policy.names == ["E2E.keys", *parts, name, f"{name}:octets"]
    for part in policy.names:
        if part.endswith(":octets"):
            withheld = Rewriting(octets={part.removesuffix(":octets").split(".")[-1]: lambda _: None})
            assert Peers(mode, client_policy=withheld).client.protect(STATUS) == []


@pytest.mark.parametrize("mode", KINDS)
def test_forms_that_are_not_sent_are_read(mode: str) -> None:
    """An extension behind applData, and an indefinite length of tbp, both covered by the ICV."""
    extension = bytes.fromhex("9f7f0100")

    def extended(tbp: Protected) -> Protected:
        content = tbp.content + extension
        return Protected(b"\x30\x82" + len(content).to_bytes(2, "big") + content, content)

    def indefinite(tbp: Protected) -> Protected:
        content = tbp.content + b"\0\0"
        return Protected(b"\x30\x80" + content, content)

    for change in (extended, indefinite):
        peers = Peers(mode, client_policy=Rewriting({"tbp": change}))
        assert peers.exchange(Role.CLIENT).applData == STATUS


def assert_same(sent: bytes, received: ReceivedTransfer) -> None:
    """Assert that only something else than what is protected has changed: parameters without a meaning."""
    assert received.applData == STATUS
    assert received.pdu is not None
    whole = transfer_of(sent)
    assert (received.pdu.aad, received.pdu.applData) == (whole.aad, whole.applData)


@settings(max_examples=150, deadline=None)
@given(
    mode=st.sampled_from(KINDS),
    position=st.integers(0, 200),
    bit=st.integers(0, 7),
    role=st.sampled_from(ROLES),
)
def test_one_bit_that_is_wrong_is_found(mode: str, position: int, bit: int, role: Role) -> None:
    peers = Peers(mode)
    sent = peers.sent(role)
    octets = bytearray(sent)
    octets[position % len(octets)] ^= 1 << bit
    received = peers.other(role).receive(bytes(octets))
    if received.fault is None:
        assert_same(sent, received)
        return
    # What is checked behind the ICV is never reached.
    assert received.fault.step in {"E2E.DT.1", "E2E.DT.2", "E2E.DT.3", "E2E.DT.4", "E2E.DT.5", "E2E.DT.6"}


@settings(max_examples=100, deadline=None)
@given(octets=st.binary(max_size=200), mode=st.sampled_from(KINDS), noting=st.booleans())
@example(octets=b"\x30\x80" * 90, mode=AE, noting=False)
def test_any_octets_have_an_outcome(octets: bytes, mode: str, noting: bool) -> None:
    peers = Peers(mode, server_policy=Noting()) if noting else Peers(mode)
    received = peers.server.receive(octets)
    found = (*received.noted, *(() if received.fault is None else (received.fault,)))
    assert found
    assert {finding.step for finding in found} <= STEPS


@settings(max_examples=60, deadline=None)
@given(
    mode=st.sampled_from(KINDS),
    cut=st.integers(0, 200),
    inserted=st.binary(max_size=20),
    dropped=st.integers(0, 20),
)
def test_cut_and_patched_messages_have_an_outcome(mode: str, cut: int, inserted: bytes, dropped: int) -> None:
    peers = Peers(mode, server_policy=Noting())
    octets = peers.sent(Role.CLIENT)
    changed = octets[:cut] + inserted + octets[cut + dropped :]
    received = peers.server.receive(changed)
    assert received.fault is None
    if not received.noted:
        assert_same(octets, received)
