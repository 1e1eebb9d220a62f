"""TPKT (RFC 1006 clause 6, Annex H.3)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    CLOSE_FORMS,
    SERVER,
    SERVER_BASELINE,
    client_connection,
    server_connection,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Overwrite
from conform62351.tooling.engine.outcomes import ASSOCIATED, ENDED, TRANSPORT_CONNECTED, expect, refuse
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Associate,
    Connect,
    Conversation,
    OpenTransport,
    conversation,
)

WRONG_VERSIONS = (0, 2, 4, 0x83)


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


@case("OSI/SRV/TPKT/BI-reserved-octet", "R-TPKT-reserved-nonzero", pics=SERVER, baseline=SERVER_BASELINE)
def server_reserved() -> Conversation:
    """A reserved octet that is not 0 is read as 0, or closes the connection."""
    return conversation(
        Connect(),
        OpenTransport(mutations=(Overwrite(pdu="TPKT", at=1, octets=b"\x01"),)),
        expect("R-TPKT-reserved-nonzero", TRANSPORT_CONNECTED, ENDED, limit="limit.connect"),
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
