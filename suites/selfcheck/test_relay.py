"""The intermediary over sockets, and as a command."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from conform62351.suites.selfcheck.device_native_pair import until
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Peers, Start
from conform62351.suites.selfcheck.relay_bench import relaying
from conform62351.suites.selfcheck.stream_bench import received
from conform62351.tooling.cli.main import main
from conform62351.tooling.net.channel import Address, Channel, End, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.relay import MAX_CONNECTIONS, Passed, Relay

CLOCK = Clock()
REQUEST = bytes.fromhex("0300000b06e00000000100")
COMMAND = [sys.executable, "-m", "conform62351.tooling.cli.main", "relay"]


def call(address: Address) -> Channel:
    return Channel.connect(address.host, address.port, limit=LIMIT_S, clock=CLOCK)


@contextmanager
def joined(*acts: str) -> Iterator[tuple[Channel, Channel, list[Passed], Relay]]:
    """Connect a client with a server over a relay."""
    with (
        Listener.bind("127.0.0.1", clock=CLOCK) as listener,
        relaying(listener.address, *acts) as (relay, passed),
        call(relay.address) as client,
    ):
        server = listener.accept(LIMIT_S)
        assert server is not None
        with server:
            yield client, server, passed, relay


def told(passed: list[Passed]) -> list[str]:
    return [word for one in passed for word in one.told]


def test_octets_pass_both_ways_and_ends_one_after_the_other() -> None:
    with joined() as (client, server, passed, _):
        client.send(REQUEST + REQUEST[:5], limit=LIMIT_S)
        assert received(server, len(REQUEST)) == REQUEST
        client.half_close()
        assert received(server, 5) == REQUEST[:5]
        assert server.receive(LIMIT_S) is End.CLOSED
        server.send(b"GET", limit=LIMIT_S)
        assert received(client, 3) == b"GET"
        server.half_close()
        assert client.receive(LIMIT_S) is End.CLOSED
        until(lambda: len(passed) == 5, "all that is told")
    (named,) = (one for one in passed if one.names)
    assert (named.names, named.octets) == (("TPKT", "COTP.CR"), len(REQUEST))
    assert told(passed)[1:] == [
        "closed, 16 octets in all",
        "no TPKT: octets only are passed on from here",
        "closed, 3 octets in all",
    ]


@pytest.mark.parametrize("resetting", ["client", "server"])
def test_a_reset_is_passed_on(resetting: str) -> None:
    with joined() as (client, server, passed, _):
        one, other = (client, server) if resetting == "client" else (server, client)
        one.send(REQUEST, limit=LIMIT_S)
        assert received(other, len(REQUEST)) == REQUEST
        one.reset()
        assert other.receive(LIMIT_S) is End.RESET
        until(lambda: any(word.startswith("reset") for word in told(passed)), "the reset")


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        nowhere = Address(*nobody.getsockname())
        with relaying(nowhere) as (relay, passed), call(relay.address) as client:
            assert client.receive(LIMIT_S) is End.RESET
    assert told(passed)[1] == f"not connected: {nowhere}: connection refused"


def test_what_is_held_back_goes_before_the_end() -> None:
    with joined("client:COTP.CR:1:later") as (client, server, _, _relay):
        client.send(REQUEST, limit=LIMIT_S)
        client.half_close()
        assert received(server, len(REQUEST)) == REQUEST
        assert server.receive(LIMIT_S) is End.CLOSED


def test_a_peer_that_does_not_read_stops_the_other_one_only_so_far() -> None:
    """What the relay holds is bounded: the sender is held up by TCP."""
    with joined() as (client, server, _, _relay):
        sent = threading.Event()

        def send() -> None:
            client.send(b"\x00" * (32 << 20), limit=LIMIT_S)
            sent.set()

        thread = threading.Thread(target=send)
        thread.start()
        server.send(REQUEST, limit=LIMIT_S)
        assert received(client, len(REQUEST)) == REQUEST
        assert not sent.is_set()
        came = 0
        while came < 32 << 20:
            got = server.receive(LIMIT_S)
            assert isinstance(got, bytes)
            came += len(got)
        thread.join(LIMIT_S)
        assert sent.is_set()


@pytest.mark.parametrize("acts", [(), ("client:COTP.CR:delay=3600",)], ids=["idle", "delaying"])
def test_the_relay_ends_whatever_it_is_about(acts: tuple[str, ...]) -> None:
    with joined(*acts) as (client, server, passed, relay):
        client.send(REQUEST, limit=LIMIT_S)
        until(lambda: any(one.names for one in passed), "the request")
        assert relay.stop(LIMIT_S)
        assert isinstance(server.receive(LIMIT_S), End | bytes)
        assert client.receive(LIMIT_S) in (End.CLOSED, End.RESET)


def test_connections_are_numbered_and_bounded() -> None:
    with (
        Listener.bind("127.0.0.1", clock=CLOCK) as listener,
        relaying(listener.address) as (relay, passed),
        ExitStack() as stack,
    ):
        for _ in range(MAX_CONNECTIONS):
            stack.enter_context(call(relay.address))
            server = listener.accept(LIMIT_S)
            assert server is not None
            stack.enter_context(server)
        surplus = stack.enter_context(call(relay.address))
        assert surplus.receive(LIMIT_S) is End.CLOSED
        numbers = [one.connection for one in passed]
        assert numbers == list(range(1, MAX_CONNECTIONS + 1))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], Address]]]:
    """Run the command as a process of its own."""
    with ExitStack() as stack:

        def started(to: Address, *options: str) -> tuple[subprocess.Popen[str], Address]:
            process = subprocess.Popen(
                [*COMMAND, "--listen", "127.0.0.1:0", "--to", str(to), *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            assert process.stdout is not None
            match = re.fullmatch(
                rf"relay at 127\.0\.0\.1:(\d+) to {re.escape(str(to))}\n", process.stdout.readline()
            )
            assert match is not None
            return process, Address("127.0.0.1", int(match[1]))

        yield started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_tells_what_passes_until_a_signal(
    start: Start, peers: Peers, run: Any, tmp_path: Path, number: int
) -> None:
    device = start()
    log, capture = tmp_path / "relay.jsonl", tmp_path / "relay.pcapng"
    process, address = run(device.address, "--log", str(log), "--capture", str(capture))
    peers.associated(address).release()
    idle = peers.associated(address)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert idle.ended() in (End.CLOSED, End.RESET)
    named = [line.partition(" ")[2] for line in out.splitlines()]
    assert any(re.fullmatch(r"1 client: TPKT COTP\.CR; \d+ octets", line) for line in named)
    assert any("ACSE.AARQ MMS.initiate-RequestPDU;" in line for line in named)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(lines) == len(named)
    assert {line["connection"] for line in lines} == {1, 2}
    assert lines[1]["pdus"] == ["TPKT", "COTP.CR"]
    assert lines[1]["from"] == "client"
    assert main(["decode", str(capture)]) == 0


def test_the_command_does_acts(start: Start, peers: Peers, run: Any) -> None:
    device = start()
    process, address = run(device.address, "--act", "client:COTP.CR:alter=1")
    peer = peers.connected(address)
    peer.association.open_transport()
    peer.flush()
    peer.ended()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert "octet 1 of COTP.CR altered" in out


def test_the_command_ends_when_nobody_reads(start: Start, peers: Peers, run: Any) -> None:
    device = start()
    process, address = run(device.address)
    process.stdout.close()
    peer = peers.connected(address)
    peer.association.open_transport()
    peer.flush()
    assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--listen", "127.0.0.1", "--to", "127.0.0.1:1"], "no HOST:PORT"),
        (["--listen", "127.0.0.1:70000", "--to", "127.0.0.1:1"], "no HOST:PORT"),
        (["--listen", "127.0.0.1:0"], "--to"),
        (["--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", "--act", "burn"], "is no"),
    ],
)
def test_what_the_command_cannot_read_is_usage(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["relay", *options])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_what_the_command_cannot_open_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for options in (
            ["--listen", "192.0.2.1:0"],
            ["--listen", "127.0.0.1:0", "--log", str(tmp_path / "no" / "log")],
            ["--listen", "127.0.0.1:0", "--capture", str(tmp_path / "no" / "capture")],
        ):
            assert main(["relay", "--to", "127.0.0.1:1", *options]) == 2
            assert capsys.readouterr().err.startswith("conform62351: ")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_log_that_is_full_ends_the_command(start: Start, peers: Peers, run: Any) -> None:
    device = start()
    process, address = run(device.address, "--log", "/dev/full")
    peers.connected(address)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err == "conform62351: the log cannot be written: No space left on device\n"
