"""The association machine: transport, session, presentation and ACSE of one connection, client or server.

It takes octets as they come from TCP, in pieces of any size, and gives events, octets to send and a record of
every PDU. It opens no socket and knows no time. What a peer does wrong is an event, never an exception: the
checks of every layer find it, and the policy may have it noted only.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from conform62351.profiles.events import Closed, CloseRequested, Outgoing, ReceivedPdu
from conform62351.profiles.osi.apdu import NO_REASON_GIVEN
from conform62351.profiles.osi.authentication import Authenticator
from conform62351.profiles.osi.environment import Environment
from conform62351.profiles.osi.events import (
    Aborted,
    AssociateConfirm,
    AssociateIndication,
    AssociateReject,
    AssociationEvent,
    Data,
    ReleaseConfirm,
    ReleaseIndication,
)
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.osi.ppdu import REASON_NOT_SPECIFIED
from conform62351.profiles.osi.receiving import Receiver
from conform62351.profiles.osi.sending import Sender
from conform62351.profiles.osi.situation import Situation, State
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.transport.connection import TransportConnection
from conform62351.profiles.transport.events import (
    TransportConfirm,
    TransportError,
    TransportIndication,
    TransportRefused,
    Tsdu,
)

__all__ = [
    "Aborted",
    "AssociateConfirm",
    "AssociateIndication",
    "AssociateReject",
    "Association",
    "AssociationError",
    "AssociationEvent",
    "Data",
    "Layer",
    "ReleaseConfirm",
    "ReleaseIndication",
    "State",
    "TransportConfirm",
    "TransportError",
    "TransportIndication",
    "TransportRefused",
]

_OVER: Final = frozenset((State.ENDING, State.CLOSED))


class Layer(Enum):
    """The layer whose service carries injected octets."""

    TCP = "tcp"
    """Nothing is put around them."""
    TPKT = "tpkt"
    """They are the payload of a TPKT: a TPDU."""
    COTP = "cotp"
    """They are a TSDU: an SPDU."""
    SESSION = "session"
    """They are the user data of a session DT: a PPDU."""


class AssociationError(Exception):
    """A call that the state of the association does not allow: a mistake of the caller, not of the peer."""


class Association:
    """One association over one TCP connection.

    A call that makes no sense any more because the association has ended meanwhile does nothing; one that
    never made sense in this state raises AssociationError. Every call that sends raises EncodingError when
    the policy made a value that cannot be encoded.
    """

    def __init__(
        self,
        role: Role,
        parameters: OsiParameters,
        policy: Policy | None = None,
        authenticator: Authenticator | None = None,
        environment: Environment | None = None,
    ) -> None:
        self._policy = policy or Policy()
        self._situation = Situation(role, parameters)
        self._transport = TransportConnection(role, parameters.transport(), self._policy)
        authenticator = authenticator or Authenticator()
        self._sender = Sender(self._situation, self._policy, self._transport, authenticator)
        self._receiver = Receiver(
            self._situation, self._policy, self._sender, authenticator, environment or Environment()
        )

    @property
    def role(self) -> Role:
        """The side that this machine plays."""
        return self._situation.role

    @property
    def state(self) -> State:
        """Where the association stands."""
        return self._situation.state

    @property
    def contexts(self) -> Mapping[int, str]:
        """The abstract syntaxes of the accepted presentation contexts, by context number."""
        return self._situation.accepted

    @property
    def tpdu_size(self) -> int:
        """The agreed TPDU size in octets."""
        return self._transport.tpdu_size

    def receive(self, octets: bytes) -> list[AssociationEvent]:
        """Take the next octets from TCP; any split of them gives the same events in the same order."""
        events: list[AssociationEvent] = []
        for below in self._transport.packets(octets):
            events += self._take(below)
        return events

    def receive_eof(self) -> list[AssociationEvent]:
        """Take the end of the TCP connection: what was left unfinished, then Closed."""
        return self._take(self._transport.receive_eof())

    def take_output(self) -> list[Outgoing]:
        """Return what is to be sent, once."""
        return self._transport.take_output()

    def take_received(self) -> list[ReceivedPdu]:
        """Return every PDU of every layer below MMS that was decoded, in order, once."""
        return self._receiver.take_received()

    def open_transport(self) -> None:
        """Send the CR (client)."""
        if not self._may(Role.CLIENT, State.IDLE):
            return
        self._transport.open()

    def associate(self, user_data: bytes, name: str) -> None:
        """Ask for the association (client); ``user_data`` is an encoded PDU called ``name``."""
        if not self._may(Role.CLIENT, State.CONNECTED):
            return
        self._situation.propose(self._situation.parameters.contexts)
        self._sender.associate(user_data, (name,))
        self._situation.state = State.ASSOCIATING

    def accept(self, user_data: bytes, name: str) -> None:
        """Accept the association that was indicated (server)."""
        if not self._may(Role.SERVER, State.INDICATED):
            return
        self._sender.accept(user_data, (name,))
        self._situation.state = State.OPEN

    def reject(
        self,
        *,
        result: int,
        source: int,
        diagnostic: int = NO_REASON_GIVEN,
        user_data: bytes | None = None,
        name: str = "MMS",
    ) -> None:
        """Reject the association that was indicated (server), by AARE in CPR in REFUSE."""
        if not self._may(Role.SERVER, State.INDICATED):
            return
        self._sender.reject(result, source, diagnostic, user_data, _names(user_data, name))
        self._situation.state = State.ENDING

    def send_data(self, user_data: bytes, name: str, *, context: int | None = None) -> None:
        """Send an encoded PDU as data, in the context numbered ``context`` or the protected protocol's."""
        if not self._may(None, State.OPEN, State.RELEASE_INDICATED):
            return
        number = self._situation.protocol_context if context is None else context
        self._sender.data(user_data, (name,), number)

    def release(self, reason: int = 0) -> None:
        """Ask for the release."""
        if not self._may(None, State.OPEN):
            return
        self._sender.release(reason)
        self._situation.state = State.RELEASING

    def accept_release(self, reason: int = 0) -> None:
        """Answer the release that was indicated. On collision the peer's answer is then still waited for.

        Raises:
            AssociationError: no release is indicated.
        """
        if self._situation.release_due:
            self._sender.accept_release(reason)
            self._situation.release_due = False
            if self.state is State.RELEASE_INDICATED:
                self._situation.state = State.ENDING
        elif self.state not in _OVER:
            raise AssociationError(f"no release is indicated in state {self.state.value}")

    def abort(
        self, *, source: int = 0, provider: bool = False, user_data: bytes | None = None, name: str = "MMS"
    ) -> None:
        """Abort, in whatever state there is a transport connection.

        ``provider`` sends an ARP in place of an ABRT in ARU. ``user_data`` rides in the ABRT.

        Raises:
            AssociationError: there is no transport connection.
        """
        if self.state is State.IDLE:
            raise AssociationError("there is no transport connection to abort over")
        if self.state in _OVER:
            return
        if provider:
            self._sender.abort_presentation(REASON_NOT_SPECIFIED, None)
        else:
            self._sender.abort(source, user_data, _names(user_data, name))
        self._situation.state = State.ENDING

    def inject(self, layer: Layer, octets: bytes, name: str) -> None:
        """Send octets under a layer, in whatever state (tester); the layers below wrap them as usual."""
        match layer:
            case Layer.TCP:
                self._transport.send_raw(octets, (name,))
            case Layer.TPKT:
                self._transport.send_tpdu(octets, (name,))
            case Layer.COTP:
                self._transport.send_tsdu(octets, (name,))
            case Layer.SESSION:
                self._sender.inject(octets, name)

    def _may(self, role: Role | None, *states: State) -> bool:
        """Return whether to carry a call out: it is allowed in ``states``, and pointless once all is over."""
        if self.state in states and role in (None, self.role):
            return True
        if self.state in _OVER:
            return False
        raise AssociationError(f"not for a {self.role.value} in state {self.state.value}")

    def _take(self, below: list[Any]) -> list[AssociationEvent]:
        """Take the transport's events, and between them the TSDUs, in their order."""
        receiver, situation = self._receiver, self._situation
        received = iter(self._transport.take_received())
        for event in below:
            match event:
                case Tsdu(octets=octets):
                    receiver.record_up_to_tsdu(received)
                    receiver.take_tsdu(octets)
                case TransportIndication() | TransportConfirm():
                    situation.state = State.CONNECTED
                    receiver.events.append(event)
                case CloseRequested() | Closed():
                    situation.state = State.CLOSED
                    receiver.events.append(event)
                case _:
                    receiver.events.append(event)
        receiver.record(received)
        return receiver.take_events()


def _names(user_data: bytes | None, name: str) -> tuple[str, ...]:
    return () if user_data is None else (name,)
