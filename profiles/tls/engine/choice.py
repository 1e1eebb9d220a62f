"""What a server chooses of a client's offer: suite, certificate, group and signature (RFC 5246 7.4.1; R)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from enum import IntEnum
from typing import Final

import msgspec

from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate
from conform62351.profiles.pki.keys import RSA, key_octets
from conform62351.profiles.pki.reading import INTEGER, Series, read
from conform62351.profiles.tls.engine.agreement import CURVES, FiniteField, finite_fields
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    TLS_1_0,
    Authentication,
    CipherSuite,
    KeyExchange,
)
from conform62351.profiles.tls.engine.extensions import AuthorityType, TrustedAuthority
from conform62351.profiles.tls.engine.hellos import ClientHello
from conform62351.profiles.tls.engine.offer import Offer
from conform62351.profiles.tls.engine.parameters import EngineParameters, TlsIdentity
from conform62351.profiles.tls.engine.signing import fitting
from conform62351.profiles.tlv import Limits

FFDHE: Final = range(256, 512)
"""Numbers of supported_groups that are for finite fields (RFC 7919)."""
FFDHE2048: Final = 256
KEY_KINDS: Final = {"rsa": "rsa", "dsa": "dsa", "ecdsa": "ec"}
"""Kinds of keys that sign, by kinds of identities."""
_SIGNERS: Final = {Authentication.RSA: "rsa", Authentication.DSS: "dsa", Authentication.ECDSA: "ecdsa"}
_STATIC: Final = {Authentication.RSA: "dh-rsa", Authentication.DSS: "dh-dss"}
_CURVE_NUMBERS: Final = {curve.name: number for number, curve in CURVES.items()}
_FURTHEST_PATH: Final = 8
_KEY_LIMITS: Final = Limits(depth=8, count=200, length=65_536)


class Lack(IntEnum):
    """Why nothing can be chosen, in the order of how far the choice went."""

    SUITE = 1
    IDENTITY = 2
    GROUP = 3
    SIGNATURE = 4


class Choice(msgspec.Struct, frozen=True):
    """What a server has chosen.

    ``group`` is that of ECDHE, ``field`` that of DHE, ``signature`` the pair of a ServerKeyExchange; each is
    None where the suite has none. ``trusted`` tells that the certificate is issued by an authority of the
    client's trusted_ca_keys, or that the client named none.
    """

    suite: CipherSuite
    identity: TlsIdentity | None
    group: int | None = None
    field: FiniteField | None = None
    signature: tuple[int, int] | None = None
    trusted: bool = True


def spoken_version(offered: int, maximum: int) -> int | None:
    """Return the version that a server answers with, None below TLS 1.0."""
    version = min(offered, maximum)
    return version if version >= TLS_1_0 else None


def choose(hello: ClientHello, offer: Offer, version: int, parameters: EngineParameters) -> Choice | Lack:
    """Return what the server chooses, or the furthest point that the choice came to."""
    wanted = offer.trusted_authorities if parameters.heeds_authorities else None
    if wanted:
        under = [
            identity
            for identity in parameters.identities
            if is_under(identity.chain, wanted, parameters.anchors)
        ]
        chosen = _choose(hello, offer, version, parameters, under)
        if isinstance(chosen, Choice) and chosen.identity is not None:
            return chosen
    chosen = _choose(hello, offer, version, parameters, parameters.identities)
    if wanted and isinstance(chosen, Choice):
        return msgspec.structs.replace(chosen, trusted=False)
    return chosen


def _choose(
    hello: ClientHello,
    offer: Offer,
    version: int,
    parameters: EngineParameters,
    identities: Iterable[TlsIdentity],
) -> Choice | Lack:
    furthest = Lack.SUITE
    offered = frozenset(hello.suites if parameters.offer_counts else parameters.suites)
    for code in parameters.suites:
        suite = ENGINE_SUITES.get(code)
        if code not in offered or suite is None or suite.minimum_version > version:
            continue
        if suite.key_exchange is KeyExchange.NULL:
            continue
        for identity in _candidates(suite, identities, offer if parameters.offer_counts else None):
            found = _with_identity(suite, identity, offer, version, parameters)
            if isinstance(found, Choice):
                return found
            furthest = max(furthest, found)
        furthest = max(furthest, Lack.IDENTITY)
    return furthest


def identity_kind(suite: CipherSuite) -> str | None:
    """Return the kind of identity that a server needs for a suite, None where it needs none."""
    if suite.authentication is Authentication.ANON:
        return None
    kinds = _STATIC if suite.key_exchange is KeyExchange.DH else _SIGNERS
    return kinds[suite.authentication]


def _candidates(
    suite: CipherSuite, identities: Iterable[TlsIdentity], offer: Offer | None
) -> Iterator[TlsIdentity | None]:
    kind = identity_kind(suite)
    if kind is None:
        yield None
        return
    for identity in identities:
        if identity.kind == kind and (offer is None or _curve_taken(identity, offer)):
            yield identity


def _curve_taken(identity: TlsIdentity, offer: Offer) -> bool:
    """Return whether the curve of a certificate is one that the client takes (RFC 8422 5.1)."""
    if identity.kind != "ecdsa" or offer.groups is None:
        return True
    certificate = read_or_none(identity.chain[0]) if identity.chain else None
    if certificate is None:
        return True
    return _CURVE_NUMBERS.get(str(certificate.key)) in offer.groups


def _with_identity(
    suite: CipherSuite,
    identity: TlsIdentity | None,
    offer: Offer,
    version: int,
    parameters: EngineParameters,
) -> Choice | Lack:
    group: int | None = None
    field: FiniteField | None = None
    if suite.key_exchange is KeyExchange.ECDHE:
        group = next((one for one in parameters.groups if _curve_usable(one, offer, parameters)), None)
        if group is None:
            return Lack.GROUP
    elif suite.key_exchange.ephemeral:
        field = _field(offer, parameters)
        if field is None:
            return Lack.GROUP
    signature = None
    if suite.key_exchange.ephemeral and identity is not None:
        kind = KEY_KINDS[identity.kind]
        own = parameters.signature_algorithms
        taken = offer.signature_algorithms if parameters.offer_counts else own
        signature = fitting(kind, version, own, taken)
        if signature is None:
            return Lack.SIGNATURE
    return Choice(suite, identity, group, field, signature)


def _curve_usable(group: int, offer: Offer, parameters: EngineParameters) -> bool:
    offered = offer.groups is None or group in offer.groups or not parameters.offer_counts
    return group in CURVES and offered


def _field(offer: Offer, parameters: EngineParameters) -> FiniteField | None:
    """Return the field of DHE; a client that names fields gets one of those (RFC 7919 4)."""
    if parameters.dh_parameters is not None:
        return parameters.dh_parameters
    named = [group for group in offer.groups or () if group in FFDHE]
    if not named:
        return finite_fields()[FFDHE2048]
    own = (group for group in parameters.groups if group in named and group in finite_fields())
    return next((finite_fields()[group] for group in own), None)


def is_under(
    chain: Collection[bytes], authorities: Collection[TrustedAuthority], anchors: Collection[bytes]
) -> bool:
    """Return whether a chain leads to one of the authorities of trusted_ca_keys (RFC 6066 6).

    ``anchors`` are authorities that are known beside the chain. One that is named by a hash and neither sent
    nor known cannot be recognised.
    """
    if any(authority.kind == AuthorityType.PRE_AGREED for authority in authorities):
        return True
    path = list(_path(chain, anchors))
    names = {one.issuer for one in path} | {one.subject for one in path[1:]}
    certificates = {_sha1(one.octets) for one in path}
    keys = {_sha1(_key_octets(one)) for one in path}
    matches: dict[int, set[bytes]] = {
        AuthorityType.X509_NAME: names,
        AuthorityType.CERT_SHA1_HASH: certificates,
        AuthorityType.KEY_SHA1_HASH: keys,
    }
    return any(one.octets in matches.get(one.kind, ()) for one in authorities)


def named_authority(authority: Certificate, kind: AuthorityType) -> TrustedAuthority:
    """Return how trusted_ca_keys names an authority: by its name, or by a hash of its key or certificate."""
    octets = {
        AuthorityType.KEY_SHA1_HASH: lambda: _sha1(_key_octets(authority)),
        AuthorityType.CERT_SHA1_HASH: lambda: _sha1(authority.octets),
    }.get(kind, lambda: authority.subject)()
    return TrustedAuthority(kind, octets)


def issuers_of(chain: Collection[bytes], anchors: Collection[bytes]) -> frozenset[bytes]:
    """Return the names in DER of all that stand above the first certificate of a chain."""
    return frozenset(one.issuer for one in _path(chain, anchors))


def _path(chain: Collection[bytes], anchors: Collection[bytes]) -> Iterator[Certificate]:
    """Yield what stands in a chain, and above its last certificate as far as that is known."""
    last = None
    for octets in chain:
        certificate = read_or_none(octets)
        if certificate is not None:
            yield certificate
            last = certificate
    by_subject = {one.subject: one for one in map(read_or_none, anchors) if one is not None}
    for _ in range(_FURTHEST_PATH):
        if last is None or last.issuer == last.subject or last.issuer not in by_subject:
            return
        last = by_subject[last.issuer]
        yield last


def read_or_none(octets: bytes) -> Certificate | None:
    """Return a certificate, None for octets that are none."""
    try:
        return read_certificate(octets)
    except CertificateError:
        return None


def _key_octets(certificate: Certificate) -> bytes:
    """Return what key_sha1_hash is made of: the modulus of RSA, subjectPublicKey of others (RFC 6066 6)."""
    octets = key_octets(certificate.spki)
    if certificate.key.kind != RSA:
        return octets
    found = read(octets, "RSAPublicKey", _KEY_LIMITS)
    return found.content(Series(found.root, "RSAPublicKey").take(INTEGER, "modulus")).lstrip(b"\0")


def _sha1(octets: bytes) -> bytes:
    return hashlib.sha1(octets, usedforsecurity=False).digest()
