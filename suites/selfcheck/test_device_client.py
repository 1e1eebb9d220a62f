"""The reference device as client over real sockets: driven by actions, whatever the server does."""

from __future__ import annotations

import socket
import time

import pytest

from conform62351.fixtures.device.control import ActionError, CallError
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.server import MmsServer, ServerSettings
from conform62351.profiles.osi.association import Layer
from conform62351.profiles.osi.events import Aborted, AssociateIndication, Data, ReleaseIndication
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_native_pair import until
from conform62351.suites.selfcheck.device_peer import (
    LIMIT_S,
    Peer,
    Peers,
    Start,
    act,
    wait_for_event,
    wait_otherwise,
)
from conform62351.tooling.net.channel import End, Listener


def connect(device: ReferenceDevice, listener: Listener) -> None:
    act(device, "connect", host=listener.address.host, port=str(listener.address.port))


def associated(device: ReferenceDevice, peers: Peers) -> Peer:
    listener = peers.listening()
    connect(device, listener)
    peer = peers.called(listener)
    peer.accept()
    return peer


def test_client_associates_asks_and_releases(start: Start, peers: Peers) -> None:
    device = start()
    peer = associated(device, peers)
    for _ in range(2):
        act(device, "send-request")
        assert peer.answer() == "MMS.confirmed-ResponsePDU"
    record = wait_for_event(device, "IEC62351-14:4.1", "association as client")
    assert record.peer_info == str(peer.channel.flow.local)
    act(device, "release")
    assert peer.answer() == "MMS.conclude-ResponsePDU"
    peer.accept_release()
    assert peer.ended() is End.CLOSED


def test_requests_are_not_held_back_by_unanswered_ones(start: Start, peers: Peers) -> None:
    device = start()
    peer = associated(device, peers)
    act(device, "send-request")
    act(device, "send-request")
    assert peer.answer() == peer.answer() == "MMS.confirmed-ResponsePDU"


def test_client_without_conclude_releases_at_once(start: Start, peers: Peers) -> None:
    device = start(services={role: frozenset({"read"}) for role in Role})
    peer = associated(device, peers)
    act(device, "release")
    peer.accept_release()
    assert peer.ended() is End.CLOSED


def test_no_more_is_asked_than_the_server_agreed_to(start: Start, peers: Peers) -> None:
    device = start()
    listener = peers.listening()
    connect(device, listener)
    peer = peers.called(listener)
    one_at_a_time = ServerSettings(InitiateParameters(max_outstanding_calling=1))
    peer.server = MmsServer(reference_model(), settings=one_at_a_time)
    peer.accept()
    act(device, "send-request")
    with pytest.raises(ActionError, match="outstanding"):
        act(device, "send-request")
    peer.answer()
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            act(device, "send-request")
        except ActionError:
            assert time.monotonic() < deadline, "the answer does not free the client for another request"
            time.sleep(0.01)
        else:
            return


def test_nothing_is_asked_once_the_release_has_begun(start: Start, peers: Peers) -> None:
    device = start()
    peer = associated(device, peers)
    act(device, "release")
    act(device, "release")
    with pytest.raises(ActionError, match="the association is being released"):
        act(device, "send-request")
    assert peer.answer() == "MMS.conclude-ResponsePDU"
    peer.accept_release()
    assert peer.ended() is End.CLOSED


def test_data_that_cross_the_release_are_not_answered(start: Start, peers: Peers) -> None:
    device = start(services={role: frozenset({"read"}) for role in Role})
    peer = associated(device, peers)
    act(device, "release")
    peer.association.send_data(b"\xff\xff", "MMS")
    peer.flush()
    peer.accept_release()
    assert peer.ended() is End.CLOSED
    assert peer.events == []


def test_client_asks_who_the_server_is_when_no_object_is_named(start: Start, peers: Peers) -> None:
    device = start(read_object=None)
    peer = associated(device, peers)
    act(device, "send-request")
    assert peer.server.handle(peer.wait(Data).octets, 0.0).replies[0].name == "MMS.confirmed-ResponsePDU"


def test_client_answers_a_release(start: Start, peers: Peers) -> None:
    peer = associated(start(), peers)
    peer.release()


def test_collision_of_releases_ends_both_ways(start: Start, peers: Peers) -> None:
    device = start(services={role: frozenset({"read"}) for role in Role})
    peer = associated(device, peers)
    act(device, "release")
    peer.association.release()
    peer.accept_release()
    assert peer.ended() is End.CLOSED


def test_device_connects_again_after_every_end(start: Start, peers: Peers) -> None:
    device = start()
    listener = peers.listening()
    for how in ("close", "reset", "refuse", "garbage"):
        connect(device, listener)
        peer = peers.called(listener)
        if how == "refuse":
            peer.wait(AssociateIndication)
            peer.association.reject(result=1, source=1)
            peer.flush()
        elif how == "garbage":
            peer.channel.send(b"\x16\x03\x01\x00\x00", limit=1.0)
        else:
            peer.accept()
        if how == "reset":
            peer.channel.reset()
        else:
            peer.channel.close()
    connect(device, listener)
    peer = peers.called(listener)
    peer.accept()
    act(device, "send-request")
    assert peer.answer() == "MMS.confirmed-ResponsePDU"


def test_disconnect_aborts(start: Start, peers: Peers) -> None:
    device = start()
    peer = associated(device, peers)
    act(device, "send-request")
    act(device, "disconnect")
    assert peer.wait(Aborted).form == "ARU"


def test_second_connection_is_refused_while_one_stands(start: Start, peers: Peers) -> None:
    device = start()
    peer = associated(device, peers)
    with pytest.raises(ActionError, match=f"there is a connection to {peer.channel.flow.local}"):
        connect(device, peers.listening())


def test_nobody_there_is_told(start: Start, peers: Peers) -> None:
    device = start()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ActionError, match="refused"):
            act(device, "connect", host="127.0.0.1", port=str(port))
    with pytest.raises(ActionError, match=r"no\.such\.host\.invalid"):
        act(device, "connect", host="no.such.host.invalid", port="102")


@pytest.mark.parametrize("port", ["", "x", "0", "65536", "²", "9" * 5000])
def test_impossible_port_is_a_wrong_call(start: Start, port: str) -> None:
    with pytest.raises(CallError, match="is no TCP port"):
        act(start(), "connect", host="127.0.0.1", port=port)


def test_device_that_is_no_client_says_so(start: Start, peers: Peers) -> None:
    with pytest.raises(ActionError, match="the device is no client"):
        connect(start(roles=frozenset({Role.SERVER})), peers.listening())


def test_actions_need_an_association(start: Start, peers: Peers) -> None:
    device = start()
    for action in ("send-request", "release"):
        with pytest.raises(ActionError, match="there is no association"):
            act(device, action)
    associated(device, peers).channel.close()
    wait_for_event(device, "IEC62351-14:4.2", "connection closed without release")
    until(lambda: not device.caller.is_connected, "the end")
    with pytest.raises(ActionError, match="there is no association"):
        act(device, "send-request")


def test_silent_server_is_left(start: Start, peers: Peers) -> None:
    device = start(associate_limit=0.2)
    listener = peers.listening()
    connect(device, listener)
    peer = peers.called(listener)
    assert peer.ended() is End.CLOSED
    wait_for_event(device, "IEC62351-14:4.2", "DEV.2")


def test_association_whose_request_is_not_answered_is_aborted(start: Start, peers: Peers) -> None:
    device = start(respond_limit=0.2)
    peer = associated(device, peers)
    act(device, "send-request")
    assert peer.wait(Aborted).form == "ARU"
    wait_for_event(device, "IEC62351-14:4.2", "DEV.3 answer-in-time: no answer within 0.2 s")


def test_answer_that_is_none_does_no_harm(start: Start, peers: Peers) -> None:
    device = start()
    peer = associated(device, peers)
    for octets in (b"\xa1\x03\x02\x01\x63", b"\xff\xff", b""):
        peer.association.send_data(octets, "MMS.confirmed-ResponsePDU")
    peer.flush()
    act(device, "send-request")
    request = peer.wait(Data, lambda data: data.octets[:1] == b"\xa0")
    (reply,) = peer.server.handle(request.octets, 0.0).replies
    peer.send(reply)
    act(device, "send-request")
    peer.wait(Data, lambda data: data.octets[:1] == b"\xa0")


def test_server_that_accepts_without_initiate_response_is_aborted(start: Start, peers: Peers) -> None:
    device = start()
    listener = peers.listening()
    connect(device, listener)
    peer = peers.called(listener)
    peer.wait(AssociateIndication)
    peer.association.accept(b"\xff\xff", "MMS.initiate-ResponsePDU")
    assert peer.wait(Aborted).form == "ARU"


@pytest.mark.parametrize("layer", [Layer.TCP, Layer.TPKT, Layer.COTP, Layer.SESSION])
def test_garbage_of_the_server_ends_the_connection_in_time(start: Start, peers: Peers, layer: Layer) -> None:
    device = start(respond_limit=0.3)
    peer = associated(device, peers)
    peer.association.inject(layer, b"\x16\x03\x03\x00\x07\x01\x00", "garbage")
    peer.flush()
    if layer is Layer.SESSION:
        assert peer.wait(Aborted).form in ("ARU", "ARP", "AB")
        peer.channel.close()
    else:
        assert peer.ended() is End.CLOSED
    listener = peers.listening()
    connect(device, listener)
    peers.called(listener).wait(AssociateIndication)


def test_release_that_is_not_answered_is_given_up(start: Start, peers: Peers) -> None:
    device = start()
    peer = associated(device, peers)
    act(device, "release")
    assert peer.answer() == "MMS.conclude-ResponsePDU"
    peer.wait(ReleaseIndication)
    wait_otherwise(device, respond_limit=0.2)
    peer.wait(Aborted)
