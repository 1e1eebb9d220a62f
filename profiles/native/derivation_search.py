"""The search of testers for the reading that a device was built to (13.3.1.3, I).

A reference device never searches: it goes by one reading.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import msgspec

from conform62351.profiles.crypto.protection import ProtectionError
from conform62351.profiles.native.agreement import Agreed
from conform62351.profiles.native.codec import Carrier, Codec, SecPduError
from conform62351.profiles.native.derivation import (
    Derivation,
    Transcript,
    association_keys,
    derivations,
    transcript_salt,
)
from conform62351.profiles.native.direction import Direction, can_be_opened
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer
from conform62351.profiles.role import Role


class FoundDerivation(msgspec.Struct, frozen=True):
    """A reading under which a message verifies, and what was agreed, with the salt by that reading."""

    derivation: Derivation
    agreed: Agreed


def search_derivation(
    octets: bytes,
    role: Role,
    agreed: Agreed,
    secret: bytes,
    handshake: Transcript,
    codec: Codec,
    *,
    readable: Callable[[bytes], bool] = lambda _: True,
    first: Derivation | None = None,
) -> FoundDerivation | None:
    """Return the first reading by which a data transfer that ``role`` received verifies, None without one.

    There are 48 at most. ``first``, by default the usual one, is tried before the others: no mode tells all
    readings apart, and what is known from another association stays where it fits. ``secret`` is Z as the
    group gives it. The message must be the peer's first, under the keys of the handshake; one that does not
    have what its algorithms need verifies under none.

    The ICV key of the client is the same in both orders of keys: there, just the plaintext tells them apart,
    by its padding and by whether it is ``readable`` to the protected protocol.
    """
    try:
        pdu = codec.decode(Carrier.DATA, octets).pdu
    except SecPduError:
        return None
    if not isinstance(pdu, ClearTransfer | EncrTransfer) or not can_be_opened(agreed, pdu):
        return None
    likely = first or Derivation()
    for derivation in chain((likely,), (other for other in derivations() if other != likely)):
        salted = msgspec.structs.replace(agreed, salt=transcript_salt(handshake, derivation))
        keys = association_keys(salted, secret, derivation)
        sent_by_peer = keys.server if role is Role.CLIENT else keys.client
        try:
            data = Direction(salted, sent_by_peer, derivation.transfer).open(pdu, octets).applData
        except ProtectionError:
            continue
        if data is not None and readable(data):
            return FoundDerivation(derivation, salted)
    return None
