"""Presentation and ACSE of native mode: what carries SecPDUs, and the checks of the environment."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from conform62351.suites.selfcheck.independent.ber import Fields, Node, integer, oid, read, tlv
from conform62351.suites.selfcheck.independent.errors import Broken, EnvironmentBroken
from conform62351.suites.selfcheck.independent.link import (
    AB,
    AC,
    CN,
    CONNECT_HEAD,
    DN,
    DT,
    FN,
    RF,
    SESSION,
    Link,
    Spoil,
    item,
)

ACSE_SYNTAX, MMS_SYNTAX, E2E_SYNTAX = "2.2.1.0.1", "1.0.9506.2.1", "1.0.62351.4.1.1.1"
E2E_CONTEXT_NAME, BER = "1.0.62351.4.2.1", "2.1.1"
PRESENTATION = b"\0\0\0\1"
VERSION = b"\x80\2\7\x80"
ACCEPTED = tlv(0x30, b"\x80\1\0", oid(BER, 0x81))
REFUSED = tlv(0x30, b"\x80\1\2\x82\1\1")


@contextmanager
def faults_are(number: int) -> Iterator[None]:
    """Octets that do not decode are event 15.``number``."""
    try:
        yield
    except (Broken, IndexError) as error:
        raise EnvironmentBroken(number, f"does not decode: {error}") from None


@dataclass(frozen=True)
class Titles:
    """AP-title (dotted) and AE-qualifier."""

    ap_title: str
    ae_qualifier: int

    def __str__(self) -> str:
        return f"{self.ap_title}.{self.ae_qualifier}"

    def octets(self, ap_tag: int, ae_tag: int) -> bytes:
        """The two members of AARQ or AARE."""
        return tlv(ap_tag, oid(self.ap_title)) + tlv(ae_tag, integer(self.ae_qualifier))


@dataclass(frozen=True)
class Acse:
    """An ACSE APDU that was received: its members by tag, and what the EXTERNAL holds."""

    tag: int
    members: Mapping[int, Node]
    sec_pdu: bytes | None

    def number(self, tag: int) -> int | None:
        """An INTEGER, with or without the tag around it."""
        node = self.members.get(tag)
        if node is None:
            return None
        return (node.children[0] if tag & 0x20 else node).integer()

    def context_name(self) -> str:
        """The application context name."""
        node = self.members.get(0xA1)
        if node is None or [child.tag for child in node.children] != [6]:
            raise EnvironmentBroken(4, "no application context name")
        return node.children[0].oid()

    def titles(self, ap_tag: int, ae_tag: int) -> Titles | None:
        """AP-title and AE-qualifier, if both are there in the form of OBJECT IDENTIFIER and INTEGER."""
        if not {ap_tag, ae_tag} <= self.members.keys():
            return None
        ap_title, ae_qualifier = (self.members[tag].children[0] for tag in (ap_tag, ae_tag))
        if (ap_title.tag, ae_qualifier.tag) != (6, 2):
            return None
        return Titles(ap_title.oid(), ae_qualifier.integer())


class Stack(Link):
    """One connection up to ACSE; ``e2e`` is the number of the E2E context."""

    def __init__(self, sock: socket.socket, spoil: Spoil) -> None:
        super().__init__(sock, spoil)
        self.e2e: int | None = 5
        self.accepted = False
        self.called: Titles | None = None
        self.contexts = {1: ACSE_SYNTAX, 3: MMS_SYNTAX, 5: E2E_SYNTAX}

    # presentation

    def _pdv(self, context: int, octets: bytes) -> bytes:
        return tlv(0x61, tlv(0x30, integer(context), tlv(0xA0, octets)))

    def _user_data(self, node: Node | None, syntax: str) -> Node | None:
        if node is None:
            return None
        with faults_are(1):
            values = node.children
            if node.tag != 0x61 or len(values) != 1 or values[0].tag != 0x30:
                raise EnvironmentBroken(1, "presentation user data is one PDV-list (4-native, mapping)")
            fields = Fields(values[0], "PDV-list")
            fields.maybe(6)
            context = fields.take("presentation-context-identifier", 2).integer()
            if self.contexts.get(context) != syntax:
                raise EnvironmentBroken(3, f"data in context {context} (11-decisions 21)")
            inner = fields.take("single-ASN1-type", 0xA0).children
            if len(inner) != 1 or fields.rest:
                raise EnvironmentBroken(1, "a PDV holds one single-ASN1-type")
            return inner[0]

    def _connect_ppdu(self, name: str, acse: bytes) -> bytes:
        if name == "CP":
            contexts = b"".join(
                tlv(0x30, integer(number), oid(syntax), tlv(0x30, oid(BER)))
                for number, syntax in self.contexts.items()
            )
            selectors = tlv(0x81, PRESENTATION) + tlv(0x82, PRESENTATION)
            members = VERSION + selectors + tlv(0xA4, contexts)
        else:
            known = {ACSE_SYNTAX, MMS_SYNTAX, E2E_SYNTAX}
            results = b"".join(ACCEPTED if each in known else REFUSED for each in self.contexts.values())
            members = VERSION + tlv(0x83, PRESENTATION) + tlv(0xA5, results)
        members += self._pdv(self._number(ACSE_SYNTAX), acse)
        mode = tlv(0xA0, b"\x80\1\1")
        return self.out(name, tlv(0x30, members) if name == "CPR" else tlv(0x31, mode, tlv(0xA2, members)))

    def _number(self, syntax: str) -> int:
        return next((number for number, each in self.contexts.items() if each == syntax), 1)

    # ACSE

    def _external(self, sec_pdu: bytes | None) -> bytes:
        if sec_pdu is None or self.e2e is None:
            return b""
        return tlv(0xBE, self.out("EXTERNAL", tlv(0x28, integer(self.e2e), tlv(0xA0, sec_pdu))))

    def _acse(self, node: Node | None, *tags: int) -> Acse:
        if node is None or node.tag not in tags:
            raise EnvironmentBroken(4, f"ACSE APDU {tags} is due, {node} came")
        with faults_are(4):
            members = {member.tag: member for member in node.children}
        return Acse(node.tag, members, None)

    def _user_information(self, acse: Acse) -> Acse:
        """Look for exactly one EXTERNAL with the SecPDU (4-native, mapping)."""
        with faults_are(4):
            node = acse.members.get(0xBE)
            externals = node.children if node else []
            if len(externals) != 1 or externals[0].tag != 0x28:
                raise EnvironmentBroken(4, "user-information is exactly one EXTERNAL")
            fields = Fields(externals[0], "EXTERNAL")
            direct = fields.maybe(6)
            if direct is not None:
                self.notes.append("4-native, mapping: direct-reference in the EXTERNAL")
                if direct.oid() != BER:
                    raise EnvironmentBroken(4, "direct-reference other than 2.1.1")
            indirect = fields.maybe(2)
            if indirect is None or indirect.integer() != self.e2e:
                raise EnvironmentBroken(2, "indirect-reference is not the number of the E2E context")
            inner = fields.take("single-ASN1-type", 0xA0).children
            if fields.rest or len(inner) != 1:
                raise EnvironmentBroken(4, "the SecPDU is not one single-ASN1-type")
            return replace(acse, sec_pdu=inner[0].whole)

    # association, client

    def associate(self, sec_pdu: bytes, calling: Titles, called: Titles | None) -> None:
        """Send the AARQ in CP in CONNECT."""
        self.called = called
        members = tlv(0xA1, oid(E2E_CONTEXT_NAME)) + (called.octets(0xA2, 0xA3) if called else b"")
        members += calling.octets(0xA6, 0xA7) + self._external(sec_pdu)
        aarq = self.out("AARQ", tlv(0x60, b"\x80\2\7\x80", members))
        selectors = item(51, SESSION) + item(52, SESSION)
        self.send_spdu(CN, CONNECT_HEAD + selectors, self._connect_ppdu("CP", aarq))

    def associated(self) -> Acse:
        """Read the AARE or ABRT that answers; without user-information its ``sec_pdu`` is None."""
        si, parameters, data = self.receive_spdu()
        if si == AB:
            return self._aborted(data)
        with faults_are(1):
            if si == RF:
                reason = parameters.get(50, b"")
                if reason[:1] != b"\2":
                    raise EnvironmentBroken(1, f"REFUSE without CPR: {reason.hex()}")
                cpr = read(reason[1:], self.notes)
                members = {child.tag: child for child in cpr.children}
            elif si == AC:
                members = self._connect_members(read(data, self.notes), 0xA5)
            else:
                raise EnvironmentBroken(1, f"SPDU {si} answers CONNECT")
            listed = members[0xA5].children if 0xA5 in members else []
            if [each.whole for each in listed] != [ACCEPTED] * len(self.contexts):
                raise EnvironmentBroken(1, f"result list {[each.whole.hex() for each in listed]}")
        aare = self._acse(self._user_data(members.get(0x61), ACSE_SYNTAX), 0x61)
        with faults_are(4):
            result = aare.number(0xA2)
            if result not in ((1, 2) if si == RF else (0, 1, 2)):
                raise EnvironmentBroken(4, f"an AARE with result {result} in SPDU {si}")
        if result and si == AC:
            self.notes.append("2-osi, session: a rejecting AARE in CPA/ACCEPT")
        if result:
            return aare if 0xBE not in aare.members else self._user_information(aare)
        self.accepted = True
        if aare.context_name() != E2E_CONTEXT_NAME:
            raise EnvironmentBroken(6, "another application context name")
        for tag, number in ((0xA4, 12), (0xA5, 14)):
            if not self._is_called(aare, tag):
                raise EnvironmentBroken(number, "responding titles are the called ones (11-decisions 20)")
        if {0x88, 0x89, 0xAA} & aare.members.keys():
            raise EnvironmentBroken(16, "authentication members in AARE")
        return self._user_information(aare)

    def _is_called(self, aare: Acse, tag: int) -> bool:
        if tag not in aare.members:
            return False
        with faults_are(4):
            found = aare.members[tag].children[0]
        called = self.called.octets(0xA4, 0xA5) if self.called else b""
        return not called or found.whole in called

    # association, server

    def indicated(self, own: Titles) -> tuple[Acse, Titles]:
        """Read the AARQ; check it in the order of 11-decisions 21. Returns it and the calling titles."""
        si, parameters, data = self.receive_spdu()
        if si != CN or b"\x16\1\2" not in parameters.get(5, b""):
            raise EnvironmentBroken(1, "CONNECT of version 2 is due")
        self.contexts = {}
        with faults_are(1):
            members = self._connect_members(read(data, self.notes), 0xA4)
            for definition in members[0xA4].children:
                fields = Fields(definition, "context definition")
                number = fields.take("number", 2).integer()
                syntax = fields.take("abstract syntax", 6).oid()
                offered = [each.oid() for each in fields.take("transfer syntaxes", 0x30).children]
                self.contexts[number] = syntax if BER in offered else f"{syntax} without BER"
        by_syntax = {syntax: number for number, syntax in self.contexts.items()}
        self.e2e = by_syntax.get(E2E_SYNTAX)
        aarq = self._acse(self._user_data(members.get(0x61), ACSE_SYNTAX), 0x60)
        if aarq.context_name() != E2E_CONTEXT_NAME:
            raise EnvironmentBroken(5, "application context name", reject=2)
        if not {ACSE_SYNTAX, MMS_SYNTAX, E2E_SYNTAX} <= by_syntax.keys():
            raise EnvironmentBroken(1, f"contexts {self.contexts}")
        for tag, number, diagnostic in ((0xA6, 7, 3), (0xA7, 9, 6)):
            if tag not in aarq.members:
                raise EnvironmentBroken(number, "a calling title is missing", reject=diagnostic)
        for tag, title, number, diagnostic in (
            (0xA2, oid(own.ap_title), 11, 7),
            (0xA3, integer(own.ae_qualifier), 13, 10),
        ):
            if tag in aarq.members and [each.whole for each in aarq.members[tag].children] != [title]:
                raise EnvironmentBroken(number, "a called title is another's", reject=diagnostic)
        if {0x8A, 0x8B, 0xAC} & aarq.members.keys():
            raise EnvironmentBroken(15, "authentication members in AARQ")
        with faults_are(4):
            calling = aarq.titles(0xA6, 0xA7)
        if calling is None:
            raise EnvironmentBroken(7, "calling titles are not OBJECT IDENTIFIER and INTEGER", reject=3)
        return self._user_information(aarq), calling

    def accept(self, sec_pdu: bytes, own: Titles) -> None:
        """Send the accepting AARE in CPA in ACCEPT."""
        aare = self._aare(0, 0, own.octets(0xA4, 0xA5), sec_pdu)
        self.accepted = True
        self.send_spdu(AC, CONNECT_HEAD + item(52, SESSION), self._connect_ppdu("CPA", aare))

    def reject(self, sec_pdu: bytes | None, diagnostic: int, *, result: int = 1) -> None:
        """Send the rejecting AARE in CPR in REFUSE."""
        cpr = self._connect_ppdu("CPR", self._aare(result, diagnostic, b"", sec_pdu))
        self.send_tsdu(item(RF, b"\x11\1\1" + item(50, b"\2" + cpr)))

    def _aare(self, result: int, diagnostic: int, titles: bytes, sec_pdu: bytes | None) -> bytes:
        outcome = tlv(0xA2, integer(result)) + tlv(0xA3, tlv(0xA1, integer(diagnostic)))
        members = tlv(0xA1, oid(E2E_CONTEXT_NAME)) + outcome + titles + self._external(sec_pdu)
        return self.out("AARE", tlv(0x61, b"\x80\2\7\x80", members))

    @staticmethod
    def _connect_members(ppdu: Node, contexts: int) -> dict[int, Node]:
        inner = [child for child in ppdu.children if child.tag == 0xA2]
        members = {child.tag: child for child in inner[0].children} if inner else {}
        if ppdu.tag != 0x31 or contexts not in members:
            raise EnvironmentBroken(1, "not a CP or CPA of normal mode with its contexts")
        return members

    # data, release, abort

    def send(self, sec_pdu: bytes) -> None:
        """Send a SecPDU in a TD."""
        assert self.e2e is not None
        self.send_tsdu(b"\1\0\1\0" + self.out("TD", self._pdv(self.e2e, sec_pdu)))

    def receive(self) -> tuple[str, Acse | None, bytes]:
        """Read ``data``, ``release``, ``released`` or ``abort``."""
        si, _, data = self.receive_spdu()
        if si == AB:
            acse = self._aborted(data)
            return "abort", acse, acse.sec_pdu or b""
        kinds = {DT: "data", FN: "release", DN: "released"}
        if si not in kinds:
            raise EnvironmentBroken(1, f"SPDU {si} is out of place")
        with faults_are(1):
            ppdu = read(data, self.notes)
        node = self._user_data(ppdu, E2E_SYNTAX if si == DT else ACSE_SYNTAX)
        assert node is not None
        if si == DT:
            return "data", None, node.whole
        acse = self._user_information(self._acse(node, 0x62 if si == FN else 0x63))
        with faults_are(4):
            if acse.number(0x80) != 0:
                self.notes.append("11-decisions 18: reason normal (0) is sent")
        return kinds[si], acse, acse.sec_pdu or b""

    def release(self, sec_pdu: bytes, *, answer: bool = False) -> None:
        """Send the RLRQ in FINISH, or the RLRE in DISCONNECT."""
        acse = self.out(
            "RLRE" if answer else "RLRQ", tlv(0x63 if answer else 0x62, b"\x80\1\0", self._external(sec_pdu))
        )
        data = self._pdv(self._number(ACSE_SYNTAX), acse)
        self.send_spdu(DN if answer else FN, b"" if answer else b"\x11\1\1", data)

    def abort(self, sec_pdu: bytes | None) -> None:
        """Send the ABRT in ARU in ABORT, wait for the partner to close, and close."""
        number = self._number(ACSE_SYNTAX)
        abrt = self.out("ABRT", tlv(0x64, b"\x80\1\0", self._external(sec_pdu)))
        contexts = tlv(0xA0, tlv(0x30, integer(number), oid(BER)))
        aru = tlv(0xA0, b"" if self.accepted else contexts, self._pdv(number, abrt))
        with suppress(OSError):
            self.send_spdu(AB, b"\x11\1\3", aru)
        self.drain()

    def _aborted(self, data: bytes) -> Acse:
        """Read an ABRT; one with a fault ends the connection all the same."""
        try:
            return self._abrt(data)
        except EnvironmentBroken as error:
            self.notes.append(str(error))
            return Acse(0x64, {}, None)

    def _abrt(self, data: bytes) -> Acse:
        with faults_are(1):
            aru = read(data, self.notes)
            user = next((child for child in aru.children if child.tag == 0x61), None)
        if aru.tag != 0xA0 or user is None:
            return Acse(0x64, {}, None)
        abrt = self._acse(self._user_data(user, ACSE_SYNTAX), 0x64)
        with faults_are(4):
            if abrt.number(0x80) != 0 or 0x81 in abrt.members:
                self.notes.append("4-native, mapping: abort-source is the user's, no abort-diagnostic")
        return abrt if 0xBE not in abrt.members else self._user_information(abrt)


def osi_diagnostic(number: int) -> bytes:
    """AssoAbort, osiDiagnostics."""
    return integer(number, 0x83)
