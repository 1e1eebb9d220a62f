"""Devices with faults of firmware, each a process: an oracle of the fuzzer complains when one is set off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device.process import DeviceProcess
from conform62351.fixtures.firmware.registry import firmware_catalogue
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.firmware_triggers import TRIGGERS, Trigger
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.fuzzing import FuzzedDevice
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.drawing import Drawing
from conform62351.tooling.fuzz.examining import Examiner, NotPlayable, bare_case
from conform62351.tooling.fuzz.findings import FindingStore
from conform62351.tooling.fuzz.learnt import Learnt
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.pursuing import Met, Pursuit
from conform62351.tooling.fuzz.reactions import Reaction
from conform62351.tooling.fuzz.state import Counts, Settings

ENDS = ("process-ends", "still-associates")
"""The end of a process may be seen on its connections first."""
IN_CI = {
    "fw-tpkt-length-below-header": ENDS,
    "fw-tpkt-reader-kept": ("still-associates",),
    "fw-cotp-error-echoes-memory": ("returned",),
    "fw-cotp-pieces-lost": ("process-memory",),
    "fw-mms-second-initiate": ("lets-go",),
    "fw-token2-flags-of-server": ("security-fault",),
    "fw-tls-suites-odd": ("silence",),
}
"""One fault for each way in which they show, and the oracles that see it."""
PLAYS = 3
"""How often a trigger is played: what is kept is seen by comparison."""


class Fuzzed:
    """A device that runs, and has other faults each time."""

    def __init__(self, device: FuzzedDevice, process: DeviceProcess) -> None:
        self.examiner = device.examiner
        self._device = device
        self._process = process

    def restart(self, *faults: str) -> None:
        """Have the device with ``faults``, which it was not played with before."""
        self._device.examiner.rest()
        self._process.plant(*faults)
        self._device.target.fresh()
        self.examiner = Examiner(self._device.target)

    def said(self, trigger: Trigger, *faults: str) -> tuple[Complaint, ...]:
        """Have it with ``faults``, play a trigger as a campaign does, and return what is said first."""
        self.restart(*faults)
        examiner, target = self.examiner, self._device.target
        base = examiner.bases[trigger.base]
        try:
            examiner.prepare(base)
        except NotPlayable as error:
            return () if error.harm is None else (error.harm,)
        talk = trigger.put_into(base.conversation)
        case = Case(base=base.name, layer="", mutators=(), conversation=talk)
        for _ in range(max(trigger.times, PLAYS)):
            shown = examiner.examine(case, alone=False)
            if shown.complaints:
                return shown.complaints
            health = target.health() if shown.doubtful else None
            if health is not None:
                return (health,)
        health = target.health()
        return () if health is None else (health,)


@pytest.fixture(scope="module")
def fuzzed(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """Start a device that is to be given faults."""
    folder = tmp_path_factory.mktemp("noticed")
    options = Options(out=folder, seed=1, overrides=(f"pki.folder={workshop.tester}",))
    with FuzzedDevice(options, Operator(None), folder) as device:
        assert device.process is not None
        yield Fuzzed(device, device.process)


@pytest.mark.parametrize("name", IN_CI)
def test_each_way_of_showing_is_seen_by_its_oracle(fuzzed: Fuzzed, name: str) -> None:
    found = [one.oracle for one in fuzzed.said(TRIGGERS[name], name)]
    assert set(found) & set(IN_CI[name]), found


def test_a_base_that_the_device_does_not_survive_is_a_finding(fuzzed: Fuzzed, tmp_path: Path) -> None:
    fuzzed.restart("fw-session-finish-before-connect")
    base = fuzzed.examiner.bases["server/plain/before/release"]
    settings = Settings(device="", inputs={}, seed=1, layers=(), stacks=(base.stack,), roles=("server",))
    drawing = Drawing(fuzzed.examiner, settings, Learnt(tmp_path, 0), Counts())
    assert drawing._generator_of(base) is None
    ((case, complaint),) = drawing.harmed
    assert (case, complaint.severity) == (bare_case(base), "unavailable")
    finding = Pursuit(fuzzed.examiner, 1).pursue(Met(0, case, complaint, Reaction(), ()))
    assert finding.confirmed >= 1
    store = FindingStore(tmp_path / "findings")
    store.add(finding)
    assert store.load(finding.name) == finding


@pytest.mark.deep
@pytest.mark.parametrize("name", firmware_catalogue())
def test_each_fault_that_is_set_off_is_seen(fuzzed: Fuzzed, name: str) -> None:
    assert fuzzed.said(TRIGGERS[name], name)


@pytest.mark.deep
@pytest.mark.parametrize("name", firmware_catalogue())
def test_nothing_is_said_of_the_correct_device(fuzzed: Fuzzed, name: str) -> None:
    assert not fuzzed.said(TRIGGERS[name])
