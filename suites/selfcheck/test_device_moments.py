"""What comes to a device that authenticates at the wrong moment, or in the wrong place: over real sockets."""

from __future__ import annotations

import threading

import pytest

from conform62351.fixtures.device.configuration import Stack
from conform62351.fixtures.device.server import ServerEndpoint
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.osi.association import Layer
from conform62351.profiles.osi.events import Aborted
from conform62351.profiles.transport.events import TransportConfirm
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Peer, Peers, Start, act, events, wait_for_event
from conform62351.suites.selfcheck.device_secured_peer import SecuredPeers
from conform62351.tooling.net.channel import End

A_PROFILE = Stack.A_PROFILE
ABORTED = "IEC62351-14:4.4"
READ = ("IEDREF1LD0", "GGIO1$ST$IntIn1$stVal")


@pytest.mark.parametrize("action", ["configure", "reset"])
def test_connection_from_before_a_restart_ends_with_it(
    start: Start, workshop: Workshop, peers: Peers, action: str
) -> None:
    device = start(pki=workshop.dut)
    listener = peers.listening()
    peer = peers.connected(listener.address)
    accepted = listener.accept(LIMIT_S)
    assert accepted is not None
    endpoint = ServerEndpoint(accepted, device.shared, over_tls=False)
    act(device, action, **({"name": "a-profile"} if action == "configure" else {}))
    serving = threading.Thread(target=endpoint.run)
    serving.start()
    assert peer.ended() is End.CLOSED
    serving.join()
    assert not any(record.peer_info == endpoint.peer for record in events(device))


def request(peer: Peer) -> bytes:
    """Return what asks for a variable on an association like that of ``peer``, down to the TPKT."""
    read = peer.client.read(READ)
    assert read.octets is not None
    peer.association.send_data(read.octets, read.name)
    return b"".join(message.octets for message in peer.association.take_output())


def test_data_that_come_with_the_request_end_what_is_no_association_yet(
    start: Start, workshop: Workshop, tester: SecuredPeers
) -> None:
    device = start(pki=workshop.dut)
    act(device, "configure", name=A_PROFILE.value)
    other = tester.connected(device, A_PROFILE)
    other.associate()
    peer = tester.connected(device, A_PROFILE)
    peer.association.open_transport()
    peer.wait(TransportConfirm)
    initiate = peer.client.initiate()
    assert initiate.octets is not None
    peer.association.associate(initiate.octets, initiate.name)
    peer.association.inject(Layer.TCP, request(other), "MMS.confirmed-RequestPDU")
    together = b"".join(message.octets for message in peer.association.take_output())
    peer.channel.send(together, limit=LIMIT_S)
    peer.wait(Aborted)
    wait_for_event(device, ABORTED, "SES.DT.4 place")
    about_it = [record.id for record in events(device) if record.peer_info == str(peer.channel.flow.local)]
    assert about_it == [ABORTED]


def test_data_in_the_context_of_authentication_are_not_taken(
    start: Start, workshop: Workshop, tester: SecuredPeers
) -> None:
    device = start(pki=workshop.dut)
    act(device, "configure", name=A_PROFILE.value)
    peer = tester.connected(device, A_PROFILE)
    peer.associate()
    (number,) = (
        number for number, syntax in peer.association.contexts.items() if syntax == "1.0.840.0.1.1.4.1"
    )
    read = peer.client.read(READ)
    assert read.octets is not None
    peer.association.send_data(read.octets, read.name, context=number)
    peer.wait(Aborted)
    wait_for_event(device, "IEC62351-14:4.2", f"data in context {number}, which is for 1.0.840.0.1.1.4.1")
