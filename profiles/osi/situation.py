"""Where an association stands and what both sides have agreed: the checks read it, the machine changes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from conform62351.profiles.osi.parameters import ACSE_CONTEXT, ACSE_SYNTAX, MMS_CONTEXT, OsiParameters
from conform62351.profiles.osi.ppdu import ACCEPTANCE, ContextDefinition, ContextResult
from conform62351.profiles.role import Role


class State(Enum):
    """Where an association stands."""

    IDLE = "idle"
    """No transport connection."""
    CONNECTED = "connected"
    """A transport connection without an association."""
    ASSOCIATING = "associating"
    """CONNECT sent (client)."""
    INDICATED = "indicated"
    """CONNECT received and indicated; the answer is due (server)."""
    OPEN = "open"
    RELEASING = "releasing"
    """Own FINISH sent."""
    RELEASE_INDICATED = "release-indicated"
    """FINISH received and indicated; the answer is due."""
    COLLISION = "collision"
    """FINISH sent and received."""
    ENDING = "ending"
    """Own ABORT, REFUSE or last DISCONNECT sent: the peer is to close TCP; nothing more is looked at."""
    CLOSED = "closed"
    """The TCP connection has ended, or is to be closed by the driver."""


@dataclass(slots=True)
class Situation:
    """What a machine knows when a PDU comes.

    ``proposed`` and ``results`` are the contexts of the association in the order of the proposal, ``results``
    being empty until they are known; ``accepted`` gives abstract syntaxes by the number of accepted contexts.
    :meth:`propose` and :meth:`agree` set them. ``calling_session`` is the calling selector of the CONNECT;
    ``release_due``: the peer's FINISH is not answered yet.
    """

    role: Role
    parameters: OsiParameters
    state: State = State.IDLE
    proposed: tuple[ContextDefinition, ...] = ()
    results: tuple[ContextResult, ...] = ()
    accepted: dict[int, str] = field(default_factory=dict)
    calling_session: bytes | None = None
    release_due: bool = False

    def propose(self, contexts: tuple[ContextDefinition, ...]) -> None:
        """Take the proposed contexts; nothing is agreed yet."""
        self.proposed = contexts
        self.agree(())

    def agree(self, results: tuple[ContextResult, ...]) -> None:
        """Take the results, in the order of the proposal; a context without one is not accepted."""
        self.results = results
        self.accepted = {
            context.id: context.abstract_syntax
            for context, entry in zip(self.proposed, results, strict=False)
            if entry.result == ACCEPTANCE
        }

    def context_of(self, syntax: str) -> int | None:
        """Return the number of the accepted context of an abstract syntax, None where there is none."""
        for number, name in self.accepted.items():
            if name == syntax:
                return number
        return None

    @property
    def acse_context(self) -> int:
        """The number of the ACSE context: the accepted one, else the proposed one, else the usual one."""
        return self._number(ACSE_SYNTAX, ACSE_CONTEXT)

    @property
    def protocol_context(self) -> int:
        """The number of the protected protocol's context: accepted, else proposed, else the usual one."""
        return self._number(self.parameters.protocol_syntax, MMS_CONTEXT)

    def _number(self, syntax: str, usual: int) -> int:
        accepted = self.context_of(syntax)
        if accepted is not None:
            return accepted
        return next((context.id for context in self.proposed if context.abstract_syntax == syntax), usual)
