"""APDUs of ACSE to octets and back (ITU-T X.227 clause 9, BER).

The notation is ``profiles/asn1/acse.asn``; the tests hold this module against it. Reading is done by hand,
because what is odd in a peer's APDU has to be read, told and kept octet by octet, down to the called AP-title
with an empty object identifier that a product sends.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi import encodings
from conform62351.profiles.osi.apdu import (
    AARE,
    AARQ,
    ABRT,
    RLRE,
    RLRQ,
    AeQualifier,
    Apdu,
    ApTitle,
    External,
    UserInformation,
)
from conform62351.profiles.osi.apdu_writer import encode
from conform62351.profiles.osi.ber import INTEGER, OBJECT_IDENTIFIER, BerReader, Deviation
from conform62351.profiles.tlv import Tlv

__all__ = ["AcseError", "decode", "encode", "name_of"]

_EXTERNAL: Final = 0x28
_OBJECT_DESCRIPTOR: Final = 0x07
_EXTERNAL_TAGS: Final = (OBJECT_IDENTIFIER, INTEGER, _OBJECT_DESCRIPTOR, 0x27, *encodings.TAGS)

_CONTEXT_NAME: Final = 0xA1
_IMPLEMENTATION: Final = 0x9D
_USER_INFORMATION: Final = 0xBE
_AARQ_TAGS: Final = (
    *(0x80, _CONTEXT_NAME, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0x8A, 0x8B, 0xAC, 0xAD),
    *(_IMPLEMENTATION, _USER_INFORMATION),
)
_AARE_TAGS: Final = (
    *(0x80, _CONTEXT_NAME, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0x88, 0x89, 0xAA, 0xAB),
    *(_IMPLEMENTATION, _USER_INFORMATION),
)


class AcseError(ProtocolError):
    """Octets that are not the APDU that they should be."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__("ACSE", offset, message)


class _Reader(BerReader):
    """A BER reader that knows the parts that APDUs share."""

    def __init__(self, octets: bytes) -> None:
        super().__init__(octets, "ACSE")

    def fault(self, offset: int, message: str) -> AcseError:
        return AcseError(offset, message)

    def apdu(self, name: str, tags: tuple[int, ...]) -> dict[int, Tlv]:
        """Return the members of the root, which must be the APDU called ``name``."""
        root = self.root()
        if root.tag != _TAGS[name]:
            found = _NAMES.get(root.tag, f"tag {root.tag:02X}")
            raise self.fault(0, f"{found} in place of {name}")
        return self.members(root, tags)

    def explicit_oid(self, node: Tlv | None) -> str | None:
        if node is None:
            return None
        inner = self.only(node)
        if inner.tag != OBJECT_IDENTIFIER:
            raise self.fault(inner.start, f"tag {inner.tag:02X} in place of an OBJECT IDENTIFIER")
        return self.object_identifier(inner)

    def explicit_integer(self, node: Tlv | None) -> int | None:
        if node is None:
            return None
        inner = self.only(node)
        if inner.tag != INTEGER:
            raise self.fault(inner.start, f"tag {inner.tag:02X} in place of an INTEGER")
        return self.integer(inner)

    def ap_title(self, node: Tlv | None) -> ApTitle | None:
        if node is None:
            return None
        inner = self.only(node)
        return self.object_identifier(inner) if inner.tag == OBJECT_IDENTIFIER else self.whole(inner)

    def ae_qualifier(self, node: Tlv | None) -> AeQualifier | None:
        if node is None:
            return None
        inner = self.only(node)
        return self.integer(inner) if inner.tag == INTEGER else self.whole(inner)

    def bits(self, node: Tlv | None) -> bytes | None:
        return None if node is None else self.bit_string(node)

    def number(self, node: Tlv | None) -> int | None:
        return None if node is None else self.integer(node)

    def oid(self, node: Tlv | None) -> str | None:
        return None if node is None else self.object_identifier(node)

    def value(self, node: Tlv | None) -> bytes | None:
        """Return the exact octets of the one value under an explicit tag."""
        return None if node is None else self.whole(self.only(node))

    def octets_of(self, node: Tlv | None) -> bytes | None:
        return None if node is None else self.octet_string(node)

    def diagnostic(self, node: Tlv | None) -> tuple[int | None, int | None]:
        """Return source and number of a result-source-diagnostic."""
        if node is None:
            return None, None
        choice = self.only(node)
        if choice.tag not in (0xA1, 0xA2):
            raise self.fault(choice.start, f"tag {choice.tag:02X} is no source of a diagnostic")
        return choice.number, self.explicit_integer(choice)

    def user_information(self, node: Tlv | None) -> UserInformation | None:
        return None if node is None else tuple(map(self._external, self.components(node)))

    def _external(self, node: Tlv) -> External:
        if node.tag != _EXTERNAL:
            raise self.fault(node.start, f"tag {node.tag:02X} in place of an EXTERNAL")
        members = self.members(node, _EXTERNAL_TAGS)
        octets, encoding = encodings.read_value(self, node, members)
        return External(
            self.number(members.get(INTEGER)),
            octets,
            encoding,
            self.oid(members.get(OBJECT_IDENTIFIER)),
            self.octets_of(members.get(_OBJECT_DESCRIPTOR) or members.get(0x27)),
        )


def _read_aarq(reader: _Reader) -> AARQ:
    members = reader.apdu("ACSE.AARQ", _AARQ_TAGS)
    return AARQ(
        protocol_version=reader.bits(members.get(0x80)),
        application_context=reader.explicit_oid(members.get(_CONTEXT_NAME)),
        called_ap_title=reader.ap_title(members.get(0xA2)),
        called_ae_qualifier=reader.ae_qualifier(members.get(0xA3)),
        called_ap_invocation=reader.explicit_integer(members.get(0xA4)),
        called_ae_invocation=reader.explicit_integer(members.get(0xA5)),
        calling_ap_title=reader.ap_title(members.get(0xA6)),
        calling_ae_qualifier=reader.ae_qualifier(members.get(0xA7)),
        calling_ap_invocation=reader.explicit_integer(members.get(0xA8)),
        calling_ae_invocation=reader.explicit_integer(members.get(0xA9)),
        requirements=reader.bits(members.get(0x8A)),
        mechanism_name=reader.oid(members.get(0x8B)),
        authentication_value=reader.value(members.get(0xAC)),
        implementation_information=reader.octets_of(members.get(_IMPLEMENTATION)),
        user_information=reader.user_information(members.get(_USER_INFORMATION)),
    )


def _read_aare(reader: _Reader) -> AARE:
    members = reader.apdu("ACSE.AARE", _AARE_TAGS)
    source, diagnostic = reader.diagnostic(members.get(0xA3))
    return AARE(
        protocol_version=reader.bits(members.get(0x80)),
        application_context=reader.explicit_oid(members.get(_CONTEXT_NAME)),
        result=reader.explicit_integer(members.get(0xA2)),
        diagnostic_source=source,
        diagnostic=diagnostic,
        responding_ap_title=reader.ap_title(members.get(0xA4)),
        responding_ae_qualifier=reader.ae_qualifier(members.get(0xA5)),
        responding_ap_invocation=reader.explicit_integer(members.get(0xA6)),
        responding_ae_invocation=reader.explicit_integer(members.get(0xA7)),
        requirements=reader.bits(members.get(0x88)),
        mechanism_name=reader.oid(members.get(0x89)),
        authentication_value=reader.value(members.get(0xAA)),
        implementation_information=reader.octets_of(members.get(_IMPLEMENTATION)),
        user_information=reader.user_information(members.get(_USER_INFORMATION)),
    )


def _read_rlrq(reader: _Reader) -> RLRQ:
    members = reader.apdu("ACSE.RLRQ", (0x80, _USER_INFORMATION))
    return RLRQ(
        reason=reader.number(members.get(0x80)),
        user_information=reader.user_information(members.get(_USER_INFORMATION)),
    )


def _read_rlre(reader: _Reader) -> RLRE:
    members = reader.apdu("ACSE.RLRE", (0x80, _USER_INFORMATION))
    return RLRE(
        reason=reader.number(members.get(0x80)),
        user_information=reader.user_information(members.get(_USER_INFORMATION)),
    )


def _read_abrt(reader: _Reader) -> ABRT:
    members = reader.apdu("ACSE.ABRT", (0x80, 0x81, _USER_INFORMATION))
    return ABRT(
        source=reader.number(members.get(0x80)),
        diagnostic=reader.number(members.get(0x81)),
        user_information=reader.user_information(members.get(_USER_INFORMATION)),
    )


_TAGS: Final = {"ACSE.AARQ": 0x60, "ACSE.AARE": 0x61, "ACSE.RLRQ": 0x62, "ACSE.RLRE": 0x63, "ACSE.ABRT": 0x64}
_NAMES: Final = {tag: name for name, tag in _TAGS.items()}
_READERS: Final[dict[str, Callable[[_Reader], Apdu]]] = {
    "ACSE.AARQ": _read_aarq,
    "ACSE.AARE": _read_aare,
    "ACSE.RLRQ": _read_rlrq,
    "ACSE.RLRE": _read_rlre,
    "ACSE.ABRT": _read_abrt,
}


def name_of(octets: bytes) -> str:
    """Return which APDU ``octets`` are by their tag; ``ACSE`` alone for none."""
    return _NAMES.get(octets[0] if octets else 0, "ACSE")


@lru_cache(maxsize=16)
def decode(name: str, octets: bytes) -> tuple[Apdu, tuple[Deviation, ...]]:
    """Return the APDU called ``name`` that ``octets`` are, and its deviations of form.

    Octets inside user information and authentication values are not looked at. Most associations begin and
    end with the same APDUs as others before: they are read once. Raises AcseError.
    """
    reader = _Reader(octets)
    apdu = _READERS[name](reader)
    return apdu, tuple(reader.deviations)
