"""Aborts and releases: the signed SecPDUs that both roles send and receive (13, 15; decisions 23, 35, 46)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.native.codec import Carrier, Codec, SecPduError
from conform62351.profiles.native.examination import Received, Token3Examination
from conform62351.profiles.native.outcomes import diagnostic_of, received_event
from conform62351.profiles.native.parameters import Connection, NativeParameters
from conform62351.profiles.native.secpdus import (
    ApplAbort,
    DtSecAbort,
    Handshake,
    HandshakeSecAbort,
    HandshakeSecReject,
    OsiFault,
    ReleaseReq,
    ReleaseRsp,
    SecPdu,
    WithToken3,
)
from conform62351.profiles.native.signing import Message, Signer
from conform62351.profiles.native.taken import Taken, believed, doubtful, standing, taken
from conform62351.profiles.native.token3_checks import TOKEN3_TABLE
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role

NOT_YET: Final = "the handshake has not begun"
_TYPES: Final = {
    Carrier.AARQ: "E2E.HandshakeReq",
    Carrier.AARE: "E2E.HandshakeRsp",
    Carrier.ABRT: "E2E.AssoAbort",
    Carrier.RLRQ: "E2E.ReleaseReq",
    Carrier.RLRE: "E2E.ReleaseRsp",
}
"""What a policy is told of octets that are to be read: the type of what their carrier holds."""


class StateError(ProtocolError):
    """A SecPDU that is asked for before there is anything to say it about."""

    def __init__(self, message: str) -> None:
        super().__init__("E2E", 0, message)


class Exchange:
    """The signed SecPDUs of one association at one of its sides, in any environment.

    ``number`` is this side's own number of the association. Octets go in as an EnvPDU held them, and come out
    as one is to hold them. Methods that make a SecPDU raise SignatureError when the key cannot sign,
    EncodingError when the codec cannot write what the policy has made of it, and StateError before there is
    an assoID.
    """

    def __init__(
        self,
        role: Role,
        parameters: NativeParameters,
        codec: Codec,
        connection: Connection,
        number: int,
        policy: Policy | None = None,
    ) -> None:
        self.role = role
        self.number = number
        self._parameters = parameters
        self._codec = codec
        self._connection = connection
        self._policy = policy or Policy()
        self._signer = Signer(parameters, codec, self._policy)
        self._client_id: str | None = None
        self._joined_id: str | None = None

    @property
    def asso_id(self) -> str | None:
        """The assoID as far as it is known: the client's number, and both once there is an accept."""
        return self._joined_id or self._client_id

    def dt_sec_abort(self, diagnostic: int | None) -> Message:
        """Return a DtSecAbort; without a diagnostic it is one because of an alarm."""
        return self._signer.sign(DtSecAbort(token3=self._signer.token3(self._known()), diag=diagnostic))

    def appl_abort(self, appl_data: bytes | None = None) -> Message:
        """Return an ApplAbort, with a PDU of the protected protocol if it has one to say."""
        return self._signer.sign(ApplAbort(token3=self._signer.token3(self._known()), applData=appl_data))

    def release_request(self, appl_data: bytes | None = None) -> Message:
        """Return a ReleaseReq."""
        return self._signer.sign(ReleaseReq(token3=self._signer.token3(self._known()), applData=appl_data))

    def release_response(self, appl_data: bytes | None = None) -> Message:
        """Return a ReleaseRsp."""
        return self._signer.sign(ReleaseRsp(token3=self._signer.token3(self._known()), applData=appl_data))

    def take_abort(self, octets: bytes) -> Taken:
        """Take what an ABRT held. The association has ended, whatever is found."""
        return self._take(Carrier.ABRT, octets)

    def take_release_request(self, octets: bytes) -> Taken:
        """Take what an RLRQ held; a fault is answered with DtSecAbort."""
        return self._take(Carrier.RLRQ, octets)

    def take_release_response(self, octets: bytes) -> Taken:
        """Take what an RLRE held. The association is released, whatever is found."""
        return self._take(Carrier.RLRE, octets)

    def _known(self) -> str:
        if self.asso_id is None:
            raise StateError(NOT_YET)
        return self.asso_id

    def _read(self, carrier: Carrier, octets: bytes) -> tuple[SecPdu | None, Received]:
        """Return the SecPDU, and what of it can be examined: one that is signed, or the error."""
        try:
            decoded = self._codec.decode(carrier, self._policy.read_octets(_TYPES[carrier], octets))
        except SecPduError as error:
            return None, Received(None, error)
        pdu = decoded.pdu
        signed = pdu if isinstance(pdu, Handshake | WithToken3) else None
        return pdu, Received(signed, None, decoded.deviations)

    def _take(self, carrier: Carrier, octets: bytes) -> Taken:
        pdu, received = self._read(carrier, octets)
        return Taken(pdu=pdu) if isinstance(pdu, OsiFault) else self._take_token3(carrier, received)

    def _take_token3(self, carrier: Carrier, received: Received) -> Taken:
        kind = self._kind(carrier, received)
        examination = Token3Examination(
            received,
            self._parameters,
            self._connection,
            self._policy,
            kind=kind,
            expected=self._expected(kind),
        )
        findings = TOKEN3_TABLE.findings(examination, self._policy)
        fault = standing(findings, self._policy)
        if believed(fault):
            examination.enter(doubtful=doubtful(fault))
        answer = None
        if fault is not None and kind is ReleaseReq and self.asso_id is not None:
            answer = self.dt_sec_abort(diagnostic_of(fault.fault))
        pdu = received.pdu
        event = received_event(pdu) if isinstance(pdu, WithToken3) else None
        return taken(examination, findings, fault, answer=answer, event=event)

    def _kind(self, carrier: Carrier, received: Received) -> type[WithToken3]:
        """Return what came; of octets that do not decode, the SecPDU that they most likely were (I)."""
        if isinstance(received.pdu, WithToken3):
            return type(received.pdu)
        begun = None if received.error is None else received.error.kind
        if begun is not None and issubclass(begun, WithToken3):
            return begun
        if carrier is Carrier.ABRT:
            return HandshakeSecAbort if self.role is Role.SERVER else DtSecAbort
        kinds: dict[Carrier, type[WithToken3]] = {
            Carrier.AARE: HandshakeSecReject,
            Carrier.RLRQ: ReleaseReq,
            Carrier.RLRE: ReleaseRsp,
        }
        return kinds[carrier]

    def _expected(self, kind: type[WithToken3]) -> frozenset[str | None]:
        """Return the values that assoID may have (decision 23)."""
        if kind is HandshakeSecReject:
            return frozenset((self._client_id, None))
        if kind is HandshakeSecAbort:
            return frozenset((self._client_id, self.asso_id)) - {None}
        return frozenset((self.asso_id,)) - {None}
