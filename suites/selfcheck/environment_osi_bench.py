"""Two machines of native mode over OSI in one process, octets carried between them by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Self

from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.environments.osi.events import security_events
from conform62351.profiles.environments.osi.parameters import NativeSecurity
from conform62351.profiles.events import Faulted, Noted, ReceivedPdu
from conform62351.profiles.native.identity import Numbers
from conform62351.profiles.native.parameters import NativeParameters
from conform62351.profiles.osi.events import AssociationEvent, Data
from conform62351.profiles.osi.parameters import OsiParameters, Titles
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_bench import parameters
from conform62351.suites.selfcheck.osi_pairing import DATA, REQUEST, RESPONSE, Pair
from conform62351.suites.selfcheck.pki_samples import NOW

INITIATE: Final = bytes.fromhex("a803020101")
INITIATED: Final = bytes.fromhex("a903020102")
IDENTIFY: Final = bytes.fromhex("a0050201018200")
IDENTIFIED: Final = bytes.fromhex("a1050201018200")
ANSWER: Final = "MMS.confirmed-ResponsePDU"
CLIENT: Final = OsiParameters(calling=Titles("1.1.999.1", 12), called=Titles("1.1.1.999", 13))
SERVER: Final = OsiParameters(called=Titles("1.1.1.999", 13))


class Clock:
    """A clock that stands until it is moved; seconds since 1970 UTC."""

    def __init__(self) -> None:
        self.time: float = NOW

    def __call__(self) -> float:
        return self.time


def native(name: str, **changes: Any) -> NativeParameters:
    """Return what ``name`` brings along."""
    return parameters(name, **changes)


def security(name: str, *, local: dict[str, Any] | None = None, **changes: Any) -> NativeSecurity:
    """Return what native mode needs of ``name``; ``changes`` are members of NativeSecurity."""
    usual: dict[str, Any] = {"native": native(name, local=local), "numbers": Numbers()}
    return NativeSecurity(**usual | changes)


class NativePair(Pair):
    """A client and a server of native mode."""

    client: NativeAssociation
    server: NativeAssociation

    def __init__(
        self,
        client: NativeSecurity | None = None,
        server: NativeSecurity | None = None,
        *,
        client_policy: Policy | None = None,
        server_policy: Policy | None = None,
        client_osi: OsiParameters = CLIENT,
        server_osi: OsiParameters = SERVER,
    ) -> None:
        super().__init__()
        self.client = NativeAssociation(Role.CLIENT, client_osi, client or security("client"), client_policy)
        self.server = NativeAssociation(Role.SERVER, server_osi, server or security("server"), server_policy)

    def indicated(self) -> Self:
        self.connected()
        self.client.associate(INITIATE, REQUEST)
        self.carry()
        return self

    def associated(self) -> Self:
        self.indicated()
        self.server.accept(INITIATED, RESPONSE)
        self.carry()
        self.server_events += self.server.take_events()
        return self

    def identifies(self) -> Self:
        """Have the client ask and the server answer."""
        self.client.send_data(IDENTIFY, DATA)
        self.carry()
        self.server.send_data(IDENTIFIED, ANSWER)
        self.carry()
        return self

    def sides(self, by_client: bool) -> tuple[NativeAssociation, NativeAssociation]:
        """Return the machine that acts and the other one."""
        return (self.client, self.server) if by_client else (self.server, self.client)

    def events_of(self, machine: NativeAssociation) -> list[AssociationEvent]:
        """Return the events that a machine has given."""
        return self.client_events if machine is self.client else self.server_events


def of_kind(events: Sequence[AssociationEvent], kind: type[Any]) -> list[Any]:
    """Return the events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def data(events: Sequence[AssociationEvent]) -> list[bytes]:
    """Return the PDUs of the protected protocol that came as data."""
    return [event.octets for event in of_kind(events, Data)]


def secpdus(received: Sequence[ReceivedPdu]) -> list[str]:
    """Return the names of the SecPDUs on record."""
    return [pdu.name for pdu in received if pdu.name.startswith("E2E.")]


def logged(events: Sequence[AssociationEvent]) -> list[str]:
    """Return what is to be logged, but for what is told of revocation data."""
    found = [identifier for event in events for identifier in security_events(event)]
    return [identifier for identifier in found if identifier.startswith("IEC62351-4:")]


def found(events: Sequence[AssociationEvent]) -> list[str]:
    """Return the steps that have found something, but for those that tell of revocation data."""
    return [
        event.finding.step
        for event in events
        if isinstance(event, Faulted | Noted) and event.finding.name != "revocation-data"
    ]


def bent(policy: Policy, *, client: bool) -> NativePair:
    """Return a pair whose client, or else whose server, has a policy."""
    if client:
        return NativePair(client_policy=policy)
    return NativePair(server_policy=policy)
