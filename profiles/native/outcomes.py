"""What is due when a check of native mode finds a fault, and what is logged: the table ``outcomes.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

from conform62351.profiles.native.secpdus import (
    DtSecAbort,
    HandshakeSecAbort,
    HandshakeSecReject,
    ReleaseReq,
    WithToken3,
)
from conform62351.profiles.policy import Fault, Finding, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.spec.data import usual_diagnostics
from conform62351.profiles.spec.diagnostics import DiagnosticNumbers

DIAGNOSTIC: Final = "diagnostic"
"""The parameter of a fault that is the number of its diagnostic; without it the fault is an alarm."""
EVENT_GROUP: Final = "event-group"
EVENT: Final = "event"
_ALARM: Final = "alarm"


class Outcome(msgspec.Struct, frozen=True):
    """What a fault is answered with and logged as; without a ``diagnostic`` it is an alarm.

    ``event`` is ``group.number`` in part 4 of the catalogue. ``also`` are the diagnostics that a tester takes
    as well; an empty one stands for the alarm.
    """

    event: str
    diagnostic: str | None = None
    also: tuple[str, ...] = ()


class _ByRole(msgspec.Struct, frozen=True):
    server: Outcome | None = None
    client: Outcome | None = None


class _OfToken3(msgspec.Struct, frozen=True):
    event: int
    diagnostic: str | None = None


class _Token3(msgspec.Struct, frozen=True):
    groups: dict[str, int]
    steps: dict[str, _OfToken3]


class _Table(msgspec.Struct, frozen=True):
    handshake: dict[str, _ByRole]
    token3: _Token3
    received: dict[str, dict[str, str]]


@functools.cache
def _table() -> _Table:
    text = resources.files("conform62351.profiles.native").joinpath("outcomes.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Table)


@functools.cache
def handshake_diagnostics() -> tuple[str, ...]:
    """Return the names of HandshakeDiagnostics by the numbers that machines have for them.

    They are those of the usual edition; what is sent for a name in another one is a matter of the codec.
    """
    return _by_number(usual_diagnostics().handshake)


@functools.cache
def transfer_diagnostics() -> tuple[str, ...]:
    """Return the names of DtDiagnostics in the same way."""
    return _by_number(usual_diagnostics().transfer)


def _by_number(known: DiagnosticNumbers) -> tuple[str, ...]:
    return tuple(sorted(known.numbers, key=known.number))


def handshake_rows() -> tuple[str, ...]:
    """Return the rows of the handshake's checks, in the order of the table."""
    return tuple(_table().handshake)


def handshake_outcome(row: str, role: Role) -> Outcome | None:
    """Return what is due for the fault that ``role`` finds by ``row``, None when it does not look for it."""
    entry = _table().handshake[row]
    return entry.server if role is Role.SERVER else entry.client


def handshake_fault(row: str, role: Role, detail: str) -> Fault:
    """Return the fault that ``role`` finds by a row of the handshake's checks, which is one of its own."""
    outcome = handshake_outcome(row, role)
    if outcome is None:
        raise KeyError(f"the {role.value} does not check row {row}")
    group, event = map(int, outcome.event.split("."))
    reaction = Reaction.REFUSE if role is Role.SERVER else Reaction.ABORT
    number = None if outcome.diagnostic is None else handshake_diagnostics().index(outcome.diagnostic)
    return _fault(detail, reaction, number, group, event)


def token3_fault(row: str, kind: type[WithToken3], detail: str) -> Fault:
    """Return the fault that a row finds in a PDU with a ClearToken3: only a ReleaseReq is answered."""
    outcome = _table().token3.steps[row]
    group = _table().token3.groups[kind.__name__]
    if kind is not ReleaseReq:
        return _fault(detail, Reaction.CLOSE, None, group, outcome.event)
    number = None if outcome.diagnostic is None else transfer_diagnostics().index(outcome.diagnostic)
    return _fault(detail, Reaction.ABORT, number, group, outcome.event)


def token3_outcome(row: str, pdu: str) -> Outcome:
    """Return what is due for the fault that a row finds in the SecPDU called ``pdu``.

    The diagnostic is that of the DtSecAbort which answers a ReleaseReq; nothing else is answered. Raises
    KeyError: there is no such row, or the SecPDU has no ClearToken3.
    """
    outcome = _table().token3.steps[row]
    return Outcome(f"{_table().token3.groups[pdu]}.{outcome.event}", outcome.diagnostic)


def received_diagnostics(pdu: str) -> Mapping[str, str]:
    """Return the events about what a reject or abort called ``pdu`` tells, by diagnostic or ``alarm``."""
    return _table().received[pdu]


def diagnostic_of(fault: Fault) -> int | None:
    """Return the number of the diagnostic to send about a fault, None for an alarm."""
    return dict(fault.parameters).get(DIAGNOSTIC)


def event_of(finding: Finding) -> str | None:
    """Return the identifier of the event to log about a finding, None for one that is only noted."""
    parameters = dict(finding.fault.parameters)
    if EVENT_GROUP not in parameters:
        return None
    return f"IEC62351-4:{parameters[EVENT_GROUP]}.{parameters[EVENT]}"


def received_event(pdu: WithToken3) -> str | None:
    """Return the event that the receiver of a reject or abort logs, None when there is none."""
    if not isinstance(pdu, HandshakeSecReject | HandshakeSecAbort | DtSecAbort):
        return None
    names = transfer_diagnostics() if isinstance(pdu, DtSecAbort) else handshake_diagnostics()
    name = _ALARM if pdu.diag is None else names[pdu.diag] if 0 <= pdu.diag < len(names) else ""
    event = _table().received[type(pdu).__name__].get(name)
    return None if event is None else f"IEC62351-4:{event}"


def _fault(detail: str, reaction: Reaction, diagnostic: int | None, group: int, event: int) -> Fault:
    told = () if diagnostic is None else ((DIAGNOSTIC, diagnostic),)
    return Fault(detail, reaction, (*told, (EVENT_GROUP, group), (EVENT, event)))
