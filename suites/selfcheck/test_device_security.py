"""The reference device with TLS and with authentication at association: over real sockets, in both roles."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.device.configuration import Stack
from conform62351.fixtures.device.control import ActionError
from conform62351.fixtures.device.device import NoCredentials, ReferenceDevice
from conform62351.fixtures.faults.building import LeaveOut, RewriteField, RewriteOctets
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.compatibility.checks import CMP_TABLE
from conform62351.profiles.compatibility.events import PeerAuthenticated
from conform62351.profiles.compatibility.value import decode_value
from conform62351.profiles.events import Closed, Faulted
from conform62351.profiles.mms.messages import AccessResult, Response
from conform62351.profiles.osi.events import Aborted, AssociateConfirm, AssociateReject
from conform62351.profiles.transport.events import TransportConfirm
from conform62351.suites.selfcheck.device_peer import (
    LIMIT_S,
    Peer,
    Peers,
    Start,
    act,
    description_of,
    events,
    wait_for_event,
)
from conform62351.suites.selfcheck.device_secured_peer import SecuredPeers
from conform62351.tooling.net.channel import Channel, End
from conform62351.tooling.net.credentials import CredentialFolder

READ = ("IEDREF1LD0", "GGIO1$ST$IntIn1$stVal")
STACKS = tuple(stack for stack in Stack if not stack.native)
SECURED = (Stack.TLS, Stack.A_PROFILE, Stack.COMPATIBILITY)
COMPATIBILITY = Stack.COMPATIBILITY
ENDS = (AssociateConfirm, AssociateReject, Aborted, Closed)
ACCEPTED, ABORTED, REFUSED = "IEC62351-14:4.1", "IEC62351-14:4.4", "IEC62351-14:4.3"


def in_configuration(device: ReferenceDevice, stack: Stack) -> ReferenceDevice:
    if stack is not Stack.PLAIN:
        act(device, "configure", name=stack.value)
    return device


def asking(peer: Peer) -> Peer:
    peer.association.open_transport()
    peer.wait(TransportConfirm)
    peer.ask_for_association()
    return peer


def is_outcome(event: object) -> bool:
    return isinstance(event, AssociateConfirm | Aborted)


def refused(peer: Peer) -> Aborted:
    return asking(peer).wait(Aborted)


def works(peer: Peer) -> None:
    response = peer.ask(peer.client.read(READ))
    assert isinstance(response, Response)
    assert response.results == (AccessResult(("integer", 0)),)
    peer.release()


def usable(device: ReferenceDevice, tester: SecuredPeers, stack: Stack = COMPATIBILITY) -> None:
    peer = tester.connected(device, stack)
    peer.associate()
    works(peer)


@pytest.mark.parametrize("stack", STACKS)
def test_server_associates_in_every_stack(
    start: Start, workshop: Workshop, tester: SecuredPeers, stack: Stack
) -> None:
    device = in_configuration(start(pki=workshop.dut), stack)
    peer = asking(tester.connected(device, stack))
    if stack.authenticates:
        shown = peer.wait(PeerAuthenticated)
        application = CredentialFolder.load(workshop.dut).credential("application")
        assert shown.certificate == application.certificate
        assert (shown.deviations, shown.remarks) == ((), ())
    peer.client.handle(peer.wait(AssociateConfirm).user_data, 0.0)
    works(peer)
    logged = [record.id for record in events(device)]
    assert logged == ["IEC62351-3:1.1", ACCEPTED][not stack.tls :]
    assert {record.peer_info for record in events(device)} == {str(peer.channel.flow.local)}


@pytest.mark.parametrize("stack", SECURED)
def test_client_associates_in_every_stack(
    start: Start, workshop: Workshop, tester: SecuredPeers, stack: Stack
) -> None:
    device = in_configuration(start(pki=workshop.dut), stack)
    listener = tester.listening()
    act(device, "connect", host=listener.address.host, port=str(listener.address.port))
    peer = tester.called(listener, stack)
    peer.accept()
    act(device, "send-request")
    assert peer.answer() == "MMS.confirmed-ResponsePDU"
    assert wait_for_event(device, ACCEPTED, "as client").peer_info == str(peer.channel.flow.local)
    act(device, "release")
    peer.answer()
    peer.accept_release()
    assert peer.ended() is End.CLOSED


@pytest.mark.parametrize("stack", STACKS)
def test_port_that_the_configuration_does_not_use_closes_at_once(
    start: Start, workshop: Workshop, tester: SecuredPeers, stack: Stack
) -> None:
    device = in_configuration(start(pki=workshop.dut), stack)
    other = device.address if stack.tls else device.tls_address
    with Channel.connect(other.host, other.port, limit=LIMIT_S, clock=tester.clock) as channel:
        assert channel.receive(LIMIT_S) is End.CLOSED
    wait_for_event(device, "IEC62351-14:4.2", "DEV.8 port")
    usable(device, tester, stack)


def test_device_that_looks_at_no_port_serves_both(
    start: Start, workshop: Workshop, tester: SecuredPeers
) -> None:
    device = in_configuration(start(LeaveOut("DEV.8"), pki=workshop.dut), COMPATIBILITY)
    usable(device, tester, Stack.A_PROFILE)
    usable(device, tester, COMPATIBILITY)


def test_without_credentials_the_device_stays_plain(start: Start, peers: Peers) -> None:
    device = start()
    for stack in SECURED:
        with pytest.raises(ActionError, match=rf"{stack.value}, and the device has no credentials \(--pki\)"):
            act(device, "configure", name=stack.value)
    assert act(device, "health")["stack"] == "plain"
    peers.associated(device.address).release()
    with pytest.raises(NoCredentials):
        start(configurations={"default": device.shared.description.configurations["tls"]})


def test_configurations_follow_one_another(start: Start, workshop: Workshop, tester: SecuredPeers) -> None:
    device = start(pki=workshop.dut)
    for stack in (COMPATIBILITY, Stack.TLS, Stack.A_PROFILE, COMPATIBILITY):
        act(device, "configure", name=stack.value)
        assert act(device, "health")["stack"] == stack.value
        usable(device, tester, stack)
    act(device, "configure", name="default")
    usable(device, tester, Stack.PLAIN)


@pytest.mark.parametrize(
    ("credential", "why"),
    [
        ("bad/expired", "not-after"),
        ("bad/unknown-ca", "certificate-path"),
        ("bad/expired-ca", "certificate-path"),
        ("bad/revoked-crl", "not-revoked"),
        ("bad/revoked-ocsp", "not-revoked"),
        ("bad/rsa1024", "RSA-2048"),
    ],
)
def test_wrong_certificates_are_refused_and_logged(
    start: Start, workshop: Workshop, tester: SecuredPeers, credential: str, why: str
) -> None:
    device = in_configuration(start(pki=workshop.dut), Stack.A_PROFILE)
    peer = tester.connected(device, Stack.A_PROFILE, credential=credential)
    abort = refused(peer)
    assert (abort.form, abort.abrt and abort.abrt.source) == ("ARU", 0)
    assert wait_for_event(device, ABORTED, why).peer_info == str(peer.channel.flow.local)
    usable(device, tester, Stack.A_PROFILE)


def test_association_without_authentication_is_rejected(
    start: Start, workshop: Workshop, tester: SecuredPeers, peers: Peers
) -> None:
    device = in_configuration(start(pki=workshop.dut), Stack.A_PROFILE)
    reject = asking(peers.connected(device.address)).wait(AssociateReject)
    assert reject.aare is not None
    assert (reject.aare.result, reject.aare.diagnostic) == (1, 12)
    wait_for_event(device, REFUSED, "mechanism-present")


def test_client_aborts_when_the_server_shows_a_wrong_certificate(
    start: Start, workshop: Workshop, tester: SecuredPeers
) -> None:
    device = in_configuration(start(pki=workshop.dut), COMPATIBILITY)
    listener = tester.listening()
    act(device, "connect", host=listener.address.host, port=str(listener.address.port))
    peer = tester.called(listener, COMPATIBILITY, credential="bad/expired")
    peer.accept()
    assert peer.wait(Aborted).form == "ARU"
    wait_for_event(device, ABORTED, "not-after")
    with pytest.raises(ActionError, match="there is no association"):
        act(device, "send-request")


def test_clock_of_the_device_decides(start: Start, workshop: Workshop, tester: SecuredPeers) -> None:
    device = in_configuration(start(pki=workshop.dut), Stack.A_PROFILE)
    act(device, "set-clock", offset="-700")
    refused(tester.connected(device, Stack.A_PROFILE))
    wait_for_event(device, ABORTED, "time-window")
    act(device, "set-clock", offset="-500")
    usable(device, tester, Stack.A_PROFILE)


def test_time_is_taken_once_even_after_reset_and_change_of_configuration(
    start: Start, workshop: Workshop, tester: SecuredPeers
) -> None:
    device = in_configuration(start(pki=workshop.dut), Stack.A_PROFILE)
    now = time.time()
    peer = tester.connected(device, Stack.A_PROFILE, time=lambda: now)
    peer.associate()
    works(peer)
    refused(tester.connected(device, Stack.A_PROFILE, time=lambda: now))
    act(device, "reset")
    refused(tester.connected(device, Stack.A_PROFILE, time=lambda: now))
    act(device, "configure", name="compatibility")
    refused(tester.connected(device, COMPATIBILITY, time=lambda: now))
    other = tester.connected(device, COMPATIBILITY, time=lambda: now, credential="second")
    other.associate()
    works(other)
    usable(device, tester)


def test_of_requests_with_one_time_that_come_together_one_is_taken(
    start: Start, workshop: Workshop, tester: SecuredPeers
) -> None:
    device = in_configuration(start(pki=workshop.dut, max_associations=50), Stack.A_PROFILE)
    for _ in range(5):
        now = time.time()
        together = [tester.connected(device, Stack.A_PROFILE, time=partial(float, now)) for _ in range(4)]
        for peer in together:
            peer.association.open_transport()
            peer.wait(TransportConfirm)
        barrier = threading.Barrier(len(together))

        def ask(peer: Peer, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            peer.ask_for_association()

        threads = [threading.Thread(target=ask, args=(peer,)) for peer in together]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        accepted = [isinstance(peer.wait(object, is_outcome), AssociateConfirm) for peer in together]
        assert accepted.count(True) == 1


def test_fault_reaches_the_checks_of_authentication(
    start: Start, workshop: Workshop, tester: SecuredPeers
) -> None:
    (window,) = (step.id for step in CMP_TABLE.steps if step.name == "time-window")
    device = in_configuration(start(LeaveOut(window), pki=workshop.dut), Stack.A_PROFILE)
    long_ago = time.time() - 3600
    peer = tester.connected(device, Stack.A_PROFILE, time=lambda: long_ago)
    peer.associate()
    works(peer)


def test_fault_reaches_what_the_device_signs(start: Start, workshop: Workshop, tester: SecuredPeers) -> None:
    device = start(RewriteField("CMP.value", signature=bytes(256)), pki=workshop.dut)
    peer = tester.connected(in_configuration(device, COMPATIBILITY), COMPATIBILITY)
    asking(peer).wait(Faulted, lambda event: event.finding.name == "signature")


def test_places_are_counted_across_both_ports(start: Start, workshop: Workshop, tester: SecuredPeers) -> None:
    device = start(LeaveOut("DEV.8"), pki=workshop.dut, max_associations=1)
    in_configuration(device, COMPATIBILITY)
    first = tester.connected(device, Stack.A_PROFILE)
    first.associate()
    reject = asking(tester.connected(device, COMPATIBILITY)).wait(AssociateReject)
    assert reject.aare is not None
    assert reject.aare.result == 2
    works(first)


@pytest.fixture(scope="module")
def authenticating(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceDevice]:
    """Run one device for all examples."""
    log = tmp_path_factory.mktemp("device") / "security.log"
    device = ReferenceDevice(description_of(), log_path=log, pki=workshop.dut)
    device.start()
    yield in_configuration(device, Stack.A_PROFILE)
    device.stop()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_mutated_authentication_values_associate_nobody_else(
    authenticating: ReferenceDevice, workshop: Workshop, data: st.DataObject
) -> None:
    sent: list[bytes] = []

    def mutated(octets: bytes) -> bytes:
        start, length = data.draw(st.integers(0, len(octets) - 1)), data.draw(st.integers(1, 40))
        put = data.draw(st.binary(max_size=60).filter(lambda put: put != octets[start : start + length]))
        sent.extend((octets, octets[:start] + put + octets[start + length :]))
        return sent[-1]

    with SecuredPeers(CredentialFolder.load(workshop.tester)) as tester:
        policy = RewriteOctets("CMP.value", mutated)
        peer = asking(tester.connected(authenticating, Stack.A_PROFILE, policy=policy))
        outcome = peer.wait(object, lambda event: isinstance(event, ENDS))
        if isinstance(outcome, AssociateConfirm):
            meant, read = (decode_value(octets).value for octets in sent)
            assert meant == read
        usable(authenticating, tester, Stack.A_PROFILE)
