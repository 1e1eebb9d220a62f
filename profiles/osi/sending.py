"""Puts PDUs together from the inside out and hands them to the transport connection.

Every PDU passes the policy twice: its value before it is encoded, its octets afterwards; the lengths of the
PDUs around it follow.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from conform62351.profiles.osi import acse, composing, presentation, session
from conform62351.profiles.osi.apdu import (
    AARE,
    AARQ,
    ABRT,
    RLRE,
    RLRQ,
    Apdu,
    UserInformation,
)
from conform62351.profiles.osi.authentication import Authenticator
from conform62351.profiles.osi.parameters import Authentication
from conform62351.profiles.osi.ppdu import (
    ACCEPTANCE,
    ARP,
    ARU,
    CP,
    CPA,
    CPR,
    TD,
    UD,
    ContextIdentifier,
    Pdv,
    Ppdu,
)
from conform62351.profiles.osi.situation import Situation, State
from conform62351.profiles.osi.spdu import (
    USER_DATA,
    AbortSpdu,
    AcceptSpdu,
    ConnectSpdu,
    DataSpdu,
    DisconnectSpdu,
    FinishSpdu,
    RefuseSpdu,
    Spdu,
)
from conform62351.profiles.policy import Policy
from conform62351.profiles.transport.connection import TransportConnection

Pdu = TypeVar("Pdu")

_APDU_NAMES = {AARQ: "ACSE.AARQ", AARE: "ACSE.AARE", RLRQ: "ACSE.RLRQ", RLRE: "ACSE.RLRE", ABRT: "ACSE.ABRT"}
_PPDU_NAMES = {
    CP: "PRES.CP",
    CPA: "PRES.CPA",
    CPR: "PRES.CPR",
    ARU: "PRES.ARU",
    ARP: "PRES.ARP",
    TD: "PRES.TD",
    UD: "PRES.UD",
}
_SPDU_NAMES = {
    ConnectSpdu: "SES.CN",
    AcceptSpdu: "SES.AC",
    RefuseSpdu: "SES.RF",
    FinishSpdu: "SES.FN",
    DisconnectSpdu: "SES.DN",
    AbortSpdu: "SES.AB",
    DataSpdu: "SES.DT",
}


class _Withheld(Exception):
    """The policy withholds a PDU, and with it the message."""


class Message:
    """The PDUs of one message: octets so far, and their names, outermost first.

    It is a context manager: what the block puts together is sent, unless the policy withholds a part of it.
    """

    def __init__(
        self,
        policy: Policy,
        transport: TransportConnection,
        octets: bytes | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        self.octets = octets or b""
        self.names = names
        self._policy = policy
        self._transport = transport

    def __enter__(self) -> Message:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None:
            self._transport.send_tsdu(self.octets, self.names)
        return kind is _Withheld

    def wrap(self, name: str, value: Pdu, encode: Callable[[Pdu], bytes]) -> Pdu:
        """Put ``value``, which holds the octets so far, around them; return it as the policy made it."""
        value = self._policy.rewrite(name, value)
        octets = self._policy.rewrite_octets(name, encode(value))
        if octets is None:
            raise _Withheld
        self.octets = octets
        self.names = (name, *self.names)
        return value

    def apdu(self, value: Apdu) -> None:
        """Put an APDU around the message."""
        self.wrap(_APDU_NAMES[type(value)], value, acse.encode)

    def ppdu(self, value: Ppdu) -> Ppdu:
        """Put a PPDU around the message; return it as it was sent."""
        return self.wrap(_PPDU_NAMES[type(value)], value, presentation.encode)

    def spdu(self, value: Spdu) -> None:
        """Put an SPDU around the message."""
        self.wrap(_SPDU_NAMES[type(value)], value, session.encode)


class Sender:
    """Sends every message of an association; which one is right when, its user knows.

    ``names`` are the PDUs that user data are made of, outermost first; those around them stand before.
    """

    def __init__(
        self,
        situation: Situation,
        policy: Policy,
        transport: TransportConnection,
        authenticator: Authenticator,
    ) -> None:
        self._situation = situation
        self._policy = policy
        self._transport = transport
        self._authenticator = authenticator

    def _message(self, octets: bytes | None = None, names: tuple[str, ...] = ()) -> Message:
        """Return a message to put together; ``names`` are the PDUs that ``octets`` are made of."""
        return Message(self._policy, self._transport, octets, names)

    def associate(self, user_data: bytes, names: tuple[str, ...]) -> None:
        """Send AARQ in CP in CN; what the CP proposes is then the proposal of the association."""
        own = self._situation.parameters
        with self._message(user_data, names) as message:
            message.apdu(composing.aarq(self._situation, message.octets, self._authentication()))
            sent = message.ppdu(composing.cp(self._situation, message.octets))
            if isinstance(sent, CP):
                self._situation.propose(sent.contexts or ())
            message.spdu(
                ConnectSpdu(
                    calling_selector=own.calling_session,
                    called_selector=own.called_session,
                    user_data=message.octets,
                )
            )

    def accept(self, user_data: bytes, names: tuple[str, ...]) -> None:
        """Send an accepting AARE in CPA in AC; the results that the CPA gives then hold."""
        with self._message(user_data, names) as message:
            message.apdu(composing.aare(self._situation, message.octets, self._authentication()))
            sent = message.ppdu(composing.cpa(self._situation, message.octets))
            if isinstance(sent, CPA):
                self._situation.agree(sent.results or ())
            message.spdu(
                AcceptSpdu(
                    calling_selector=self._situation.calling_session,
                    responding_selector=self._situation.parameters.called_session,
                    user_data=message.octets,
                    user_data_pgi=USER_DATA,
                )
            )

    def reject(
        self,
        result: int,
        source: int,
        diagnostic: int,
        user_data: bytes | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        """Send a rejecting AARE in CPR in RF."""
        own = self._situation.parameters
        with self._message(user_data, names) as message:
            message.apdu(
                AARE(
                    application_context=own.application_context,
                    result=result,
                    diagnostic_source=source,
                    diagnostic=diagnostic,
                    user_information=self._optional(user_data),
                )
            )
            message.ppdu(
                CPR(
                    responding_selector=own.called_presentation,
                    results=self._situation.results,
                    user_data=composing.acse_data(self._situation, message.octets),
                )
            )
            message.spdu(RefuseSpdu(user_data=message.octets))

    def refuse_presentation(self, provider_reason: int) -> None:
        """Send CPR without user data in RF."""
        with self._message() as message:
            message.ppdu(
                CPR(
                    responding_selector=self._situation.parameters.called_presentation,
                    results=self._situation.results or None,
                    provider_reason=provider_reason,
                )
            )
            message.spdu(RefuseSpdu(user_data=message.octets))

    def refuse_session(self, reason: int) -> None:
        """Send RF without user data."""
        with self._message() as message:
            message.spdu(RefuseSpdu(reason=reason))

    def data(self, user_data: bytes, names: tuple[str, ...], context: int) -> None:
        """Send TD in DT: the way of every data transfer, and so without the helpers above."""
        policy = self._policy
        td = policy.rewrite("PRES.TD", TD((Pdv(context, user_data),)))
        ppdu = policy.rewrite_octets("PRES.TD", presentation.encode(td))
        if ppdu is None:
            return
        dt = policy.rewrite("SES.DT", DataSpdu(ppdu))
        spdu = policy.rewrite_octets("SES.DT", session.encode(dt))
        if spdu is not None:
            self._transport.send_tsdu(spdu, ("SES.DT", "PRES.TD", *names))

    def release(self, reason: int, user_data: bytes | None = None, names: tuple[str, ...] = ()) -> None:
        """Send RLRQ in FN."""
        with self._message(user_data, names) as message:
            message.apdu(RLRQ(reason=reason, user_information=self._optional(user_data)))
            message.ppdu(UD(composing.acse_data(self._situation, message.octets)))
            message.spdu(FinishSpdu(user_data=message.octets))

    def accept_release(
        self, reason: int, user_data: bytes | None = None, names: tuple[str, ...] = ()
    ) -> None:
        """Send RLRE in DN."""
        with self._message(user_data, names) as message:
            message.apdu(RLRE(reason=reason, user_information=self._optional(user_data)))
            message.ppdu(UD(composing.acse_data(self._situation, message.octets)))
            message.spdu(DisconnectSpdu(user_data=message.octets))

    def abort(self, source: int, user_data: bytes | None = None, names: tuple[str, ...] = ()) -> None:
        """Send ABRT in ARU in AB. The ARU lists the contexts only before acceptance."""
        with self._message(user_data, names) as message:
            message.apdu(ABRT(source=source, user_information=self._optional(user_data)))
            message.ppdu(
                ARU(
                    contexts=self._context_list(),
                    user_data=composing.acse_data(self._situation, message.octets),
                )
            )
            message.spdu(AbortSpdu(user_data=message.octets))

    def abort_presentation(self, reason: int | None, event: int | None) -> None:
        """Send ARP in AB."""
        with self._message() as message:
            message.ppdu(ARP(provider_reason=reason, event_identifier=event))
            message.spdu(AbortSpdu(user_data=message.octets))

    def abort_session(self, transport_disconnect: int) -> None:
        """Send AB without user data."""
        with self._message() as message:
            message.spdu(AbortSpdu(transport_disconnect=transport_disconnect))

    def inject(self, octets: bytes, name: str) -> None:
        """Send octets as the user data of DT, whatever they are."""
        with self._message(octets, (name,)) as message:
            message.spdu(DataSpdu(message.octets))

    def _authentication(self) -> Authentication:
        members = self._authenticator.members(self._situation)
        if members is None:
            raise _Withheld
        return members

    def _optional(self, user_data: bytes | None) -> UserInformation | None:
        return None if user_data is None else composing.information(self._situation, user_data)

    def _context_list(self) -> tuple[ContextIdentifier, ...] | None:
        situation = self._situation
        if situation.state not in (State.ASSOCIATING, State.INDICATED):
            return None
        if not situation.results:
            return tuple(
                ContextIdentifier(context.id, context.transfer_syntaxes[0])
                for context in situation.proposed
                if context.transfer_syntaxes
            )
        return tuple(
            ContextIdentifier(context.id, entry.transfer_syntax or context.transfer_syntaxes[0])
            for context, entry in zip(situation.proposed, situation.results, strict=False)
            if entry.result == ACCEPTANCE
        )
