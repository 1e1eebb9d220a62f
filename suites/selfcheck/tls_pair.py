"""Two TLS machines in memory, of whatever kind, and what came of carrying octets between them."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from conform62351.profiles.tls.interface import PlainData, TlsEvent, TlsMachine

MOST_TURNS: Final = 100


Client = TypeVar("Client", bound=TlsMachine)
Server = TypeVar("Server", bound=TlsMachine)


class Pair(Generic[Client, Server]):
    """A client and a server in memory, whose octets pass in pieces of ``size``."""

    def __init__(self, client: Client, server: Server, size: int = 1 << 20) -> None:
        self.client = client
        self.server = server
        self.events: dict[TlsMachine, list[TlsEvent]] = {client: [], server: []}
        self._size = size

    def shake_hands(self) -> None:
        """Start both and carry octets until neither side has any."""
        for machine in (self.server, self.client):
            self.events[machine] += machine.start()
        self.settle()

    def settle(self) -> None:
        """Carry octets until neither side has any."""
        for _ in range(MOST_TURNS):
            if not self.carry(self.client, self.server) and not self.carry(self.server, self.client):
                return
        raise AssertionError("the two never come to an end")

    def carry(self, source: TlsMachine, target: TlsMachine, octets: bytes | None = None) -> bool:
        """Carry what ``source`` has, or ``octets``; return whether there was anything."""
        octets = source.take_output() if octets is None else octets
        for start in range(0, len(octets), self._size):
            self.events[target] += target.receive(octets[start : start + self._size])
        return bool(octets)

    def data(self, machine: TlsMachine) -> bytes:
        """Return the application data that a machine has received."""
        return b"".join(event.octets for event in self.events[machine] if isinstance(event, PlainData))

    def of(self, machine: TlsMachine, kind: type[Any]) -> list[Any]:
        """Return the events of one kind that a machine has given."""
        return [event for event in self.events[machine] if isinstance(event, kind)]
