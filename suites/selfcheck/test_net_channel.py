"""Channels over real sockets on loopback."""

from __future__ import annotations

import errno
import select
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from conform62351.suites.selfcheck.stream_bench import received
from conform62351.tooling.net.channel import Address, Channel, End, Flow, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import (
    AddressUnavailable,
    ConnectTimeout,
    NetError,
    SendIncomplete,
    TcpRefused,
)
from conform62351.tooling.net.flow import Stream
from conform62351.tooling.net.service import Service

CLOCK = Clock()
LIMIT = 20.0
NOBODYS_HOST = "127.0.0.77"
"""An address of loopback that nothing else listens on."""


class Notebook:
    """A recorder that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, ...]] = []
        self.times: list[float] = []

    def opened(self, flow: Flow, at: float) -> None:
        self.lines.append(("opened", flow.initiated))
        self.times.append(at)

    def refused(self, flow: Flow, at: float) -> None:
        self.lines.append(("refused", flow.remote.port))
        self.times.append(at)

    def carried(self, flow: Flow, outgoing: bool, octets: bytes, at: float) -> None:
        self.lines.append(("carried", outgoing, octets))
        self.times.append(at)

    def ended(self, flow: Flow, outgoing: bool, end: End, at: float) -> None:
        self.lines.append(("ended", outgoing, end))
        self.times.append(at)


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[Listener]:
    with Listener.bind(request.param, clock=CLOCK) as listening:
        yield listening


def pair(listener: Listener, notebook: Notebook | None = None) -> tuple[Channel, Channel]:
    address = listener.address
    ours = Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK, recorder=notebook)
    theirs = listener.accept(LIMIT)
    assert theirs is not None
    return ours, theirs


def test_octets_pass_both_ways_and_fin_ends_each(listener: Listener) -> None:
    ours, theirs = pair(listener)
    assert ours.flow.remote == listener.address == theirs.flow.local
    assert ours.send(b"request", limit=LIMIT) == 7
    assert received(theirs, 7) == b"request"
    ours.half_close()
    assert theirs.receive(LIMIT) is End.CLOSED
    theirs.send(b"response", limit=LIMIT)
    assert received(ours, 8) == b"response"
    theirs.close()
    assert ours.receive(LIMIT) is End.CLOSED
    assert ours.receive(LIMIT) is End.CLOSED
    ours.close()
    assert ours.receive(0) is End.CLOSED
    with pytest.raises(SendIncomplete) as raised:
        ours.send(b"late", limit=LIMIT)
    assert raised.value.accepted == 0


def test_sockets_are_set_up_for_annex_h(listener: Listener) -> None:
    for channel in pair(listener):
        duplicate = socket.socket(fileno=socket.dup(channel.fileno()))
        with duplicate:
            assert duplicate.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert duplicate.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert duplicate.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
        channel.close()


def test_silence_is_a_timeout_and_leaves_the_connection(listener: Listener) -> None:
    ours, theirs = pair(listener)
    assert ours.receive(0.02) is End.TIMEOUT
    assert ours.receive(0) is End.TIMEOUT
    theirs.send(b"x", limit=LIMIT)
    assert ours.receive(LIMIT) == b"x"
    ours.close()
    theirs.close()


def test_reset_is_told_from_close(listener: Listener) -> None:
    ours, theirs = pair(listener)
    theirs.reset()
    assert ours.receive(LIMIT) is End.RESET
    with pytest.raises(SendIncomplete) as raised:
        ours.send(b"x", limit=LIMIT)
    assert raised.value.cause == "reset"
    assert ours.receive(0) is End.RESET
    ours.close()


def test_a_connection_that_is_reset_at_once_did_stand(listener: Listener) -> None:
    """Whether the reset comes before or behind the first look at the connection is chance."""
    stop = threading.Event()

    def reset_all() -> None:
        while not stop.is_set():
            theirs = listener.accept(0.05)
            if theirs is not None:
                theirs.reset()

    resetting = threading.Thread(target=reset_all)
    resetting.start()
    try:
        host, port = listener.address.host, listener.address.port
        for _ in range(200):
            with Channel.connect(host, port, limit=LIMIT, clock=CLOCK) as ours:
                assert ours.flow.remote == listener.address
                assert ours.receive(LIMIT) is End.RESET
                assert ours.receive(LIMIT) is End.RESET
    finally:
        stop.set()
        resetting.join(LIMIT)


def test_a_connection_that_is_gone_before_it_is_looked_at_was_reset(listener: Listener) -> None:
    remote = (listener.address.host, listener.address.port)
    sock = socket.create_connection(remote)
    theirs = listener.accept(LIMIT)
    assert theirs is not None
    theirs.reset()
    while sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != errno.ECONNRESET:
        time.sleep(0.001)
    with Channel(sock, clock=CLOCK, initiated=True, remote=remote) as ours:
        assert ours.receive(LIMIT) is End.RESET


def test_reset_met_while_sending_is_not_taken_for_fin_later(listener: Listener) -> None:
    ours, theirs = pair(listener)
    theirs.reset()
    assert select.select([ours], [], [], LIMIT)[0]
    with pytest.raises(SendIncomplete) as raised:
        ours.send(b"x", limit=LIMIT)
    assert raised.value.cause == "reset"
    assert ours.receive(LIMIT) is End.RESET
    ours.close()


def test_octets_sent_before_a_reset_can_still_be_read(listener: Listener) -> None:
    ours, theirs = pair(listener)
    theirs.send(b"last words", limit=LIMIT)
    theirs.reset()
    assert ours.receive(LIMIT) == b"last words"
    assert ours.receive(LIMIT) is End.RESET
    ours.close()


def test_close_with_unread_octets_looks_like_a_reset_to_the_peer(listener: Listener) -> None:
    ours, theirs = pair(listener)
    ours.send(b"never read", limit=LIMIT)
    theirs.close()
    assert ours.receive(LIMIT) in (End.CLOSED, End.RESET)
    assert ours.receive(LIMIT) in (End.CLOSED, End.RESET)
    ours.close()


def test_peer_that_does_not_read_makes_the_send_incomplete(listener: Listener) -> None:
    ours, theirs = pair(listener)
    octets = bytes(32 * 1024 * 1024)
    with pytest.raises(SendIncomplete) as raised:
        ours.send(octets, limit=0.05)
    assert raised.value.cause == "timeout"
    assert 0 < raised.value.accepted < raised.value.wanted == len(octets)
    assert ours.unacknowledged() > 0
    theirs.close()
    ours.close()


def test_large_octets_are_sent_whole_to_a_peer_that_reads(listener: Listener) -> None:
    ours, theirs = pair(listener)
    octets = bytes(range(256)) * 40_000
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(received(theirs, len(octets))))
    reader.start()
    assert ours.send(octets, limit=LIMIT) == len(octets)
    reader.join(LIMIT)
    assert got == [octets]
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("segments", "pieces"),
    [
        ((1,), [b"a", b"b", b"c", b"d", b"e"]),
        ((2, 1), [b"ab", b"c", b"d", b"e"]),
        ((4,), [b"abcd", b"e"]),
        ((99,), [b"abcde"]),
        ((0,), [b"a", b"b", b"c", b"d", b"e"]),
    ],
)
def test_segments_leave_one_by_one(
    listener: Listener, segments: tuple[int, ...], pieces: list[bytes]
) -> None:
    notebook = Notebook()
    ours, theirs = pair(listener, notebook)
    assert ours.send(b"abcde", segments=segments, pause=0.001, limit=LIMIT) == 5
    assert [line[2] for line in notebook.lines if line[0] == "carried"] == pieces
    assert received(theirs, 5) == b"abcde"
    ours.close()
    theirs.close()


class Stepping(Clock):
    """Sleeps until what was sent before has been taken, and notes for how long it was asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []
        self.taken = threading.Semaphore(0)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        assert self.taken.acquire(timeout=LIMIT)

    def take(self, stream: Stream) -> bytes | End:
        """Receive, and have the sender go on."""
        got = stream.receive(LIMIT)
        self.taken.release()
        return got


def test_slow_octets_arrive_apart(listener: Listener) -> None:
    ours, theirs = pair(listener)
    ours.clock = stepping = Stepping()
    sender = threading.Thread(
        target=ours.send, args=(b"abc",), kwargs={"segments": (1,), "pause": 0.05, "limit": LIMIT}
    )
    sender.start()
    assert [stepping.take(theirs) for _ in range(3)] == [b"a", b"b", b"c"]
    sender.join(LIMIT)
    assert stepping.slept == [0.05] * 2
    ours.close()
    theirs.close()


def test_recorder_is_told_all_in_order(listener: Listener) -> None:
    notebook = Notebook()
    ours, theirs = pair(listener, notebook)
    ours.send(b"one", limit=LIMIT)
    assert received(theirs, 3) == b"one"
    theirs.send(b"two", limit=LIMIT)
    assert ours.receive(LIMIT) == b"two"
    theirs.close()
    assert ours.receive(LIMIT) is End.CLOSED
    ours.half_close()
    ours.close()
    assert notebook.lines == [
        ("opened", True),
        ("carried", True, b"one"),
        ("carried", False, b"two"),
        ("ended", False, End.CLOSED),
        ("ended", True, End.CLOSED),
    ]
    assert notebook.times == sorted(notebook.times)


def test_nobody_listens(listener: Listener) -> None:
    address = listener.address
    listener.close()
    notebook = Notebook()
    with pytest.raises(TcpRefused):
        Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK, recorder=notebook)
    assert notebook.lines == [("refused", address.port)]


def test_connecting_never_meets_itself() -> None:
    """Linux lets a socket of the ephemeral range connect to itself when nobody listens there."""
    with socket.socket() as probe:
        probe.bind((NOBODYS_HOST, 0))
        port = probe.getsockname()[1]
    for _ in range(50):
        with pytest.raises(TcpRefused):
            Channel.connect(NOBODYS_HOST, port, limit=LIMIT, clock=CLOCK, bind=NOBODYS_HOST)


def test_full_backlog_is_a_connect_timeout() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        first = socket.create_connection(deaf.getsockname())
        with first, pytest.raises(ConnectTimeout):
            Channel.connect("127.0.0.1", deaf.getsockname()[1], limit=0.05, clock=CLOCK)


def test_all_addresses_of_a_name_are_tried() -> None:
    with Listener.bind("127.0.0.1", clock=CLOCK) as listening:
        ours = Channel.connect("localhost", listening.address.port, limit=LIMIT, clock=CLOCK)
        assert ours.flow.remote == listening.address
        ours.close()


def test_bind_chooses_the_local_address() -> None:
    with Listener.bind("127.0.0.1", clock=CLOCK) as listening:
        port = listening.address.port
        ours = Channel.connect("127.0.0.1", port, limit=LIMIT, clock=CLOCK, bind="127.0.0.9")
        assert ours.flow.local.host == "127.0.0.9"
        ours.close()


@pytest.mark.parametrize(
    ("host", "port", "bind"),
    [
        ("no such host", 102, None),
        ("x" * 300, 102, None),
        ("", -1, None),
        ("127.0.0.1", 65536, None),
        ("127.0.0.1", 102, "192.0.2.1"),
        ("127.0.0.1", 102, "::1"),
    ],
)
def test_impossible_addresses_are_typed_errors(host: str, port: int, bind: str | None) -> None:
    with pytest.raises(NetError):
        Channel.connect(host, port, limit=LIMIT, clock=CLOCK, bind=bind)


def test_port_in_use_is_a_typed_error(listener: Listener) -> None:
    with pytest.raises(AddressUnavailable, match="in use"):
        Listener.bind(listener.address.host, listener.address.port, clock=CLOCK)


def test_accept_returns_without_a_connection(listener: Listener) -> None:
    assert listener.accept(0.01) is None
    closer = threading.Timer(0.05, listener.close)
    closer.start()
    began = time.monotonic()
    assert listener.accept(30) is None
    assert time.monotonic() - began < 25
    closer.join()


def test_addresses_print_as_people_write_them() -> None:
    assert str(Address("127.0.0.1", 102)) == "127.0.0.1:102"
    assert str(Address("::1", 102)) == "[::1]:102"


def test_interrupt_wakes_a_waiting_receiver(listener: Listener) -> None:
    ours, theirs = pair(listener)
    threading.Timer(0.05, ours.interrupt).start()
    assert ours.receive(30) is End.CLOSED
    ours.close()
    theirs.close()


def echo(channel: Channel) -> None:
    while isinstance(octets := channel.receive(LIMIT), bytes):
        channel.send(octets, limit=LIMIT)


def test_connections_one_after_the_other_need_one_thread_whatever_goes_wrong(listener: Listener) -> None:
    threads: list[threading.Thread] = []
    told: list[threading.ExceptHookArgs] = []

    def serve(channel: Channel) -> None:
        threads.append(threading.current_thread())
        octets = channel.receive(LIMIT)
        if octets == b"break":
            raise ValueError("broken")
        assert isinstance(octets, bytes)
        channel.send(octets, limit=LIMIT)

    def ask(octets: bytes) -> bytes | End:
        with Channel.connect(
            listener.address.host, listener.address.port, limit=LIMIT, clock=CLOCK
        ) as channel:
            channel.send(octets, limit=LIMIT)
            got = channel.receive(LIMIT)
            while isinstance(got, bytes) and channel.receive(LIMIT) is not End.CLOSED:
                """The thread is done with this connection before the next one comes."""
            return got

    service = Service(listener, serve, bound=3)
    service.start()
    kept, threading.excepthook = threading.excepthook, told.append
    try:
        assert [ask(b"%d" % number) for number in range(5)] == [b"%d" % number for number in range(5)]
        before = len(set(threads))
        assert ask(b"break") is End.CLOSED
        assert ask(b"again") == b"again"
        assert service.stop(LIMIT)
    finally:
        threading.excepthook = kept
    assert before == 1
    assert len(told) == 1
    assert isinstance(told[0].exc_value, ValueError)
    assert not any(thread.is_alive() for thread in threads)


def test_service_serves_many_and_turns_away_the_rest(listener: Listener) -> None:
    service = Service(listener, echo, bound=3)
    service.start()
    address = listener.address
    channels = [Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK) for _ in range(3)]
    for number, channel in enumerate(channels):
        channel.send(b"%d" % number, limit=LIMIT)
        assert channel.receive(LIMIT) == b"%d" % number
    assert service.connections == 3
    fourth = Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK)
    assert fourth.receive(LIMIT) is End.CLOSED
    fourth.close()
    assert service.stop(LIMIT)
    assert service.connections == 0
    for channel in channels:
        assert channel.receive(LIMIT) is End.CLOSED
        channel.close()
    with pytest.raises(TcpRefused):
        Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK)
