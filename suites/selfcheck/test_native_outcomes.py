"""The outcomes of native mode against the catalogue of the log: every event is there, alarms are alarms."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from conform62351.profiles.events62351 import Level, event_catalogue
from conform62351.profiles.native.outcomes import handshake_diagnostics, transfer_diagnostics

TABLE: dict[str, Any] = tomllib.loads(
    resources.files("conform62351.profiles.native").joinpath("outcomes.toml").read_text("utf-8")
)


def entries() -> Iterator[tuple[str, str, bool]]:
    """Yield where an event stands, its number, and whether it is that of an alarm."""
    for row, roles in TABLE["handshake"].items():
        for role, outcome in roles.items():
            yield f"{row} {role}", outcome["event"], "diagnostic" not in outcome
    for pdu, group in TABLE["token3"]["groups"].items():
        for row, outcome in TABLE["token3"]["steps"].items():
            yield f"{row} {pdu}", f"{group}.{outcome['event']}", "diagnostic" not in outcome
    for pdu, events in TABLE["received"].items():
        for name, event in events.items():
            yield f"{name} {pdu}", event, name == "alarm"


@pytest.mark.parametrize(("where", "event", "alarm"), list(entries()))
def test_events_are_those_of_the_catalogue(where: str, event: str, alarm: bool) -> None:
    found = event_catalogue()[f"IEC62351-4:{event}"]
    assert (found.level is Level.ALARM) is alarm


def test_events_of_a_role_are_of_its_group() -> None:
    for roles in TABLE["handshake"].values():
        for role, outcome in roles.items():
            assert outcome["event"].startswith({"server": "1.", "client": "2."}[role])


def test_every_event_of_the_handshake_is_used() -> None:
    used = {event for _, event, _ in entries()}
    known = {
        identifier.removeprefix("IEC62351-4:")
        for identifier in event_catalogue()
        if identifier.startswith(("IEC62351-4:1.", "IEC62351-4:2."))
    }
    assert known <= used


def test_every_diagnostic_is_one_that_has_a_number() -> None:
    handshake, transfer = handshake_diagnostics(), transfer_diagnostics()
    for roles in TABLE["handshake"].values():
        for outcome in roles.values():
            assert {outcome.get("diagnostic", handshake[0]), *outcome.get("also", ())} <= {"", *handshake}
    assert {step.get("diagnostic", transfer[0]) for step in TABLE["token3"]["steps"].values()} <= set(
        transfer
    )
    for pdu, events in TABLE["received"].items():
        names = transfer if pdu == "DtSecAbort" else handshake
        assert set(events) - {"alarm"} <= set(names)
