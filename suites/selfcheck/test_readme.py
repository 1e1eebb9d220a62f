"""What the README says of cases and faulty devices is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.pics.pixit import load_pixit, pixit_entries
from conform62351.pics.pixit_actions import ACTION_NAMES, DEFAULT_CONFIGURATION
from conform62351.suites.loading import load
from conform62351.tooling.engine.means import LARGEST_WAIT, WAITS
from conform62351.tooling.frontend.coverage import State, event_coverage, provoked
from conform62351.tooling.frontend.inputs import device_file

README = Path(__file__).resolve().parents[2] / "README.md"
T_SECURITY = "T-security, row by row"
SUITES = {"Compatibility mode, row by row": "CMP/", "Native mode, row by row": "E2E/", T_SECURITY: "TLS/"}
NATIVE = "Native mode against your own device"
TLS = "TLS against your own device"
CODE = re.compile(r"`([^`]+)`")
EVENTS = re.compile(r"\(events? ([0-9., ]+)\)")
ROW = re.compile(r"TLS/(SRV|CLI)/T(9|12)/BV-")


def section(heading: str) -> str:
    """Return the text below a heading, up to the next of its kind."""
    text = README.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert text, heading
    return text


def rows(heading: str) -> list[tuple[str, list[str], list[str]]]:
    """Return what each row of the tables below a heading is about, the ids of its cases, and its faults."""
    found = []
    for line in section(heading).splitlines():
        columns = line.split("|")
        cells = [CODE.findall(cell) for cell in columns]
        if line.startswith("|") and len(cells) == 5 and cells[2]:
            roles = [case if case.startswith("CLI/") else f"SRV/{case}" for case in cells[2]]
            found.append((columns[1].strip(), [SUITES[heading] + case for case in roles], cells[3]))
    return found


@pytest.mark.parametrize(
    ("cases", "faults"), [(cases, faults) for heading in SUITES for _, cases, faults in rows(heading)]
)
def test_each_case_catches_a_fault_of_its_row(cases: list[str], faults: list[str]) -> None:
    catalogue = fault_catalogue()
    for case in cases:
        assert case in load()
        assert any(case in catalogue[fault].caught_by for fault in faults)
    for fault in faults:
        assert any(case in catalogue[fault].caught_by for case in cases)


def test_the_tables_have_rows() -> None:
    assert len(rows("Compatibility mode, row by row")) > 25
    assert len(rows("Native mode, row by row")) > 45
    assert len(rows(T_SECURITY)) > 45


def test_the_tables_of_native_mode_have_every_numbered_check() -> None:
    numbers = [about.partition(":")[0] for about, _, _ in rows("Native mode, row by row")]
    handshake = [str(number) for number in range(1, 25)]
    data = ["1", "2", "3", "4", "5", "6", "6a", "7", "8", "9", "10", "11", "12"]
    assert [number for number in numbers if number[0].isdigit()] == [*handshake, *data]


def test_the_tables_of_t_security_have_every_case_but_the_rows_of_tables_9_and_12() -> None:
    named = {case for _, cases, _ in rows(T_SECURITY) for case in cases}
    all_of_tls = {name for name in load() if name.startswith("TLS/")}
    servers = {name.replace("/CLI/", "/SRV/") for name in all_of_tls} & all_of_tls
    wanted = servers | {name for name in all_of_tls if name.replace("/CLI/", "/SRV/") not in servers}
    assert {name for name in named if not ROW.match(name)} == {name for name in wanted if not ROW.match(name)}
    assert [match[2] for name in sorted(named) if (match := ROW.match(name))] == ["12", "9"]


def test_the_tables_of_t_security_name_each_event_of_part_3_beside_a_case_that_provokes_it() -> None:
    named = set()
    for about, cases, _ in rows(T_SECURITY):
        both = [*cases, *(case.replace("/SRV/", "/CLI/") for case in cases)]
        provokes = {event for case in both if case in load() for event in provoked(load()[case])}
        for events in EVENTS.findall(about):
            told = {f"IEC62351-3:{event}" for event in events.split(", ")}
            assert told <= provokes, about
            named |= told
    covered = [row for row in event_coverage(load()) if row.id.startswith("IEC62351-3:")]
    assert named == {row.id.partition(",")[0] for row in covered if row.state is State.COVERED}


def configurations() -> dict[str, str]:
    """Return the stacks of the configurations that the README names for native mode."""
    found: dict[str, str] = {}
    for line in section(NATIVE).splitlines():
        cells = [CODE.findall(cell) for cell in line.split("|")]
        if len(cells) == 5 and cells[1] and cells[2]:
            stacks = cells[2] if len(cells[2]) == len(cells[1]) else cells[2] * len(cells[1])
            found.update(zip(cells[1], stacks, strict=True))
    return found


def test_the_configurations_of_native_mode_are_those_of_the_reference_device() -> None:
    own = load_pixit(device_file("pixit.toml")).configurations
    native = {name: entry.stack for name, entry in own.items() if entry.stack in ("native", "native-tls")}
    assert configurations() == native
    used = {case.configuration for case in load().values() if case.id.startswith("E2E/")}
    assert used <= {DEFAULT_CONFIGURATION, *native}


def test_the_readings_of_native_mode_are_entries_of_the_pixit() -> None:
    told = section(NATIVE).partition("**Readings.**")[2].partition("\n5. ")[0]
    names = {f"native.{name}" for name in CODE.findall(told)} & set(pixit_entries())
    assert len(names) == 6
    assert "native.derivation" in pixit_entries()


def test_the_set_ups_and_times_of_tls_are_those_of_pixit_and_reference_device() -> None:
    names = set(CODE.findall(section(TLS)))
    own = {name for name in load_pixit(device_file("pixit.toml")).configurations if name.startswith("tls")}
    assert {name for name in names if re.fullmatch(r"tls(-[a-z0-9-]+)?", name)} == own
    assert {"renegotiate", "install-crl", "refresh-revocation"} <= names & set(ACTION_NAMES)
    times = {f"tls.{name}" for name in names} & set(pixit_entries())
    assert {*(name for name in WAITS if name.startswith("tls.")), LARGEST_WAIT} <= times
