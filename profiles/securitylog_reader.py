"""Reading lines of the IEC 62351-14 security-event log: faults are errors, deviations are remarks.

Sources are those of :mod:`~conform62351.profiles.securitylog`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from conform62351.profiles.events62351 import Level, event_catalogue, normal_identifier
from conform62351.profiles.securitylog import (
    ELEMENT_NAME,
    FACILITY,
    LIMITS,
    MAXIMUM_SEQUENCE_NUMBER,
    MESSAGE_IDENTIFIER,
    NIL,
    STRUCTURED_DATA,
    EventLineError,
    EventRecord,
)

MAXIMUM_LINE = 65536
"""Octets of a line that a reader looks at; RFC 5424 sets no upper limit."""
MAXIMUM_PARAMETERS = 256

_MEMBERS = ("ID", "MNEMONIC", "Text", "SqNum", "PeerInfo", "User", "Role")
_HEADER = re.compile(
    r"<(?P<priority>0|[1-9][0-9]{0,2})>(?P<version>[1-9][0-9]{0,2})"
    r" (?P<timestamp>\S{1,64}) (?P<source>[!-~]+) (?P<application>[!-~]+)"
    r" (?P<process>[!-~]+) (?P<message_identifier>[!-~]+) (?=[-\[])"
)
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_PARAMETER = re.compile(r' ([!#-<>-\\^-~]{1,32})="((?:[^"\\\]]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\\]])')
_SEQUENCE_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_SIGNS_OF_AN_EVENT = re.compile(rb"62351-14@|IEC623[59]1-")
_IDENTIFIER_MEMBER = re.compile(rb'ID="([A-Za-z0-9:.-]{1,32})"')
_QUALITIES = {"tzKnown": r"[01]", "isSynced": r"[01]", "syncAccuracy": r"[0-9]{1,9}"}


class Concern(Enum):
    """What a remark is about."""

    FORM = "form"
    """A deviation from RFC 5424 or from the form of IEC 62351-14."""
    LIMIT = "limit"
    """A member that is longer than IEC 62351-14 allows."""
    SEVERITY = "severity"
    """A severity other than the catalogue's."""
    TIME = "time"
    """A timestamp that is not UTC."""
    NOTE = "note"
    """What a reader accepts, by RFC 5424 or because the draft has slips."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A deviation that the reader read over."""

    concern: Concern
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """What a reader made of a line; ``remarks`` are the deviations that it read over."""

    record: EventRecord
    remarks: tuple[Remark, ...]


def seems_event(line: bytes) -> bool:
    """Return whether a line that need not be readable is meant as a security event."""
    return _SIGNS_OF_AN_EVENT.search(line, 0, MAXIMUM_LINE) is not None


def identifier_in(line: bytes) -> str | None:
    """Return the event identifier that a line seems to carry, even if the line as a whole cannot be read."""
    found = _IDENTIFIER_MEMBER.search(line, 0, MAXIMUM_LINE)
    return normal_identifier(found[1].decode("ascii")) if found else None


def parse_line(line: str | bytes) -> ParsedLine:
    """Read one line of a security log; its end (LF or CR LF) may be there.

    Read with a remark: another facility or MSGID, members over their limits, a severity other than the
    catalogue's, an offset in place of ``Z``, a mnemonic that is not the event's, a missing sequence number,
    further structured data, a ``timeQuality`` that is none.

    Raises:
        EventLineError: the line is no RFC 5424 message with a complete IEC 62351-14 element.
    """
    text = _decoded(line)
    header = _HEADER.match(text)
    if header is None:
        raise EventLineError("the line has not the header of an RFC 5424 message")
    remarks: list[Remark] = []
    if header["version"] != "1":
        raise EventLineError(f"syslog version {header['version']} is not 1")
    level = _level(int(header["priority"]), remarks)
    if header["message_identifier"] != MESSAGE_IDENTIFIER:
        wrong = f"MSGID is {header['message_identifier']}, not {MESSAGE_IDENTIFIER}"
        remarks.append(Remark(Concern.FORM, wrong))
    members, end = _structured_data(text, header.end(), remarks)
    message = text[end:]
    if message and not message.startswith(" "):
        raise EventLineError(f"column {end + 1}: no space between structured data and message")
    record = _record(header, level, members, message[1:].removeprefix("\ufeff"), remarks)
    return ParsedLine(record, tuple(remarks))


def _decoded(line: str | bytes) -> str:
    if len(line) > MAXIMUM_LINE:
        raise EventLineError(f"the line is longer than {MAXIMUM_LINE} octets")
    if isinstance(line, bytes):
        try:
            line = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise EventLineError(f"octet {error.start}: not UTF-8") from error
    return line.removesuffix("\n").removesuffix("\r")


def _level(priority: int, remarks: list[Remark]) -> Level:
    facility, severity = divmod(priority, 8)
    if facility != FACILITY:
        remarks.append(Remark(Concern.FORM, f"priority {priority} is not of facility {FACILITY}"))
    try:
        return Level(severity)
    except ValueError:
        raise EventLineError(f"priority {priority}: {severity} is no severity of IEC 62351-14") from None


def _structured_data(text: str, position: int, remarks: list[Remark]) -> tuple[list[tuple[str, str]], int]:
    """Return the parameters of the 62351-14 element and the position behind all elements."""
    found: list[tuple[str, str]] | None = None
    while text.startswith("[", position):
        name = ELEMENT_NAME.match(text, position + 1)
        if name is None:
            raise EventLineError(f"column {position + 2}: no name of an SD-ELEMENT")
        position = name.end()
        members: list[tuple[str, str]] = []
        while (member := _PARAMETER.match(text, position)) is not None:
            members.append((member[1], _ESCAPED.sub(r"\1", member[2])))
            position = member.end()
            if len(members) > MAXIMUM_PARAMETERS:
                raise EventLineError(f"more than {MAXIMUM_PARAMETERS} parameters")
        if not text.startswith("]", position):
            raise EventLineError(f"column {position + 1}: neither a parameter nor the end of {name[0]}")
        position += 1
        if name[0] == STRUCTURED_DATA:
            if found is not None:
                raise EventLineError(f"{STRUCTURED_DATA} stands twice")
            found = members
        elif name[0] == "timeQuality":
            _check_quality(members, remarks)
        else:
            remarks.append(Remark(Concern.NOTE, f"further structured data {name[0]}"))
    if found is None:
        raise EventLineError(f"no structured data {STRUCTURED_DATA}")
    return found, position


def _check_quality(members: list[tuple[str, str]], remarks: list[Remark]) -> None:
    """Look for what is wrong with ``timeQuality`` (RFC 5424, 7.1)."""
    values = dict(members)
    wrong = [name for name, value in members if not re.fullmatch(_QUALITIES.get(name, "(?!)"), value)]
    if len(values) < len(members):
        wrong.append("a parameter that stands twice")
    if "syncAccuracy" in values and values.get("isSynced") != "1":
        wrong.append("syncAccuracy without isSynced")
    if values.get("isSynced") == "1" and values.get("tzKnown") == "0":
        wrong.append("isSynced without tzKnown")
    if wrong:
        remarks.append(Remark(Concern.FORM, f"timeQuality has a wrong {', '.join(wrong)}"))


def _record(
    header: re.Match[str], level: Level, members: list[tuple[str, str]], message: str, remarks: list[Remark]
) -> EventRecord:
    single: dict[str, str] = {}
    parameters: list[tuple[str, str]] = []
    extra: list[tuple[str, str]] = []
    for name, value in members:
        if name.startswith("P."):
            parameters.append((name[2:], value))
        elif name.startswith("X."):
            extra.append((name[2:], value))
        elif name in single:
            raise EventLineError(f"{name} stands twice")
        else:
            single[name] = value
    remarks += [Remark(Concern.NOTE, f"unknown parameter {name}") for name in single if name not in _MEMBERS]
    header_members = {"source": header["source"], "application": header["application"]}
    for name, value in (single | header_members).items():
        if len(value) > LIMITS.get(name, len(value)):
            too_long = f"{name} is longer than {LIMITS[name]} characters"
            remarks.append(Remark(Concern.LIMIT, too_long))
    record = EventRecord(
        timestamp=_timestamp(header["timestamp"], remarks),
        id=_identifier(single.get("ID"), remarks),
        level=level,
        source=header["source"],
        application=header["application"],
        sequence_number=_sequence_number(single.get("SqNum"), remarks),
        mnemonic=single.get("MNEMONIC"),
        text=single.get("Text"),
        peer_info=single.get("PeerInfo"),
        user=single.get("User"),
        role=single.get("Role"),
        parameters=tuple(parameters),
        extra=tuple(extra),
        process=None if header["process"] == NIL else header["process"],
        message=message,
    )
    if record.mnemonic is None and record.text is None:
        raise EventLineError("neither MNEMONIC nor Text is there")
    _compare_with_catalogue(record, remarks)
    return record


def _compare_with_catalogue(record: EventRecord, remarks: list[Remark]) -> None:
    event = event_catalogue().get(record.id)
    if event is None:
        remarks.append(Remark(Concern.NOTE, f"{record.id} is not in the catalogue"))
        return
    if record.level is not event.level:
        wrong = f"severity of {event.id} is {event.level.name.lower()}, not {record.level.name.lower()}"
        remarks.append(Remark(Concern.SEVERITY, wrong))
    if record.mnemonic is not None and not event.is_mnemonic(record.mnemonic):
        wrong = f"MNEMONIC of {event.id} is {event.mnemonic}, not {record.mnemonic}"
        remarks.append(Remark(Concern.NOTE, wrong))


def _identifier(text: str | None, remarks: list[Remark]) -> str:
    if text is None:
        raise EventLineError("ID is missing")
    identifier = normal_identifier(text)
    if identifier is None:
        raise EventLineError(f"{text[:64]!r} is no event identifier")
    if identifier != text:
        remarks.append(Remark(Concern.NOTE, f"ID is spelt {text}"))
    return identifier


def _sequence_number(text: str | None, remarks: list[Remark]) -> int | None:
    if text is None:
        remarks.append(Remark(Concern.NOTE, "SqNum is missing"))
        return None
    if not _SEQUENCE_NUMBER.fullmatch(text) or int(text) > MAXIMUM_SEQUENCE_NUMBER:
        raise EventLineError(f"SqNum {text[:64]!r} is no number up to {MAXIMUM_SEQUENCE_NUMBER}")
    return int(text)


def _timestamp(text: str, remarks: list[Remark]) -> datetime:
    if not _TIMESTAMP.fullmatch(text):
        raise EventLineError(f"timestamp {text!r} is not that of RFC 5424")
    try:
        written = datetime.fromisoformat(text)
        moment = written.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise EventLineError(f"timestamp {text!r}: {error}") from error
    if not text.endswith("Z"):
        concern = Concern.TIME if written.utcoffset() != timedelta(0) else Concern.NOTE
        remarks.append(Remark(concern, "the timestamp is not given in UTC with Z"))
    return moment
