"""The line of the IEC 62351-14 security-event log: RFC 5424 syslog, written strictly.

Sources: IEC 62351-14 draft of 2025 as publicly noted (E), RFC 5424 (R). The names ``User`` and ``Role`` of
the optional parameters are inferred (I).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from conform62351.profiles.events62351 import IDENTIFIER, Level

FACILITY = 13
"""Log audit (RFC 5424, table 1)."""
MESSAGE_IDENTIFIER = "IEC62351-14:1"
STRUCTURED_DATA = "62351-14@41912"
MAXIMUM_SEQUENCE_NUMBER = 4294967295
LIMITS = {
    "ID": 32,
    "MNEMONIC": 64,
    "Text": 128,
    "PeerInfo": 64,
    "source": 255,
    "application": 48,
    "process": 128,
}
"""Characters allowed in each member (IEC 62351-14; the last from RFC 5424)."""
NIL = "-"
"""What stands for a header member that there is not (RFC 5424)."""
ELEMENT_NAME = re.compile(r"[!#-<>-\\^-~]{1,32}")
"""The name of an SD-ELEMENT or of a parameter in it (RFC 5424)."""

_TO_ESCAPE = re.compile(r'(["\\\]])')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


class EventLineError(ValueError):
    """A line is no security event, or a record cannot be written as one; the message says where and why."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A logged security event.

    ``timestamp`` is an aware datetime; ``source`` the host name or address, ``application`` the APP-NAME.
    ``sequence_number`` runs from 1 to 4294967295; 0 says that the device does not number, None that the
    parameter is absent (only read). ``parameters`` and ``extra`` hold the ``P.*`` and ``X.*`` parameters
    without their prefix. Of ``mnemonic`` and ``text`` at least one is present.
    """

    timestamp: datetime
    id: str
    level: Level
    source: str
    application: str
    sequence_number: int | None = 0
    mnemonic: str | None = None
    text: str | None = None
    peer_info: str | None = None
    user: str | None = None
    role: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    process: str | None = None
    message: str = ""


def next_sequence_number(number: int) -> int:
    """Return the sequence number after ``number``: it wraps to 1; 0 (nothing logged yet) leads to 1, too."""
    return number + 1 if 0 <= number < MAXIMUM_SEQUENCE_NUMBER else 1


def printable(text: str, limit: int) -> str:
    """Return ``text`` fit for a member of at most ``limit`` characters.

    Control characters become ``#ooo`` in octal (RFC 5424, 8.2), larger code points that break a line ``#x…``.
    """
    fit = _CONTROL.sub(
        lambda found: f"#{ord(found[0]):03o}" if ord(found[0]) < 256 else f"#x{ord(found[0]):x}", text
    )
    return fit if len(fit) <= limit else fit[: limit - 1] + "…"


def format_line(record: EventRecord) -> str:
    """Return ``record`` as one line without its end.

    Raises:
        EventLineError: a member exceeds its limit or holds what cannot stand there.
    """
    if record.timestamp.tzinfo is None:
        raise EventLineError("the timestamp has no time zone")
    if not IDENTIFIER.fullmatch(record.id):
        raise EventLineError(f"{record.id!r} is no event identifier")
    if record.mnemonic is None and record.text is None:
        raise EventLineError("an event needs a mnemonic or a text")
    moment = record.timestamp.astimezone(UTC)
    header = " ".join(
        (
            f"<{8 * FACILITY + record.level.value}>1",
            moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z",
            _token("source", record.source),
            _token("application", record.application),
            NIL if record.process is None else _token("process", record.process),
            MESSAGE_IDENTIFIER,
        )
    )
    data = "".join(f' {name}="{_escaped(value)}"' for name, value in _members(record))
    if _CONTROL.search(record.message):
        raise EventLineError("the message holds a control character")
    return f"{header} [{STRUCTURED_DATA}{data}]" + (f" {record.message}" if record.message else "")


def _members(record: EventRecord) -> Iterator[tuple[str, str]]:
    number = record.sequence_number
    if number is None or not 0 <= number <= MAXIMUM_SEQUENCE_NUMBER:
        raise EventLineError(f"sequence number {number} is outside 0 to {MAXIMUM_SEQUENCE_NUMBER}")
    members: list[tuple[str, str | None]] = [
        ("ID", record.id),
        ("MNEMONIC", record.mnemonic),
        ("Text", record.text),
        ("SqNum", str(number)),
        ("PeerInfo", record.peer_info),
        ("User", record.user),
        ("Role", record.role),
    ]
    members += [("P." + name, value) for name, value in record.parameters]
    members += [("X." + name, value) for name, value in record.extra]
    for name, value in members:
        if value is None:
            continue
        if not ELEMENT_NAME.fullmatch(name):
            raise EventLineError(f"{name!r} is no parameter name")
        if len(value) > LIMITS.get(name, len(value)):
            raise EventLineError(f"{name} is longer than {LIMITS[name]} characters")
        if _CONTROL.search(value):
            raise EventLineError(f"{name} holds a control character")
        yield name, value


def _escaped(value: str) -> str:
    return _TO_ESCAPE.sub(r"\\\1", value)


def _token(name: str, value: str) -> str:
    if not re.fullmatch(r"[!-~]+", value):
        raise EventLineError(f"{name} {value!r} is not printable ASCII without spaces")
    if len(value) > LIMITS[name]:
        raise EventLineError(f"{name} is longer than {LIMITS[name]} characters")
    return value
