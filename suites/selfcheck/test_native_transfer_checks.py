"""Every row of the table of checks on data transfers, with diagnostic or alarm and event, for each role."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, algorithm, identifier
from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.generalized_time import write_time
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.native.outcomes import event_of
from conform62351.profiles.native.tokens import Authenticator, ClearToken2, DhKey
from conform62351.profiles.native.transfer_checks import TRANSFER_TABLE
from conform62351.profiles.native.transfer_outcomes import transfer_outcome, transfer_outcomes
from conform62351.profiles.policy import CheckTable, Policy, Step
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    BASE,
    CLEAR,
    CLEAR_GMAC,
    KINDS,
    SEPARATE,
    SEPARATE_GMAC,
    STATUS,
    Noting,
    Peers,
    Rewriting,
    told,
)

ROLES = tuple(Role)
PROTOCOL_ERROR, NOT_SELECTED, REQUIRED, GMAC_NONCE, SEQUENCE, AES_IV = 1, 3, 4, 5, 6, 7
UNEXPECTED_KEY, UNEXPECTED_CHANGE, TIME, GCM_IV, ALARM = 8, 9, 10, 11, None
EVENTS = {
    "protocol": {10: 1, 11: 1},
    "algorithm": {10: 3, 11: 3},
    "icv": {10: 5, 11: 5},
    "time": {10: 6, 11: 6},
    "replay": {10: 7, 11: 7},
    "seq": {10: 8, 11: 8},
    "rekey": {10: 9, 11: 10},
    "changed": {10: 10, 11: 11},
}


def event(kind: str, mode: str) -> str:
    group = 10 if mode in (CLEAR, CLEAR_GMAC) else 11
    return f"IEC62351-4:{group}.{EVENTS[kind][group]}"


def sending(receiver: Role, mode: str, policy: Policy) -> Peers:
    """Return peers of which the one that sends to ``receiver`` has a policy."""
    name = "server_policy" if receiver is Role.CLIENT else "client_policy"
    policies: dict[str, Any] = {name: policy}
    return Peers(mode, **policies)


def sender_of(receiver: Role) -> Role:
    return Role.SERVER if receiver is Role.CLIENT else Role.CLIENT


def faulty(
    receiver: Role,
    mode: str,
    values: dict[str, Callable[[Any], Any]] | None = None,
    octets: dict[str, Callable[[bytes], bytes | None]] | None = None,
) -> tuple[str, int | None, str | None]:
    """Return what ``receiver`` finds in the first message of a sender that makes one fault."""
    peers = sending(receiver, mode, Rewriting(values, octets))
    return told(peers.exchange(sender_of(receiver)))


def token(**changes: Any) -> dict[str, Callable[[Any], Any]]:
    return {"token": lambda value: replace(value, **changes)}


each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
each_kind = pytest.mark.parametrize("mode", KINDS)


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


def spoilt(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


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
def test_nothing_is_looked_at_after_a_fault(role: Role) -> None:
    peers = Peers(CLEAR)
    good = peers.sent(sender_of(role))
    peers.side(role).receive(b"")
    assert peers.side(role).ended
    received = peers.side(role).receive(good)
    assert (received.applData, received.fault) == (None, None)


@each_role
def test_a_tester_notes_and_goes_on(role: Role) -> None:
    name = "server_policy" if role is Role.SERVER else "client_policy"
    other = "client_policy" if role is Role.SERVER else "server_policy"
    spoiling = Rewriting(octets={"EncrTransfer": spoilt})
    for mode in (AE, SEPARATE):
        policies: dict[str, Any] = {name: Noting(), other: spoiling}
        peers = Peers(mode, **policies)
        spoiling.on = True
        received = peers.exchange(sender_of(role))
        assert [finding.step for finding in received.noted] == ["E2E.DT.6"]
        assert received.applData == STATUS
        spoiling.on = False
        assert peers.exchange(sender_of(role)).noted == ()
    for octets in (b"", b"\x30\x00", b"\xff" * 40):
        received = Peers(AE, **{name: Noting()}).side(role).receive(octets)  # type: ignore[arg-type]
        assert [finding.step for finding in received.noted] == ["E2E.DT.1"]
        assert received.applData is None


class Without(Policy):
    """A device that leaves one check out."""

    def __init__(self, step: str) -> None:
        self._step = step

    def steps(self, table: CheckTable[Any]) -> Sequence[Step[Any]]:
        return [step for step in table.steps if step.id != self._step]


@pytest.mark.parametrize(
    ("row", "mode", "values", "octets"),
    [
        ("1", CLEAR, token(assoID="7:42"), {}),
        ("4", CLEAR, {"auth": lambda auth: replace(auth, algorithm=AlgorithmIdentifier("1.2.3"))}, {}),
        (
            "5",
            CLEAR_GMAC,
            {"ClearTransfer": lambda pdu: replace(pdu, auth=replace(pdu.auth, nonce=None))},
            {},
        ),
        ("6", AE, {}, {"EncrTransfer": spoilt}),
        ("6", CLEAR, {}, {"ClearTransfer": spoilt}),
        ("9", AE, token(seq=1), {}),
        ("11", AE, token(changedKey=True), {}),
        ("12", AE, token(reqRekey=True), {}),
    ],
)
def test_a_device_that_leaves_a_check_out_executes_what_it_gets(
    row: str, mode: str, values: dict[str, Callable[[Any], Any]], octets: dict[str, Any]
) -> None:
    peers = Peers(mode, client_policy=Rewriting(values, octets), server_policy=Without(f"E2E.DT.{row}"))
    assert peers.exchange(Role.CLIENT).applData == STATUS


def test_outcomes_are_those_of_steps_and_of_the_catalogue() -> None:
    assert set(transfer_outcomes()) == {step.id for step in TRANSFER_TABLE.steps}
    for step, lines in transfer_outcomes().items():
        for line in lines:
            for role in Role:
                for pdu in ("ClearTransfer", "EncrTransfer"):
                    outcome = transfer_outcome(step, line, role, pdu)
                    logged = event_catalogue()[f"IEC62351-4:{outcome.event}"]
                    assert (logged.level.name == "ALARM") == (outcome.diagnostic is None)
                    assert dict(outcome.fault("detail").parameters)["event-group"] in (10, 11)


def test_the_order_of_the_checks() -> None:
    assert [step.id.removeprefix("E2E.DT.") for step in TRANSFER_TABLE.steps] == [
        *"123456",
        "6a",
        *"789",
        "10",
        "11",
        "12",
    ]
    # A bad ICV hides what lies inside: time, sequence, keys.
    inside: dict[str, Callable[[ClearToken2], ClearToken2]] = {
        "token": lambda value: replace(value, seq=9, changedKey=True, time=write_time(BASE - 5000))
    }
    peers = sending(Role.SERVER, CLEAR, Rewriting(inside, {"ClearTransfer": spoilt}))
    received = peers.exchange(Role.CLIENT)
    assert received.fault is not None
    assert (received.fault.step, event_of(received.fault)) == ("E2E.DT.6", "IEC62351-4:10.5")
