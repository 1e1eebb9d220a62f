"""Whatever octets come, the device stays available: garbage, truncation, odd cuts, at every layer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.device.configuration import load_description
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.profiles.osi.association import Layer
from conform62351.profiles.transport.events import TransportConfirm
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Peer, Peers, act, events
from conform62351.tooling.net.channel import End
from conform62351.tooling.net.errors import NetError

STAGES = ("connected", "transport", "associated")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceDevice]:
    """One device for all attacks of this file: what one breaks, the next finds."""
    description = replace(load_description(None, None), associate_limit=4.0, max_associations=3)
    log = Path(tmp_path_factory.mktemp("device"), "security.log")
    running = ReferenceDevice(description, log_path=log)
    running.start()
    yield running
    running.stop()


def reach(stage: str, device: ReferenceDevice, peers: Peers) -> Peer:
    if stage == "associated":
        return peers.associated(device.address)
    peer = peers.connected(device.address)
    if stage == "transport":
        peer.association.open_transport()
        peer.wait(TransportConfirm)
    return peer


def send_and_leave(peer: Peer, octets: bytes) -> None:
    try:
        peer.channel.send(octets, limit=1.0)
        peer.channel.half_close()
        assert peer.ended() is not End.TIMEOUT
    except NetError:
        """The device has closed in the middle."""


def assert_usable(device: ReferenceDevice, peers: Peers) -> None:
    peers.associated(device.address).release()


@settings(max_examples=40, deadline=None)
@given(stage=st.sampled_from(STAGES), octets=st.binary(min_size=1, max_size=300))
def test_garbage_over_tcp(device: ReferenceDevice, stage: str, octets: bytes) -> None:
    with Peers() as peers:
        send_and_leave(reach(stage, device, peers), octets)
        assert_usable(device, peers)


@settings(max_examples=60, deadline=None)
@given(
    stage=st.sampled_from(STAGES[1:]),
    layer=st.sampled_from([Layer.TPKT, Layer.COTP, Layer.SESSION]),
    octets=st.binary(max_size=200),
)
def test_garbage_inside_a_layer(device: ReferenceDevice, stage: str, layer: Layer, octets: bytes) -> None:
    with Peers() as peers:
        peer = reach(stage, device, peers)
        peer.association.inject(layer, octets, "garbage")
        (message,) = peer.association.take_output()
        send_and_leave(peer, message.octets)
        assert_usable(device, peers)


@settings(max_examples=40, deadline=None)
@given(octets=st.binary(min_size=1, max_size=200))
def test_garbage_as_mms(device: ReferenceDevice, octets: bytes) -> None:
    with Peers() as peers:
        peer = reach("associated", device, peers)
        peer.association.send_data(octets, "MMS")
        (message,) = peer.association.take_output()
        send_and_leave(peer, message.octets)
        assert_usable(device, peers)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_mutated_and_truncated_association_requests(device: ReferenceDevice, data: st.DataObject) -> None:
    with Peers() as peers:
        peer = reach("transport", device, peers)
        initiate = peer.client.initiate()
        assert initiate.octets is not None
        peer.association.associate(initiate.octets, initiate.name)
        (message,) = peer.association.take_output()
        octets = bytearray(message.octets)
        for _ in range(data.draw(st.integers(0, 3))):
            octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
        send_and_leave(peer, bytes(octets[: data.draw(st.integers(1, len(octets)))]))
        assert_usable(device, peers)


def test_deep_nesting_is_survived(device: ReferenceDevice, peers: Peers) -> None:
    peer = reach("associated", device, peers)
    for octets in (b"\xa0\x80" * 20000, b"\x30\x82\xff\xf0" * 5000):
        peer = reach("associated", device, peers)
        peer.association.send_data(octets, "MMS")
        (message,) = peer.association.take_output()
        send_and_leave(peer, message.octets)
    assert_usable(device, peers)


def test_connections_of_all_kinds_at_once(device: ReferenceDevice, peers: Peers) -> None:
    for number in range(90):
        peer = peers.connected(device.address)
        if number % 3:
            peer.association.open_transport()
            (message,) = peer.association.take_output()
            peer.channel.send(message.octets[: number % 23], limit=1.0)
        if number % 7 == 0:
            peer.channel.reset()
    assert_usable(device, peers)


def test_everything_of_the_attacks_is_forgotten_and_logged(device: ReferenceDevice, peers: Peers) -> None:
    peer = reach("connected", device, peers)
    peer.channel.send(b"\x16\x03\x01", limit=1.0)
    assert peer.ended() is not End.TIMEOUT
    assert_usable(device, peers)
    deadline = time.monotonic() + LIMIT_S
    while act(device, "health")["connections"]:
        assert time.monotonic() < deadline, "a connection of an attack is never given up"
        time.sleep(0.02)
    numbers = [record.sequence_number for record in events(device)]
    assert numbers == list(range(1, len(numbers) + 1))
