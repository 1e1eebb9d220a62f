"""The engine as the device's TLS, against peers that stop, flood, lie, or renegotiate without end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from conform62351.fixtures.device.configuration import load_description
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.interface import Established, HandshakeMessage
from conform62351.profiles.tls.records import ContentType
from conform62351.suites.selfcheck.device_engine_peer import EnginePeers, associated, in_configuration, logged
from conform62351.suites.selfcheck.device_peer import (
    LIMIT_S,
    PATIENCE_S,
    Start,
    act,
    answered_within,
    wait_for_event,
    wait_otherwise,
)
from conform62351.tooling.net.channel import Channel, End
from conform62351.tooling.net.errors import NetError, TlsHandshakeFailed

SUCCESS = "IEC62351-3:1.1"
FAILED = "IEC62351-14:4.2"
NOT_RENEGOTIATED = "IEC62351-3:1.11"


@pytest.fixture
def device(start: Start, workshop: Workshop) -> ReferenceDevice:
    """Start a device in the configuration ``tls``."""
    return in_configuration(start, workshop)


def hasty(start: Start, workshop: Workshop, answer: float) -> ReferenceDevice:
    """Start such a device that waits so many seconds for an answer within a handshake."""
    configurations = answered_within(answer, load_description(None, None))
    return in_configuration(start, workshop, configurations=configurations)


class Withholds(Policy):
    """Does not send the message of one name once it has been told to."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.begun = False

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        return None if self.begun and name == self._name else octets


class Spoils(Policy):
    """Changes the octets of messages of one name."""

    def __init__(self, name: str, change: Callable[[bytes], bytes]) -> None:
        self._name = name
        self._change = change

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        return self._change(octets) if name == self._name else octets


@pytest.mark.parametrize("withheld", ["TLS.ClientKeyExchange", "TLS.ChangeCipherSpec", "TLS.Finished"])
def test_renegotiation_that_stops_half_way_ends_the_connection(
    start: Start, workshop: Workshop, engine: EnginePeers, withheld: str
) -> None:
    device = hasty(start, workshop, 1.0)
    policy = Withholds(withheld)
    heard = engine.connected(device, policy=policy)
    associated(heard)
    policy.begun = True
    act(device, "renegotiate")
    heard.ended()
    wait_for_event(device, FAILED, "without release")
    associated(engine.connected(device)).release()


def test_first_handshake_that_stops_half_way_ends_within_the_limit(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = start(pki=workshop.dut, associate_limit=0.3)
    act(device, "configure", name="tls")
    policy = Withholds("TLS.Finished")
    policy.begun = True
    with pytest.raises(TlsHandshakeFailed):
        engine.connected(device, policy=policy)
    wait_for_event(device, FAILED, "TLS: ")


def test_requests_are_answered_while_a_renegotiation_waits_for_the_peer(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = hasty(start, workshop, 3.0)
    policy = Withholds("TLS.ClientHello")
    heard = engine.connected(device, policy=policy)
    peer = associated(heard)
    policy.begun = True
    act(device, "renegotiate")
    heard.wait(HandshakeMessage, lambda event: event.name == "TLS.HelloRequest")
    for _ in range(3):
        peer.ask(peer.client.identify())
    heard.ended()
    wait_for_event(device, NOT_RENEGOTIATED)


def test_a_peer_that_renegotiates_without_end_is_bounded(
    device: ReferenceDevice, engine: EnginePeers
) -> None:
    heard = engine.connected(device)
    associated(heard)
    heard.renegotiate()
    while isinstance(heard.outcome(), Established):
        heard.renegotiate()
    assert heard.stream.alert == "handshake_failure"
    assert 10 < len(logged(device, SUCCESS)) < 100
    associated(engine.connected(device)).release()


@pytest.mark.parametrize(
    "change",
    [
        lambda octets: octets[:3] + b"\xff" + octets[4:],
        lambda octets: octets[:1] + b"\xff\xff\xff" + octets[4:],
        lambda octets: octets[:-1],
        lambda octets: octets + octets,
        lambda octets: octets[:4] + bytes(len(octets) - 4),
        lambda octets: octets * 3000,
    ],
    ids=["longer", "huge", "short", "twice", "zeros", "many"],
)
@pytest.mark.parametrize("name", ["TLS.ClientHello", "TLS.Certificate", "TLS.Finished", "TLS.record"])
def test_spoilt_messages_end_one_connection_only(
    start: Start, workshop: Workshop, engine: EnginePeers, name: str, change: Callable[[bytes], bytes]
) -> None:
    device = start(pki=workshop.dut, associate_limit=2.0)
    act(device, "configure", name="tls")
    with suppress(TlsHandshakeFailed):
        engine.connected(device, policy=Spoils(name, change)).ended()
    wait_for_event(device, FAILED)
    wait_otherwise(device, associate_limit=PATIENCE_S)
    associated(engine.connected(device)).release()


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        (ContentType.HANDSHAKE, b"\x0b\xff\xff\xff"),
        (ContentType.HANDSHAKE, b"\x02\x00\x00\x00"),
        (ContentType.CHANGE_CIPHER_SPEC, b"\x01"),
        (ContentType.ALERT, b"\x02\x28"),
        (ContentType.ALERT, b"\x01"),
        (ContentType.HEARTBEAT, b"\x01\x40\x00"),
        (99, b"?"),
    ],
)
def test_records_that_do_not_belong_there_end_one_connection_only(
    device: ReferenceDevice, engine: EnginePeers, kind: int, octets: bytes
) -> None:
    heard = engine.connected(device)
    associated(heard)
    heard.stream.drive(lambda: heard.machine.inject(kind, octets), limit=LIMIT_S)
    heard.ended()
    wait_for_event(device, FAILED)
    associated(engine.connected(device)).release()


def test_megabytes_before_the_handshake_end_that_connection_only(
    device: ReferenceDevice, engine: EnginePeers
) -> None:
    address = device.tls_address
    record = bytes.fromhex("1603014000") + bytes.fromhex("010ffffc") + bytes(0x4000 - 4)
    with Channel.connect(address.host, address.port, limit=LIMIT_S, clock=engine.clock) as channel:
        with suppress(NetError):
            for _ in range(256):
                channel.send(record, limit=LIMIT_S)
        got: bytes | End = b""
        with suppress(NetError):
            while isinstance(got, bytes):
                got = channel.receive(LIMIT_S)
        assert got is not End.TIMEOUT
    wait_for_event(device, FAILED, "TLS: ")
    associated(engine.connected(device)).release()


def test_a_hello_of_ssl_2_is_logged_as_of_a_version_below_tls_1_0(
    device: ReferenceDevice, engine: EnginePeers
) -> None:
    address = device.tls_address
    hello = bytes.fromhex("801c0100020003000000100700c0") + bytes(16)
    got = b""
    with Channel.connect(address.host, address.port, limit=LIMIT_S, clock=engine.clock) as channel:
        channel.send(hello, limit=LIMIT_S)
        while isinstance(octets := channel.receive(LIMIT_S), bytes):
            got += octets
    assert (got[:1], got[3:]) == (b"\x15", bytes.fromhex("00020246"))
    wait_for_event(device, "IEC62351-3:1.4", "SSL 2.0")
    associated(engine.connected(device)).release()


def test_sessions_of_others_are_not_resumed(device: ReferenceDevice, engine: EnginePeers) -> None:
    first = engine.connected(device, tickets=True)
    associated(first).release()
    session = first.machine.session
    assert session is not None
    flipped = session.ticket[:-1] + bytes((session.ticket[-1] ^ 1,))
    spoilt = msgspec.structs.replace(session, id=bytes(32), ticket=flipped)
    assert not engine.connected(device, tickets=True, session=spoilt).stream.established.resumed
