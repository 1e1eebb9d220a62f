"""What a policy can do to PDUs on their way out, and octets put under a layer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conform62351.fixtures.faults.building import Combine, ReadOctets
from conform62351.profiles.events import CloseRequested, Faulted
from conform62351.profiles.osi.association import Association, Layer, State
from conform62351.profiles.osi.events import (
    Data,
)
from conform62351.profiles.osi.ppdu import ContextDefinition
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_pairing import (
    CLIENT,
    DATA,
    INITIATE_REQUEST,
    READ,
    REQUEST,
    Bent,
    Pair,
    faults,
    notes,
)

ACSE = "2.2.1.0.1"
MMS = "1.0.9506.2.1"
BER = "2.1.1"
OTHER_READ = bytes.fromhex("a005 020102 a400")


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


def test_a_reader_reads_what_it_makes_of_the_octets() -> None:
    requests = ReadOctets("PRES.TD", lambda octets: octets.replace(READ, OTHER_READ))
    pair = Pair(server_policy=Combine(requests, ReadOctets("PRES.TD", lambda octets: octets))).associated()
    pair.forget().client.send_data(READ, DATA)
    pair.carry()
    assert pair.server_events == [Data(3, OTHER_READ)]


def test_a_reader_that_overlooks_a_fault_goes_on() -> None:
    tearing = Bent(octets={"ACSE.AARQ": lambda octets: octets[:-2]})
    pair = Pair(
        client_policy=tearing, server_policy=ReadOctets("ACSE.AARQ", lambda octets: octets + bytes(2))
    )
    assert faults(pair.indicated().server_events) == []
    assert pair.server.state is State.INDICATED


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
