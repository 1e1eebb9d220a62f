"""Judging a logged event, aspect by aspect: what IEC 62351-14 says of its record (10-log; E, PeerInfo I)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.securitylog import NIL, EventRecord, next_sequence_number
from conform62351.profiles.securitylog_reader import Concern
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.tooling.engine.device_log import LogEntry
from conform62351.tooling.engine.judging import Judgement
from conform62351.tooling.engine.log_steps import Aspect

TIME_TOLERANCE_S = 1.0
"""How far off an event's time may be (10-log; E)."""

_KNOWN: Final = {
    True: "to which the device's clock is known by its signed times",
    False: "of clock_tolerance, as no signed time has told the device's clock",
}
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a record is compared with.

    ``peer`` is the tester's end of the connection, as host:port. The event happened between ``earliest`` and
    ``latest``, seconds since 1970 by the device's clock, which is known to within ``uncertainty`` seconds;
    ``measured`` tells that a signed time of the device said so, and not the PIXIT.
    ``chain`` are the entries whose numbers have to follow one another.
    """

    peer: str
    earliest: float
    latest: float
    uncertainty: float
    chain: Sequence[LogEntry]
    measured: bool = True


def judge_aspect(
    aspect: Aspect, entry: LogEntry, record: EventRecord, wanted: Expectation
) -> tuple[str, Judgement]:
    """Return in words what is expected of ``entry`` under ``aspect``, and the judgement.

    ``record`` is the entry's. The aspects ``event``, ``form`` and ``transport`` are none of a record.
    """
    return _RULES[aspect](entry, record, wanted)


def judge_form(entry: LogEntry) -> tuple[str, Judgement]:
    """Judge the form of a line, which need not be readable; what a reader accepts becomes warnings."""
    expected = "a message of RFC 5424 with structured data of IEC 62351-14"
    if entry.record is None:
        return expected, _failed(f"{entry.fault}: {shown(entry.line)}", Severity.FORM)
    wrong = _remarks(entry, Concern.FORM)
    if wrong:
        return expected, _failed("; ".join(wrong), Severity.FORM)
    return expected, Judgement(Verdict.PASS, "it is one", warnings=_remarks(entry, Concern.NOTE))


def same_peer(written: str | None, address: str) -> bool:
    """Return whether PeerInfo may name ``address`` (host:port); IPv6 with or without brackets.

    A host that is given by its name is not looked up: the port decides.
    """
    if written is None:
        return False
    if written == address:
        return True
    found, wanted = _endpoint(written), _endpoint(address)
    if found is None or wanted is None:
        return False
    return found == wanted or (isinstance(found[0], str) and found[1] == wanted[1])


def shown(line: bytes) -> str:
    """Return a line as text that fits a report."""
    text = line.decode("utf-8", "backslashreplace")
    return text if len(text) <= 400 else text[:399] + "…"


def describe(entry: LogEntry) -> str:
    """Return the event of an entry in a few words."""
    record = entry.record
    if record is None:
        return f"{entry.id or 'an event'} in a line that cannot be read"
    return f"{record.id} {record.mnemonic or record.text}"


def _severity(entry: LogEntry, record: EventRecord, _: Expectation) -> tuple[str, Judgement]:
    event = event_catalogue().get(record.id)
    level = (event.level if event else record.level).name.lower()
    wrong = _remarks(entry, Concern.SEVERITY)
    if wrong:
        return level, _failed("; ".join(wrong), Severity.FORM)
    return level, Judgement(Verdict.PASS, level)


def _time(entry: LogEntry, record: EventRecord, wanted: Expectation) -> tuple[str, Judgement]:
    allowance = TIME_TOLERANCE_S + wanted.uncertainty
    moment = record.timestamp.timestamp()
    expected = (
        f"UTC from {_utc(wanted.earliest)} to {_utc(wanted.latest)}, give or take {TIME_TOLERANCE_S:g} s"
        f" and the {wanted.uncertainty:.3g} s {_KNOWN[wanted.measured]}"
    )
    got = _utc(moment)
    if wrong := _remarks(entry, Concern.TIME):
        return expected, _failed(f"{got}: {'; '.join(wrong)}", Severity.FORM)
    off = _off(moment, wanted)
    if off > allowance:
        return expected, _failed(f"{got}, {off:.3f} s off", Severity.FUNCTION)
    whole = b"." not in entry.line.split(b" ", 2)[1]
    warnings = ("the time has no fraction of a second; milliseconds are recommended",) if whole else ()
    return expected, Judgement(Verdict.PASS, got, warnings=warnings)


def _off(moment: float, wanted: Expectation) -> float:
    return max(wanted.earliest - moment, moment - wanted.latest, 0.0)


def time_left(record: EventRecord, wanted: Expectation) -> tuple[float, float]:
    """Return by how many seconds the time of a record may be off, and how many of them are left."""
    allowance = TIME_TOLERANCE_S + wanted.uncertainty
    return allowance, allowance - _off(record.timestamp.timestamp(), wanted)


def _peer(_: LogEntry, record: EventRecord, wanted: Expectation) -> tuple[str, Judgement]:
    got = "no PeerInfo" if record.peer_info is None else record.peer_info
    if not same_peer(record.peer_info, wanted.peer):
        return wanted.peer, _failed(got, Severity.FORM)
    endpoint = _endpoint(got)
    named = endpoint is not None and isinstance(endpoint[0], str)
    warnings = ("the partner is given by its name, which was not looked up",) if named else ()
    return wanted.peer, Judgement(Verdict.PASS, got, warnings=warnings)


def _source(_: LogEntry, record: EventRecord, __: Expectation) -> tuple[str, Judgement]:
    expected = "host name or address, and an application name"
    got = f"{record.source} {record.application}"
    if NIL in (record.source, record.application):
        return expected, _failed(got, Severity.FORM)
    return expected, Judgement(Verdict.PASS, got)


def _limits(entry: LogEntry, _: EventRecord, __: Expectation) -> tuple[str, Judgement]:
    expected = "no member beyond its limit"
    if wrong := _remarks(entry, Concern.LIMIT):
        return expected, _failed("; ".join(wrong), Severity.FORM)
    return expected, Judgement(Verdict.PASS, expected)


def _sequence(_: LogEntry, __: EventRecord, wanted: Expectation) -> tuple[str, Judgement]:
    expected = "each number one above the last"
    numbers: list[int] = []
    warnings: list[str] = []
    last: int | None = None
    for entry in wanted.chain:
        number = entry.record.sequence_number if entry.record else None
        if number is not None:
            numbers.append(number)
        if number is not None and last is not None and (number or last):
            due = next_sequence_number(last) if last else None
            if number != due and entry.behind_loss and number > last:
                warnings.append(f"the tester may have missed what lies between {last} and {number}")
            elif number != due:
                return expected, _failed(_discontinuity(last, number), Severity.FUNCTION)
        last = number
    if not numbers:
        return expected, Judgement(Verdict.PASS, "no numbers", warnings=("SqNum is missing",))
    if not any(numbers):
        return expected, Judgement(Verdict.PASS, "0", warnings=("the device does not number events",))
    span = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"
    return expected, Judgement(Verdict.PASS, span, warnings=tuple(warnings))


def _discontinuity(last: int, number: int) -> str:
    if not last or not number:
        return f"{number} behind {last}: 0 says that events are not numbered"
    kind = "repeated" if number == last else "goes back" if number < last else "a gap"
    return f"{number} behind {last}: {kind}"


_RULES: dict[Aspect, Callable[[LogEntry, EventRecord, Expectation], tuple[str, Judgement]]] = {
    "severity": _severity,
    "time": _time,
    "peer": _peer,
    "source": _source,
    "limits": _limits,
    "sequence": _sequence,
}


def _remarks(entry: LogEntry, concern: Concern) -> tuple[str, ...]:
    return tuple(remark.text for remark in entry.remarks if remark.concern is concern)


def _failed(got: str, severity: Severity) -> Judgement:
    return Judgement(Verdict.FAIL, got, severity=severity)


def _utc(moment: float) -> str:
    written = datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)
    return written.isoformat(timespec="milliseconds") + "Z"


def _endpoint(text: str) -> tuple[IPv4Address | IPv6Address | str, int] | None:
    """Return host and port, the host as an address or, where it is none, as the name that it may be."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or len(port) > 5:
        return None
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return (host, int(port)) if _NAME.fullmatch(host) else None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address, int(port)


def chain_of(before: LogEntry | None, since: Iterable[LogEntry]) -> tuple[LogEntry, ...]:
    """Return the entries whose numbers follow one another: the last one before, and all since."""
    return (*([before] if before is not None else []), *since)
