"""The tokens of native mode and what they are made of, as values (13.2, 13.3, annex B).

A member that is None is absent. Times stand as their content octets, because readers judge their form.
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier
from conform62351.profiles.native.shown import shown_number

V1: Final = Bits(frozenset({0}))
VERSION_BITS: Final = ("v1",)
CONFIDENTIALITY_BITS: Final = ("tlsProtected", "applProtected", "vpn")
"""Bits of Version and of ConfidentialityParms in the order in which machines number them; where they stand on
the wire says the notation."""
TLS_PROTECTED, APPL_PROTECTED, VPN = range(len(CONFIDENTIALITY_BITS))
MAXIMUM_SEQ: Final = 2147483647

AlgorithmIdentifiers = tuple[AlgorithmIdentifier, ...]


class Signature(msgspec.Struct, frozen=True):
    """A signature; ``sign`` is DER for ECDSA, the octets of PKCS #1 for RSA."""

    algo: AlgorithmIdentifier
    sign: bytes


class Authenticator(msgspec.Struct, frozen=True):
    """The ICV of a data transfer; ``nonce`` is that of GMAC."""

    algorithm: AlgorithmIdentifier
    icv: bytes
    nonce: bytes | None = None


class DhKey(msgspec.Struct, frozen=True):
    """A public value of key agreement."""

    dhGroup: int
    dhPublicKey: bytes

    def __repr__(self) -> str:
        return f"DhKey({shown_number(self.dhGroup)}, {len(self.dhPublicKey)} octets)"


class Aea(msgspec.Struct, frozen=True):
    """The mode of authenticated encryption: offered in order of preference, one of them when accepted."""

    algorithms: AlgorithmIdentifiers


class NonAea(msgspec.Struct, frozen=True):
    """The mode of separate encryption and ICV; without ``encr`` data are not encrypted."""

    icvAlgID: AlgorithmIdentifiers
    encr: AlgorithmIdentifiers | None = None


class ClearToken1(msgspec.Struct, frozen=True, kw_only=True):
    """The token of the handshake, from either side."""

    sigAlg: AlgorithmIdentifier
    pkCert: bytes
    certPath: tuple[bytes, ...] | None = None
    version: Bits | None = V1
    assoID: str
    dhKey: tuple[DhKey, ...]
    hmac: AlgorithmIdentifier
    time: bytes
    encr_mode: Aea | NonAea
    confParams: Bits
    attCert: bytes | None = None


class ClearToken2(msgspec.Struct, frozen=True, kw_only=True):
    """The token of data transfer. ``rekey`` is the client's alone, the two flags are the server's."""

    assoID: str
    time: bytes
    seq: int
    iv: bytes | None = None
    rekey: DhKey | None = None
    reqRekey: bool = False
    changedKey: bool = False

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name != "seq"}
        members = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"ClearToken2(seq={shown_number(self.seq)}, {members})"


class ClearToken3(msgspec.Struct, frozen=True, kw_only=True):
    """The token of rejects, aborts and releases."""

    sigAlg: AlgorithmIdentifier
    version: Bits | None = V1
    assoID: str | None = None
    time: bytes
    pkCert: bytes
    certPath: tuple[bytes, ...] | None = None
