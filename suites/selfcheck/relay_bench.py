"""Two reference devices with an intermediary between them, for tests of what it does and what they notice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from conform62351.fixtures.device.control import ActionError
from conform62351.suites.selfcheck.device_native_pair import Pair, endpoint_of, until
from conform62351.suites.selfcheck.device_peer import LIMIT_S, act
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.flow import Address, End, Flow, Recorder
from conform62351.tooling.net.relay import Passed, Relay
from conform62351.tooling.net.relay_acts import parse_act
from conform62351.tooling.net.relay_framing import Framer, Sender

ENDINGS: Final = frozenset(
    {
        "E2E.HandshakeSecReject",
        "E2E.HandshakeSecAbort",
        "E2E.DtSecAbort",
        "E2E.ApplicationReject",
        "E2E.ApplAbort",
        "E2E.osiDiagnostics",
    }
)
"""SecPDUs by which a peer refuses or ends an association."""


class Ledger:
    """A recorder that keeps what came from each peer of a relay, and what went to each."""

    def __init__(self) -> None:
        self.came: dict[Sender, bytearray] = defaultdict(bytearray)
        self.went: dict[Sender, bytearray] = defaultdict(bytearray)

    def opened(self, flow: Flow, at: float) -> None:
        """A connection stands."""

    def refused(self, flow: Flow, at: float) -> None:
        """A connection was refused."""

    def carried(self, flow: Flow, outgoing: bool, octets: bytes, at: float) -> None:
        """Keep octets: the relay has initiated connections with servers."""
        peer, other = (Sender.SERVER, Sender.CLIENT) if flow.initiated else (Sender.CLIENT, Sender.SERVER)
        if outgoing:
            self.went[other] += octets
        else:
            self.came[peer] += octets

    def ended(self, flow: Flow, outgoing: bool, end: End, at: float) -> None:
        """A direction ended."""


@contextmanager
def relaying(
    target: Address,
    *acts: str,
    watch: Callable[[Passed], None] = lambda _: None,
    recorder: Recorder | None = None,
) -> Iterator[tuple[Relay, list[Passed]]]:
    """Run a relay to ``target``; ``watch`` sees what passes before it is passed on."""
    passed: list[Passed] = []

    def tell(one: Passed) -> None:
        passed.append(one)
        watch(one)

    listener = Listener.bind("127.0.0.1", clock=Clock(), recorder=recorder)
    relay = Relay(listener, target, tell=tell, acts=[parse_act(text) for text in acts], recorder=recorder)
    relay.start()
    try:
        yield relay, passed
    finally:
        assert relay.stop(LIMIT_S)


class Between:
    """The client of a pair speaks to its server through a relay; ``passed`` is what passed the last one."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.passed: list[Passed] = []
        self.ledger = Ledger()

    @contextmanager
    def relayed(self, *acts: str, watch: Callable[[Passed], None] = lambda _: None) -> Iterator[Relay]:
        """Run a relay; afterwards neither side has a connection, and their clocks go right."""
        server = self.pair.server
        address = server.tls_address if server.shared.configuration.stack.tls else server.address
        self.pair.events()
        self.ledger = Ledger()
        with relaying(address, *acts, watch=watch, recorder=self.ledger) as (relay, passed):
            self.passed = passed
            try:
                yield relay
            finally:
                for device in (self.pair.client, server):
                    device.cut_all()
                self.pair.wait_for_end()
                for device in (self.pair.client, server):
                    device.clock.offset = timedelta()

    def connect(self, relay: Relay) -> None:
        """Have the client open a connection to the relay."""
        act(self.pair.client, "connect", host=relay.address.host, port=str(relay.address.port))

    def talk(self, relay: Relay, requests: int = 3) -> None:
        """Have the client associate, ask so many times and release, as far as that goes."""
        self.connect(relay)
        with suppress(ActionError):
            for _ in range(requests):
                self.ask()
            act(self.pair.client, "release")
        self.pair.wait_for_end()

    def ask(self) -> None:
        """Have the client ask, and wait until it is answered or the association is over."""
        self.send()
        with suppress(ValueError):
            endpoint = endpoint_of(self.pair.client)
            until(lambda: endpoint.unanswered == 0 or endpoint.closing, "an answer")

    def endings(self) -> list[tuple[Sender | None, str]]:
        """Return by which SecPDUs a side has refused or ended the association."""
        return [(one.sender, name) for one in self.passed for name in one.names if name in ENDINGS]

    def send(self) -> None:
        """Have the client ask, and wait for nothing."""
        act(self.pair.client, "send-request")

    def advance(self, side: str, seconds: float) -> None:
        """Have the clock of ``client`` or ``server`` go on, or back, until the relay is gone."""
        device = self.pair.client if side == "client" else self.pair.server
        device.clock.offset += timedelta(seconds=seconds)

    def octets(self, sender: Sender) -> tuple[bytes, bytes]:
        """Return the octets that came from a side, and those that went to the other."""
        return bytes(self.ledger.came[sender]), bytes(self.ledger.went[sender])

    def length(self, sender: Sender, name: str) -> int:
        """Return how many octets the first PDU of this name has that a side sent."""
        for message in Framer({}).take(self.octets(sender)[0]):
            if name in message.names:
                return sum(map(len, message.spans(name)))
        raise AssertionError(f"no {name}: {self.passed}")

    def count(self, sender: Sender, name: str) -> int:
        """Return how many messages of a side had a PDU of this name."""
        return sum(one.sender is sender and name in one.names for one in self.passed)
