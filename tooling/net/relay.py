"""An intermediary between two peers: it passes on what they send, as it is or as its acts want it.

It has no keys. An honest one changes no octet; a message goes on when it has come whole. The line behind it
may be slow: then what goes on arrives later, and in order.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.flow import Address, End, Recorder
from conform62351.tooling.net.relay_acts import Act, Hand, Shelf
from conform62351.tooling.net.relay_framing import Framer, Message, Sender, prepare
from conform62351.tooling.net.relay_line import Line, Way
from conform62351.tooling.net.service import Service

MAX_CONNECTIONS: Final = 64
CONNECT_LIMIT_S: Final = 10.0
SEND_LIMIT_S: Final = 60.0
"""How long a peer may not read before its connection is given up."""
HALF_OPEN_LIMIT_S: Final = 60.0
"""How long nothing may come from one peer when the other has ended."""
STRAIGHT: Final = Line()
INTERVAL_S: Final = 5.0
"""How often a silent direction looks after the other one."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What the relay tells of a connection: a message, or an event of the connection without one.

    ``connection`` counts from 1, ``at`` is seconds since 1970-01-01 UTC. ``sender`` is None for what concerns
    both. ``names`` are the PDUs of a message, ``octets`` how many it has. ``told`` says what was done to it
    or what has happened, empty for a message that is passed on as it is.
    """

    connection: int
    at: float
    sender: Sender | None
    names: tuple[str, ...] = ()
    octets: int = 0
    told: tuple[str, ...] = ()


class Relay:
    """Accepts on ``listener`` and connects each connection to ``target``.

    ``tell`` is called, by one thread at a time, with all that passes, before it is passed on. ``acts`` are
    done to what passes. ``line`` is what both
    directions of each connection pass behind the relay; also the connection to the target is opened later, by
    its delay. ``recorder`` takes the octets of the connections to the target; those that are accepted are
    recorded by the recorder of ``listener``.
    """

    def __init__(
        self,
        listener: Listener,
        target: Address,
        *,
        tell: Callable[[Passed], None],
        acts: Sequence[Act] = (),
        line: Line = STRAIGHT,
        recorder: Recorder | None = None,
    ) -> None:
        self.address = listener.address
        self.clock: Clock = listener.clock
        self.acts = tuple(acts)
        self.line = line
        self.shelf = Shelf()
        self.stopping = threading.Event()
        self._target = target
        self._recorder = recorder
        self._tell = tell
        self._lock = threading.Lock()
        self._accepted = 0
        self._open: set[Channel] = set()
        self._service = Service(listener, self._serve, bound=MAX_CONNECTIONS)

    def start(self) -> None:
        """Begin to accept."""
        prepare()
        self._service.start()

    def stop(self, limit: float) -> bool:
        """End all connections, free the port, and return whether all had ended within ``limit`` seconds."""
        self.stopping.set()
        with self._lock:
            towards = tuple(self._open)
        for channel in towards:
            channel.interrupt()
        return self._service.stop(limit)

    def tell(
        self,
        connection: int,
        sender: Sender | None,
        *told: str,
        names: tuple[str, ...] = (),
        octets: int = 0,
    ) -> None:
        """Tell something of a connection."""
        with self._lock:
            self._tell(Passed(connection, self.clock.unix(), sender, names, octets, told))

    def _serve(self, client: Channel) -> None:
        with self._lock:
            self._accepted += 1
            number = self._accepted
        self.tell(number, None, f"from {client.flow.remote}")
        self.stopping.wait(self.line.delay)
        host, port = self._target.host, self._target.port
        try:
            server = Channel.connect(
                host, port, limit=CONNECT_LIMIT_S, clock=self.clock, recorder=self._recorder
            )
        except NetError as error:
            self.tell(number, None, f"not connected: {error}")
            client.reset()
            return
        with server:
            with self._lock:
                self._open.add(server)
            try:
                if not self.stopping.is_set():
                    self._join(number, client, server)
            finally:
                with self._lock:
                    self._open.discard(server)

    def _join(self, number: int, client: Channel, server: Channel) -> None:
        contexts: dict[int, str] = {}
        forth = _Direction(self, number, Sender.CLIENT, client, server, contexts)
        back = _Direction(self, number, Sender.SERVER, server, client, contexts)
        forth.other, back.other = back, forth
        thread = threading.Thread(target=back.run, name=f"relay {number}", daemon=True)
        thread.start()
        try:
            forth.run()
        finally:
            thread.join()
        # Only here, since both directions use both descriptors.
        if forth.end is End.RESET:
            server.reset()
        if back.end is End.RESET:
            client.reset()


class _Direction:
    """Passes on what comes from ``source`` to ``target``, in a thread of its own.

    ``end`` tells how it ended: RESET wants the target reset, too.
    """

    other: _Direction
    end: End | None = None

    def __init__(
        self,
        relay: Relay,
        connection: int,
        sender: Sender,
        source: Channel,
        target: Channel,
        contexts: dict[int, str],
    ) -> None:
        self._relay = relay
        self._connection = connection
        self._sender = sender
        self._source = source
        self._target = target
        self._framer = Framer(contexts)
        self._hand = Hand(relay.acts, relay.shelf, sender, connection)
        self._way = None if relay.line == STRAIGHT else Way(relay.line, random.Random())
        self._octets = 0

    def run(self) -> None:
        """Pass on until the direction ends, and end it towards the target in the same way."""
        try:
            end = self._pass_on()
            for octets in (*self._hand.left(), self._framer.rest()):
                self._send(octets)
            self._arrive()
            self._say(f"{end.value}, {self._octets} octets in all")
            self.end = end
        except NetError as error:
            self._say(f"given up: {error}")
            self.end = End.RESET
        finally:
            if self.end is End.CLOSED:
                self._target.half_close()
            else:
                # The target is told nothing yet, and the other direction ends.
                self.end = End.RESET
                self._target.stop_receiving()

    def _pass_on(self) -> End:
        silent = 0.0
        while True:
            limit = self._hand_over()
            if self._way is not None and self._way.full and not self._relay.stopping.wait(limit):
                continue
            got = self._source.receive(limit)
            if isinstance(got, bytes):
                silent = 0.0
                self._octets += len(got)
                for message in self._framer.take(got):
                    self._take(message)
            elif got is not End.TIMEOUT:
                return got
            elif self.other.end is not None:
                silent += limit
                if silent >= HALF_OPEN_LIMIT_S:
                    return End.RESET

    def _take(self, message: Message) -> None:
        outcome = self._hand.handle(message)
        told = (*((message.note,) if message.note else ()), *outcome.done)
        if message.names or told:
            self._relay.tell(
                self._connection, self._sender, *told, names=message.names, octets=len(message.octets)
            )
        if outcome.wait:
            self._relay.stopping.wait(outcome.wait)
        for octets in outcome.parts:
            self._send(octets)

    def _send(self, octets: bytes) -> None:
        if octets and self._way is not None:
            self._way.put(octets, self._relay.clock.monotonic())
        elif octets:
            self._target.send(octets, limit=SEND_LIMIT_S)

    def _hand_over(self) -> float:
        """Hand on what has arrived; return for how many seconds nothing more does."""
        if self._way is None:
            return INTERVAL_S
        while (octets := self._way.take(self._relay.clock.monotonic())) is not None:
            if octets:
                self._target.send(octets, limit=SEND_LIMIT_S)
        due = self._way.due_in(self._relay.clock.monotonic())
        return INTERVAL_S if due is None else min(due, INTERVAL_S)

    def _arrive(self) -> None:
        """Hand on all that is under way, when it arrives; what a relay that is stopped still has is lost."""
        if self._way is None:
            return
        self._way.put(b"", self._relay.clock.monotonic())
        while not self._relay.stopping.is_set():
            limit = self._hand_over()
            if self._way.due_in(self._relay.clock.monotonic()) is None:
                return
            self._relay.stopping.wait(limit)

    def _say(self, told: str) -> None:
        self._relay.tell(self._connection, self._sender, told)
