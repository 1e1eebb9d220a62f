"""The catalogue of security events of IEC 62351-3, -4 and -14, read from ``events62351.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

IDENTIFIER = re.compile(r"IEC62351-[0-9]{1,2}:[0-9]{1,5}\.[0-9]{1,5}")
_SLIP = re.compile(r"IEC62391(?=-)")


class Level(Enum):
    """Severity of an event with its syslog severity number (IEC 62351-14; E)."""

    ALARM = 1
    ERROR = 3
    WARNING = 4
    NOTICE = 5


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One event of the catalogue.

    ``id`` is ``DomainID:group.number``. ``mnemonic`` is None where none is public; ``meaning`` says then
    what the event tells. ``also`` are other spellings that a reader takes for the mnemonic. ``subject`` is
    the PDU or the part of the system it is about. ``provokable`` is False where no peer can cause it.
    ``alike`` are identifiers of events that are read for this one. ``provenance`` is the mark of the entry
    (E or I).
    """

    id: str
    mnemonic: str | None
    level: Level
    subject: str
    provenance: str
    meaning: str = ""
    also: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    provokable: bool = True

    def is_mnemonic(self, text: str) -> bool:
        """Return whether ``text`` is a spelling of the mnemonic; anything is where none is public."""
        return self.mnemonic is None or text == self.mnemonic or text in self.also


@cache
def event_catalogue() -> Mapping[str, SecurityEvent]:
    """Return all events by identifier, in the order of the catalogue."""
    data = tomllib.loads(files("conform62351.profiles").joinpath("events62351.toml").read_text("utf-8"))
    events = [event for group in data["group"] for event in _group(group)]
    return MappingProxyType({event.id: event for event in events})


def normal_identifier(text: str) -> str | None:
    """Return ``text`` as a catalogue identifier, or None when it has not the form of one.

    The draft prints one identifier with domain 62391; that spelling is read as 62351 (10-log; E).
    """
    corrected = _SLIP.sub("IEC62351", text, count=1)
    return corrected if IDENTIFIER.fullmatch(corrected) else None


def readings(identifier: str) -> frozenset[str]:
    """Return the identifiers under which the event ``identifier`` may be logged: its own and those alike."""
    event = event_catalogue().get(identifier)
    return frozenset((identifier, *(event.alike if event else ())))


def _group(group: Mapping[str, Any]) -> list[SecurityEvent]:
    named = "events" in group
    also = group.get("also", {})
    alike = {
        number: tuple(f"{group['prefix']}.{other}" for other in numbers if other != number)
        for numbers in group.get("alike", ())
        for number in numbers
    }
    unprovokable = group.get("unprovokable", ())
    return [
        SecurityEvent(
            id=f"{group['prefix']}.{number}",
            mnemonic=text if named else None,
            level=Level[level.upper()],
            subject=group["subject"],
            provenance=group["provenance"],
            meaning="" if named else text,
            also=tuple(also.get(str(number), ())),
            alike=alike.get(number, ()),
            provokable=number not in unprovokable,
        )
        for number, text, level in group["events" if named else "meanings"]
    ]
