"""The handshake of native mode, client and server, in any environment (13.3, 14; decisions 23 to 30)."""

from __future__ import annotations

import msgspec

from conform62351.profiles.crypto.groups import Group
from conform62351.profiles.crypto.keys import salt_of
from conform62351.profiles.native.agreement import Agreed, OwnKey
from conform62351.profiles.native.codec import Carrier, Codec, SecPduError
from conform62351.profiles.native.examination import HandshakeExamination, Received
from conform62351.profiles.native.exchange import Exchange, StateError
from conform62351.profiles.native.fitting import Room, fitted
from conform62351.profiles.native.handshake_checks import HANDSHAKE_TABLE
from conform62351.profiles.native.identity import joined
from conform62351.profiles.native.offers import (
    any_hmac,
    any_protection,
    confidentiality,
    identifiers,
    offered_groups,
    offered_mode,
)
from conform62351.profiles.native.outcomes import diagnostic_of
from conform62351.profiles.native.parameters import Connection, NativeParameters
from conform62351.profiles.native.secpdus import (
    ApplicationReject,
    HandshakeAcc,
    HandshakeReq,
    HandshakeSecAbort,
    HandshakeSecReject,
)
from conform62351.profiles.native.signing import Message
from conform62351.profiles.native.taken import Established, Taken, believed, doubtful, row_of, standing, taken
from conform62351.profiles.native.tokens import Aea, ClearToken1, DhKey, NonAea
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role


class Accepted(msgspec.Struct, frozen=True):
    """A HandshakeAcc to send, and the association that it makes.

    ``established`` is None when a policy had the server accept what gives no shared secret.
    """

    message: Message
    established: Established | None


class ClientHandshake(Exchange):
    """The side that asks: :meth:`request`, then :meth:`take_response`."""

    def __init__(
        self,
        parameters: NativeParameters,
        codec: Codec,
        connection: Connection,
        number: int,
        policy: Policy | None = None,
    ) -> None:
        super().__init__(Role.CLIENT, parameters, codec, connection, number, policy)
        self._keys: dict[str, OwnKey] = {}
        self._request: HandshakeReq | None = None

    def request(self, appl_data: bytes | None = None, *, room: Room | None = None) -> Message:
        """Return a HandshakeReq: it offers what the local policy supports, with fresh keys in every group.

        It is without certPath when there is no ``room`` for it otherwise. Raises TooLongError.
        """
        local = self._parameters.local
        mode = offered_mode(local)
        asso_id = str(self.number)
        token = ClearToken1(
            sigAlg=self._signer.algorithm,
            pkCert=self._signer.certificate,
            certPath=self._signer.path,
            assoID=asso_id,
            dhKey=tuple(DhKey(group.number, self._own_key(group).public) for group in offered_groups(local)),
            hmac=identifiers(local.hmac)[0],
            time=self._signer.time(),
            encr_mode=mode,
            confParams=confidentiality(mode, tls=self._connection.tls, vpn=local.vpn),
            attCert=self._parameters.att_cert,
        )
        request = HandshakeReq(pp=local.protocols[0], token1=token, applData=appl_data)
        message = self._signer.sign(fitted(request, self._codec, room))
        self._request = message.pdu if isinstance(message.pdu, HandshakeReq) else None
        self._client_id = asso_id if self._request is None else self._request.token1.assoID
        return message

    def take_response(self, octets: bytes, *, rejecting: bool | None = None) -> Taken:
        """Take what an AARE held; ``rejecting`` says whether the AARE itself refuses the association.

        A fault in a HandshakeAcc is answered with HandshakeSecAbort; a HandshakeAcc without one has made an
        association. Rejects end it, whatever is found in them. A SecPDU that contradicts its AARE does not
        decode as what belongs there (I). Raises StateError before a request.
        """
        if self._request is None:
            raise StateError("no HandshakeReq has been sent")
        _, received = self._read(Carrier.AARE, octets)
        rejects = isinstance(received.pdu, ApplicationReject | HandshakeSecReject)
        if received.pdu is not None and rejecting not in (None, rejects):
            side = "rejecting" if rejecting else "accepting"
            error = SecPduError(0, f"{type(received.pdu).__name__} in an AARE that is {side}")
            received = Received(None, error)
        if rejecting or (rejecting is None and rejects):
            return self._take_token3(Carrier.AARE, received)
        return self._take_accept(received, self._request)

    def _take_accept(self, received: Received, request: HandshakeReq) -> Taken:
        examination = HandshakeExamination(
            received,
            self._parameters,
            self._connection,
            self._policy,
            own_key=self._own_key,
            request=request,
        )
        findings = HANDSHAKE_TABLE.findings(examination, self._policy)
        fault = standing(findings, self._policy)
        if believed(fault):
            examination.enter(doubtful=doubtful(fault))
        if fault is not None:
            answer = self._abort(examination, fault)
            return taken(examination, findings, fault, answer=answer)
        return taken(examination, findings, None, established=self._establish(examination, request))

    def _abort(self, examination: HandshakeExamination, fault: Finding) -> Message:
        """Return the HandshakeSecAbort; about a HandshakeAcc that fails row 1 with the own number alone."""
        token = examination.token1
        if token is not None and row_of(fault) > 1:
            self._joined_id = token.assoID
        token3 = self._signer.token3(self._known())
        return self._signer.sign(HandshakeSecAbort(token3=token3, diag=diagnostic_of(fault.fault)))

    def _establish(self, examination: HandshakeExamination, request: HandshakeReq) -> Established | None:
        accept, token = examination.handshake, examination.token1
        if accept is None or token is None:
            return None
        self._joined_id = token.assoID
        return established(examination, token.assoID, token.encr_mode, request.tbs, accept.tbs)

    def _own_key(self, group: Group) -> OwnKey:
        if group.name not in self._keys:
            self._keys[group.name] = fresh_key(self._parameters, group)
        return self._keys[group.name]


class ServerHandshake(Exchange):
    """The side that is asked: :meth:`take_request`, then :meth:`accept` or :meth:`reject_application`."""

    def __init__(
        self,
        parameters: NativeParameters,
        codec: Codec,
        connection: Connection,
        number: int,
        policy: Policy | None = None,
    ) -> None:
        super().__init__(Role.SERVER, parameters, codec, connection, number, policy)
        self._key: OwnKey | None = None
        self._received: Received | None = None
        self._local = parameters.local
        self._examination: HandshakeExamination | None = None

    def take_request(self, octets: bytes) -> Taken:
        """Take what an AARQ held. A fault is answered with HandshakeSecReject; else it is to be accepted, or
        rejected by the protected protocol."""
        _, self._received = self._read(Carrier.AARQ, octets)
        examination = self._examine(self._received)
        findings = HANDSHAKE_TABLE.findings(examination, self._policy)
        fault = standing(findings, self._policy)
        if believed(fault):
            examination.enter(doubtful=doubtful(fault))
        token = examination.token1
        if token is not None and (fault is None or not fault.step.endswith(".1.2")):
            self._client_id = token.assoID
        if fault is None:
            self._examination = examination
            return taken(examination, findings, None)
        token3 = self._signer.token3(self._client_id)
        answer = self._signer.sign(HandshakeSecReject(token3=token3, diag=diagnostic_of(fault.fault)))
        return taken(examination, findings, fault, answer=answer)

    def reject_application(self, appl_data: bytes | None = None) -> Message:
        """Return an ApplicationReject: the protected protocol refuses."""
        return self._signer.sign(
            ApplicationReject(token3=self._signer.token3(self._known()), applData=appl_data)
        )

    def _examine(self, received: Received) -> HandshakeExamination:
        self._local = self._parameters.local
        return HandshakeExamination(
            received, self._parameters, self._connection, self._policy, own_key=self._own_key
        )

    def _select(self) -> HandshakeExamination | None:
        """Return the request to accept, by the local policy of now if that has changed since it was taken."""
        if self._local is not self._parameters.local and self._received and self._examination:
            self._key = None
            self._examination = self._examine(self._received)
        return self._examination

    def accept(self, appl_data: bytes | None = None, *, room: Room | None = None) -> Accepted:
        """Return a HandshakeAcc that selects the first that is supported of each offer, by the policy of now.

        It is without certPath when there is no ``room`` for it otherwise. Raises TooLongError, and StateError
        without a request to accept, and for one that offers nothing to select from.
        """
        examination = self._select()
        if examination is None or examination.handshake is None or examination.token1 is None:
            raise StateError("there is no HandshakeReq to accept")
        offered = examination.token1
        key, protection = examination.key, any_protection(examination.local, offered.encr_mode)
        if key is None or protection is None:
            raise StateError("the HandshakeReq offers nothing that can be selected")
        mode = protection.accepted
        token = ClearToken1(
            sigAlg=self._signer.algorithm,
            pkCert=self._signer.certificate,
            certPath=self._signer.path,
            assoID=joined(offered.assoID, self.number),
            dhKey=(DhKey(key.entry.dhGroup, self._own_key(key.group).public),),
            hmac=offered.hmac,
            time=self._signer.time(),
            encr_mode=mode,
            confParams=confidentiality(mode, tls=self._connection.tls, vpn=examination.local.vpn),
            attCert=self._parameters.att_cert,
        )
        accept = HandshakeAcc(pp=examination.handshake.pp, token1=token, applData=appl_data)
        message = self._signer.sign(fitted(accept, self._codec, room))
        sent = message.pdu if isinstance(message.pdu, HandshakeAcc) else None
        if sent is None:
            return Accepted(message, None)
        self._joined_id = sent.token1.assoID
        request_tbs = examination.handshake.tbs
        asso_id = sent.token1.assoID
        return Accepted(message, established(examination, asso_id, mode, request_tbs, sent.tbs))

    def _own_key(self, group: Group) -> OwnKey:
        if self._key is None:
            self._key = fresh_key(self._parameters, group)
        return self._key


def fresh_key(parameters: NativeParameters, group: Group) -> OwnKey:
    """Return a key pair for one association or one rekey."""
    private = group.private_key(parameters.randomness(group.private_octets))
    return OwnKey(private, group.public_value(private))


def established(
    examination: HandshakeExamination,
    asso_id: str,
    mode: Aea | NonAea,
    request_tbs: bytes,
    response_tbs: bytes,
) -> Established | None:
    """Return the association, None where a policy has gone on with what gives none."""
    key, secret, token = examination.key, examination.secret, examination.token1
    protection = any_protection(examination.local, mode)
    if key is None or not isinstance(secret, bytes) or token is None or protection is None:
        return None
    number = examination.offered_number
    agreed = Agreed(
        assoID=asso_id,
        dhGroup=key.entry.dhGroup if number is None else number,
        group=key.group,
        hmac=any_hmac(token.hmac),
        encryption=protection.encryption,
        integrity=protection.integrity,
        salt=salt_of(request_tbs, response_tbs),
    )
    return Established(
        agreed=agreed,
        secret=secret,
        own=examination.own_key(key.group),
        peer_public=key.entry.dhPublicKey,
        request_tbs=request_tbs,
        response_tbs=response_tbs,
    )
