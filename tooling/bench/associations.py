"""Associations and reads of the tester beside a raw socket that replays recorded octets.

Run as ``python -m conform62351.tooling.bench.associations``; the server is that of the package ``iec61850``,
in a process of its own. Ours are made with evidence on and by the code path of the test cases: conversation,
player, event log. The raw side sends what ours sent and waits for one whole packet after each message. What
counts is the ratio, and there are two:

- back to back: each side in a loop of its own. The raw loop leaves the server no time to fall asleep, so that
  a raw exchange is the shortest that there can be. Ours always meet a server that has to be woken.
- in turns: one exchange of ours, one raw exchange on a connection of its own, and so on. The server has been
  idle equally long before either, and what the machine does besides hits both alike. Each side is timed by
  itself; an association is an exchange of two messages on a new TCP connection that is closed after it.

Every figure is the best of several rounds.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from conform62351.fixtures.peers.running import PeerServer
from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import Pixit
from conform62351.reports.model.eventlog import EventLog, read_events
from conform62351.reports.model.events import AnyEvent, CheckMade, Sent
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.bench.measuring import Rates, Timed, rate
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.outcomes import ASSOCIATED, RESPONSE, TRANSPORT_CONNECTED, expect, reach
from conform62351.tooling.engine.player import Player
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.steps import (
    AnyStep,
    Associate,
    Connect,
    Conversation,
    OpenTransport,
    Request,
    conversation,
)
from conform62351.tooling.frontend.inputs import device_file
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.flow import Address

REQUIREMENT = "R-MMS-read"
READ = (Request(service="read", point="data.read"), expect(REQUIREMENT, RESPONSE))
ASSOCIATION: tuple[AnyStep, ...] = (
    Connect(),
    OpenTransport(),
    reach(TRANSPORT_CONNECTED),
    Associate(),
    expect(REQUIREMENT, ASSOCIATED),
)


class Tester:
    """Plays conversations as a run does."""

    def __init__(self, address: Address, out: Path) -> None:
        clock = Clock()
        pixit = Pixit().with_overrides(
            {
                "dut.host": address.host,
                "dut.port": address.port,
                "data.read": "IEDREF1LD0/GGIO1$ST$IntIn1$stVal",
            }
        )
        declaration = load_declaration(device_file("pics.toml"))
        self.events = out / "events.jsonl"
        self._between: Callable[[], None] | None = None
        log = EventLog(self.events, self._observe)
        dut = Dut(declaration, pixit, clock=clock, operator=Operator(None))
        self._player = Player(dut, RunLog(log, clock), "BENCH", 1, lambda: True)

    def play(self, talk: Conversation, between: Callable[[], None] | None = None) -> None:
        """Play ``talk`` and do ``between`` after each check; all must pass, or the figures mean nothing."""
        self._between = between
        checks = self._player.play(talk)
        if any(check.verdict is not Verdict.PASS for check in checks):
            raise SystemExit(f"the server did not do its part: {checks[-1].got}")

    def _observe(self, event: AnyEvent) -> None:
        if self._between is not None and isinstance(event, CheckMade):
            self._between()


class Raw:
    """Replays a recorded CR, CONNECT and read."""

    def __init__(self, address: Address, messages: Sequence[bytes]) -> None:
        self._address = (address.host, address.port)
        self._connect = messages[:2]
        self._read = messages[2]

    @contextmanager
    def association(self) -> Iterator[socket.socket]:
        """Associate; the connection is closed at the end of the block."""
        with socket.create_connection(self._address) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for message in self._connect:
                self._exchange(connection, message)
            yield connection

    def associate(self) -> None:
        """Associate and close."""
        with self.association():
            """Nothing more is wanted of it."""

    def read(self, connection: socket.socket) -> None:
        """Read once."""
        self._exchange(connection, self._read)

    @staticmethod
    def _exchange(connection: socket.socket, message: bytes) -> None:
        connection.sendall(message)
        got = connection.recv(65536)
        while len(got) < 4 or len(got) < int.from_bytes(got[2:4], "big"):
            more = connection.recv(65536)
            if not more:
                raise SystemExit("the server closed the raw connection")
            got += more


def record(tester: Tester) -> list[bytes]:
    """Return the CR, the CONNECT and the read that the tester sends, as octets."""
    tester.play(conversation(ASSOCIATION, READ))
    return [bytes.fromhex(event.octets) for event in read_events(tester.events) if isinstance(event, Sent)]


def associations_back_to_back(tester: Tester, raw: Raw, count: int) -> Rates:
    """Make ``count`` associations on one side, then on the other."""
    ours = partial(tester.play, conversation(ASSOCIATION))
    return Rates(rate(ours, count), rate(raw.associate, count))


def associations_in_turns(tester: Tester, raw: Raw, count: int) -> Rates:
    """Make ``count`` associations on each side, one and one."""
    ours = Timed(partial(tester.play, conversation(ASSOCIATION)))
    theirs = Timed(raw.associate)
    for _ in range(count):
        ours()
        theirs()
    return Rates(count / ours.seconds, count / theirs.seconds)


def reads_back_to_back(tester: Tester, raw: Raw, count: int) -> Rates:
    """Make ``count`` reads on one side, then on the other; the association counts with ours only."""
    ours = partial(tester.play, conversation(ASSOCIATION, READ * count))
    with raw.association() as connection:
        return Rates(rate(ours, 1) * count, rate(partial(raw.read, connection), count))


def reads_in_turns(tester: Tester, raw: Raw, count: int) -> Rates:
    """Make ``count`` reads on each side, one and one; what is not spent on the raw ones is spent on ours."""
    with raw.association() as connection:
        theirs = Timed(partial(raw.read, connection))
        both = Timed(partial(tester.play, conversation(ASSOCIATION, READ * count), theirs))
        both()
    return Rates(count / (both.seconds - theirs.seconds), theirs.done / theirs.seconds)


MEASUREMENTS = {
    "associations, back to back": associations_back_to_back,
    "associations, in turns": associations_in_turns,
    "reads, back to back": reads_back_to_back,
    "reads, in turns": reads_in_turns,
}


def measure(address: Address, rounds: int, associations: int, reads: int) -> None:
    """Make all measurements ``rounds`` times over and print the best rates with their ratio."""
    found: dict[str, list[Rates]] = {name: [] for name in MEASUREMENTS}
    with tempfile.TemporaryDirectory() as scratch:
        tester = Tester(address, Path(scratch))
        raw = Raw(address, record(tester))
        for _ in range(rounds):
            for name, side_by_side in MEASUREMENTS.items():
                count = reads if name.startswith("reads") else associations
                found[name].append(side_by_side(tester, raw, count))
    for name, rates in found.items():
        ours, theirs = max(each.ours for each in rates), max(each.raw for each in rates)
        print(f"{name:>26}: {ours:8.0f}/s ours, {theirs:8.0f}/s raw, ratio {ours / theirs:.2f}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--associations", type=int, default=300)
    parser.add_argument("--reads", type=int, default=3000)
    args = parser.parse_args()
    with PeerServer("iec61850") as peer:
        measure(peer.address, args.rounds, args.associations, args.reads)


if __name__ == "__main__":
    main()
