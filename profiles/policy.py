"""Checks as ordered tables of named steps, and the policy that may change them.

Every machine of ``profiles`` judges what it receives with a :class:`CheckTable` and sends what it
sends through a :class:`Policy`. The default policy changes nothing. A tester that must go on after a
peer's slip, a faulty device and a mutated test case are policies: the machines hold no conditionals
for any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

import msgspec

Context = TypeVar("Context")


class Reaction(Enum):
    """What a machine does about a fault it found."""

    CLOSE = "close"
    """Close the TCP connection without a word (11-decisions 17)."""
    ERROR_AND_CLOSE = "error-and-close"
    """Send a COTP ER, then close."""
    DISCONNECT = "disconnect"
    """Send a COTP DR (it refuses a CR), then close."""
    REFUSE = "refuse"
    """Send a session REFUSE; with a presentation or ACSE rejection inside it where the fault lies there."""
    ABORT = "abort"
    """Send a session ABORT; with ARU, ARP or ABRT inside it where the fault lies above the session."""
    REJECT_CONTEXT = "reject-context"
    """Refuse a single presentation context in the result list and go on."""
    IGNORE = "ignore"
    """Drop the PDU or the component and go on."""
    NOTE = "note"
    """Go on, and report a deviation of form."""


class Fault(msgspec.Struct, frozen=True):
    """What a step found: a sentence for people and the reaction that is due.

    ``parameters`` tells the reaction what it needs (a reason or diagnostic number, for instance).
    """

    detail: str
    reaction: Reaction
    parameters: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Step(Generic[Context]):
    """One named check: ``id`` such as ``COTP.CR.2``, ``name`` such as ``class-0``.

    ``clause`` names the text it comes from, ``provenance`` is the mark of that fact (S, N, E, R, F, I).
    ``test`` returns the fault that it found, or None. It must not change the context.
    """

    id: str
    name: str
    clause: str
    provenance: str
    test: Callable[[Context], Fault | None]


class Finding(msgspec.Struct, frozen=True):
    """A fault together with the step that found it."""

    step: str
    name: str
    clause: str
    provenance: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.step} {self.name}: {self.fault.detail}"


@dataclass(frozen=True, slots=True)
class CheckTable(Generic[Context]):
    """The checks on one kind of PDU in the order in which they are made."""

    name: str
    steps: tuple[Step[Context], ...]

    def findings(self, context: Context, policy: Policy) -> tuple[Finding, ...]:
        """Run the steps that ``policy`` keeps, in its order.

        The first fault that the policy lets stand ends the run and comes last; faults that the policy
        only notes come before it. Look at ``policy.reacts`` of the last one to know which it is.
        """
        found: list[Finding] = []
        for step in policy.steps(self):
            fault = step.test(context)
            if fault is None:
                continue
            finding = Finding(step.id, step.name, step.clause, step.provenance, fault)
            found.append(finding)
            if fault.reaction is not Reaction.NOTE and policy.reacts(finding):
                break
        return tuple(found)


class Policy:
    """What a machine asks before it checks and before it sends.

    PDU names are qualified by their layer: ``TPKT``, ``COTP.CR``, ``SES.CN``, ``PRES.CP``,
    ``ACSE.AARQ``, ``MMS.initiate-RequestPDU``.
    """

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        """Return the steps of ``table`` to run, in order; leave one out and it is not checked."""
        return table.steps

    def keeps(self, tables: Iterable[CheckTable[Any]]) -> bool:
        """Return whether the checks of ``tables`` are made as they stand there."""
        if type(self).steps is Policy.steps:
            return True
        return all(self.steps(table) is table.steps for table in tables)

    def reacts(self, finding: Finding) -> bool:  # noqa: ARG002 - the default looks at nothing
        """Return whether the machine carries out the reaction; a tester notes the finding and goes on."""
        return True

    def rewrite(self, name: str, value: Any) -> Any:  # noqa: ARG002
        """Return the value to encode in place of ``value``, the PDU called ``name``."""
        return value

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:  # noqa: ARG002
        """Return the octets to send in place of ``octets``.

        None withholds the PDU, and with it the whole message that it is part of. At ``TPKT`` the octets
        may be several packets, or anything else.
        """
        return octets

    def read_octets(self, name: str, octets: bytes) -> bytes:  # noqa: ARG002
        """Return the octets to decode in place of ``octets``, which came as the PDU called ``name``.

        What a reader overlooks is nothing that a check could be left out for. The machine of session,
        presentation and ACSE asks for every PDU; native mode asks for signed ones, by the type of what their
        carrier holds, ``E2E.HandshakeRsp`` for instance.
        """
        return octets

    def dt_length(self, left: int, room: int) -> int:
        """Return how many of ``left`` octets of a TSDU the next DT takes; ``room`` fit the agreed size."""
        return min(left, room)

    def delay(self, names: Sequence[str]) -> float:  # noqa: ARG002
        """Return how many seconds the driver holds back a message made of these PDUs, outermost first."""
        return 0.0
