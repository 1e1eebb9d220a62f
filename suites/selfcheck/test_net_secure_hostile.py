"""Peers that speak TLS badly, slowly, endlessly or not at all: a typed error within the limit."""

from __future__ import annotations

import resource
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from conform62351.profiles.tls.interface import Established, TlsEvent
from conform62351.suites.selfcheck.device_peer import Start, act
from conform62351.suites.selfcheck.test_net_secure_peers import MANIFEST
from conform62351.suites.selfcheck.tls_bench import CLOCK, LIMIT, Pki, TlsServer
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.errors import NetError, TlsHandshakeFailed
from conform62351.tooling.net.flow import Address, End
from conform62351.tooling.net.secure_channel import SecureChannel

SHORT = 0.3
CONNECT_REQUEST = bytes.fromhex("0300001611e00000000100c1020001c2020001c0010d")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def record(kind: int, fragment: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0303, len(fragment)) + fragment


@contextmanager
def facing(behave: Callable[[Channel], None], *, host: str = "127.0.0.1") -> Iterator[Channel]:
    """Connect to a peer in a thread that does to its plain channel what ``behave`` says, and closes it."""

    def serve() -> None:
        channel = listener.accept(LIMIT)
        assert channel is not None
        with channel:
            try:
                behave(channel)
            except NetError:
                """The other side has left, which it may."""

    with Listener.bind(host, clock=CLOCK) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        address = listener.address
        with Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK) as channel:
            yield channel
        thread.join(LIMIT)
        assert not thread.is_alive()


def failure_of(pki: Pki, channel: Channel, *, server_side: bool, limit: float = LIMIT) -> TlsHandshakeFailed:
    """Do the handshake, which must fail, and return how."""
    factory = pki.server() if server_side else pki.client()
    with pytest.raises(TlsHandshakeFailed) as raised:
        SecureChannel.open(channel, factory.machine(), limit=limit)
    assert channel.fileno() < 0, "a failed handshake closes the channel"
    return raised.value


def say(octets: bytes) -> Callable[[Channel], None]:
    """Return a peer that says ``octets`` and reads until the other side ends."""

    def behave(channel: Channel) -> None:
        channel.send(octets, limit=LIMIT)
        read_on(channel)

    return behave


def read_on(channel: Channel) -> None:
    while isinstance(channel.receive(LIMIT), bytes):
        """What comes does not matter."""


@pytest.mark.parametrize("server_side", [False, True], ids=["client", "server"])
@pytest.mark.parametrize(
    "octets",
    [
        CONNECT_REQUEST,
        b"GET / HTTP/1.0\r\n\r\n",
        bytes(64),
        b"\xff" * 64,
        record(22, b"\xff" * 40),
        record(22, b"\x02\x00\x00\x03abc"),
        record(22, b"\x01\x00\x00\x03abc"),
        record(20, b"\x01"),
        record(23, b"data too early"),
        b"\x16\x03\x03\xff\xff" + bytes(100),
        record(24, b"\x01\x40\x00heartbeat"),
    ],
    ids=[
        "MMS",
        "HTTP",
        "zeros",
        "ones",
        "garbage message",
        "ServerHello cut",
        "ClientHello cut",
        "ChangeCipherSpec",
        "data",
        "record too long",
        "heartbeat",
    ],
)
def test_other_octets_are_refused_at_once(pki: Pki, server_side: bool, octets: bytes) -> None:
    with facing(say(octets)) as channel:
        failure = failure_of(pki, channel, server_side=server_side, limit=30.0)
    assert failure.end is None
    assert failure.reason
    assert failure.alert_received == ""
    is_tls = octets[0] in range(20, 25) and octets[1] == 3
    assert bool(failure.alert_sent) == is_tls, "OpenSSL says nothing to what is not TLS"


@pytest.mark.parametrize("server_side", [False, True], ids=["client", "server"])
def test_silent_peer_is_not_waited_for(pki: Pki, server_side: bool) -> None:
    with facing(read_on) as channel:
        failure = failure_of(pki, channel, server_side=server_side, limit=SHORT)
    assert failure.end is End.TIMEOUT
    assert "0.3 s" in str(failure)


@pytest.mark.parametrize("server_side", [False, True], ids=["client", "server"])
@pytest.mark.parametrize(
    ("leave", "end"), [(Channel.close, End.CLOSED), (Channel.reset, End.RESET)], ids=["FIN", "RST"]
)
def test_peer_that_leaves(pki: Pki, server_side: bool, leave: Callable[[Channel], None], end: End) -> None:
    connected = threading.Event()

    def behave(channel: Channel) -> None:
        assert connected.wait(LIMIT), "a connection that is reset before it is looked at was never one"
        if not server_side:
            assert isinstance(channel.receive(LIMIT), bytes), "a ClientHello left unread would make a RST"
        leave(channel)

    with facing(behave) as channel:
        connected.set()
        failure = failure_of(pki, channel, server_side=server_side)
    assert failure.end is end
    assert failure.alert_received == failure.alert_sent == ""


@pytest.mark.parametrize("level", [1, 2])
def test_alert_and_close_are_both_told(pki: Pki, level: int) -> None:
    def behave(channel: Channel) -> None:
        channel.receive(LIMIT)
        channel.send(record(21, bytes((level, 40))), limit=LIMIT)

    with facing(behave) as channel:
        failure = failure_of(pki, channel, server_side=False)
    assert failure.alert_received == ("handshake_failure" if level == 2 else "")
    assert failure.end is (None if level == 2 else End.CLOSED)


class Cut:
    """A peer that speaks TLS well and lets only ``octets`` octets of it out, then does ``after``."""

    def __init__(self, pki: Pki, *, server_side: bool, octets: int, after: Callable[[Channel], None]) -> None:
        self.machine = (pki.server() if server_side else pki.client()).machine()
        self.left = octets
        self.after = after

    def __call__(self, channel: Channel) -> None:
        self.machine.start()
        while True:
            output = self.machine.take_output()[: self.left]
            self.left -= len(output)
            if output:
                channel.send(output, limit=LIMIT)
            if not self.left:
                self.after(channel)
                return
            got = channel.receive(LIMIT)
            if isinstance(got, End):
                return
            self.machine.receive(got)


def spoken(pki: Pki, *, server_side: bool) -> int:
    """Return how many octets one side says in a handshake."""
    sides = [pki.server().machine(), pki.client().machine()]
    sides[0].start()
    sides[1].start()
    said = [0, 0]
    for turn in range(8):
        octets = sides[(turn + 1) % 2].take_output()
        said[(turn + 1) % 2] += len(octets)
        sides[turn % 2].receive(octets)
    return said[0] if server_side else said[1]


@pytest.mark.parametrize("server_side", [False, True], ids=["client cut", "server cut"])
def test_handshake_cut_at_every_place_is_a_typed_error(pki: Pki, server_side: bool) -> None:
    whole = spoken(pki, server_side=server_side)
    places = {0, 1, 4, 5, 6, 9, 10, whole - 1, whole - 2, whole - 45, *range(0, whole, max(whole // 25, 1))}
    for place in sorted(places):
        with facing(Cut(pki, server_side=server_side, octets=place, after=Channel.half_close)) as channel:
            failure = failure_of(pki, channel, server_side=not server_side)
        assert failure.end in (End.CLOSED, End.RESET), place
        assert failure.alert_received == failure.alert_sent == ""


@pytest.mark.parametrize("server_side", [False, True], ids=["client stalls", "server stalls"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_peer_that_stalls_within_the_handshake(pki: Pki, server_side: bool, part: float) -> None:
    octets = int(spoken(pki, server_side=server_side) * part)
    with facing(Cut(pki, server_side=server_side, octets=octets, after=read_on)) as channel:
        failure = failure_of(pki, channel, server_side=not server_side, limit=SHORT)
    assert failure.end is End.TIMEOUT


def test_limit_is_one_for_the_whole_handshake(pki: Pki) -> None:
    """Octets that drip do not prolong it."""

    def drip(channel: Channel) -> None:
        for octet in b"\x16\x03\x03\x10\x00\x02" + bytes(1000):
            channel.send(bytes((octet,)), limit=LIMIT)
            time.sleep(0.01)

    with facing(drip) as channel:
        failure = failure_of(pki, channel, server_side=False, limit=SHORT)
    assert failure.end is End.TIMEOUT


FLOODS = {
    "empty fragments": record(22, b""),
    "warnings": record(21, b"\x01\x5a"),
    "HelloRequests": record(22, b"\x00\x00\x00\x00"),
    "a message without end": record(22, b"\x0b\xff\xff\xff") + record(22, bytes(16384)) * 4,
    "garbage": b"\x80" * 65536,
}


@pytest.mark.parametrize("flood", FLOODS)
def test_flood_within_the_handshake_is_bounded(pki: Pki, flood: str) -> None:
    """A flood ends with the handshake's limit at the latest, and is not kept."""
    octets = FLOODS[flood] * (1 + 262_144 // len(FLOODS[flood]))

    def behave(channel: Channel) -> None:
        while channel.receive(0) not in (End.CLOSED, End.RESET):
            channel.send(octets, limit=LIMIT)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with facing(behave) as channel:
        failure = failure_of(pki, channel, server_side=False, limit=1.0)
    assert failure.end in (None, End.TIMEOUT)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, f"{grown} KiB more"


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize(
    "octets",
    [
        CONNECT_REQUEST,
        record(23, bytes(40)),
        record(23, bytes(3)),
        record(22, bytes(40)),
        record(24, bytes(40)),
        b"\x17\x03\x03\xff\xff" + bytes(40),
    ],
    ids=["MMS", "data", "short data", "handshake", "heartbeat", "too long"],
)
def test_garbage_after_the_handshake_ends_the_stream(pki: Pki, octets: bytes, version: str) -> None:
    seen: list[str] = []

    def serve(channel: SecureChannel) -> None:
        channel._channel.send(octets, limit=LIMIT)
        assert channel.receive(LIMIT) is End.CLOSED
        seen.append(channel.alert)

    members = {"minimum": version, "maximum": version}
    with (
        TlsServer(pki.server(**members), serve) as server,
        server.secured(pki.client(**members)) as channel,
    ):
        assert channel.receive(LIMIT) is End.CLOSED
        assert channel.receive(LIMIT) is End.CLOSED
        assert channel.failure
        assert not channel.closed_in_order
        with pytest.raises(NetError):
            channel.send(b"x", limit=LIMIT)
    assert seen == [channel.alert_sent]
    assert seen != [""]


def connected(address: Address) -> Channel:
    return Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK)


def test_tls_on_the_plain_port_of_the_device(pki: Pki, start: Start) -> None:
    """A ClientHello is no TPKT, and the device closes without a word."""
    with connected(start().address) as channel:
        failure = failure_of(pki, channel, server_side=False)
    assert failure.end in (End.CLOSED, End.RESET)


def test_plain_mms_on_the_tls_port_of_the_device(pki: Pki, start: Start) -> None:
    (pki.folder / "manifest.toml").write_text(MANIFEST)
    device = start(pki=pki.folder)
    act(device, "configure", name="tls")
    with connected(device.tls_address) as channel:
        channel.send(CONNECT_REQUEST, limit=LIMIT)
        assert channel.receive(LIMIT) == bytes.fromhex("1503010002020a"), "a fatal unexpected_message"
        assert channel.receive(LIMIT) in (End.CLOSED, End.RESET)
    with SecureChannel.open(connected(device.tls_address), pki.client().machine(), limit=LIMIT) as stream:
        assert stream.established.peer_chain[0] == pki.der("dut")


def test_peer_that_does_not_read_its_flight_is_not_waited_for() -> None:
    """The limit holds for sending, too: here for a message that no window takes."""

    class Endless:
        established: Established | None = None
        peer_chain: tuple[bytes, ...] = ()
        session: object | None = None

        def start(self) -> list[TlsEvent]:
            return []

        def receive(self, octets: bytes) -> list[TlsEvent]:
            return []

        receive_eof = close_notify = start
        send = receive

        def take_output(self) -> bytes:
            return bytes(32 * 1024 * 1024)

    over = threading.Event()

    def behave(_: Channel) -> None:
        over.wait(LIMIT)

    with facing(behave) as channel:
        with pytest.raises(TlsHandshakeFailed) as raised:
            SecureChannel.open(channel, Endless(), limit=SHORT)
        over.set()
        assert raised.value.end is End.TIMEOUT
