"""What may come when, in which form and until when (RFC 5246 6.2.1, 7.1, 7.3; IEC 62351-3)."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.policy import Fault
from conform62351.profiles.tls.engine.inspection import PART_3, RFC_5246, Row, refuse, table, version_name

MOST_WARNINGS: Final = 16
"""Warnings of the peer that are taken between two handshakes (I)."""
MOST_EMPTY: Final = 64
"""Empty records of application data in succession; against an attack on CBC some stacks send single ones."""


class Arrival(msgspec.Struct, frozen=True):
    """Something came: a message by its ``name``, or octets that an ``alert`` is due for, and ``why``.

    ``expected`` are the names of the messages of the handshake that may come now, None where the message is
    none of them. ``partial`` is how many octets of an unfinished handshake message lie before it.
    ``version`` is that of its record and ``agreed`` that of the connection, None before there is one.
    ``held`` is how many octets of a handshake message a record has brought that is to go on in the next.
    """

    name: str = ""
    expected: frozenset[str] | None = None
    partial: int = 0
    data_allowed: bool = True
    version: int = 0
    agreed: int | None = None
    alert: str = ""
    why: str = ""
    warnings: int = 0
    empty: int = 0
    held: int = 0


def _order(it: Arrival) -> Fault | None:
    if it.expected is None or it.name in it.expected:
        return None
    wanted = " or ".join(sorted(it.expected)) or "nothing of a handshake"
    return refuse(f"{it.name} where {wanted} is due")


def _whole(it: Arrival) -> Fault | None:
    return refuse(f"{it.name} within another message of the handshake") if it.partial else None


def _data(it: Arrival) -> Fault | None:
    return None if it.data_allowed else refuse("application data before a Finished message")


def _version(it: Arrival) -> Fault | None:
    if it.agreed is None or it.version == it.agreed:
        return None
    return refuse(f"a record of {version_name(it.version)} on a connection of {version_name(it.agreed)}")


def _warnings(it: Arrival) -> Fault | None:
    return refuse(f"{it.warnings} warnings") if it.warnings > MOST_WARNINGS else None


def _empty(it: Arrival) -> Fault | None:
    return refuse(f"{it.empty} empty records in succession") if it.empty > MOST_EMPTY else None


def _no(it: Arrival, alert: str) -> Fault | None:
    return refuse(it.why) if it.alert == alert else None


_ROWS: Final[tuple[Row[Arrival], ...]] = (
    ("order", f"{RFC_5246} 7.3, 7.4", "R", _order),
    ("message-whole", f"{RFC_5246} 7.1", "R", _whole),
    ("data-after-handshake", f"{RFC_5246} 7.4.9", "R", _data),
    ("record-version", f"{RFC_5246} 6.2.1", "R", _version),
    ("decodes", f"{RFC_5246} 7.2.2", "R", lambda it: _no(it, "decode_error")),
    ("values", f"{RFC_5246} 7.2.2", "R", lambda it: _no(it, "illegal_parameter")),
    ("known", f"{RFC_5246} 7.2.2", "R", lambda it: _no(it, "unexpected_message")),
    ("record-length", f"{RFC_5246} 6.2.1", "R", lambda it: _no(it, "record_overflow")),
    ("protocol", f"{RFC_5246} 6.2.1, E.1", "R", lambda it: _no(it, "protocol_version")),
    ("record-verifies", f"{RFC_5246} 6.2.3", "R", lambda it: _no(it, "bad_record_mac")),
    ("warnings", "bounds of the engine", "I", _warnings),
    ("empty-records", "bounds of the engine", "I", _empty),
)
STATE: Final = table("TLS.STATE", _ROWS)


CLIENT_HELLO: Final = "ClientHello"
CHANGE_OF_CIPHER: Final = "ChangeCipherSpec"


class Waiting(msgspec.Struct, frozen=True):
    """The renegotiation that was asked for has not come in time, or not at all.

    ``awaited`` is ``ClientHello`` after a HelloRequest, ``ChangeCipherSpec`` within a handshake, which is the
    first one unless it is a ``renegotiation``. ``refused`` tells that the peer has said by an alert that
    nothing comes.
    """

    awaited: str
    limit: float
    renegotiation: bool
    refused: bool = False


def _hello_in_time(it: Waiting) -> Fault | None:
    if it.refused or it.awaited != CLIENT_HELLO:
        return None
    return refuse(f"no ClientHello within {it.limit:.0f} s of the HelloRequest")


def _late(it: Waiting) -> Fault | None:
    if it.refused or it.awaited != CHANGE_OF_CIPHER:
        return None
    return refuse(f"the cipher is not changed within {it.limit:.0f} s")


def _renegotiated_in_time(it: Waiting) -> Fault | None:
    return _late(it) if it.renegotiation else None


def _begun_in_time(it: Waiting) -> Fault | None:
    return None if it.renegotiation else _late(it)


def _not_refused(it: Waiting) -> Fault | None:
    return refuse("the peer refuses to renegotiate") if it.refused else None


TIME: Final = table(
    "TLS.TIME",
    (
        ("client-hello-in-time", PART_3, "E", _hello_in_time),
        ("change-of-cipher-in-time", PART_3, "N", _renegotiated_in_time),
        ("renegotiation-taken", PART_3, "I", _not_refused),
        ("first-change-in-time", PART_3, "I", _begun_in_time),
    ),
)
