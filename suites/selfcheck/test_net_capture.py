"""Captures of real traffic on loopback, judged by tshark."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.subprocesses import free_port
from conform62351.suites.selfcheck.peers import require_program, require_raw_sockets
from conform62351.tooling.net.capture import Capture, Summary
from conform62351.tooling.net.channel import Channel, End, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import CaptureError, TcpRefused
from conform62351.tooling.net.interfaces import interface_towards
from conform62351.tooling.net.pcapng import PcapngWriter, blocks, frame_times, insert_secrets

CLOCK = Clock()
LIMIT = 20.0
DT = bytes.fromhex("0300000802f080ff")


def tshark(path: Path, *arguments: str) -> list[str]:
    command = [require_program("tshark"), "-r", str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def serve(listener: Listener, answer: bytes) -> None:
    while (channel := listener.accept(LIMIT)) is not None:
        while isinstance(channel.receive(LIMIT), bytes):
            channel.send(answer, limit=LIMIT)
        channel.close()


def traffic(path: Path, interface: str | None, host: str) -> tuple[Summary, int, Capture]:
    capture = Capture.start(path, interface=interface, clock=CLOCK)
    quiet, strange = free_port(host), free_port(host)
    with (
        Listener.bind(host, quiet, clock=CLOCK) as listener,
        Listener.bind(host, strange, clock=CLOCK) as stranger,
    ):
        port = listener.address.port
        capture.watch(port)
        for listening in (listener, stranger):
            threading.Thread(target=serve, args=(listening, DT), daemon=True).start()
        for case in ("first", "second", "silent"):
            capture.begin(case)
            for target in (listener, stranger) if case != "silent" else ():
                recorder = capture.recorder if target is listener else None
                address = target.address
                with Channel.connect(
                    address.host, address.port, limit=LIMIT, clock=CLOCK, recorder=recorder
                ) as channel:
                    for _ in range(5):
                        channel.send(DT, limit=LIMIT)
                        assert channel.receive(LIMIT) == DT
                    channel.half_close()
                    assert channel.receive(LIMIT) is End.CLOSED
    return capture.stop(), port, capture


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("way", ["sniffed", "reconstructed"])
def test_capture_holds_what_went_over_the_port(tmp_path: Path, host: str, way: str) -> None:
    if way == "sniffed":
        require_raw_sockets()
    path = tmp_path / "run.pcapng"
    summary, port, capture = traffic(path, "lo" if way == "sniffed" else None, host)
    assert summary.how.startswith(way)
    assert capture.how == summary.how
    assert summary.lost == 0
    by_case = {span.case: span for span in summary.spans}
    assert (by_case["silent"].first, by_case["silent"].last) == (0, 0)
    assert 1 == by_case["first"].first <= by_case["first"].last == by_case["second"].first - 1
    assert by_case["second"].last == summary.frames
    assert json.loads((tmp_path / "run.pcapng.json").read_text())["cases"][1]["case"] == "second"

    fields = ["-T", "fields", "-e", "frame.interface_description", "-e", "tcp.port", "-e", "tcp.payload"]
    rows = [line.split("\t") for line in tshark(path, *fields)]
    assert len(rows) == summary.frames
    assert {row[0] for row in rows} == {"sniffed" if way == "sniffed" else "reconstructed from sockets"}
    assert all(str(port) in row[1].split(",") for row in rows)
    payloads = [row[2] for row in rows if row[2]]
    assert payloads == [DT.hex()] * 20

    decode_as = ["-d", f"tcp.port=={port},tpkt"]
    assert len(tshark(path, *decode_as, "-Y", "cotp.type == 0x0f")) == 20
    checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"] if way != "sniffed" else []
    trouble = "_ws.malformed || tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0"
    assert tshark(path, *decode_as, *checks, "-Y", trouble) == []


def test_reconstruction_shows_resets_refusals_and_large_messages(tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    capture = Capture.start(path, interface=None, clock=CLOCK)
    octets = bytes(range(256)) * 800
    with Listener.bind("127.0.0.1", clock=CLOCK, recorder=capture.recorder) as listener:
        address = listener.address
        plain = Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK)
        accepted = listener.accept(LIMIT)
        assert accepted is not None
        sender = threading.Thread(target=plain.send, args=(octets,), kwargs={"limit": LIMIT})
        sender.start()
        got = b""
        while len(got) < len(octets):
            part = accepted.receive(LIMIT, size=150_000)
            assert isinstance(part, bytes)
            got += part
        sender.join(LIMIT)
        plain.reset()
        assert accepted.receive(LIMIT) is End.RESET
        accepted.close()
    with pytest.raises(TcpRefused):
        Channel.connect(address.host, address.port, limit=LIMIT, clock=CLOCK, recorder=capture.recorder)
    capture.stop()
    as_data = ["-d", f"tcp.port=={address.port},data"]
    flags = tshark(path, "-T", "fields", "-e", "tcp.flags.str")
    assert [line.replace("·", "") for line in flags if "P" not in line] == ["S", "AS", "A", "AR", "S", "AR"]
    payload = "".join(tshark(path, "-T", "fields", "-e", "tcp.payload"))
    assert bytes.fromhex(payload) == octets
    assert tshark(path, *as_data, "-Y", "tcp.analysis.flags || _ws.malformed") == []


def test_missing_privileges_are_said_and_survived(tmp_path: Path) -> None:
    """Without CAP_NET_RAW the capture is reconstructed, and says why."""
    script = """
import os, sys
from pathlib import Path
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.clock import Clock
if os.getuid() == 0:
    os.setuid(65534)
capture = Capture.start(Path(sys.argv[1]), interface="lo", clock=Clock())
print(capture.how, "/", capture.reason, "/", capture.stop().how)
"""
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents[:3]:
        if folder.stat().st_uid == os.getuid() and folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "run.pcapng")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == (
        "reconstructed from sockets / raw sockets need root or CAP_NET_RAW / reconstructed from sockets"
    )


def test_unknown_interface_falls_back(tmp_path: Path) -> None:
    require_raw_sockets()
    capture = Capture.start(tmp_path / "run.pcapng", interface="nosuch0", clock=CLOCK)
    assert capture.how == "reconstructed from sockets"
    assert "nosuch0" in capture.reason
    assert capture.stop().frames == 0


def test_unwritable_place_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"missing/run\.pcapng"):
        Capture.start(tmp_path / "missing" / "run.pcapng", interface="lo", clock=CLOCK)


def test_interfaces_are_found_by_route() -> None:
    assert interface_towards("127.0.0.1") == "lo"
    assert interface_towards("::1") == "lo"
    assert interface_towards("no address") is None


def test_secrets_come_before_the_first_frame(tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    capture = Capture.start(path, interface=None, clock=CLOCK)
    line = b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"11" * 48 + b"\n"
    capture.key_log().write_bytes(line)
    with Listener.bind("127.0.0.1", clock=CLOCK) as listener:
        host, port = listener.address.host, listener.address.port
        Channel.connect(host, port, limit=LIMIT, clock=CLOCK, recorder=capture.recorder).close()
    summary = capture.stop()
    with path.open("rb") as file:
        found = [(kind, body) for _, kind, body in blocks(file)]
    assert [kind for kind, _ in found[:4]] == [0x0A0D0D0A, 1, 0x0A, 6]
    assert found[2][1][8:].rstrip(b"\0") == line
    assert len(tshark(path)) == summary.frames > 0


def test_secrets_of_a_file_without_frames_stand_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcapng"
    Capture.start(path, interface=None, clock=CLOCK).stop()
    insert_secrets(path, b"CLIENT_RANDOM 00 11\n")
    with path.open("rb") as file:
        assert [kind for _, kind, _ in blocks(file)] == [0x0A0D0D0A, 1, 0x0A]


@pytest.mark.parametrize(
    "octets", [b"not a capture, not at all", b"\x0a\x0d\x0d\x0a\xff\xff\xff\xff" + bytes(20)]
)
def test_other_files_take_no_secrets(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(octets)
    with pytest.raises(CaptureError):
        insert_secrets(path, b"x")
    assert path.read_bytes() == octets
    assert list(tmp_path.iterdir()) == [path]


@settings(max_examples=60, deadline=None)
@given(
    frames=st.lists(
        st.tuples(st.integers(0, 2**62), st.binary(max_size=80), st.text(max_size=9)), max_size=8
    ),
    cut=st.integers(0, 40),
)
def test_frame_times_survive_an_unfinished_block(
    tmp_path_factory: pytest.TempPathFactory, frames: list[tuple[int, bytes, str]], cut: int
) -> None:
    file = io.BytesIO()
    writer = PcapngWriter(file, application="test", comment="c")
    number = writer.interface("any", "d")
    sizes = [len(file.getvalue())]
    for at, octets, comment in frames:
        writer.frame(number, at, octets, comment)
        sizes.append(len(file.getvalue()))
    octets = file.getvalue()
    path = tmp_path_factory.mktemp("pcapng") / "file"
    path.write_bytes(octets[: max(len(octets) - cut, sizes[0])])
    whole = sum(size <= path.stat().st_size for size in sizes[1:])
    assert frame_times(path) == [at for at, _, _ in frames][:whole]


def test_comments_of_frames_are_read_by_tshark(tmp_path: Path) -> None:
    path = tmp_path / "comment.pcapng"
    with path.open("wb") as file:
        writer = PcapngWriter(file, application="test")
        writer.frame(writer.interface("any", ""), 0, bytes(60), "a remark")
    assert tshark(path, "-T", "fields", "-e", "frame.comment") == ["a remark"]
