"""Distinguished names: their attributes, their text, and the titles that Annex G puts into them.

Names are compared octet by octet (decision 37), so nothing here normalises anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from conform62351.profiles.pki.reading import (
    OBJECT_IDENTIFIER,
    SEQUENCE,
    SET,
    Series,
    dotted_identifier,
    fail,
    identifier,
    read,
)
from conform62351.profiles.tlv import Limits

OBJECT_IDENTIFIER_ATTRIBUTE: Final = "2.5.4.106"
"""The attribute objectIdentifier: AP-title arcs followed by the AE-qualifier (Annex G, N)."""
JID_ATTRIBUTE: Final = "2.5.4.105"
"""The attribute jid of the XMPP environment (I)."""

NAME_LIMITS: Final = Limits(depth=8, count=2000, length=65_536)
_CACHED_OCTETS: Final = 1024
_SHOWN_CHARACTERS: Final = 800
"""Of a name as text at most: it stands in findings and logs, whatever a peer calls itself."""

_SHORT: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "givenName",
    "2.5.4.45": "uniqueIdentifier",
    "2.5.4.97": "organizationIdentifier",
    JID_ATTRIBUTE: "jid",
    OBJECT_IDENTIFIER_ATTRIBUTE: "objectIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_STRINGS: Final = {
    0x0C: ("UTF8String", "utf-8"),
    0x12: ("NumericString", "ascii"),
    0x13: ("PrintableString", "ascii"),
    0x14: ("TeletexString", "latin-1"),
    0x16: ("IA5String", "ascii"),
    0x1A: ("VisibleString", "ascii"),
    0x1C: ("UniversalString", "utf-32-be"),
    0x1E: ("BMPString", "utf-16-be"),
}
_DOTTED: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,39})){1,63}")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a name: its type, the tag of its value, the value's content octets and whole TLV."""

    oid: str
    tag: int
    content: bytes
    octets: bytes

    @property
    def form(self) -> str:
        """The ASN.1 type of the value; its tag in hexadecimal where that is no type used in names."""
        if self.tag == OBJECT_IDENTIFIER:
            return "OBJECT IDENTIFIER"
        return _STRINGS[self.tag][0] if self.tag in _STRINGS else f"tag {self.tag:02X}"

    @property
    def text(self) -> str | None:
        """The value as text, an OBJECT IDENTIFIER in dotted form; None when it is neither or cannot be
        read."""
        if self.tag == OBJECT_IDENTIFIER:
            return dotted_identifier(self.content)
        try:
            return self.content.decode(_STRINGS[self.tag][1]) if self.tag in _STRINGS else None
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name: the attributes of each RDN, in the order of the octets."""

    rdns: tuple[tuple[Attribute, ...], ...]

    def attributes(self, oid: str) -> tuple[Attribute, ...]:
        """Return the attributes of type ``oid``."""
        return tuple(attribute for rdn in self.rdns for attribute in rdn if attribute.oid == oid)

    def __str__(self) -> str:
        text = ",".join("+".join(map(_written, rdn)) for rdn in reversed(self.rdns))
        return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


@dataclass(frozen=True, slots=True)
class TitleReading:
    """The value of an attribute 2.5.4.106 as text, dotted where it is conforming, and its ASN.1 type."""

    value: str
    form: str

    @property
    def dotted(self) -> bool:
        """Whether the value is an object identifier in dotted form."""
        return _DOTTED.fullmatch(self.value) is not None


def read_name(octets: bytes) -> Name:
    """Return the Name whose DER is ``octets``. Raises DerError."""
    return _read_cached(octets) if len(octets) <= _CACHED_OCTETS else _read(octets)


def _read(octets: bytes) -> Name:
    found = read(octets, "name", NAME_LIMITS)
    rdns = []
    for rdn in found.root.children:
        if rdn.tag != SET or not rdn.children:
            fail(rdn, "name", "an RDN that is no SET of attributes")
        attributes = []
        for node in rdn.children:
            if node.tag != SEQUENCE or len(node.children) != 2:
                fail(node, "name", "an attribute that is no pair of type and value")
            kind, value = Series(node, "name").take(OBJECT_IDENTIFIER, "type"), node.children[1]
            oid = identifier(found, kind, "attribute type")
            attributes.append(Attribute(oid, value.tag, found.content(value), found.whole(value)))
        rdns.append(tuple(attributes))
    return Name(tuple(rdns))


_read_cached = lru_cache(maxsize=512)(_read)


def title_of(name: Name) -> TitleReading | None:
    """Return the first attribute 2.5.4.106 of ``name``, None when there is none that is text."""
    for attribute in name.attributes(OBJECT_IDENTIFIER_ATTRIBUTE):
        text = attribute.text
        if text is not None:
            return TitleReading(text, attribute.form)
    return None


def entity_title(ap_title: str, ae_qualifier: int) -> str:
    """Return what the subject of the entity holds: the arcs of its AP-title, then its AE-qualifier (N)."""
    return f"{ap_title}.{ae_qualifier}"


def _written(attribute: Attribute) -> str:
    kind = _SHORT.get(attribute.oid, attribute.oid)
    text = attribute.text
    if text is None:
        return f"{kind}=#{attribute.octets[:64].hex()}"
    return f"{kind}={_escaped(text[:256])}"


def _escaped(text: str) -> str:
    """Return ``text`` as RFC 4514 escapes it, with everything that a terminal would obey in hexadecimal."""
    pieces = [
        f"\\{character}"
        if character in '"+,;<>\\'
        else character
        if character.isprintable()
        else "".join(f"\\{octet:02X}" for octet in character.encode("utf-8", "surrogatepass"))
        for character in text
    ]
    if pieces and pieces[0] in (" ", "#"):
        pieces[0] = "\\" + pieces[0]
    if len(pieces) > 1 and pieces[-1] == " ":
        pieces[-1] = "\\ "
    return "".join(pieces)
