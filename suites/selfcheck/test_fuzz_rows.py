"""Findings that take several cases: the row is found, made small, stored, and played again."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck.fuzz_bench import credentials_of
from conform62351.tooling.cli.main import main
from conform62351.tooling.engine.mutations import FlipBit, Overwrite
from conform62351.tooling.engine.steps import Connect, OpenTransport, conversation
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.findings import Finding, Known, load_finding, place_of
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.reactions import Reaction
from conform62351.tooling.fuzz.reducing import Spent
from conform62351.tooling.fuzz.row import MOST_CASES, MOST_OCTETS, Row
from conform62351.tooling.fuzz.shrinking import Shrinking, Traced

COUNTED = 4
MODULE = f'''
import signal

from conform62351.fixtures.firmware.bug import Fails
from conform62351.fixtures.firmware.registry import Moment, Sort, firmware
from conform62351.tooling.fuzz.layers import Layer


class Counts(Fails):
    """Is harmed by the last of several TPDUs that it takes no notice of."""

    def __init__(self):
        super().__init__("COTP", self.count)
        self.refused = 0

    def forget(self):
        self.refused = 0

    def count(self, bug, about):
        self.refused += 1
        if self.refused >= {COUNTED}:
            bug.board.crash(signal.SIGSEGV)


@firmware(
    "fw-test-counts",
    sort=Sort.RESOURCES,
    layer=Layer.COTP,
    moment=Moment.OPENING,
    trigger="so many TPDUs that it takes no notice of",
    weakness="CWE-772",
)
def counts():
    """Has room for so many refusals, and writes behind it."""
    return Counts()
'''


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "faults.py"
    path.write_text(MODULE)
    return path


def test_a_device_that_counts_is_found_out(
    tmp_path: Path, module: Path, capsys: pytest.CaptureFixture[str], workshop: Workshop
) -> None:
    out = tmp_path / "campaign"
    keys = credentials_of(workshop)
    faults = ["--fault-module", str(module), "--fault", "fw-test-counts", *keys]
    device = ["--stack", "plain", "--role", "server", "--layer", "cotp", *faults]
    assert main(["fuzz", "--out", str(out), "--seed", "5", "--cases", "60", *device]) == 1
    capsys.readouterr()
    rows = json.loads((out / "summary.json").read_text())["findings"]
    found = [row for row in rows if row["severity"] == "unavailable"]
    assert len(found) == 1, found
    finding = load_finding(out / found[0]["recipe"])
    assert len(finding.cases) * finding.rounds == COUNTED
    assert finding.confirmed == finding.repeated
    assert finding.reduced
    assert all(len(case.mutations) <= 1 for case in finding.cases)
    recipe = str(out / found[0]["recipe"])
    assert main(["replay", recipe, *faults]) == 1
    assert "\nreproduced: " in capsys.readouterr().out
    assert main(["replay", recipe, *keys]) == 0
    assert "\nnot reproduced: " in capsys.readouterr().out


def fuzzed(*places: str) -> Case:
    changes = tuple(FlipBit(pdu=place, at=1) for place in places)
    talk = conversation(Connect(), OpenTransport(mutations=changes))
    return Case(base="server/plain/opening", layer="cotp", mutators=("flip",), conversation=talk)


GONE = Complaint("process-ends", "the device runs on", "I", "the process has ended: SIGSEGV", "unavailable")
LATE = Complaint("in-time", "the limits", "I", "late", "form")


def known(*cases: Case, rounds: int = 1) -> Known:
    return Known.of(
        Finding(
            name="process-ends-0",
            seed=1,
            number=1,
            stack="plain",
            configuration="default",
            place=place_of(cases[-1]),
            complaint=GONE,
            reaction=Reaction(),
            confirmed=2,
            repeated=2,
            reduced=True,
            rounds=rounds,
            before=cases[:-1],
            case=cases[-1],
            original=cases[-1],
        )
    )


def test_a_row_explains_what_comes_of_more_of_the_same() -> None:
    one, other = fuzzed("COTP.CR"), fuzzed("COTP.DT")
    row = known(one, other, one)
    assert row.explains(GONE, [other, fuzzed("COTP.CR", "TPKT"), one])
    assert not row.explains(LATE, [other, one, one])
    assert not row.explains(GONE, [other, one, other])
    assert known(one, rounds=3).explains(GONE, [one, other, one, one])
    assert not known(one, rounds=3).explains(GONE, [one, other, one])


def test_one_case_explains_no_row() -> None:
    assert not known(fuzzed("COTP.CR")).explains(GONE, [fuzzed("COTP.CR")] * 5)


def test_a_row_is_bounded_by_cases_and_by_octets() -> None:
    row = Row()
    for _ in range(2 * MOST_CASES):
        row.add(fuzzed("COTP.CR"))
    assert len(row.cases) == MOST_CASES
    large = Overwrite(pdu="COTP.CR", at=0, octets=bytes(MOST_OCTETS // 8))
    talk = conversation(Connect(), OpenTransport(mutations=(large,)))
    for _ in range(20):
        row.add(msgspec.structs.replace(fuzzed(), conversation=talk))
    assert 1 <= len(row.cases) < 8
    row.clear()
    assert row.cases == ()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.lists(st.booleans(), max_size=30), st.integers(0, 5000))
def test_a_row_becomes_as_short_as_what_is_counted(needed: int, harmless: list[bool], budget: int) -> None:
    rounds = 0

    def shows(traced: Traced, anew: bool) -> bool:
        nonlocal budget, rounds
        assert anew
        budget -= 1
        if budget < 0:
            raise Spent
        left = needed
        rounds = 0
        for _ in range(traced.rounds):
            rounds += 1
            for case in traced.cases:
                left -= any(placed.mutation.pdu == "COTP.CR" for placed in case.mutations)
            if left <= 0:
                return True
        return False

    bad = fuzzed("TPKT", "COTP.CR")
    cases = [bad] * needed
    for number, front in enumerate(harmless):
        cases.insert(0 if front else number % len(cases), fuzzed("TPKT", "COTP.DT"))
    row = Traced(cases=(*cases, bad), confirmed=2, repeated=2)
    enough = budget >= 500
    found = Shrinking(shows, lambda: rounds, local=True).reduced(row)
    budget = 1
    assert shows(found, True)
    if enough:
        assert len(found.cases) * found.rounds == needed
        assert all(len(case.mutations) == 1 for case in found.cases)
