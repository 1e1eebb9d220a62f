"""Associations and reads of the tester beside a raw socket that replays recorded octets.

Run as ``python -m conform62351.tooling.bench.associations``; the server is that of the package ``iec61850``
in a process of its own. Both sides run in turns in this process, ours with evidence on and by the code
path of the test cases: conversation, player, event log. What counts is the ratio.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from conform62351.fixtures.peers.running import PeerServer
from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import Pixit
from conform62351.reports.model.eventlog import EventLog, read_events
from conform62351.reports.model.events import Sent
from conform62351.reports.model.verdict import Verdict
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
        self._log = EventLog(self.events)
        dut = Dut(declaration, pixit, clock=clock, operator=Operator(None))
        self._player = Player(dut, RunLog(self._log, clock), "BENCH", 1, lambda: True)

    def play(self, talk: Conversation) -> None:
        """Play ``talk``; every check must pass, or the figures mean nothing."""
        checks = self._player.play(talk)
        if any(check.verdict is not Verdict.PASS for check in checks):
            raise SystemExit(f"the server did not do its part: {checks[-1].got}")


class Raw:
    """A socket that sends recorded messages and waits for one whole packet after each."""

    def __init__(self, address: Address, messages: Sequence[bytes]) -> None:
        self._address = (address.host, address.port)
        self._messages = messages

    def _exchange(self, connection: socket.socket, message: bytes) -> None:
        connection.sendall(message)
        got = connection.recv(65536)
        while len(got) < 4 or len(got) < int.from_bytes(got[2:4], "big"):
            more = connection.recv(65536)
            if not more:
                raise SystemExit("the server closed the raw connection")
            got += more

    def play(self, reads: int) -> None:
        """Associate and send the recorded read ``reads`` times."""
        with socket.create_connection(self._address) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for message in self._messages[:2]:
                self._exchange(connection, message)
            for _ in range(reads):
                self._exchange(connection, self._messages[2])


def record(tester: Tester) -> list[bytes]:
    """Return the CR, the CONNECT and the read that the tester sends, as octets."""
    tester.play(conversation(ASSOCIATION, READ))
    return [bytes.fromhex(event.octets) for event in read_events(tester.events) if isinstance(event, Sent)]


def rate(work: Callable[[], None], count: int) -> float:
    """Return how often a second ``work``, which does something ``count`` times, does it."""
    begun = time.perf_counter()
    work()
    return count / (time.perf_counter() - begun)


def measure(address: Address, rounds: int, associations: int, reads: int) -> None:
    """Measure in turns and print the best rate of each side with their ratio."""
    with tempfile.TemporaryDirectory() as scratch:
        tester = Tester(address, Path(scratch))
        raw = Raw(address, record(tester))
        associate = conversation(ASSOCIATION)
        read = conversation(ASSOCIATION, READ * reads)
        best = {"associations": [0.0, 0.0], "reads": [0.0, 0.0]}
        for _ in range(rounds):
            for name, ours, theirs, count in (
                (
                    "associations",
                    lambda: _repeat(tester, associate, associations),
                    _associate(raw, associations),
                    associations,
                ),
                ("reads", lambda: tester.play(read), lambda: raw.play(reads), reads),
            ):
                best[name][0] = max(best[name][0], rate(ours, count))
                best[name][1] = max(best[name][1], rate(theirs, count))
    for name, (ours_rate, raw_rate) in best.items():
        print(f"{name:>12}: {ours_rate:8.0f}/s ours, {raw_rate:8.0f}/s raw, ratio {ours_rate / raw_rate:.2f}")


def _repeat(tester: Tester, talk: Conversation, times: int) -> None:
    for _ in range(times):
        tester.play(talk)


def _associate(raw: Raw, times: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(times):
            raw.play(0)

    return work


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--associations", type=int, default=300)
    parser.add_argument("--reads", type=int, default=3000)
    args = parser.parse_args()
    with PeerServer("iec61850") as peer:
        measure(peer.address, args.rounds, args.associations, args.reads)


if __name__ == "__main__":
    main()
