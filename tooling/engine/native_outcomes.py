"""Short names for what a device does in native mode: its refusals by SecPDU and diagnostic (clause 14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conform62351.profiles.native.outcomes import (
    Outcome,
    handshake_outcome,
    received_diagnostics,
    token3_outcome,
    transfer_diagnostics,
)
from conform62351.profiles.native.transfer_outcomes import transfer_outcome
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.judging_steps import Alternative
from conform62351.tooling.engine.native_judging import ALARM, DIAGNOSTIC, OSI_DIAGNOSTIC
from conform62351.tooling.engine.outcomes import one, rejected

__all__ = ["ALARM", "HandshakeRow"]

PERMANENT: Final = 1
TRANSIENT: Final = 2
_UNSETTLED: Final = frozenset({"invalid-time-value", "gmac-init-vector-required"})
"""Diagnostics of DtSecAbort whose two numbers nobody knows: either is read for either (clause 14, I)."""


def _by(kind: Kind, name: str, diagnostics: tuple[str, ...]) -> Alternative:
    fields: dict[str, Any] = {DIAGNOSTIC: list(diagnostics)} if diagnostics else {}
    return one(kind, name, **fields)


def sec_rejected(*diagnostics: str) -> Alternative:
    """Return the alternative of a HandshakeSecReject with one of ``diagnostics``, of any without them.

    :data:`ALARM` stands for none at all.
    """
    return _by(Kind.REJECTED, "E2E.HandshakeSecReject", diagnostics)


def sec_aborted(*diagnostics: str) -> Alternative:
    """Return the alternative of a HandshakeSecAbort, as :func:`sec_rejected`."""
    return _by(Kind.ABORTED, "E2E.HandshakeSecAbort", diagnostics)


def data_aborted(*diagnostics: str) -> Alternative:
    """Return the alternative of a DtSecAbort, as :func:`sec_rejected`."""
    if _UNSETTLED.intersection(diagnostics):
        diagnostics = (*diagnostics, *sorted(_UNSETTLED.difference(diagnostics)))
    unknown = set(diagnostics) - {ALARM, *transfer_diagnostics()}
    if unknown:
        raise ValueError(f"no diagnostics of DtSecAbort: {', '.join(sorted(unknown))}")
    return _by(Kind.ABORTED, "E2E.DtSecAbort", diagnostics)


APPL_ABORTED: Final = one(Kind.ABORTED, "E2E.ApplAbort")
RELEASED_SECURELY: Final = one(Kind.RELEASED, "ACSE.RLRE", secpdu="E2E.ReleaseRsp")
RELEASE_REQUESTED_SECURELY: Final = one(Kind.RELEASE_REQUESTED, "ACSE.RLRQ", secpdu="E2E.ReleaseReq")


def osi_fault(*numbers: int) -> tuple[Alternative, ...]:
    """Return how a fault of the environment may be told: osiDiagnostics, or an AARE (11-decisions 21, I)."""
    fields: dict[str, Any] = {OSI_DIAGNOSTIC: list(numbers)} if numbers else {}
    return (one(Kind.ABORTED, "E2E.osiDiagnostics", **fields), rejected())


UNTOLD: Final = one(Kind.ABORTED, "ARU")
"""An abort that holds no osiDiagnostics: where no context for it is agreed (11-decisions 21, I)."""


def not_carried(number: int) -> tuple[Alternative, ...]:
    """Return how a device may tell octets that are no whole TLV, if it decodes all that carries a SecPDU
    first: as the fault ``number`` of the environment, and nothing else (11-decisions 21, I).
    """
    fields: dict[str, Any] = {OSI_DIAGNOSTIC: [number]}
    return (one(Kind.ABORTED, "E2E.osiDiagnostics", **fields), one(Kind.REJECTED, "ACSE.AARE"))


class HandshakeRow:
    """What is due for a fault that a row of the handshake's checks finds, by the role of the DUT.

    ``also`` are further rows, for a stimulus that violates more than one: what is due for any passes.
    ``forms`` are the refusals that pass, ``events`` the identifiers that may be logged. Where the split of
    outcomes is inferred both pass.

    Raises:
        KeyError: there is no such row, or the role does not check it.
    """

    def __init__(self, row: str, role: Role, *also: str) -> None:
        outcomes = [_outcome(each, role) for each in (row, *also)]
        names = [name or ALARM for each in outcomes for name in (each.diagnostic or "", *each.also)]
        events = [event for each in outcomes for event in (f"IEC62351-4:{each.event}", *_beside(each, role))]
        refused = sec_rejected if role is Role.SERVER else sec_aborted
        self.forms: tuple[Alternative, ...] = (refused(*dict.fromkeys(names)),)
        self.events: tuple[str, ...] = tuple(dict.fromkeys(events))


def _outcome(row: str, role: Role) -> Outcome:
    outcome = handshake_outcome(row, role)
    if outcome is None:
        raise KeyError(f"a {role.value} does not check row {row}")
    return outcome


def _beside(outcome: Outcome, role: Role) -> tuple[str, ...]:
    """Return the events of the other outcomes that pass."""
    if not outcome.also:
        return ()
    both = {"1.6", "1.7"} if role is Role.SERVER else {"2.5", "2.6"}
    return tuple(f"IEC62351-4:{event}" for event in sorted(both - {outcome.event}) if outcome.event in both)


class EndingRow:
    """What is due for a fault that a row finds in a reject, abort or release called ``pdu``.

    ``also`` are further rows, for a stimulus that violates more than one. ``forms`` are the DtSecAborts that
    answer a ReleaseReq; nothing else is answered. ``events`` are those of :class:`HandshakeRow`. Where a
    certificate is at fault, the split of its outcomes is inferred: both pass.

    Raises:
        KeyError: there is no such row, or ``pdu`` is none of those.
    """

    def __init__(self, row: str, pdu: str, *also: str) -> None:
        rows = (row, *also, *(("6.1", "6.2") if row.startswith("6.") else ()))
        outcomes = [token3_outcome(each, pdu) for each in rows]
        names = dict.fromkeys(outcome.diagnostic or ALARM for outcome in outcomes)
        self.forms: tuple[Alternative, ...] = (data_aborted(*names),)
        self.events: tuple[str, ...] = tuple(
            dict.fromkeys(f"IEC62351-4:{outcome.event}" for outcome in outcomes)
        )


def told(pdu: str) -> Mapping[str, str]:
    """Return the events that the receiver of a reject or abort logs, by its diagnostic or ``alarm``."""
    return {name: f"IEC62351-4:{event}" for name, event in received_diagnostics(pdu).items()}


class TransferRow:
    """What is due for a fault that a check on data finds, by the role of the DUT.

    ``step`` and ``fault`` are a line of ``transfer_outcomes.toml``, ``pdu`` is what had the fault. ``forms``
    and ``events`` are those of :class:`HandshakeRow`.

    Raises:
        KeyError: there is no such line in the table.
    """

    def __init__(self, step: str, fault: str, role: Role, pdu: str) -> None:
        outcome = transfer_outcome(step, fault, role, pdu)
        self.forms: tuple[Alternative, ...] = (data_aborted(outcome.diagnostic or ALARM),)
        self.events: tuple[str, ...] = (f"IEC62351-4:{outcome.event}",)
