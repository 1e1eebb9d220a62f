"""Where a mode that carries PDUs of its own over ACSE has a say in what the layers beneath it do.

Which checks are made on SPDUs, PPDUs and APDUs, and what is said about a fault in one of them, is the matter
of an :class:`Environment`. The one of this module is plain MMS: the layers do what their own documents say.
"""

from __future__ import annotations

from typing import Any

from conform62351.profiles.osi.inspection import Inspection
from conform62351.profiles.osi.sending import Sender
from conform62351.profiles.osi.situation import Situation
from conform62351.profiles.policy import CheckTable, Finding


class Environment:
    """What a mode asks of session, presentation and ACSE, on one side of one association."""

    def table(self, table: CheckTable[Inspection[Any]]) -> CheckTable[Inspection[Any]]:
        """Return the checks to make in place of those of ``table``, under its name."""
        return table

    def abort(self, finding: Finding, sender: Sender, situation: Situation) -> bool:  # noqa: ARG002
        """Abort because of a fault in a manner of its own; return whether that was done."""
        return False
