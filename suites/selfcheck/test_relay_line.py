"""A slow line behind the intermediary: later, in pieces, in order, and nothing else."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.suites.selfcheck.device_peer import LIMIT_S
from conform62351.suites.selfcheck.stream_bench import received
from conform62351.tooling.cli.main import main
from conform62351.tooling.net.channel import Address, Channel, End, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.relay import Relay
from conform62351.tooling.net.relay_line import MOST_UNDER_WAY, Line, Way

CLOCK = Clock()
LARGE = 3 * MOST_UNDER_WAY
seconds = st.floats(0, 10)
lines = st.builds(Line, seconds, seconds, st.just(0.0) | st.floats(1, 1e6), st.integers(0, 50))


def arrivals(way: Way, until: float) -> list[tuple[float, bytes]]:
    """Return what arrives up to ``until``, each with its moment."""
    now, found = 0.0, []
    while (due := way.due_in(now)) is not None and now + due <= until:
        now += due
        while (octets := way.take(now)) is not None:
            found.append((now, octets))
        if due == 0.0:
            now += 1e-6
    return found


@given(lines, st.lists(st.tuples(seconds, st.binary(max_size=200)), max_size=8), st.integers(0, 100))
@settings(max_examples=100, deadline=None)
def test_octets_arrive_whole_in_order_and_not_before_their_time(
    line: Line, sent: list[tuple[float, bytes]], seed: int
) -> None:
    way = Way(line, random.Random(seed))
    now = 0.0
    for pause, octets in sent:
        now += pause
        way.put(octets, now)
    came = arrivals(way, 1e12)
    assert b"".join(octets for _, octets in came) == b"".join(octets for _, octets in sent)
    assert all(at >= line.delay for at, _ in came)
    assert not line.piece or all(len(octets) <= line.piece for _, octets in came)
    assert not way.full


def test_a_rate_makes_octets_wait_for_those_before_them() -> None:
    way = Way(Line(delay=1.0, rate=100.0, piece=50), random.Random(1))
    way.put(bytes(100), 0.0)
    way.put(bytes(10), 0.2)
    assert [round(at, 3) for at, _ in arrivals(way, 10.0)] == [1.5, 2.0, 2.1]


def test_the_end_takes_as_long_as_octets() -> None:
    way = Way(Line(delay=2.0), random.Random(1))
    way.put(b"", 1.0)
    assert way.take(2.9) is None
    assert way.take(3.0) == b""
    assert way.due_in(3.0) is None


@contextmanager
def over(line: Line) -> Iterator[tuple[Channel, Channel]]:
    """Connect a client with a server over a line."""
    with Listener.bind("127.0.0.1", clock=CLOCK) as target:
        address: Address = target.address
        relay = Relay(Listener.bind("127.0.0.1", clock=CLOCK), address, tell=lambda _: None, line=line)
        relay.start()
        try:
            with Channel.connect(
                relay.address.host, relay.address.port, limit=LIMIT_S, clock=CLOCK
            ) as client:
                server = target.accept(LIMIT_S)
                assert server is not None
                with server:
                    yield client, server
        finally:
            assert relay.stop(LIMIT_S)


@pytest.mark.parametrize(
    "line", [Line(delay=0.02, jitter=0.02), Line(rate=1e6), Line(piece=1), Line(0.01, 0.01, 1e6, 7)]
)
def test_octets_and_ends_pass_a_slow_line_in_both_directions(line: Line) -> None:
    one, other = random.Random(1).randbytes(3000), random.Random(2).randbytes(3000)
    with over(line) as (client, server):
        client.send(one, limit=LIMIT_S)
        server.send(other, limit=LIMIT_S)
        client.half_close()
        assert received(server, len(one)) == one
        assert server.receive(LIMIT_S) is End.CLOSED
        server.half_close()
        assert received(client, len(other)) == other
        assert client.receive(LIMIT_S) is End.CLOSED


def test_a_fast_sender_is_held_up_and_loses_nothing() -> None:
    octets = random.Random(3).randbytes(LARGE)
    with over(Line(delay=0.05)) as (client, server):
        sender = threading.Thread(target=client.send, args=(octets,), kwargs={"limit": LIMIT_S})
        sender.start()
        assert received(server, len(octets)) == octets
        sender.join(LIMIT_S)
        client.reset()
        assert server.receive(LIMIT_S) is End.RESET


def test_a_relay_stops_with_octets_under_way() -> None:
    with over(Line(delay=0.01, rate=10.0)) as (client, _):
        client.send(bytes(100_000), limit=LIMIT_S)


@pytest.mark.parametrize(
    ("option", "value"), [("--delay", "-1"), ("--jitter", "nan"), ("--rate", "0"), ("--piece", "x")]
)
def test_what_is_no_line_is_usage(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["relay", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", option, value])
    assert "is no number of" in capsys.readouterr().err
