"""Which SecPDU octets are, by the notation that a device goes by."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

import msgspec

from conform62351.profiles.asn1.types import ChoiceType, Type
from conform62351.profiles.native.ber import codec_of
from conform62351.profiles.native.codec import Carrier, Decoded, SecPduError
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer
from conform62351.profiles.spec.data import SpecData, own_data
from conform62351.profiles.spec.diagnostics import USUAL_EDITION
from conform62351.profiles.tlv import Tlv, TlvError, walk

_ENUMERATED: Final = 0x0A
_OCTET_STRINGS: Final = (0x04, 0x24)
_SINGLE: Final = {
    Carrier.AARQ: "HandshakeReq",
    Carrier.RLRQ: "ReleaseReq",
    Carrier.RLRE: "ReleaseRsp",
    Carrier.DATA: ClearTransfer.__name__,
}
_CHOICES: Final[Mapping[Carrier, tuple[str, Mapping[str, str]]]] = {
    Carrier.AARE: (
        "HandshakeRsp",
        {
            "assoAccept": "HandshakeAcc",
            "applReject": "ApplicationReject",
            "secReject": "HandshakeSecReject",
        },
    ),
    Carrier.ABRT: (
        "AssoAbort",
        {
            "handshakeSecAbort": "HandshakeSecAbort",
            "dtSecAbort": "DtSecAbort",
            "applAbort": "ApplAbort",
            "osiDiagnostics": "osiDiagnostics",
        },
    ),
}
"""Notation and names of the SecPDUs in carriers that hold one of several, by the alternative."""
_WITH_DIAGNOSTICS: Final = ("HandshakeSecReject", "HandshakeSecAbort", "DtSecAbort")
_AMBIGUOUS: Final = {
    "E2E.ApplicationReject": "E2E.DtSecAbort",
    "E2E.HandshakeSecReject": "E2E.ApplAbort",
    "E2E.ReleaseReq": "E2E.ReleaseRsp",
}


class Recognized(msgspec.Struct, frozen=True):
    """Which SecPDU octets are: ``type`` is the one of the notation. ``other`` is what they may be as well."""

    carrier: Carrier
    name: str
    type: str
    decoded: Decoded | SecPduError
    other: str = ""


class SecPduForms:
    """The forms of SecPDUs as spec data have them."""

    def __init__(self, data: SpecData) -> None:
        self._codec = codec_of(data, USUAL_EDITION)
        self._single = {carrier: data.notation.type(name) for carrier, name in _SINGLE.items()}
        self._chosen = {
            carrier: _by_tag(data.notation.type(choice), names)
            for carrier, (choice, names) in _CHOICES.items()
        }

    def is_chosen(self, begin: int) -> bool:
        """Return whether one of several in a carrier begins so."""
        return any(begin in names for names in self._chosen.values())

    def is_single(self, begin: int) -> bool:
        """Return whether one that its carrier alone tells begins so."""
        return any(kind.begins(begin) for kind in self._single.values())

    def recognized(self, octets: bytes, carrier: Carrier | None) -> Recognized | None:
        """Return which SecPDU ``octets`` are; None when they begin as none does.

        One that does not fit its carrier is told by its form, as one that stands alone (None) is.
        """
        candidates = [] if carrier is None else [carrier]
        candidates += [one for one in self._guessed(octets) if one is not carrier]
        first: Recognized | None = None
        for candidate in candidates:
            found = self._as(candidate, octets)
            if found is None:
                continue
            if isinstance(found.decoded, Decoded):
                is_open = carrier is None and self._is_ambiguous(octets)
                return msgspec.structs.replace(found, other=_AMBIGUOUS.get(found.name, "") if is_open else "")
            first = first or found
        return first

    def _as(self, carrier: Carrier, octets: bytes) -> Recognized | None:
        """Return what octets are in a carrier, None where it holds nothing that begins so."""
        begin = octets[0] if octets else 0
        decoded: Decoded | SecPduError
        try:
            decoded = self._codec.decode(carrier, octets)
        except SecPduError as error:
            decoded = error
        if carrier in _CHOICES:
            name = self._chosen[carrier].get(begin)
            return None if name is None else Recognized(carrier, f"E2E.{name}", _CHOICES[carrier][0], decoded)
        if not self._single[carrier].begins(begin):
            return None
        name = _SINGLE[carrier] if carrier is not Carrier.DATA else _transfer(octets, decoded)
        return Recognized(carrier, f"E2E.{name}", name, decoded)

    def _guessed(self, octets: bytes) -> tuple[Carrier, ...]:
        """Return the carriers that a SecPDU may be of, the likelier first."""
        begin = octets[0] if octets else 0
        if self.is_single(begin):
            return Carrier.AARQ, Carrier.DATA, Carrier.RLRQ
        second = _second(octets)
        if second is not None:
            is_diagnostic = second.tag == _ENUMERATED
            fits = {
                carrier: (names.get(begin) in _WITH_DIAGNOSTICS) == is_diagnostic
                for carrier, names in self._chosen.items()
            }
            if fits[Carrier.ABRT] and not fits[Carrier.AARE]:
                return Carrier.ABRT, Carrier.AARE
        return Carrier.AARE, Carrier.ABRT

    def _is_ambiguous(self, octets: bytes) -> bool:
        in_both = all(octets[0] in names for names in self._chosen.values())
        return self.is_single(octets[0]) or (in_both and _second(octets) is None)


@functools.cache
def own_forms() -> SecPduForms:
    """Return the forms of this project's own data."""
    return SecPduForms(own_data())


def _by_tag(choice: Type, names: Mapping[str, str]) -> dict[int, str]:
    """Return the names of SecPDUs by the octets that an alternative begins with."""
    found: dict[int, str] = {}
    if isinstance(choice, ChoiceType):
        for alternative, name in names.items():
            found |= dict.fromkeys(choice.alternatives[alternative].tags or (), name)
    return found


def _transfer(octets: bytes, decoded: Decoded | SecPduError) -> str:
    if isinstance(decoded, Decoded):
        return type(decoded.pdu).__name__
    inner = _second(octets)
    encrypted = inner is not None and inner.tag in _OCTET_STRINGS
    return (EncrTransfer if encrypted else ClearTransfer).__name__


def _second(octets: bytes) -> Tlv | None:
    """Return the second element within the first one of a value."""
    try:
        inner = walk(octets).root.children[0].children
    except (TlvError, IndexError):
        return None
    return inner[1] if len(inner) > 1 else None
