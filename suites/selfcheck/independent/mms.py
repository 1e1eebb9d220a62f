"""The little of MMS that a protected protocol needs: initiate, status, identify, read, write, conclude."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.selfcheck.independent.ber import Fields, Node, integer, read, tlv
from conform62351.suites.selfcheck.independent.errors import Broken

CONCLUDE, CONCLUDED = b"\x8b\0", b"\x8c\0"
INITIATE_REQUEST, INITIATE_RESPONSE = 0xA8, 0xA9
REQUEST = 0xA0
UNANSWERED = {0xA1, 0xA2, 0xA3, 0xA4, 0x8C}
SERVICES = b"\3\xac" + bytes(9) + b"\x10"
LIMITS = {0x80: 65000, 0x81: 5, 0x82: 5, 0x83: 10}
UNKNOWN_SERVICE, INVALID_ARGUMENT, INVALID_PDU = b"\x81\1\1", b"\x81\1\4", b"\x85\1\1"
NO_SUCH_OBJECT = b"\x80\1\x0a"
TRUE = b"\x83\1\xff"


def initiate(tag: int = INITIATE_REQUEST, offer: bytes | None = None) -> bytes:
    """An initiate-Request, or a -Response that goes not beyond the ``offer``."""
    limits = dict(LIMITS)
    for node in read(offer, []).children if offer is not None else ():
        if node.tag in limits:
            limits[node.tag] = min(limits[node.tag], node.integer())
    numbers = b"".join(integer(value, member) for member, value in limits.items())
    return tlv(tag, numbers, tlv(0xA4, integer(1, 0x80), tlv(0x81, b"\x05\xf1\0"), tlv(0x82, SERVICES)))


def identify(invoke: int) -> bytes:
    """An identify request."""
    return tlv(REQUEST, integer(invoke), b"\x82\0")


def read_variable(invoke: int, domain: str, item: str) -> bytes:
    """A read of one variable of a domain."""
    name = tlv(0xA1, tlv(0x1A, domain.encode()), tlv(0x1A, item.encode()))
    variables = tlv(0xA0, tlv(0x30, tlv(0xA0, name)))
    return tlv(REQUEST, integer(invoke), tlv(0xA4, tlv(0xA1, variables)))


class Server:
    """What a server answers: its variables by domain and item, or any at all, with the value TRUE."""

    def __init__(self, variables: dict[tuple[str, str], bytes] | None = None) -> None:
        self.variables = variables

    def answer(self, pdu: bytes) -> bytes | None:
        """Answer a PDU; None where nothing is due."""
        if pdu == CONCLUDE:
            return CONCLUDED
        try:
            node = read(pdu, [])
            if node.tag != REQUEST:
                return None if node.tag in UNANSWERED else tlv(0xA4, INVALID_PDU)
            fields = Fields(node, "confirmed-RequestPDU")
            invoke = fields.take("invokeID", 2).content
            service = next(iter(fields), None)
        except Broken:
            return tlv(0xA4, INVALID_PDU)
        try:
            made = self._serve(service) if service else None
        except Broken:
            return tlv(0xA4, tlv(0x80, invoke), INVALID_ARGUMENT)
        return (
            tlv(0xA4, tlv(0x80, invoke), UNKNOWN_SERVICE) if made is None else tlv(0xA1, tlv(2, invoke), made)
        )

    def _serve(self, service: Node) -> bytes | None:
        if service.tag == 0x80:
            return tlv(0xA0, b"\x80\1\0\x81\1\0")
        if service.tag == 0x82:
            who = ((0x80, b"pages"), (0x81, b"peer"), (0x82, b"1"))
            return tlv(0xA2, *(tlv(tag, text) for tag, text in who))
        fields = Fields(service, "service")
        if service.tag == 0xA4:
            fields.maybe(0x80)
            (variables,) = fields.take("variableAccessSpecification", 0xA1).children
            return tlv(0xA4, tlv(0xA1, *(self._value(name) for name in _names(variables))))
        if service.tag == 0xA5:
            names, values = [*_names(fields.take("listOfVariable", 0xA0))], fields.take("listOfData", 0xA0)
            if len(names) != len(values.children):
                raise Broken("ISO 9506-2 14.6", "as many values as variables are due")
            pairs = zip(names, values.children, strict=True)
            return tlv(0xA5, *(self._write(name, value.whole) for name, value in pairs))
        return None

    def _value(self, name: tuple[str, str]) -> bytes:
        return TRUE if self.variables is None else self.variables.get(name, NO_SUCH_OBJECT)

    def _write(self, name: tuple[str, str], value: bytes) -> bytes:
        if self.variables is None or name not in self.variables:
            return NO_SUCH_OBJECT
        self.variables[name] = value
        return b"\x81\0"


def answer(request: bytes) -> bytes:
    """What a server answers to a request; its variables all have the value TRUE."""
    made = Server().answer(request)
    assert made is not None
    return made


def _names(variables: Node) -> Iterator[tuple[str, str]]:
    if variables.tag != 0xA0:
        raise Broken("ISO 9506-2 14.1", "variables are listed one by one")
    for entry in variables.children:
        name = Fields(Fields(entry, "variable").take("name", 0xA0), "ObjectName").take(
            "domain-specific", 0xA1
        )
        parts = [part.text() for part in name.children]
        if len(parts) != 2:
            raise Broken("ISO 9506-2 7.5.2", "a name is domain and item")
        yield parts[0], parts[1]
