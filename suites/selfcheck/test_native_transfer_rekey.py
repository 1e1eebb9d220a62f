"""Refresh of keys in every mode: by the client, asked by the server, in flight; what old keys are worth."""

from __future__ import annotations

import pytest

from conform62351.profiles.crypto.keys import AssociationKeys
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.rekey import Turn
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer
from conform62351.profiles.native.tokens import ClearToken2
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    CODEC,
    KINDS,
    MODES,
    SEPARATE,
    STATUS,
    Clock,
    Peers,
    Rewriting,
    told,
)


def token(octets: bytes) -> ClearToken2:
    pdu = CODEC.decode(Carrier.DATA, octets).pdu
    assert isinstance(pdu, ClearTransfer | EncrTransfer)
    return pdu.token2


def deliver(peers: Peers, sender: Role, octets: bytes) -> None:
    received = peers.other(sender).receive(octets)
    assert (received.applData, received.fault) == (STATUS, None)


@pytest.mark.parametrize("mode", MODES)
def test_a_rekey_by_the_client(mode: str) -> None:
    peers = Peers(mode)
    for _ in range(3):
        peers.client.rekey()
        offered = peers.sent(Role.CLIENT)
        assert token(offered).rekey is not None
        plain = peers.sent(Role.CLIENT)
        assert token(plain).rekey is None
        deliver(peers, Role.CLIENT, offered)
        deliver(peers, Role.CLIENT, plain)
        changed = peers.sent(Role.SERVER)
        assert token(changed).changedKey
        received = peers.client.receive(changed)
        assert (received.applData, received.keys_changed) == (STATUS, True)
        after = peers.sent(Role.SERVER)
        assert not token(after).changedKey
        deliver(peers, Role.SERVER, after)
        deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))


@pytest.mark.parametrize("mode", KINDS)
def test_a_rekey_asked_by_the_server(mode: str) -> None:
    peers = Peers(mode)
    peers.server.ask_for_rekey()
    asking = peers.sent(Role.SERVER)
    assert token(asking).reqRekey
    assert not token(peers.sent(Role.SERVER)).reqRekey
    deliver(peers, Role.SERVER, asking)
    offered = peers.sent(Role.CLIENT)
    assert token(offered).rekey is not None
    deliver(peers, Role.CLIENT, offered)
    changed = peers.sent(Role.SERVER)
    assert token(changed).changedKey
    assert not token(changed).reqRekey


def test_each_rekey_has_another_key() -> None:
    peers, seen = Peers(AE), set()
    for _ in range(4):
        peers.client.rekey()
        offered = peers.sent(Role.CLIENT)
        seen.add(token(offered).rekey)
        deliver(peers, Role.CLIENT, offered)
        deliver(peers, Role.SERVER, peers.sent(Role.SERVER))
    assert len(seen) == 4


@pytest.mark.parametrize("group", ["modp-2048", "brainpoolP256r1", "modp-2048-224"])
def test_a_rekey_stays_in_its_group(group: str) -> None:
    peers = Peers(SEPARATE, group)
    peers.client.rekey()
    offered = peers.sent(Role.CLIENT)
    rekey = token(offered).rekey
    assert rekey is not None
    assert rekey.dhGroup == peers.client.agreed.dhGroup
    deliver(peers, Role.CLIENT, offered)
    deliver(peers, Role.SERVER, peers.sent(Role.SERVER))
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))


@pytest.mark.parametrize("mode", KINDS)
def test_old_keys_in_flight_and_refused(mode: str) -> None:
    """The server takes old keys until a message under the new ones came, and then no more."""
    peers, late = Peers(mode), Peers(mode)
    for one in (peers, late):
        one.client.rekey()
        deliver(one, Role.CLIENT, one.sent(Role.CLIENT))
        in_flight = [one.sent(Role.CLIENT) for _ in range(3)]
        deliver(one, Role.CLIENT, in_flight[0])
        changed = one.sent(Role.SERVER)
        deliver(one, Role.CLIENT, in_flight[1])
        deliver(one, Role.SERVER, changed)
        new = one.sent(Role.CLIENT)
        if one is peers:
            deliver(one, Role.CLIENT, in_flight[2])
            deliver(one, Role.CLIENT, new)
            deliver(one, Role.CLIENT, one.sent(Role.CLIENT))
        else:
            # seq of in_flight[2] is skipped: only the keys are asked about here.
            assert told(one.server.receive(new))[0] == "E2E.DT.9"

    peers = Peers(mode)
    stale = Peers(mode)
    for one in (peers, stale):
        one.client.rekey()
        deliver(one, Role.CLIENT, one.sent(Role.CLIENT))
    changed = peers.sent(Role.SERVER)
    deliver(peers, Role.SERVER, changed)
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))
    stale.clock.now += 1
    peers.clock.now += 1
    old = stale.sent(Role.CLIENT)
    step, diagnostic, _ = told(peers.server.receive(old))
    assert (step, diagnostic) == ("E2E.DT.6", None)


@pytest.mark.parametrize("mode", KINDS)
def test_the_client_refuses_old_keys_after_changed_key(mode: str) -> None:
    peers, stale = Peers(mode), Peers(mode)
    peers.client.rekey()
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))
    deliver(peers, Role.SERVER, peers.sent(Role.SERVER))
    stale.clock.now += 1
    peers.clock.now += 1
    step, diagnostic, _ = told(peers.client.receive(stale.sent(Role.SERVER)))
    assert (step, diagnostic) == ("E2E.DT.6", None)


@pytest.mark.parametrize("mode", KINDS)
def test_messages_under_old_keys_that_cross_a_rekey(mode: str) -> None:
    peers = Peers(mode)
    before = [peers.sent(Role.SERVER) for _ in range(2)]
    peers.client.rekey()
    offered = peers.sent(Role.CLIENT)
    for octets in before:
        deliver(peers, Role.SERVER, octets)
    deliver(peers, Role.CLIENT, offered)
    deliver(peers, Role.SERVER, peers.sent(Role.SERVER))


def test_sequence_goes_on_across_a_rekey() -> None:
    peers = Peers(AE)
    peers.exchange(Role.CLIENT)
    peers.client.rekey()
    offered = peers.sent(Role.CLIENT)
    assert token(offered).seq == 1
    deliver(peers, Role.CLIENT, offered)
    deliver(peers, Role.SERVER, peers.sent(Role.SERVER))
    assert token(peers.sent(Role.CLIENT)).seq == 2


def test_asking_while_a_rekey_is_open_is_no_fault() -> None:
    peers = Peers(AE)
    peers.client.rekey()
    offered = peers.sent(Role.CLIENT)
    peers.server.ask_for_rekey()
    deliver(peers, Role.SERVER, peers.sent(Role.SERVER))
    assert token(peers.sent(Role.CLIENT)).rekey is None
    peers.client.rekey()
    assert token(peers.sent(Role.CLIENT)).rekey is None
    peers.server.ask_for_rekey()
    deliver(peers, Role.CLIENT, offered)
    changed = peers.sent(Role.SERVER)
    assert (token(changed).changedKey, token(changed).reqRekey) == (True, False)
    peers.server.ask_for_rekey()
    again = peers.sent(Role.SERVER)
    assert token(again).reqRekey
    deliver(peers, Role.SERVER, changed)
    deliver(peers, Role.SERVER, again)
    assert token(peers.sent(Role.CLIENT)).rekey is not None


def test_each_side_has_its_own_part() -> None:
    peers = Peers(AE)
    with pytest.raises(ValueError, match="server"):
        peers.server.rekey()
    with pytest.raises(ValueError, match="client"):
        peers.client.ask_for_rekey()


def test_keys_are_due_for_a_refresh_by_the_clock_given() -> None:
    clock = Clock()
    peers = Peers(AE, clock=clock, client_changes={"interval": 900.0})
    assert not peers.client.needs_refresh
    clock.now += 899.9
    assert not peers.client.needs_refresh
    clock.now += 0.1
    assert peers.client.needs_refresh
    assert not peers.server.needs_refresh
    peers.client.rekey()
    assert not peers.client.needs_refresh
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))
    assert not peers.client.needs_refresh
    deliver(peers, Role.SERVER, peers.sent(Role.SERVER))
    assert not peers.client.needs_refresh
    clock.now += 900
    assert peers.client.needs_refresh
    clock.now += 86_400
    assert peers.server.needs_refresh
    peers.server.ask_for_rekey()
    assert not peers.server.needs_refresh
    deliver(peers, Role.SERVER, peers.sent(Role.SERVER))
    assert not peers.server.needs_refresh
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))
    assert not peers.server.needs_refresh
    peers.sent(Role.SERVER)
    assert not peers.server.needs_refresh
    clock.now -= 90_000
    assert not peers.client.needs_refresh


def test_asking_goes_together_with_changed_key() -> None:
    peers = Peers(AE)
    peers.client.rekey()
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))
    peers.server.ask_for_rekey()
    both = peers.sent(Role.SERVER)
    assert (token(both).changedKey, token(both).reqRekey) == (True, True)
    deliver(peers, Role.SERVER, both)
    offered = peers.sent(Role.CLIENT)
    assert token(offered).rekey is not None
    deliver(peers, Role.CLIENT, offered)
    deliver(peers, Role.SERVER, peers.sent(Role.SERVER))


@pytest.mark.parametrize("mode", KINDS)
def test_new_keys_are_tried_from_the_rekey_on(mode: str) -> None:
    """A client that does not wait for changedKey is read; its next rekey comes too early all the same."""
    peers, twin = Peers(mode), Peers(mode)
    peers.client.rekey()
    offered = peers.sent(Role.CLIENT)
    deliver(peers, Role.CLIENT, offered)
    twin.server.receive(offered)
    # The twin tells the client what the server has not told yet.
    deliver(peers, Role.SERVER, twin.sent(Role.SERVER))
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))
    peers.client.rekey()
    assert told(peers.server.receive(peers.sent(Role.CLIENT)))[:2] == ("E2E.DT.10", 8)


def test_a_policy_says_when_the_server_turns_to_new_keys() -> None:
    policy = Rewriting({"turn": lambda _: Turn(changes=False)})
    peers = Peers(AE, server_policy=policy)
    peers.client.rekey()
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))
    late = peers.sent(Role.SERVER)
    assert not token(late).changedKey
    deliver(peers, Role.SERVER, late)
    policy.on = False
    changed = peers.sent(Role.SERVER)
    assert token(changed).changedKey
    deliver(peers, Role.SERVER, changed)


def test_a_policy_changes_the_keys_of_handshake_and_rekey() -> None:
    policy = Rewriting({"keys": lambda keys: AssociationKeys(keys.client, keys.client)})
    peers = Peers(AE, server_policy=policy)
    assert policy.names == ["E2E.keys"]
    deliver(peers, Role.CLIENT, peers.sent(Role.CLIENT))
    fault = peers.client.receive(peers.sent(Role.SERVER)).fault
    assert fault is not None
    assert fault.step == "E2E.DT.6"


def test_a_server_knows_whether_data_are_under_the_newest_keys() -> None:
    peers = Peers(AE)
    peers.client.rekey()
    offered, old = peers.sent(Role.CLIENT), peers.sent(Role.CLIENT)
    assert peers.server.receive(offered).newest
    assert not peers.server.receive(old).newest
    assert peers.client.receive(peers.sent(Role.SERVER)).newest
    assert peers.server.receive(peers.sent(Role.CLIENT)).newest
