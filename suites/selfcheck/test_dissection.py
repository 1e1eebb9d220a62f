"""Dissection: whole associations by their trees, and octets that are nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.dissection import (
    LAYERS,
    Dissection,
    Node,
    StreamDissector,
    detect,
    dissect,
)
from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.osi import acse
from conform62351.profiles.osi.apdu import AARQ, External
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.tlv import walk
from conform62351.suites.selfcheck.ber_samples import Sample, samples
from conform62351.suites.selfcheck.dissection_samples import MESSAGES, Recorded, request
from conform62351.suites.selfcheck.osi_pairing import CLIENT, DATA

MANY = settings(max_examples=100, deadline=None)
SAMPLE = Path(__file__).parents[3] / "shared" / "vectors" / "aarq-commercial-tool.hex"
BASE = {1: "2.2.1.0.1", 3: "1.0.9506.2.1"}


def nodes(dissection: Dissection) -> Iterator[Node]:
    for root in dissection.nodes:
        yield from root.walk()


def node(dissection: Dissection, name: str) -> Node:
    return next(found for found in nodes(dissection) if found.name == name)


def codes(dissection: Dissection) -> list[tuple[int, str, str]]:
    return [(found.offset, found.layer, found.code) for found in dissection.anomalies]


def assert_sound(octets: bytes, dissection: Dissection) -> None:
    """Every node lies within what was dissected, children within their parents and in order."""
    for found in nodes(dissection):
        assert 0 <= found.offset <= found.offset + found.length <= len(octets)
        before = found.offset
        for child in found.children:
            assert before <= child.offset
            assert child.offset + child.length <= found.offset + found.length
            before = child.offset
    assert all(0 <= found.offset <= len(octets) for found in dissection.anomalies)
    assert list(dissection.anomalies) == sorted(dissection.anomalies, key=lambda found: found.offset)


def test_association_is_dissected_as_the_machines_made_it() -> None:
    pair = Recorded().whole()
    contexts: dict[int, str] = {}
    for _, octets, names in pair.log:
        dissection = dissect(octets, contexts=contexts)
        contexts = dict(dissection.contexts)
        assert dissection.pdus == names
        assert dissection.anomalies == ()
        assert_sound(octets, dissection)
    assert contexts == BASE
    assert {name for _, _, names in pair.log for name in names} >= {
        *("COTP.CR", "COTP.CC", "SES.CN", "SES.AC", "SES.FN", "SES.DN", "PRES.CP", "PRES.CPA", "PRES.TD"),
        *("ACSE.AARQ", "ACSE.AARE", "ACSE.RLRQ", "ACSE.RLRE", DATA),
    }


def test_refusal_and_abort_are_dissected() -> None:
    for end in ("reject", "abort"):
        pair = Recorded()
        pair.indicated()
        if end == "reject":
            pair.server.reject(result=1, source=1, diagnostic=13)
        else:
            pair.server.abort()
        pair.carry()
        _, octets, names = next(entry for entry in reversed(pair.log) if entry[0] == "server")
        dissection = dissect(octets)
        assert dissection.pdus == names
        assert dissection.anomalies == ()
        if end == "reject":
            assert node(dissection, "acse-service-user").children[0].value == "13 authentication-failure"
            assert node(dissection, "reason code").value == "2"


def test_tsdu_in_many_packets_keeps_its_places() -> None:
    small = OsiParameters(calling=CLIENT.calling, called=CLIENT.called, tpdu_size=7)
    pair = Recorded(small)
    pair.indicated()
    _, octets, names = next(entry for entry in pair.log if "SES.CN" in entry[2])
    dissection = dissect(octets)
    assert len(dissection.nodes) > 1
    assert dissection.pdus[-len(names[2:]) :] == names[2:]
    assert dissection.anomalies == ()
    tagged = [found for found in nodes(dissection) if found.tag and found.layer in ("PRES", "ACSE", "MMS")]
    assert len(tagged) > 30
    for found in tagged:
        assert octets[found.offset : found.offset + len(found.tag) // 2].hex().upper() == found.tag
    part = node(dissection, "part of a TSDU")
    assert part.length == 125


def test_packets_of_a_stream_are_told_apart_however_they_are_cut() -> None:
    pair = Recorded().whole()
    octets = b"".join(entry[1] for entry in pair.log if entry[0] == "client")
    starts = [0, *accumulate(len(entry[1]) for entry in pair.log if entry[0] == "client")]
    dissection = dissect(octets)
    assert [found.offset for found in dissection.nodes] == starts[:-1]
    assert_sound(octets, dissection)
    messages = list(StreamDissector({}).messages(octets, starts[1]))
    assert [message.node for message in messages] == list(dissection.nodes[1:])


def test_values_of_mms_are_shown_by_their_types() -> None:
    data = [
        ("floating-point", b"\x08\x3f\xc0\x00\x00"),
        ("utc-time", bytes.fromhex("65 53 f1 00 80 00 00 0a")),
        ("binary-time", bytes.fromhex("00 00 03 e8 00 01")),
        ("bit-string", (b"\xa0", 3)),
        ("structure", [("boolean", True), ("visible-string", "on"), ("integer", -2)]),
    ]
    answer = encode_pdu(
        "confirmed-ResponsePDU",
        {
            "invokeID": 7,
            "service": (
                "read",
                {"listOfAccessResult": [*(("success", value) for value in data), ("failure", 10)]},
            ),
        },
    )
    dissection = dissect(answer)
    assert dissection.layers == ("MMS",)
    values = [found.value for found in nodes(dissection) if found.value]
    assert values == [
        "7",
        "1.5",
        "2023-11-14T22:13:20.500000Z quality 0a",
        "1984-01-02T00:00:01.000000Z",
        "101",
        "TRUE",
        '"on"',
        "-2",
        "10 object-non-existent",
    ]


def test_every_tlv_of_an_mms_pdu_is_a_node() -> None:
    octets = request(
        "read",
        {
            "variableAccessSpecification": (
                "listOfVariable",
                [
                    {
                        "variableSpecification": (
                            "name",
                            ("domain-specific", {"domainID": "LD", "itemID": "LLN0"}),
                        )
                    }
                ],
            )
        },
    )
    walked = {(tlv.start, tlv.end - tlv.start) for _, tlv in walk(octets).nodes()}
    dissection = dissect(octets)
    assert {(found.offset, found.length) for found in nodes(dissection)} == walked
    assert '"LLN0"' in node(dissection, "itemID").value


@MANY
@given(samples())
def test_any_ber_is_a_tree_of_all_its_tlvs(sample: Sample) -> None:
    dissection = dissect(sample.octets, layer="BER")
    walked = walk(sample.octets)
    expected = [(tlv.start, tlv.end - tlv.start, tlv.identifier.hex().upper()) for _, tlv in walked.nodes()]
    assert [(found.offset, found.length, found.tag) for found in nodes(dissection)] == expected
    structural = {
        "non-minimal-length",
        "indefinite-length",
        "non-minimal-tag",
        "boolean-value",
        "content-length",
    }
    assert {(found.offset, found.code) for found in dissection.anomalies if found.code in structural} == {
        (found.offset, found.code.value) for found in walked.anomalies if found.code.value in structural
    }


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("03 00 00 0b 06 e0 00 00 00 01 00", "TPKT"),
        ("03 00 00 07 02 f0", "TPKT"),
        ("06 e0 00 00 00 01 00", "COTP"),
        ("0d e0 00 00 00 01 00 c1 02 00 01 c0 01 0d", "COTP"),
        ("02 f0 80 01 00 01 00", "COTP"),
        ("01 00 01 00 61 00", "SES"),
        ("0d 06 05 04 13 00 16 00", "SES"),
        ("19 03 11 01 03", "SES"),
        ("31 09 a0 03 80 01 01 a2 02 81 00", "PRES"),
        ("61 0f 30 0d 02 01 03 a0 08 a0 06 02 01 01 02 01 00", "PRES"),
        ("30 03 80 01 00", "PRES"),
        ("60 09 a1 07 06 05 28 ca 22 02 03", "ACSE"),
        ("61 10 a1 07 06 05 28 ca 22 02 03 a2 03 02 01 00 a3 00", "ACSE"),
        ("62 03 80 01 00", "ACSE"),
        ("a8 0d 80 01 7f 81 01 05 82 01 05 a4 02 80 00", "MMS"),
        ("8b 00", "MMS"),
        ("a0 05 02 01 01 82 00", "MMS"),
        ("30 03 02 01 05", "BER"),
        ("", "BER"),
        ("ff", "BER"),
    ],
)
def test_layers_are_detected(text: str, layer: str) -> None:
    assert detect(bytes.fromhex(text)) == layer


@pytest.mark.parametrize(
    ("text", "layer", "expected"),
    [
        ("04 00 00 0b 06 e0 00 00 00 01 00", "TPKT", (0, "TPKT", "version")),
        ("03 01 00 0b 06 e0 00 00 00 01 00", "TPKT", (0, "TPKT", "reserved")),
        ("03 00 00 06 02 f0", "TPKT", (0, "TPKT", "length")),
        ("03 00 00 20 02 f0 80", "TPKT", (2, "TPKT", "undecodable")),
        ("03 00", "TPKT", (0, "TPKT", "undecodable")),
        ("03 00 00 0b 09 e0 00 00 00 01 00", "TPKT", (4, "COTP", "undecodable")),
        ("09 e0 00 00 00 01 00 01 01 05", "COTP", (7, "COTP", "unknown-parameter")),
        ("08 e0 00 00 00 01 00 c0 00", "COTP", (7, "COTP", "content-length")),
        ("0d 05 01", "SES", (1, "SES", "undecodable")),
        ("0d ff 00 03 16 01 02", "SES", (1, "SES", "long-length-indicator")),
        ("63 00", "SES", (0, "SES", "undecodable")),
        ("31 05 a0 03 80 01", "PRES", (2, "PRES", "undecodable")),
        ("60 03 a1 01", "ACSE", (2, "ACSE", "undecodable")),
        ("70 00", "ACSE", (0, "ACSE", "undecodable")),
        ("a0 05 02 01 01 9f 63 00", "MMS", (5, "MMS", "undecodable")),
        ("02 02 00 01", "BER", (2, "BER", "non-minimal-integer")),
        ("05 00 00", "BER", (2, "BER", "trailing-octets")),
        ("30 05 02", "BER", (2, "BER", "undecodable")),
    ],
)
def test_oddities_are_told_with_place_and_layer(
    text: str, layer: str, expected: tuple[int, str, str]
) -> None:
    octets = bytes.fromhex(text)
    dissection = dissect(octets, layer=layer)
    assert expected in codes(dissection)
    assert_sound(octets, dissection)


def test_fault_deep_inside_leaves_the_layers_around_it() -> None:
    pair = Recorded()
    pair.indicated()
    octets = bytearray(next(entry[1] for entry in pair.log if "SES.CN" in entry[2]))
    initiate = octets.rindex(b"\xa8\x26")
    octets[initiate + 3] = 0x7F
    dissection = dissect(bytes(octets))
    assert dissection.pdus[-2:] == ("ACSE.AARQ", "MMS.initiate-RequestPDU")
    assert {(found.layer, found.code) for found in dissection.anomalies} == {("MMS", "undecodable")}
    assert node(dissection, "unreadable").offset > initiate
    assert node(dissection, "calling-AP-title").children[0].value == "1.1.999.1"


@pytest.mark.parametrize(
    "octets",
    [
        b"\x30\x80" * 5000,
        b"\x30\x84\x00\x00\xff\xff" * 5000,
        b"\x30\x82\xff\xff" + b"\x05\x00" * 32767,
        b"\x03\x00\x00\x08\x02\xf0\x00\x00" * 5000,
        b"\x03\x00\x00\x07\x02\xf0\x00" * 5000,
        bytes(1 << 20),
        b"\xff" * (1 << 20) + b"\xff",
    ],
)
def test_depth_count_and_length_are_bounded(octets: bytes) -> None:
    for layer in (None, "BER", "MMS"):
        dissection = dissect(octets, layer=layer)
        assert dissection.anomalies
        assert_sound(octets, dissection)


def test_depth_has_an_end_that_is_told() -> None:
    octets = b"\x05\x00"
    for _ in range(100):
        octets = bytes((0x30, 0x80 | 2, len(octets) >> 8, len(octets) & 0xFF)) + octets
    assert "limit" in {found.code for found in dissect(octets, layer="BER").anomalies}


def test_unknown_layer_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="IP"):
        dissect(b"", layer="IP")


@MANY
@given(octets=st.binary(max_size=200), layer=st.sampled_from([None, *LAYERS]))
def test_garbage_gives_a_tree(octets: bytes, layer: str | None) -> None:
    assert_sound(octets, dissect(octets, layer=layer))


@settings(max_examples=200, deadline=None)
@given(
    message=st.sampled_from(MESSAGES),
    skip=st.sampled_from([0, 4, 7]),
    changes=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 300),
    layer=st.sampled_from([None, *LAYERS]),
)
def test_altered_messages_give_a_tree(
    message: bytes, skip: int, changes: list[tuple[int, int]], cut: int, layer: str | None
) -> None:
    octets = bytearray(message[skip:])
    for place, value in changes:
        octets[place % len(octets)] = value
    altered = bytes(octets[:cut] if cut % 3 == 0 else octets)
    assert_sound(altered, dissect(altered, layer=layer))


def test_request_of_a_commercial_tool() -> None:
    if not SAMPLE.exists():
        pytest.skip("the captured association request is not at hand")
    octets = bytes.fromhex(SAMPLE.read_text())
    dissection = dissect(octets)
    assert dissection.pdus == ("SES.CN", "PRES.CP", "ACSE.AARQ", "CMP.value", "MMS.initiate-RequestPDU")
    assert dissection.contexts == {**BASE, 5: "1.0.840.0.1.1.4.1"}
    assert [(anomaly.layer, anomaly.code) for anomaly in dissection.anomalies] == [
        ("ACSE", "no-called-AE-qualifier"),
        ("ACSE", "content-length"),
        ("CMP", "key-usage"),
        ("CMP", "title"),
        ("CMP", "time-form"),
        ("CMP", "encoding-signed"),
    ]
    assert node(dissection, "mechanism-name").value == "1.0.840.0.1.0.1.1 mms-authentication-mechanism"
    assert '"20260929141404."' in node(dissection, "CMP.value").children[1].value
    (facts,) = dissection.authentications
    assert (facts.signed, facts.time_text, facts.context) == ("raw", "20260929141404.", 5)
    assert facts.certificate is not None
    assert (facts.certificate.key_usage, facts.certificate.title) == (None, None)
    assert_sound(octets, dissection)


@pytest.mark.parametrize("authenticating", [True, False])
def test_requests_within_requests_end_at_a_depth(authenticating: bool) -> None:
    octets = b"\xa8\x00"
    for _ in range(2000):
        external = encode_tlv(0xA2, b"\x02\x01\x01", encode_tlv(0xA0, octets))
        members: dict[str, Any] = {"user_information": (External(1, octets),)}
        if authenticating:
            members = {"mechanism_name": "1.0.840.0.1.0.1.1", "authentication_value": external}
        octets = acse.encode(AARQ(application_context="1.0.9506.2.3", **members))
    dissection = dissect(octets, contexts={1: "2.2.1.0.1"})
    assert "limit" in [anomaly.code for anomaly in dissection.anomalies]
    assert 10 < len(dissection.pdus) < 64
