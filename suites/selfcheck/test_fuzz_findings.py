"""Findings are stored as a whole or not at all, told apart, and read with care."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.mutations import AnyMutation, FlipBit, Overwrite, SetField
from conform62351.tooling.engine.recipes import RecipeError
from conform62351.tooling.engine.steps import Connect, OpenTransport, conversation
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.findings import (
    RECIPE_FILE,
    Finding,
    FindingStore,
    Known,
    is_finding,
    load_finding,
    name_of,
    place_of,
)
from conform62351.tooling.fuzz.oracles import Complaint
from conform62351.tooling.fuzz.reactions import Deed, Reaction

TAKEN = Complaint("fault-taken", "8", "R", "taken in spite of a fault", "form")
CRASH = Complaint("process-ends", "the device runs on", "I", "the process has ended: SIGSEGV", "unavailable")
DEAF = Complaint("still-associates", "13.1; 11", "N", "the device no longer associates: reset", "unavailable")
CONFIRMED = Reaction(deeds=(Deed(Kind.TRANSPORT_CONNECTED, "COTP.CC"),))
FLIP = FlipBit(pdu="COTP.CR", at=3)
SET = SetField(pdu="COTP.CR", field="parameters.2.code", value=9)


def case(*mutations: AnyMutation) -> Case:
    talk = conversation(Connect(), OpenTransport(mutations=mutations))
    return Case(base="server/plain/opening", layer="cotp", mutators=("flip",), conversation=talk)


def finding(complaint: Complaint = TAKEN, one: Case | None = None, confirmed: int = 3) -> Finding:
    one = one or case(FLIP)
    return Finding(
        name=name_of(complaint, CONFIRMED, place_of(one)),
        seed=7,
        number=12,
        stack="plain",
        configuration="default",
        place=place_of(one),
        complaint=complaint,
        reaction=CONFIRMED,
        confirmed=confirmed,
        repeated=3,
        reduced=True,
        case=one,
        original=one,
    )


def test_a_finding_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    store = FindingStore(tmp_path)

    def keep(folder: Path) -> None:
        (folder / "octets.txt").write_text("> 03\n")

    assert store.add(finding(), keep)
    assert [*store.findings()] == [finding()]
    assert (store.path(finding()) / "octets.txt").exists()
    assert is_finding(store.path(finding()) / RECIPE_FILE)


def test_the_same_finding_is_stored_once(tmp_path: Path) -> None:
    store = FindingStore(tmp_path)
    assert store.add(finding())
    assert not FindingStore(tmp_path).add(finding())
    assert store.names() == {finding().name}


def test_evidence_that_cannot_be_written_leaves_no_half_of_a_finding(tmp_path: Path) -> None:
    store = FindingStore(tmp_path)

    def fails(folder: Path) -> None:
        (folder / "octets.txt").write_text("> 03\n")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.add(finding(), fails)
    assert [*(tmp_path / "findings").iterdir()] == []


def test_what_no_repetition_showed_is_kept_apart(tmp_path: Path) -> None:
    store = FindingStore(tmp_path)
    store.add(finding(confirmed=0))
    assert [*store.findings()] == []
    assert [one.confirmed for one in store.findings(confirmed=False)] == [0]


def test_places_are_pdus_and_fields_without_numbers_in_lists() -> None:
    assert place_of(case(FLIP, SET)) == ("COTP.CR", "COTP.CR.parameters.code")
    assert place_of(case()) == ("server/plain/opening: flip",)
    assert place_of(msgspec.structs.replace(case(), mutators=())) == ("server/plain/opening",)


def test_it_is_the_same_by_oracle_reaction_and_place() -> None:
    stored = Known.of(finding())
    assert stored.same_as(TAKEN, CONFIRMED, place_of(case(FLIP, SET)))
    assert not stored.same_as(TAKEN, CONFIRMED, place_of(case(SET)))
    assert not stored.same_as(TAKEN, Reaction(close=Kind.RESET), place_of(case(FLIP)))
    assert not stored.same_as(CRASH, CONFIRMED, place_of(case(FLIP)))


def test_a_device_that_is_gone_is_gone_whoever_sees_it_and_however_it_took_its_leave() -> None:
    assert Known.of(finding(CRASH)).same_as(DEAF, Reaction(close=Kind.RESET), place_of(case(FLIP)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_files_that_are_no_findings_are_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = msgspec.json.encode(finding())
    at = data.draw(st.integers(0, len(whole) - 1))
    octets = data.draw(
        st.one_of(
            st.binary(max_size=60),
            st.just(whole[:at]),
            st.binary(min_size=1, max_size=3).map(lambda new: whole[:at] + new + whole[at + len(new) :]),
        )
    )
    path = tmp_path_factory.mktemp("finding") / RECIPE_FILE
    path.write_bytes(octets)
    is_finding(path)
    with contextlib.suppress(RecipeError):
        load_finding(path)


@pytest.mark.parametrize("change", [{"format": "conform62351 finding 0"}, {"stack": "xmpp"}])
def test_findings_of_another_version_are_refused(tmp_path: Path, change: dict[str, str]) -> None:
    path = tmp_path / RECIPE_FILE
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(finding(), **change)))
    with pytest.raises(RecipeError):
        load_finding(path)


def test_a_finding_too_long_for_many_lines_can_be_read_again(tmp_path: Path) -> None:
    large = case(Overwrite(pdu="COTP.CR", at=0, octets=bytes(300_000)))
    long = msgspec.structs.replace(finding(), before=(large,) * 8)
    many = msgspec.structs.replace(long, before=tuple(case(*[FLIP] * 60) for _ in range(256)))
    for number, one in enumerate((long, many)):
        store = FindingStore(tmp_path / str(number))
        assert store.add(one)
        assert [*store.findings()] == [one]
