"""What one side of native mode brings along: local policy, credential, trust, time and randomness."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

import msgspec

from conform62351.profiles.compatibility.parameters import RisingTimes
from conform62351.profiles.crypto.algorithms import Algorithm, algorithm
from conform62351.profiles.crypto.signatures import PrivateKey, sign
from conform62351.profiles.native.replay import WINDOW, ReplayStore
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.form import Environment
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.pki.revocation import RevocationData
from conform62351.profiles.spec.data import OVER_OSI, own_data

MMS_OVER_OSI: Final = own_data().protocols[OVER_OSI].pp
"""The value of pp, as this project takes it to be (protocols.toml)."""
TAG_LENGTHS: Final = (12, 16)
"""Octets of the tags that must be supported; 13 to 15 may be (decision 8)."""

_SIGNATURES: Final = (algorithm("ecdsa-with-SHA256"), algorithm("sha256WithRSAEncryption"))
_HMAC: Final = (algorithm("hmacWithSHA256"),)
_GCM: Final = tuple(
    algorithm(name, length) for name in ("aes256-GCM", "aes128-GCM") for length in TAG_LENGTHS
)
_CBC: Final = (algorithm("aes256-CBC"), algorithm("aes128-CBC"))


class Encryption(Enum):
    """What the local policy thinks of encryption."""

    UNWANTED = "unwanted"
    ALLOWED = "allowed"
    REQUIRED = "required"


class Mode(Enum):
    """What a client offers; a server takes each of them that its policy permits."""

    AE = "ae"
    """Authenticated encryption."""
    SEPARATE = "separate"
    """Encryption, and an ICV of its own."""
    CLEAR = "clear"
    """An ICV alone."""


class LocalPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What one side supports and wants, each in its order of preference.

    ``groups`` are names of groups.toml; with ``ike`` the number 23 stands for the group of RFC 5114. Without
    ``ae`` authenticated encryption is not supported at all. ``protocols`` are the accepted values of pp, the
    first of them is requested. ``keys`` are the kinds of keys that a peer's certificate may have, ``rsa`` or
    the name of a curve; None: all that can be verified with.
    """

    signatures: tuple[Algorithm, ...] = _SIGNATURES
    keys: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ("secp256r1", "brainpoolP256r1", "modp-2048")
    ike: bool = False
    hmac: tuple[Algorithm, ...] = _HMAC
    ae: tuple[Algorithm, ...] = _GCM
    encryption: tuple[Algorithm, ...] = _CBC
    integrity: tuple[Algorithm, ...] = (*_HMAC, *_GCM)
    mode: Mode = Mode.AE
    wanted: Encryption = Encryption.ALLOWED
    ae_required: bool = False
    vpn: bool = False
    protocols: tuple[str, ...] = (MMS_OVER_OSI,)


class NativeParameters(msgspec.Struct, kw_only=True):
    """What all associations of one side share.

    ``now`` is the local time in seconds since 1970 UTC, ``randomness`` gives as many octets as it is asked
    for. ``signing_time`` is the instant to sign, by default a rising one made of ``now``; it belongs to one
    credential and is kept where these parameters are copied. ``sign`` makes signatures of an algorithm's OID,
    a key and octets. ``trust`` is what this side believes of peers, ``revocation`` gives revocation data
    about a certificate, by default the lists of ``trust``.

    With ``send_path`` the CA certificates of the credential travel in certPath; without ``use_path`` those of
    a peer are passed over. ``att_cert`` is the DER of the own attribute certificate; ``authorities`` are
    those whose signature makes one of a peer valid, and without any only its decoding is checked (decision
    30). ``window`` is how far a time may be away, in seconds.

    Raises ValueError for a credential without its private key.
    """

    now: Callable[[], float]
    randomness: Callable[[int], bytes]
    credential: Credential
    trust: Trust
    local: LocalPolicy = LocalPolicy()
    signing_time: Callable[[], float] | None = None
    sign: Callable[[str, PrivateKey, bytes], bytes] = sign
    revocation: Callable[[Certificate], RevocationData] | None = None
    environment: Environment = Environment.OSI
    send_path: bool = True
    use_path: bool = True
    att_cert: bytes | None = None
    authorities: tuple[Certificate, ...] = ()
    window: float = WINDOW
    store: ReplayStore = msgspec.field(default_factory=ReplayStore)

    def __post_init__(self) -> None:
        if self.credential.key is None:
            raise ValueError("the credential to show has no private key")
        if self.signing_time is None:
            self.signing_time = RisingTimes(self.now)


class Connection(msgspec.Struct, frozen=True):
    """What the environment knows of one connection.

    ``peer_address`` is asked for what the subject of the peer's certificate must hold: the peer's title in
    dotted form, or its JID; None where the environment does not know it. ``tls`` says whether the connection
    is one of TLS, ``tls_certificate`` is what the peer has shown there, in DER.
    """

    peer_address: Callable[[], str | None]
    tls: bool = False
    tls_certificate: bytes | None = None
