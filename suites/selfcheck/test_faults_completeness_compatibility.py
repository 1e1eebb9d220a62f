"""The faulty devices of compatibility mode leave out every check once, and a case finds each of them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from conform62351.profiles.compatibility.checks import CMP_TABLE
from conform62351.profiles.pki.path_rules import PATH
from conform62351.profiles.policy import CheckTable
from conform62351.suites.selfcheck.test_faults_completeness import left_out

TABLES: Final[tuple[CheckTable[Any], ...]] = (CMP_TABLE, PATH)
NOTE: Final = "a note: the device goes on as it does without the check"
EXCEPTIONS: Final = {
    **dict.fromkeys((f"CMP.{number}" for number in (5, 6, 9, 10, 11, 16, 20)), NOTE),
    "CMP.24": "a note, unless the device is set up to refuse what it notes",
    "X509.PATH.2": "a bound of the reference implementation's own, which nobody else need have",
}
"""Checks that no faulty device leaves out, and why."""
LEFT_OUT: Final = left_out(TABLES)


@pytest.mark.parametrize(
    "identifier", [step.id for table in TABLES for step in table.steps if step.id not in EXCEPTIONS]
)
def test_a_faulty_device_leaves_the_check_out(identifier: str) -> None:
    missing = {"SRV", "CLI"} - LEFT_OUT.get(identifier, set())
    assert not missing, f"{missing}: no faulty device leaves {identifier} out, or no case finds it"


def test_exceptions_are_checks_that_no_faulty_device_leaves_out() -> None:
    assert set(EXCEPTIONS) <= {step.id for table in TABLES for step in table.steps}
    assert not set(EXCEPTIONS) & set(LEFT_OUT)
