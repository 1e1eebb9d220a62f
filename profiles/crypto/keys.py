"""From the shared secret to the keys of both directions (13.3.1.3, 13.3.1.4)."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

import msgspec

HASH_OCTETS: Final = 32
MAXIMUM_OUTPUT: Final = 255 * HASH_OCTETS
ZERO_OCTET: Final = b"\0"


def salt_of(request: bytes, response: bytes, zero: bytes = ZERO_OCTET) -> bytes:
    """Return H(response || H(request || zero)) of the content octets of both tbs (N; ``zero`` I)."""
    return sha256(response + sha256(request + zero).digest()).digest()


def hkdf(salt: bytes, secret: bytes, length: int, info: bytes = b"") -> bytes:
    """Return ``length`` octets by HKDF with SHA-256 (RFC 5869).

    Raises:
        ValueError: more than 8160 octets are wanted.
    """
    if not 0 <= length <= MAXIMUM_OUTPUT:
        raise ValueError(f"HKDF gives at most {MAXIMUM_OUTPUT} octets")
    key = hmac.digest(salt or bytes(HASH_OCTETS), secret, "sha256")
    output = block = b""
    for number in range(1, -(-length // HASH_OCTETS) + 1):
        block = hmac.digest(key, block + info + bytes((number,)), "sha256")
        output += block
    return output[:length]


class KeySizes(msgspec.Struct, frozen=True):
    """How many octets the agreed algorithms want; 0 where there is no such key.

    With authenticated encryption its key stands as ``encryption``, and ``integrity`` is 0.
    """

    integrity: int
    encryption: int

    @property
    def total(self) -> int:
        """The octets of both directions."""
        return 2 * (self.integrity + self.encryption)


class DirectionKeys(msgspec.Struct, frozen=True):
    """The keys that protect what one side sends; empty where there is none."""

    integrity: bytes
    encryption: bytes

    def __repr__(self) -> str:
        return f"DirectionKeys({len(self.integrity)} and {len(self.encryption)} octets)"


class AssociationKeys(msgspec.Struct, frozen=True):
    """The keys of an association: what the client sends is protected by ``client``."""

    client: DirectionKeys
    server: DirectionKeys


def split_keys(material: bytes, sizes: KeySizes, *, by_side: bool = False) -> AssociationKeys:
    """Cut the output of HKDF into keys: ICV keys of client and server, then their encryption keys (I).

    ``by_side`` is the other order that a device may have been built with: both keys of the client first.

    Raises:
        ValueError: ``material`` is not ``sizes.total`` octets.
    """
    if len(material) != sizes.total:
        raise ValueError(f"{sizes.total} octets of key material are wanted, not {len(material)}")
    icv, enc = sizes.integrity, sizes.encryption
    lengths = (icv, enc, icv, enc) if by_side else (icv, icv, enc, enc)
    parts = []
    for length in lengths:
        parts.append(material[:length])
        material = material[length:]
    if by_side:
        client_icv, client_enc, server_icv, server_enc = parts
    else:
        client_icv, server_icv, client_enc, server_enc = parts
    return AssociationKeys(DirectionKeys(client_icv, client_enc), DirectionKeys(server_icv, server_enc))
