"""The cipher suites that the engine does, taken apart: key exchange, authentication, cipher, MAC, PRF.

The parts stand in a suite's name in the IANA registry (R), so they are read from it. Suites that nobody may
use are here too (RC4, NULL, DH_anon): whether a device accepts them can only be found out by using them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec

from conform62351.profiles.tls.suites import SUITES

TLS_1_0: Final = 0x0301
TLS_1_1: Final = 0x0302
TLS_1_2: Final = 0x0303


class KeyExchange(Enum):
    """How the premaster secret is agreed. DH is *static*: the server's certificate carries its value."""

    RSA = "RSA"
    DHE = "DHE"
    ECDHE = "ECDHE"
    DH = "DH"
    DH_ANON = "DH_anon"
    NULL = "NULL"

    @property
    def ephemeral(self) -> bool:
        """Whether the server sends a value in a ServerKeyExchange."""
        return self in (KeyExchange.DHE, KeyExchange.ECDHE, KeyExchange.DH_ANON)


class Authentication(Enum):
    """What kind of signature vouches for the server.

    With DHE and ECDHE it is that of the ServerKeyExchange, with static DH that of the server's certificate.
    """

    RSA = "RSA"
    DSS = "DSS"
    ECDSA = "ECDSA"
    ANON = "anon"


class CipherKind(Enum):
    """How a cipher turns a fragment into a record (RFC 5246 6.2.3)."""

    STREAM = "stream"
    BLOCK = "block"
    AEAD = "aead"


class Cipher(Enum):
    """The ciphers of records by their part of a suite's name."""

    NULL = "NULL"
    RC4_128 = "RC4_128"
    TRIPLE_DES = "3DES_EDE_CBC"
    AES_128_CBC = "AES_128_CBC"
    AES_256_CBC = "AES_256_CBC"
    AES_128_GCM = "AES_128_GCM"
    AES_256_GCM = "AES_256_GCM"

    @property
    def form(self) -> CipherForm:
        """Kind and sizes."""
        return _FORMS[self]


class CipherForm(msgspec.Struct, frozen=True):
    """Kind of a cipher, octets of its key, of a block (0: none) and of the IV from the key block.

    Of a block cipher only TLS 1.0 uses the IV of the key block; of GCM it is the implicit part of the nonce.
    """

    kind: CipherKind
    key: int
    block: int
    iv: int


_FORMS: Final[Mapping[Cipher, CipherForm]] = {
    Cipher.NULL: CipherForm(CipherKind.STREAM, 0, 0, 0),
    Cipher.RC4_128: CipherForm(CipherKind.STREAM, 16, 0, 0),
    Cipher.TRIPLE_DES: CipherForm(CipherKind.BLOCK, 24, 8, 8),
    Cipher.AES_128_CBC: CipherForm(CipherKind.BLOCK, 16, 16, 16),
    Cipher.AES_256_CBC: CipherForm(CipherKind.BLOCK, 32, 16, 16),
    Cipher.AES_128_GCM: CipherForm(CipherKind.AEAD, 16, 0, 4),
    Cipher.AES_256_GCM: CipherForm(CipherKind.AEAD, 32, 0, 4),
}
MAC_OCTETS: Final[Mapping[str, int]] = {"": 0, "md5": 16, "sha1": 20, "sha256": 32, "sha384": 48}
_MACS: Final = {"NULL": "", "MD5": "md5", "SHA": "sha1", "SHA256": "sha256", "SHA384": "sha384"}


class CipherSuite(msgspec.Struct, frozen=True):
    """A cipher suite: number and name in the registry, and its parts.

    ``mac`` is the hash of the records' HMAC, empty with GCM and where there is none; ``prf`` that of the PRF
    of TLS 1.2. Both are names of ``hashlib``.
    """

    code: int
    name: str
    key_exchange: KeyExchange
    authentication: Authentication
    cipher: Cipher
    mac: str
    prf: str

    @property
    def minimum_version(self) -> int:
        """The first version of TLS that has it: 1.2 with GCM or a MAC by SHA-2 (RFC 5246, 5288, 5289)."""
        newer = self.cipher.form.kind is CipherKind.AEAD or self.mac in ("sha256", "sha384")
        return TLS_1_2 if newer else TLS_1_0


def _parts(code: int, name: str) -> CipherSuite | None:
    """Return a suite, None when one of its parts is none of the engine's."""
    exchanged, _, protected = name.removeprefix("TLS_").partition("_WITH_")
    cipher_name, _, hash_name = protected.rpartition("_")
    exchange_name, _, authentication_name = exchanged.partition("_")
    if exchanged == "DH_anon":
        exchange_name, authentication_name = "DH_anon", "anon"
    elif exchanged == "NULL":
        authentication_name = "anon"
    try:
        exchange = KeyExchange(exchange_name)
        authentication = Authentication(authentication_name or exchange_name)
        cipher, mac = Cipher(cipher_name), _MACS[hash_name]
    except (ValueError, KeyError):
        return None
    prf = "sha384" if mac == "sha384" else "sha256"
    if cipher.form.kind is CipherKind.AEAD:
        mac = ""
    return CipherSuite(code, name, exchange, authentication, cipher, mac, prf)


ENGINE_SUITES: Final[Mapping[int, CipherSuite]] = {
    code: suite for code, name in SUITES.items() if (suite := _parts(code, name)) is not None
}
"""By their numbers; among them TLS_NULL_WITH_NULL_NULL, which every connection begins with."""
NULL_SUITE: Final = ENGINE_SUITES[0x0000]


def cipher_suite(code: int) -> CipherSuite:
    """Return the suite of a number. Raises KeyError for one that the engine does not do."""
    return ENGINE_SUITES[code]
