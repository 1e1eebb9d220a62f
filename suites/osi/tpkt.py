"""TPKT (RFC 1006 clause 6, Annex H.3)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    CLOSE_FORMS,
    SERVER,
    SERVER_BASELINE,
    client_associates,
    client_request,
    client_usable,
    server_associates,
    server_association,
    server_connection,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Cut, Insert, Overwrite
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    ENDED,
    REQUEST,
    RESPONSE,
    TRANSPORT_CONNECTED,
    expect,
    over,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Connect,
    Conversation,
    Inject,
    NoFinding,
    OpenTransport,
    Request,
    Respond,
    conversation,
)

WRONG_VERSIONS = (0, 2, 4, 0x83)
WRONG_LENGTHS = (4, 5, 6, 0, 3)
SMALLEST_SIZE = 7
"""The exponent of 128 octets: an AARQ takes several TPDUs then."""
CUTS = {
    "three octets each": (3,),
    "the first packet and one octet": (133, 1000),
    "the first packet and three octets": (135, 1000),
}
"""Segments that end within headers; a full TPDU of 128 octets makes a packet of 132."""


@case("OSI/SRV/TPKT/BV-header", "R-TPKT-version", pics=SERVER)
def server_header() -> Conversation:
    """Every packet that a server sends has version 3, reserved octet 0 and the length of all of it."""
    return conversation(
        server_associates("R-TPKT-version"), NoFinding(requirement="R-TPKT-version", steps=("TPKT",))
    )


@case("OSI/CLI/TPKT/BV-header", "R-TPKT-version", pics=CLIENT)
def client_header() -> Conversation:
    """Every packet that a client sends has version 3, reserved octet 0 and the length of all of it."""
    return conversation(
        client_associates("R-TPKT-version"), NoFinding(requirement="R-TPKT-version", steps=("TPKT",))
    )


@case("OSI/SRV/TPKT/BI-version", "R-TPKT-version-wrong", pics=SERVER, baseline=SERVER_BASELINE)
def server_version() -> Iterator[Conversation]:
    """A packet with another version than 3 closes the connection; the AARQ in it is not looked at."""
    for version in WRONG_VERSIONS:
        yield conversation(
            server_connection,
            Associate(mutations=(Overwrite(pdu="TPKT", at=0, octets=bytes([version])),)),
            refuse("R-TPKT-version-wrong", CLOSE_FORMS, limit="limit.associate"),
            label=f"version {version}",
        )


@case("OSI/CLI/TPKT/BI-version", "R-TPKT-version-wrong", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_version() -> Iterator[Conversation]:
    """A packet with another version than 3 closes the connection; the CC in it is not looked at."""
    for version in WRONG_VERSIONS:
        yield conversation(
            Act(action="connect"),
            Accept(mutations=(Overwrite(pdu="TPKT", at=0, octets=bytes([version])),)),
            refuse("R-TPKT-version-wrong", CLOSE_FORMS, limit="limit.associate"),
            label=f"version {version}",
        )


def short_packet(length: int) -> Insert:
    """Put a packet of ``length`` octets, at least a header, ahead of the next one."""
    packet = bytes((3, 0, 0, length)) + b"\x02\xf0"[: max(0, length - 4)]
    return Insert(pdu="TPKT", at=0, octets=packet)


@case("OSI/SRV/TPKT/BI-length", "R-TPKT-length-below-7", pics=SERVER, baseline=SERVER_BASELINE)
def server_length() -> Iterator[Conversation]:
    """A packet too short for any TPDU closes the connection; the AARQ in the packet behind it is not read."""
    for length in WRONG_LENGTHS:
        yield conversation(
            server_connection,
            Associate(mutations=(short_packet(length),)),
            refuse("R-TPKT-length-below-7", CLOSE_FORMS, limit="limit.associate"),
            label=f"length {length}",
        )


@case("OSI/CLI/TPKT/BI-length", "R-TPKT-length-below-7", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_length() -> Iterator[Conversation]:
    """A packet too short for any TPDU closes the connection; the CC in the packet behind it is not read."""
    for length in WRONG_LENGTHS:
        yield conversation(
            Act(action="connect"),
            Accept(mutations=(short_packet(length),)),
            refuse("R-TPKT-length-below-7", CLOSE_FORMS, limit="limit.associate"),
            label=f"length {length}",
        )


@case("OSI/SRV/TPKT/BI-reserved-octet", "R-TPKT-reserved-nonzero", pics=SERVER, baseline=SERVER_BASELINE)
def server_reserved() -> Conversation:
    """A reserved octet that is not 0 is read as 0, or closes the connection."""
    return conversation(
        server_association,
        Request(
            service="read",
            point="data.read",
            mutations=(Overwrite(pdu="TPKT", at=1, octets=b"\x01"),),
        ),
        expect("R-TPKT-reserved-nonzero", RESPONSE, over(ENDED)),
        server_usable("R-TPKT-reserved-nonzero"),
    )


@case("OSI/CLI/TPKT/BI-reserved-octet", "R-TPKT-reserved-nonzero", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_reserved() -> Conversation:
    """A reserved octet that is not 0 is read as 0, or closes the connection."""
    return conversation(
        client_request,
        AnswerAssociation(mutations=(Overwrite(pdu="TPKT", at=1, octets=b"\x01"),)),
        Act(action="send-request", may_fail=True),
        expect("R-TPKT-reserved-nonzero", REQUEST, over(ENDED)),
        Respond(),
        client_usable("R-TPKT-reserved-nonzero"),
    )


@case("OSI/SRV/TPKT/BV-octet-by-octet", "R-TPKT-stream", pics=SERVER, baseline=SERVER_BASELINE)
def server_octet_by_octet() -> Conversation:
    """An AARQ that comes octet by octet is read like any other."""
    return conversation(
        server_connection,
        Associate(segments=(1,)),
        expect("R-TPKT-stream", ASSOCIATED, limit="limit.associate"),
        server_usable("R-TPKT-stream"),
    )


@case("OSI/CLI/TPKT/BV-octet-by-octet", "R-TPKT-stream", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_octet_by_octet() -> Conversation:
    """An AARE that comes octet by octet is read like any other."""
    return conversation(client_request, AnswerAssociation(segments=(1,)), client_usable("R-TPKT-stream"))


@case("OSI/SRV/TPKT/BV-several-packets", "R-TPKT-stream", pics=SERVER, baseline=SERVER_BASELINE)
def server_several_packets() -> Iterator[Conversation]:
    """An AARQ in several packets is read wherever TCP cuts them, all of them in one segment too."""
    for label, segments in {"one segment": (), **CUTS}.items():
        yield conversation(
            Connect(tpdu_size=SMALLEST_SIZE),
            OpenTransport(),
            reach(TRANSPORT_CONNECTED, limit="limit.connect"),
            Associate(segments=segments),
            expect("R-TPKT-stream", ASSOCIATED, limit="limit.associate"),
            server_usable("R-TPKT-stream"),
            label=label,
        )


@case("OSI/CLI/TPKT/BV-several-packets", "R-TPKT-stream", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_several_packets() -> Iterator[Conversation]:
    """An AARE in several packets is read wherever TCP cuts them, all of them in one segment too."""
    for label, segments in {"one segment": (), **CUTS}.items():
        yield conversation(
            Act(action="connect"),
            Accept(tpdu_size=SMALLEST_SIZE),
            reach(AARQ, limit="limit.associate"),
            AnswerAssociation(segments=segments),
            client_usable("R-TPKT-stream"),
            label=label,
        )


@case("OSI/SRV/TPKT/BO-incomplete", "R-TPKT-incomplete", pics=SERVER, baseline=SERVER_BASELINE)
def server_incomplete() -> Iterator[Conversation]:
    """A connection on which nothing comes, or half a packet, keeps nobody else from associating."""
    half_a_header = Inject(layer="tcp", octets=b"\x03\x00\x00", name="three octets of a header")
    long_packet = Inject(
        layer="tcp", octets=b"\x03\x00\xff\xff\x02\xf0\x80", name="a long packet's beginning"
    )
    for label, beginning in (
        ("a silent connection", (Connect(),)),
        ("half a header", (Connect(), half_a_header)),
        ("the beginning of a packet of 65535 octets", (Connect(), long_packet)),
        ("half a CR", (Connect(), OpenTransport(mutations=(Cut(pdu="TPKT", keep=10),)))),
        ("a transport connection", server_connection),
        ("half an AARQ", (*server_connection, Associate(mutations=(Cut(pdu="TPKT", keep=60),)))),
    ):
        yield conversation(beginning, server_associates("R-TPKT-incomplete", on=1), label=label)
