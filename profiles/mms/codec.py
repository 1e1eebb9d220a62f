"""MMS PDUs as octets and back (ISO 9506-2).

A PDU is an alternative of MMSpdu: its name, such as ``confirmed-RequestPDU``, and its value shaped by
``asn1/mms.asn``: a SEQUENCE is a dict by component names, a SEQUENCE OF a list, a CHOICE a pair of the
alternative's name and its value, a BIT STRING a pair of octets and number of bits, NULL is None.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

from conform62351.profiles.asn1 import Asn1Error, module
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.mms import shortcut_reader, shortcut_writer
from conform62351.profiles.mms.reader import Reader
from conform62351.profiles.tlv import Anomaly, AnomalyCode, Limits, Tlv, TlvError, Walk, walk

LIMITS: Final = Limits(depth=64, count=20_000, length=131_072)

_CONFIRMED_REQUEST: Final = 0xA0
_CONFIRMED: Final = {0xA0: 0x02, 0xA1: 0x02, 0xA2: 0x80}
"""The PDUs that begin with an invokeID, and the tag of it."""
_CANCEL: Final = frozenset({0x85, 0x86})
"""The PDUs that are nothing but an invokeID."""
_UNCONFIRMED: Final = 0xA3


class Malformed(Enum):
    """How far octets could be read as a PDU."""

    BER = "ber"
    """They are not one value in BER."""
    PDU_TYPE = "pdu-type"
    """They are, but MMSpdu has no such alternative."""
    SERVICE = "service"
    """The PDU names a service that the module does not have."""
    CONTENT = "content"
    """The PDU or its service is known, and its content is not as it must be."""


class MmsError(ProtocolError):
    """Octets that are no MMS PDU, or a value that is none.

    ``malformed`` tells what is wrong, ``pdu`` which PDU it would have been and ``invoke_id`` the invokeID in
    it, each as far as it could be read: what a reject needs.
    """

    def __init__(
        self,
        offset: int,
        message: str,
        malformed: Malformed = Malformed.CONTENT,
        pdu: str | None = None,
        invoke_id: int | None = None,
    ) -> None:
        super().__init__("MMS", offset, message)
        self.malformed = malformed
        self.pdu = pdu
        self.invoke_id = invoke_id


class MmsPdu(msgspec.Struct, frozen=True):
    """A PDU as received: alternative of MMSpdu, value, octets, and what is odd about the octets."""

    name: str
    value: Any
    octets: bytes
    anomalies: tuple[Anomaly, ...] = ()


@cache
def _reader() -> Reader:
    text = resources.files("conform62351.profiles.asn1").joinpath("mms.asn").read_text(encoding="utf-8")
    return Reader(text, "MMSpdu")


@cache
def _services(pdu_tag: int) -> frozenset[int]:
    """Return the tags of the services that the module has for a PDU with this tag."""
    name = "ConfirmedServiceRequest" if pdu_tag == _CONFIRMED_REQUEST else "UnconfirmedService"
    return frozenset(_reader().named(name))


def prepare() -> None:
    """Compile what PDUs without a shortcut need: the first of them would wait for it."""
    _reader()
    module("mms")


def encode_pdu(name: str, value: Any) -> bytes:
    """Return the octets of the PDU ``name``. Raises MmsError for a value that the PDU cannot have."""
    plain = shortcut_writer.encode(name, value)
    if plain is not None:
        return plain
    try:
        return module("mms").encode("MMSpdu", (name, value))
    except Asn1Error as error:
        raise MmsError(0, error.message, pdu=name) from error


def decode_pdu(octets: bytes) -> MmsPdu:
    """Return the PDU that ``octets`` are, all of them. Raises MmsError.

    Read with a note in ``anomalies``: whatever :mod:`conform62351.profiles.tlv` notes, and the same oddities
    under context tags. Refused: octets behind the PDU, components that the type does not have.
    """
    plain = shortcut_reader.decode(octets)
    return decode_by_module(octets) if plain is None else MmsPdu(*plain, octets)


def decode_by_module(octets: bytes) -> MmsPdu:
    """Do what :func:`decode_pdu` does, in the general way for every PDU."""
    try:
        walked = walk(octets, limits=LIMITS)
    except TlvError as error:
        raise MmsError(error.offset, error.message, Malformed.BER) from error
    for anomaly in walked.anomalies:
        if anomaly.code is AnomalyCode.TRAILING_OCTETS:
            raise MmsError(anomaly.offset, anomaly.message, Malformed.BER)
    try:
        (name, value), anomalies = _reader().read(walked)
    except Asn1Error as error:
        malformed, pdu, invoke_id = _diagnose(walked)
        raise MmsError(error.offset, error.message, malformed, pdu, invoke_id) from error
    return MmsPdu(name, value, octets, anomalies)


def _diagnose(walked: Walk) -> tuple[Malformed, str | None, int | None]:
    """Return what can be said of a PDU that does not decode: the fault, its name and its invokeID."""
    root = walked.root
    name = _reader().alternatives.get(root.tag)
    if name is None:
        return Malformed.PDU_TYPE, None, None
    invoke_id = _invoke_id(walked)
    children = root.children
    if root.tag == _CONFIRMED_REQUEST and invoke_id is not None:
        service = children[2 if len(children) > 2 and children[1].tag == 0x30 else 1 :]
    elif root.tag == _UNCONFIRMED:
        service = children
    else:
        return Malformed.CONTENT, name, invoke_id
    unknown = len(service) == 1 and service[0].tag not in _services(root.tag)
    return Malformed.SERVICE if unknown else Malformed.CONTENT, name, invoke_id


def _invoke_id(walked: Walk) -> int | None:
    root = walked.root
    node: Tlv | None = None
    if root.tag in _CANCEL:
        node = root
    elif root.children and root.children[0].tag == _CONFIRMED.get(root.tag):
        node = root.children[0]
    if node is None or not 0 < node.content_end - node.content <= 5:
        return None
    number = int.from_bytes(walked.content(node), "big", signed=True)
    return number if 0 <= number < 1 << 32 else None
