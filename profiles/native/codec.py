"""What the native machine wants of a codec: BER over OSI, XML over XMPP, or any other.

A sender makes the protected part first, signs or protects its content, and then puts the SecPDU around it; a
reader gets the exact octets back. Both environments use one machine, which gets its codec as an argument.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.native.secpdus import SecPdu, SignedPdu, Transfer


class Carrier(Enum):
    """The EnvPDU that a SecPDU rides in: it tells which SecPDUs there can be (table 4)."""

    AARQ = "AARQ"
    AARE = "AARE"
    ABRT = "ABRT"
    RLRQ = "RLRQ"
    RLRE = "RLRE"
    DATA = "TD"


class SecPduError(ProtocolError):
    """Octets that are no SecPDU of their carrier; ``offset`` is where the first fault lies.

    ``kind`` is the one that they begin like, where a carrier holds one of several and that can be told.
    """

    def __init__(self, offset: int, message: str, kind: type[SignedPdu] | None = None) -> None:
        super().__init__("E2E", offset, message)
        self.kind = kind


class Protected(msgspec.Struct, frozen=True):
    """A tbs or tbp as it is sent, and the content octets of it, which signature or ICV cover."""

    octets: bytes
    content: bytes


class Decoded(msgspec.Struct, frozen=True):
    """A SecPDU that was read, and the variants of its form that were met, as sentences for people."""

    pdu: SecPdu
    deviations: tuple[str, ...] = ()


class Codec(Protocol):
    """Writes and reads SecPDUs; every method that writes raises EncodingError for what it cannot write."""

    def tbs(self, pdu: SignedPdu) -> Protected:
        """Return the part of a SecPDU that is signed; its ``sign`` is not looked at."""

    def signed(self, pdu: SignedPdu, tbs: bytes) -> bytes:
        """Return the SecPDU with ``tbs``, whatever that is, in the form of its carrier. ``sign`` is set."""

    def aad(self, pdu: Transfer) -> bytes:
        """Return the content octets of token2: what authenticated encryption covers beside the plaintext."""

    def tbp(self, pdu: Transfer) -> Protected:
        """Return the part of a data transfer that the ICV covers; its ``auth`` is not looked at."""

    def transfer(self, pdu: Transfer, tbp: bytes) -> bytes:
        """Return the data transfer with ``tbp``, whatever that is."""

    def osi_fault(self, diagnostic: int) -> bytes:
        """Return the report of a fault of the environment."""

    def decode(self, carrier: Carrier, octets: bytes) -> Decoded:
        """Return the SecPDU that ``octets`` in a ``carrier`` are. Raises SecPduError."""
