"""What becomes of a complaint when nothing has to be changed for it, and when nobody has time for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.mutations import Overwrite
from conform62351.tooling.frontend.fuzzing import FuzzedDevice
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.case import Case, Placed, with_mutations
from conform62351.tooling.fuzz.examining import Examiner
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.progress import Interrupted
from conform62351.tooling.fuzz.pursuing import AlreadyKnown, Met, Pursuit
from conform62351.tooling.fuzz.reactions import Reaction

BASE = "server/plain/opening"
GONE = Complaint("process-ends", "the device runs on", "I", "the process has ended: SIGSEGV", "unavailable")
MODULE = '''
from conform62351.fixtures.firmware.bug import Bug
from conform62351.fixtures.firmware.registry import Moment, Sort, firmware
from conform62351.tooling.fuzz.layers import Layer


class Third(Bug):
    """Ends at the third connection, whatever comes over it."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def begin(self):
        super().begin()
        self.count += 1
        if self.count >= 3:
            self.board.exit(1)


@firmware(
    "fw-test-third",
    sort=Sort.RESOURCES,
    layer=Layer.COTP,
    moment=Moment.OPENING,
    trigger="three connections",
    weakness="CWE-772",
)
def third():
    """Has room for two connections, and frees none."""
    return Third()
'''


@contextmanager
def met(folder: Path, *faults: str) -> Iterator[tuple[Examiner, Met]]:
    """Start a device; yield what a campaign that has lost it once would pursue."""
    module = folder / "faults.py"
    module.write_text(MODULE)
    options = Options(
        out=folder,
        files=Files(None, None),
        explore=False,
        seed=5,
        command=(),
        faults=faults,
        fault_module=module if faults else None,
    )
    with FuzzedDevice(options, Operator(None), folder) as device:
        base = device.examiner.bases[BASE]
        change = Placed(1, Overwrite(pdu="COTP.CR", at=6, octets=b"\xc0"))
        talk = with_mutations(base.conversation, [change])
        case = Case(base=BASE, layer="cotp", mutators=("test",), conversation=talk)
        yield device.examiner, Met(7, case, GONE, Reaction(), ())


def test_a_device_that_goes_away_whatever_it_is_sent_is_told_as_that(tmp_path: Path) -> None:
    with met(tmp_path, "fw-test-third") as (examiner, one):
        finding = Pursuit(examiner, 5).pursue(one)
    assert finding.confirmed == finding.repeated == 3
    assert finding.case.mutations == ()
    assert finding.place == (BASE,)
    assert finding.original == one.case


def test_what_nobody_has_time_for_is_neither_found_nor_given_up(tmp_path: Path) -> None:
    with met(tmp_path) as (examiner, one):
        with pytest.raises(Interrupted):
            Pursuit(examiner, 5, stopped=lambda: True).pursue(one)
        finding = Pursuit(examiner, 5).pursue(one)
    assert (finding.confirmed, finding.repeated) == (0, 3)
    assert finding.case == one.case


def test_a_row_that_is_known_is_not_pursued_again(tmp_path: Path) -> None:
    with met(tmp_path) as (examiner, one):
        asked: list[int] = []

        def explained(complaint: Complaint, cases: Sequence[Case]) -> str | None:
            assert complaint == GONE
            asked.append(len(cases))
            return "known"

        row = msgspec.structs.replace(one, before=(one.case,) * 5)
        with pytest.raises(AlreadyKnown, match="known"):
            Pursuit(examiner, 5, explained=explained).pursue(row)
    assert asked == [6]
