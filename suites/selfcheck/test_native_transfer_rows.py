"""Rows 7 to 12 of the checks on data transfers: times, seq and keys, with diagnostic and event by role."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conform62351.profiles.crypto.groups import EllipticGroup
from conform62351.profiles.generalized_time import write_time
from conform62351.profiles.native.tokens import DhKey
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    BASE,
    STATUS,
    Peers,
    Rewriting,
    told,
)
from conform62351.suites.selfcheck.native_transfer_faults import (
    ALARM,
    PROTOCOL_ERROR,
    SEQUENCE,
    TIME,
    UNEXPECTED_CHANGE,
    UNEXPECTED_KEY,
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
def test_7_time_within_ten_minutes(role: Role, mode: str) -> None:
    for away, in_order in ((600.0, True), (-600.0, True), (600.001, False), (-600.001, False)):
        peers = Peers(mode)
        sent = peers.sent(sender_of(role))
        peers.clock.now = BASE - away
        received = peers.side(role).receive(sent)
        if in_order:
            assert received.applData == STATUS
        else:
            assert told(received) == ("E2E.DT.7", TIME, event("time", mode))


@each_role
@each_kind
def test_8_replays(role: Role, mode: str) -> None:
    peers = Peers(mode)
    first, second = peers.sent(sender_of(role)), peers.sent(sender_of(role))
    peers.clock.now += 1
    third = peers.sent(sender_of(role))
    receiver = peers.side(role)
    assert [receiver.receive(octets).applData for octets in (first, second, third)] == [STATUS] * 3
    for octets in (third, second, first):
        fresh = Peers(mode)
        taken = fresh.side(role)
        for earlier in (first, second, third):
            assert taken.receive(earlier).fault is None
        assert told(taken.receive(octets)) == ("E2E.DT.8", ALARM, event("replay", mode))


@each_role
@each_kind
def test_8_and_9_time_and_seq(role: Role, mode: str) -> None:
    """The examples of decision 31, and a time that goes back."""

    def after_one(time: float, seq: int) -> tuple[str, int | None, str | None]:
        values = {"token": lambda value: replace(value, time=write_time(BASE + time), seq=seq)}
        policy = Rewriting(values)
        policy.on = False
        peers = sending(role, mode, policy)
        for _ in range(3):
            assert peers.exchange(sender_of(role)).fault is None
        policy.on = True
        return told(peers.exchange(sender_of(role)))

    replay = "E2E.DT.8", ALARM, event("replay", mode)
    assert [after_one(0, seq) for seq in (0, 1, 2)] == [replay] * 3
    invalid_seq = "E2E.DT.9", SEQUENCE, event("seq", mode)
    assert after_one(0, 4) == invalid_seq
    assert after_one(0.001, 5) == invalid_seq
    assert after_one(-0.001, 0) == ("E2E.DT.9", TIME, event("time", mode))


@each_role
def test_9_the_first_seq_is_0(role: Role) -> None:
    assert faulty(role, AE, token(seq=1)) == ("E2E.DT.9", SEQUENCE, event("seq", AE))


FRESH = DhKey(23, Peers(AE).client.agreed.group.public_value(77))


@each_kind
def test_10_rekey(mode: str) -> None:
    due = "E2E.DT.10", PROTOCOL_ERROR, event("protocol", mode)
    assert faulty(Role.CLIENT, mode, token(rekey=FRESH)) == due
    # Twice without changedKey in between.
    policy = Rewriting(token(rekey=FRESH))
    peers = sending(Role.SERVER, mode, policy)
    assert peers.exchange(Role.CLIENT).fault is None
    unexpected = "E2E.DT.10", UNEXPECTED_KEY, event("rekey", mode)
    assert told(peers.exchange(Role.CLIENT)) == unexpected
    # Under old keys after changedKey was sent.
    peers = sending(Role.SERVER, mode, policy)
    assert peers.exchange(Role.CLIENT).fault is None
    peers.sent(Role.SERVER)
    assert told(peers.exchange(Role.CLIENT)) == unexpected


@each_kind
def test_11_changed_key(mode: str) -> None:
    due = "E2E.DT.11", PROTOCOL_ERROR, event("protocol", mode)
    assert faulty(Role.SERVER, mode, token(changedKey=True)) == due
    unexpected = "E2E.DT.11", UNEXPECTED_CHANGE, event("changed", mode)
    assert faulty(Role.CLIENT, mode, token(changedKey=True)) == unexpected


@each_kind
def test_12_members_of_a_rekey(mode: str) -> None:
    due = "E2E.DT.12", PROTOCOL_ERROR, event("protocol", mode)
    assert faulty(Role.SERVER, mode, token(reqRekey=True)) == due
    infinity, modp = b"\x00", b"\x02" * 256
    for rekey in (
        DhKey(28, FRESH.dhPublicKey),
        DhKey(14, modp),
        DhKey(23, modp),
        DhKey(23, FRESH.dhPublicKey[:-1] + b"\0"),
        DhKey(23, infinity),
        DhKey(23, b""),
    ):
        assert faulty(Role.SERVER, mode, token(rekey=rekey)) == due


def test_12_alias_of_a_group_is_read_with_a_warning() -> None:
    policy = Rewriting(token(rekey=DhKey(19, FRESH.dhPublicKey)))
    received = sending(Role.SERVER, AE, policy).exchange(Role.CLIENT)
    assert received.fault is None
    assert received.deviations == ("rekey names its group 19, the handshake 23",)


def test_changed_key_and_keys_that_do_not_go_together() -> None:
    """Under old keys with changedKey, or under new ones without: the ICV alarm (11-decisions 33)."""
    for wrong in (True, False):
        policy = Rewriting(token(changedKey=wrong))
        peers = sending(Role.CLIENT, AE, policy)
        peers.client.rekey()
        sent = peers.sent(Role.CLIENT)
        if not wrong:
            assert peers.server.receive(sent).fault is None
        assert told(peers.exchange(Role.SERVER)) == ("E2E.DT.6", ALARM, event("icv", AE))


@each_role
@each_kind
def test_a_group_of_thousands_of_digits_is_told_by_its_size(role: Role, mode: str) -> None:
    changes = token(rekey=DhKey(1 << 30_000, FRESH.dhPublicKey))
    step, diagnostic, logged = faulty(role, mode, changes)
    assert diagnostic == PROTOCOL_ERROR
    assert logged == event("protocol", mode)
    assert step == ("E2E.DT.12" if role is Role.SERVER else "E2E.DT.10")
    assert faulty(role, mode, changes, {"EncrTransfer": spoilt, "ClearTransfer": spoilt})[:2] == (
        "E2E.DT.6",
        ALARM,
    )


def test_no_secret_is_computed_of_what_does_not_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = Rewriting(token(rekey=DhKey(19, FRESH.dhPublicKey)), {"EncrTransfer": spoilt})
    peers = sending(Role.SERVER, AE, policy)
    sent = peers.sent(Role.CLIENT)

    def computed(*_: object) -> bytes:
        raise AssertionError("a secret was computed")

    monkeypatch.setattr(EllipticGroup, "shared_secret", computed)
    assert told(peers.server.receive(sent))[:2] == ("E2E.DT.6", ALARM)
