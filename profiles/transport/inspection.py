"""What the checks on TPDUs look at, what they can ask for, and the steps that their tables share."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import msgspec

from conform62351.profiles.policy import Fault, Reaction, Step
from conform62351.profiles.role import Role
from conform62351.profiles.transport import cotp
from conform62351.profiles.transport.parameters import Situation, State

Value = TypeVar("Value")

ANNEX_H: Final = "IEC 62351-4, Annex H"


class Inspection(msgspec.Struct, Generic[Value], frozen=True):
    """A TPDU that came, or the CotpError that tells why it is none; its octets; the situation."""

    tpdu: Value
    octets: bytes
    situation: Situation


def note(detail: str) -> Fault:
    """Go on, and report a deviation of form."""
    return Fault(detail, Reaction.NOTE)


def close(detail: str) -> Fault:
    """Close the connection without a word."""
    return Fault(detail, Reaction.CLOSE)


def error(detail: str, cause: int, upto: int) -> Fault:
    """Send an ER with ``cause`` and the first ``upto`` octets of the TPDU, then close."""
    return Fault(detail, Reaction.ERROR_AND_CLOSE, (("cause", cause), ("octets", upto)))


def disconnect(detail: str, reason: int) -> Fault:
    """Refuse the connection with a DR, then close."""
    return Fault(detail, Reaction.DISCONNECT, (("reason", reason),))


def place(name: str, *expected: tuple[Role, State]) -> Step[Inspection[Any]]:
    """Return the step that finds TPDUs of type ``name`` that come where none is ``expected``.

    No ER answers an ER or a DR: both end the connection anyway.
    """

    def test(inspection: Inspection[Any]) -> Fault | None:
        role, state = inspection.situation.role, inspection.situation.state
        if (role, state) in expected:
            return None
        detail = f"{name} came to a {role.value} in state {state.value}"
        return close(detail) if name in ("ER", "DR") else error(detail, cotp.CAUSE_TPDU_TYPE, 2)

    return Step(f"COTP.{name}.1", "place", "X.224, 6.22", "R", test)


def not_own_reference(inspection: Inspection[Any]) -> str | None:
    """Return what is wrong with DST-REF when it is not the reference of the receiver."""
    own, dst_ref = inspection.situation.parameters.src_ref, inspection.tpdu.dst_ref
    return None if dst_ref == own else f"DST-REF {dst_ref:04X}, the own reference is {own:04X}"


def shown(octets: bytes) -> str:
    """Return ``octets`` for a sentence."""
    return f"[{octets.hex(' ').upper()}]"
