"""What the tester says on one connection, in words of association and MMS: it is queued in the machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.mms.messages import MmsMessage
from conform62351.profiles.osi import association as osi
from conform62351.profiles.osi.apdu import REJECTED_PERMANENT, REJECTED_TRANSIENT, USER
from conform62351.profiles.osi.parameters import MMS_SYNTAX
from conform62351.profiles.role import Role
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.authentication_record import AuthenticationRecord
from conform62351.tooling.engine.handshake import Handshake, Signing
from conform62351.tooling.engine.interpreting import Interpreter
from conform62351.tooling.engine.mms_end import MmsEnd
from conform62351.tooling.engine.native_end import NativeEnd
from conform62351.tooling.engine.requests import make_request
from conform62351.tooling.engine.steps import AnswerAssociation, AnswerRelease, Release
from conform62351.tooling.engine.stimulus import StimulusPolicy

PRESENTATION: Final = "presentation"
"""Where an MMS PDU is injected: beside the layers of the association machine."""


class Speaker:
    """The tester's side of one association: ``association``, with ``mms`` above it.

    ``native`` is there where the stack is native mode. ``policy`` carries the mutations of the step in force,
    ``pdus`` are the latest ones of the device by their names.
    """

    role: Role
    policy: StimulusPolicy
    mms: MmsEnd
    association: osi.Association
    native: NativeEnd | None
    pdus: dict[str, Any]
    _interpreter: Interpreter
    _authentication: AuthenticationRecord | None
    _elsewhere: Callable[[int], Mapping[str, bytes]]
    _sent: dict[str, bytes]

    def associate(
        self,
        initiate: Mapping[str, Any] | None = None,
        authentication: Authenticate | None = None,
        handshake: Handshake | None = None,
    ) -> None:
        """Queue the initiate-Request in AARQ in CP in CONNECT, unless a mutation withholds it.

        ``initiate`` are values to propose in place of the usual ones, ``authentication`` how to authenticate
        and ``handshake`` what to offer where the stack has that; None: everything right.

        Raises:
            ClockUncertain: the device's clock is not known well enough for the time that is to be signed.
            AssociationError: the stack has no authentication, or no handshake.
        """
        self._authenticate(authentication)
        self.sign(handshake)
        if initiate:
            self.mms.propose(initiate)
        message = self.mms.initiate()
        if message.octets is not None:
            self.association.associate(message.octets, message.name)

    def _authenticate(self, how: Authenticate | None) -> None:
        if self._authentication is not None:
            self._authentication.prepare(how, self.policy, self._elsewhere)
        elif how is not None:
            raise osi.AssociationError("the stack of this connection has no authentication")

    def sign(self, how: Signing | None) -> None:
        """Have the SecPDUs to come signed as ``how`` says, where the stack is native; None: as usual.

        Raises:
            AssociationError: the stack has no SecPDUs.
        """
        if self.native is not None:
            self.native.prepare(how)
        elif how is not None:
            raise osi.AssociationError("the stack of this connection has no SecPDUs")

    def inject(
        self, layer: str, octets: bytes, name: str, reference_at: int = 0, *, unprotected: bool = False
    ) -> None:
        """Queue octets under a layer, past the machine's state; the DUT's reference goes ``reference_at``.

        Mutations change them as the PDU ``name``. An MMS PDU goes past native mode with ``unprotected``.

        Raises:
            AssociationError: no presentation context of MMS is agreed.
        """
        mutated = self.policy.rewrite_octets(name, octets)
        if mutated is None:
            return
        octets = mutated
        if layer == PRESENTATION:
            context = self._mms_context() if unprotected else None
            self.association.send_data(octets, name, context=context)
            return
        if reference_at:
            opening = self.pdus.get("COTP.CC" if self.role is Role.CLIENT else "COTP.CR")
            reference = b"\0\0" if opening is None else opening.src_ref.to_bytes(2, "big")
            octets = octets[:reference_at] + reference + octets[reference_at + 2 :]
        self.association.inject(osi.Layer(layer), octets, name)

    def send_again(self, pdu: str) -> None:
        """Queue the last message that held the PDU ``pdu`` once more.

        Raises:
            AssociationError: there was none.
        """
        if pdu not in self._sent:
            raise osi.AssociationError(f"no {pdu} was sent")
        self.association.inject(osi.Layer.TCP, self._sent[pdu], pdu)

    def answer_association(self, step: AnswerAssociation) -> None:
        """Queue the AARE that answers the device's AARQ; without a pending one nothing is queued."""
        if not self._interpreter.initiate:
            return
        self._authenticate(step.authentication)
        self.sign(step.handshake)
        if step.initiate:
            self.mms.propose(step.initiate)
        if step.initiate_error:
            replies = [self.mms.refuse_initiate()]
        else:
            replies = [] if step.reject else self.mms.serve(self._interpreter.initiate)
        if step.reject:
            error = replies[0] if replies else None
            self.association.reject(
                result=REJECTED_TRANSIENT if step.transient else REJECTED_PERMANENT,
                source=USER,
                diagnostic=step.diagnostic,
                user_data=None if error is None else error.octets,
                name="MMS" if error is None else error.name,
            )
            return
        for reply in replies:
            if reply.octets is not None:
                self.association.accept(reply.octets, reply.name)
        self._interpreter.initiate = b""

    def answer_request(self, how: str = "response", *, keep: bool = False, unprotected: bool = False) -> None:
        """Queue the answer to the device's oldest unanswered MMS request, if there is one."""
        for reply in self.mms.answer(how, keep=keep):
            self.ask(reply, unprotected=unprotected)

    def ask(self, message: MmsMessage, *, unprotected: bool = False) -> None:
        """Queue an MMS PDU as data, unless a mutation withholds it; ``unprotected``: past native mode.

        Raises:
            AssociationError: no presentation context of MMS is agreed.
        """
        if message.octets is None:
            return
        context = self._mms_context() if unprotected else None
        self.association.send_data(message.octets, message.name, context=context)

    def _mms_context(self) -> int:
        numbers = (number for number, syntax in self.association.contexts.items() if syntax == MMS_SYNTAX)
        number = next(numbers, None)
        if number is None:
            raise osi.AssociationError("no presentation context of MMS is agreed")
        return number

    def secured(self) -> NativeAssociation:
        """Return the association, which is one of native mode.

        Raises:
            AssociationError: it is not.
        """
        if not isinstance(self.association, NativeAssociation):
            raise osi.AssociationError("the stack of this connection is not native mode")
        return self.association

    def release(self, step: Release, point: str = "") -> None:
        """Queue the release; in native mode a conclude-Request goes with it where the step says so.

        ``point`` is the object of another request that goes with it (DOMAIN/ITEM, or empty).
        """
        self.sign(step.signing)
        service = step.inside or ("conclude" if step.conclude else "")
        if not service:
            self.association.release()
            return
        message = make_request(self.mms.client, service, point, step.arguments, self.mms.learned)
        if message.octets is not None:
            self.secured().release(user_data=message.octets, name=message.name)

    def answer_release(self, step: AnswerRelease) -> None:
        """Queue the answer to the release, with that to the conclude-Request that came with it."""
        self.sign(step.signing)
        asked, self._interpreter.release = self._interpreter.release, None
        replies = [] if asked is None else self.mms.conclude(asked, self.role)
        octets = replies[0].octets if replies else None
        if octets is None or self.native is None:
            self.association.accept_release()
        else:
            self.secured().accept_release(user_data=octets, name=replies[0].name)
