"""Segments of the tester's own TCP as cases: sent where the process may, listed as skipped elsewhere."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.reports.model.observation import Kind
from conform62351.suites.selfcheck.fuzz_bench import bare_case, fuzzed
from conform62351.suites.selfcheck.peers import require_raw_sockets
from conform62351.tooling.engine.association_steps import RawWay
from conform62351.tooling.engine.steps import Connect, OpenTransport
from conform62351.tooling.fuzz.case import Case, over_sockets
from conform62351.tooling.fuzz.generating import Generator
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.mutators.segments import RawRearranger
from conform62351.tooling.fuzz.oracles import content
from conform62351.tooling.fuzz.reducing import with_fewer_cuts
from conform62351.tooling.net import raw_stream
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import SendIncomplete, TcpRefused
from conform62351.tooling.net.flow import End
from conform62351.tooling.net.raw_stream import WAYS, RawStream, Way, pieces_of
from conform62351.tooling.net.scapy_room.stimuli import Pieces, in_order
from conform62351.tooling.proof.bench import Bench

CLOCK = Clock()
LIMIT = 20.0
ASSOCIATING = "server/plain/associating"


def put_together(pieces: Pieces, size: int) -> tuple[bytes, bytes]:
    """Return what a receiver has that keeps what came first, and one that keeps what came last."""
    first, last = bytearray(size), bytearray(size)
    seen: set[int] = set()
    for offset, octets in pieces:
        for at, octet in enumerate(octets, offset):
            last[at] = octet
            if at not in seen:
                first[at] = octet
                seen.add(at)
    assert len(seen) == size
    return bytes(first), bytes(last)


def in_way(case: Case, way: RawWay) -> Case:
    """Return a case whose first connection is of the tester's own TCP."""
    first, *rest = case.conversation.steps
    assert isinstance(first, Connect)
    steps = (msgspec.structs.replace(first, raw=way), *rest)
    talk = msgspec.structs.replace(case.conversation, steps=steps)
    return msgspec.structs.replace(case, layer="segment", conversation=talk)


def test_steps_know_every_way() -> None:
    assert set(get_args(RawWay)) == {"", *WAYS}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(WAYS)), st.binary(min_size=1, max_size=3000))
def test_pieces_make_the_message(way: str, message: bytes) -> None:
    assert put_together(pieces_of(way, message), len(message)) == (message, message)


def test_no_message_is_cut_into_more_segments_than_a_case_is_worth() -> None:
    assert len(pieces_of("twice", bytes(60_000))) <= 2 * 64


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_device_takes_a_conversation_in_every_way(bench: Bench, way: RawWay) -> None:
    require_raw_sockets()
    with fuzzed(bench, limit=5.0) as device:
        base = device.base(ASSOCIATING)
        case = in_way(bare_case(base.name, base.conversation), way)
        stored = msgspec.json.decode(msgspec.json.encode(case), type=Case)
        assert stored == case
        assert WAYS[way].what in stored.recipe()[0]
        assert content(stored.conversation) == content(base.conversation)
        delivered = device.deliver(stored)
        assert delivered.complete, delivered.why
        assert delivered.usual, delivered.observations
        assert device.complaints(stored) == ()


def test_what_is_lost_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    require_raw_sockets()
    lossy = Way("without the first segment", lambda octets, size: in_order(octets, size)[1:])
    monkeypatch.setattr(raw_stream, "WAYS", {"lossy": lossy})
    message = bytes(range(100))
    with Listener.bind("127.0.0.1", clock=CLOCK) as listening:
        stream = RawStream.connect("127.0.0.1", listening.address.port, "lossy", limit=LIMIT, clock=CLOCK)
        peer = listening.accept(LIMIT)
        assert peer is not None
        with peer:
            assert stream.send(message, limit=LIMIT) == len(message)
            assert stream.unacknowledged() == 0
            got = b""
            while len(got) < len(message):
                octets = peer.receive(LIMIT)
                assert isinstance(octets, bytes)
                got += octets
            assert got == message
            stream.half_close()
            assert peer.receive(LIMIT) is End.CLOSED
            peer.send(b"late", limit=LIMIT)
            assert stream.receive(LIMIT) == b"late"
            with pytest.raises(SendIncomplete):
                stream.send(b"more", limit=LIMIT)
        assert stream.receive(LIMIT) is End.CLOSED
        stream.close()
        assert stream.fileno() == -1


def test_a_reset_of_either_side_ends_the_stream() -> None:
    require_raw_sockets()
    with Listener.bind("127.0.0.1", clock=CLOCK) as listening:
        port = listening.address.port
        for by_peer in (True, False):
            stream = RawStream.connect("127.0.0.1", port, "twice", limit=LIMIT, clock=CLOCK)
            peer = listening.accept(LIMIT)
            assert peer is not None
            with peer:
                if by_peer:
                    peer.reset()
                    assert stream.receive(LIMIT) is End.RESET
                    stream.close()
                else:
                    stream.reset()
                    assert peer.receive(LIMIT) is End.RESET
    with pytest.raises(TcpRefused):
        RawStream.connect("127.0.0.1", port, "twice", limit=LIMIT, clock=CLOCK)


def test_campaigns_draw_them_where_they_may(bench: Bench) -> None:
    with fuzzed(bench) as device:
        base = device.base(ASSOCIATING)
        places = device.places(base)
        drawn: dict[bool, set[str]] = {}
        for raw in (True, False):
            generator = Generator(base, places, (Layer.SEGMENT,), raw=raw)
            cases = [generator.case(Random(number)) for number in range(60)]
            drawn[raw] = {name for case in cases for name in case.mutators}
            kept = in_way(bare_case(base.name, base.conversation), "twice")
            assert generator.further(kept, Random(3)) != kept
        assert RawRearranger.name in drawn[True]
        assert drawn[False] == drawn[True] - {RawRearranger.name}
        for number in range(20):
            further = generator.further(kept, Random(number))
            assert over_sockets(further) == further


def test_a_reduction_leaves_out_what_need_not_be_cut(bench: Bench) -> None:
    with fuzzed(bench) as device:
        base = device.base(ASSOCIATING)
    steps = tuple(
        msgspec.structs.replace(step, segments=(1,)) if isinstance(step, OpenTransport) else step
        for step in base.conversation.steps
    )
    talk = msgspec.structs.replace(base.conversation, steps=steps)
    case = in_way(bare_case(base.name, talk), "overlapping")

    def needs_raw(one: Case) -> bool:
        return over_sockets(one) != one

    reduced = with_fewer_cuts(case, needs_raw)
    assert reduced == in_way(bare_case(base.name, base.conversation), "overlapping")
    assert with_fewer_cuts(case, lambda _: True).conversation == base.conversation
    assert with_fewer_cuts(case, lambda one: one == case) == case


def test_without_privileges_they_are_listed_with_the_reason() -> None:
    script = """
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from conform62351.tooling.bench.fuzz_subject import device_at
from conform62351.tooling.engine.security import MeansMissing
from conform62351.tooling.fuzz.drawing import Drawing
from conform62351.tooling.fuzz.state import CampaignState, Settings
"a".encode("idna")  # loaded as long as this user can read it
with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
    device = device_at(Path(scratch) / "device", stack, 9)
    if os.geteuid() == 0:
        os.setgroups([])
        os.seteuid(65534)
    for layers in ((), ("segment",), ("cotp",)):
        settings = Settings(device="", inputs={}, seed=1, layers=layers, stacks=(), roles=())
        drawing = Drawing(device.examiner, settings, None, None)
        print(layers, drawing.not_tested)
    try:
        device.dut.connect_raw("twice")
    except MeansMissing as error:
        print(error.name, error)
    if os.getuid() == 0:
        os.seteuid(0)
"""
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)
    everything, segments, below, missing = done.stdout.splitlines()
    assert "segment: raw segments" in everything
    assert "CAP_NET_RAW" in everything
    assert "CAP_NET_RAW" in segments
    assert below.endswith("{}")
    assert missing.startswith("raw sockets")


def test_nobody_there_is_told(bench: Bench) -> None:
    require_raw_sockets()
    with fuzzed(bench) as device:
        base = device.base(ASSOCIATING)
    delivered = device.deliver(in_way(bare_case(base.name, base.conversation), "out-of-order"))
    assert [seen.kind for seen in delivered.observations] == [Kind.TCP_REFUSED]
