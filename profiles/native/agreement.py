"""What a handshake has agreed: algorithms, group and secrets that data transfer goes by (13.3.1)."""

from __future__ import annotations

import msgspec

from conform62351.profiles.crypto.algorithms import Algorithm, AlgorithmIdentifier
from conform62351.profiles.crypto.groups import Group
from conform62351.profiles.crypto.keys import KeySizes


class Selected(msgspec.Struct, frozen=True):
    """An algorithm that both sides agreed on, and its identifier as it was accepted, octet for octet."""

    algorithm: Algorithm
    identifier: AlgorithmIdentifier


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a handshake, the same on both sides.

    ``encryption`` is None when data are not encrypted; ``integrity`` is None with authenticated encryption.
    ``group`` stands for the number ``dhGroup`` that was offered and repeated. ``salt`` is that of HKDF.
    """

    assoID: str
    dhGroup: int
    group: Group
    hmac: Selected
    encryption: Selected | None
    integrity: Selected | None
    salt: bytes

    @property
    def is_ae(self) -> bool:
        """Whether authenticated encryption was agreed."""
        return self.integrity is None

    @property
    def key_sizes(self) -> KeySizes:
        """The octets of each key of one direction; 0 where there is none."""
        integrity = 0 if self.integrity is None else self.integrity.algorithm.key_octets
        encryption = 0 if self.encryption is None else self.encryption.algorithm.key_octets
        return KeySizes(integrity, encryption)


class OwnKey(msgspec.Struct, frozen=True):
    """A key pair of key agreement, made for one association or one rekey."""

    private: int
    public: bytes

    def __repr__(self) -> str:
        return f"OwnKey({len(self.public)} octets public)"
