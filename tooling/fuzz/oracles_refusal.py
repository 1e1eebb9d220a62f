"""The oracle about how a device of native mode refuses: by a diagnostic that fits, or by an alarm.

A device may find whatever is wrong first, and more may be wrong than the checks here can see: its clock, what
it has met before and what its policy wants are its own. What is certain is that nobody who could not sign
learns what was found inside, and that a diagnostic tells of something that is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.native.outcomes import (
    DIAGNOSTIC,
    handshake_outcome,
    transfer_diagnostics,
)
from conform62351.profiles.policy import Finding
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.native_judging import ALARM
from conform62351.tooling.engine.native_judging import DIAGNOSTIC as DIAG
from conform62351.tooling.fuzz.oracles import Complaint, Oracle, Scene
from conform62351.tooling.fuzz.oracles_protocol import is_client
from conform62351.tooling.fuzz.twin import Stage

OF_HANDSHAKE: Final = "E2E.HS."
OF_TRANSFER: Final = "E2E.DT."
HANDSHAKE: Final = ("E2E.HandshakeSecReject", "E2E.HandshakeSecAbort")
TRANSFER: Final = "E2E.DtSecAbort"
_SIGNATURE: Final = frozenset({"E2E.HS.3.1", "E2E.HS.3.2", "E2E.HS.4.2"})
_OUTSIDE_SIGNATURE: Final = frozenset(
    {
        "protocol-error",
        "invalid-signatureAlgorithm",
        "invalid-public-key-certificate",
        "protected-protocol-not-supported",
    }
)
"""What can be found before the signature is verified, or lies outside of what it covers."""
_ICV: Final = frozenset({"E2E.DT.4", "E2E.DT.6"})
_BEFORE_ICV: Final = ("E2E.DT.1", "E2E.DT.2", "E2E.DT.3", "E2E.DT.4", "E2E.DT.5", "E2E.DT.6")
_OWN: Final = frozenset({ALARM, "invalid-time-value"})
"""What a device may find by its own clock and its own memory."""
_BY_POLICY: Final = frozenset(
    {
        "dhGroup-not-supported",
        "hmac-algorithm-not-supported",
        "icv-algorithms-not-supported",
        "encrypt-algorithms-not-supported",
        "aea-algorithms-not-supported",
        "encr-mode-aea-not-supported",
        "ae-is-required",
        "aea-select-but-encryp-not-supp",
        "encryption-not-required",
        "encryption-required",
        "invalid-attribute-certificate",
        "invalid-certification-path",
        "invalid-public-key-certificate",
        "illegal-dhGroup-selected",
        "ae-not-used",
        "invalid-ae-algorithm",
        "invalid-encryption-algorithm",
    }
)
"""What a device may find by its policy and its trust, which nobody here knows in full."""
_NO_REASON: Final = "no-reason-given"


def _refusal(scene: Scene) -> Iterator[Complaint]:
    standing = scene.standing
    if not standing.known:
        return
    for seen in scene.delivered.observations:
        if DIAG not in seen.fields:
            continue
        if seen.name in HANDSHAKE and standing.stage is Stage.ASSOCIATING:
            yield from _of_handshake(scene, seen)
        elif seen.name == TRANSFER and seen.kind is Kind.ABORTED and standing.stage is Stage.OPEN:
            yield from _of_transfer(scene, seen)


def _of_handshake(scene: Scene, seen: Observation) -> Iterator[Complaint]:
    faults = scene.standing.faults
    if not faults or any(not one.step.startswith(OF_HANDSHAKE) for one in faults):
        return
    role = Role.CLIENT if is_client(scene) else Role.SERVER
    covered = next((one for one in faults if one.step in _SIGNATURE), None)
    due = _handshake_due((*faults, *_possible(scene, OF_HANDSHAKE)), role)
    told = seen.fields[DIAG]
    unsettled = scene.dut.security.native.unsettled
    if told in unsettled or due & unsettled:
        return
    if covered is not None:
        if told not in _OUTSIDE_SIGNATURE | {ALARM, _NO_REASON}:
            text = f"{told} tells what was found behind a signature that does not verify"
            yield Complaint("refusal", covered.clause, covered.provenance, f"{text}: {covered}", "security")
        return
    if told not in due | _OWN | _BY_POLICY | {_NO_REASON}:
        yield _unfitting(faults[0], seen, due)


def _handshake_due(faults: tuple[Finding, ...], role: Role) -> frozenset[str]:
    due: set[str] = set()
    for one in faults:
        outcome = handshake_outcome(one.step.removeprefix(OF_HANDSHAKE), role)
        if outcome is not None:
            due |= {name or ALARM for name in (outcome.diagnostic or "", *outcome.also)}
    return frozenset(due)


def _possible(scene: Scene, table: str) -> tuple[Finding, ...]:
    """Return what the device may find by the checks of ``table``, beside what it has to find."""
    return tuple(one for one in scene.standing.possible if one.step.startswith(table))


def _of_transfer(scene: Scene, seen: Observation) -> Iterator[Complaint]:
    faults = scene.standing.faults
    possible = _possible(scene, OF_TRANSFER)
    told = seen.fields[DIAG]
    if not faults:
        if told not in _transfer_due(possible) | _OWN | {_NO_REASON} and not is_client(scene):
            text = f"{told} for a data transfer in which nothing is at fault"
            yield Complaint("refusal", "14; 11-decisions 32", "I", text, "form")
        return
    if any(not one.step.startswith(OF_TRANSFER) for one in faults):
        return
    covered = next((one for one in faults if one.step in _ICV), None)
    due = _transfer_due((*faults, *possible))
    if covered is None:
        if told not in due | _OWN | {_NO_REASON}:
            yield _unfitting(faults[0], seen, due)
        return
    if told not in _transfer_due(tuple(one for one in faults if one.step in _BEFORE_ICV)) | {
        ALARM,
        _NO_REASON,
    }:
        text = f"{told} tells what was found behind an ICV that does not verify"
        yield Complaint("refusal", covered.clause, covered.provenance, f"{text}: {covered}", "security")


def _transfer_due(faults: tuple[Finding, ...]) -> frozenset[str]:
    numbers = (dict(one.fault.parameters).get(DIAGNOSTIC) for one in faults)
    due = {ALARM if number is None else transfer_diagnostics()[number] for number in numbers}
    for one in ("invalid-time-value", "gmac-init-vector-required"):
        if one in due:
            # Nobody knows their numbers: either is read for either.
            due |= {"invalid-time-value", "gmac-init-vector-required"}
    return frozenset(due)


def _unfitting(fault: Finding, seen: Observation, due: frozenset[str]) -> Complaint:
    text = f"{seen.fields[DIAG]} where {' or '.join(sorted(due))} is due: {fault}"
    return Complaint("refusal", fault.clause, fault.provenance, text, "form")


REFUSAL: Final = Oracle("refusal", _refusal)
