"""Refresh of keys: what client and server keep while one is under way (13.3.1.4; 11-decisions 33, 34).

The client offers a fresh public key (rekey), by itself or asked by the server (reqRekey). The server's first
message after that is under the new keys and says so (changedKey); the client follows with its next one.
Procedure and states are the same in every mode. What is protected is no matter here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from conform62351.profiles.native.direction import Direction, Nonces

SHORTEST_INTERVAL_S: Final = 15 * 60.0
LONGEST_INTERVAL_S: Final = 24 * 3600.0


class Epoch(msgspec.Struct, frozen=True):
    """One set of keys in use: what this side sends, the nonces for it, and what it receives."""

    sending: Direction
    nonces: Nonces
    receiving: Direction


class Turn(msgspec.Struct, frozen=True):
    """What a server does with its next message, when new keys are there: it changes to them, or not yet."""

    changes: bool = True


class RefreshTimer:
    """Tells when keys have been in use long enough; the interval is 15 minutes to 24 hours (N).

    Raises:
        ValueError: another interval.
    """

    def __init__(self, clock: Callable[[], float], interval: float) -> None:
        if not SHORTEST_INTERVAL_S <= interval <= LONGEST_INTERVAL_S:
            raise ValueError(f"keys are refreshed every 15 min to 24 h, not every {interval} s")
        self._clock = clock
        self._interval = interval
        self._since = clock()

    def restart(self) -> None:
        """Count from now on."""
        self._since = self._clock()

    @property
    def left(self) -> float:
        """How many seconds of the interval are left; 0 when it has passed."""
        return max(0.0, self._since + self._interval - self._clock())

    @property
    def is_due(self) -> bool:
        """Whether the interval has passed."""
        return self._clock() - self._since >= self._interval


class ClientKeys:
    """The keys of a client. At most one rekey is open, until a changedKey under its keys has come."""

    def __init__(self, epoch: Epoch) -> None:
        self.current = epoch
        """What the client sends is under these keys."""
        self._next: Epoch | None = None
        self._wanted = False

    @property
    def is_open(self) -> bool:
        """Whether a rekey was sent and no changedKey has come for it."""
        return self._next is not None

    @property
    def is_due(self) -> bool:
        """Whether the next message carries rekey."""
        return self._wanted

    @property
    def is_under_way(self) -> bool:
        """Whether new keys are on their way."""
        return self.is_due or self.is_open

    def ask(self) -> None:
        """Have the next message carry rekey; nothing happens while one is open."""
        self._wanted = not self.is_open

    def offer(self, epoch: Epoch) -> None:
        """Take the keys that come out of the fresh key that is sent now."""
        self._next, self._wanted = epoch, False

    @property
    def only(self) -> Epoch:
        """The keys of a message without changedKey."""
        return self.current

    def candidates(self, *, changed: bool) -> tuple[Epoch, ...]:
        """Return the keys that verify a message: the new ones just when it has changedKey (I)."""
        return (self._next if changed and self._next is not None else self.current,)

    def received(self, *, changed: bool, asked: bool) -> bool:
        """Take the flags of a message that is in order; return whether keys have changed."""
        switched = changed and self._next is not None
        if switched and self._next is not None:
            self.current, self._next = self._next, None
        if asked:
            self.ask()
        return switched


class ServerKeys:
    """The keys of a server: both are accepted from a rekey on, until a message under the new ones came."""

    def __init__(self, epoch: Epoch) -> None:
        self._accepted: tuple[Epoch, ...] = (epoch,)
        self._sending = epoch
        self._asks = False
        self._waits = False

    @property
    def is_due(self) -> bool:
        """Whether the next message is the first one under new keys, and carries changedKey."""
        return self._sending is not self._accepted[0]

    @property
    def waits(self) -> bool:
        """Whether a rekey was asked for, or is to be, and none has come."""
        return self._waits

    @property
    def asks(self) -> bool:
        """Whether the next message carries reqRekey."""
        return self._asks

    @property
    def is_under_way(self) -> bool:
        """Whether new keys are on their way: asked for, or received and not in use yet."""
        return self._waits or self.is_due

    def ask(self) -> None:
        """Have the next message carry reqRekey; a rekey that comes before answers it."""
        self._asks = self._waits = True

    def send(self, *, changes: bool) -> Epoch:
        """Return the keys for the next message; with ``changes``, the new ones from now on."""
        self._asks = False
        if changes:
            self._sending = self._accepted[0]
        return self._sending

    @property
    def only(self) -> Epoch | None:
        """The only keys that a message may be under, None when there are old ones and new ones."""
        return self._accepted[0] if len(self._accepted) == 1 else None

    def candidates(self) -> tuple[Epoch, ...]:
        """Return the keys to try, in order: the new ones first."""
        return self._accepted

    def takes_rekey(self, epoch: Epoch | None) -> bool:
        """Return whether a rekey is in place in a message under ``epoch``.

        None is open, and it is not under old keys after changedKey was sent.
        """
        return not self.is_due and (epoch is None or epoch is self._accepted[0])

    def received(self, epoch: Epoch | None, fresh: Epoch | None) -> None:
        """Take a message that is in order, under ``epoch``; ``fresh`` are the keys of the rekey in it."""
        if epoch is self._accepted[0]:
            self._accepted = (epoch,)
        if fresh is not None:
            self._accepted = (fresh, self._accepted[0])
            self._asks = self._waits = False
