"""A handshake that has to fit into what carries it: certPath is what can stay out (10, N; 13.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from conform62351.profiles.crypto.signatures import ECDSA_WITH_SHA256
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.native.codec import Codec
from conform62351.profiles.native.secpdus import HandshakeAcc, HandshakeReq
from conform62351.profiles.native.tokens import ClearToken1, Signature

Either = TypeVar("Either", HandshakeReq, HandshakeAcc)

Room = Callable[[], int]
"""How many octets a SecPDU may take in its carrier."""

_SIGNATURE_OCTETS: Final = {ECDSA_WITH_SHA256: 72}
_LONGEST_SIGNATURE: Final = 512
"""Octets of a signature at most: with a curve of 256 bits, and with RSA of 4096."""
_ROUGHLY: Final = 4096
"""Octets that all else takes at most in a handshake, with several public values of 256."""


class TooLongError(EncodingError):
    """A handshake that its carrier has no room for, even without certPath."""

    def __init__(self, octets: int, room: int) -> None:
        super().__init__("E2E", f"a handshake of {octets} octets, there is room for {room}")


def fitted(handshake: Either, codec: Codec, room: Room | None) -> Either:
    """Return a handshake that fits: without its certPath when it does not with it, which readers do without.

    Raises TooLongError, and EncodingError as the codec does.
    """
    if room is None:
        return handshake
    token: ClearToken1 = handshake.token1
    there = room()
    large = (token.pkCert, *(token.certPath or ()), token.attCert or b"", handshake.applData or b"")
    if sum(map(len, large)) + _ROUGHLY <= there or _length(handshake, codec) <= there:
        return handshake
    bare = msgspec.structs.replace(handshake, token1=msgspec.structs.replace(token, certPath=None))
    octets = _length(bare, codec)
    if octets > there:
        raise TooLongError(octets, there)
    return bare


def _length(handshake: Either, codec: Codec) -> int:
    algorithm = handshake.token1.sigAlg
    sign = Signature(algorithm, bytes(_SIGNATURE_OCTETS.get(algorithm.oid, _LONGEST_SIGNATURE)))
    draft = msgspec.structs.replace(handshake, sign=sign)
    return len(codec.signed(draft, codec.tbs(handshake).octets))
