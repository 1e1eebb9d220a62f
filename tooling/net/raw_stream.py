"""A stream whose TCP segments no socket would send: they overlap, come twice, or come the last one first.

To the layers above, segments in whatever order are one message (RFC 9293, 3.10.7.4; R): a device answers it
as it answers the same message in one segment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final

import msgspec

from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import SendIncomplete
from conform62351.tooling.net.flow import RECEIVE_SIZE, End, Flow, Recorder
from conform62351.tooling.net.scapy_room.stimuli import (
    Pieces,
    RawConnection,
    backwards,
    in_order,
    overlapping,
)

HALF_OPEN: Final = 16
"""Connections that stay half-open beside one: a backlog of firmware has room for less than that."""
AGAIN_AFTER_S: Final = 0.3
"""Seconds without acknowledgement after which all is sent again in order: a small TCP keeps no segment that
comes before its turn."""
_SIZE: Final = 5
_OVERLAP: Final = 3
_PAUSE_S: Final = 0.0005
_LARGEST: Final = 1024
"""Octets of a segment of a long message, and of one that is sent again."""
_FEW: Final = 64
"""Segments that a message is cut into at most while it is short."""


class Way(msgspec.Struct, frozen=True):
    """A way to send messages: in words, the pieces that it makes of octets, and connections half-open beside.

    Offsets and pieces are octets; the pieces together hold each octet of the message, and no other.
    """

    what: str
    pieces: Callable[[bytes, int], Pieces]
    beside: int = 0


WAYS: Final[Mapping[str, Way]] = {
    "half-open": Way(
        f"beside {HALF_OPEN} connections that stay half-open",
        lambda octets, _: in_order(octets, _LARGEST),
        HALF_OPEN,
    ),
    "out-of-order": Way("in TCP segments, the last one first", backwards),
    "overlapping": Way(
        "in TCP segments, each with the last octets of the one before",
        lambda octets, size: overlapping(octets, size, _OVERLAP),
    ),
    "twice": Way(
        "in TCP segments, each of them twice",
        lambda octets, size: [piece for piece in in_order(octets, size) for _ in range(2)],
    ),
}
"""The ways to send by their names."""


def pieces_of(way: str, octets: bytes) -> Pieces:
    """Return what ``way`` makes of a message: segments of few octets, of more where it is long."""
    size = min(max(_SIZE, -(-len(octets) // _FEW)), _LARGEST)
    return WAYS[way].pieces(octets, size)


class RawStream:
    """A connection of the tester's own TCP, as a :class:`~conform62351.tooling.net.flow.Stream`.

    Messages go the ``way`` that it is opened with; sizes of segments that a step asks for make no difference.
    """

    alert = ""

    def __init__(
        self, connection: RawConnection, way: str, recorder: Recorder | None, left: ExitStack
    ) -> None:
        self.clock = connection.clock
        local, remote = connection.local, connection.remote
        self.flow = Flow.of((local.host, local.port), (remote.host, remote.port), True)
        self._connection = connection
        self._way = way
        self._recorder = recorder
        self._left = left
        self._open = True
        self._finished = False
        if recorder is not None:
            recorder.opened(self.flow, self.clock.monotonic())

    @classmethod
    def connect(
        cls, host: str, port: int, way: str, *, limit: float, clock: Clock, recorder: Recorder | None = None
    ) -> RawStream:
        """Open a connection to a numeric address, from whose segments ``way`` is taken.

        Raises:
            PrivilegeMissing: this process may open no raw sockets.
            TcpRefused, ConnectTimeout, NetError: the device does not take the connection.
        """
        left = ExitStack()
        try:
            for _ in range(WAYS[way].beside):
                left.enter_context(RawConnection(host, port, clock=clock)).request()
            connection = left.enter_context(RawConnection(host, port, clock=clock))
            connection.establish(limit)
        except BaseException:
            left.close()
            raise
        return cls(connection, way, recorder, left)

    def send(self, octets: bytes, *, segments: Sequence[int] = (), pause: float = 0.0, limit: float) -> int:  # noqa: ARG002
        """Send ``octets`` and return how many the peer's TCP has acknowledged: all of them.

        Raises:
            SendIncomplete: the peer closed, reset or acknowledged no more within ``limit`` seconds.
        """
        connection = self._connection
        if not self._open or self._finished:
            raise SendIncomplete(0, len(octets), End.CLOSED.value)
        before = connection.acknowledged
        deadline = self.clock.monotonic() + limit
        connection.send(pieces_of(self._way, octets), pause=_PAUSE_S)
        if self._recorder is not None:
            self._recorder.carried(self.flow, True, octets, self.clock.monotonic())
        while not connection.settle(min(AGAIN_AFTER_S, max(deadline - self.clock.monotonic(), 0.0))):
            if connection.end is not None or self.clock.monotonic() >= deadline:
                end = connection.end or End.TIMEOUT
                raise SendIncomplete(max(connection.acknowledged - before, 0), len(octets), end.value)
            connection.send_again(in_order(octets, _LARGEST), len(octets))
        return len(octets)

    def receive(self, limit: float, size: int = RECEIVE_SIZE) -> bytes | End:  # noqa: ARG002
        """Return octets as soon as some are there, or why there are none after ``limit`` seconds."""
        if not self._open:
            return self._connection.end or End.CLOSED
        ended = self._connection.end
        got = self._connection.receive(limit)
        if self._recorder is not None:
            now = self.clock.monotonic()
            if isinstance(got, bytes):
                self._recorder.carried(self.flow, False, got, now)
            elif got is not End.TIMEOUT and ended is None:
                self._recorder.ended(self.flow, False, got, now)
        return got

    def unacknowledged(self) -> int:
        """Return how many octets the peer's TCP has not acknowledged; 0 once closed."""
        return self._connection.unacknowledged if self._open else 0

    def half_close(self) -> None:
        """Send FIN and go on receiving; nothing happens when the connection is gone."""
        if self._open and not self._finished:
            self._finished = True
            self._connection.finish()
            if self._recorder is not None:
                self._recorder.ended(self.flow, True, End.CLOSED, self.clock.monotonic())

    def interrupt(self) -> None:
        """End the connection."""
        self.close()

    def close(self) -> None:
        """Send FIN, and leave the port to the kernel: it answers whatever still comes with RST."""
        self.half_close()
        self._open = False
        self._left.close()

    def reset(self) -> None:
        """Close with RST."""
        if self._open:
            self._connection.reset()
            self._open = False
            self._left.close()
            if self._recorder is not None:
                self._recorder.ended(self.flow, True, End.RESET, self.clock.monotonic())

    def fileno(self) -> int:
        """Return the descriptor that segments are read from, -1 once closed."""
        return self._connection.fileno()
