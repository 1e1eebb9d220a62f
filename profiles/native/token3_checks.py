"""The checks on rejects, aborts and releases: rows 1 to 4 and 6 to 11 of clause 14 on their ClearToken3."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.native.check import UNDECODED, Check, note
from conform62351.profiles.native.checks_certificate import CERTIFICATE
from conform62351.profiles.native.checks_form import TOKEN3_FORM
from conform62351.profiles.native.checks_signature import SIGNATURE
from conform62351.profiles.native.checks_time import TIME
from conform62351.profiles.native.examination import Token3Examination
from conform62351.profiles.native.outcomes import token3_fault
from conform62351.profiles.policy import CheckTable, Fault, Step

PREFIX: Final = "E2E.T3"


def _step(check: Check[Token3Examination]) -> Step[Token3Examination]:
    def test(it: Token3Examination) -> Fault | None:
        if it.pdu is None and check.row != UNDECODED:
            return None
        found = check.test(it)
        if found is None:
            return None
        return note(found) if check.noted else token3_fault(check.row, it.kind, found)

    return Step(f"{PREFIX}.{check.row}", check.name, check.clause, check.provenance, test)


_CHECKS: Final[tuple[Check[Token3Examination], ...]] = (*TOKEN3_FORM, *SIGNATURE, *CERTIFICATE, *TIME)

TOKEN3_TABLE: Final[CheckTable[Token3Examination]] = CheckTable(PREFIX, tuple(map(_step, _CHECKS)))
"""What the receiver of a signed SecPDU outside the handshake looks at."""
