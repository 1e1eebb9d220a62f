"""Rows 1 to 6a of the checks on data transfers: form and protection, with diagnostic and event by role."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, algorithm, identifier
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.native.tokens import Authenticator
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    CLEAR,
    CLEAR_GMAC,
    SEPARATE,
    SEPARATE_GMAC,
    STATUS,
    Peers,
    Rewriting,
    told,
)
from conform62351.suites.selfcheck.native_transfer_faults import (
    AES_IV,
    ALARM,
    GCM_IV,
    GMAC_NONCE,
    NOT_SELECTED,
    PROTOCOL_ERROR,
    REQUIRED,
    each_kind,
    each_role,
    event,
    faulty,
    sender_of,
    sending,
    spoilt,
    token,
)


@each_role
@each_kind
def test_1_what_does_not_decode(role: Role, mode: str) -> None:
    peers = Peers(mode)
    due = "E2E.DT.1", PROTOCOL_ERROR, event("protocol", mode)
    assert told(peers.side(role).receive(b"\x30\x80")) == due
    assert faulty(role, mode, token(assoID="7:42")) == due
    assert faulty(role, mode, token(assoID="7")) == due


@each_role
@each_kind
@pytest.mark.parametrize(
    "time",
    [b"20261122173413.000", b"20261122T173413.000Z", b"20261122173413.000+0100", b"20261122173413.0000000Z"],
)
def test_1_times_that_are_none(role: Role, mode: str, time: bytes) -> None:
    assert faulty(role, mode, token(time=time)) == (
        "E2E.DT.1",
        PROTOCOL_ERROR,
        event("protocol", mode),
    )


@pytest.mark.parametrize("time", [b"20261122173413Z", b"20261122173413,000Z", b"20261122173413.000000Z"])
def test_other_forms_of_time_are_read(time: bytes) -> None:
    peers = sending(Role.SERVER, CLEAR, Rewriting(token(time=time)))
    received = peers.exchange(Role.CLIENT)
    assert received.fault is None
    assert bool(received.deviations) == (b"," not in time)


@each_role
@pytest.mark.parametrize("seq", [-1, 1 << 31, 1 << 70])
def test_1_seq_out_of_its_range(role: Role, seq: int) -> None:
    assert faulty(role, CLEAR, token(seq=seq)) == ("E2E.DT.1", PROTOCOL_ERROR, event("protocol", CLEAR))


@each_role
def test_2_encryption_as_agreed(role: Role) -> None:
    for mode in (AE, SEPARATE, SEPARATE_GMAC):
        clear, peers = Peers(CLEAR), Peers(mode)
        sent = clear.sent(sender_of(role))
        assert told(peers.side(role).receive(sent)) == ("E2E.DT.2", REQUIRED, "IEC62351-4:10.2")
    for mode in (CLEAR, CLEAR_GMAC):
        encrypted, peers = Peers(AE), Peers(mode)
        sent = encrypted.sent(sender_of(role))
        assert told(peers.side(role).receive(sent)) == ("E2E.DT.2", NOT_SELECTED, "IEC62351-4:11.2")


@each_role
def test_3_authenticator_where_it_is_due(role: Role) -> None:
    def without(pdu: Any) -> Any:
        return replace(pdu, auth=None)

    def beside(pdu: Any) -> Any:
        return replace(pdu, auth=Authenticator(identifier(algorithm("hmacWithSHA256")), bytes(32)))

    for mode in (SEPARATE, SEPARATE_GMAC):
        due = "E2E.DT.3", PROTOCOL_ERROR, event("protocol", mode)
        assert faulty(role, mode, {"EncrTransfer": without}) == due
    due = "E2E.DT.3", PROTOCOL_ERROR, event("protocol", AE)
    assert faulty(role, AE, {"EncrTransfer": beside}) == due
    # In ClearTransfer auth is no optional component.
    due = "E2E.DT.1", PROTOCOL_ERROR, event("protocol", CLEAR)
    assert faulty(role, CLEAR, {"ClearTransfer": without}) == due


@each_role
@pytest.mark.parametrize("mode", [SEPARATE, SEPARATE_GMAC, CLEAR, CLEAR_GMAC])
@pytest.mark.parametrize(
    "other",
    [
        identifier(algorithm("aes128-GCM", 16)),
        AlgorithmIdentifier("1.2.840.113549.2.9", b"\x04\x00"),
        AlgorithmIdentifier("1.2.3"),
    ],
)
def test_4_another_icv_algorithm(role: Role, mode: str, other: AlgorithmIdentifier) -> None:
    found = faulty(role, mode, {"auth": lambda auth: replace(auth, algorithm=other)})
    assert found == ("E2E.DT.4", ALARM, event("algorithm", mode))


def test_4_parameters_that_mean_the_same() -> None:
    absent = AlgorithmIdentifier(identifier(algorithm("hmacWithSHA256")).oid)
    policy = Rewriting({"auth": lambda auth: replace(auth, algorithm=absent)})
    assert sending(Role.SERVER, CLEAR, policy).exchange(Role.CLIENT).fault is None


@each_role
def test_5_nonce_and_iv(role: Role) -> None:
    def final_nonce(nonce: bytes | None) -> Callable[[Any], Any]:
        return lambda pdu: replace(pdu, auth=replace(pdu.auth, nonce=nonce))

    for nonce in (None, b"", bytes(65)):
        change = final_nonce(nonce)
        assert faulty(role, CLEAR_GMAC, {"ClearTransfer": change}) == (
            "E2E.DT.5",
            GMAC_NONCE,
            "IEC62351-4:10.4",
        )
        assert faulty(role, SEPARATE_GMAC, {"EncrTransfer": change}) == (
            "E2E.DT.5",
            GMAC_NONCE,
            "IEC62351-4:11.4",
        )
    for mode in (SEPARATE, SEPARATE_GMAC):
        for iv in (None, b"", bytes(15), bytes(17)):
            assert faulty(role, mode, token(iv=iv)) == ("E2E.DT.5", AES_IV, "IEC62351-4:11.9")
    for iv in (None, b"", bytes(11), bytes(16)):
        assert faulty(role, AE, token(iv=iv)) == ("E2E.DT.5", GCM_IV, "IEC62351-4:11.4")


@pytest.mark.parametrize("octets", [1, 7, 8, 13, 64])
def test_nonces_of_other_lengths_are_read(octets: int) -> None:
    policy = Rewriting({"auth": lambda auth: replace(auth, nonce=bytes(octets))})
    for mode in (CLEAR_GMAC, SEPARATE_GMAC):
        assert sending(Role.SERVER, mode, policy).exchange(Role.CLIENT).applData == STATUS


def test_an_iv_in_the_clear_is_ignored() -> None:
    for mode in (CLEAR, CLEAR_GMAC):
        policy = Rewriting(token(iv=b"no iv"))
        assert sending(Role.CLIENT, mode, policy).exchange(Role.SERVER).applData == STATUS


@each_role
@each_kind
def test_6_icv_or_tag(role: Role, mode: str) -> None:
    due = "E2E.DT.6", ALARM, event("icv", mode)
    name = "ClearTransfer" if mode in (CLEAR, CLEAR_GMAC) else "EncrTransfer"
    assert faulty(role, mode, octets={name: spoilt}) == due

    def other_content(tbp: Protected) -> Protected:
        return Protected(tbp.octets, spoilt(tbp.content))

    if mode == AE:
        assert faulty(role, mode, octets={"aad": spoilt}) == due
        for length in (0, 1, 11):
            assert faulty(role, mode, octets={"sealed": operator.itemgetter(slice(length))}) == due
        return
    assert faulty(role, mode, {"tbp": other_content}) == due
    for length in (0, 11):

        def cut(pdu: Any, length: int = length) -> Any:
            return replace(pdu, auth=replace(pdu.auth, icv=pdu.auth.icv[:length]))

        assert faulty(role, mode, {name: cut}) == due


@each_role
@pytest.mark.parametrize("mode", [SEPARATE, SEPARATE_GMAC])
def test_6a_padding_faults_look_alike(role: Role, mode: str) -> None:
    def ending(*octets: int) -> Callable[[bytes], bytes]:
        return lambda padded: padded[: -len(octets)] + bytes(octets)

    faults: Sequence[dict[str, Callable[[bytes], bytes | None]]] = [
        {"padded": ending(0)},
        {"padded": ending(17)},
        {"padded": ending(255)},
        {"padded": ending(2, 3, 3)},
        {"padded": lambda _: bytes(15) + b"\x10"},
        {"sealed": lambda sealed: sealed[:-1]},
        {"sealed": lambda _: b""},
        {"sealed": lambda sealed: sealed + b"\0"},
    ]
    details = set()
    for fault in faults:
        peers = sending(role, mode, Rewriting(octets=fault))
        received = peers.exchange(sender_of(role))
        assert told(received) == ("E2E.DT.6a", PROTOCOL_ERROR, event("protocol", mode))
        assert received.fault is not None
        details.add(str(received.fault))
    assert len(details) == 1
