"""The association machine, client and server paired: associate, data, reject, release, abort."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conform62351.profiles.events import Closed
from conform62351.profiles.osi.apdu import AARE, AARQ, ABRT, RLRE, RLRQ
from conform62351.profiles.osi.association import Association, AssociationError, Layer, State
from conform62351.profiles.osi.events import (
    Aborted,
    AssociateConfirm,
    AssociateIndication,
    AssociateReject,
    Data,
    ReleaseConfirm,
    ReleaseIndication,
)
from conform62351.profiles.osi.parameters import Authentication
from conform62351.profiles.osi.ppdu import ARU, CPR, ContextResult
from conform62351.profiles.osi.spdu import RefuseSpdu
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_pairing import (
    CLIENT,
    CLOSED,
    DATA,
    INITIATE_REQUEST,
    INITIATE_RESPONSE,
    READ,
    REQUEST,
    RESPONSE,
    SERVER,
    Pair,
    is_over,
    notes,
)

ACSE = "2.2.1.0.1"
MMS = "1.0.9506.2.1"
BER = "2.1.1"


def test_an_association_from_end_to_end() -> None:
    pair = Pair().indicated()
    (indication,) = pair.server_events[1:]
    assert isinstance(indication, AssociateIndication)
    assert indication.user_data == INITIATE_REQUEST
    assert indication.cn.called_selector == b"\0\1"
    assert indication.cp.called_selector == b"\0\0\0\1"
    assert indication.aarq.application_context == "1.0.9506.2.3"
    assert (indication.aarq.calling_ap_title, indication.aarq.calling_ae_qualifier) == ("1.1.999.1", 12)
    assert (indication.aarq.called_ap_title, indication.aarq.called_ae_qualifier) == ("1.1.1.999", 13)

    pair.server.accept(INITIATE_RESPONSE, RESPONSE)
    pair.carry()
    (confirm,) = pair.client_events[1:]
    assert isinstance(confirm, AssociateConfirm)
    assert confirm.user_data == INITIATE_RESPONSE
    assert (confirm.aare.responding_ap_title, confirm.aare.responding_ae_qualifier) == ("1.1.1.999", 13)
    assert (confirm.ac.calling_selector, confirm.ac.responding_selector) == (b"\0\1", b"\0\1")
    assert pair.states() == (State.OPEN, State.OPEN)
    assert pair.client.contexts == pair.server.contexts == {1: ACSE, 3: MMS}
    assert pair.messages == [
        ("COTP.CR",),
        ("COTP.CC",),
        ("SES.CN", "PRES.CP", "ACSE.AARQ", REQUEST),
        ("SES.AC", "PRES.CPA", "ACSE.AARE", RESPONSE),
    ]

    pair.forget()
    pair.client.send_data(READ, DATA)
    pair.server.send_data(READ, "MMS.confirmed-ResponsePDU")
    pair.carry()
    assert pair.server_events == pair.client_events == [Data(3, READ)]

    pair.forget()
    pair.client.release()
    pair.carry()
    assert pair.server_events == [ReleaseIndication(RLRQ())]
    pair.server.send_data(READ, "MMS.unconfirmed-PDU")
    pair.server.accept_release()
    pair.carry()
    assert pair.client_events == [ReleaseConfirm(RLRE()), CLOSED]
    assert pair.states() == (State.CLOSED, State.ENDING)
    assert pair.server.receive_eof() == [Closed()]
    assert pair.server.state is State.CLOSED


def test_every_decoded_pdu_is_on_record_in_its_order() -> None:
    pair = Pair().associated()
    pair.client.send_data(READ, DATA)
    pair.carry()
    received = pair.server.take_received()
    assert [pdu.name for pdu in received] == [
        *("TPKT", "COTP.CR"),
        *("TPKT", "COTP.DT", "SES.CN", "PRES.CP", "ACSE.AARQ"),
        *("TPKT", "COTP.DT", "SES.DT", "PRES.TD"),
    ]
    by_name = {pdu.name: pdu for pdu in received}
    assert by_name["SES.CN"].value.version == 2
    assert by_name["PRES.CP"].octets == by_name["SES.CN"].value.user_data
    assert by_name["ACSE.AARQ"].octets == by_name["PRES.CP"].value.user_data[0].octets
    assert by_name["PRES.TD"].value.user_data[0].octets == READ
    assert pair.server.take_received() == []


def test_pdus_of_several_layers_stay_in_order_when_they_come_at_once() -> None:
    pair = Pair().associated().forget()
    for _ in range(2):
        pair.client.send_data(READ, DATA)
    at_once = b"".join(message.octets for message in pair.client.take_output())
    assert pair.server.receive(at_once) == [Data(3, READ), Data(3, READ)]
    names = [pdu.name for pdu in pair.server.take_received()]
    assert names == ["TPKT", "COTP.DT", "SES.DT", "PRES.TD"] * 2


def test_data_of_many_tpdus_come_whole() -> None:
    pair = Pair(replace(CLIENT, tpdu_size=7)).associated().forget()
    assert pair.client.tpdu_size == 128
    pair.client.send_data(bytes(60_000), DATA)
    pair.carry()
    assert pair.server_events == [Data(3, bytes(60_000))]


def test_the_peer_that_was_connected_to_may_release() -> None:
    pair = Pair().associated().forget()
    pair.server.release(reason=1)
    pair.carry()
    assert pair.client_events == [ReleaseIndication(RLRQ(reason=1))]
    pair.client.accept_release(reason=30)
    pair.carry()
    assert pair.server_events == [ReleaseConfirm(RLRE(reason=30)), CLOSED]
    assert pair.states() == (State.ENDING, State.CLOSED)


def test_on_collision_both_answer_and_each_ends_with_the_answer_of_the_other() -> None:
    pair = Pair().associated().forget()
    pair.client.release()
    pair.server.release()
    pair.carry()
    assert pair.states() == (State.COLLISION, State.COLLISION)
    assert pair.client_events == pair.server_events == [ReleaseIndication(RLRQ(), collision=True)]
    pair.forget()
    pair.client.accept_release()
    assert pair.client.state is State.COLLISION
    pair.server.accept_release()
    pair.carry()
    assert pair.client_events == pair.server_events == [ReleaseConfirm(RLRE()), CLOSED]
    assert pair.states() == (State.CLOSED, State.CLOSED)


def test_a_release_that_was_indicated_is_answered_even_when_the_answer_came_with_it() -> None:
    pair = Pair().associated().forget()
    pair.client.release()
    pair.server.release()
    request = pair.server.take_output()
    pair.carry()
    pair.server.accept_release()
    answer = pair.server.take_output()
    events = pair.client.receive(b"".join(message.octets for message in (*request, *answer)))
    assert events == [ReleaseIndication(RLRQ(), collision=True), ReleaseConfirm(RLRE()), CLOSED]
    pair.client.accept_release()
    assert [message.names[2] for message in pair.client.take_output()] == ["SES.DN"]


def test_data_behind_the_own_release_request_are_dropped() -> None:
    pair = Pair().associated().forget()
    pair.server.send_data(READ, DATA)
    pair.client.release()
    pair.carry()
    assert pair.client_events == []
    assert pair.server_events == [ReleaseIndication(RLRQ())]
    assert "PRES.TD" in [pdu.name for pdu in pair.client.take_received()]


def test_a_rejection_rides_in_cpr_in_refuse() -> None:
    pair = Pair().indicated().forget()
    pair.server.reject(result=2, source=1, diagnostic=1, user_data=b"\xaa\x00", name="MMS.initiate-ErrorPDU")
    pair.carry()
    assert pair.messages == [("SES.RF", "PRES.CPR", "ACSE.AARE", "MMS.initiate-ErrorPDU")]
    event, closed = pair.client_events
    assert isinstance(event, AssociateReject)
    assert event.form == "CPR/REFUSE"
    assert event.aare is not None
    assert event.aare.user_information is not None
    assert event.aare.user_information[0].octets == b"\xaa\x00"
    assert (event.aare.result, event.aare.diagnostic_source, event.aare.diagnostic) == (2, 1, 1)
    assert isinstance(event.cpr, CPR)
    assert event.cpr.results == (ContextResult(0, BER), ContextResult(0, BER))
    assert isinstance(event.rf, RefuseSpdu)
    assert (event.rf.reason, event.rf.transport_disconnect) == (2, 1)
    assert closed == CLOSED
    assert pair.states() == (State.CLOSED, State.ENDING)


def test_authentication_members_are_sent_and_indicated_with_their_exact_octets() -> None:
    members = Authentication(b"\x07\x80", "1.0.840.0.1.0.1.1", bytes.fromhex("a209 020105 a004 a002 8000"))
    pair = Pair(replace(CLIENT, authentication=members), replace(SERVER, authentication=members)).associated()
    assert notes(pair.server_events) == notes(pair.client_events) == []
    aarq = next(pdu.value for pdu in pair.server.take_received() if pdu.name == "ACSE.AARQ")
    aare = next(pdu.value for pdu in pair.client.take_received() if pdu.name == "ACSE.AARE")
    assert isinstance(aarq, AARQ)
    assert isinstance(aare, AARE)
    for apdu in (aarq, aare):
        assert Authentication(apdu.requirements, apdu.mechanism_name, apdu.authentication_value) == members


STATES = ["connected", "indicated", "associated", "releasing", "collision"]


def pair_in(state: str) -> Pair:
    pair = Pair()
    if state in ("releasing", "collision"):
        pair.associated()
        pair.client.release()
        if state == "collision":
            pair.server.release()
        return pair.carry().forget()
    reached: Pair = getattr(pair, state)()
    return reached.forget()


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("state", STATES)
def test_an_abort_ends_everything_in_every_state(state: str, side: str) -> None:
    pair = pair_in(state)
    sender, events = (
        (pair.client, pair.server_events) if side == "client" else (pair.server, pair.client_events)
    )
    sender.abort()
    assert sender.state is State.ENDING
    pair.carry()
    assert events == [Aborted("ARU", ABRT(source=0)), CLOSED]
    assert pair.messages == [("SES.AB", "PRES.ARU", "ACSE.ABRT")]
    aru = next(
        pdu.value
        for pdu in (pair.server if side == "client" else pair.client).take_received()
        if pdu.name == "PRES.ARU"
    )
    assert isinstance(aru, ARU)
    assert (aru.contexts is not None) == (state == "indicated")


def test_an_abort_may_carry_user_data_or_come_from_the_provider() -> None:
    pair = Pair().associated().forget()
    pair.client.abort(source=0, user_data=b"\xa0\x00", name="SecPDU")
    pair.carry()
    assert pair.messages == [("SES.AB", "PRES.ARU", "ACSE.ABRT", "SecPDU")]
    aborted = pair.server_events[0]
    assert isinstance(aborted, Aborted)
    assert aborted.abrt is not None
    assert aborted.abrt.user_information is not None
    assert aborted.abrt.user_information[0].octets == b"\xa0\x00"

    pair = Pair().associated().forget()
    pair.server.abort(provider=True)
    pair.carry()
    assert pair.messages == [("SES.AB", "PRES.ARP")]
    assert pair.client_events == [Aborted("ARP", None, 0), CLOSED]


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("state", STATES)
def test_the_end_of_tcp_ends_everything_in_every_state(state: str, side: str) -> None:
    machine: Association = getattr(pair_in(state), side)
    assert machine.receive_eof() == [Closed()]
    assert machine.state is State.CLOSED
    machine.abort()
    machine.send_data(READ, DATA)
    assert machine.take_output() == []


def test_calls_that_never_made_sense_are_refused() -> None:
    client, server = Association(Role.CLIENT, CLIENT), Association(Role.SERVER, SERVER)
    for call in (
        client.abort,
        client.release,
        client.accept_release,
        server.open_transport,
        lambda: client.associate(INITIATE_REQUEST, REQUEST),
        lambda: client.send_data(READ, DATA),
        lambda: server.accept(INITIATE_RESPONSE, RESPONSE),
        lambda: server.reject(result=1, source=1),
    ):
        with pytest.raises(AssociationError):
            call()
    pair = Pair().associated()
    with pytest.raises(AssociationError, match="not for a server in state open"):
        pair.server.accept(INITIATE_RESPONSE, RESPONSE)


def test_calls_that_come_too_late_do_nothing() -> None:
    pair = Pair().indicated()
    pair.client.abort()
    pair.carry().forget()
    assert is_over(pair.server)
    pair.server.accept(INITIATE_RESPONSE, RESPONSE)
    pair.server.reject(result=1, source=1)
    pair.server.send_data(READ, DATA)
    pair.server.release()
    pair.server.accept_release()
    pair.server.abort()
    assert pair.server.take_output() == []


def test_what_comes_once_a_machine_has_ended_the_association_is_only_put_on_record() -> None:
    pair = Pair().associated().forget()
    pair.client.abort()
    pair.server.send_data(READ, DATA)
    pair.server.inject(Layer.COTP, b"\x1a\x00", "SES.AA")
    pair.server.inject(Layer.COTP, b"\x1a\x01", "SES.AA")
    for message in pair.server.take_output():
        assert pair.client.receive(message.octets) == []
    names = [pdu.name for pdu in pair.client.take_received() if pdu.name.startswith("SES")]
    assert names == ["SES.DT", "SES.AA"]
    assert [message.names[2] for message in pair.client.take_output()] == ["SES.AB"]
