"""What native mode asks of session, presentation and ACSE beneath it: its checks, and its osiDiagnostics."""

from __future__ import annotations

from typing import Any, Final

from conform62351.profiles.environments.osi.checks import TABLES
from conform62351.profiles.environments.osi.diagnostics import osi_diagnostic
from conform62351.profiles.native.codec import Codec
from conform62351.profiles.native.secpdus import OsiFault
from conform62351.profiles.osi.apdu import ABORT_BY_USER
from conform62351.profiles.osi.environment import Environment
from conform62351.profiles.osi.inspection import Inspection
from conform62351.profiles.osi.sending import Sender
from conform62351.profiles.osi.situation import Situation
from conform62351.profiles.policy import CheckTable, Finding, Policy

OSI_DIAGNOSTICS: Final = f"E2E.{OsiFault.name}"


class NativeEnvironment(Environment):
    """The environment of one association of native mode."""

    def __init__(self, codec: Codec, policy: Policy) -> None:
        self._codec = codec
        self._policy = policy

    def table(self, table: CheckTable[Inspection[Any]]) -> CheckTable[Inspection[Any]]:
        """Return the checks of native mode where it has its own."""
        return TABLES.get(table.name, table)

    def abort(self, finding: Finding, sender: Sender, situation: Situation) -> bool:
        """Abort with osiDiagnostics where the fault is one of the environment (decision 21).

        Without an E2E context the ABRT has no user information; one that is proposed will do before there are
        results.
        """
        number = osi_diagnostic(finding)
        if number is None:
            return False
        if not _has_context(situation):
            sender.abort(ABORT_BY_USER)
            return True
        fault: OsiFault = self._policy.rewrite(OSI_DIAGNOSTICS, OsiFault(diagnostic=number))
        octets = self._policy.rewrite_octets(OSI_DIAGNOSTICS, self._codec.osi_fault(fault.diagnostic))
        if octets is not None:
            sender.abort(ABORT_BY_USER, octets, (OSI_DIAGNOSTICS,))
        return True


def _has_context(situation: Situation) -> bool:
    syntax = situation.parameters.protocol_syntax
    if situation.results:
        return situation.context_of(syntax) is not None
    return any(context.abstract_syntax == syntax for context in situation.proposed)
