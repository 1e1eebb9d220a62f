"""What a campaign keeps on disk is whole whatever happens to the process, and goes on where it was."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.mutations import FlipBit
from conform62351.tooling.engine.steps import Connect, OpenTransport, conversation
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.learnt import JOURNAL_FILE, LEARNT_FILE, PLAYED_FILE, SETTLED_EVERY
from conform62351.tooling.fuzz.reactions import Deed, Reaction
from conform62351.tooling.fuzz.state import (
    COUNTS_FILE,
    MOST_SORTS,
    CampaignState,
    Counts,
    Settings,
    load_settings,
)
from conform62351.tooling.fuzz.storing import SLOT, Journal, Slots, StateError

SETTINGS = Settings(
    device="built-in",
    inputs={"pics": "sha256:0"},
    seed=7,
    layers=("COTP",),
    stacks=("plain",),
    roles=("server",),
)


class Line(msgspec.Struct, frozen=True):
    number: int


def fuzzed(number: int) -> Case:
    talk = conversation(Connect(), OpenTransport(mutations=(FlipBit(pdu="COTP.CR", at=number % 7),)))
    return Case(base=f"server/plain/{number % 3}", layer="cotp", mutators=("flip",), conversation=talk)


def answered(number: int) -> Reaction:
    """Return reactions some of which are rare."""
    diagnostic = number % 100 if number % 100 < 20 else 0
    return Reaction(deeds=(Deed(Kind.REJECTED, "ACSE.AARE", (f"diagnostic={diagnostic}",)),))


def play(state: CampaignState, cases: int) -> list[str]:
    """Do what a campaign does about its corpus; return which cases were chosen."""
    told = []
    for number in range(state.counts.cases, state.counts.cases + cases):
        random = Random(number)
        entry = state.learnt.corpus.choose(random, f"server/plain/{number % 3}")
        other = state.learnt.corpus.choose_other(random, "server/plain/0", ("cotp",))
        told.append(f"{entry and entry.number} {other and other.number}")
        if entry is not None:
            state.learnt.spend(entry)
        state.learnt.take(number, fuzzed(number), answered(number))
        if number % 50 == 7:
            state.learnt.flawed(number, "an error")
        state.counts.drawn(fuzzed(number), answered(number).last)
        state.counts.cases += 1
        state.save()
    return told


def knows(state: CampaignState) -> list[object]:
    corpus = state.learnt.corpus
    behaviour = corpus.behaviour
    return [corpus.entries, corpus.chosen, behaviour.counts, behaviour.reactions, state.learnt.flaws]


@pytest.mark.parametrize("pieces", [(1, 1, 198), (100, 100), (SETTLED_EVERY - 1, 1, 1, 30)])
def test_a_campaign_goes_on_where_it_was(tmp_path: Path, pieces: tuple[int, ...]) -> None:
    whole = CampaignState(tmp_path / "whole", SETTINGS, resume=False)
    once = play(whole, sum(pieces))
    CampaignState(tmp_path / "pieces", SETTINGS, resume=False).close()
    chosen: list[str] = []
    for cases in pieces:
        state = CampaignState(tmp_path / "pieces", SETTINGS, resume=True)
        chosen += play(state, cases)
        state.close()
    state = CampaignState(tmp_path / "pieces", SETTINGS, resume=True)
    assert chosen == once
    assert len(set(chosen)) > 5
    assert knows(state) == knows(whole)
    assert state.counts == whole.counts
    state.close()
    whole.close()
    assert load_settings(tmp_path / "pieces") == SETTINGS


def test_a_case_that_was_not_counted_has_taught_nothing(tmp_path: Path) -> None:
    state = CampaignState(tmp_path, SETTINGS, resume=False)
    play(state, 10)
    before = knows(state)
    spent = state.learnt.corpus.entries[0]
    state.learnt.spend(spent)
    state.learnt.take(10, fuzzed(10), answered(10))
    state.save()
    assert knows(state) != before
    state.close()
    again = CampaignState(tmp_path, SETTINGS, resume=True)
    play(again, 1)
    again.close()
    again = CampaignState(tmp_path, SETTINGS, resume=True)
    assert [entry.number for entry in again.learnt.corpus.entries] == list(range(11))
    again.close()


def test_lines_stay_few_however_long_a_campaign_is(tmp_path: Path) -> None:
    state = CampaignState(tmp_path, SETTINGS, resume=False)
    play(state, SETTLED_EVERY + 5)
    state.close()
    assert (tmp_path / PLAYED_FILE).read_bytes().count(b"\n") == 5


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_damaged_is_told(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("campaign")
    state = CampaignState(folder, SETTINGS, resume=False)
    play(state, 30)
    state.learnt.settle(SETTLED_EVERY)
    state.close()
    path = folder / data.draw(st.sampled_from([JOURNAL_FILE, PLAYED_FILE, LEARNT_FILE, COUNTS_FILE]))
    octets = path.read_bytes()
    at = data.draw(st.integers(0, len(octets)))
    path.write_bytes(
        octets[:at] + data.draw(st.binary(max_size=4)) + octets[at + data.draw(st.integers(0, 9)) :]
    )
    with contextlib.suppress(StateError):
        CampaignState(folder, SETTINGS, resume=True).close()


def test_reactions_of_more_sorts_than_there_is_room_for_are_counted_together() -> None:
    counts = Counts()
    for number in range(2 * MOST_SORTS):
        counts.drawn(fuzzed(0), f"{number} {'x' * 2000}")
    assert len(counts.reactions) == MOST_SORTS + 1
    assert sum(counts.reactions.values()) == counts.layers["cotp"] == 2 * MOST_SORTS
    assert len(msgspec.json.encode(counts)) < SLOT


def test_a_folder_with_a_campaign_is_not_begun_anew(tmp_path: Path) -> None:
    CampaignState(tmp_path, SETTINGS, resume=False).close()
    with pytest.raises(StateError, match="--resume"):
        CampaignState(tmp_path, SETTINGS, resume=False)


def test_another_campaign_is_not_gone_on_with(tmp_path: Path) -> None:
    CampaignState(tmp_path, SETTINGS, resume=False).close()
    with pytest.raises(StateError, match="another seed, layers"):
        CampaignState(tmp_path, msgspec.structs.replace(SETTINGS, seed=8, layers=("MMS",)), resume=True)
    with pytest.raises(StateError, match="no campaign"):
        CampaignState(tmp_path / "nothing", SETTINGS, resume=True)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_settings_that_are_none_are_refused(tmp_path_factory: pytest.TempPathFactory, octets: bytes) -> None:
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "campaign.json").write_bytes(octets)
    with pytest.raises(StateError):
        load_settings(folder)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.data())
def test_half_a_write_leaves_the_value_before(
    tmp_path_factory: pytest.TempPathFactory, values: list[bytes], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("slots") / "value"
    slots = Slots(path)
    for value in values:
        slots.write(value)
    before = path.read_bytes()
    slots.write(b"a value that is not written to its end")
    after = path.read_bytes()
    slots.close()
    place = (len(values) + 1) % 2 * SLOT
    written = data.draw(st.integers(0, 16 + 37))
    torn = after[:place] + after[place : place + written] + before.ljust(len(after), b"\0")[place + written :]
    path.write_bytes(torn)
    again = Slots(path)
    assert again.read() in (values[-1], b"a value that is not written to its end")
    again.close()


def test_counts_that_are_too_long_are_refused(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "value")
    with pytest.raises(StateError):
        slots.write(bytes(SLOT))
    slots.close()


def test_a_line_that_was_not_written_to_its_end_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL_FILE
    journal = Journal(path, Line)
    journal.add(Line(1))
    journal.add(Line(2))
    with path.open("ab") as file:
        file.write(b'{"numb')
    assert list(journal.read()) == [Line(1), Line(2)]
    journal.add(Line(3))
    assert list(journal.read()) == [Line(1), Line(2), Line(3)]
    assert list(journal.read(lambda line: line.number < 3)) == [Line(1), Line(2)]
    assert path.read_bytes().count(b"\n") == 2
    journal.close()


def test_a_line_that_is_none_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL_FILE
    path.write_bytes(b'{"number":1}\n[[[]]]\n')
    journal = Journal(path, Line)
    with pytest.raises(StateError, match=f"{JOURNAL_FILE}:2"):
        list(journal.read())
    journal.close()


WRITER = """
import sys
from pathlib import Path
from conform62351.suites.selfcheck.test_fuzz_state import SETTINGS, play
from conform62351.tooling.fuzz.state import CampaignState
state = CampaignState(Path(sys.argv[1]), SETTINGS, resume=False)
play(state, 200)
print("going", flush=True)
play(state, 1000000)
"""


def test_a_process_that_is_killed_loses_at_most_one_case(tmp_path: Path) -> None:
    folder = tmp_path / "campaign"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    with writer.stdout as told:
        assert told.readline() == b"going\n"
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    state = CampaignState(folder, SETTINGS, resume=True)
    cases = state.counts.cases
    assert cases >= 200
    whole = CampaignState(tmp_path / "whole", SETTINGS, resume=False)
    play(whole, cases)
    assert knows(state) == knows(whole)
    whole.close()
    state.close()
    assert (folder / COUNTS_FILE).stat().st_size <= 2 * SLOT
