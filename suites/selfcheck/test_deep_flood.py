"""A device in compatibility mode under a flood: its memory and descriptors stay, and it associates."""

from __future__ import annotations

import os
import random
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device.process import DeviceProcess, start_device
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.compatibility.examination import VALUE
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.transport.events import TransportConfirm
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Peer
from conform62351.suites.selfcheck.device_secured_peer import TESTER, SecuredPeers
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.flow import End

pytestmark = pytest.mark.deep
REPLAYS = 3000
HOSTILE = 2000
WARM_UP = 200
"""How often each is sent before the memory is measured first: the device loads what it needs then."""
GROWTH_KB = 8192
"""What the allocator may waste; 5000 connections that leave 2 kB each take more."""
SETTLED_S = 10.0
LARGE = 60_000
SHAPES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    lambda value, draw: value[: draw.randrange(len(value))],
    lambda value, draw: value + draw.randbytes(draw.randrange(1, 2000)),
    lambda value, draw: draw.randbytes(draw.randrange(2000)),
    lambda value, draw: b"\x30\x80" * draw.randrange(1, LARGE // 2),
    lambda value, draw: b"\xa2\x84" + draw.randbytes(4) + value,
    lambda value, draw: value[:40] + bytes(draw.randrange(LARGE - len(value))) + value[40:],
    lambda value, draw: bytes(octet ^ (draw.random() < 0.02) for octet in value),
)


class Spoilt(Policy):
    """Sends authentication values that are no longer what was signed."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Return another value in the place of that of the AARQ."""
        return self._draw.choice(SHAPES)(octets, self._draw) if name == VALUE else octets


@pytest.fixture
def device(workshop: Workshop, tmp_path: Path) -> Iterator[DeviceProcess]:
    with start_device(pki=workshop.dut, log=tmp_path / "security.log") as started:
        request = urllib.request.Request(f"{started.control}configure?name=a-profile", method="POST")
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            assert answer.status == 200
        yield started


def resident_kb(device: DeviceProcess) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{device.pid}/status").read_text())
    assert found is not None
    return int(found[1])


def descriptors(device: DeviceProcess) -> int:
    return len(os.listdir(f"/proc/{device.pid}/fd"))


def connected(device: DeviceProcess, tester: SecuredPeers) -> Channel:
    return Channel.connect(device.address.host, device.address.port, limit=LIMIT_S, clock=tester.clock)


def request_of(peer: Peer) -> tuple[bytes, bytes]:
    """Connect the transport, and return its CR and the packets of an AARQ that is not sent yet."""
    peer.association.open_transport()
    (opening,) = peer.association.take_output()
    peer.channel.send(opening.octets, limit=LIMIT_S)
    peer.wait(TransportConfirm)
    initiate = peer.client.initiate()
    assert initiate.octets is not None
    peer.association.associate(initiate.octets, initiate.name)
    return opening.octets, b"".join(message.octets for message in peer.association.take_output())


def associates(device: DeviceProcess, tester: SecuredPeers) -> None:
    with connected(device, tester) as channel:
        Peer(channel, Role.CLIENT, security=tester.parameters(TESTER)).associate()


def replay(device: DeviceProcess, tester: SecuredPeers, opening: bytes, asking: bytes) -> bytes | End:
    """Send what was sent before on a connection of its own, and return what the AARQ is answered with."""
    with connected(device, tester) as channel:
        channel.send(opening, limit=LIMIT_S)
        assert isinstance(channel.receive(LIMIT_S), bytes)
        channel.send(asking, limit=LIMIT_S)
        return channel.receive(LIMIT_S)


def spoil(device: DeviceProcess, tester: SecuredPeers, policy: Policy) -> None:
    """Ask for an association with a value that is spoilt; the device may end it at any octet."""
    with connected(device, tester) as channel:
        peer = Peer(channel, Role.CLIENT, policy=policy, security=tester.parameters(TESTER))
        _, asking = request_of(peer)
        try:
            channel.send(asking, limit=LIMIT_S)
            assert channel.receive(LIMIT_S) is not End.TIMEOUT
        except NetError:
            """It is refused while it is sent."""


def test_a_flood_of_replays_and_hostile_values_leaves_nothing_behind(
    device: DeviceProcess, tester: SecuredPeers
) -> None:
    spoilt = Spoilt(random.Random(62351))
    open_before = descriptors(device)
    with connected(device, tester) as channel:
        opening, asking = request_of(Peer(channel, Role.CLIENT, security=tester.parameters(TESTER)))
        channel.send(asking, limit=LIMIT_S)
        accepted = channel.receive(LIMIT_S)
        assert isinstance(accepted, bytes)
    for _ in range(WARM_UP):
        assert replay(device, tester, opening, asking) not in (accepted, End.TIMEOUT)
        spoil(device, tester, spoilt)
    before = resident_kb(device)
    for _ in range(REPLAYS):
        assert replay(device, tester, opening, asking) not in (accepted, End.TIMEOUT)
    for _ in range(HOSTILE):
        spoil(device, tester, spoilt)
    associates(device, tester)
    deadline = time.monotonic() + SETTLED_S
    while descriptors(device) > open_before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert descriptors(device) <= open_before
    assert resident_kb(device) - before < GROWTH_KB
    associates(device, tester)
