"""A campaign that is interrupted and goes on draws the cases that it would have drawn without it."""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path
from random import Random

import msgspec
import pytest

from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.mutations import FlipBit, SetField
from conform62351.tooling.engine.steps import Connect, Conversation, Request, conversation
from conform62351.tooling.frontend.fuzzing import FuzzedDevice
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.campaign import Campaign
from conform62351.tooling.fuzz.case import Case, Placed, with_mutations
from conform62351.tooling.fuzz.crossing import crossed
from conform62351.tooling.fuzz.examining import Examined, Examiner
from conform62351.tooling.fuzz.findings import FindingStore
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.progress import Limits
from conform62351.tooling.fuzz.reactions import Deed, Reaction
from conform62351.tooling.fuzz.state import CampaignState, Counts, Settings

SETTINGS = Settings(device="", inputs={}, seed=5, layers=(), stacks=("plain",), roles=("server",))


class Telling(Examiner):
    """Remembers what a campaign plays; what it is told to have seen hangs on nothing but the case."""

    def __init__(self, examiner: Examiner) -> None:
        super().__init__(examiner.target)
        self.cases: list[Case] = []

    def examine(
        self, case: Case, *, patient: bool = False, alone: bool = True, logged: bool = False
    ) -> Examined:
        shown = super().examine(case, patient=patient, alone=alone, logged=logged)
        if not alone:
            self.cases.append(case)
        # How quick the device is hangs on the machine.
        facts = (f"diagnostic={zlib.crc32(msgspec.json.encode(case)) % 40}",)
        reaction = Reaction(deeds=(Deed(Kind.REJECTED, "ACSE.AARE", facts),))
        return msgspec.structs.replace(shown, reaction=reaction, complaints=(), doubtful=False, late=())

    def repeated(self, case: Case, first: Examined | None = None) -> Examined | None:
        drawn = len(self.cases)
        found = super().repeated(case, first)
        del self.cases[drawn:]
        return found


def campaign(folder: Path, *ends: int) -> tuple[list[Case], Counts]:
    """Run a campaign up to so many cases, then on to so many; return the cases that were played."""
    folder.mkdir()
    cases: list[Case] = []
    options = Options(out=folder, files=Files(None, None), explore=False, seed=5, command=())
    with FuzzedDevice(options, Operator(None), folder) as device:
        for number, end in enumerate(ends):
            state = CampaignState(folder, SETTINGS, resume=number > 0)
            examiner = Telling(device.examiner)
            running = Campaign(examiner, SETTINGS, state, FindingStore(folder), device.evidence)
            running.run(Limits(cases=end))
            state.close()
            cases += examiner.cases
    return cases, state.counts


def test_an_interrupted_campaign_draws_the_same_cases(tmp_path: Path) -> None:
    once, counted = campaign(tmp_path / "once", 100)
    pieces, counted_again = campaign(tmp_path / "pieces", 1, 37, 38, 73, 100)
    assert len(once) == 100
    assert pieces == once
    for name in ("cases", "layers", "bases", "swept", "behaviours"):
        assert getattr(counted_again, name) == getattr(counted, name), name
    assert len(Counter(case.base for case in once)) > 1


def test_what_changed_one_base_is_put_into_another(tmp_path: Path) -> None:
    options = Options(out=tmp_path, files=Files(None, None), explore=False, seed=5, command=())
    with FuzzedDevice(options, Operator(None), tmp_path) as device:
        bases = device.examiner.bases
        one, other = bases["server/plain/associating"], bases["server/plain/release"]
        places = device.examiner.prepare(other)
    changes = (
        Placed(3, SetField(pdu="ACSE.AARQ", field="protocol_version", value=None)),
        Placed(3, FlipBit(pdu="MMS.initiate-RequestPDU", at=3)),
        Placed(5, FlipBit(pdu="MMS.confirmed-RequestPDU", at=3)),
    )
    talk = with_mutations(one.conversation, changes)
    case = Case(base=one.name, layer="acse", mutators=("test",), conversation=talk)
    found = crossed(case, other.name, other.conversation, places, Random(1))
    assert found is not None
    assert found.base == other.name
    # Nothing is read there.
    assert [placed.mutation for placed in found.mutations] == [one.mutation for one in changes[:2]]
    assert {placed.step for placed in found.mutations} == {
        place.step for place in places if place.pdu == "ACSE.AARQ"
    }
    assert crossed(case, other.name, other.conversation, [], Random(1)) is None


@pytest.mark.parametrize(
    ("sent", "there"),
    [("E2E.ClearTransfer", "E2E.EncrTransfer"), ("E2E.EncrTransfer.token", "E2E.ClearTransfer.token")],
)
def test_modes_have_their_own_names_for_what_carries_data(sent: str, there: str) -> None:
    def talk(*mutations: FlipBit) -> Conversation:
        return conversation(Connect(), Request(service="identify", mutations=mutations))

    case = Case(base="one", layer="secpdu", mutators=("test",), conversation=talk(FlipBit(pdu=sent, at=0)))
    place = Place(step=1, pdu=there, kind="octets", sample=b"\x30\x00")
    found = crossed(case, "other", talk(), [place], Random(1))
    assert found is not None
    assert found.conversation == talk(FlipBit(pdu=there, at=0))
    elsewhere = Place(step=1, pdu="E2E.ReleaseReq", kind="octets", sample=b"\x30\x00")
    assert crossed(case, "other", talk(), [elsewhere], Random(1)) is None
