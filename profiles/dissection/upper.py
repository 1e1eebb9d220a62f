"""SPDUs, PPDUs, APDUs and MMS PDUs as trees, down to every TLV.

The structure is read TLV by TLV, so that a fault ends only the value that it stands in. The codecs of the
layers then say what else is wrong; they are not needed for the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from conform62351.profiles.compatibility.examination import AUTHENTICATION_SYNTAX, MECHANISM, VALUE
from conform62351.profiles.compatibility.value import decode_value
from conform62351.profiles.dissection.authentication import read_authentication
from conform62351.profiles.dissection.fields import SPDU_NAMES, length_indicator, spdu_fields
from conform62351.profiles.dissection.notation import SECPDUS, Meaning, notation
from conform62351.profiles.dissection.sealed import SecPduDissector
from conform62351.profiles.dissection.tlvtree import TlvTree, key_of, unreadable
from conform62351.profiles.dissection.tree import (
    ACSE,
    BER,
    CMP,
    E2E,
    MMS,
    PRES,
    SES,
    Node,
    Report,
    Source,
)
from conform62351.profiles.dissection.unsealing import Conversation
from conform62351.profiles.dissection.values import hexadecimal
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.mms import codec as mms
from conform62351.profiles.osi import acse, presentation, session
from conform62351.profiles.osi.apdu import AARE, AARQ, Apdu
from conform62351.profiles.osi.ber import Deviation
from conform62351.profiles.osi.ppdu import CP
from conform62351.profiles.tlv import Anomaly as BerAnomaly
from conform62351.profiles.tlv import Tlv

_EXTERNAL: Final = b"\x28"
MAX_TSDU: Final = 1 << 20
"""Octets of one TSDU that are looked at."""

CARRIED: Final = {
    "SES.CN": "PRES.CP",
    "SES.AC": "PRES.CPA",
    "SES.RF": "PRES.CPR",
    "SES.FN": "PRES.UD",
    "SES.DN": "PRES.UD",
    "SES.DT": "PRES.TD",
}
"""The PPDU in the user data of an SPDU; that of an ABORT tells itself."""
APDUS: Final = {0x60: "ACSE.AARQ", 0x61: "ACSE.AARE", 0x62: "ACSE.RLRQ", 0x63: "ACSE.RLRE", 0x64: "ACSE.ABRT"}
_TYPES: Final = {
    "PRES.CP": ("presentation", "CP-type"),
    "PRES.CPA": ("presentation", "CPA-PPDU"),
    "PRES.CPR": ("presentation", "CPR-PPDU"),
    "PRES.ARU": ("presentation", "ARU-PPDU"),
    "PRES.ARP": ("presentation", "ARP-PPDU"),
    "PRES.TD": ("presentation", "User-data"),
    "PRES.UD": ("presentation", "User-data"),
}


class UpperDissector:
    """Dissects what a TSDU holds; ``contexts`` (number, abstract syntax) grows with every CP met.

    ``talk`` knows the associations of native mode of the connection.
    """

    def __init__(self, report: Report, contexts: dict[int, str], talk: Conversation) -> None:
        self.report = report
        self.contexts = contexts
        self._depth = 0
        self._carrier = ""
        self._talk = talk
        self._sealed = SecPduDissector(self, talk)
        self.carried: Mapping[str, Mapping[str, Callable[[Source], Node | None]]] = {
            CMP: {"certificate": self.certificate},
            E2E: self._sealed.carried,
        }

    def session(self, source: Source) -> Node:
        """Return an SPDU."""
        octets = source.octets
        name = session.name_of(octets)
        if len(octets) > MAX_TSDU:
            message = f"a TSDU of {len(octets)} octets, more than {MAX_TSDU} are not looked into"
            self.report.add(source.at(0), SES, "limit", message)
            return _pdu(SES, name, source, children=(unreadable(SES, source, 0),))
        self._decode(SES, source, lambda: session.decode(octets)[1])
        children = list(self._data_transfer(source) if name == "SES.DT" else self._unit(source, name))
        return _pdu(SES, name, source, SPDU_NAMES.get(name, ""), tuple(children))

    def _data_transfer(self, source: Source) -> Iterator[Node]:
        """Yield GIVE TOKENS, DATA TRANSFER and what follows them."""
        octets = source.octets
        position = 0
        for header in ("GIVE TOKENS", "DATA TRANSFER"):
            bounds = length_indicator(octets, position + 1, len(octets))
            if bounds is None or octets[position] != 1:
                yield unreadable(SES, source, position)
                return
            start, end = bounds
            yield _header(source, position, start, header)
            yield from (node for node, _ in spdu_fields(source, start, end))
            position = end
        if position < len(octets):
            yield self.presentation(source.part(position, len(octets)), CARRIED["SES.DT"])

    def _unit(self, source: Source, name: str) -> Iterator[Node]:
        """Yield header, parameters and user data of an SPDU that stands alone."""
        octets = source.octets
        bounds = length_indicator(octets, 1, len(octets))
        if bounds is None or name not in SPDU_NAMES:
            yield unreadable(SES, source, 0)
            return
        start, end = bounds
        yield _header(source, 0, start, "SPDU identifier and length indicator")
        for node, carried in spdu_fields(source, start, end):
            if carried is None or not carried.octets:
                yield node
                continue
            inner = self.presentation(carried, CARRIED.get(name) or presentation.abort_name(carried.octets))
            yield Node(SES, node.name, node.offset, node.length, node.value, (inner,), node.tag)
        if end < len(octets):
            yield unreadable(SES, source, end)

    def presentation(self, source: Source, name: str) -> Node:
        """Return the PPDU called ``name``."""
        try:
            ppdu, deviations = presentation.decode(name, source.octets)
            self._deviations(PRES, source, deviations)
            if isinstance(ppdu, CP):
                self.contexts.update({item.id: item.abstract_syntax for item in ppdu.contexts or ()})
        except ProtocolError as error:
            self._fault(PRES, source, error)
        with self._carried_by(name):
            return self._value(source, PRES, name, _TYPES[name], checked=True)

    def value(self, source: Source, context: int | None) -> Node:
        """Return the value of a presentation context: an APDU, an MMS PDU, or TLVs of no known meaning."""
        syntax = (
            self._talk.spec.identifiers.name_of(self.contexts.get(context, ""))
            if context is not None
            else None
        )
        first = source.octets[0] if source.octets else 0
        if syntax == "mmsAuthenticationAS":
            type_ = ("authentication", "MMS-Authentication-value")
            return self._value(source, CMP, VALUE, type_, checked=False)
        if syntax == "acse-abstract-syntax" or (syntax is None and first in APDUS):
            return self.acse(source)
        if syntax == "e2eSecurityAS" or (
            syntax is None and self._sealed.is_secpdu(source.octets, self._carrier)
        ):
            return self.secpdu(source)
        if syntax == "mms-abstract-syntax" or (syntax is None and first & 0xC0 == 0x80):
            return self.mms(source)
        return self._value(source, BER, syntax or "value", None, checked=False)

    def acse(self, source: Source) -> Node:
        """Return an APDU."""
        name = APDUS.get(source.octets[0] if source.octets else 0)
        if name is None:
            self.report.add(source.at(0), ACSE, "undecodable", "no APDU of ACSE begins so")
            return self._value(source, BER, "value", None, checked=False)
        value = None
        try:
            apdu, deviations = acse.decode(name, source.octets)
        except ProtocolError as error:
            self._fault(ACSE, source, error)
        else:
            self._deviations(ACSE, source, deviations)
            self._judge_titles(source, apdu)
            if isinstance(apdu, AARQ | AARE) and apdu.mechanism_name == MECHANISM:
                value = apdu.authentication_value
        type_ = ("acse", f"{name.removeprefix('ACSE.')}-apdu")
        if value is None:
            with self._carried_by(name):
                return self._value(source, ACSE, name, type_, checked=True)
        with self._carried_by(name), self._authentication_context(value):
            node = self._value(source, ACSE, name, type_, checked=True)
        for member in node.children:
            if member.name.endswith("authentication-value") and member.children:
                self._authentication(member.children[0], value, name)
        return node

    def authentication(self, source: Source) -> Node:
        """Return an authentication value of compatibility mode."""
        with self._authentication_context(source.octets):
            node = self._value(source, CMP, VALUE, ("acse", "Authentication-value"), checked=False)
        self._authentication(node, source.octets, "")
        return node

    def secpdu(self, source: Source) -> Node:
        """Return a SecPDU of native mode, in the PDU that is being dissected."""
        return self._sealed.secpdu(source, self._carrier)

    @contextmanager
    def _carried_by(self, name: str) -> Iterator[None]:
        """Know the PDU that what follows is in."""
        kept, self._carrier = self._carrier, name
        yield
        self._carrier = kept

    @contextmanager
    def _authentication_context(self, value: bytes) -> Iterator[None]:
        """Know the context of an authentication value, also where nobody has proposed it."""
        number = None
        with suppress(ProtocolError):
            number = decode_value(value).context
        if number is None or number in self.contexts:
            yield
            return
        self.contexts[number] = AUTHENTICATION_SYNTAX
        yield
        del self.contexts[number]

    def _authentication(self, node: Node, octets: bytes, carrier: str) -> None:
        """Keep what an authentication value tells; its remarks are anomalies of its parts."""
        places = {part.name: part.offset for part in reversed(list(node.walk())) if part.layer == CMP}
        facts = read_authentication(octets, node.offset, carrier)
        self.report.authentications.append(facts)
        remarks: dict[tuple[int, str], list[str]] = {}
        for remark in facts.remarks:
            place = places.get(remark.part, node.offset)
            remarks.setdefault((place, remark.code), []).append(remark.message)
        for (place, code), messages in remarks.items():
            self.report.add(place, CMP, code, "; ".join(messages))

    def _judge_titles(self, source: Source, apdu: Apdu) -> None:
        """Note AP-titles without an AE-qualifier beside them, and the other way round."""
        for role in ("called", "calling", "responding"):
            title = getattr(apdu, f"{role}_ap_title", None)
            qualifier = getattr(apdu, f"{role}_ae_qualifier", None)
            if (title is None) is not (qualifier is None):
                missing = "AE-qualifier" if qualifier is None else "AP-title"
                self.report.add(source.at(0), ACSE, f"no-{role}-{missing}", f"no {role}-{missing}")

    def mms(self, source: Source) -> Node:
        """Return an MMS PDU."""
        checked = self._decode(MMS, source, lambda: mms.decode_pdu(source.octets).anomalies)
        tag = source.octets[0] if source.octets else 0
        meaning = notation("mms").top("MMSpdu", ("CONTEXT", tag & 0x1F)) if tag & 0xC0 == 0x80 else None
        if meaning is None:
            return self._value(source, BER, "value", None, checked=checked)
        name = f"MMS.{meaning.name.removeprefix('MMSpdu ')}"
        return self._value(source, MMS, name, ("mms", "MMSpdu"), checked=checked)

    def certificate(self, source: Source) -> Node:
        """Return a certificate in DER."""
        return self._value(source, BER, "Certificate", ("authentication", "Certificate"), checked=False)

    def attribute_certificate(self, source: Source) -> Node:
        """Return an attribute certificate in DER, whose parts have no names here."""
        return self._value(source, BER, "AttributeCertificate", None, checked=False)

    def typed(self, source: Source, layer: str, name: str, type_: tuple[str, str] | None) -> Node:
        """Return a value of a type of a notation (module, type), or one without."""
        return self._value(source, layer, name, type_, checked=False)

    @contextmanager
    def within(self, depth: int) -> Iterator[None]:
        """Dissect something that stands ``depth`` levels of TLVs deep."""
        kept, self._depth = self._depth, depth
        yield
        self._depth = kept

    def ber(self, source: Source) -> Node:
        """Return a TLV of no known meaning; an EXTERNAL has one wherever it stands."""
        if source.octets[:1] == _EXTERNAL:
            return self._value(source, BER, "EXTERNAL", ("acse", "External"), checked=False)
        return self._value(source, BER, "value", None, checked=False)

    def _decode(
        self, layer: str, source: Source, decode: Callable[[], Iterable[Deviation | BerAnomaly]]
    ) -> bool:
        """Note what a codec finds; return whether it could read the PDU."""
        try:
            self._deviations(layer, source, decode())
        except ProtocolError as error:
            self._fault(layer, source, error)
            return False
        return True

    def _deviations(self, layer: str, source: Source, deviations: Iterable[Deviation | BerAnomaly]) -> None:
        for deviation in deviations:
            self.report.add(source.at(deviation.offset), layer, str(deviation.code), deviation.message)

    def _fault(self, layer: str, source: Source, error: ProtocolError) -> None:
        self.report.add(source.at(error.offset), layer, "undecodable", error.message)

    def _value(
        self, source: Source, layer: str, name: str, type_: tuple[str, str] | None, *, checked: bool
    ) -> Node:
        """Return a PDU that is one TLV of a type of a notation (module, type)."""
        tree = TlvTree(self, source, layer, checked=checked)
        root = tree.read(0, len(source.octets))
        if root is None:
            return _pdu(layer, name, source, children=(unreadable(layer, source, 0),))
        meaning = self._meaning(type_, root) if type_ is not None else None
        made = tree.node(root, meaning, self._depth + 1, None)
        children = made.children
        if root.end < len(source.octets):
            message = f"{len(source.octets) - root.end} octets after the end of the value"
            self.report.add(source.at(root.end), layer, "trailing-octets", message)
            children += (unreadable(layer, source, root.end),)
        tag = root.identifier.hex().upper()
        return Node(
            layer, name, source.at(0), len(source.octets), made.value, children, tag, pdu=layer != BER
        )

    def _meaning(self, type_: tuple[str, str], root: Tlv) -> Meaning | None:
        """Return what a TLV is as a type of a module; what SecPDUs are made of say spec data."""
        module, name = type_
        found = self._talk.notation if module == SECPDUS else notation(module)
        return found.top(name, key_of(root))


def _pdu(layer: str, name: str, source: Source, value: str = "", children: tuple[Node, ...] = ()) -> Node:
    return Node(layer, name, source.at(0), len(source.octets), value, children, pdu=True)


def _header(source: Source, start: int, end: int, name: str) -> Node:
    return Node(SES, name, source.at(start), end - start, hexadecimal(source.octets[start:end]))
