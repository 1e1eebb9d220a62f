"""From segments to streams, and from capture files to segments."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.suites.selfcheck.peers import require_program
from conform62351.tooling.net.errors import CaptureError
from conform62351.tooling.net.flow import Address, End, Flow
from conform62351.tooling.net.pcapng import LINK_ETHERNET, LINK_RAW_IP, PcapngWriter
from conform62351.tooling.net.reassembly import ACK, FIN, RST, SYN, Connection, Segment, reassemble
from conform62351.tooling.net.reconstruction import Reconstruction
from conform62351.tooling.net.scapy_room.reading import CaptureFile, is_capture

CLIENT = Address("192.0.2.1", 40000)
SERVER = Address("192.0.2.2", 102)
MANY = settings(max_examples=100, deadline=None)


def segment(number: int, sequence: int, octets: bytes, flags: int = ACK, *, back: bool = False) -> Segment:
    source, target = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    return Segment(number, float(number), source, target, sequence & 0xFFFFFFFF, flags, octets)


def opening(initial: int) -> list[Segment]:
    return [
        segment(1, initial, b"", SYN),
        segment(2, 7, b"", SYN | ACK, back=True),
        segment(3, initial + 1, b""),
    ]


@MANY
@given(
    octets=st.binary(min_size=1, max_size=300),
    initial=st.sampled_from([0, 5, 0xFFFFFFF0, 0xFFFFFFFF]),
    cuts=st.sets(st.integers(1, 299)),
    again=st.lists(st.tuples(st.integers(0, 299), st.integers(1, 80)), max_size=8),
    data=st.data(),
)
def test_any_order_repetition_and_overlap_gives_the_octets(
    octets: bytes, initial: int, cuts: set[int], again: list[tuple[int, int]], data: st.DataObject
) -> None:
    borders = [0, *sorted(cut for cut in cuts if cut < len(octets)), len(octets)]
    parts = [(start, octets[start:end]) for start, end in pairwise(borders)]
    parts += [(start, octets[start : start + size]) for start, size in again if start < len(octets)]
    order = data.draw(st.permutations(parts))
    segments = [segment(4 + place, initial + 1 + start, part) for place, (start, part) in enumerate(order)]
    (connection,) = reassemble([*opening(initial), *segments])
    assert connection.client.octets == octets
    assert connection.client.remarks == []
    assert (connection.client.source, connection.server.source) == (CLIENT, SERVER)
    (piece,) = connection.client.pieces
    for offset in range(len(octets)):
        number, _ = piece.frame_of(offset)
        covering = [place for place, (start, part) in enumerate(order) if start <= offset < start + len(part)]
        assert number - 4 >= min(covering)


@MANY
@given(
    sizes=st.lists(st.integers(1, 20), min_size=2, max_size=20),
    lost=st.sets(st.integers(1, 18), min_size=1, max_size=5),
)
def test_lost_segments_leave_gaps_that_are_told(sizes: list[int], lost: set[int]) -> None:
    octets = bytes(place % 251 for place in range(sum(sizes)))
    segments, start = opening(10), 0
    kept = []
    for place, size in enumerate(sizes):
        if place not in lost:
            segments.append(segment(4 + place, 11 + start, octets[start : start + size]))
            kept.append((start, size))
        start += size
    (connection,) = reassemble(segments)
    for piece in connection.client.pieces:
        assert piece.octets == octets[piece.offset : piece.offset + len(piece.octets)]
    assert sum(len(piece.octets) for piece in connection.client.pieces) == sum(size for _, size in kept)
    inner = {place for place in lost if place < max(set(range(len(sizes))) - lost)}
    assert bool(connection.client.remarks) == bool(inner)


def test_segments_sent_again_with_other_octets_are_told() -> None:
    segments = [*opening(0), segment(4, 1, b"first"), segment(5, 1, b"FIRST"), segment(6, 6, b"!")]
    (connection,) = reassemble(segments)
    assert connection.client.octets == b"first!"
    assert connection.client.remarks == ["segments sent again with other octets: 1; the first ones count"]


def test_many_segments_behind_a_gap_cost_little() -> None:
    late = [segment(5 + place, 3 + place, b"x") for place in range(30_000)]
    (connection,) = reassemble([*opening(0), *late, segment(4, 1, b"ab")])
    assert len(connection.client.octets) == 30_002


def test_ends_and_reused_ports() -> None:
    first = [*opening(0), segment(4, 1, b"one", ACK | FIN), segment(5, 8, b"", RST, back=True)]
    second = [segment(6, 900, b"", SYN), segment(7, 901, b"two")]
    one, two = reassemble([*first, *second])
    assert (one.client.octets, one.client.end, one.server.end) == (b"one", "FIN", "RST")
    assert (two.first_frame, two.client.octets) == (6, b"two")


def test_server_is_found_without_a_handshake() -> None:
    (connection,) = reassemble([segment(1, 50, b"answer", back=True), segment(2, 90, b"question")])
    assert connection.server.octets == b"answer"
    (connection,) = reassemble([segment(1, 50, b"", SYN | ACK, back=True)])
    assert connection.server.source == SERVER


def capture_of(octets: bytes, answer: bytes) -> bytes:
    """A pcapng file with one connection of three frames with octets."""
    file = io.BytesIO()
    recorder = Reconstruction(file, application="test", comment="", to_epoch=lambda at: 1e9 + at)
    flow = Flow(1, CLIENT, SERVER, True)
    recorder.opened(flow, 0.0)
    recorder.carried(flow, True, octets[:5], 0.25)
    recorder.carried(flow, True, octets[5:], 0.5)
    recorder.carried(flow, False, answer, 0.75)
    recorder.ended(flow, False, End.CLOSED, 1.0)
    return file.getvalue()


WHOLE = capture_of(b"a question", b"an answer")


def read(octets: bytes | Path) -> tuple[list[Connection], CaptureFile]:
    capture = CaptureFile(octets)
    return reassemble(capture.segments()), capture


def assert_whole(octets: bytes | Path, frames: int = 8) -> None:
    (connection,), capture = read(octets)
    assert (connection.client.octets, connection.server.octets) == (b"a question", b"an answer")
    assert (capture.frames, capture.damage) == (frames, "")


def test_pcapng_and_gzip_are_read(tmp_path: Path) -> None:
    assert is_capture(WHOLE)
    assert_whole(WHOLE)
    (connection,), _ = read(WHOLE)
    assert connection.client.pieces[0].frame_of(9) == (5, 1e9 + 0.5)
    path = tmp_path / "run.pcapng.gz"
    path.write_bytes(gzip.compress(WHOLE))
    assert_whole(path)


@pytest.mark.parametrize("form", ["pcap", "nsecpcap", "modpcap"])
def test_pcap_is_read(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.pcapng").write_bytes(WHOLE)
    command = [require_program("editcap"), "-F", form, str(tmp_path / "a.pcapng"), str(tmp_path / "a.pcap")]
    subprocess.run(command, check=True, timeout=60, capture_output=True)
    if form == "modpcap":
        with pytest.raises(CaptureError):
            read(tmp_path / "a.pcap")
    else:
        assert_whole(tmp_path / "a.pcap")


def frames_of_whole() -> list[bytes]:
    """The Ethernet frames of the capture above, cut out of its blocks."""
    frames, position = [], 0
    while position < len(WHOLE):
        kind, size = struct.unpack_from("=II", WHOLE, position)
        if kind == 6:
            (length,) = struct.unpack_from("=I", WHOLE, position + 20)
            frames.append(WHOLE[position + 28 : position + 28 + length])
        position += size
    return frames


def rewritten(link_type: int, frames: list[bytes]) -> bytes:
    file = io.BytesIO()
    writer = PcapngWriter(file, application="test")
    number = writer.interface("any", "", link_type)
    for place, frame in enumerate(frames):
        writer.frame(number, place, frame)
    return file.getvalue()


def fragments(frame: bytes) -> list[bytes]:
    """An IPv4 packet in two fragments of which the first has 24 octets."""
    link, header, payload = frame[:14], bytearray(frame[14:34]), frame[34:]
    if len(payload) <= 24:
        return [frame]
    made = []
    for offset, part, more in ((0, payload[:24], 0x2000), (3, payload[24:], 0)):
        struct.pack_into("!H", header, 2, 20 + len(part))
        struct.pack_into("!H", header, 6, more | offset)
        made.append(link + bytes(header) + part)
    return made


def test_frames_of_other_kinds_are_read() -> None:
    plain = frames_of_whole()
    assert_whole(rewritten(LINK_ETHERNET, [frame[:12] + b"\x81\x00\x00\x07" + frame[12:] for frame in plain]))
    assert_whole(rewritten(LINK_ETHERNET, [frame.ljust(60, b"\0") for frame in plain]))
    assert_whole(rewritten(LINK_RAW_IP, [frame[14:] for frame in plain]))
    cooked = struct.pack("!HHH8sH", 0, 1, 6, bytes(8), 0x0800)
    assert_whole(rewritten(113, [cooked + frame[14:] for frame in plain]))
    parts = [part for frame in plain for part in fragments(frame)]
    assert_whole(rewritten(LINK_ETHERNET, parts), frames=len(parts))


def test_other_traffic_is_passed_over() -> None:
    strange = [b"", b"\0", bytes(60), b"\xff" * 60, frames_of_whole()[0][:40]]
    connections, capture = read(rewritten(LINK_ETHERNET, strange))
    assert (connections, capture.frames, capture.damage) == ([], 5, "")


def test_secrets_and_cut_frames_are_told() -> None:
    file = io.BytesIO()
    writer = PcapngWriter(file, application="test")
    number = writer.interface("any", "")
    writer.secrets(b"CLIENT_RANDOM 00 11\n")
    *_, answer = (frame for frame in frames_of_whole() if len(frame) > 60)
    octets = file.getvalue()
    head = struct.pack("=IIIIIII", 6, 32 + 60, number, 0, 0, 60, len(answer))
    octets += head + answer[:60] + struct.pack("=I", 32 + 60)
    (connection,), capture = read(octets)
    assert capture.secrets.strip() == b"CLIENT_RANDOM 00 11"
    assert connection.server.octets == b"an ans"
    assert connection.server.remarks == ["frame 1: the capture cut off 3 octets"]


@pytest.mark.parametrize(
    "octets", [b"", b"\x0a\x0d\x0d\x0a", b"\x1f\x8bnot gzip", b"hello world", bytes(200)]
)
def test_what_is_no_capture_is_a_typed_error(octets: bytes) -> None:
    with pytest.raises(CaptureError):
        read(octets)


def test_missing_file_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="No such file"):
        read(tmp_path / "none.pcap")


@pytest.mark.parametrize("cut", [1, 3, 9, 31, 40])
def test_file_that_ends_early_is_read_as_far_as_it_goes(cut: int) -> None:
    connections, capture = read(WHOLE[:-cut])
    assert len(connections) == 1
    assert capture.frames == 7
    assert capture.damage.startswith("octet ")


@MANY
@given(
    changes=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=12),
    keep=st.integers(4, len(WHOLE)),
)
def test_damaged_files_never_raise_anything_else(changes: list[tuple[int, int]], keep: int) -> None:
    octets = bytearray(WHOLE)
    for place, value in changes:
        octets[place] = value
    with suppress(CaptureError):
        read(bytes(octets[:keep]))
