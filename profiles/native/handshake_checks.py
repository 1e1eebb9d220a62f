"""The checks on HandshakeReq and HandshakeAcc, in order (clause 14; ids by its rows).

Server and client share the table: a row that ``outcomes.toml`` gives no outcome for a role finds nothing
there.
"""

from __future__ import annotations

from typing import Final

from conform62351.profiles.native.check import UNDECODED, Check, note
from conform62351.profiles.native.checks_attributes import ATTRIBUTES
from conform62351.profiles.native.checks_certificate import CERTIFICATE
from conform62351.profiles.native.checks_confidentiality import CONFIDENTIALITY
from conform62351.profiles.native.checks_form import HANDSHAKE_FORM
from conform62351.profiles.native.checks_negotiation import NEGOTIATION, PROTOCOL
from conform62351.profiles.native.checks_signature import SIGNATURE
from conform62351.profiles.native.checks_time import TIME
from conform62351.profiles.native.examination import HandshakeExamination
from conform62351.profiles.native.outcomes import handshake_fault, handshake_outcome
from conform62351.profiles.policy import CheckTable, Fault, Step
from conform62351.profiles.role import Role

PREFIX: Final = "E2E.HS"


def _step(check: Check[HandshakeExamination]) -> Step[HandshakeExamination]:
    roles = tuple(role for role in Role if check.noted or handshake_outcome(check.row, role) is not None)
    needs_pdu, look = check.row != UNDECODED, check.test

    def test(it: HandshakeExamination) -> Fault | None:
        if it.role not in roles or (needs_pdu and it.pdu is None):
            return None
        found = look(it)
        if found is None:
            return None
        return note(found) if check.noted else handshake_fault(check.row, it.role, found)

    return Step(f"{PREFIX}.{check.row}", check.name, check.clause, check.provenance, test)


_CHECKS: Final[tuple[Check[HandshakeExamination], ...]] = (
    *HANDSHAKE_FORM,
    *SIGNATURE,
    *PROTOCOL,
    *CERTIFICATE,
    *TIME,
    *NEGOTIATION,
    *CONFIDENTIALITY,
    *ATTRIBUTES,
)

HANDSHAKE_TABLE: Final[CheckTable[HandshakeExamination]] = CheckTable(PREFIX, tuple(map(_step, _CHECKS)))
"""Rows 1 to 24 of clause 14's table."""
