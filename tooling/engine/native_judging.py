"""What is to be known about diagnostics of native mode when a refusal is judged (clause 14)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from conform62351.tooling.engine.judging_steps import Alternative

SECPDU: Final = "secpdu"
"""The field of an observation that names the SecPDU which said so."""
DIAGNOSTIC: Final = "diag"
NUMBER: Final = "number"
OSI_DIAGNOSTIC: Final = "osi"
ALARM: Final = "alarm"
"""What stands in the place of a diagnostic where the SecPDU has none."""
HANDSHAKE_REFUSALS: Final = ("E2E.HandshakeSecReject", "E2E.HandshakeSecAbort")


def without_diagnostic(alternative: Alternative) -> Alternative:
    """Return the alternative without what it says of a diagnostic."""
    fields = {name: value for name, value in alternative.fields.items() if name != DIAGNOSTIC}
    return msgspec.structs.replace(alternative, fields=fields)


def differs_by_number(
    alternative: Alternative, name: str, fields: Mapping[str, Any], unsettled: Collection[str]
) -> bool:
    """Return whether a refusal that the alternative does not describe may differ by its number alone.

    ``unsettled`` are the diagnostics of the handshake whose numbers are not known in the edition of the
    device: the one that came may be one of them, or the one that is due. An alarm has no number.
    """
    due = alternative.fields.get(DIAGNOSTIC)
    if name not in HANDSHAKE_REFUSALS or fields.get(NUMBER) is None or due is None:
        return False
    wanted = [one for one in _listed(due) if one != ALARM]
    came = fields[DIAGNOSTIC]
    return bool(wanted) and any(one in unsettled for one in (came, *wanted))


def tells_of_alarm(alternative: Alternative, fields: Mapping[str, Any]) -> str:
    """Return the remark that a diagnostic came where an alarm is due, empty for all else."""
    due = alternative.fields.get(DIAGNOSTIC)
    if due is None or list(_listed(due)) != [ALARM] or fields.get(DIAGNOSTIC) in (None, ALARM):
        return ""
    return "; an alarm is due, and its diagnostic tells an attacker what was found"


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
