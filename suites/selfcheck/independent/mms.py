"""The little of MMS that a protected protocol needs: initiate, identify, read, conclude."""

from __future__ import annotations

from conform62351.suites.selfcheck.independent.ber import integer, read, tlv

CONCLUDE, CONCLUDED = b"\x8b\0", b"\x8c\0"
INITIATE_REQUEST, INITIATE_RESPONSE = 0xA8, 0xA9
SERVICES = bytes.fromhex("03ee1c00000408000079ef18")


def initiate(tag: int = INITIATE_REQUEST) -> bytes:
    """An initiate-Request or -Response."""
    numbers = integer(65000, 0x80) + integer(5, 0x81) + integer(5, 0x82) + integer(10, 0x83)
    return tlv(tag, numbers, tlv(0xA4, integer(1, 0x80), tlv(0x81, b"\x05\xf1\0"), tlv(0x82, SERVICES)))


def identify(invoke: int) -> bytes:
    """An identify request."""
    return tlv(0xA0, integer(invoke), b"\x82\0")


def read_variable(invoke: int, domain: str, item: str) -> bytes:
    """A read of one variable of a domain."""
    name = tlv(0xA1, tlv(0x1A, domain.encode()), tlv(0x1A, item.encode()))
    variables = tlv(0xA0, tlv(0x30, tlv(0xA0, name)))
    return tlv(0xA0, integer(invoke), tlv(0xA4, tlv(0xA1, variables)))


def answer(request: bytes) -> bytes:
    """What a server answers whose variables all have the value TRUE."""
    if request == CONCLUDE:
        return CONCLUDED
    invoke, service = read(request, []).children[:2]
    if service.tag == 0x82:
        names = (tlv(tag, text) for tag, text in ((0x80, b"pages"), (0x81, b"peer"), (0x82, b"1")))
        return tlv(0xA1, invoke.whole, tlv(0xA2, *names))
    return tlv(0xA1, invoke.whole, tlv(0xA4, tlv(0xA1, b"\x83\1\xff")))
