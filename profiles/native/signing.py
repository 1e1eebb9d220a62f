"""Signed SecPDUs on their way out: token, tbs, signature (13.2, N; decisions 1, 8 and 29)."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, algorithm, identifier
from conform62351.profiles.crypto.signatures import (
    ALGORITHMS,
    ECDSA_WITH_SHA256,
    SHA256_WITH_RSA,
    PrivateKey,
    SignatureError,
)
from conform62351.profiles.generalized_time import write_time
from conform62351.profiles.native.codec import Carrier, Codec, Protected, SecPduError
from conform62351.profiles.native.parameters import NativeParameters
from conform62351.profiles.native.secpdus import (
    ApplAbort,
    ApplicationReject,
    DtSecAbort,
    Handshake,
    HandshakeAcc,
    HandshakeReq,
    HandshakeSecAbort,
    HandshakeSecReject,
    ReleaseReq,
    ReleaseRsp,
    SignedPdu,
    WithToken3,
)
from conform62351.profiles.native.tokens import ClearToken3, Signature
from conform62351.profiles.policy import Policy

_NAMES: Final = {"rsa": "sha256WithRSAEncryption", "ec": "ecdsa-with-SHA256"}
_OIDS: Final = {"rsa": SHA256_WITH_RSA, "ec": ECDSA_WITH_SHA256}
_CARRIERS: Final[dict[type[SignedPdu], Carrier]] = {
    HandshakeReq: Carrier.AARQ,
    HandshakeAcc: Carrier.AARE,
    ApplicationReject: Carrier.AARE,
    HandshakeSecReject: Carrier.AARE,
    HandshakeSecAbort: Carrier.ABRT,
    DtSecAbort: Carrier.ABRT,
    ApplAbort: Carrier.ABRT,
    ReleaseReq: Carrier.RLRQ,
    ReleaseRsp: Carrier.RLRE,
}


class Message(msgspec.Struct, frozen=True):
    """A signed SecPDU to send in its ``carrier``.

    ``name`` is that under which a policy has seen it, ``octets`` are None when the policy withholds it.
    ``pdu`` is what was sent, its ``tbs`` the content octets as they stand in ``octets``.
    """

    name: str
    carrier: Carrier
    pdu: SignedPdu
    octets: bytes | None


def signature_algorithm(key: PrivateKey) -> AlgorithmIdentifier:
    """Return sigAlg of a side, which goes with its key (clause 8)."""
    return identifier(algorithm(_NAMES[key.kind]))


class Signer:
    """Signs what one side sends, with the credential that it has then (decision 14).

    A policy rewrites, for a SecPDU called ``E2E.X``: ``E2E.X.token``, the token before it is signed;
    ``E2E.X.tbs``, first as :class:`Protected` (what is sent, and what of it is signed), then the octets that
    are signed alone; ``E2E.X``, the SecPDU with its signature, and then its octets. What it changes of a tbs
    in these last octets, the sender knows.
    """

    def __init__(self, parameters: NativeParameters, codec: Codec, policy: Policy) -> None:
        self._parameters = parameters
        self._codec = codec
        self._policy = policy

    @property
    def _key(self) -> PrivateKey:
        key = self._parameters.credential.key
        if key is None:
            raise SignatureError("the credential to show has no private key")
        return key

    @property
    def algorithm(self) -> AlgorithmIdentifier:
        """The sigAlg of tokens."""
        return signature_algorithm(self._key)

    @property
    def certificate(self) -> bytes:
        """The pkCert of tokens."""
        return self._parameters.credential.certificate.octets

    @property
    def path(self) -> tuple[bytes, ...] | None:
        """The certPath of tokens: first the certificate that the anchor issued, None without any (I)."""
        if not self._parameters.send_path:
            return None
        return tuple(one.octets for one in reversed(self._parameters.credential.chain)) or None

    def time(self) -> bytes:
        """Return a time for a token: later than every one before."""
        instant = self._parameters.signing_time or self._parameters.now
        return write_time(instant())

    def token3(self, asso_id: str | None) -> ClearToken3:
        """Return the token of a reject, an abort or a release, made now."""
        return ClearToken3(
            sigAlg=self.algorithm,
            assoID=asso_id,
            time=self.time(),
            pkCert=self.certificate,
            certPath=self.path,
        )

    def sign(self, pdu: SignedPdu) -> Message:
        """Return ``pdu`` signed.

        Raises:
            EncodingError: the codec cannot write what the policy has made of it.
            SignatureError: the key cannot sign.
        """
        name = f"E2E.{type(pdu).__name__}"
        pdu = self._with_token(pdu, name)
        token = pdu.token1 if isinstance(pdu, Handshake) else pdu.token3
        tbs: Protected = self._policy.rewrite(f"{name}.tbs", self._codec.tbs(pdu))
        covered = self._policy.rewrite_octets(f"{name}.tbs", tbs.content)
        carrier = _CARRIERS[type(pdu)]
        if covered is None:
            return Message(name, carrier, pdu, None)
        sign = self._parameters.sign(self._algorithm_for(token.sigAlg), self._key, covered)
        pdu = msgspec.structs.replace(pdu, sign=Signature(token.sigAlg, sign), tbs=tbs.content)
        pdu = self._policy.rewrite(name, pdu)
        written = self._codec.signed(pdu, tbs.octets)
        octets = self._policy.rewrite_octets(name, written)
        if octets is not None and octets != written:
            pdu = msgspec.structs.replace(pdu, tbs=self._sent_tbs(carrier, octets, pdu.tbs))
        return Message(name, carrier, pdu, octets)

    def _with_token(self, pdu: SignedPdu, name: str) -> SignedPdu:
        if isinstance(pdu, Handshake):
            token1 = self._policy.rewrite(f"{name}.token", pdu.token1)
            return msgspec.structs.replace(pdu, token1=token1)
        return msgspec.structs.replace(pdu, token3=self._policy.rewrite(f"{name}.token", pdu.token3))

    def _algorithm_for(self, stated: AlgorithmIdentifier) -> str:
        """Return the OID to sign by: that of sigAlg where the key can, so that a policy may change it."""
        known = ALGORITHMS.get(stated.oid)
        return stated.oid if known is not None and known.key_kind == self._key.kind else _OIDS[self._key.kind]

    def _sent_tbs(self, carrier: Carrier, octets: bytes, written: bytes) -> bytes:
        try:
            sent = self._codec.decode(carrier, octets).pdu
        except SecPduError:
            return written
        return sent.tbs if isinstance(sent, Handshake | WithToken3) else written
