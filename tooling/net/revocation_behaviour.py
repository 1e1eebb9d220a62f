"""How the revocation server behaves, for each name of its own: as it should, or like one that is in trouble.

What is chosen counts from the next request on. No behaviour lasts longer than a connection may:
:data:`~conform62351.tooling.net.http_server.CONNECTION_LIMIT_S`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from conform62351.tooling.net.http_server import CONNECTION_LIMIT_S

EVERYTHING: Final = "*"
"""Stands for all names that have no behaviour of their own."""
MAX_NAMES: Final = 200
MAX_ENDLESS: Final = 256 << 20
"""Octets of a body without end: where it ends all the same."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Gives what is published."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Accepts the connection, reads the request, and never answers."""


@dataclass(frozen=True, slots=True)
class Late:
    """Gives what is published ``seconds`` after the request: less than a connection may last.

    Raises:
        ValueError: it is more.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.seconds < CONNECTION_LIMIT_S:
            raise ValueError(f"{self.seconds} seconds: a connection lasts {CONNECTION_LIMIT_S}")


class Wrongness(StrEnum):
    """What is wrong with an answer: its octets, its type, its status, or where it ends."""

    GARBAGE = "garbage"
    CONTENT_TYPE = "content type"
    SERVER_ERROR = "status 500"
    EMPTY = "empty"
    CUT_SHORT = "cut short"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Answers in another way than HTTP, RFC 5280 and RFC 6960 have it."""

    what: Wrongness = Wrongness.GARBAGE


@dataclass(frozen=True, slots=True)
class Refusing:
    """Refuses connections; where it is that of one name, ends them by a reset once the name is read."""


@dataclass(frozen=True, slots=True)
class Endless:
    """Begins a body that has no end, a piece every ``pause`` seconds, until the connection has lasted enough.

    The body begins with what is published, so that nothing but its length is wrong.
    """

    pause: float = 0.0


Behaviour = Usual | Silent | Late | Wrong | Refusing | Endless

USUAL: Final = Usual()


class Switchboard:
    """Which name behaves how; any thread may ask and switch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chosen: dict[str, Behaviour] = {}

    def switch(self, name: str, behaviour: Behaviour) -> None:
        """Let ``name`` behave so from now on. Raises ValueError: more than 200 names."""
        with self._lock:
            if name not in self._chosen and len(self._chosen) >= MAX_NAMES:
                raise ValueError(f"more than {MAX_NAMES} names with behaviours of their own")
            self._chosen[name] = behaviour

    def reset(self) -> None:
        """Let everything behave as usual."""
        with self._lock:
            self._chosen.clear()

    def of(self, name: str) -> Behaviour:
        """Return how ``name`` behaves now."""
        with self._lock:
            return self._chosen.get(name) or self._chosen.get(EVERYTHING, USUAL)
