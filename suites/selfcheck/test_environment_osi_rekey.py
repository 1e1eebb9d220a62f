"""Refresh of keys over OSI: who asks, what rides on which message, limits by the clock, readings of keys."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.environments.osi.events import KeysChanged, KeysEstablished, Transferred
from conform62351.profiles.environments.osi.parameters import NativeSecurity
from conform62351.profiles.events import CloseRequested
from conform62351.profiles.native.derivation import Derivation, Extent, KeyOrder, Zero
from conform62351.profiles.native.exchange import StateError
from conform62351.profiles.native.parameters import Mode
from conform62351.profiles.osi.association import State
from conform62351.profiles.osi.events import AssociationEvent
from conform62351.suites.selfcheck.environment_osi_bench import (
    IDENTIFY,
    Clock,
    NativePair,
    data,
    found,
    logged,
    native,
    of_kind,
    security,
)
from conform62351.suites.selfcheck.osi_pairing import DATA, RESPONSE, Bent

HOUR = 3600.0
MODES: dict[str, dict[str, Any]] = {
    "ae": {"mode": Mode.AE},
    "separate": {"mode": Mode.SEPARATE},
    "clear": {"mode": Mode.CLEAR},
}


def timed(clock: Clock, name: str, **changes: Any) -> NativeSecurity:
    local = changes.pop("local", None)
    return security(name, native=native(name, now=clock, local=local), **changes)


def rekeyed(pair: NativePair) -> tuple[list[KeysChanged], list[KeysChanged]]:
    """Return the changes of keys that client and server have told."""
    return of_kind(pair.client_events, KeysChanged), of_kind(pair.server_events, KeysChanged)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("group", ["secp256r1", "brainpoolP256r1", "modp-2048"])
@pytest.mark.parametrize("by_client", [True, False], ids=["client", "server"])
def test_either_side_has_keys_changed_in_every_mode(mode: str, group: str, by_client: bool) -> None:
    local = MODES[mode] | {"groups": (group,)}
    pair = NativePair(*(security(name, local=local) for name in ("client", "server"))).associated()
    for number in (1, 2):
        pair.client.rekey() if by_client else pair.server.ask_for_rekey()
        for _ in range(3):
            pair.identifies()
        client, server = rekeyed(pair)
        assert [one.number for one in client] == [one.number for one in server] == list(range(1, number + 1))
        assert client[-1].secret == server[-1].secret
        assert pair.client.transfer is not None
        assert client[-1].secret == pair.client.transfer.secret
    secrets = {one.secret for one in rekeyed(pair)[0]}
    secrets.add(of_kind(pair.client_events, KeysEstablished)[0].established.secret)
    assert len(secrets) == 3
    assert len(data(pair.server_events)) == len(data(pair.client_events)) == 6
    assert found(pair.client_events) == found(pair.server_events) == []


def test_a_change_of_keys_hides_its_secret() -> None:
    assert "secret" not in repr(KeysChanged(1, b"secret"))


@pytest.mark.parametrize("by_client", [True, False], ids=["client", "server"])
def test_nothing_goes_out_by_itself(by_client: bool) -> None:
    pair = NativePair().associated()
    asking, other = pair.sides(by_client)
    assert not asking.wants_data
    asking.rekey() if by_client else asking.ask_for_rekey()
    assert asking.wants_data
    assert not asking.take_output()
    asking.send_data(IDENTIFY, DATA)
    assert not asking.wants_data
    pair.carry()
    assert other.wants_data


@pytest.mark.parametrize("by_client", [True, False], ids=["client", "server"])
def test_keys_are_refreshed_when_their_interval_has_passed(by_client: bool) -> None:
    clock = Clock()
    names = ("client", "server")
    intervals = (HOUR, 24 * HOUR) if by_client else (24 * HOUR, HOUR)
    pair = NativePair(
        *(
            timed(clock, name, refresh_interval=interval)
            for name, interval in zip(names, intervals, strict=True)
        )
    ).associated()
    asking, _ = pair.sides(by_client)
    assert asking.due() == HOUR
    clock.time += HOUR - 1
    assert (asking.tick(), asking.wants_data, asking.due()) == ([], False, 1)
    clock.time += 1
    assert asking.wants_data
    assert (asking.tick(), asking.wants_data, asking.due()) == ([], True, None)
    for _ in range(3):
        pair.identifies()
    assert [len(changes) for changes in rekeyed(pair)] == [1, 1]
    assert asking.due() == HOUR


def test_a_rekey_that_does_not_come_in_time_ends_the_association() -> None:
    clock = Clock()
    pair = NativePair(timed(clock, "client"), timed(clock, "server", rekey_limit=30.0)).associated().forget()
    pair.server.ask_for_rekey()
    clock.time += 60
    assert pair.server.tick() == []
    pair.server.send_data(IDENTIFY, DATA)
    assert pair.server.due() == 30
    clock.time += 29
    assert pair.server.tick() == []
    clock.time += 1
    events = pair.server.tick()
    assert found(events) == ["E2E.OSI.REKEY.1"]
    assert isinstance(events[-1], CloseRequested)
    assert logged(events) == []
    pair.carry()
    assert pair.states() == (State.CLOSED, State.ENDING)
    assert pair.server.due() is None


def test_a_rekey_that_comes_in_time_stops_the_clock() -> None:
    clock = Clock()
    pair = NativePair(timed(clock, "client"), timed(clock, "server", rekey_limit=30.0)).associated()
    pair.server.ask_for_rekey()
    pair.identifies().identifies()
    clock.time += 60
    assert pair.server.tick() == []
    assert pair.states() == (State.OPEN, State.OPEN)


def test_a_second_rekey_before_the_first_is_done_is_a_fault() -> None:
    class Twice(Bent):
        def rewrite(self, name: str, value: Any) -> Any:
            if name == "E2E.EncrTransfer.token" and value.rekey is not None:
                self.values[name] = lambda token: _with(token, value.rekey)
            return super().rewrite(name, value)

    pair = NativePair(client_policy=Twice()).associated().forget()
    pair.client.rekey()
    pair.client.send_data(IDENTIFY, DATA)
    pair.client.send_data(IDENTIFY, DATA)
    pair.carry()
    assert logged(pair.server_events) == ["IEC62351-4:11.10"]


def _with(token: Any, rekey: Any) -> Any:
    return type(token)(
        assoID=token.assoID, time=token.time, seq=token.seq, iv=token.iv, rekey=token.rekey or rekey
    )


def _established(machine_events: list[AssociationEvent]) -> list[Derivation]:
    return [event.derivation for event in of_kind(machine_events, KeysEstablished)]


OTHER = [
    Derivation(zero=Zero.NOTHING),
    Derivation(handshake=Extent.WHOLE),
    Derivation(transfer=Extent.WHOLE),
    Derivation(order=KeyOrder.BY_SIDE, zero=Zero.HASH),
]


@pytest.mark.parametrize("derivation", OTHER, ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_both_sides_can_be_pinned_to_another_reading(mode: str, derivation: Derivation) -> None:
    sides = (security(name, derivation=derivation, local=MODES[mode]) for name in ("client", "server"))
    pair = NativePair(*sides).associated().identifies()
    assert len(data(pair.client_events)) == len(data(pair.server_events)) == 1
    assert _established(pair.client_events) == _established(pair.server_events) == [derivation]


@pytest.mark.parametrize("derivation", OTHER, ids=str)
@pytest.mark.parametrize("mode", ["ae", "separate"])
@pytest.mark.parametrize("by_client", [True, False], ids=["client", "server"])
def test_a_tester_searches_for_the_reading_of_its_peer(
    derivation: Derivation, mode: str, by_client: bool
) -> None:
    device: dict[str, Any] = {"derivation": derivation, "local": MODES[mode]}
    tester: dict[str, Any] = {"search": True, "local": MODES[mode]}
    client, server = (tester, device) if by_client else (device, tester)
    pair = NativePair(security("client", **client), security("server", **server)).associated().forget()
    searching, other = pair.sides(by_client)
    other.send_data(IDENTIFY, DATA)
    pair.carry()
    searching.send_data(IDENTIFY, DATA)
    pair.carry()
    assert data(pair.client_events) == data(pair.server_events) == [IDENTIFY]
    told = _established(pair.events_of(searching))
    assert len(told) <= 1
    assert searching.transfer is not None
    assert searching.transfer.derivation in (*told, Derivation())


def test_without_a_search_another_reading_is_an_alarm() -> None:
    pair = NativePair(security("client", derivation=Derivation(zero=Zero.NOTHING))).associated().forget()
    pair.client.send_data(IDENTIFY, DATA)
    pair.carry()
    assert logged(pair.server_events) == ["IEC62351-4:11.5"]


def test_received_transfers_are_told_before_their_data() -> None:
    pair = NativePair().associated().forget().identifies()
    kinds = [type(event).__name__ for event in pair.server_events]
    assert kinds == ["Transferred", "Data"]
    assert of_kind(pair.server_events, Transferred)[0].received.applData == IDENTIFY


def test_no_data_without_keys() -> None:
    """A policy that accepts what offers no group has an association without keys."""
    client = security("client", local={"groups": ("brainpoolP256r1",)})
    pair = NativePair(client, server_policy=Bent(reacting=False)).indicated()
    assert "E2E.HS.12.1" in found(pair.server_events)
    with pytest.raises(StateError):
        pair.server.accept(b"", RESPONSE)
    assert pair.server.state is State.INDICATED
    assert pair.server.transfer is None
    pair.server.abort()
    pair.carry()
    assert pair.states() == (State.CLOSED, State.ENDING)


def test_an_interval_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="15 min"):
        security("client", refresh_interval=60.0)


def test_a_machine_without_an_association_has_nothing_to_tell() -> None:
    machine: NativeAssociation = NativePair().client
    assert (machine.asso_id, machine.agreed, machine.transfer) == (None, None, None)
    assert (machine.tick(), machine.due(), machine.wants_data) == ([], None, False)
