"""Syslog over TLS from the device's sender to the tester's collector, over real sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial

import pytest

from conform62351.fixtures.device.log_sender import LogSender
from conform62351.fixtures.faults.building import RewriteOctets
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.syslog_framing import frame
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.flow import Address
from conform62351.tooling.net.log_collector import LogCollector
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_contexts import TlsFactory, settings_of

CLOCK = Clock()
LIMIT_S = 60.0


def factory(workshop: Workshop, *, server_side: bool, with_certificate: bool = True) -> TlsFactory:
    folder = CredentialFolder.load(workshop.tester if server_side else workshop.dut)
    name = "tester-tls" if server_side else "tls"
    return TlsFactory(settings_of(folder, name if with_certificate else None), server_side=server_side)


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def has(collector: LogCollector, text: bytes) -> bool:
    return text in [message.octets for message in collector.messages()]


class Bench:
    """A collector that can go and come back at its port, and what connects to it."""

    def __init__(self, workshop: Workshop, stack: ExitStack) -> None:
        self._stack = stack
        self._serving = factory(workshop, server_side=True)
        self._calling = factory(workshop, server_side=False)
        self._nameless = factory(workshop, server_side=False, with_certificate=False)
        # It never listens, and nobody else gets the port while the collector is away.
        kept = stack.enter_context(socket.socket())
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        self.address = Address(*kept.getsockname())
        self.failures: list[str] = []

    def collect(self) -> LogCollector:
        listener = Listener.bind(self.address.host, self.address.port, clock=CLOCK)
        collector = LogCollector(
            listener,
            lambda channel: SecureChannel.open(channel, self._serving.machine(), limit=LIMIT_S),
        )
        collector.start()
        self._stack.callback(collector.stop)
        self.address = collector.address
        return collector

    def channel(self) -> Channel:
        channel = Channel.connect(self.address.host, self.address.port, limit=LIMIT_S, clock=CLOCK)
        self._stack.callback(channel.close)
        return channel

    def connect(self, *, with_certificate: bool = True) -> SecureChannel:
        machines = self._calling if with_certificate else self._nameless
        return SecureChannel.open(self.channel(), machines.machine(), limit=LIMIT_S)

    def sender(self, policy: RewriteOctets | None = None) -> LogSender:
        sender = LogSender(self.connect, self.failures.append, policy)
        self._stack.callback(sender.stop, LIMIT_S)
        sender.start()
        return sender


@pytest.fixture
def bench(workshop: Workshop) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(workshop, stack)


def test_lines_come_in_order(bench: Bench) -> None:
    collector = bench.collect()
    assert not collector.connected
    sender = bench.sender()
    lines = [b"line %d" % number for number in range(50)]
    for line in lines:
        sender.send(line)
    assert collector.wait_for_sender(LIMIT_S)
    until(lambda: len(collector.messages()) == 50)
    assert [message.octets for message in collector.messages()] == lines
    assert [message.octets for message in collector.messages(48)] == lines[48:]
    times = [message.at for message in collector.messages()]
    assert times == sorted(times)
    assert collector.remarks == ()
    assert bench.failures == []


def test_several_connections_stand_side_by_side(bench: Bench) -> None:
    collector = bench.collect()
    first, second = bench.connect(), bench.connect()
    for stream, text in ((first, b"a"), (second, b"b"), (first, b"c")):
        stream.send(frame(text), limit=LIMIT_S)
        until(partial(has, collector, text))
    assert [(message.octets, message.connection) for message in collector.messages()] == [
        (b"a", collector.messages()[0].connection),
        (b"b", collector.messages()[1].connection),
        (b"c", collector.messages()[0].connection),
    ]
    assert collector.messages()[0].connection != collector.messages()[1].connection
    first.close()
    second.close()


def test_what_is_no_frame_is_remarked_and_ends_its_connection_alone(bench: Bench) -> None:
    collector = bench.collect()
    good, bad = bench.connect(), bench.connect()
    bad.send(frame(b"before") + b"<107>1 - no count\n", limit=LIMIT_S)
    until(lambda: collector.remarks)
    (remark,) = collector.remarks
    assert remark == f"{bad.flow.local}: octet 8: neither a length nor a space behind one"
    good.send(frame(b"after"), limit=LIMIT_S)
    until(lambda: len(collector.messages()) == 2)
    assert {message.octets for message in collector.messages()} == {b"before", b"after"}
    good.close()


def test_stream_that_ends_within_a_frame_is_remarked(bench: Bench) -> None:
    collector = bench.collect()
    stream = bench.connect()
    stream.send(b"100 half", limit=LIMIT_S)
    stream.close()
    until(lambda: collector.remarks)
    assert "ends within a frame" in collector.remarks[0]


def test_nobody_without_tls_or_a_certificate_is_heard(bench: Bench) -> None:
    collector = bench.collect()
    channel = bench.channel()
    channel.send(frame(b"plain"), limit=LIMIT_S)
    until(lambda: len(collector.remarks) == 1)
    with suppress(NetError), bench.connect(with_certificate=False) as stream:
        stream.send(frame(b"nameless"), limit=LIMIT_S)
    until(lambda: len(collector.remarks) == 2)
    assert all("no TLS" in remark for remark in collector.remarks)
    assert not collector.connected
    assert collector.messages() == []


def test_datagrams_are_remarked(bench: Bench) -> None:
    collector = bench.collect()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.sendto(b"<107>1 - over UDP", (bench.address.host, bench.address.port))
    until(lambda: collector.remarks)
    assert collector.remarks[0].endswith("a datagram of 17 octets over UDP")


def test_collector_that_comes_late_gets_everything(bench: Bench) -> None:
    first = bench.collect()
    first.stop()
    sender = bench.sender()
    sender.send(b"early")
    until(lambda: bench.failures)
    collector = bench.collect()
    sender.send(b"late")
    until(lambda: len(collector.messages()) == 2)
    assert [message.octets for message in collector.messages()] == [b"early", b"late"]
    assert len(bench.failures) == 1


def test_collector_that_leaves_is_told_once_and_found_again(bench: Bench) -> None:
    first = bench.collect()
    sender = bench.sender()
    sender.send(b"one")
    until(lambda: first.messages())
    first.stop()
    sender.send(b"two")
    until(lambda: bench.failures)
    collector = bench.collect()
    until(lambda: collector.messages())
    assert [message.octets for message in collector.messages()] == [b"two"]
    assert len(bench.failures) == 1


def test_sender_does_not_wait_for_a_collector_that_is_not_there(bench: Bench) -> None:
    bench.collect().stop()
    sender = bench.sender()
    for number in range(20_000):
        sender.send(b"line %d" % number)
    collector = bench.collect()
    until(lambda: len(collector.messages()) >= 10_000)
    assert collector.messages()[-1].octets == b"line 19999"


def test_policy_makes_the_frames(bench: Bench) -> None:
    collector = bench.collect()
    sender = bench.sender(RewriteOctets("LOG.frame", lambda octets: octets.partition(b" ")[2] + b"\n"))
    sender.send(b"<107>1 - by line")
    until(lambda: collector.remarks)
    assert "neither a length" in collector.remarks[0]
