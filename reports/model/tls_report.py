"""The part of a report on the TLS suites of Tables 9 and 12: what the device claims, and what it did."""

from __future__ import annotations

from typing import Literal

from conform62351.reports.model.record import Record
from conform62351.reports.model.verdict import Verdict

SuiteOutcome = Literal["associated", "handshake", "refused", "not-refused", "not-tried"]


class SuiteRoleReport(Record, frozen=True):
    """A row for one role of the device.

    ``answer`` is that of the PICS, empty where the event log holds none. ``outcome`` is what the device did
    in the whole run: it ``associated`` over the suite, or completed a ``handshake`` and did not associate; it
    ``refused`` it in the cases about it, or took it without completing a handshake (``not-refused``); of what
    was ``not-tried`` the ``reason`` says why. ``connections`` are those with a handshake, ``associations``
    tells how many of them associated. ``result`` is what the checks against the row say together, as for a
    requirement; ``cases`` are those about the row.
    """

    status: str
    answer: str
    outcome: SuiteOutcome
    connections: int
    associations: int
    result: Verdict | None
    cases: list[str]
    reason: str


class SuiteReport(Record, frozen=True):
    """A row of Table 9 or 12, by the role of the device.

    ``tester`` tells whether the tester's TLS can speak it, null when the event log does not say.
    """

    table: int
    code: str
    name: str
    reference: str
    provenance: str
    tester: bool | None
    roles: dict[str, SuiteRoleReport]
