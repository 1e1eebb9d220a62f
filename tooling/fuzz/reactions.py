"""What a device did about a case, in a form that can be compared: without times, numbers and addresses."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from conform62351.profiles.securitylog import EventLineError
from conform62351.profiles.securitylog_reader import ParsedLine, identifier_in, parse_line
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.fuzz.case import Delivered

SAME_FOR_THE_SAME: Final = frozenset(
    (
        "access",
        "alert",
        "by",
        "cause",
        "diag",
        "diagnostic",
        "encoding",
        "form",
        "mms",
        "osi",
        "reason",
        "result",
        "secpdu",
        "service",
        "source",
    )
)
"""The fields of observations that a device has no reason to choose otherwise when it meets the same again."""
ENDS: Final = frozenset({Kind.CLOSED, Kind.RESET, Kind.TLS_ALERT})
REFUSALS: Final = frozenset(
    {Kind.REJECTED, Kind.ABORTED, Kind.TRANSPORT_REFUSED, Kind.TRANSPORT_ERROR, Kind.TLS_ALERT}
)
QUICK: Final = 0.1
"""The share of the limit below which an answer is quick."""
MOST_DEEDS: Final = 64
MOST_EVENTS: Final = 64
MOST_READ: Final = 256
"""Lines of a log whose reading is kept."""
MALFORMED: Final = "malformed"
"""What stands for a line of the log that is meant as an event, and not readable."""


class Pace(StrEnum):
    """How long the slowest part of a reaction took, by the limit that the device has."""

    QUICK = "quick"
    SLOW = "slow"
    LIMIT = "limit"
    """Nothing came within the limit."""


class Deed(msgspec.Struct, frozen=True):
    """One thing that the device did: kind and name as observed, and what it says, as ``name=value``."""

    kind: Kind
    name: str = ""
    facts: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = f" ({', '.join(self.facts)})" if self.facts else ""
        return f"{self.kind}{f' {self.name}' if self.name else ''}{told}"


class Reaction(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a device did about one case.

    ``deeds`` are in order; one that comes several times running stands there once, so that one answer more or
    less to a flood is no other reaction. ``close`` is how the connection ended, empty when it did not.
    ``events`` are the identifiers that it logged, each once and sorted. Without ``complete``, the stimulus
    did not reach the wire as a whole.
    """

    deeds: tuple[Deed, ...] = ()
    close: Kind | None = None
    pace: Pace = Pace.QUICK
    events: tuple[str, ...] = ()
    complete: bool = True

    @property
    def key(self) -> str:
        """Everything in one line of text: two reactions are the same when their keys are."""
        parts = [self.essence, self.close or "open", self.pace, "+".join(self.events)]
        return " | ".join(parts if self.complete else [*parts, "incomplete"])

    @functools.cached_property
    def essence(self) -> str:
        """What the device decided, in one line, without how it logged it, how fast, and how TCP ended."""
        return " > ".join(map(str, self.deeds)) + (" > end" if self.close else "")

    @property
    def last(self) -> str:
        """The last thing that it did, for counts and for the names of findings."""
        if self.deeds:
            return str(self.deeds[-1])
        return "nothing" if self.close is None else self.close.value

    @property
    def silent(self) -> bool:
        """Whether it stopped answering at the end, and kept the connection."""
        return self.pace is Pace.LIMIT and self.close is None and not self.refused

    @property
    def refused(self) -> bool:
        """Whether it said no to something, other than in MMS."""
        return any(deed.kind in REFUSALS for deed in self.deeds)

    def __str__(self) -> str:
        return self.essence or "nothing"


def reaction_of(delivered: Delivered, limit: float) -> Reaction:
    """Return what the device did; ``limit`` is the seconds that it has for an answer."""
    seen = delivered.observations
    deeds: list[Deed] = []
    for observation in seen:
        if observation.kind in (Kind.TIMEOUT, Kind.CLOSED, Kind.RESET, Kind.CONNECTED):
            continue
        deed = Deed(observation.kind, observation.name, _facts(observation))
        if len(deeds) < MOST_DEEDS and (not deeds or deeds[-1] != deed):
            deeds.append(deed)
    return Reaction(
        deeds=tuple(deeds),
        close=next((one.kind for one in reversed(seen) if one.kind in ENDS), None),
        pace=_pace(seen, limit),
        events=logged(delivered.events),
        complete=delivered.complete,
    )


def _facts(observation: Observation) -> tuple[str, ...]:
    fields = observation.fields
    return tuple(f"{name}={_shown(fields[name])}" for name in sorted(SAME_FOR_THE_SAME & fields.keys()))


def _shown(value: Any) -> str:
    return str(value)[:64]


def _pace(seen: Iterable[Observation], limit: float) -> Pace:
    pace = Pace.QUICK
    for observation in seen:
        if observation.kind is Kind.TIMEOUT:
            return Pace.LIMIT
        if observation.after_s > QUICK * limit:
            pace = Pace.SLOW
    return pace


def logged(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the identifiers of the events that lines of a log tell of, each once, in alphabetical order."""
    found: set[str] = set()
    for line in lines:
        if len(found) >= MOST_EVENTS:
            break
        told = reading_of(line)
        if isinstance(told, EventLineError):
            found.add(identifier_in(line.encode("utf-8", "replace")) or MALFORMED)
        else:
            found.add(told.record.id)
    return tuple(sorted(found))


@functools.lru_cache(maxsize=MOST_READ)
def reading_of(line: str) -> ParsedLine | EventLineError:
    """Return what a line of a log says, or why it is no event; each is asked for by several in a row."""
    try:
        return parse_line(line)
    except EventLineError as error:
        return error.with_traceback(None)


def flaps(reactions: Sequence[Reaction]) -> bool:
    """Return whether a device that met the same recipe several times has decided one way, another, and back.

    A device that has met a time or a nonce before must refuse what it took the first time (clause 14, N): two
    different reactions in a row say nothing.
    """
    decided = [told for told, _ in itertools.groupby(reaction.essence for reaction in reactions)]
    return len(decided) > len(set(decided))
