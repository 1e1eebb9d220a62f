"""Which certificate a client shows when it is asked for one, and how it signs (RFC 5246 7.4.4, 7.4.6; R)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.dh_keys import DhKeyError, DhPrivateKey, read_dh_public
from conform62351.profiles.tls.engine.agreement import FiniteField, field_of
from conform62351.profiles.tls.engine.choice import KEY_KINDS, issuers_of
from conform62351.profiles.tls.engine.cipher_suites import CipherSuite, KeyExchange
from conform62351.profiles.tls.engine.messages import CertificateRequest
from conform62351.profiles.tls.engine.parameters import (
    DSS_FIXED_DH,
    DSS_SIGN,
    ECDSA_SIGN,
    RSA_FIXED_DH,
    RSA_SIGN,
    EngineParameters,
    TlsIdentity,
)
from conform62351.profiles.tls.engine.signing import OLD, fitting

_TYPES: Final = {
    "rsa": RSA_SIGN,
    "dsa": DSS_SIGN,
    "ecdsa": ECDSA_SIGN,
    "dh-rsa": RSA_FIXED_DH,
    "dh-dss": DSS_FIXED_DH,
}
"""Types of client certificates by kinds of identities."""


def asked_identity(
    parameters: EngineParameters,
    version: int,
    request: CertificateRequest,
    suite: CipherSuite,
    server: Certificate | None,
) -> TlsIdentity | None:
    """Return the identity that a server asks for, None where there is none of its types.

    One with a signature that the server takes comes first, and among those one whose issuer it names.
    Diffie-Hellman keys do in suites of static Diffie-Hellman only, and in the field of the key of the
    server's certificate, ``server``.
    """
    usable = [
        identity
        for identity in parameters.identities
        if _TYPES.get(identity.kind) in request.types and _usable(parameters, identity, suite, server)
    ]
    taken = request.signature_algorithms
    signing = [one for one in usable if signature_pair(parameters, version, one, taken) is not None]
    usable = signing or usable
    named = frozenset(request.authorities)
    for identity in usable:
        if not named or named & issuers_of(identity.chain, parameters.anchors):
            return identity
    return usable[0] if usable else None


def signature_pair(
    parameters: EngineParameters,
    version: int,
    identity: TlsIdentity | None,
    taken: tuple[tuple[int, int], ...] | None,
) -> tuple[int, int] | None:
    """Return hash and signature of a CertificateVerify, of the pairs that are ``taken``, None for none.

    OLD where none are said, and where nothing is signed: without an identity or with a Diffie-Hellman key.
    """
    if identity is None or isinstance(identity.key, DhPrivateKey):
        return OLD
    return fitting(KEY_KINDS[identity.kind], version, parameters.signature_algorithms, taken)


def _usable(
    parameters: EngineParameters, identity: TlsIdentity, suite: CipherSuite, server: Certificate | None
) -> bool:
    if not isinstance(identity.key, DhPrivateKey):
        return True
    if suite.key_exchange is not KeyExchange.DH or not parameters.implicit_client_dh:
        return False
    return field_of(identity.key.public) == _field(server)


def _field(server: Certificate | None) -> FiniteField | None:
    try:
        return None if server is None else field_of(read_dh_public(server.spki))
    except DhKeyError:
        return None
