"""The reference device as server over real sockets: service, limits, reports, and its security log."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from conform62351.fixtures.device.configuration import Configuration, Stack
from conform62351.fixtures.device.control import CallError
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.faults.building import Delay, LeaveOut, RewriteField, RewriteOctets
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.messages import AccessResult, Response
from conform62351.profiles.mms.names import ObjectClass
from conform62351.profiles.osi.events import Aborted, AssociateReject, ReleaseConfirm
from conform62351.profiles.osi.parameters import OsiParameters, Titles
from conform62351.profiles.transport.events import TransportConfirm, TransportRefused
from conform62351.suites.selfcheck.device_native_pair import until
from conform62351.suites.selfcheck.device_peer import (
    LIMIT_S,
    PATIENCE_S,
    Peer,
    Peers,
    Start,
    act,
    events,
    wait_for_event,
    wait_otherwise,
)
from conform62351.tooling.net.channel import End
from conform62351.tooling.net.errors import SendIncomplete

DOMAIN = "IEDREF1LD0"
VALUE = "GGIO1$ST$IntIn1$stVal"
SET_POINT = "GGIO1$SP$IntSet1$setVal"
BLOCK = "LLN0$RP$urcb01"


def read(peer: Peer, item: str = VALUE) -> AccessResult:
    response = peer.ask(peer.client.read((DOMAIN, item)))
    assert isinstance(response, Response)
    (result,) = response.results
    return result


def write(peer: Peer, item: str, value: tuple[str, Any]) -> None:
    response = peer.ask(peer.client.write((DOMAIN, item, value)))
    assert isinstance(response, Response)
    assert response.results == (AccessResult(),)


def usable(device: ReferenceDevice, peers: Peers) -> bool:
    peer = peers.associated(device.address)
    result = read(peer)
    peer.release()
    return result == AccessResult(("integer", 0))


def test_client_associates_reads_and_releases(start: Start, peers: Peers) -> None:
    device = start()
    peer = peers.associated(device.address)
    assert read(peer) == AccessResult(("integer", 0))
    peer.release()
    (record,) = events(device)
    assert record.id == "IEC62351-14:4.1"
    assert record.sequence_number == 1
    assert record.peer_info == str(peer.channel.flow.local)


def test_associations_stand_side_by_side(start: Start, peers: Peers) -> None:
    device = start()
    three = [peers.associated(device.address) for _ in range(3)]
    for number, peer in enumerate(three, 1):
        write(peer, SET_POINT, ("integer", number))
    assert [read(peer, SET_POINT).data for peer in three] == [("integer", 3)] * 3
    for peer in three:
        peer.release()


def test_write_of_one_client_is_reported_to_another(start: Start, peers: Peers) -> None:
    device = start()
    watcher, writer = peers.associated(device.address), peers.associated(device.address)
    write(watcher, f"{BLOCK}$DatSet", ("visible-string", f"{DOMAIN}/LLN0$settings"))
    write(watcher, f"{BLOCK}$RptEna", ("boolean", True))
    write(writer, SET_POINT, ("integer", 42))
    assert AccessResult(("integer", 42)) in watcher.report().results
    watcher.channel.reset()
    deadline = time.monotonic() + LIMIT_S
    while read(writer, f"{BLOCK}$RptEna").data != ("boolean", False):
        assert time.monotonic() < deadline, "the block of a client that is gone stays reserved"
        time.sleep(0.01)
    writer.release()


def test_integrity_report_comes_by_time(start: Start, peers: Peers) -> None:
    device = start()
    peer = peers.associated(device.address)
    write(peer, f"{BLOCK}$IntgPd", ("unsigned", 20))
    write(peer, f"{BLOCK}$TrgOps", ("bit-string", (b"\x08", 6)))
    write(peer, f"{BLOCK}$RptEna", ("boolean", True))
    assert len({peer.report().results[2].data for _ in range(3)}) == 3
    peer.release()


def test_association_beyond_the_limit_is_rejected_and_the_place_is_freed(start: Start, peers: Peers) -> None:
    device = start(max_associations=2)
    first, second = peers.associated(device.address), peers.associated(device.address)
    third = peers.connected(device.address)
    third.association.open_transport()
    third.wait(TransportConfirm)
    third.ask_for_association()
    reject = third.wait(AssociateReject)
    assert reject.aare is not None
    assert (reject.aare.result, reject.aare.diagnostic) == (2, 1)
    refused = wait_for_event(device, "IEC62351-14:4.3", "more than 2 associations")
    assert refused.peer_info == str(third.channel.flow.local)
    assert read(first) == AccessResult(("integer", 0))
    first.channel.reset()
    wait_for_event(device, "IEC62351-14:4.2", "connection reset without release")
    until(lambda: act(device, "health")["associations"] == 1, "the place of the first")
    assert usable(device, peers)
    second.release()


def test_selectors_and_titles_are_insisted_on_when_the_configuration_says_so(
    start: Start, peers: Peers
) -> None:
    own = OsiParameters(own_transport=b"\x00\x07", own_titles=Titles("1.2.3", None))
    device = start(configurations={"default": Configuration("default", Stack.PLAIN, own, own)})
    peer = peers.connected(device.address)
    peer.association.open_transport()
    assert peer.wait(TransportRefused).dr.reason
    wait_for_event(device, "IEC62351-14:4.3", "COTP.CR")
    peer = peers.connected(
        device.address, OsiParameters(called_transport=b"\x00\x07", called=Titles("1.2.4", 1))
    )
    peer.association.open_transport()
    peer.wait(TransportConfirm)
    peer.ask_for_association()
    reject = peer.wait(AssociateReject)
    assert reject.aare is not None
    assert reject.aare.diagnostic == 7
    wait_for_event(device, "IEC62351-14:4.3", "ACSE.AARQ")


def test_fault_is_logged_by_what_the_device_does_about_it(start: Start, peers: Peers) -> None:
    device = start()
    peer = peers.connected(device.address)
    peer.association.open_transport()
    peer.wait(TransportConfirm)
    peer.association.associate(b"\x00", "MMS.initiate-RequestPDU")
    peer.wait(AssociateReject)
    wait_for_event(device, "IEC62351-14:4.3", "initiate")
    peer = peers.connected(device.address, policy=RewriteOctets("PRES.CP", lambda octets: octets[:-1]))
    peer.association.open_transport()
    peer.wait(TransportConfirm)
    peer.ask_for_association()
    peer.wait(Aborted)
    wait_for_event(device, "IEC62351-14:4.4", "PRES.CP.1")
    peer = peers.associated(device.address)
    peer.channel.send(b"\x04\x00\x00\x07\x02\xf0\x80", limit=1.0)
    assert peer.ended() is End.CLOSED
    wait_for_event(device, "IEC62351-14:4.2", "TPKT.1 version")


def test_connection_that_says_nothing_is_closed(start: Start, peers: Peers) -> None:
    device = start(associate_limit=0.2)
    silent = peers.connected(device.address)
    assert silent.ended() is End.CLOSED
    record = wait_for_event(device, "IEC62351-14:4.2", "DEV.2 in-time: no association within 0.2 s")
    assert record.peer_info == str(silent.channel.flow.local)


def test_octets_that_come_too_slowly_are_cut_off(start: Start, peers: Peers) -> None:
    device = start(associate_limit=1.0)
    slow = peers.connected(device.address)
    slow.association.open_transport()
    (message,) = slow.association.take_output()
    slow.channel.send(message.octets[:-1], segments=(1,), pause=0.001, limit=1.0)
    assert slow.ended() is End.CLOSED
    wait_otherwise(device, associate_limit=PATIENCE_S)
    assert usable(device, peers)


def test_octet_by_octet_makes_an_association_all_the_same(start: Start, peers: Peers) -> None:
    device = start()
    peer = peers.connected(device.address)

    def dribble() -> None:
        for message in peer.association.take_output():
            peer.channel.send(message.octets, segments=(1,), limit=LIMIT_S)

    initiate = peer.client.initiate()
    assert initiate.octets is not None
    peer.association.open_transport()
    dribble()
    peer.wait(object)
    peer.association.associate(initiate.octets, initiate.name)
    dribble()
    wait_for_event(device, "IEC62351-14:4.1")
    peer.channel.close()


def test_idle_association_is_not_ended_by_time(start: Start, peers: Peers) -> None:
    device = start()
    peer = peers.associated(device.address)
    wait_otherwise(device, associate_limit=0.1, respond_limit=0.1)
    assert peer.channel.receive(0.4) is End.TIMEOUT
    assert read(peer) == AccessResult(("integer", 0))
    peer.release()


def test_half_open_connections_do_not_keep_others_out(start: Start, peers: Peers) -> None:
    device = start(max_associations=1)
    idle = [peers.connected(device.address) for _ in range(60)]
    assert usable(device, peers)
    for peer in idle:
        peer.channel.close()


def test_flood_of_requests_is_answered_or_cut_off(start: Start, peers: Peers) -> None:
    device = start()
    peer = peers.associated(device.address)
    client = MmsClient()
    for _ in range(200):
        request = client.read((DOMAIN, VALUE))
        assert request.octets is not None
        peer.association.send_data(request.octets, request.name)
    peer.flush()
    for _ in range(200):
        peer.wait(object)
    peer.release()
    assert usable(device, peers)


def test_peer_that_does_not_read_is_given_up(
    start: Start, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conform62351.fixtures.device.endpoint.SEND_LIMIT_S", 0.2)
    device = start()
    peer = peers.connected(device.address, window=4096)
    peer.associate()
    request = peer.client.get_name_list(ObjectClass.NAMED_VARIABLE, DOMAIN)
    assert request.octets is not None
    peer.association.send_data(request.octets, request.name)
    (message,) = peer.association.take_output()
    with pytest.raises(SendIncomplete):
        peer.channel.send(message.octets * 100000, limit=LIMIT_S)
    wait_for_event(device, "IEC62351-14:4.2", "no longer read")
    assert usable(device, peers)


def test_disconnect_aborts_and_reset_closes(start: Start, peers: Peers) -> None:
    device = start()
    peer = peers.associated(device.address)
    assert act(device, "disconnect") == {"ended": 1}
    assert peer.wait(Aborted).form == "ARU"
    peer.channel.close()
    peer = peers.associated(device.address)
    write(peer, SET_POINT, ("integer", 5))
    act(device, "reset")
    assert peer.ended() is End.CLOSED
    peer = peers.associated(device.address)
    assert read(peer, SET_POINT).data == ("integer", 0)
    peer.release()


def test_device_that_does_not_abort_closes_on_disconnect(start: Start, peers: Peers) -> None:
    device = start(aborts=frozenset())
    peer = peers.associated(device.address)
    act(device, "disconnect")
    assert peer.ended() is End.CLOSED
    assert peer.events == []


def test_clock_can_be_set_wrong(start: Start, peers: Peers) -> None:
    device = start()
    act(device, "set-clock", offset="-3600")
    peers.associated(device.address).release()
    (record,) = events(device)
    assert 3500 < (datetime.now(UTC) - record.timestamp).total_seconds() < 3700
    for offset in ("", "x", "nan", "inf", "1e10"):
        with pytest.raises(CallError, match="offset is the number"):
            act(device, "set-clock", offset=offset)


def test_configure_knows_its_names_and_health_tells_them(start: Start, peers: Peers) -> None:
    device = start()
    peer = peers.associated(device.address)
    assert act(device, "health")["associations"] == 1
    act(device, "configure", name="insisting")
    assert peer.ended() is End.CLOSED
    health = act(device, "health")
    assert health["configuration"] == "insisting"
    with pytest.raises(CallError, match="no configuration 'lax'; there are a-profile, compatibility,"):
        act(device, "configure", name="lax")


def test_restart_keeps_the_sequence_numbers(start: Start, peers: Peers) -> None:
    for _ in range(2):
        device = start()
        peers.associated(device.address).release()
        device.stop()
    assert [record.sequence_number for record in events(device)] == [1, 2]


def test_two_devices_live_side_by_side(start: Start, peers: Peers) -> None:
    one, other = start(log="one.log"), start(LeaveOut("DEV.2"), log="other.log", associate_limit=0.1)
    assert one.address != other.address
    assert usable(one, peers)
    assert usable(other, peers)
    assert [record.sequence_number for record in events(one)] == [1]
    assert [record.sequence_number for record in events(other)] == [1]


def test_left_out_check_of_the_device_shows(start: Start, peers: Peers) -> None:
    device = start(LeaveOut("DEV.2"), associate_limit=0.05)
    silent = peers.connected(device.address)
    assert silent.channel.receive(0.3) is End.TIMEOUT
    silent.channel.close()


def test_delay_of_the_policy_is_honoured(start: Start, peers: Peers) -> None:
    device = start(Delay("COTP.CC", 0.3))
    peer = peers.connected(device.address)
    peer.association.open_transport()
    peer.flush()
    assert peer.channel.receive(0.15) is End.TIMEOUT
    assert isinstance(peer.channel.receive(LIMIT_S), bytes)
    peer.channel.close()


def test_policy_that_makes_nonsense_ends_the_connection_only(
    start: Start, peers: Peers, capfd: pytest.CaptureFixture[str]
) -> None:
    device = start(RewriteField("COTP.CC", dst_ref=1 << 20))
    peer = peers.connected(device.address)
    peer.association.open_transport()
    peer.flush()
    assert peer.ended() is not End.TIMEOUT
    assert "a policy made what cannot be sent" in capfd.readouterr().err
    assert act(device, "health")["connections"] == 0


def test_the_sender_of_a_last_word_closes_when_the_peer_does_not(start: Start, peers: Peers) -> None:
    device = start(close_limit=0.1)
    peer = peers.associated(device.address)
    peer.association.release()
    peer.wait(ReleaseConfirm)
    assert peer.ended() is End.CLOSED


def test_without_that_check_the_connection_stays(start: Start, peers: Peers) -> None:
    device = start(LeaveOut("DEV.7"), close_limit=0.05)
    peer = peers.associated(device.address)
    peer.association.release()
    peer.wait(ReleaseConfirm)
    assert peer.channel.receive(0.3) is End.TIMEOUT
