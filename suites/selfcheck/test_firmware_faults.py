"""The devices with faults of firmware: correct on ordinary traffic, and each set off by what it states."""

from __future__ import annotations

import pytest

from conform62351.fixtures.faults.building import Combine
from conform62351.fixtures.firmware.registry import FirmwareFault, firmware_catalogue
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.firmware_bench import range_for, recorded
from conform62351.suites.selfcheck.firmware_triggers import TELLS, TRIGGERS
from conform62351.tooling.fuzz.bases import Moment
from conform62351.tooling.fuzz.case import Delivered
from conform62351.tooling.proof.bench import Bench

FAULTS = firmware_catalogue()
OUT_OF_PLACE = (Moment.BEFORE, Moment.AFTER)
ALIKE = ("/separate/", "/clear/", "/compatibility/", "/native-tls/")
"""Parts of the names of bases that take the same ways as others."""
MET_S = 30.0


def kinds(delivered: Delivered) -> list[str]:
    return [seen.kind.value for seen in delivered.observations]


def test_each_fault_has_a_trigger() -> None:
    assert set(TRIGGERS) == set(FAULTS)


@pytest.mark.parametrize("alike", [False, pytest.param(True, marks=pytest.mark.deep)])
def test_ordinary_traffic_sets_off_none_of_them(bench: Bench, alike: bool) -> None:
    policies = {name: fault.make() for name, fault in FAULTS.items()}
    boards = {name: recorded(policy) for name, policy in policies.items()}
    with range_for(bench, Combine(*policies.values())) as place:
        for base in place.bases.values():
            if base.moment in OUT_OF_PLACE or alike is not any(part in base.name for part in ALIKE):
                continue
            delivered = place.play(base.name)
            harmed = [name for name, board in boards.items() if board.done]
            assert (delivered.usual, harmed) == (True, []), (base.name, kinds(delivered))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in FAULTS.items()])
def test_its_trigger_sets_it_off(bench: Bench, fault: FirmwareFault) -> None:
    trigger = TRIGGERS[fault.name]
    policy = fault.make()
    board = recorded(policy)
    with range_for(bench, policy) as place:
        for _ in range(trigger.times):
            delivered = place.play(trigger.base, trigger)
        assert board.met.wait(MET_S), (kinds(delivered), delivered.why)
        assert set(board.done) == {trigger.shows}
    if trigger.shows == TELLS:
        with range_for(bench, Policy()) as place:
            for _ in range(trigger.times):
                correct = place.play(trigger.base, trigger)
        longer = len(b"".join(delivered.received)) > len(b"".join(correct.received))
        assert longer or kinds(delivered) != kinds(correct)
