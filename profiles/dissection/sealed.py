"""SecPDUs of native mode as trees: which one it is, its members, and what it carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

import msgspec

from conform62351.profiles.dissection.secpdu import (
    SecPduFacts,
    read_secpdu,
    unreadable_facts,
)
from conform62351.profiles.dissection.tree import E2E, Node, Report, Source
from conform62351.profiles.dissection.unsealing import Conversation, Unsealed
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Carrier, Decoded, SecPduError
from conform62351.profiles.native.secpdus import DtSecAbort, HandshakeSecAbort, HandshakeSecReject
from conform62351.profiles.tlv import Tlv, TlvError, walk

CARRIERS: Final = {
    "ACSE.AARQ": Carrier.AARQ,
    "ACSE.AARE": Carrier.AARE,
    "ACSE.ABRT": Carrier.ABRT,
    "ACSE.RLRQ": Carrier.RLRQ,
    "ACSE.RLRE": Carrier.RLRE,
    "PRES.TD": Carrier.DATA,
}
SECPDU: Final = "E2E.SecPDU"
"""The name of octets that are none of the SecPDUs."""

_SEQUENCE: Final = 0x30
_ENUMERATED: Final = 0x0A
_OCTET_STRINGS: Final = (0x04, 0x24)
_CODEC: Final = BerCodec()
_SINGLE: Final = {
    Carrier.AARQ: "HandshakeReq",
    Carrier.RLRQ: "ReleaseReq",
    Carrier.RLRE: "ReleaseRsp",
}
_CHOICES: Final[Mapping[Carrier, tuple[str, Mapping[int, str]]]] = {
    Carrier.AARE: (
        "HandshakeRsp",
        {0xA0: "HandshakeAcc", 0xA1: "ApplicationReject", 0xA2: "HandshakeSecReject"},
    ),
    Carrier.ABRT: (
        "AssoAbort",
        {0xA0: "HandshakeSecAbort", 0xA1: "DtSecAbort", 0xA2: "ApplAbort", 0x83: "osiDiagnostics"},
    ),
}
"""Notation and names of the SecPDUs in carriers that hold one of several, by their first octet."""
_CHOSEN: Final = frozenset(begin for _, names in _CHOICES.values() for begin in names)
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


def recognized(octets: bytes, carrier: Carrier | None) -> Recognized | None:
    """Return which SecPDU ``octets`` are; None when they begin as none does.

    One that does not fit its carrier is told by its form, as one that stands alone (None) is.
    """
    candidates = [] if carrier is None else [carrier]
    guess = _guessed(octets)
    candidates += [one for one in guess if one is not carrier]
    first: Recognized | None = None
    for candidate in candidates:
        found = _as(candidate, octets)
        if found is None:
            continue
        if isinstance(found.decoded, Decoded):
            other = _AMBIGUOUS.get(found.name, "") if carrier is None and _is_ambiguous(octets) else ""
            return msgspec.structs.replace(found, other=other)
        first = first or found
    return first


def _as(carrier: Carrier, octets: bytes) -> Recognized | None:
    """Return what octets are in a carrier, None where it holds nothing that begins so."""
    begin = octets[0] if octets else 0
    if carrier in _CHOICES:
        kind, names = _CHOICES[carrier]
        name = names.get(begin)
        if name is None:
            return None
    elif begin != _SEQUENCE:
        return None
    else:
        name = kind = _SINGLE.get(carrier) or _transfer(octets)
    decoded: Decoded | SecPduError
    try:
        decoded = _CODEC.decode(carrier, octets)
    except SecPduError as error:
        decoded = error
    return Recognized(carrier, f"E2E.{name}", kind, decoded)


def _transfer(octets: bytes) -> str:
    inner = _second(octets, 0)
    return "EncrTransfer" if inner is not None and inner.tag in _OCTET_STRINGS else "ClearTransfer"


def _second(octets: bytes, place: int) -> Tlv | None:
    """Return the second element within an element of a value."""
    try:
        inner = walk(octets).root.children[place].children
    except (TlvError, IndexError):
        return None
    return inner[1] if len(inner) > 1 else None


def _guessed(octets: bytes) -> tuple[Carrier, ...]:
    """Return the carriers that a SecPDU may be of, the likelier first."""
    begin = octets[0] if octets else 0
    if begin == _SEQUENCE:
        return Carrier.AARQ, Carrier.DATA, Carrier.RLRQ
    second = _second(octets, 0)
    is_diagnostic = second is not None and second.tag == _ENUMERATED
    if (begin == 0xA1 and is_diagnostic) or (begin == 0xA2 and second is not None and not is_diagnostic):
        return Carrier.ABRT, Carrier.AARE
    return Carrier.AARE, Carrier.ABRT


def _is_ambiguous(octets: bytes) -> bool:
    return octets[0] == _SEQUENCE or (octets[0] in (0xA1, 0xA2) and _second(octets, 0) is None)


class Upper(Protocol):
    """Who dissects what SecPDUs carry."""

    report: Report

    def certificate(self, source: Source) -> Node:
        """Return a certificate."""

    def attribute_certificate(self, source: Source) -> Node:
        """Return an attribute certificate."""

    def mms(self, source: Source) -> Node:
        """Return a PDU of the protected protocol."""

    def within(self, depth: int) -> AbstractContextManager[None]:
        """Dissect something that stands ``depth`` levels of TLVs deep."""

    def typed(self, source: Source, layer: str, name: str, type_: tuple[str, str] | None) -> Node:
        """Return a value of a type of a notation."""


class SecPduDissector:
    """Dissects the SecPDUs of a connection; ``talk`` knows its associations and their secrets."""

    def __init__(self, upper: Upper, talk: Conversation) -> None:
        self._upper = upper
        self._talk = talk
        self._unsealed: Unsealed | None = None
        self.carried: Mapping[str, Callable[[Source], Node | None]] = {
            "PKCert": upper.certificate,
            "certificate": upper.certificate,
            "ACert": upper.attribute_certificate,
            "ApplData": upper.mms,
            "Encrypted-ApplData": self._decrypted,
        }
        """What stands in members, by type or name."""

    def is_secpdu(self, octets: bytes, carrier: str) -> bool:
        """Return whether a value of a context that is not known is a SecPDU rather than a PDU of MMS.

        A PDU of MMS begins with a context tag, where that of the data may be one of a SecPDU too.
        """
        begin = octets[0] if octets else 0
        expected = CARRIERS.get(carrier)
        one_of_several = expected is None or expected in _CHOICES
        if begin != _SEQUENCE and not (one_of_several and begin in _CHOSEN):
            return False
        found = recognized(octets, expected)
        if found is None:
            return False
        return isinstance(found.decoded, Decoded) or (expected is not None and begin == _SEQUENCE)

    def secpdu(self, source: Source, carrier: str) -> Node:
        """Return a SecPDU; ``carrier`` is the PDU that it came in, empty where it stands alone."""
        expected = CARRIERS.get(carrier)
        found = recognized(source.octets, expected)
        if found is None:
            message = "no SecPDU begins so"
            facts = unreadable_facts(SECPDU, carrier, source.at(0), message)
            return self._told(self._upper.typed(source, E2E, SECPDU, None), facts)
        if isinstance(found.decoded, SecPduError):
            message = f"octet {found.decoded.offset}: {found.decoded.message}"
            facts = unreadable_facts(found.name, carrier, source.at(0), message)
        else:
            facts = read_secpdu(found.decoded, source.octets, source.at(0), carrier, self._talk)
            if expected is not None and found.carrier is not expected:
                message = f"a {found.name.removeprefix('E2E.')} in {carrier}, which does not carry it"
                self._upper.report.add(source.at(0), E2E, "carrier", message)
        self._unsealed = facts.unsealed
        try:
            node = self._upper.typed(source, E2E, found.name, ("e2e", found.type))
        finally:
            self._unsealed = None
        text = _summary(found, facts)
        return self._told(replace(node, value=text) if text else node, facts)

    def _told(self, node: Node, facts: SecPduFacts) -> Node:
        """Keep what a SecPDU tells; its remarks are anomalies of its members."""
        report = self._upper.report
        report.secpdus.append(facts)
        places = {part.name: part.offset for part in reversed(list(node.walk())) if part.layer == E2E}
        remarks: dict[tuple[int, str], list[str]] = {}
        for remark in facts.remarks:
            place = places.get(remark.part, node.offset)
            remarks.setdefault((place, remark.code), []).append(remark.message)
        for (place, code), messages in remarks.items():
            report.add(place, E2E, code, "; ".join(messages))
        return node

    def _decrypted(self, source: Source) -> Node | None:
        """Return what was encrypted, at the places of the octets that it was encrypted to."""
        data = None if self._unsealed is None else self._unsealed.data
        if not data or len(data) > len(source.octets):
            return None
        made = self._upper.mms(source.standing_for(data))
        return replace(made, value=f"decrypted {made.value}".rstrip())


def _summary(found: Recognized, facts: SecPduFacts) -> str:
    """Return what is worth to be said beside the name of a SecPDU."""
    if found.other:
        return f"or {found.other.removeprefix('E2E.')}: only its carrier could tell"
    if facts.protection:
        return facts.protection
    pdu = found.decoded.pdu if isinstance(found.decoded, Decoded) else None
    if isinstance(pdu, HandshakeSecReject | HandshakeSecAbort | DtSecAbort) and pdu.diag is None:
        return "an alarm: without a diagnostic"
    return ""
