"""Keys of an association, and the readings that they hang on (13.3.1.3, 13.3.1.4).

How keys come about is partly inferred. A :class:`Derivation` names every choice; its default is the reading
that this project goes by. Devices that were built to another one can be met all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from itertools import product

import msgspec

from conform62351.profiles.crypto.keys import (
    HASH_OCTETS,
    ZERO_OCTET,
    AssociationKeys,
    hkdf,
    salt_of,
    split_keys,
)
from conform62351.profiles.native.agreement import Agreed
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.tlv_edit import length_octets


class KeyOrder(Enum):
    """How the four keys of separate encryption and ICV stand in the output of HKDF (I)."""

    BY_USE = "ICV keys first"
    """ICV key of the client, of the server, encryption key of the client, of the server."""
    BY_SIDE = "keys of the client first"
    """ICV and encryption key of the client, ICV and encryption key of the server."""


class Zero(Enum):
    """What stands for the ``0`` behind data1 in the salt (I)."""

    OCTET = "one zero octet"
    HASH = "32 zero octets"
    NOTHING = "nothing"

    @property
    def octets(self) -> bytes:
        """The octets that it stands for."""
        return {"OCTET": ZERO_OCTET, "HASH": bytes(HASH_OCTETS), "NOTHING": b""}[self.name]


class Extent(Enum):
    """Which octets of an element are covered (N for the content octets). Only BER has the other choice."""

    CONTENT = "content octets"
    WHOLE = "whole TLV"

    def of(self, protected: Protected) -> bytes:
        """Return the octets of a tbs or tbp that are covered."""
        return protected.content if self is Extent.CONTENT else protected.octets


class Secret(Enum):
    """Whether the shared secret keeps its leading zeros (R)."""

    PADDED = "padded"
    STRIPPED = "without leading zeros"


class Derivation(msgspec.Struct, frozen=True, kw_only=True):
    """Every choice between handshake and protected octets.

    ``order``, ``zero``, ``handshake`` (data1 and data2 of the salt) and ``secret`` make the keys;
    ``transfer`` tells what ICVs and the additional authenticated data cover. The reading of group 23 is not
    among them: the lengths of the public values have settled it by then.
    """

    order: KeyOrder = KeyOrder.BY_USE
    zero: Zero = Zero.OCTET
    handshake: Extent = Extent.CONTENT
    secret: Secret = Secret.PADDED
    transfer: Extent = Extent.CONTENT

    def __str__(self) -> str:
        return (
            f"order of keys: {self.order.value}; 0 of the salt: {self.zero.value}; "
            f"salt over: {self.handshake.value}; Z: {self.secret.value}; "
            f"ICV and AAD over: {self.transfer.value}"
        )


def derivation_by(choice: Callable[[str], str]) -> Derivation:
    """Return the reading whose choices are told in the words of their enumerations.

    ``choice`` is asked for ``key_order``, ``salt_zero``, ``salt_over``, ``shared_secret`` and ``icv_over``.
    Raises ValueError for another word.
    """
    return Derivation(
        order=KeyOrder(choice("key_order")),
        zero=Zero(choice("salt_zero")),
        handshake=Extent(choice("salt_over")),
        secret=Secret(choice("shared_secret")),
        transfer=Extent(choice("icv_over")),
    )


class Transcript(msgspec.Struct, frozen=True):
    """The tbs of HandshakeReq and of HandshakeAcc, as they were sent."""

    request: Protected
    response: Protected


def transcript(request: bytes, response: bytes) -> Transcript:
    """Return the transcript of two tbs by their content octets, as if their lengths were minimal in BER."""
    request_tlv, response_tlv = (
        Protected(b"\x30" + length_octets(len(content)) + content, content) for content in (request, response)
    )
    return Transcript(request_tlv, response_tlv)


def transcript_salt(handshake: Transcript, derivation: Derivation | None = None) -> bytes:
    """Return the salt of HKDF for a handshake (13.3.1.3, N; readings I)."""
    reading = derivation or Derivation()
    request, response = (reading.handshake.of(part) for part in (handshake.request, handshake.response))
    return salt_of(request, response, reading.zero.octets)


def association_keys(agreed: Agreed, secret: bytes, derivation: Derivation | None = None) -> AssociationKeys:
    """Return the keys for the shared secret Z, padded as a group gives it, and the salt of ``agreed``."""
    reading = derivation or Derivation()
    if reading.secret is Secret.STRIPPED:
        secret = secret.lstrip(b"\0")
    sizes = agreed.key_sizes
    by_side = reading.order is KeyOrder.BY_SIDE
    return split_keys(hkdf(agreed.salt, secret, sizes.total), sizes, by_side=by_side)


def derivations() -> Iterator[Derivation]:
    """Return every reading, the default one first: 48."""
    for transfer, order, secret, handshake, zero in product(Extent, KeyOrder, Secret, Extent, Zero):
        yield Derivation(order=order, zero=zero, handshake=handshake, secret=secret, transfer=transfer)
