"""The association machine, client and server paired: associate, data, reject, release, abort."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conform62351.profiles.events import Closed, CloseRequested, Faulted
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
from conform62351.profiles.osi.parameters import Authentication, OsiParameters, Titles
from conform62351.profiles.osi.ppdu import ARU, CPR, ContextDefinition, ContextResult
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
    Bent,
    Pair,
    faults,
    is_over,
    notes,
    rest,
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
    assert pair.client.state is pair.server.state is State.OPEN
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
    assert (pair.client.state, pair.server.state) == (State.CLOSED, State.ENDING)
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
    assert (pair.client.state, pair.server.state) == (State.ENDING, State.CLOSED)


def test_on_collision_both_answer_and_each_ends_with_the_answer_of_the_other() -> None:
    pair = Pair().associated().forget()
    pair.client.release()
    pair.server.release()
    pair.carry()
    assert pair.client.state is pair.server.state is State.COLLISION
    assert pair.client_events == pair.server_events == [ReleaseIndication(RLRQ(), collision=True)]
    pair.forget()
    pair.client.accept_release()
    assert pair.client.state is State.COLLISION
    pair.server.accept_release()
    pair.carry()
    assert pair.client_events == pair.server_events == [ReleaseConfirm(RLRE()), CLOSED]
    assert pair.client.state is pair.server.state is State.CLOSED


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
    assert (pair.client.state, pair.server.state) == (State.CLOSED, State.ENDING)


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


def test_contexts_are_answered_in_the_order_of_the_proposal_and_unknown_ones_refused() -> None:
    contexts = (
        ContextDefinition(9, "1.0.840.0.1.1.4.1"),
        ContextDefinition(5, MMS, ("1.2.3", BER)),
        ContextDefinition(7, ACSE),
        ContextDefinition(11, MMS, ("1.2.3",)),
    )
    pair = Pair(replace(CLIENT, contexts=contexts)).associated()
    cpa = next(pdu.value for pdu in pair.client.take_received() if pdu.name == "PRES.CPA")
    assert cpa.results == (
        ContextResult(2, None, 1),
        ContextResult(0, BER),
        ContextResult(0, BER),
        ContextResult(2, None, 2),
    )
    assert pair.client.contexts == pair.server.contexts == {5: MMS, 7: ACSE}
    assert notes(pair.server_events) == ["PRES.CP.16"]
    pair.forget()
    pair.client.send_data(READ, DATA)
    pair.carry()
    assert pair.server_events == [Data(5, READ)]


def test_a_server_accepts_no_more_contexts_than_it_can_hold() -> None:
    contexts = (ContextDefinition(1, ACSE), ContextDefinition(3, MMS), ContextDefinition(5, MMS))
    pair = Pair(replace(CLIENT, contexts=contexts), replace(SERVER, max_contexts=2)).associated()
    cpa = next(pdu.value for pdu in pair.client.take_received() if pdu.name == "PRES.CPA")
    assert cpa.results[2] == ContextResult(2, None, 3)


def test_an_unknown_application_context_is_rejected_with_the_own_name() -> None:
    pair = Pair(replace(CLIENT, application_context="1.0.62351.4.2.1")).indicated()
    assert faults(pair.server_events) == ["ACSE.AARQ.7"]
    event = rest(pair.client_events)[1]
    assert isinstance(event, AssociateReject)
    assert event.aare == AARE(application_context="1.0.9506.2.3", result=1, diagnostic_source=1, diagnostic=2)
    assert (pair.client.state, pair.server.state) == (State.CLOSED, State.ENDING)


@pytest.mark.parametrize(
    ("server", "step", "diagnostic"),
    [
        (OsiParameters(expected_calling=Titles("1.1.999.2")), "ACSE.AARQ.10", 3),
        (OsiParameters(expected_calling=Titles(None, 11)), "ACSE.AARQ.11", 6),
        (OsiParameters(own_titles=Titles("1.1.1.998")), "ACSE.AARQ.12", 7),
        (OsiParameters(own_titles=Titles(None, 14)), "ACSE.AARQ.13", 10),
    ],
)
def test_wrong_titles_are_rejected_by_a_server_that_insists(
    server: OsiParameters, step: str, diagnostic: int
) -> None:
    pair = Pair(CLIENT, server).indicated()
    assert faults(pair.server_events) == [step]
    event = rest(pair.client_events)[1]
    assert isinstance(event, AssociateReject)
    assert event.aare is not None
    assert (event.aare.result, event.aare.diagnostic_source, event.aare.diagnostic) == (1, 1, diagnostic)


def test_missing_calling_titles_are_wrong_and_missing_called_ones_are_not() -> None:
    nobody = replace(CLIENT, calling=Titles(), called=Titles())
    assert faults(Pair(nobody, replace(SERVER, own_titles=Titles("1.1", 1))).indicated().server_events) == []
    expecting = replace(SERVER, expected_calling=Titles("1.1.999.1", 12))
    assert faults(Pair(nobody, expecting).indicated().server_events) == ["ACSE.AARQ.10"]
    assert faults(Pair(CLIENT, expecting).indicated().server_events) == []


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
    assert pair.client_events == [Aborted("ARP"), CLOSED]


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


def test_nothing_is_looked_at_once_a_machine_has_ended_the_association() -> None:
    pair = Pair().associated().forget()
    pair.client.abort()
    pair.server.send_data(READ, DATA)
    for message in pair.server.take_output():
        assert pair.client.receive(message.octets) == []


def test_every_layer_passes_the_policy_from_the_inside_out() -> None:
    policy = Bent()
    pair = Pair(client_policy=policy).associated()
    pair.client.send_data(READ, DATA)
    pair.client.release()
    pair.client.abort()
    assert policy.seen == [
        *("COTP.CR", "TPKT"),
        *("ACSE.AARQ", "PRES.CP", "SES.CN", "COTP.DT", "TPKT"),
        *("PRES.TD", "SES.DT", "COTP.DT", "TPKT"),
        *("ACSE.RLRQ", "PRES.UD", "SES.FN", "COTP.DT", "TPKT"),
        *("ACSE.ABRT", "PRES.ARU", "SES.AB", "COTP.DT", "TPKT"),
    ]


def test_outer_lengths_follow_what_the_policy_makes_of_inner_octets() -> None:
    policy = Bent(octets={"ACSE.AARQ": lambda octets: octets + bytes(700)})
    pair = Pair(client_policy=policy).indicated()
    assert notes(pair.server_events) == ["ACSE.AARQ.3"]
    cn = next(pdu.value for pdu in pair.server.take_received() if pdu.name == "SES.CN")
    assert cn.user_data_pgi == 194


@pytest.mark.parametrize("layer", ["ACSE.AARQ", "PRES.CP", "SES.CN", "COTP.DT", "TPKT"])
def test_the_policy_can_withhold_the_whole_message_at_any_layer(layer: str) -> None:
    policy = Bent()
    pair = Pair(client_policy=policy).connected()
    policy.octets[layer] = lambda _: None
    pair.client.associate(INITIATE_REQUEST, REQUEST)
    assert pair.client.take_output() == []
    assert pair.client.state is State.ASSOCIATING


@pytest.mark.parametrize("layer", ["PRES.TD", "SES.DT", "COTP.DT", "TPKT"])
def test_the_policy_can_withhold_data_at_any_layer(layer: str) -> None:
    policy = Bent()
    pair = Pair(client_policy=policy).associated()
    policy.octets[layer] = lambda _: None
    pair.client.send_data(READ, DATA)
    assert pair.client.take_output() == []


def test_what_the_policy_proposes_is_what_later_data_go_by() -> None:
    policy = Bent(
        values={
            "ACSE.AARQ": lambda aarq: replace(
                aarq, user_information=(replace(aarq.user_information[0], indirect_reference=7),)
            ),
            "PRES.CP": lambda cp: replace(cp, contexts=(cp.contexts[0], ContextDefinition(7, MMS))),
        }
    )
    pair = Pair(client_policy=policy).associated().forget()
    pair.client.send_data(READ, DATA)
    pair.carry()
    assert pair.server_events == [Data(7, READ)]


@pytest.mark.parametrize(
    ("layer", "octets", "names"),
    [
        (Layer.SESSION, bytes.fromhex("6109 3007 020103 a002a000"), ("TPKT", "COTP.DT", "SES.DT", "PRES.TD")),
        (Layer.COTP, bytes.fromhex("01000100 6109 3007 020103 a002a000"), ("TPKT", "COTP.DT", "PRES.TD")),
        (Layer.TPKT, bytes.fromhex("02f080 01000100 6109 3007 020103 a002a000"), ("TPKT", "PRES.TD")),
        (Layer.TCP, bytes.fromhex("03000016 02f080 01000100 6109 3007 020103 a002a000"), ("PRES.TD",)),
    ],
)
def test_octets_can_be_put_under_every_layer(layer: Layer, octets: bytes, names: tuple[str, ...]) -> None:
    pair = Pair().associated().forget()
    pair.client.inject(layer, octets, "PRES.TD")
    (message,) = pair.client.take_output()
    assert message.names == names
    assert pair.server.receive(message.octets) == [Data(3, b"\xa0\x00")]


def test_octets_can_be_put_on_the_wire_before_any_connection() -> None:
    machine = Association(Role.CLIENT, CLIENT)
    machine.inject(Layer.TCP, b"\x00", "TPKT")
    machine.inject(Layer.TPKT, b"\x00\x00\x00", "COTP")
    assert [message.octets for message in machine.take_output()] == [
        b"\x00",
        bytes.fromhex("03000007 000000"),
    ]


def test_a_transport_fault_closes_the_association_too() -> None:
    pair = Pair().associated().forget()
    events = pair.server.receive(b"\x04\x00\x00\x07\x00\x00\x00")
    assert isinstance(events[0], Faulted)
    assert events[1:] == [CloseRequested()]
    assert pair.server.state is State.CLOSED
