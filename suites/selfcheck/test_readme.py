"""What the README says of cases and faulty devices is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.suites.loading import load

README = Path(__file__).resolve().parents[2] / "README.md"
PREFIX = "CMP/SRV/"
CODE = re.compile(r"`([^`]+)`")


def rows() -> list[tuple[list[str], list[str]]]:
    """Return the cases and the faults of each row of the tables on compatibility mode."""
    text = README.read_text("utf-8")
    section = text.partition("## Compatibility mode, row by row")[2].partition("\n## ")[0]
    found = []
    for line in section.splitlines():
        cells = [CODE.findall(cell) for cell in line.split("|")]
        if line.startswith("|") and len(cells) == 5 and cells[2]:
            found.append((cells[2], cells[3]))
    return found


@pytest.mark.parametrize(("cases", "faults"), rows())
def test_each_case_catches_a_fault_of_its_row(cases: list[str], faults: list[str]) -> None:
    catalogue = fault_catalogue()
    for case in cases:
        assert PREFIX + case in load()
        assert any(PREFIX + case in catalogue[fault].caught_by for fault in faults)
    for fault in faults:
        assert any(PREFIX + case in catalogue[fault].caught_by for case in cases)


def test_the_tables_have_rows() -> None:
    assert len(rows()) > 25
