"""Health of a device between cases: asked for where there is reason, and where nothing has shown it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conform62351.tooling.bench.fuzz_subject import device_at
from conform62351.tooling.engine.mutations import AnyMutation, FlipBit, Replace, Withhold
from conform62351.tooling.frontend.fuzzing import FuzzedDevice
from conform62351.tooling.fuzz.bases import Base
from conform62351.tooling.fuzz.campaign import CHECK_EVERY, CHECK_LIVING_EVERY, SAME_LIVING_EVERY, Campaign
from conform62351.tooling.fuzz.case import Case, Placed, with_mutations
from conform62351.tooling.fuzz.examining import SAME_TIMES, Examined, Examiner
from conform62351.tooling.fuzz.findings import FindingStore
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.progress import Limits
from conform62351.tooling.fuzz.state import CampaignState, Settings

UNASKED = bytes.fromhex("a406800105810101")
"""A rejectPDU, to which there is no answer."""
READ = "server/native/ae/data/read"
OPENING = "server/plain/opening"


@pytest.fixture
def left() -> Any:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def device(tmp_path: Path, left: ExitStack) -> FuzzedDevice:
    return device_at(tmp_path / "device", left)


def changed(base: Base, mutation: AnyMutation) -> Case:
    talk = with_mutations(base.conversation, [Placed(base.opening, mutation)])
    return Case(base=base.name, layer=Layer.MMS.value, mutators=(), conversation=talk)


def test_an_association_that_was_opened_for_cases_needs_no_other_one(
    tmp_path: Path, left: ExitStack, device: FuzzedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = Examiner(device.target)
    examiner.bases = {READ: examiner.bases[READ]}
    settings = Settings(device=device.name, inputs={}, seed=1, layers=(Layer.MMS.value,), stacks=(), roles=())
    state = CampaignState(tmp_path / "campaign", settings, resume=False)
    left.callback(state.close)
    asked: list[Complaint | None] = []
    opened: list[bool] = []

    def health() -> Complaint | None:
        asked.append(ask())
        return asked[-1]

    def examine(case: Case, **how: Any) -> Examined:
        shown = play(case, **how)
        if not how.get("alone", True):
            opened.append(shown.delivered.opened)
        return shown

    ask, play = device.target.health, examiner.examine
    monkeypatch.setattr(device.target, "health", health)
    monkeypatch.setattr(examiner, "examine", examine)
    campaign = Campaign(examiner, settings, state, FindingStore(tmp_path), device.evidence)
    campaign.run(Limits(cases=3 * CHECK_EVERY))
    assert len(opened) == 3 * CHECK_EVERY
    assert 1 <= sum(opened) < CHECK_EVERY
    assert not asked


def test_an_association_goes_on_over_stretches_and_seldom_gives_way_to_others(
    tmp_path: Path, left: ExitStack, device: FuzzedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = Examiner(device.target, patience=None)
    base = examiner.bases[READ]
    examiner.bases = {READ: base}
    case = changed(base, FlipBit(pdu="MMS.confirmed-RequestPDU", at=-1))
    settings = Settings(device=device.name, inputs={}, seed=1, layers=(Layer.MMS.value,), stacks=(), roles=())
    state = CampaignState(tmp_path / "campaign", settings, resume=False)
    left.callback(state.close)
    opened: list[int] = []
    asked: list[int] = []
    repeated: list[int] = []

    def examine(case: Case, **how: Any) -> Examined:
        shown = play(case, **how)
        if how.get("alone", True):
            repeated.append(state.counts.cases)
        elif shown.delivered.opened:
            opened.append(state.counts.cases)
        return shown

    def health() -> Complaint | None:
        asked.append(state.counts.cases)
        return ask()

    ask, play = device.target.health, examiner.examine
    monkeypatch.setattr(device.target, "health", health)
    monkeypatch.setattr(examiner, "examine", examine)
    campaign = Campaign(examiner, settings, state, FindingStore(tmp_path), device.evidence)
    monkeypatch.setattr(campaign._drawing, "case", lambda *_: case)
    campaign.run(Limits(cases=SAME_LIVING_EVERY + 1))
    assert opened == [0, 1]
    assert asked == [1 + CHECK_LIVING_EVERY, 1 + 2 * CHECK_LIVING_EVERY]
    assert repeated == [0] * SAME_TIMES + [SAME_LIVING_EVERY] * SAME_TIMES


def test_behind_silence_the_next_association_shows_the_health(
    tmp_path: Path, left: ExitStack, device: FuzzedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = Examiner(device.target, patience=None)
    base = examiner.bases[READ]
    examiner.bases = {READ: base}
    silent = changed(base, Replace(pdu="MMS.confirmed-RequestPDU", octets=UNASKED))
    usual = changed(base, FlipBit(pdu="MMS.confirmed-RequestPDU", at=-1))
    settings = Settings(device=device.name, inputs={}, seed=1, layers=(Layer.MMS.value,), stacks=(), roles=())
    state = CampaignState(tmp_path / "campaign", settings, resume=False)
    left.callback(state.close)
    shown: list[Examined] = []
    asked: list[int] = []

    def examine(case: Case, **how: Any) -> Examined:
        found = play(case, **how)
        if not how.get("alone", True):
            shown.append(found)
        return found

    def health() -> Complaint | None:
        asked.append(state.counts.cases)
        return ask()

    ask, play = device.target.health, examiner.examine
    monkeypatch.setattr(device.target, "health", health)
    monkeypatch.setattr(examiner, "examine", examine)
    campaign = Campaign(examiner, settings, state, FindingStore(tmp_path), device.evidence)
    monkeypatch.setattr(campaign._drawing, "case", lambda _, number: silent if number == 2 else usual)
    campaign.run(Limits(cases=4))
    assert [one.doubtful for one in shown] == [False, False, True, False]
    assert [one.delivered.opened for one in shown] == [True, True, False, False]
    assert asked == []


def test_silence_of_a_device_that_was_sent_nothing_is_no_reason_to_ask(device: FuzzedDevice) -> None:
    examiner = Examiner(device.target)
    base = examiner.bases[OPENING]
    examiner.prepare(base)
    nothing = [Placed(1, Withhold(pdu="TPKT"))]
    talk = with_mutations(base.conversation, nothing)
    shown = examiner.examine(Case(base=base.name, layer=Layer.TPKT.value, mutators=(), conversation=talk))
    assert shown.delivered.unasked
    assert not shown.doubtful
    assert not shown.complaints
