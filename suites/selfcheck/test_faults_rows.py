"""Every row that the pages have for devices has a faulty device in each role that it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.native.handshake_checks import HANDSHAKE_TABLE
from conform62351.profiles.native.token3_checks import TOKEN3_TABLE
from conform62351.profiles.native.transfer_checks import TRANSFER_TABLE
from conform62351.profiles.policy import CheckTable
from conform62351.suites.selfcheck import (
    fault_rows_certificates,
    fault_rows_compatibility,
    fault_rows_decisions,
    fault_rows_handshake,
    fault_rows_osi,
    fault_rows_tls,
    fault_rows_transfer,
)
from conform62351.suites.selfcheck.fault_rows import Reason, Row

FAULTS: Final = fault_catalogue()
PARTS: Final = {"server": "SRV", "client": "CLI"}
AREAS: Final[Mapping[str, Mapping[str, Row]]] = {
    "compatibility mode": fault_rows_compatibility.ROWS,
    "certificates and log": fault_rows_certificates.ROWS,
    "native mode, handshake": fault_rows_handshake.ROWS,
    "native mode, details": fault_rows_decisions.ROWS,
    "native mode, transfer": fault_rows_transfer.ROWS,
    "OSI": fault_rows_osi.ROWS,
    "TLS": fault_rows_tls.ROWS,
}
ROWS: Final = {(area, words): row for area, rows in AREAS.items() for words, row in rows.items()}
DECISIONS: Final = frozenset(range(1, 47))
OF_PICS: Final = ("claims", "claims_device", "claims_tls")
"""Modules whose faulty devices are no other than their PICS has it: ``test_declared_lies.py``."""
ALSO: Final = {
    "reads-its-clock-twice": "of no row: a slip that a value shows in whatever it is about",
}
"""Faulty devices that no row names, and why."""
CHECKED: Final[tuple[tuple[CheckTable[Any], Mapping[str, Row]], ...]] = (
    (HANDSHAKE_TABLE, fault_rows_handshake.HANDSHAKE),
    (TRANSFER_TABLE, fault_rows_transfer.TRANSFER),
    (TOKEN3_TABLE, fault_rows_transfer.ENDINGS),
)
"""Tables whose checks are rows, by their numbers."""
OF_ONE_ROLE: Final = {"server": {"21", "22"}, "client": {"15", "16", "17", "18", "19", "20"}}
"""Checks of handshakes that a role does not make."""


def named_in(row: Row, role: str) -> tuple[str, ...]:
    shown = row.of(role)
    return () if isinstance(shown, Reason) else shown


@pytest.mark.parametrize("role", PARTS)
@pytest.mark.parametrize(("area", "words"), ROWS)
def test_a_faulty_device_is_against_the_row(area: str, words: str, role: str) -> None:
    row = AREAS[area][words]
    assert row.of(role), f"{role}: neither a faulty device nor a reason"
    for name in named_in(row, role):
        assert role in FAULTS[name].roles, f"{name} is no {role}"
        assert any(case.split("/")[1] == PARTS[role] for case in FAULTS[name].caught_by), name


@pytest.mark.parametrize(("area", "words"), ROWS)
def test_a_row_is_about_a_role(area: str, words: str) -> None:
    row = AREAS[area][words]
    assert {row.of(role) for role in PARTS} != {Reason.OTHER_ROLE}


@pytest.mark.parametrize(("table", "rows"), CHECKED, ids=[table.name for table, _ in CHECKED])
def test_every_check_is_a_row(table: CheckTable[Any], rows: Mapping[str, Row]) -> None:
    numbers = {step.id.removeprefix(f"{table.name}.").split(".")[0] for step in table.steps}
    assert numbers == {words.partition(",")[0] for words in rows}


@pytest.mark.parametrize("role", PARTS)
def test_a_check_that_the_role_does_not_make_has_its_reason(role: str) -> None:
    rows = fault_rows_handshake.HANDSHAKE
    assert {number for number, row in rows.items() if isinstance(row.of(role), Reason)} == OF_ONE_ROLE[role]


def test_every_decision_has_a_row() -> None:
    numbered = (re.match(r"decision (\d+)", words) for _, words in ROWS)
    assert {int(found[1]) for found in numbered if found} == DECISIONS


def test_every_event_of_part_3_is_a_row() -> None:
    numbers = {identifier.partition(":")[2] for identifier in event_catalogue() if "62351-3:" in identifier}
    assert numbers <= set(fault_rows_tls.EVENTS)


def test_every_reason_is_given_somewhere() -> None:
    given = {row.of(role) for row in ROWS.values() for role in PARTS}
    assert {why for why in given if isinstance(why, Reason)} == set(Reason)


def test_every_faulty_device_is_named() -> None:
    named = {name for row in ROWS.values() for role in PARTS for name in named_in(row, role)}
    others = {
        name for name, fault in FAULTS.items() if fault.make.__module__.rpartition(".")[2] not in OF_PICS
    }
    assert others - named == set(ALSO)
