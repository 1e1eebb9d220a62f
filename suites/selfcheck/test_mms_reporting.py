"""Reasons to report of an unbuffered report control block, and what its reports hold."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.mms.data import bit_string, floating_point
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.nodes import Structure
from conform62351.profiles.mms.report import OPTIONS, Report
from conform62351.suites.selfcheck.mms_pair import LD, NOW
from conform62351.suites.selfcheck.mms_reporting_pair import (
    FALSE,
    IND1,
    IND2,
    INT1,
    REFERENCE,
    TRUE,
    Reporting,
    reports,
)


def included(report: Report) -> dict[int, frozenset[str] | None]:
    return {entry.index: entry.reasons for entry in report.entries}


CHANGED = frozenset({"data-change"})


def test_nothing_is_reported_before_the_block_is_enabled() -> None:
    pair = Reporting()
    assert pair.change(f"{IND1}$stVal", TRUE) == []
    assert pair.wait(100) == []
    assert pair.server.next_due() is None


def test_a_data_change_is_reported_with_the_options_asked_for() -> None:
    pair = Reporting()
    pair.enable()
    (report,) = pair.change(f"{IND1}$stVal", TRUE)
    assert (report.rpt_id, report.dat_set) == (REFERENCE, f"{LD}/LLN0$events")
    assert (report.sq_num, report.conf_rev, report.time_of_entry) == (0, 1, NOW)
    assert (report.members, included(report)) == (4, {0: CHANGED})
    assert report.entries[0].data == pair.read(IND1)
    assert report.entries[0].reference is None
    (report,) = pair.change(f"{IND2}$stVal", TRUE)
    assert (report.sq_num, included(report)) == (1, {1: CHANGED})


def test_no_options_leave_all_optional_fields_out() -> None:
    pair = Reporting()
    pair.options()
    pair.enable()
    (report,) = pair.change(f"{IND1}$stVal", TRUE)
    assert report == Report(REFERENCE, frozenset(), 4, report.entries)
    assert included(report) == {0: None}


def test_all_options_bring_those_that_an_unbuffered_block_has() -> None:
    pair = Reporting()
    pair.options(*OPTIONS)
    pair.enable()
    (report,) = pair.change(f"{IND1}$stVal", TRUE)
    assert report.opt_flds == OPTIONS.keys() - {"buffer-overflow", "entryID", "segmentation"}
    assert report.entries[0].reference == f"{LD}/{IND1}"
    assert (report.buf_ovfl, report.entry_id, report.sub_sq_num) == (None, None, None)


def test_the_report_id_is_the_clients_or_the_reference() -> None:
    pair = Reporting()
    assert pair.set("RptID", ("visible-string", "mine")) is None
    pair.enable()
    (report,) = pair.change(f"{IND1}$stVal", TRUE)
    assert report.rpt_id == "mine"
    assert pair.set("RptEna", FALSE) is None
    assert pair.set("RptID", ("visible-string", "")) is None
    pair.enable()
    (report,) = pair.change(f"{IND1}$stVal", FALSE)
    assert report.rpt_id == REFERENCE


QUALITY = bit_string("0100000000000")


@pytest.mark.parametrize(
    ("triggers", "item", "data", "reasons"),
    [
        (["data-change"], f"{IND1}$stVal", TRUE, {"data-change"}),
        (["data-change"], f"{IND1}$stVal", FALSE, None),
        (["data-change"], f"{IND1}$q", QUALITY, None),
        (["data-change"], f"{IND1}$t", ("utc-time", b"\1" * 8), None),
        (["quality-change"], f"{IND1}$q", QUALITY, {"quality-change"}),
        (["quality-change"], f"{IND1}$stVal", TRUE, None),
        (["data-update"], f"{IND1}$stVal", FALSE, {"data-update"}),
        (["data-update"], f"{IND1}$stVal", TRUE, None),
        (["integrity", "general-interrogation"], f"{IND1}$stVal", TRUE, None),
        (
            ["data-change", "quality-change"],
            IND1,
            ("structure", [TRUE, QUALITY, ("utc-time", bytes(8))]),
            {"data-change", "quality-change"},
        ),
        (["data-change"], "GGIO1$ST$Health$stVal", ("integer", 2), None),
    ],
)
def test_only_the_triggers_asked_for_report(
    triggers: list[str], item: str, data: Any, reasons: set[str] | None
) -> None:
    pair = Reporting()
    pair.triggers(*triggers)
    pair.enable()
    found = pair.change(item, data)
    assert [included(report) for report in found] == ([] if reasons is None else [{0: frozenset(reasons)}])


def test_one_change_of_several_members_is_one_report() -> None:
    pair = Reporting()
    pair.enable()
    node = pair.server.model.find(LD, "GGIO1$ST")
    assert isinstance(node, Structure)
    parts = dict(zip(node.components, node.read()[1], strict=True))
    parts["Ind1"] = ("structure", [TRUE, *parts["Ind1"][1][1:]])
    parts["IntIn1"] = ("structure", [("integer", 4), *parts["IntIn1"][1][1:]])
    (report,) = pair.change("GGIO1$ST", ("structure", list(parts.values())))
    assert included(report) == {0: CHANGED, 2: CHANGED}


def test_a_write_of_a_client_is_reported_too() -> None:
    pair = Reporting()
    assert pair.set("DatSet", ("visible-string", f"{LD}/LLN0$settings")) is None
    pair.enable()
    assert pair.write("GGIO1$SP$IntSet1$setVal", ("integer", 3)) is None
    (report,) = reports(pair.events)
    assert included(report) == {0: CHANGED}
    assert report.entries[0].data == ("integer", 3)


def test_changes_within_the_buffer_time_go_into_one_report() -> None:
    pair = Reporting()
    assert pair.set("BufTm", ("unsigned", 500)) is None
    pair.enable()
    assert pair.change(f"{IND1}$stVal", TRUE) == []
    assert pair.server.next_due() == NOW + 0.5
    assert pair.wait(0.3) == []
    assert pair.change(f"{IND2}$stVal", TRUE) == []
    (report,) = pair.wait(0.2)
    assert included(report) == {0: CHANGED, 1: CHANGED}
    assert pair.server.next_due() is None


def test_a_member_that_changes_twice_ends_the_buffer_time() -> None:
    pair = Reporting()
    assert pair.set("BufTm", ("unsigned", 500)) is None
    pair.enable()
    assert pair.change(f"{INT1}$stVal", ("integer", 1)) == []
    (first,) = pair.change(f"{INT1}$stVal", ("integer", 2))
    (second,) = pair.wait(0.5)
    assert [report.entries[0].data[1][0] for report in (first, second)] == [("integer", 1), ("integer", 2)]
    assert (first.sq_num, second.sq_num) == (0, 1)


def test_integrity_reports_all_members_each_period() -> None:
    pair = Reporting()
    pair.triggers("integrity")
    assert pair.set("IntgPd", ("unsigned", 1000)) is None
    pair.enable()
    assert pair.server.next_due() == NOW + 1
    assert pair.wait(0.9) == []
    (report,) = pair.wait(0.1)
    assert included(report) == dict.fromkeys(range(4), frozenset({"integrity"}))
    (report,) = pair.wait(3.5)
    assert report.time_of_entry == NOW + 4.5
    assert pair.server.next_due() == NOW + 5


def test_no_period_or_no_trigger_means_no_integrity_reports() -> None:
    pair = Reporting()
    pair.triggers("integrity")
    pair.enable()
    assert pair.wait(100) == []
    assert pair.set("RptEna", FALSE) is None
    pair.triggers("data-change")
    assert pair.set("IntgPd", ("unsigned", 1000)) is None
    pair.enable()
    assert pair.wait(100) == []


def test_general_interrogation_reports_all_members_behind_the_response() -> None:
    pair = Reporting()
    assert pair.set("BufTm", ("unsigned", 500)) is None
    pair.enable()
    assert pair.change(f"{IND1}$stVal", TRUE) == []
    assert pair.set("GI", TRUE) is None
    gathered, report = reports(pair.events)
    assert included(gathered) == {0: CHANGED}
    assert included(report) == dict.fromkeys(range(4), frozenset({"general-interrogation"}))
    assert pair.get("GI") is False
    assert pair.wait(1) == []


def test_sequence_numbers_wrap_and_begin_anew() -> None:
    pair = Reporting()
    pair.enable()
    numbers = [pair.change(f"{INT1}$stVal", ("integer", n))[0].sq_num for n in range(1, 259)]
    assert numbers[:2] == [0, 1]
    assert numbers[254:] == [254, 255, 0, 1]
    assert pair.get("SqNum") == 2
    assert pair.set("RptEna", FALSE) is None
    pair.enable()
    assert pair.get("SqNum") == 0


def test_disabling_drops_what_was_gathered() -> None:
    pair = Reporting()
    assert pair.set("BufTm", ("unsigned", 500)) is None
    pair.enable()
    assert pair.change(f"{IND1}$stVal", TRUE) == []
    assert pair.set("RptEna", FALSE) is None
    pair.enable()
    assert pair.wait(10) == []


def test_a_report_that_does_not_fit_is_cut_or_lost() -> None:
    pair = Reporting(parameters=InitiateParameters(200))
    pair.options("data-reference", "reason-for-inclusion")
    pair.enable()
    assert pair.set("GI", TRUE) is None
    parts = reports(pair.events)
    assert len(parts) > 1
    assert [entry.index for part in parts for entry in part.entries] == [0, 1, 2, 3]
    assert [part.more_segments_follow for part in parts] == [True] * (len(parts) - 1) + [False]
    small = Reporting(parameters=InitiateParameters(80))
    assert small.set("RptEna", TRUE) is None
    assert small.change(f"{IND1}$stVal", TRUE) == []
    assert small.get("SqNum") == 1


def test_reports_that_nobody_takes_are_bounded() -> None:
    pair = Reporting()
    pair.enable()
    for number in range(1, 1101):
        pair.server.model.change(LD, f"{INT1}$stVal", ("integer", number), NOW)
    waiting = pair.wait(0)
    assert len(waiting) == 1000
    assert waiting[-1].entries[0].data[1][0] == ("integer", 1100)


def test_a_measurement_is_reported_with_its_value() -> None:
    pair = Reporting()
    pair.enable()
    (report,) = pair.change("GGIO1$MX$AnIn1$mag$f", floating_point(12.5))
    assert included(report) == {3: CHANGED}
    assert report.entries[0].data[1][0] == ("structure", [floating_point(12.5)])
