"""A client and a server machine in one process, octets carried between them by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from conform62351.profiles.events import CloseRequested, Faulted, Noted
from conform62351.profiles.osi.association import Association, State
from conform62351.profiles.osi.events import AssociationEvent
from conform62351.profiles.osi.parameters import OsiParameters, Titles
from conform62351.profiles.policy import CheckTable, Context, Finding, Policy, Step
from conform62351.profiles.role import Role

INITIATE_REQUEST = bytes.fromhex("a806 810105 820105")
INITIATE_RESPONSE = bytes.fromhex("a906 810105 820105")
READ = bytes.fromhex("a005 020101 a400")
REQUEST = "MMS.initiate-RequestPDU"
RESPONSE = "MMS.initiate-ResponsePDU"
DATA = "MMS.confirmed-RequestPDU"

CLIENT = OsiParameters(calling=Titles("1.1.999.1", 12), called=Titles("1.1.1.999", 13))
SERVER = OsiParameters(called=Titles("1.1.1.999", 13))


@dataclass
class Bent(Policy):
    """Changes PDUs by name, leaves steps out, and may find faults without reacting to them."""

    values: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    octets: dict[str, Callable[[bytes], bytes | None]] = field(default_factory=dict)
    without: Sequence[str] = ()
    reacting: bool = True
    seen: list[str] = field(default_factory=list)

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        return [step for step in table.steps if step.id not in self.without]

    def reacts(self, finding: Finding) -> bool:
        return self.reacting

    def rewrite(self, name: str, value: Any) -> Any:
        self.seen.append(name)
        bend = self.values.get(name)
        return value if bend is None else bend(value)

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        bend = self.octets.get(name)
        return octets if bend is None else bend(octets)


class Pair:
    """Two machines; :meth:`carry` lets them talk until both are silent.

    ``piece`` is the size in octets of the pieces that messages arrive in, 0 for whole ones.
    """

    piece = 0

    def __init__(
        self,
        client: OsiParameters = CLIENT,
        server: OsiParameters = SERVER,
        client_policy: Policy | None = None,
        server_policy: Policy | None = None,
    ) -> None:
        self.client = Association(Role.CLIENT, client, client_policy)
        self.server = Association(Role.SERVER, server, server_policy)
        self.client_events: list[AssociationEvent] = []
        self.server_events: list[AssociationEvent] = []
        self.messages: list[tuple[str, ...]] = []
        self.tsdus: dict[str, bytes] = {}
        """The last TSDU that each SPDU was in, as long as it fits one DT."""

    def carry(self) -> Self:
        moved = True
        while moved:
            moved = False
            for sender, receiver, events in (
                (self.client, self.server, self.server_events),
                (self.server, self.client, self.client_events),
            ):
                for message in sender.take_output():
                    moved = True
                    self.messages.append(message.names[2:] or message.names[1:])
                    self.tsdus[self.messages[-1][0]] = message.octets[7:]
                    for start in range(0, len(message.octets), self.piece or len(message.octets)):
                        end = start + self.piece if self.piece else None
                        events += receiver.receive(message.octets[start:end])
        return self

    def states(self) -> tuple[State, State]:
        return self.client.state, self.server.state

    def forget(self) -> Self:
        """Drop everything so far, so that what follows stands alone."""
        for noted in (self.client_events, self.server_events, self.messages):
            noted.clear()
        for machine in (self.client, self.server):
            machine.take_received()
        return self

    def connected(self) -> Self:
        self.client.open_transport()
        return self.carry()

    def indicated(self) -> Self:
        self.connected()
        self.client.associate(INITIATE_REQUEST, REQUEST)
        return self.carry()

    def associated(self) -> Self:
        self.indicated()
        self.server.accept(INITIATE_RESPONSE, RESPONSE)
        return self.carry()


def faults(events: Sequence[AssociationEvent]) -> list[str]:
    """Return the steps whose faults had a reaction."""
    return [event.finding.step for event in events if isinstance(event, Faulted)]


def notes(events: Sequence[AssociationEvent]) -> list[str]:
    """Return the steps whose faults were noted."""
    return [event.finding.step for event in events if isinstance(event, Noted)]


def rest(events: Sequence[AssociationEvent]) -> list[AssociationEvent]:
    """Return the events that are no findings."""
    return [event for event in events if not isinstance(event, Faulted | Noted)]


def is_over(machine: Association) -> bool:
    return machine.state in (State.ENDING, State.CLOSED)


CLOSED = CloseRequested()
