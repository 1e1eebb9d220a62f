"""The catalogue of firmware faults: complete, told apart from that of the cases, and open to others."""

from __future__ import annotations

from pathlib import Path

import pytest

from conform62351.fixtures.faults.registry import FaultError, fault_catalogue
from conform62351.fixtures.firmware.registry import (
    Seen,
    Sort,
    device_catalogue,
    firmware,
    firmware_catalogue,
)
from conform62351.profiles.policy import Policy
from conform62351.tooling.fuzz.bases import Moment
from conform62351.tooling.fuzz.layers import Layer

FAULTS = firmware_catalogue()
LEAST = 40


def test_there_are_enough_and_of_every_kind() -> None:
    assert len(FAULTS) >= LEAST
    assert {fault.sort for fault in FAULTS.values()} == set(Sort)
    assert {fault.layer for fault in FAULTS.values()} == set(Layer)
    assert {fault.moment for fault in FAULTS.values()} == set(Moment)
    assert {seen for fault in FAULTS.values() for seen in fault.seen} == set(Seen)
    assert {role for fault in FAULTS.values() for role in fault.roles} == {"server", "client"}
    assert any(fault.behind for fault in FAULTS.values())


def test_they_are_no_faults_of_the_cases() -> None:
    assert FAULTS.keys().isdisjoint(fault_catalogue())
    assert device_catalogue().keys() == FAULTS.keys() | fault_catalogue().keys()


def test_each_makes_a_policy_of_its_own() -> None:
    for fault in FAULTS.values():
        assert fault.make() is not fault.make()


def declared(name: str = "fw-one", **changed: object) -> None:
    values: dict[str, object] = {
        "sort": Sort.CRASH,
        "layer": Layer.TPKT,
        "moment": Moment.OPENING,
        "trigger": "anything",
        "weakness": "CWE-20",
    }

    def made() -> Policy:
        """Does something."""
        return Policy()

    firmware(name, **{**values, **changed})(made)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "changed", "complaint"),
    [
        ("Upper", {}, "lower-case"),
        ("fw-one", {"trigger": ""}, "trigger"),
        ("fw-one", {"roles": ("master",)}, "roles"),
        ("fw-one", {"roles": "server"}, "roles"),
        ("fw-one", {"stacks": ("xmpp",)}, "stacks"),
        ("fw-one", {"weakness": "125"}, "CWE"),
        ("fw-one", {"seen": ()}, "seen"),
    ],
)
def test_an_incomplete_declaration_is_refused(name: str, changed: dict[str, object], complaint: str) -> None:
    with pytest.raises(FaultError, match=complaint):
        declared(name, **changed)


def test_a_module_of_others_must_declare_something(tmp_path: Path) -> None:
    empty = tmp_path / "empty.py"
    empty.write_text("")
    with pytest.raises(FaultError, match="declares no fault"):
        device_catalogue(empty)


def test_a_module_of_others_takes_no_name_of_ours(tmp_path: Path) -> None:
    name = next(iter(FAULTS))
    path = tmp_path / "same.py"
    path.write_text(
        "from conform62351.fixtures.faults.registry import fault\n"
        "from conform62351.profiles.policy import Policy\n"
        f"@fault({name!r}, clause='1')\n"
        "def one():\n    'Does nothing.'\n    return Policy()\n"
    )
    with pytest.raises(FaultError, match="exists already"):
        device_catalogue(path)
