"""From the premaster secret to keys and verify_data (RFC 2246, 4346, 5246: clauses 5, 6.3, 7.4.9, 8.1; 7627).

THE ENGINE MEASURES AND PROTECTS NOTHING: secrets stay in memory, and nothing here is constant in time.

``version`` is that of the connection (0x0303 for TLS 1.2). Versions before 1.2 have a PRF of their own, MD5
and SHA-1 side by side, and hash the transcript with both.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import msgspec

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import MAC_OCTETS, TLS_1_2, CipherSuite

MASTER_OCTETS: Final = 48
VERIFY_DATA_OCTETS: Final = 12
_FINISHED: Final = {Role.CLIENT: b"client finished", Role.SERVER: b"server finished"}


class DirectionKeys(msgspec.Struct, frozen=True):
    """What protects the records of one side: key of the MAC, of the cipher, and IV; empty where none is."""

    mac: bytes
    cipher: bytes
    iv: bytes

    def __repr__(self) -> str:
        return f"DirectionKeys({len(self.mac)}, {len(self.cipher)} and {len(self.iv)} octets)"


class Keys(msgspec.Struct, frozen=True):
    """The keys of a connection: what the client sends is protected by ``client``."""

    client: DirectionKeys
    server: DirectionKeys


NO_KEYS: Final = DirectionKeys(b"", b"", b"")


def _p_hash(algorithm: str, secret: bytes, seed: bytes, n: int) -> bytes:
    """Return ``n`` octets of P_hash (RFC 5246 5)."""
    output = b""
    block = seed
    while len(output) < n:
        block = hmac.digest(secret, block, algorithm)
        output += hmac.digest(secret, block + seed, algorithm)
    return output[:n]


def prf(version: int, suite: CipherSuite, secret: bytes, label: bytes, seed: bytes, n: int) -> bytes:
    """Return ``n`` octets of the PRF of a version; before TLS 1.2 the suite does not matter."""
    if version >= TLS_1_2:
        return _p_hash(suite.prf, secret, label + seed, n)
    half = (len(secret) + 1) // 2
    by_md5 = _p_hash("md5", secret[:half], label + seed, n)
    by_sha1 = _p_hash("sha1", secret[len(secret) - half :], label + seed, n)
    return bytes(first ^ second for first, second in zip(by_md5, by_sha1, strict=True))


def transcript_hash(version: int, suite: CipherSuite, transcript: bytes) -> bytes:
    """Return the hash of handshake messages that verify_data and the extended master secret are made of."""
    if version >= TLS_1_2:
        return hashlib.new(suite.prf, transcript).digest()
    return _md5(transcript) + hashlib.sha1(transcript, usedforsecurity=False).digest()


def _md5(octets: bytes) -> bytes:
    return hashlib.md5(octets, usedforsecurity=False).digest()


def master_secret(
    version: int, suite: CipherSuite, premaster: bytes, client_random: bytes, server_random: bytes
) -> bytes:
    """Return the master secret (RFC 5246 8.1)."""
    seed = client_random + server_random
    return prf(version, suite, premaster, b"master secret", seed, MASTER_OCTETS)


def extended_master_secret(version: int, suite: CipherSuite, premaster: bytes, transcript: bytes) -> bytes:
    """Return the extended master secret (RFC 7627 4).

    ``transcript`` are the handshake messages up to and with ClientKeyExchange.
    """
    seed = transcript_hash(version, suite, transcript)
    return prf(version, suite, premaster, b"extended master secret", seed, MASTER_OCTETS)


def key_block(
    version: int, suite: CipherSuite, master: bytes, client_random: bytes, server_random: bytes
) -> Keys:
    """Return the keys of both directions (RFC 5246 6.3)."""
    form = suite.cipher.form
    lengths = [length for length in (MAC_OCTETS[suite.mac], form.key, form.iv) for _ in Role]
    block = prf(version, suite, master, b"key expansion", server_random + client_random, sum(lengths))
    parts = []
    for length in lengths:
        parts.append(block[:length])
        block = block[length:]
    return Keys(DirectionKeys(*parts[0::2]), DirectionKeys(*parts[1::2]))


def verify_data(version: int, suite: CipherSuite, master: bytes, sender: Role, transcript: bytes) -> bytes:
    """Return verify_data of the Finished that ``sender`` sends after ``transcript`` (RFC 5246 7.4.9)."""
    seed = transcript_hash(version, suite, transcript)
    return prf(version, suite, master, _FINISHED[sender], seed, VERIFY_DATA_OCTETS)
