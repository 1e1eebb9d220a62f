"""Declared deviations: which failures they cover, which are stale or due for another look."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from conform62351.pics.declaration import Header
from conform62351.pics.deviations import Deviation, Deviations, load_deviations, ready_to_paste
from conform62351.pics.faults import DeclarationError

HEADER = Header("V", "RTU [7]", "1", "2.4.1", "2018")
TODAY = datetime.date(2026, 11, 22)
ENTRY = """\
[[deviation]]
case = "OSI/SRV/TPKT/BI-version"
verdict = "fail"
reason = "ignores the packet"
ticket = "RTU-1"
review = 2027-03-31
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deviations.toml"


def load(path: Path, text: str) -> Deviations:
    path.write_text(text)
    return load_deviations(path)


def deviation(case: str = "A/B", **changes: Any) -> Deviation:
    values: dict[str, Any] = {"verdict": "fail", "reason": "r", "ticket": "t", "review": TODAY, **changes}
    return Deviation(case, **values)


def test_a_file_is_read(path: Path) -> None:
    entries = load(path, ENTRY + ENTRY.replace("2027-03-31", '"2027-04-30"') + 'software = "2.*"\n').entries
    assert [(entry.line, entry.review.isoformat(), entry.software) for entry in entries] == [
        (1, "2027-03-31", "*"),
        (7, "2027-04-30", "2.*"),
    ]
    assert load(path, "# none\n").entries == ()


def test_all_faults_come_at_once_with_their_lines(path: Path) -> None:
    text = """\
reason = "outside"
[[deviation]]
case = "A"
verdict = "pass"
reason = ""
ticket = 7
review = 2027-13-01
[[deviation]]
case = "A"
requirement = "R-TPKT-versoin"
verdict = "inconclusive"
reason = "r"
tickte = "t"
review = "soon"
[[deviation]]
[other]
x = 1
"""
    with pytest.raises(DeclarationError) as error:
        load(path, text)
    assert [(fault.line, fault.message.partition(" (")[0]) for fault in error.value.faults] == [
        (1, "reason belongs to no [[deviation]]"),
        (4, "deviation: verdict: 'pass' is neither 'fail' nor 'inconclusive'"),
        (5, "deviation: reason: a text is wanted"),
        (6, "deviation: ticket: a text is wanted"),
        (7, "deviation.0.review: 2027-13-01 is no TOML value"),
        (8, "deviation: ticket is missing"),
        (10, "deviation: requirement: 'R-TPKT-versoin' is no requirement; did you mean R-TPKT-version?"),
        (13, "tickte is no field of a deviation; did you mean ticket?"),
        (14, "deviation: review: a date is wanted, such as 2027-03-31"),
        (15, "deviation: case is missing"),
        (15, "deviation: verdict is missing"),
        (15, "deviation: reason is missing"),
        (15, "deviation: ticket is missing"),
        (15, "deviation: review is missing"),
        (17, "other.x belongs to no [[deviation]]"),
    ]


@pytest.mark.parametrize("review", ["2027-03-31T10:00:00", "20:00:00", "7", '"31.3.2027"', "true"])
def test_a_review_date_is_a_date(path: Path, review: str) -> None:
    with pytest.raises(DeclarationError, match="6: deviation: review: a date is wanted"):
        load(path, ENTRY.replace("2027-03-31", review))


def test_texts_are_short(path: Path) -> None:
    assert load(path, ENTRY.replace("RTU-1", "x" * 500)).entries[0].ticket == "x" * 500
    with pytest.raises(DeclarationError, match="5: deviation: ticket: longer than 500 characters"):
        load(path, ENTRY.replace("RTU-1", "x" * 501))


@pytest.mark.parametrize(
    ("product", "software", "found"),
    [("*", "*", 1), ("RTU*", "2.4.?", 1), ("RTU [[]7]", "*", 1), ("rtu*", "*", 0), ("*", "2.5*", 0)],
)
def test_entries_are_for_some_devices(product: str, software: str, found: int) -> None:
    known = Deviations((deviation(product=product, software=software),))
    assert len(known.of(HEADER).entries) == found


def test_an_entry_covers_its_case_and_verdict() -> None:
    entry = deviation()
    known = Deviations((entry,))
    assert known.match("A/B", "fail", ["R-X", "R-Y"]) is entry
    assert known.match("A/B", "fail") is entry
    assert known.match("A/B", "inconclusive") is None
    assert known.match("A/C", "fail") is None


def test_an_entry_for_a_requirement_covers_no_other_failure() -> None:
    first, second = deviation(requirement="R-X"), deviation(requirement="R-Y")
    assert Deviations((first,)).match("A/B", "fail", ["R-X"]) is first
    assert Deviations((first,)).match("A/B", "fail", ["R-X", "R-Y"]) is None
    assert Deviations((first,)).match("A/B", "fail", ["R-Y"]) is None
    assert Deviations((first,)).match("A/B", "fail", []) is None
    assert Deviations((first, second)).match("A/B", "fail", ["R-Y", "R-X"]) is first
    assert Deviations((first, second)).match("A/B", "fail", ["R-Y"]) is second


def test_stale_entries_are_those_whose_case_ended_otherwise() -> None:
    passed, other, met, not_run = (
        deviation("A"),
        deviation("B", requirement="R-X"),
        deviation("C"),
        deviation("D"),
    )
    known = Deviations((passed, other, met, not_run))
    outcomes = {"A": ("pass", []), "B": ("fail", ["R-Y"]), "C": ("fail", ["R-Y"])}
    assert known.stale(outcomes) == [passed, other]
    assert known.unknown(["A", "B", "C"]) == [not_run]


def test_a_review_is_due_after_its_day() -> None:
    known = Deviations((deviation(review=TODAY), deviation(review=TODAY - datetime.timedelta(days=1))))
    assert known.overdue(TODAY) == [known.entries[1]]


def test_what_is_printed_for_a_new_failure_can_be_pasted(path: Path) -> None:
    text = ready_to_paste("A/B", "fail", ["R-TPKT-version", "R-TPKT-stream", "R-TPKT-version"], HEADER, TODAY)
    with pytest.raises(DeclarationError) as error:
        load(path, text)
    assert [fault.message for fault in error.value.faults] == [
        "deviation: reason: a text is wanted",
        "deviation: ticket: a text is wanted",
    ] * 2
    filled = text.replace('reason = ""', 'reason = "known"').replace('ticket = ""', 'ticket = "1"')
    entries = load(path, filled).of(HEADER).entries
    assert [entry.requirement for entry in entries] == ["R-TPKT-version", "R-TPKT-stream"]
    assert entries[0].review == datetime.date(2027, 5, 21)
    assert Deviations(entries).match("A/B", "fail", ["R-TPKT-stream", "R-TPKT-version"])
    assert not load(path, filled).of(Header("V", "RTU 7", "1", "2.4.1", "2018")).entries


def test_a_new_failure_without_a_check_gets_one_entry() -> None:
    assert ready_to_paste("A/B", "inconclusive", [], HEADER, TODAY).count("[[deviation]]") == 1
