"""The scapy room: its fields against the codecs, its segments against real sockets, and its walls."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.osi import session
from conform62351.profiles.osi.spdu import (
    AbortSpdu,
    AcceptSpdu,
    ConnectSpdu,
    DataSpdu,
    DisconnectSpdu,
    FinishSpdu,
    RefuseSpdu,
    Spdu,
)
from conform62351.profiles.transport import cotp, tpkt
from conform62351.profiles.transport.cotp import CC, CR, DC, DR, DT, ER, OtherTpdu, Parameter, Tpdu
from conform62351.suites.selfcheck.peers import require_raw_sockets
from conform62351.suites.selfcheck.stream_bench import received
from conform62351.tooling.net.channel import Channel, End, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import ConnectTimeout, NetError, TcpRefused
from conform62351.tooling.net.scapy_room import stimuli
from conform62351.tooling.net.scapy_room.fields import packet_classes
from conform62351.tooling.net.scapy_room.stimuli import RawConnection

CLOCK = Clock()
LIMIT = 20.0
MANY = settings(max_examples=60, deadline=None)
ROOT = Path(__file__).parents[2]

reference, octet, data = st.integers(0, 0xFFFF), st.integers(0, 255), st.binary(max_size=40)
parameters = st.lists(st.builds(Parameter, octet, st.binary(max_size=20)), max_size=6).map(tuple)
tpdus: st.SearchStrategy[Tpdu] = st.one_of(
    st.builds(CR, reference, reference, octet, parameters, st.integers(0, 15), data),
    st.builds(CC, reference, reference, octet, parameters, st.integers(0, 15), data),
    st.builds(DR, reference, reference, octet, parameters, data),
    st.builds(DC, reference, reference, parameters, data),
    st.builds(DT, data, st.just(False), st.integers(0, 127), st.integers(0, 15), st.binary(max_size=9)),
    st.builds(ER, reference, octet, parameters, data),
    st.builds(OtherTpdu, st.sampled_from([b"\x04\x60\x00\x01\x02", b"\x01\x10", b"\x02\x50\x01hello"])),
)
selector, group = st.none() | st.binary(max_size=16), st.sampled_from((193, 194))
user_data = st.binary(max_size=700)
spdus: st.SearchStrategy[Spdu] = st.one_of(
    st.builds(
        ConnectSpdu,
        calling_selector=selector,
        called_selector=selector,
        user_data=user_data,
        user_data_pgi=group,
    ),
    st.builds(AcceptSpdu, responding_selector=selector, user_data=user_data, user_data_pgi=group),
    st.builds(RefuseSpdu, reason=octet),
    st.builds(FinishSpdu, user_data=user_data, user_data_pgi=group),
    st.builds(DisconnectSpdu, user_data=user_data, user_data_pgi=group),
    st.builds(AbortSpdu, reflect=st.none() | st.binary(max_size=9), user_data=user_data, user_data_pgi=group),
    st.builds(DataSpdu, user_data),
)


@MANY
@given(tpdus)
def test_fields_of_tpdus_are_those_of_the_codec(tpdu: Tpdu) -> None:
    octets = tpkt.encode(tpkt.Tpkt(cotp.encode(tpdu)))
    packet = packet_classes().tpkt(octets)
    assert (packet.version, packet.reserved, packet.length) == (3, 0, len(octets))
    seen = packet.payload
    if isinstance(tpdu, CR | CC | DR | DC | ER):
        assert seen.dst_ref == tpdu.dst_ref
        assert tuple(Parameter(item.code, item.value) for item in seen.parameters) == tpdu.parameters
        assert bytes(seen.payload) == tpdu.user_data
    if isinstance(tpdu, CR | CC):
        assert (seen.src_ref, seen.class_option, seen.cdt) == (tpdu.src_ref, tpdu.class_option, tpdu.cdt)
    elif isinstance(tpdu, DR):
        assert (seen.src_ref, seen.reason) == (tpdu.src_ref, tpdu.reason)
    elif isinstance(tpdu, ER):
        assert seen.cause == tpdu.cause
    elif isinstance(tpdu, DT):
        assert (seen.eot, seen.number, seen.roa) == (tpdu.eot, tpdu.number, tpdu.roa)
        assert (seen.header, bytes(seen.payload)) == (tpdu.header, tpdu.data)
    packet.clear_cache()
    packet.length = seen.li = None
    for item in getattr(seen, "parameters", ()):
        item.length = None
    assert bytes(packet) == octets


@MANY
@given(spdus)
def test_fields_of_spdus_are_those_of_the_codec(spdu: Spdu) -> None:
    octets = session.encode(spdu)
    classes = packet_classes()
    packet = classes.spdu(octets)
    if isinstance(spdu, DataSpdu):
        assert (packet.si, packet.payload.si) == (1, 1)
        assert bytes(packet.payload.payload) == spdu.user_data
    else:
        found = {item.code: item.value for item in packet.parameters}
        assert found.get(193, found.get(194, b"")) == getattr(spdu, "user_data", b"")
        packet.length = None
        for item in packet.parameters:
            item.length = None
    packet.clear_cache()
    assert bytes(packet) == octets


def test_lengths_that_are_given_stay() -> None:
    classes = packet_classes()
    packet = classes.tpkt(length=4) / classes.cr(
        li=200, parameters=[classes.tpdu_parameter(code=1, length=9)]
    )
    assert bytes(packet).hex() == "03000004c8e00000000000" + "0109"


def test_pieces_cover_the_message() -> None:
    octets = bytes(range(10))
    for pieces in (
        stimuli.in_order(octets, 3),
        stimuli.backwards(octets, 3),
        stimuli.overlapping(octets, 3, 2),
        stimuli.in_order(octets, 1),
    ):
        rebuilt = bytearray(10)
        for offset, part in pieces:
            rebuilt[offset : offset + len(part)] = part
        assert bytes(rebuilt) == octets
    assert [offset for offset, _ in stimuli.backwards(octets, 3)] == [9, 6, 3, 0]
    assert stimuli.overlapping(octets, 3, 2)[1] == (1, bytes([1, 2, 3, 4, 5]))


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[Listener]:
    require_raw_sockets()
    with Listener.bind(request.param, clock=CLOCK) as listening:
        yield listening


def accepted(listener: Listener) -> Channel:
    channel = listener.accept(LIMIT)
    assert channel is not None
    return channel


def test_segments_in_any_order_are_one_message_to_the_peer(listener: Listener) -> None:
    message = bytes(range(40))
    with RawConnection(listener.address.host, listener.address.port, clock=CLOCK) as raw:
        raw.establish(LIMIT)
        with accepted(listener) as channel:
            assert channel.flow.remote == raw.local
            for pieces in (
                stimuli.in_order(message, 1),
                stimuli.backwards(message, 7),
                stimuli.overlapping(message, 8, 5),
            ):
                raw.send(pieces)
                assert received(channel, len(message)) == message
                assert raw.settle(LIMIT)
            assert raw.acknowledged == 3 * len(message)
            channel.send(b"answer", limit=LIMIT)
            assert raw.receive(LIMIT) == b"answer"
            assert raw.receive(0.02) is End.TIMEOUT
            channel.half_close()
            assert raw.receive(LIMIT) is End.CLOSED
            raw.reset()
            assert channel.receive(LIMIT) is End.RESET


def test_missing_segment_holds_the_rest_back(listener: Listener) -> None:
    with RawConnection(listener.address.host, listener.address.port, clock=CLOCK) as raw:
        raw.establish(LIMIT)
        with accepted(listener) as channel:
            raw.send(stimuli.in_order(b"abcdef", 2)[1:])
            assert channel.receive(0.1) is End.TIMEOUT
            assert not raw.settle(0.1)
            raw.reset()


def test_half_open_connection_is_never_accepted(listener: Listener) -> None:
    with RawConnection(listener.address.host, listener.address.port, clock=CLOCK) as raw:
        raw.request()
        assert listener.accept(0.1) is None
        raw.establish(LIMIT)
        accepted(listener).close()


def test_raw_connection_to_nobody_is_refused(listener: Listener) -> None:
    address = listener.address
    listener.close()
    with RawConnection(address.host, address.port, clock=CLOCK) as raw, pytest.raises(TcpRefused):
        raw.establish(LIMIT)


def test_raw_connection_to_the_deaf_times_out() -> None:
    require_raw_sockets()
    with Listener.bind("127.0.0.1", clock=CLOCK, backlog=0) as listening:
        port = listening.address.port
        first = Channel.connect("127.0.0.1", port, limit=LIMIT, clock=CLOCK)
        with RawConnection("127.0.0.1", port, clock=CLOCK) as raw, pytest.raises(ConnectTimeout):
            raw.establish(0.05)
        first.close()


def test_raw_connection_needs_an_address() -> None:
    with pytest.raises(NetError):
        RawConnection("no such host", 102, clock=CLOCK)


def test_scapy_is_imported_in_its_room_alone() -> None:
    importing = re.compile(r"^\s*(?:import|from)\s+scapy\b", re.MULTILINE)
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("profiles", "pics", "reports", "tooling", "fixtures", "suites")
        for path in (ROOT / folder).rglob("*.py")
        if importing.search(path.read_text(encoding="utf-8"))
    }
    assert found
    assert {path for path in found if not path.startswith("tooling/net/scapy_room/")} == set()


def test_scapy_is_loaded_when_it_is_needed_and_not_before() -> None:
    script = """
import sys
import conform62351.tooling.net.capture
from conform62351.tooling.net.scapy_room import fields, reading, stimuli
assert not any(name.startswith("scapy") for name in sys.modules)
fields.packet_classes()
assert "scapy.packet" in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=60)
