"""A signed SecPDU that came, and all that is read from it and known about it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from conform62351.profiles.compatibility.once import once
from conform62351.profiles.crypto.algorithms import understood
from conform62351.profiles.crypto.groups import Group, PublicValueError, numbering
from conform62351.profiles.crypto.signatures import SignatureError, verify
from conform62351.profiles.generalized_time import TimeError, TimeReading
from conform62351.profiles.native.agreement import OwnKey
from conform62351.profiles.native.codec import SecPduError
from conform62351.profiles.native.offers import ChosenKey, chosen_key
from conform62351.profiles.native.parameters import Connection, LocalPolicy, NativeParameters
from conform62351.profiles.native.secpdus import Handshake, HandshakeReq, SignedPdu, WithToken3
from conform62351.profiles.native.timestamp import reading_of
from conform62351.profiles.native.tokens import ClearToken1, ClearToken3
from conform62351.profiles.pki.attribute_certificate import (
    AttributeCertificate,
    read_attribute_certificate,
)
from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate
from conform62351.profiles.pki.form import FORM, Presented
from conform62351.profiles.pki.path import MAX_SUPPLIED, PathResult, find_path
from conform62351.profiles.pki.revocation import Remark, RevocationStatus, revocation_status
from conform62351.profiles.policy import Finding, Policy, Reaction
from conform62351.profiles.role import Role


class Received(msgspec.Struct, frozen=True):
    """Octets that came: the SecPDU, or why they are none, and the variants of its form that were met."""

    pdu: SignedPdu | None
    error: SecPduError | None = None
    variants: tuple[str, ...] = ()


class Examination:
    """A signed SecPDU as far as the checks on all of them ask for it.

    ``pdu`` is None exactly when ``error`` says why the octets do not decode. Every part is made when it is
    first asked for, and once. A part that does not decode is the error that says why; one that cannot be had
    because another is missing is None.
    """

    def __init__(
        self, received: Received, parameters: NativeParameters, connection: Connection, policy: Policy
    ) -> None:
        self.pdu = received.pdu
        self.error = received.error
        self.variants = received.variants
        self.parameters = parameters
        self.connection = connection
        self.policy = policy
        self.now = parameters.now()

    @property
    def local(self) -> LocalPolicy:
        """The policy of the side that examines."""
        return self.parameters.local

    @once
    def token(self) -> ClearToken1 | ClearToken3 | None:
        """The token of the PDU."""
        if self.pdu is None:
            return None
        return self.pdu.token1 if isinstance(self.pdu, Handshake) else self.pdu.token3

    @once
    def certificate(self) -> Certificate | CertificateError | None:
        """pkCert of the token."""
        if self.token is None:
            return None
        try:
            return read_certificate(self.token.pkCert)
        except CertificateError as error:
            return error

    @once
    def time(self) -> TimeReading | TimeError | None:
        """The time of the token."""
        return None if self.token is None else reading_of(self.token.time)

    @once
    def signature_holds(self) -> bool:
        """Whether the signature covers tbs and verifies with the key of pkCert.

        An algorithm that is not supported, or does not go with the key, verifies nothing.
        """
        certificate = self.certificate
        if self.pdu is None or self.pdu.sign is None or not isinstance(certificate, Certificate):
            return False
        algorithm = self.pdu.sign.algo
        if understood(algorithm) is None:
            return False
        try:
            return verify(algorithm.oid, certificate.spki, self.pdu.sign.sign, self.pdu.tbs)
        except SignatureError:
            return False

    @once
    def supplied(self) -> tuple[Certificate, ...] | CertificateError:
        """The CA certificates of certPath, in the order in which they came; none where it is not used."""
        path = None if self.token is None else self.token.certPath
        if path is None or not self.parameters.use_path:
            return ()
        if len(path) > MAX_SUPPLIED:
            return CertificateError(0, f"{len(path)} certificates, more than {MAX_SUPPLIED}")
        try:
            return tuple(map(read_certificate, path))
        except CertificateError as error:
            return error

    @once
    def form(self) -> tuple[Finding, ...]:
        """What the rules of form find in pkCert."""
        if not isinstance(self.certificate, Certificate):
            return ()
        presented = Presented(self.certificate, self.parameters.environment, self.connection.tls_certificate)
        return FORM.findings(presented, self.policy)

    @property
    def form_fault(self) -> Finding | None:
        """The first fault of form that is not only noted."""
        return next((one for one in self.form if one.fault.reaction is not Reaction.NOTE), None)

    @once
    def path(self) -> PathResult | None:
        """The path from pkCert to a trust anchor at the local time."""
        if not isinstance(self.certificate, Certificate):
            return None
        supplied = self.supplied if isinstance(self.supplied, tuple) else ()
        parameters = self.parameters
        return find_path(
            self.certificate,
            parameters.trust,
            self.now,
            supplied=supplied,
            revocation=parameters.revocation,
            policy=self.policy,
        )

    @once
    def revocation(self) -> RevocationStatus | None:
        """Whether pkCert is revoked."""
        if not isinstance(self.certificate, Certificate) or self.path is None:
            return None
        given = self.parameters.revocation
        data = self.parameters.trust.revocation if given is None else given(self.certificate)
        return revocation_status(self.certificate, self.path.issuer, data, self.now)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is worth telling of the revocation data, of pkCert and of the CAs above it."""
        return (
            *(() if self.revocation is None else self.revocation.remarks),
            *(() if self.path is None else self.path.warnings),
        )

    @once
    def replayed(self) -> bool:
        """Whether time, assoID and subject of pkCert have been received before.

        Asked once: a store of several associations remembers what it was asked for.
        """
        time, certificate = self.time, self.certificate
        if not isinstance(time, TimeReading) or not isinstance(certificate, Certificate):
            return False
        return self.parameters.store.holds(certificate, self._asso_id, time, self.now)

    def enter(self, *, doubtful: bool) -> None:
        """Remember time, assoID and subject of pkCert, when the signature verifies (decision 29).

        ``doubtful`` says that a check before that of replays has refused the PDU.
        """
        time, certificate = self.time, self.certificate
        if isinstance(time, TimeReading) and isinstance(certificate, Certificate) and self.signature_holds:
            store = self.parameters.store
            window = self.parameters.window
            store.enter(certificate, self._asso_id, time, self.now, window, doubtful=doubtful)

    @property
    def _asso_id(self) -> str | None:
        return None if self.token is None else self.token.assoID


class Token3Examination(Examination):
    """A reject, an abort or a release.

    ``kind`` is what it is, or was taken for where it does not decode; ``expected`` are the values that its
    assoID may have, None for an absent one.
    """

    def __init__(
        self,
        received: Received,
        parameters: NativeParameters,
        connection: Connection,
        policy: Policy,
        *,
        kind: type[WithToken3],
        expected: frozenset[str | None],
    ) -> None:
        super().__init__(received, parameters, connection, policy)
        self.kind = kind
        self.expected = expected


class HandshakeExamination(Examination):
    """A HandshakeReq, or a HandshakeAcc together with the ``request`` that it answers.

    ``handshake`` is the PDU and ``token1`` its token, None where there is none. ``role`` is that of the side
    that examines; ``own_key`` gives its key pair in a group.
    """

    def __init__(
        self,
        received: Received,
        parameters: NativeParameters,
        connection: Connection,
        policy: Policy,
        *,
        own_key: Callable[[Group], OwnKey],
        request: HandshakeReq | None = None,
    ) -> None:
        super().__init__(received, parameters, connection, policy)
        self.handshake = self.pdu if isinstance(self.pdu, Handshake) else None
        self.token1: ClearToken1 | None = None if self.handshake is None else self.handshake.token1
        self.role = Role.SERVER if request is None else Role.CLIENT
        self.request = request
        self.numbering = numbering(self.local.groups, self.local.ike)
        self.own_key = own_key

    @once
    def attributes(self) -> AttributeCertificate | CertificateError | None:
        """The attribute certificate, None without one."""
        if self.token1 is None or self.token1.attCert is None:
            return None
        try:
            return read_attribute_certificate(self.token1.attCert)
        except CertificateError as error:
            return error

    @once
    def key(self) -> ChosenKey | None:
        """The public value of the peer to go on with, None when no group is supported."""
        return None if self.token1 is None else chosen_key(self.numbering, self.token1)

    @property
    def offered_number(self) -> int | None:
        """In an accept, the number that the selected group was offered under; None when it was not.

        An accept repeats that number; an alias of it is read all the same.
        """
        if self.token1 is None or self.request is None or not self.token1.dhKey:
            return None
        number = self.token1.dhKey[0].dhGroup
        offered = [entry.dhGroup for entry in self.request.token1.dhKey]
        if number in offered:
            return number
        meant = self.numbering.group(number)
        return next(
            (one for one in offered if meant is not None and self.numbering.group(one) is meant), None
        )

    @once
    def secret(self) -> bytes | PublicValueError | None:
        """The shared secret Z, or what is wrong with the peer's public value."""
        if self.key is None:
            return None
        own = self.own_key(self.key.group)
        try:
            return self.key.group.shared_secret(own.private, self.key.entry.dhPublicKey)
        except PublicValueError as error:
            return error
