"""Records on their way from a machine of TLS to TCP: in order, by one thread at a time, none lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.errors import NetError, SendIncomplete
from conform62351.tooling.net.flow import End

RETRY_S: Final = 0.05
"""How soon it is tried again to send what the peer had no room for."""


class RecordOutput:
    """Hands records to ``channel``; ``take`` returns those that the machine wants to send by itself.

    Whoever has the machine make records, and hands them over, holds ``turn`` meanwhile. ``held``: nothing
    that the machine says by itself is sent.
    """

    def __init__(self, channel: Channel, take: Callable[[], bytes], *, held: bool) -> None:
        self.turn = threading.Lock()
        self.held = held
        self._channel = channel
        self._take = take
        self._broken: End | None = None
        self._unsent = False
        """Whether the machine may have something to send that nobody has looked for."""
        self._rest = b""
        """What it wanted to send by itself, and the peer had no room for."""

    @property
    def waits(self) -> bool:
        """Whether there is something that :meth:`flush` is to try again."""
        return bool(self._rest) and self._broken is None

    def hand_over(self, records: bytes, limit: float, *, later: bool = False) -> None:
        """Give records to TCP, in one's turn. A record cut short is the last one.

        ``later``: what the peer's window has no room for is kept, and goes before anything else.

        Raises:
            SendIncomplete: the peer closed, reset or no longer read; nothing more can be sent.
        """
        if self._broken is not None:
            raise SendIncomplete(0, len(records), self._broken.value)
        octets, self._rest = self._rest + records, b""
        try:
            self._channel.send(octets, limit=limit)
        except SendIncomplete as error:
            if later and error.cause == End.TIMEOUT.value:
                self._rest = octets[error.accepted :]
                return
            self._broken = End(error.cause)
            raise

    def flush(self, limit: float) -> None:
        """Send what the machine wants to send by itself, unless another thread is sending: it will."""
        self._unsent = True
        # Who has the turn looks again behind it: what came up after it had looked would stay here else.
        while self._unsent and not self.held and self.turn.acquire(blocking=False):
            try:
                self._unsent = False
                records = self._take()
                if records or self._rest:
                    self.hand_over(records, limit, later=True)
            except NetError:
                return
            finally:
                self.turn.release()
