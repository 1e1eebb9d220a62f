"""What the checks of session, presentation and ACSE look at, and the steps that their tables share."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final, Generic, TypeVar

import msgspec

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.osi.ber import (
    MISPLACED_COMPONENT,
    REPEATED_COMPONENT,
    UNKNOWN_COMPONENT,
    Deviation,
)
from conform62351.profiles.osi.situation import Situation
from conform62351.profiles.policy import Fault, Reaction, Step
from conform62351.profiles.tlv_anomalies import PERMITTED_BY_BER, AnomalyCode

Pdu = TypeVar("Pdu")

COMPONENT_CODES: Final = frozenset((UNKNOWN_COMPONENT, REPEATED_COMPONENT, MISPLACED_COMPONENT))
BROKEN_BER_CODES: Final = frozenset(AnomalyCode) - PERMITTED_BY_BER


class Inspection(msgspec.Struct, Generic[Pdu], frozen=True):
    """A PDU that came, or why it is none.

    ``pdu`` is None exactly when ``error`` tells why the octets do not decode. ``carrier`` names the SPDU that
    the PDU came in; ``context`` is the presentation context of an APDU.
    """

    pdu: Pdu | None
    error: ProtocolError | None
    deviations: tuple[Deviation, ...]
    situation: Situation
    carrier: str
    context: int | None = None


Test = Callable[[Pdu, Inspection[Pdu]], Fault | None]


def step(identifier: str, name: str, clause: str, provenance: str, test: Test[Pdu]) -> Step[Inspection[Pdu]]:
    """Return a step about the value of a PDU; where nothing decoded it finds nothing."""

    def guarded(inspection: Inspection[Pdu]) -> Fault | None:
        return None if inspection.pdu is None else test(inspection.pdu, inspection)

    return Step(identifier, name, clause, provenance, guarded)


def decodes(
    prefix: str, clause: str, provenance: str, react: Callable[[str], Fault]
) -> Step[Inspection[Any]]:
    """Return step 1 of every table: the octets are the PDU that they should be."""

    def test(inspection: Inspection[Any]) -> Fault | None:
        error = inspection.error
        return None if error is None else react(f"octet {error.offset}: {error.message}")

    return Step(f"{prefix}.1", "decodes", clause, provenance, test)


def deviation_step(
    identifier: str,
    name: str,
    clause: str,
    provenance: str,
    codes: Collection[str],
    react: Callable[[str], Fault],
) -> Step[Inspection[Any]]:
    """Return a step that finds the deviations of form with one of ``codes``."""

    def test(inspection: Inspection[Any]) -> Fault | None:
        found = [
            f"octet {deviation.offset}: {deviation.message}"
            for deviation in inspection.deviations
            if deviation.code in codes
        ]
        return react("; ".join(found)) if found else None

    return Step(identifier, name, clause, provenance, test)


def ber_steps(prefix: str, clause: str) -> tuple[Step[Inspection[Any]], ...]:
    """Return steps 2 to 4 of the tables of PDUs in BER: deviations of form, which are read and noted."""
    return (
        deviation_step(f"{prefix}.2", "minimal-form", "X.690, 10", "I", PERMITTED_BY_BER, note),
        deviation_step(f"{prefix}.3", "basic-encoding-rules", "X.690, 8", "R", BROKEN_BER_CODES, note),
        deviation_step(f"{prefix}.4", "components", clause, "R", COMPONENT_CODES, note),
    )


def note(detail: str) -> Fault:
    """Return a fault that is only reported."""
    return Fault(detail, Reaction.NOTE)


def close(detail: str) -> Fault:
    """Return a fault of form after which the connection is closed without a word (11-decisions 17)."""
    return Fault(detail, Reaction.CLOSE)


def abort(detail: str, **parameters: int) -> Fault:
    """Return a fault that ends the association by an ABORT."""
    return Fault(detail, Reaction.ABORT, tuple(parameters.items()))


def refuse(detail: str, **parameters: int) -> Fault:
    """Return a fault for which the association is refused."""
    return Fault(detail, Reaction.REFUSE, tuple(parameters.items()))


def shown(octets: bytes | None) -> str:
    """Return octets in hexadecimal for a sentence."""
    return "none" if octets is None else f"[{octets.hex(' ').upper()}]"
