"""PPDUs to octets and back (ITU-T X.226 clause 8.2, BER).

The notation is ``profiles/asn1/presentation.asn``; the tests hold this module against it. Reading is done by
hand, because what is odd in a peer's PPDU has to be read and told, and what it carries must not be looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi import encodings
from conform62351.profiles.osi.ber import INTEGER, OBJECT_IDENTIFIER, SEQUENCE, BerReader, Deviation
from conform62351.profiles.osi.ppdu import (
    ARP,
    ARU,
    CP,
    CPA,
    CPR,
    NORMAL_MODE,
    TD,
    UD,
    ContextDefinition,
    ContextIdentifier,
    ContextResult,
    Pdv,
    Ppdu,
    SimplyEncoded,
    UserData,
)
from conform62351.profiles.osi.ppdu_writer import encode
from conform62351.profiles.tlv import Tlv

__all__ = ["PresentationError", "abort_name", "decode", "encode", "single_pdv"]

_SET: Final = 0x31
_MODE: Final = 0xA0
_X410: Final = 0xA1
_NORMAL: Final = 0xA2
_SIMPLY: Final = 0x40
_SIMPLY_CONSTRUCTED: Final = 0x60
_FULLY: Final = 0x61
_USER_DATA: Final = (_SIMPLY, _SIMPLY_CONSTRUCTED, _FULLY)

_CP_TAGS: Final = (0x80, 0x81, 0x82, 0xA4, 0xA6, 0x88, 0x89, 0x8B, 0x8C, 0xAE, *_USER_DATA)
_CPA_TAGS: Final = (0x80, 0x83, 0xA5, 0x88, 0x89, 0x8B, 0x8D, *_USER_DATA)
_CPR_TAGS: Final = (0x80, 0x83, 0xA5, 0x87, 0x8A, *_USER_DATA)


class PresentationError(ProtocolError):
    """Octets that are not the PPDU that they should be."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("PRES", offset, message)


class _Reader(BerReader):
    """A BER reader that knows the parts that PPDUs share."""

    def __init__(self, octets: bytes) -> None:
        super().__init__(octets, "PRES")

    def fault(self, offset: int, message: str) -> PresentationError:
        return PresentationError(offset, message)

    def expect(self, tag: int) -> Tlv:
        """Return the root, which must be tagged ``tag``."""
        root = self.root()
        if root.tag != tag:
            raise self.fault(0, f"tag {root.tag:02X} in place of {tag:02X}")
        return root

    def optional_integer(self, node: Tlv | None) -> int | None:
        return None if node is None else self.integer(node)

    def optional_octets(self, node: Tlv | None) -> bytes | None:
        return None if node is None else self.octet_string(node)

    def optional_bits(self, node: Tlv | None) -> bytes | None:
        return None if node is None else self.bit_string(node)

    def needed(self, members: dict[int, Tlv], tag: int, parent: Tlv, what: str) -> Tlv:
        """Return a member that the notation makes mandatory."""
        if tag not in members:
            raise self.fault(parent.start, f"no {what}")
        return members[tag]

    def definitions(self, node: Tlv | None) -> tuple[ContextDefinition, ...] | None:
        return None if node is None else tuple(map(self._definition, self.components(node)))

    def _definition(self, node: Tlv) -> ContextDefinition:
        members = self.members(node, (INTEGER, OBJECT_IDENTIFIER, SEQUENCE))
        transfer = self.needed(members, SEQUENCE, node, "transfer syntax name list")
        return ContextDefinition(
            self.integer(self.needed(members, INTEGER, node, "presentation context identifier")),
            self.object_identifier(self.needed(members, OBJECT_IDENTIFIER, node, "abstract syntax name")),
            tuple(map(self.object_identifier, self.components(transfer))),
        )

    def results(self, node: Tlv | None) -> tuple[ContextResult, ...] | None:
        return None if node is None else tuple(map(self._result, self.components(node)))

    def _result(self, node: Tlv) -> ContextResult:
        members = self.members(node, (0x80, 0x81, 0x82))
        transfer = members.get(0x81)
        return ContextResult(
            self.integer(self.needed(members, 0x80, node, "result")),
            None if transfer is None else self.object_identifier(transfer),
            self.optional_integer(members.get(0x82)),
        )

    def identifiers(self, node: Tlv | None) -> tuple[ContextIdentifier, ...] | None:
        return None if node is None else tuple(map(self._identifier, self.components(node)))

    def _identifier(self, node: Tlv) -> ContextIdentifier:
        members = self.members(node, (INTEGER, OBJECT_IDENTIFIER))
        return ContextIdentifier(
            self.integer(self.needed(members, INTEGER, node, "presentation context identifier")),
            self.object_identifier(self.needed(members, OBJECT_IDENTIFIER, node, "transfer syntax name")),
        )

    def user_data(self, members: dict[int, Tlv]) -> UserData | None:
        """Return the user data among ``members``."""
        for tag in _USER_DATA:
            if tag in members:
                return self.user_data_of(members[tag])
        return None

    def user_data_of(self, node: Tlv) -> UserData:
        if node.tag in (_SIMPLY, _SIMPLY_CONSTRUCTED):
            return SimplyEncoded(self.octet_string(node))
        return tuple(map(self._pdv, self.components(node)))

    def _pdv(self, node: Tlv) -> Pdv:
        members = self.members(node, (OBJECT_IDENTIFIER, INTEGER, *encodings.TAGS))
        octets, encoding = encodings.read_value(self, node, members)
        transfer = members.get(OBJECT_IDENTIFIER)
        return Pdv(
            self.integer(self.needed(members, INTEGER, node, "presentation context identifier")),
            octets,
            encoding,
            None if transfer is None else self.object_identifier(transfer),
        )

    def mode_and_parameters(self, tags: tuple[int, ...]) -> tuple[int | None, dict[int, Tlv]]:
        """Return the mode of a CP or CPA and its normal mode parameters, which X.410 mode has not."""
        root = self.expect(_SET)
        members = self.members(root, (_MODE, _X410, _NORMAL), ordered=False)
        mode = None
        if _MODE in members:
            selector = self.only(members[_MODE])
            if selector.tag != 0x80:
                raise self.fault(selector.start, f"mode selector tagged {selector.tag:02X}")
            mode = self.integer(selector)
        if _NORMAL in members:
            return mode, self.members(members[_NORMAL], tags)
        if mode in (None, NORMAL_MODE):
            raise self.fault(root.start, "no normal mode parameters")
        return mode, {}


def _read_cp(reader: _Reader) -> CP:
    mode, members = reader.mode_and_parameters(_CP_TAGS)
    return CP(
        mode=mode,
        protocol_version=reader.optional_bits(members.get(0x80)),
        calling_selector=reader.optional_octets(members.get(0x81)),
        called_selector=reader.optional_octets(members.get(0x82)),
        contexts=reader.definitions(members.get(0xA4)),
        requirements=reader.optional_bits(members.get(0x88)),
        session_requirements=reader.optional_bits(members.get(0x89)),
        user_data=reader.user_data(members),
    )


def _read_cpa(reader: _Reader) -> CPA:
    mode, members = reader.mode_and_parameters(_CPA_TAGS)
    return CPA(
        mode=mode,
        protocol_version=reader.optional_bits(members.get(0x80)),
        responding_selector=reader.optional_octets(members.get(0x83)),
        results=reader.results(members.get(0xA5)),
        requirements=reader.optional_bits(members.get(0x88)),
        session_requirements=reader.optional_bits(members.get(0x89)),
        user_data=reader.user_data(members),
    )


def _read_cpr(reader: _Reader) -> CPR:
    members = reader.members(reader.expect(SEQUENCE), _CPR_TAGS)
    return CPR(
        protocol_version=reader.optional_bits(members.get(0x80)),
        responding_selector=reader.optional_octets(members.get(0x83)),
        results=reader.results(members.get(0xA5)),
        default_result=reader.optional_integer(members.get(0x87)),
        provider_reason=reader.optional_integer(members.get(0x8A)),
        user_data=reader.user_data(members),
    )


def _read_aru(reader: _Reader) -> ARU:
    members = reader.members(reader.expect(0xA0), (0xA0, *_USER_DATA))
    return ARU(contexts=reader.identifiers(members.get(0xA0)), user_data=reader.user_data(members))


def _read_arp(reader: _Reader) -> ARP:
    members = reader.members(reader.expect(SEQUENCE), (0x80, 0x81))
    return ARP(
        provider_reason=reader.optional_integer(members.get(0x80)),
        event_identifier=reader.optional_integer(members.get(0x81)),
    )


def _read_user_data(reader: _Reader) -> UserData:
    root = reader.root()
    if root.tag not in _USER_DATA:
        raise reader.fault(0, f"tag {root.tag:02X} in place of user data")
    return reader.user_data_of(root)


_READERS: Final[dict[str, Callable[[_Reader], Ppdu]]] = {
    "PRES.CP": _read_cp,
    "PRES.CPA": _read_cpa,
    "PRES.CPR": _read_cpr,
    "PRES.ARU": _read_aru,
    "PRES.ARP": _read_arp,
    "PRES.TD": lambda reader: TD(_read_user_data(reader)),
    "PRES.UD": lambda reader: UD(_read_user_data(reader)),
}


@lru_cache(maxsize=16)
def decode(name: str, octets: bytes) -> tuple[Ppdu, tuple[Deviation, ...]]:
    """Return the PPDU called ``name`` that ``octets`` are, and its deviations of form.

    Octets inside presentation data values are not looked at. Most associations begin and end with the same
    PPDUs as others before: they are read once. Raises PresentationError.
    """
    reader = _Reader(octets)
    ppdu = _READERS[name](reader)
    return ppdu, tuple(reader.deviations)


def abort_name(octets: bytes) -> str:
    """Return which PPDU the user data of a session ABORT are."""
    return "PRES.ARP" if octets[:1] == bytes((SEQUENCE,)) else "PRES.ARU"


def single_pdv(octets: bytes, start: int) -> Pdv | None:
    """Return the one PDV of user data in the form that everybody sends, None for any other form.

    ``octets`` holds the user data from ``start`` to its end. The way of every data transfer: user data that
    this function reads have no deviation, all others take :func:`decode`.
    """
    end = len(octets)
    length = end - start
    if length < 9:
        return None
    context = octets[start + 6]
    if length < 0x82 and context < 0x80:
        # All lengths in one octet each: then there is but one way to write what precedes the value.
        header = bytes((_FULLY, length - 2, SEQUENCE, length - 4, INTEGER, 1, context, 0xA0, length - 9))
        return Pdv(context, octets[start + 9 :]) if octets.startswith(header, start) else None
    position = start
    for tag in (_FULLY, SEQUENCE):
        if octets[position] != tag:
            return None
        position = _minimal_length(octets, position + 1, end)
        if not position:
            return None
    context = octets[position + 2] if position + 5 <= end else 0x80
    if context >= 0x80 or octets[position : position + 2] != b"\x02\x01" or octets[position + 3] != 0xA0:
        return None
    position = _minimal_length(octets, position + 4, end)
    return Pdv(context, octets[position:]) if position else None


def _minimal_length(octets: bytes, position: int, end: int) -> int:
    """Return where the content begins whose length octets stand at ``position``.

    0 when the length is not minimal, or when the content does not end at ``end``.
    """
    if position >= end:
        return 0
    length = octets[position]
    position += 1
    if length > 0x80:
        size = length & 0x7F
        length = int.from_bytes(octets[position : position + size], "big")
        if length < 0x80 or not octets[position]:
            return 0
        position += size
    elif length == 0x80:
        return 0
    return position if position + length == end else 0
