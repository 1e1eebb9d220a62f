"""Secured channels over the TLS engine against Python's ssl: observers, handshakes that stop, what is due."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from conform62351.profiles.crypto.signatures import load_private_key
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.parameters import EngineParameters, TlsIdentity
from conform62351.profiles.tls.interface import (
    AlertReceived,
    Established,
    HandshakeMessage,
    RenegotiationAsked,
    TlsEvent,
)
from conform62351.suites.selfcheck.tls_bench import CLOCK, LIMIT, Pki, TlsServer
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.errors import SendIncomplete, TlsHandshakeFailed
from conform62351.tooling.net.flow import Address, End
from conform62351.tooling.net.secure_channel import UNFINISHED, SecureChannel

SUITE = 0xC02F
REST_OF_A_HANDSHAKE = [
    "TLS.Certificate",
    "TLS.ClientKeyExchange",
    "TLS.CertificateVerify",
    "TLS.ChangeCipherSpec",
    "TLS.Finished",
]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def engine(pki: Pki, role: Role, name: str, **members: Any) -> EngineTls:
    """Return the engine with the credential ``name``."""
    key = load_private_key(pki.file(name, "key").read_bytes())
    identity = TlsIdentity((pki.der(name),), key)
    usual: dict[str, Any] = {"now": CLOCK.monotonic, "random": os.urandom, "suites": (SUITE,)}
    return EngineTls(role, EngineParameters(identities=(identity,), **usual | members))


@dataclass
class Watcher:
    """Keeps what a channel tells; some kinds of events are to wake who reads."""

    wakes: tuple[type, ...] = ()
    events: list[TlsEvent] = field(default_factory=list)

    def __call__(self, event: TlsEvent) -> bool:
        self.events.append(event)
        return isinstance(event, self.wakes)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def sent(self) -> list[str]:
        return [event.name for event in self.of(HandshakeMessage) if event.direction == "sent"]


@dataclass
class Machines:
    """Makes one machine for each connection of a :class:`TlsServer`."""

    make: Callable[[], EngineTls]

    def machine(self, session: object | None = None) -> EngineTls:
        return self.make()


def test_an_observer_is_told_every_message_in_its_order(pki: Pki) -> None:
    watcher = Watcher()
    with TlsServer(pki.server()) as server:
        machine = engine(pki, Role.CLIENT, "tester")
        with SecureChannel.open(server.connect(), machine, limit=LIMIT, observer=watcher) as channel:
            channel.send(b"echo", limit=LIMIT)
            assert channel.receive(LIMIT) == b"echo"
            assert channel.machine is machine
    assert watcher.sent()[: 1 + len(REST_OF_A_HANDSHAKE)] == ["TLS.ClientHello", *REST_OF_A_HANDSHAKE]
    assert len(watcher.of(Established)) == 1


def test_an_observer_of_a_handshake_that_fails_is_told_too(pki: Pki) -> None:
    watcher = Watcher()
    machine = engine(pki, Role.CLIENT, "stranger")
    with TlsServer(pki.server()) as server:
        channel = server.connect()
        with pytest.raises(TlsHandshakeFailed):
            SecureChannel.open(channel, machine, limit=LIMIT, observer=watcher)
    assert [alert.description for alert in watcher.of(AlertReceived)] == ["unknown_ca"]


def test_a_handshake_stops_where_it_is_told_to_and_goes_on(pki: Pki) -> None:
    watcher = Watcher((Established,))
    with TlsServer(pki.server()) as server:
        machine = engine(pki, Role.CLIENT, "tester")
        with SecureChannel.open(
            server.connect(), machine, limit=LIMIT, observer=watcher, hold="TLS.ServerHelloDone"
        ) as channel:
            assert channel.held
            assert channel.established is UNFINISHED
            assert channel.receive(0.05) is End.TIMEOUT
            with pytest.raises(SendIncomplete):
                channel.send(b"too early", limit=LIMIT)
            channel.proceed()
            assert channel.receive(LIMIT) == b"", "the observer has something to be heard"
            assert channel.established.code == SUITE
            channel.send(b"echo", limit=LIMIT)
            assert channel.receive(LIMIT) == b"echo"


def test_what_is_sent_past_the_machine_meets_the_peer_as_it_is(pki: Pki) -> None:
    with TlsServer(pki.server()) as server:
        machine = engine(pki, Role.CLIENT, "tester")
        channel = SecureChannel.open(server.connect(), machine, limit=LIMIT, hold="TLS.ServerHelloDone")
        channel.send_plain(bytes.fromhex("1703030001aa"), limit=LIMIT)
        assert channel.receive(LIMIT) is End.CLOSED
        assert channel.alert == "unexpected_message"
        channel.close()


def talk(pki: Pki, address: Address) -> bytes | End:
    """Say something by OpenSSL, and return what is answered."""
    channel = Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK)
    with SecureChannel.open(channel, pki.client().machine(), limit=LIMIT) as secured:
        secured.send(b"before", limit=LIMIT)
        return secured.receive(LIMIT)


def test_a_server_that_asks_sees_openssl_renegotiate(pki: Pki) -> None:
    watcher = Watcher((Established, RenegotiationAsked))

    def ask(channel: SecureChannel) -> None:
        machine = channel.machine
        assert isinstance(machine, EngineTls)
        assert channel.receive(LIMIT) == b"before"
        channel.drive(machine.renegotiate, limit=LIMIT)
        while len(watcher.of(Established)) < 2:
            assert channel.receive(LIMIT) == b""
        channel.send(b"after", limit=LIMIT)
        channel.receive(LIMIT)

    with Listener.bind("127.0.0.1", clock=CLOCK) as listener, ThreadPoolExecutor(1) as pool:
        client = pool.submit(talk, pki, listener.address)
        channel = listener.accept(LIMIT)
        assert channel is not None
        machine = engine(pki, Role.SERVER, "dut")
        with SecureChannel.open(channel, machine, limit=LIMIT, observer=watcher) as secured:
            ask(secured)
        assert client.result(LIMIT) == b"after"
    assert [event.by for event in watcher.of(RenegotiationAsked)] == ["ClientHello"]
    assert [event.renegotiated for event in watcher.of(Established)] == [False, True]


def test_openssl_declines_and_the_connection_goes_on(pki: Pki) -> None:
    watcher = Watcher((AlertReceived,))
    with TlsServer(pki.server()) as server:
        machine = engine(pki, Role.CLIENT, "tester")
        with SecureChannel.open(server.connect(), machine, limit=LIMIT, observer=watcher) as channel:
            channel.drive(machine.renegotiate, limit=LIMIT)
            assert channel.receive(LIMIT) == b""
            assert [alert.description for alert in watcher.of(AlertReceived)] == ["no_renegotiation"]


def test_what_is_due_is_done_while_somebody_reads(pki: Pki) -> None:
    watcher = Watcher((Established,))
    machines = Machines(lambda: engine(pki, Role.SERVER, "dut"))
    with TlsServer(machines) as server:  # type: ignore[arg-type]
        machine = engine(pki, Role.CLIENT, "tester", renegotiation_interval=0.05)
        with SecureChannel.open(server.connect(), machine, limit=LIMIT, observer=watcher) as channel:
            due = channel.due_in
            assert due is not None
            assert due <= 0.05
            assert channel.receive(LIMIT) == b""
            assert [event.renegotiated for event in watcher.of(Established)] == [False, True]


def test_nothing_is_due_with_a_library(pki: Pki) -> None:
    with TlsServer(pki.server()) as server, server.secured(pki.client()) as channel:
        assert channel.due_in is None
        channel.tick()


def connected(pki: Pki, address: Address, watcher: Watcher) -> SecureChannel:
    """Return a client's side of a connection over the engine."""
    channel = Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK)
    return SecureChannel.open(channel, engine(pki, Role.CLIENT, "tester"), limit=LIMIT, observer=watcher)


def test_what_comes_up_while_another_thread_sends_is_sent_behind_it(pki: Pki) -> None:
    watcher = Watcher((HandshakeMessage,))
    with Listener.bind("127.0.0.1", clock=CLOCK) as listener, ThreadPoolExecutor(1) as pool:
        opened = pool.submit(connected, pki, listener.address, watcher)
        channel = listener.accept(LIMIT)
        assert channel is not None
        asked, machine = Watcher(), engine(pki, Role.SERVER, "dut")
        with (
            SecureChannel.open(channel, machine, limit=LIMIT, observer=asked) as server,
            opened.result(LIMIT) as client,
        ):
            asking = client.machine
            assert isinstance(asking, EngineTls)
            watcher.events.clear()
            more_than_fits = bytes(16 << 20)
            sending = pool.submit(server.drive, lambda: machine.send(more_than_fits), limit=LIMIT)
            while server.unacknowledged() < len(more_than_fits) // 100:
                CLOCK.sleep(0.01)
            client.drive(asking.renegotiate, limit=LIMIT)
            while not asked.of(RenegotiationAsked):
                server.receive(0.05)
            while "TLS.ServerHelloDone" not in [one.name for one in watcher.of(HandshakeMessage)]:
                assert client.receive(LIMIT) is not End.TIMEOUT
            sending.result(LIMIT)


def test_what_finds_no_room_at_once_is_sent_later(pki: Pki) -> None:
    with Listener.bind("127.0.0.1", clock=CLOCK) as listener, ThreadPoolExecutor(1) as pool:
        opened = pool.submit(connected, pki, listener.address, Watcher())
        channel = listener.accept(LIMIT)
        assert channel is not None
        machine = engine(pki, Role.SERVER, "dut")
        with SecureChannel.open(channel, machine, limit=LIMIT) as server, opened.result(LIMIT) as client:
            left = 16 << 20
            machine.send(bytes(left))
            server.tick()
            answered = pool.submit(server.receive, LIMIT)
            while left:
                got = client.receive(LIMIT)
                assert isinstance(got, bytes)
                left -= len(got)
            client.send(b"all there", limit=LIMIT)
            assert answered.result(LIMIT) == b"all there"
