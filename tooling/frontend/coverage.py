"""Which requirements, events and rows of the PICS have cases: covered, left out with a reason, or open."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from typing import Final

import msgspec

from conform62351.pics import conditions
from conform62351.pics.catalogue import ROLES, catalogue
from conform62351.pics.requirements import REASONS, Requirement, requirements
from conform62351.profiles.events62351 import event_catalogue, readings
from conform62351.reports.model.events import Coverage
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.steps import Logged

BOTH: Final = "both"
_ALL: Final = "*"


class State(Enum):
    """How a requirement, an event or a row stands in the catalogue."""

    COVERED = "covered"
    REASONED = "reasoned"
    OPEN = "open"


@dataclass(frozen=True)
class Row:
    """One requirement, event or row of the PICS with the cases about it in the roles it concerns.

    The roles without a case are named in ``open_roles``. ``reason`` is one of the closed list, with a remark
    behind a colon where there is one. ``reviews`` counts static cases, which look at claims alone.
    """

    id: str
    state: State
    cases: list[str]
    reason: str
    open_roles: tuple[str, ...]
    reviews: int = 0


class _Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: tuple[str, ...]
    reason: str
    remark: str

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise ValueError(f"{self.reason!r} is none of {REASONS}")


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    roles: dict[str, str]
    reason: tuple[_Reason, ...]


@functools.cache
def _data() -> _Data:
    text = (
        resources.files("conform62351.tooling.frontend").joinpath("coverage_reasons.toml").read_text("utf-8")
    )
    return msgspec.convert(tomllib.loads(text), _Data)


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith(_ALL) else name == pattern


def _excuse(name: str) -> str:
    """Return why an event or a row has no case, an empty string when nothing says so."""
    for entry in _data().reason:
        if any(_matches(pattern, name) for pattern in entry.names):
            return f"{entry.reason}: {entry.remark}"
    return ""


def _roles_of(event: str) -> tuple[str, ...]:
    for pattern, role in _data().roles.items():
        if _matches(pattern, event):
            return (role,)
    return ("server", "client")


def provoked(case: Case) -> tuple[str, ...]:
    """Return the events that a case provokes: those declared, and the first that each look at the log wants.

    What else a look takes stands there because the split of events is inferred.
    """
    steps = () if case.review else (step for talk in case.conversations for step in talk.steps)
    asked = [step.events[0] for step in steps if isinstance(step, Logged) and step.events]
    return tuple(dict.fromkeys([*case.events, *asked]))


def coverage(requirements: Mapping[str, Requirement], cases: Mapping[str, Case]) -> list[Row]:
    """Return a row for each requirement, in their order."""
    citing = _by(cases.values(), lambda case: case.requirements)
    found = []
    for item in requirements.values():
        wanted = {BOTH: ("server", "client")}.get(item.role, (item.role,))
        found.append(_row(item.id, citing.get(item.id, []), wanted, item.reason))
    return found


def event_coverage(cases: Mapping[str, Case]) -> list[Row]:
    """Return a row for each event of the catalogue and each role that can log it, ``event, role``.

    A case about an event covers those that are read for it.
    """
    provoking = _by(cases.values(), provoked)
    return [
        _row(
            f"{event}, {role}",
            [
                case
                for alike in sorted(readings(event))
                for case in provoking.get(alike, [])
                if case.role in (role, BOTH)
            ],
            (role,),
            _excuse(event),
        )
        for event in event_catalogue()
        for role in _roles_of(event)
    ]


def table_coverage(cases: Mapping[str, Case]) -> list[Row]:
    """Return a row for each item of the PICS; only cases that meet the device cover it.

    They are about an item when their conditions mention it, or when they cite its requirement in its role.
    """
    mentioning = _by(cases.values(), lambda case: dict.fromkeys(_codes(case)))
    citing = _by(cases.values(), lambda case: case.requirements)
    found = []
    for item in catalogue():
        about = {case.id: case for case in mentioning.get(item.code, [])}
        about |= {case.id: case for case in citing.get(item.requirement, []) if case.role == item.role}
        live = [case for case in about.values() if not case.review]
        roles = (item.role,) if item.role in ROLES else ROLES
        # A case in one role may need a claim of the other, too.
        wanted = () if live else roles
        row = _row(item.code, live, wanted, _excuse(item.code))
        reviews = sum(1 for case in about.values() if case.review)
        found.append(Row(row.id, row.state, row.cases, row.reason, row.open_roles, reviews))
    return found


def _codes(case: Case) -> Iterator[str]:
    yield from conditions.parse(case.pics).codes
    for talk in () if case.review else case.conversations:
        yield from conditions.parse(talk.pics or "always").codes


def _by(cases: Iterable[Case], names: Callable[[Case], Iterable[str]]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        for name in names(case):
            found.setdefault(name, []).append(case)
    return found


def _row(identifier: str, cases: list[Case], wanted: Iterable[str], reason: str) -> Row:
    have = {case.role for case in cases}
    lacking = () if BOTH in have else tuple(role for role in wanted if role not in have)
    if not lacking:
        state = State.COVERED
    elif reason:
        state = State.REASONED
    else:
        state = State.OPEN
    return Row(identifier, state, [case.id for case in cases], reason, lacking)


def shares(cases: Mapping[str, Case]) -> list[Coverage]:
    """Return how much of requirements, events and rows of the PICS the cases cover, for the report."""
    ledgers = {
        "requirements": coverage(requirements(), cases),
        "events of the log, by role": event_coverage(cases),
        "rows of the PICS": table_coverage(cases),
    }
    return [_share(subject, rows) for subject, rows in ledgers.items()]


def _share(subject: str, rows: list[Row]) -> Coverage:
    counts = {state: sum(row.state is state for row in rows) for state in State}
    return Coverage(
        subject=subject,
        covered=counts[State.COVERED],
        reasoned=counts[State.REASONED],
        open=counts[State.OPEN],
    )
