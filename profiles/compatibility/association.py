"""An association of compatibility mode: OSI with peer authentication at association (IEC 62351-4 clause 11).

It is the association machine of ``profiles.osi`` with an authenticator: that one signs when AARQ or AARE is
sent, and lets nothing through to the user before the peer has passed the checks.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import msgspec

from conform62351.profiles.compatibility.checks import CMP_TABLE
from conform62351.profiles.compatibility.events import PeerAuthenticated, PeerDoubtful
from conform62351.profiles.compatibility.examination import (
    AUTHENTICATION_SYNTAX,
    MECHANISM,
    VALUE,
    Examination,
)
from conform62351.profiles.compatibility.parameters import CompatibilityParameters
from conform62351.profiles.compatibility.signing import sign_octets, signed_octets
from conform62351.profiles.compatibility.value import (
    AUTHENTICATION_CONTEXT,
    AuthenticationValue,
    DecodedValue,
    encode_value,
)
from conform62351.profiles.generalized_time import TimeError, TimeReading, read_time, write_time
from conform62351.profiles.osi.apdu import AARE, AARQ, AUTHENTICATION_UNIT
from conform62351.profiles.osi.association import Association
from conform62351.profiles.osi.authentication import Authenticator
from conform62351.profiles.osi.events import PeerIdentity
from conform62351.profiles.osi.parameters import BER_SYNTAX, Authentication, OsiParameters
from conform62351.profiles.osi.ppdu import ContextDefinition
from conform62351.profiles.osi.situation import Situation
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.policy import Finding, Policy, Reaction
from conform62351.profiles.role import Role

UNSIGNED: Final = "CMP.unsigned"
"""The name under which a policy rewrites certificate and time before the time is signed."""
SIGNED: Final = "CMP.signed"
"""The name under which a policy rewrites the octets that the signature covers."""


class Unsigned(msgspec.Struct, frozen=True):
    """An authentication value before it is signed: certificate in DER, content octets of the time."""

    certificate: bytes
    time: bytes


class CompatibilityAuthenticator(Authenticator):
    """Makes and judges the authentication values of one association."""

    def __init__(self, security: CompatibilityParameters, policy: Policy) -> None:
        self.sent: AuthenticationValue | None = None
        """The value that was sent last."""
        self._security = security
        self._policy = policy
        self._peer: Examination | None = None
        self._findings: tuple[Finding, ...] = ()
        self._plain = False

    def members(self, situation: Situation) -> Authentication | None:
        """Return requirements, mechanism name and a value signed now; a plain peer is answered plainly.

        Raises SignatureError when the key of the credential cannot sign.
        """
        credential = self._security.credential
        if credential is None or credential.key is None or self._plain:
            return Authentication()
        assert self._security.signing_time is not None, "the parameters make one where none is given"
        unsigned = Unsigned(credential.certificate.octets, write_time(self._security.signing_time()))
        unsigned = self._policy.rewrite(UNSIGNED, unsigned)
        signed = self._policy.rewrite_octets(
            SIGNED, signed_octets(self._security.signature_input, unsigned.time)
        )
        if signed is None:
            return None
        signature = sign_octets(credential.key, signed)
        value = AuthenticationValue(unsigned.certificate, unsigned.time, signature)
        value = self._policy.rewrite(VALUE, value)
        octets = self._policy.rewrite_octets(VALUE, encode_value(value, self._context(situation)))
        if octets is None:
            return None
        self.sent = value
        self._remember_own(credential.certificate, value)
        return Authentication(AUTHENTICATION_UNIT, MECHANISM, octets)

    def _remember_own(self, certificate: Certificate, value: AuthenticationValue) -> None:
        """Remember what this side has signed: whoever overhears it could send it back as its own (I)."""
        security = self._security
        with suppress(TimeError):
            security.memory.remember(certificate, read_time(value.time), security.now(), security.window)

    def findings(self, apdu: AARQ | AARE, situation: Situation) -> tuple[Finding, ...]:
        """Return what the checks of table CMP find, none where a plain peer is taken."""
        self._plain = not self._security.required and apdu.mechanism_name is None
        self._peer, self._findings = None, ()
        if not self._plain:
            self._peer = Examination(apdu, situation, self._security, self._policy)
            self._findings = CMP_TABLE.findings(self._peer, self._policy)
        return self._findings

    def admit(self) -> PeerIdentity | None:
        """Remember the time of a peer whose signature verifies, and return who it is."""
        peer = self._peer
        if peer is None:
            return None
        certificate = peer.certificate if isinstance(peer.certificate, Certificate) else None
        decoded = peer.decoded if isinstance(peer.decoded, DecodedValue) else None
        value, context = (None, None) if decoded is None else (decoded.value, decoded.context)
        time = peer.time if isinstance(peer.time, TimeReading) else None
        chain = () if peer.path is None else peer.path.chain
        signature_input = peer.signature_input
        if certificate is None or value is None or time is None or signature_input is None:
            return PeerDoubtful(
                certificate, chain, value, context, time, signature_input, peer.deviations, peer.remarks
            )
        self._security.memory.remember(certificate, time, peer.now, self._security.window)
        kind = PeerDoubtful if self._overruled() else PeerAuthenticated
        return kind(certificate, chain, value, context, time, signature_input, peer.deviations, peer.remarks)

    def _overruled(self) -> bool:
        """Return whether the policy had the association go on although more was found than can be noted."""
        return any(finding.fault.reaction is not Reaction.NOTE for finding in self._findings)

    def _context(self, situation: Situation) -> int:
        """Return the number for the EXTERNAL (11-decisions 44).

        That of the context of mmsAuthenticationAS: the accepted one, else the number that the peer has used,
        else the proposed one.
        """
        number = situation.context_of(AUTHENTICATION_SYNTAX)
        if number is None and self._peer is not None and isinstance(self._peer.decoded, DecodedValue):
            number = self._peer.decoded.context
        if number is None:
            number = _authentication_context(situation.proposed)
        return AUTHENTICATION_CONTEXT if number is None else number


class CompatibilityAssociation(Association):
    """One association with peer authentication over one TCP connection.

    Used like :class:`~conform62351.profiles.osi.association.Association`, whose events it gives; before
    AssociateIndication or AssociateConfirm comes PeerAuthenticated (or PeerDoubtful, where the policy has it
    go on). The context of mmsAuthenticationAS is added to what the parameters propose or accept, unless it
    is not ``context_known``. Calls that sign raise SignatureError when the key of the credential cannot.
    """

    def __init__(
        self,
        role: Role,
        parameters: OsiParameters,
        security: CompatibilityParameters,
        policy: Policy | None = None,
        *,
        context_known: bool = True,
    ) -> None:
        policy = policy or Policy()
        self._authenticator = CompatibilityAuthenticator(security, policy)
        if context_known:
            parameters = _with_authentication(parameters)
        super().__init__(role, parameters, policy, self._authenticator)

    @property
    def sent_value(self) -> AuthenticationValue | None:
        """The authentication value that this side sent, as the policy made it; None before."""
        return self._authenticator.sent


def _authentication_context(contexts: tuple[ContextDefinition, ...]) -> int | None:
    return next((item.id for item in contexts if item.abstract_syntax == AUTHENTICATION_SYNTAX), None)


def _with_authentication(parameters: OsiParameters) -> OsiParameters:
    """Return the parameters with mmsAuthenticationAS among the contexts to propose and to accept."""
    contexts, syntaxes = parameters.contexts, parameters.abstract_syntaxes
    if _authentication_context(contexts) is None:
        taken = {context.id for context in contexts}
        number = next(number for number in range(AUTHENTICATION_CONTEXT, 256, 2) if number not in taken)
        contexts += (ContextDefinition(number, AUTHENTICATION_SYNTAX, (BER_SYNTAX,)),)
    if AUTHENTICATION_SYNTAX not in syntaxes:
        syntaxes += (AUTHENTICATION_SYNTAX,)
    return msgspec.structs.replace(parameters, contexts=contexts, abstract_syntaxes=syntaxes)
