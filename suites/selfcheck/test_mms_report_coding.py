"""Reports as access results: written, read again, spoilt, cut into segments."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.mms import data as mms
from conform62351.profiles.mms.codec import MmsError
from conform62351.profiles.mms.report import OPTIONS, Entry, Report, read_report, segments

OPTION_SETS = st.frozensets(st.sampled_from(sorted(OPTIONS)))


@st.composite
def reports(draw: st.DrawFn) -> Report:
    options = draw(OPTION_SETS)

    def optional(option: str, values: st.SearchStrategy[Any]) -> Any:
        return draw(values) if option in options else None

    members = draw(st.integers(0, 10))
    included = draw(st.lists(st.integers(0, members - 1), unique=True)) if members else []
    reasons = st.frozensets(st.sampled_from(["data-change", "integrity"]))
    return Report(
        rpt_id=draw(st.sampled_from(["", "LD/LLN0$RP$a"])),
        opt_flds=options,
        members=members,
        entries=tuple(
            Entry(
                index,
                ("integer", draw(st.integers(0, 9))),
                optional("data-reference", st.just(f"LD/x${index}")),
                optional("reason-for-inclusion", reasons),
            )
            for index in sorted(included)
        ),
        sq_num=optional("sequence-number", st.integers(0, 255)),
        time_of_entry=optional("report-time-stamp", st.integers(500_000_000, 2_000_000_000).map(float)),
        dat_set=optional("data-set-name", st.just("LD/LLN0$ds")),
        buf_ovfl=optional("buffer-overflow", st.booleans()),
        entry_id=optional("entryID", st.binary(max_size=8)),
        conf_rev=optional("conf-revision", st.integers(0, 9)),
        sub_sq_num=optional("segmentation", st.integers(0, 9)),
        more_segments_follow=optional("segmentation", st.booleans()),
    )


@settings(max_examples=100, deadline=None)
@given(reports())
def test_reports_go_to_access_results_and_back(report: Report) -> None:
    service, value = report.value()["service"]
    assert (service, value["variableAccessSpecification"]) == (
        "informationReport",
        ("variableListName", ("vmd-specific", "RPT")),
    )
    assert read_report(value["listOfAccessResult"]) == report


@settings(max_examples=100, deadline=None)
@given(reports(), st.data())
def test_a_spoilt_report_is_a_typed_error_or_a_report(report: Report, data: st.DataObject) -> None:
    results = list(report.value()["service"][1]["listOfAccessResult"])
    at = data.draw(st.integers(0, len(results)))
    wrong = data.draw(
        st.sampled_from([("failure", 3), ("success", ("bit-string", (b"\xff", 8))), ("success", ("bcd", 1))])
    )
    results[at : at + data.draw(st.integers(0, 2))] = [wrong] * data.draw(st.integers(0, 2))
    try:
        again = read_report(results)
    except MmsError:
        return
    assert read_report(again.value()["service"][1]["listOfAccessResult"]) == again


def test_a_report_of_short_time_is_a_typed_error() -> None:
    results = [("visible-string", ""), mms.bit_string("0010000000"), ("binary-time", bytes(4))]
    with pytest.raises(MmsError, match="TimeOfEntry"):
        read_report([("success", each) for each in results])


def test_a_long_report_is_cut_into_numbered_segments() -> None:
    entries = tuple(Entry(index, ("integer", index)) for index in range(7))
    report = Report("id", frozenset({"sequence-number"}), 7, entries, sq_num=9)
    assert segments(report, lambda _: True) == [report]
    parts = segments(report, lambda part: len(part.entries) < 3)
    assert [entry for part in parts for entry in part.entries] == list(entries)
    assert [part.sub_sq_num for part in parts] == list(range(len(parts)))
    assert [part.more_segments_follow for part in parts] == [True] * (len(parts) - 1) + [False]
    assert all(part.sq_num == 9 and "segmentation" in part.opt_flds for part in parts)
    assert len(segments(report, lambda _: False)) == 7
