"""An association of native mode over OSI: end-to-end security between ACSE and MMS (IEC 62351-4, 13 and 15).

It is the association machine of ``profiles.osi``. What its user sends goes out in SecPDUs, and what comes in
them goes to the user once its checks are passed; the user needs not know of it.
"""

from __future__ import annotations

from typing import Final

from conform62351.profiles.environments.osi.bond import NO_REASON, Bond
from conform62351.profiles.environments.osi.checks import REKEY_TABLE
from conform62351.profiles.environments.osi.environment import NativeEnvironment
from conform62351.profiles.environments.osi.parameters import NativeSecurity, native_osi
from conform62351.profiles.environments.osi.sending import SecPduSender
from conform62351.profiles.environments.osi.taking import Taker, title_of
from conform62351.profiles.native.agreement import Agreed
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.exchange import StateError
from conform62351.profiles.native.handshake import ClientHandshake, ServerHandshake
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.osi.apdu import ABORT_BY_USER, NO_REASON_GIVEN, REJECTED_PERMANENT, USER
from conform62351.profiles.osi.association import Association, AssociationError
from conform62351.profiles.osi.composing import connect_room
from conform62351.profiles.osi.events import AssociationEvent
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.osi.situation import State
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role

_OVER: Final = frozenset((State.ENDING, State.CLOSED))


class NativeAssociation(Association):
    """One association of native mode over one TCP connection.

    Used like :class:`~conform62351.profiles.osi.association.Association`, whose events it gives, with those
    of ``environments.osi.events`` between them. User data are PDUs of the protected protocol on either side.
    The contexts and the application context of native mode are put into ``parameters`` where they are not.

    Calls that make a SecPDU raise SignatureError when the key of the credential cannot sign, EncodingError
    for a value of a policy that cannot be written, and StateError where there is nothing to say it about. A
    handshake leaves certPath out when it fits into no connect data with it; without, it is a TooLongError.
    The number of the association is given back when it is over: the driver tells by ``receive_eof``, also
    when it has closed TCP by itself.

    Raises:
        ValueError: titles are missing in ``parameters``.
    """

    def __init__(
        self,
        role: Role,
        parameters: OsiParameters,
        security: NativeSecurity,
        policy: Policy | None = None,
    ) -> None:
        policy = policy or Policy()
        parameters = native_osi(parameters, role, security.identifiers)
        super().__init__(role, parameters, policy, environment=NativeEnvironment(security.codec, policy))
        self._bond = Bond(role, security, policy)
        self._secure = SecPduSender(self._sender)
        self._taker = Taker(self._situation, self._receiver, self._secure, self._bond, policy)

    @property
    def asso_id(self) -> str | None:
        """The assoID as far as it is known, None before the association begins."""
        return None if self._bond.exchange is None else self._bond.exchange.asso_id

    @property
    def agreed(self) -> Agreed | None:
        """What the handshake has agreed, None before."""
        return None if self._bond.transfer is None else self._bond.transfer.agreed

    @property
    def transfer(self) -> DataTransfer | None:
        """The data transfer, None while there are no keys."""
        return self._bond.transfer

    @property
    def wants_data(self) -> bool:
        """Whether new keys are due and nothing goes out by itself.

        The user who has nothing to send then sends Identify or Status (decision 33).
        """
        transfer = self._bond.transfer
        return (
            self.state is State.OPEN
            and transfer is not None
            and (transfer.has_word or transfer.needs_refresh)
        )

    def take_events(self) -> list[AssociationEvent]:
        """Return events that no octets have brought: the keys of a server's own acceptance."""
        return self._taker.take_events()

    def receive(self, octets: bytes) -> list[AssociationEvent]:
        """Take the next octets from TCP; any split of them gives the same events in the same order."""
        events = self._taker.take_events()
        events += super().receive(octets)
        return events

    def receive_eof(self) -> list[AssociationEvent]:
        """Take the end of the TCP connection, whoever has brought it about."""
        return self._taker.take_events() + super().receive_eof()

    def associate(self, user_data: bytes, name: str) -> None:
        """Ask for the association (client), by HandshakeReq in AARQ.

        Raises:
            NumbersTakenError: there are as many associations as there can be.
        """
        if not self._may(Role.CLIENT, State.CONNECTED):
            return
        situation = self._situation
        called = situation.parameters.called
        handshake = self._bond.request(title_of(called.ap_title, called.ae_qualifier))
        try:
            situation.propose(situation.parameters.contexts)
            message = handshake.request(user_data, room=self._room)
            self._secure.request(message, name)
        except Exception:
            self._bond.end()
            raise
        situation.state = State.ASSOCIATING

    def accept(self, user_data: bytes, name: str) -> None:
        """Accept the association that was indicated (server), by HandshakeAcc in AARE."""
        if not self._may(Role.SERVER, State.INDICATED):
            return
        handshake = self._asked()
        accepted = handshake.accept(user_data, room=self._room)
        self._secure.accept(accepted.message, name)
        if accepted.established is not None:
            self._taker.events.append(self._bond.establish(accepted.established))
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
        """Reject the association that was indicated (server), by ApplicationReject in AARE."""
        if not self._may(Role.SERVER, State.INDICATED):
            return
        handshake = self._asked()
        message = handshake.reject_application(user_data)
        self._secure.reject(message, result, source, diagnostic, _inner(user_data, name))
        self._end()

    def send_data(self, user_data: bytes, name: str, *, context: int | None = None) -> None:
        """Send a PDU as data, protected; in another context than E2E's as it is (tester)."""
        if not self._may(None, State.OPEN, State.RELEASE_INDICATED):
            return
        number = self._situation.protocol_context
        if context is not None and context != number:
            self._sender.data(user_data, (name,), context)
            return
        transfer = self._bond.transfer
        if transfer is None:
            raise StateError("no keys have been agreed")
        self._bond.refresh()
        for secpdu in transfer.protect(user_data):
            self._sender.data(secpdu.octets, (*secpdu.names, name), number)
        self._bond.sent()

    def release(self, reason: int = 0, *, user_data: bytes | None = None, name: str = "MMS") -> None:
        """Ask for the release, by ReleaseReq in RLRQ; ``user_data`` is a conclude-Request inside it."""
        if not self._may(None, State.OPEN):
            return
        message = self._exchange().release_request(user_data)
        self._secure.release(message, reason, _inner(user_data, name))
        self._situation.state = State.RELEASING

    def accept_release(self, reason: int = 0, *, user_data: bytes | None = None, name: str = "MMS") -> None:
        """Answer the release that was indicated, by ReleaseRsp in RLRE.

        ``user_data`` goes with it when the ReleaseReq carried a PDU, too (decision 35). On collision the
        peer's answer is then still waited for.

        Raises:
            AssociationError: no release is indicated.
        """
        if not self._situation.release_due:
            super().accept_release(reason)
            return
        if not self._taker.release_data:
            user_data = None
        message = self._exchange().release_response(user_data)
        self._secure.accept_release(message, reason, _inner(user_data, name))
        self._situation.release_due = False
        if self.state is State.RELEASE_INDICATED:
            self._end()

    def abort(
        self, *, source: int = 0, provider: bool = False, user_data: bytes | None = None, name: str = "MMS"
    ) -> None:
        """Abort by ApplAbort in ABRT; before the association begins by an ABRT without a SecPDU.

        ``provider`` sends an ARP. Raises AssociationError without a transport connection.
        """
        exchange = self._bond.exchange
        if provider or source != ABORT_BY_USER or exchange is None or exchange.asso_id is None:
            super().abort(source=source, provider=provider)
            self._settle()
        elif self.state not in _OVER:
            self._secure.abort(exchange.appl_abort(user_data), _inner(user_data, name))
            self._end()

    def dt_sec_abort(self, diagnostic: int | None) -> None:
        """Abort by DtSecAbort in ABRT; without a diagnostic it is one because of an alarm."""
        if self.state not in _OVER:
            self._secure.abort(self._exchange().dt_sec_abort(diagnostic))
            self._end()

    def send_secpdu(self, octets: bytes, name: str, carrier: Carrier) -> None:
        """Send octets as the SecPDU of an ABRT, RLRQ, RLRE, TD or rejecting AARE, in whatever state (tester).

        Raises:
            AssociationError: another carrier.
        """
        match carrier:
            case Carrier.ABRT:
                self._sender.abort(ABORT_BY_USER, octets, (name,))
            case Carrier.RLRQ:
                self._sender.release(0, octets, (name,))
            case Carrier.RLRE:
                self._sender.accept_release(0, octets, (name,))
            case Carrier.DATA:
                self._sender.data(octets, (name,), self._situation.protocol_context)
            case Carrier.AARE:
                self._sender.reject(REJECTED_PERMANENT, USER, NO_REASON_GIVEN, octets, (name,))
            case _:
                raise AssociationError(f"a policy changes what an {carrier.value} carries")

    def rekey(self) -> None:
        """Have the next data offer a fresh key (client). Raises AssociationError for a server."""
        if self.role is Role.SERVER:
            raise AssociationError("a server asks for a rekey")
        self._keyed().rekey()

    def ask_for_rekey(self) -> None:
        """Have the next data ask the client for a fresh key (server). AssociationError: for a client."""
        if self.role is Role.CLIENT:
            raise AssociationError("a client sends the rekey itself")
        self._keyed().ask_for_rekey()

    def tick(self) -> list[AssociationEvent]:
        """Do what is due by the clock, and return the events of it."""
        if self.state is State.OPEN:
            self._bond.refresh()
            if not self._taker.tell(REKEY_TABLE.findings(self._bond.overdue(), self._policy)):
                self._secure.abort(self._exchange().dt_sec_abort(NO_REASON))
                self._taker.end()
                self._settle()
        return self._taker.take_events()

    def due(self) -> float | None:
        """Return how many seconds it is until :meth:`tick` has something to do, None for never."""
        return self._bond.due if self.state is State.OPEN else None

    def _take(self, below: list[object]) -> list[AssociationEvent]:
        self._taker.take(super()._take(below))
        self._settle()
        return self._taker.take_events()

    def _room(self) -> int:
        return connect_room(self._situation)

    def _asked(self) -> ServerHandshake:
        if self._bond.server is None:
            raise StateError("no HandshakeReq has come")
        return self._bond.server

    def _exchange(self) -> ClientHandshake | ServerHandshake:
        exchange = self._bond.exchange
        if exchange is None:
            raise StateError("the handshake has not begun")
        return exchange

    def _keyed(self) -> DataTransfer:
        transfer = self._bond.transfer
        if transfer is None:
            raise StateError("no keys have been agreed")
        return transfer

    def _end(self) -> None:
        self._situation.state = State.ENDING
        self._settle()

    def _settle(self) -> None:
        if self.state in _OVER:
            self._bond.end()


def _inner(user_data: bytes | None, name: str) -> str | None:
    return None if user_data is None else name
