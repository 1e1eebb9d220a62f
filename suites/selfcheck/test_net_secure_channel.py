"""TLS over real sockets behaves as a plain channel does: octets, limits, ends, poll."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from conform62351.profiles.tls.interface import Established, PlainData, TlsEvent, Truncated
from conform62351.suites.selfcheck.stream_bench import received
from conform62351.suites.selfcheck.test_net_channel import Notebook, Stepping, pair
from conform62351.suites.selfcheck.tls_bench import CLOCK, LIMIT, Pki, TlsServer, echo
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.errors import SendIncomplete
from conform62351.tooling.net.flow import End, Stream
from conform62351.tooling.net.secure_channel import SecureChannel

VERSIONS = ["TLSv1.2", "TLSv1.3"]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener.bind("127.0.0.1", clock=CLOCK) as listening:
        yield listening


def readable(stream: Stream, limit: float = LIMIT) -> bool:
    poll = select.poll()
    poll.register(stream.fileno(), select.POLLIN)
    return bool(poll.poll(limit * 1000))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("version", VERSIONS)
def test_octets_pass_both_ways_and_each_side_ends(pki: Pki, host: str, version: str) -> None:
    versions = {"minimum": version, "maximum": version}
    with TlsServer(pki.server(**versions), host=host) as server:
        channel = server.secured(pki.client(**versions))
        assert channel.established.version == version
        assert channel.established.peer_chain[0] == pki.der("dut")
        assert not channel.established.resumed
        for octets in (b"request", bytes(range(256)) * 1000):
            assert channel.send(octets, limit=LIMIT) == len(octets)
            assert received(channel, len(octets)) == octets
        channel.half_close()
        assert channel.receive(LIMIT) is End.CLOSED
        assert channel.receive(LIMIT) is End.CLOSED
        assert channel.closed_in_order
        assert (channel.alert, channel.alert_sent, channel.failure) == ("", "", "")
        channel.close()
        with pytest.raises(SendIncomplete) as raised:
            channel.send(b"late", limit=LIMIT)
        assert (raised.value.accepted, raised.value.cause) == (0, "closed")
    (outcome,) = server.outcomes
    assert isinstance(outcome, SecureChannel)
    assert outcome.closed_in_order
    assert outcome.established.peer_chain[0] == pki.der("tester")


@pytest.mark.parametrize("version", VERSIONS)
def test_data_right_behind_a_handshake_wake_a_poll(pki: Pki, version: str) -> None:
    """A client that resumes sends data with its last handshake message; they must not hide inside TLS."""
    members: dict[str, Any] = {"minimum": version, "maximum": version, "tickets": True}
    client = pki.client(**members)
    woken: list[bool] = []

    def serve(channel: SecureChannel) -> None:
        woken.append(readable(channel))
        echo(channel)

    with TlsServer(pki.server(**members), serve) as server:
        session: object | None = None
        for _ in range(3):
            with server.secured(client, session) as channel:
                channel.send(b"x", limit=LIMIT)
                assert received(channel, 1) == b"x"
                session = channel.session
    assert woken == [True] * 3


def test_nothing_readable_stays_behind_a_receive(pki: Pki) -> None:
    """Records that came in one piece are returned together: afterwards a poll waits rightly."""
    sent = threading.Event()

    def serve(channel: SecureChannel) -> None:
        channel.send(b"abc" * 200, segments=(3,), limit=LIMIT)
        sent.set()
        channel.receive(LIMIT)

    with TlsServer(pki.server(), serve) as server, server.secured(pki.client()) as channel:
        assert sent.wait(LIMIT)
        got = b""
        while len(got) < 600:
            assert readable(channel)
            part = channel.receive(0)
            assert part is not End.CLOSED
            got += part if isinstance(part, bytes) else b""
        assert got == b"abc" * 200
        assert not readable(channel, 0.1)
        assert channel.receive(0) is End.TIMEOUT


def test_end_that_comes_with_data_wakes_a_poll(pki: Pki) -> None:
    """A peer may say close_notify right behind its data and wait for ours without FIN."""

    def serve(channel: SecureChannel) -> None:
        channel.receive(LIMIT)
        inner = channel._channel
        channel._machine.send(b"last words")
        channel._machine.close_notify()
        inner.send(channel._machine.take_output(), limit=LIMIT)
        assert channel.receive(LIMIT) is End.CLOSED

    with TlsServer(pki.server(), serve) as server, server.secured(pki.client()) as channel:
        channel.send(b"x", limit=LIMIT)
        assert channel.receive(LIMIT) == b"last words"
        assert readable(channel)
        assert channel.receive(0) is End.CLOSED
        assert channel.closed_in_order


def test_silence_is_a_timeout_and_leaves_the_connection(pki: Pki) -> None:
    with TlsServer(pki.server()) as server, server.secured(pki.client()) as channel:
        assert channel.receive(0.02) is End.TIMEOUT
        assert channel.receive(0) is End.TIMEOUT
        channel.send(b"x", limit=LIMIT)
        assert channel.receive(LIMIT) == b"x"


@pytest.mark.parametrize("octets", [1, 3])
def test_record_that_does_not_end_is_a_timeout(pki: Pki, octets: int) -> None:
    """Octets that come one by one and never make a record do not prolong the wait."""

    def serve(channel: SecureChannel) -> None:
        for octet in b"\x17\x03\x03\x10\x00" + bytes(octets):
            channel._channel.send(bytes((octet,)), limit=LIMIT)
            time.sleep(0.01)
        channel.receive(LIMIT)

    with TlsServer(pki.server(), serve) as server, server.secured(pki.client()) as channel:
        assert channel.receive(0.2) is End.TIMEOUT
        assert channel.receive(0.0) is End.TIMEOUT


def test_fin_without_close_notify_is_told_from_one_with(pki: Pki) -> None:
    with (
        TlsServer(pki.server(), lambda channel: channel._channel.close()) as server,
        server.secured(pki.client()) as channel,
    ):
        assert channel.receive(LIMIT) is End.CLOSED
        assert not channel.closed_in_order


def test_reset_is_told_from_close(pki: Pki) -> None:
    with (
        TlsServer(pki.server(), SecureChannel.reset) as server,
        server.secured(pki.client()) as channel,
    ):
        assert channel.receive(LIMIT) is End.RESET
        assert channel.receive(0) is End.RESET
        with pytest.raises(SendIncomplete):
            channel.send(b"x", limit=LIMIT)


def test_half_closed_connection_still_receives(pki: Pki) -> None:
    def serve(channel: SecureChannel) -> None:
        assert channel.receive(LIMIT) is End.CLOSED
        channel.send(b"answer", limit=LIMIT)

    with TlsServer(pki.server(), serve) as server, server.secured(pki.client()) as channel:
        channel.half_close()
        assert channel.receive(LIMIT) == b"answer"
        assert channel.receive(LIMIT) is End.CLOSED


def test_peer_that_does_not_read_makes_the_send_incomplete(pki: Pki) -> None:
    done = threading.Event()

    def serve(_: SecureChannel) -> None:
        done.wait(LIMIT)

    with TlsServer(pki.server(), serve) as server, server.secured(pki.client()) as channel:
        octets = bytes(32 * 1024 * 1024)
        with pytest.raises(SendIncomplete) as raised:
            channel.send(octets, limit=0.05)
        assert raised.value.cause == "timeout"
        assert 0 < raised.value.accepted < raised.value.wanted == len(octets)
        assert channel.unacknowledged() > 0
        with pytest.raises(SendIncomplete) as raised:
            channel.send(b"more", limit=LIMIT)
        assert (raised.value.accepted, raised.value.cause) == (0, "timeout")
        channel.half_close()
        done.set()


@pytest.mark.parametrize(
    ("segments", "pieces"),
    [((1,), [1] * 5), ((2, 1), [2, 1, 1, 1]), ((4,), [4, 1]), ((99,), [5]), ((0,), [1] * 5), ((), [5])],
)
def test_segments_are_records_that_leave_one_by_one(
    pki: Pki, segments: tuple[int, ...], pieces: list[int]
) -> None:
    notebook = Notebook()
    with TlsServer(pki.server()) as server:
        plain = server.connect(recorder=notebook)
        with SecureChannel.open(plain, pki.client().machine(), limit=LIMIT) as channel:
            before = len(notebook.lines)
            assert channel.send(b"abcde", segments=segments, pause=0.001, limit=LIMIT) == 5
            sent = [line[2] for line in notebook.lines[before:] if line[:2] == ("carried", True)]
            overhead = 5 + 8 + 16  # header, explicit nonce and tag of AES-GCM
            assert [len(octets) - overhead for octets in sent if isinstance(octets, bytes)] == pieces
            assert received(channel, 5) == b"abcde"


def test_slow_octets_arrive_apart(pki: Pki) -> None:
    stepping = Stepping()

    def serve(channel: SecureChannel) -> None:
        channel._channel.clock = stepping
        channel.send(b"abc", segments=(1,), pause=0.05, limit=LIMIT)

    with TlsServer(pki.server(), serve) as server, server.secured(pki.client()) as channel:
        assert [stepping.take(channel) for _ in range(3)] == [b"a", b"b", b"c"]
    assert stepping.slept == [0.05] * 2


@pytest.mark.parametrize("version", VERSIONS)
def test_one_thread_sends_while_another_receives(pki: Pki, version: str) -> None:
    members = {"minimum": version, "maximum": version}
    octets = bytes(range(256)) * 8000
    got: list[bytes] = []
    with TlsServer(pki.server(**members)) as server, server.secured(pki.client(**members)) as channel:
        reader = threading.Thread(target=lambda: got.append(received(channel, 2 * len(octets))))
        reader.start()
        for _ in range(2):
            assert channel.send(octets, limit=LIMIT) == len(octets)
        reader.join(LIMIT)
    assert got == [octets * 2]


def test_interrupt_wakes_a_waiting_receiver(pki: Pki) -> None:
    done = threading.Event()

    def serve(_: SecureChannel) -> None:
        done.wait(LIMIT)

    with TlsServer(pki.server(), serve) as server, server.secured(pki.client()) as channel:
        threading.Timer(0.05, channel.interrupt).start()
        assert channel.receive(30) is End.CLOSED
        done.set()


def test_channel_and_secure_channel_are_streams(pki: Pki) -> None:
    with TlsServer(pki.server()) as server, server.secured(pki.client()) as channel:
        streams: list[Stream] = [channel, channel._channel]
        assert isinstance(channel._channel, Channel)
        assert len({stream.flow for stream in streams}) == 1
        assert {stream.clock for stream in streams} == {CLOCK}
        assert {stream.fileno() for stream in streams} == {channel.fileno()}
        assert [stream.alert for stream in streams] == ["", ""]


class Transparent:
    """A machine with the interface and without protection; ``met`` is application data met while sending."""

    peer_chain: tuple[bytes, ...] = ()
    session: object | None = None

    def __init__(self, met: bytes = b"") -> None:
        self.established: Established | None = None
        self._met = met
        self._output = b""

    def start(self) -> list[TlsEvent]:
        self.established = Established("none", "TLS_NULL_WITH_NULL_NULL", 0, (), False)
        return [self.established]

    def receive(self, octets: bytes) -> list[TlsEvent]:
        return [PlainData(octets)]

    def receive_eof(self) -> list[TlsEvent]:
        return [Truncated()]

    def send(self, octets: bytes) -> list[TlsEvent]:
        self._output += octets
        return [PlainData(self._met)] if self._met else []

    def close_notify(self) -> list[TlsEvent]:
        return []

    def take_output(self) -> bytes:
        octets, self._output = self._output, b""
        return octets


def test_any_machine_with_the_interface_does(listener: Listener) -> None:
    ours, theirs = pair(listener)
    with (
        SecureChannel.open(ours, Transparent(b"met while sending"), limit=LIMIT) as channel,
        SecureChannel.open(theirs, Transparent(), limit=LIMIT) as other,
    ):
        channel.send(b"x", limit=LIMIT)
        assert channel.receive(0) == b"met while sending"
        assert other.receive(LIMIT) == b"x"
        other.send(b"y", limit=LIMIT)
        assert channel.receive(LIMIT) == b"y"
