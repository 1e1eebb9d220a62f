"""SecPDUs of native mode as trees: which one it is, its members, and what it carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from conform62351.profiles.dissection.forms import Recognized
from conform62351.profiles.dissection.secpdu import (
    SecPduFacts,
    read_secpdu,
    unreadable_facts,
)
from conform62351.profiles.dissection.tree import E2E, Node, Report, Source
from conform62351.profiles.dissection.unsealing import Conversation, Unsealed
from conform62351.profiles.native.codec import Carrier, Decoded, SecPduError
from conform62351.profiles.native.secpdus import DtSecAbort, HandshakeSecAbort, HandshakeSecReject

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
        self._forms = talk.forms
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
        is_single = self._forms.is_single(begin)
        one_of_several = expected in (None, Carrier.AARE, Carrier.ABRT)
        if not is_single and not (one_of_several and self._forms.is_chosen(begin)):
            return False
        found = self._forms.recognized(octets, expected)
        if found is None:
            return False
        return isinstance(found.decoded, Decoded) or (expected is not None and is_single)

    def secpdu(self, source: Source, carrier: str) -> Node:
        """Return a SecPDU; ``carrier`` is the PDU that it came in, empty where it stands alone."""
        expected = CARRIERS.get(carrier)
        found = self._forms.recognized(source.octets, expected)
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
