"""Time and seq of data transfers, of the side that sends and of the side that receives (11-decisions 31)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conform62351.profiles.generalized_time import TimeReading, write_time
from conform62351.profiles.native.replay import WINDOW
from conform62351.profiles.native.tokens import MAXIMUM_SEQ

MAXIMUM_TIMES: Final = 65_536
"""How many times one direction remembers. One that is forgotten early is refused all the same, as too old."""

Instant = tuple[int, str]


def milliseconds_away(time: TimeReading, now: float) -> int:
    """Return how far a time is from the local one, in milliseconds; negative for one that is past."""
    return time.milliseconds - round(now * 1000)


class SendingSequence:
    """Makes the time and seq of each message: seq is 0 with a newer time, and otherwise counts up (N).

    A clock that goes back changes nothing: the last time stays (11-decisions 31, I). When seq is used up for
    a time, the next millisecond is taken.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._time: int | None = None
        self._seq = 0

    def advance(self) -> tuple[bytes, int]:
        """Return time (content octets) and seq of the next message. Raises EncodingError, as write_time."""
        now = round(self._clock() * 1000)
        if self._time is None or now > self._time:
            self._time, self._seq = now, 0
        elif self._seq < MAXIMUM_SEQ:
            self._seq += 1
        else:
            self._time, self._seq = self._time + 1, 0
        return write_time(self._time / 1000), self._seq


class ReceivedSequence:
    """What has been received in one direction of an association: the last message and every recent time."""

    def __init__(self, window: float = WINDOW) -> None:
        self.last: tuple[Instant, int] | None = None
        """Time and seq of the newest message."""
        self._window = round(window * 1000)
        self._highest: dict[Instant, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._highest)

    def holds(self, time: TimeReading, seq: int) -> bool:
        """Return whether time and seq have been used: with the same time, every seq up to the highest is."""
        known = self._highest.get(time.instant)
        return known is not None and seq <= known[0]

    def is_earlier(self, time: TimeReading) -> bool:
        """Return whether the time lies before that of the newest message."""
        return self.last is not None and time.instant < self.last[0]

    def due(self, time: TimeReading) -> int:
        """Return the seq that a message with this time must have, when the time is not earlier."""
        return self.last[1] + 1 if self.last is not None and time.instant == self.last[0] else 0

    def remember(self, time: TimeReading, seq: int, now: float) -> None:
        """Remember a message that verifies; what ``now`` is too old for any message is forgotten."""
        instant = time.instant
        known = self._highest.get(instant)
        highest = seq if known is None else max(seq, known[0])
        self._highest[instant] = (highest, time.milliseconds)
        if self.last is None or (instant, seq) > self.last:
            self.last = (instant, seq)
        self._forget(round(now * 1000) - self._window)

    def _forget(self, oldest: int) -> None:
        while self._highest:
            instant, (_, milliseconds) = next(iter(self._highest.items()))
            if milliseconds >= oldest and len(self._highest) <= MAXIMUM_TIMES:
                break
            del self._highest[instant]
