"""The faulty devices of native mode leave out every check once, and a case finds each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.profiles.environments.osi.checks import ACC_TABLE, REQ_TABLE, TABLES
from conform62351.profiles.native.handshake_checks import HANDSHAKE_TABLE
from conform62351.profiles.native.token3_checks import TOKEN3_TABLE
from conform62351.profiles.native.transfer_checks import TRANSFER_TABLE
from conform62351.profiles.policy import CheckTable

NATIVE: Final[tuple[CheckTable[Any], ...]] = (
    HANDSHAKE_TABLE,
    TOKEN3_TABLE,
    TRANSFER_TABLE,
    *TABLES.values(),
    REQ_TABLE,
    ACC_TABLE,
)
NOTE: Final = "a note: the device goes on as it does without the check"
UNREADABLE: Final = (
    "without it the device has nothing to go on with; e2e-takes-missing-pp, e2e-takes-other-strings, "
    "e2e-takes-any-order and e2e-takes-any-tag read what it finds"
)
EXCEPTIONS: Final = {
    "E2E.HS.1.1": UNREADABLE,
    "E2E.HS.1.3": "e2e-takes-empty-lists reads an empty list as a full one, for nothing fits into none",
    "E2E.HS.15": "only a device without AE makes it: test_suite_negotiation.py leaves it out",
    "E2E.OSI.REQ.1": NOTE,
    **dict.fromkeys(("E2E.HS.1.6", "E2E.HS.1.7", "E2E.HS.5.1", "E2E.HS.6.6", "E2E.HS.12.3"), NOTE),
    **dict.fromkeys(("E2E.HS.22.7", "E2E.HS.23.4", "E2E.HS.24.1"), NOTE),
    **dict.fromkeys(("E2E.T3.1.6", "E2E.T3.1.7", "E2E.T3.6.6", "E2E.T3.6.7"), NOTE),
    **dict.fromkeys((f"E2E.OSI.{pdu}" for pdu in ("AARE.8", "RLRQ.4", "RLRE.4", "ABRT.4")), NOTE),
}
"""Checks that no faulty device leaves out, and why."""

OF_SERVER: Final = (
    *("E2E.HS.1.4", "E2E.HS.12.1", "E2E.HS.17", "E2E.HS.20.1", "E2E.HS.20.2"),
    *("E2E.OSI.AARQ.1", "E2E.OSI.AARQ.2", "E2E.OSI.AARQ.3", "E2E.OSI.AARQ.4"),
    "E2E.DT.12",
)
"""What a server alone finds: in what is offered, in an AARQ, in a rekey."""
OF_CLIENT: Final = (
    *("E2E.HS.12.2", "E2E.HS.21.3", "E2E.HS.21.4"),
    *(f"E2E.HS.22.{number}" for number in range(3, 7)),
    *(f"E2E.OSI.AARE.{number}" for number in range(1, 10)),
    "E2E.OSI.ACC.1",
)
"""What a client alone finds: in what is selected, in an AARE."""


def steps() -> Iterator[str]:
    """Return the identifiers of all checks of native mode."""
    for table in NATIVE:
        yield from (step.id for step in table.steps if step.id.startswith("E2E."))


def left_out(tables: Iterable[CheckTable[Any]]) -> dict[str, set[str]]:
    """Return the roles in which some case finds that a check of ``tables`` is left out, by the check."""
    found: dict[str, set[str]] = {}
    for fault in fault_catalogue().values():
        policy = fault.make()
        roles = {case.split("/")[1] for case in fault.caught_by}
        for table in tables:
            kept = {step.id for step in policy.steps(table)}
            for step in table.steps:
                if step.id not in kept:
                    found.setdefault(step.id, set()).update(roles)
    return found


def roles_of(identifier: str) -> set[str]:
    """Return the roles that make a check."""
    return {"SRV"} if identifier in OF_SERVER else {"CLI"} if identifier in OF_CLIENT else {"SRV", "CLI"}


LEFT_OUT: Final = left_out(NATIVE)


@pytest.mark.parametrize("identifier", [step for step in steps() if step not in EXCEPTIONS])
def test_a_faulty_device_leaves_the_check_out(identifier: str) -> None:
    missing = roles_of(identifier) - LEFT_OUT.get(identifier, set())
    assert not missing, f"{missing}: no faulty device leaves {identifier} out, or no case finds it"


def test_exceptions_are_checks_that_no_faulty_device_leaves_out() -> None:
    assert set(EXCEPTIONS) <= set(steps())
    assert not set(EXCEPTIONS) & set(LEFT_OUT)
