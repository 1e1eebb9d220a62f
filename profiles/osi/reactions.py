"""What is done about a fault that a check of session, presentation or ACSE found."""

from __future__ import annotations

from conform62351.profiles.osi.apdu import (
    ABORT_BY_PROVIDER,
    NO_REASON_GIVEN,
    REJECTED_PERMANENT,
    USER,
)
from conform62351.profiles.osi.environment import Environment
from conform62351.profiles.osi.sending import Sender
from conform62351.profiles.osi.situation import Situation, State
from conform62351.profiles.osi.spdu import PROTOCOL_ERROR, REFUSED_BY_PROVIDER, RELEASED
from conform62351.profiles.policy import Finding, Reaction
from conform62351.profiles.role import Role


class Reactions:
    """Carries out the reactions of one association."""

    def __init__(self, situation: Situation, sender: Sender, environment: Environment) -> None:
        self._situation = situation
        self._sender = sender
        self._environment = environment

    def carry_out(self, layer: str, finding: Finding) -> bool:
        """Do what a fault in a PDU of ``layer`` asks for; return whether the connection is to be closed."""
        situation, numbers = self._situation, dict(finding.fault.parameters)
        match finding.fault.reaction:
            case Reaction.IGNORE:
                return False
            case Reaction.CLOSE | Reaction.ERROR_AND_CLOSE | Reaction.DISCONNECT:
                situation.state = State.CLOSED
                return True
            case Reaction.REFUSE if situation.role is Role.SERVER and situation.state in (
                State.CONNECTED,
                State.INDICATED,
            ):
                self._refuse(layer, finding, numbers)
            case _:
                self._abort(layer, finding, numbers)
        situation.state = State.ENDING
        return True

    def _refuse(self, layer: str, finding: Finding, numbers: dict[str, int]) -> None:
        if layer == "ACSE":
            result = numbers.get("result", REJECTED_PERMANENT)
            source = numbers.get("source", USER)
            self._sender.reject(result, source, numbers.get("diagnostic", NO_REASON_GIVEN))
        elif self._environment.abort(finding, self._sender, self._situation):
            return
        elif layer == "SES":
            self._sender.refuse_session(numbers.get("reason", REFUSED_BY_PROVIDER))
        else:
            self._sender.refuse_presentation(numbers.get("provider_reason", 0))

    def _abort(self, layer: str, finding: Finding, numbers: dict[str, int]) -> None:
        if self._environment.abort(finding, self._sender, self._situation):
            return
        if layer == "SES":
            self._sender.abort_session(numbers.get("transport_disconnect", RELEASED | PROTOCOL_ERROR))
        elif layer == "PRES":
            self._sender.abort_presentation(numbers.get("reason"), numbers.get("event"))
        else:
            self._sender.abort(numbers.get("source", ABORT_BY_PROVIDER))
