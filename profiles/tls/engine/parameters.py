"""What one side of the engine brings along: who it is, what it offers and takes, clock and randomness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from conform62351.profiles.crypto.signatures import PrivateKey
from conform62351.profiles.pki.certificate import CertificateError, read_certificate
from conform62351.profiles.pki.dh_keys import DhPrivateKey
from conform62351.profiles.policy import Finding
from conform62351.profiles.tls.engine.agreement import FiniteField
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_0, TLS_1_2
from conform62351.profiles.tls.engine.extensions import Extension, TrustedAuthority
from conform62351.profiles.tls.engine.framing import MAX_PLAIN
from conform62351.profiles.tls.engine.sessions import Session, SessionStore
from conform62351.profiles.tls.peer_chain import PeerChain

RENEGOTIATION_SCSV: Final = 0x00FF
"""TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 3.3)."""
FALLBACK_SCSV: Final = 0x5600
"""TLS_FALLBACK_SCSV (RFC 7507)."""
SIGNALLING: Final = (RENEGOTIATION_SCSV, FALLBACK_SCSV)

RSA_SIGN, DSS_SIGN, RSA_FIXED_DH, DSS_FIXED_DH, ECDSA_SIGN = 1, 2, 3, 4, 64
"""Types of client certificates (RFC 5246 7.4.4, RFC 8422 5.5)."""

SIGNATURE_ALGORITHMS: Final = ((4, 1), (4, 3), (4, 2), (5, 1), (5, 3), (2, 1), (2, 3), (2, 2))
"""Pairs of hash and signature, SHA-256 first; those that part 3 wants in every offer are among them (N)."""
GROUPS: Final = (23, 26, 24, 256)
"""secp256r1, brainpoolP256r1, secp384r1 and ffdhe2048, without which servers refuse DHE to an offer."""

_DSA_SIGNED: Final = ("1.2.840.10040.4.3", "2.16.840.1.101.3.4.3.1", "2.16.840.1.101.3.4.3.2")


class TlsIdentity(msgspec.Struct, frozen=True):
    """A certificate in DER, those of its issuers behind it, and the private key that belongs to it."""

    chain: tuple[bytes, ...]
    key: PrivateKey | DhPrivateKey

    @property
    def kind(self) -> str:
        """``rsa``, ``dsa``, ``ecdsa`` by the key; ``dh-rsa`` or ``dh-dss`` by who signed the certificate."""
        if isinstance(self.key, PrivateKey):
            return "ecdsa" if self.key.kind == "ec" else self.key.kind
        try:
            algorithm = read_certificate(self.chain[0]).outer_algorithm if self.chain else ""
        except CertificateError:
            algorithm = ""
        return "dh-dss" if algorithm in _DSA_SIGNED else "dh-rsa"


def take_all(_: PeerChain) -> tuple[Finding, ...]:
    """Find nothing wrong with a chain: what a side does that does not judge certificates."""
    return ()


class EngineParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one side of a connection is given; times are in seconds.

    ``now`` is any clock that does not run backwards, ``random`` gives octets. Versions go from ``minimum`` to
    ``maximum`` without the ``disabled`` ones. ``suites``, ``groups`` and
    ``signature_algorithms`` stand in the order of preference; a server goes by its own. ``dh_parameters`` is
    the field of a server's DHE, None for ffdhe2048. A client with ``implicit_client_dh`` uses Diffie-Hellman
    certificates of its own where they fit.

    ``trusted_ca_keys`` is what a client says (RFC 6066 6); ``anchors`` are certificates of authorities in DER
    that are known but not sent, by which either side finds out whether a chain leads to one that was named. A
    server without ``heeds_authorities`` passes over what clients name.

    ``session`` is the one that a client resumes; a server, too, resumes that whatever the client asks for
    (tester). A client with ``resume_when_asked`` answers a HelloRequest by a resumption of the session of the
    connection (tester). ``store`` is where a server keeps its sessions, None where
    it resumes none: by ``session_identifiers`` unless they are off, and with ``tickets`` by these, which a
    client says then that it takes.

    A server whose ``offer_counts`` is False chooses of its suites, groups and signature algorithms whether
    they were offered or not (tester). A client with ``leading_zero`` looks for a value of Diffie-Hellman with
    which the shared one begins with a zero octet (tester).
    A server with ``verify_peer`` asks for a certificate, of the ``certificate_types`` and issued by one of
    the ``authorities`` (distinguished names in DER). ``examine`` judges every chain that comes, and with
    ``require_peer`` one without a certificate too.

    A renegotiation is begun by a client, and asked for by a server, every ``renegotiation_interval``. In
    between, every ``key_refresh_interval``, a client resumes the session of the connection on it, and a
    server asks for that; one without this interval takes no such resumption. Who has asked waits
    ``answer_limit`` for the ClientHello, and either side as long from there to the end of any handshake. A
    session is resumed within ``resumption_interval``. None is for ever. At most
    ``renegotiations_per_minute`` of the peer are taken.

    Messages and data go out in records of ``record_size`` octets at most, before protection; alerts are
    whole. ``record_version`` stands in them until there is another. ``key_log`` takes lines of a key log in
    the form of NSS, one for every handshake.
    """

    now: Callable[[], float]
    random: Callable[[int], bytes]
    suites: tuple[int, ...]
    identities: tuple[TlsIdentity, ...] = ()
    minimum: int = TLS_1_2
    maximum: int = TLS_1_2
    disabled: frozenset[int] = frozenset()
    groups: tuple[int, ...] = GROUPS
    signature_algorithms: tuple[tuple[int, int], ...] = SIGNATURE_ALGORITHMS
    dh_parameters: FiniteField | None = None
    implicit_client_dh: bool = True
    compression: tuple[int, ...] = (0,)
    signalling_suites: tuple[int, ...] = ()
    server_name: str = ""
    extra_extensions: tuple[Extension, ...] = ()
    record_size: int = MAX_PLAIN
    record_version: int = TLS_1_0
    trusted_ca_keys: tuple[TrustedAuthority, ...] = ()
    anchors: tuple[bytes, ...] = ()
    heeds_authorities: bool = True
    extended_master_secret: bool = True
    encrypt_then_mac: bool = True
    secure_renegotiation: bool = True
    offer_counts: bool = True
    leading_zero: bool = False
    session: Session | None = None
    store: SessionStore | None = None
    resume_when_asked: bool = False
    session_identifiers: bool = True
    tickets: bool = False
    verify_peer: bool = True
    require_peer: bool = True
    certificate_types: tuple[int, ...] = (RSA_SIGN, ECDSA_SIGN, DSS_SIGN, RSA_FIXED_DH, DSS_FIXED_DH)
    authorities: tuple[bytes, ...] = ()
    examine: Callable[[PeerChain], tuple[Finding, ...]] = take_all
    renegotiation_allowed: bool = True
    renegotiations_per_minute: int = 60
    renegotiation_interval: float | None = None
    key_refresh_interval: float | None = None
    resumption_interval: float | None = None
    answer_limit: float | None = None
    key_log: Callable[[str], None] | None = None

    def has(self, version: int) -> bool:
        """Return whether this version, or one that is newer, may be used."""
        return version >= self.minimum and version not in self.disabled
