"""From events to the report: attempts, continuations, broken logs, and what follows from the cases."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from conform62351.reports.model.eventlog import EventLog
from conform62351.reports.model.events import AnyEvent, Noted, RunFinished, Started, Waited
from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.run import load_report, reduce_run
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.selfcheck import report_samples as samples

CASE = "OSI/SRV/COTP/BI-class-4"
OTHER = "OSI/SRV/SES/BV-connect"
END = RunFinished(t=9.0, complete=True)


def the_case(report: RunReport, name: str = CASE) -> CaseReport:
    return next(case for case in report.cases if case.id == name)


def run_of(*verdicts: Verdict, **facts: object) -> list[AnyEvent]:
    """One run with an attempt at CASE for each verdict."""
    events: list[AnyEvent] = [samples.run_started(), samples.planned(CASE)]
    for number, verdict in enumerate(verdicts, start=1):
        events += samples.attempt(CASE, verdict, number, **facts)
    return [*events, END]


def test_whole_run_is_counted() -> None:
    report = reduce_run(samples.whole_run())
    summary = report.summary
    assert (summary.passed, summary.fail, summary.inconclusive, summary.error) == (13, 3, 1, 1)
    assert (summary.not_run, summary.not_applicable, summary.total) == (1, 1, 20)
    assert summary.fail_by_severity == {
        "security": 1,
        "function": 0,
        "form": 1,
        "silent": 1,
        "unavailable": 0,
        "declaration": 0,
    }
    assert summary.fail_by_basis["public"] == 2
    assert summary.fail_by_basis["inferred"] == 1
    assert (summary.deviations, summary.unstable, summary.warnings) == (1, 1, 1)


def test_header_says_what_was_run() -> None:
    header = reduce_run(samples.whole_run(explore=True)).header
    assert header.dut == samples.DEVICE
    assert (header.edition, header.seed, header.explore, header.builtin) == ("2018+A1", 4711, True, False)
    assert header.duration_s == 12.5
    assert header.continuations == []


def test_killed_run_loses_nothing() -> None:
    events = [*run_of(Verdict.PASS)[:-1], samples.planned(OTHER), Started(t=2.0, case=OTHER, attempt=1)]
    events.append(samples.check(OTHER, Verdict.FAIL))
    report = reduce_run(events)
    assert (report.complete, report.interrupted) == (False, True)
    assert the_case(report).verdict is Verdict.PASS
    cut = the_case(report, OTHER)
    assert (cut.verdict, cut.reason) == (Verdict.NOT_RUN, "interrupted")
    assert [check.verdict for check in cut.checks] == [Verdict.FAIL]


def test_planned_case_without_verdict_makes_the_report_incomplete() -> None:
    report = reduce_run([*run_of(Verdict.PASS)[:-1], samples.planned(OTHER), END])
    assert the_case(report, OTHER).verdict is Verdict.NOT_RUN
    assert (report.complete, report.interrupted) == (False, False)
    assert report.reason == "1 planned case has not been executed"


def test_not_applicable_names_the_item() -> None:
    case = the_case(reduce_run([samples.planned(CASE, not_applicable="T6.OSI.server"), END]))
    assert (case.verdict, case.reason, case.attempts) == (Verdict.NOT_APPLICABLE, "T6.OSI.server", [])


@pytest.mark.parametrize(
    ("attempts", "verdict", "unstable"),
    [
        ([Verdict.FAIL, Verdict.PASS], Verdict.FAIL, True),
        ([Verdict.PASS, Verdict.FAIL], Verdict.FAIL, True),
        ([Verdict.FAIL, Verdict.INCONCLUSIVE], Verdict.FAIL, False),
        ([Verdict.INCONCLUSIVE, Verdict.PASS], Verdict.PASS, False),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], Verdict.INCONCLUSIVE, False),
        ([Verdict.PASS, Verdict.NOT_RUN], Verdict.PASS, False),
        ([Verdict.ERROR, Verdict.PASS], Verdict.PASS, False),
    ],
)
def test_latest_attempt_decides_but_hides_no_fail(
    attempts: list[Verdict], verdict: Verdict, unstable: bool
) -> None:
    case = the_case(reduce_run(run_of(*attempts)))
    assert (case.verdict, case.unstable) == (verdict, unstable)
    assert [attempt.verdict for attempt in case.attempts] == attempts


def test_runs_add_up() -> None:
    first = [*run_of(Verdict.FAIL)[:-1], samples.planned(OTHER)]
    second = [
        samples.run_started(t=20.0, started="2025-05-07T00:00:00Z", seed=5),
        samples.planned(OTHER),
        *samples.attempt(OTHER, Verdict.PASS),
        *samples.attempt(CASE, Verdict.PASS, 2),
        RunFinished(t=23.0, complete=True),
    ]
    report = reduce_run([*first, *second])
    assert (report.complete, report.reason) == (True, "")
    case = the_case(report)
    assert (case.verdict, case.unstable) == (Verdict.FAIL, True)
    assert [attempt.run for attempt in case.attempts] == [1, 2]
    assert the_case(report, OTHER).verdict is Verdict.PASS
    (continuation,) = report.header.continuations
    assert (continuation.run, continuation.seed, continuation.complete) == (2, 5, True)
    assert report.header.seed == 4711


def test_continuation_with_another_device_or_pics_is_remarked() -> None:
    other = samples.run_started(
        dut=msgspec.structs.replace(samples.DEVICE, software_version="4.3"), hashes={"pics": "other"}
    )
    notes = [note.text for note in reduce_run([*run_of(Verdict.PASS), other, END]).notes]
    assert notes == [
        "Run 2 names another device or version than the first run.",
        "Run 2 was made with another PICS than the first run.",
    ]


def test_severity_and_basis_follow_the_gravest_check_when_the_verdict_leaves_them_out() -> None:
    events: list[AnyEvent] = [
        samples.run_started(),
        samples.planned(CASE),
        samples.check(CASE, Verdict.FAIL, severity=Severity.FORM, provenance="N"),
        samples.check(CASE, Verdict.FAIL, severity=Severity.SECURITY, provenance="I"),
        samples.verdicted(CASE, Verdict.FAIL),
    ]
    case = the_case(reduce_run(events))
    assert (case.severity, case.basis) == (Severity.SECURITY, "inferred")


def test_checks_know_their_conversation() -> None:
    case = the_case(reduce_run(samples.whole_run()))
    assert case.attempts[0].conversations == ["class 2", "class 4"]
    assert [(check.label, check.conversation) for check in case.checks] == [("class 2", 1), ("class 4", 2)]


def test_check_that_comes_late_belongs_to_the_conversation_of_its_label() -> None:
    events: list[AnyEvent] = [samples.planned(CASE)]
    for label in ("class 2", "class 4"):
        events += samples.conversation(CASE, label=label)
    events += [samples.check(CASE, Verdict.FAIL, label=label) for label in ("class 2", "of the case")]
    checks = the_case(reduce_run(events)).checks
    assert [check.conversation for check in checks] == [1, 2]


def test_commands_replay_the_recipe_and_run_the_case_alone() -> None:
    commands = the_case(reduce_run(run_of(Verdict.FAIL))).commands
    assert commands.replay == f"conform62351 replay {samples.DEVICE_WORDS} out/{samples.RECIPE}"
    assert commands.rerun == f"conform62351 run {samples.DEVICE_WORDS} {CASE}"


def test_commands_are_quoted_for_the_shell() -> None:
    commands = the_case(reduce_run(run_of(Verdict.FAIL, recipe="a; rm b"))).commands
    assert commands.replay.endswith(" 'out/a; rm b'")


def test_deviation_keeps_the_fail_and_a_stale_one_is_told() -> None:
    report = reduce_run(run_of(Verdict.FAIL, deviation="known"))
    assert the_case(report).verdict is Verdict.FAIL
    assert [(item.case, item.stale) for item in report.deviations] == [(CASE, False)]
    assert not reduce_run(run_of(Verdict.INCONCLUSIVE, deviation="known")).deviations[0].stale
    assert reduce_run(run_of(Verdict.PASS, deviation="known")).deviations[0].stale


def test_tables_join_claims_and_results() -> None:
    tables = {table.id: table for table in reduce_run(samples.whole_run()).tables}
    assert list(tables) == ["T6", "T7", "T13", "OUR"]
    assert tables["T6"].heading == "Table 6: Conformance to operational environment"
    items = {item.code: item for item in tables["T6"].items}
    assert items["T6.OSI.client"].result is Verdict.NOT_APPLICABLE
    assert items["T6.OSI.server"].result is Verdict.ERROR
    assert items["T6.OSI.server"].verdicts["fail"] == 3
    assert items["T6.XMPP.server"].result is None


def test_item_whose_cases_have_not_all_run_has_not_passed() -> None:
    report = reduce_run([*run_of(Verdict.PASS)[:-1], samples.planned(OTHER), END])
    (item,) = [item for item in report.tables[0].items if item.code == "T6.OSI.server"]
    assert item.result is Verdict.NOT_RUN


def test_code_within_parentheses_is_mentioned() -> None:
    planned = samples.planned(CASE, pics="(T6.OSI.server or not(T6.XMPP.server))", not_applicable="x")
    items = reduce_run([samples.run_started(), planned, END]).tables[0].items
    assert {item.code: item.cases for item in items} == {
        "T6.OSI.client": [],
        "T6.OSI.server": [CASE],
        "T6.XMPP.server": [CASE],
    }


def test_requirement_without_a_check_has_not_passed() -> None:
    events: list[AnyEvent] = [
        samples.run_started(),
        samples.planned(CASE, requirements=["R-10-1", "R-10-2"]),
        samples.check(CASE, Verdict.PASS),
        samples.verdicted(CASE, Verdict.PASS),
        END,
    ]
    results = {requirement.id: requirement.result for requirement in reduce_run(events).requirements}
    assert results == {"R-10-1": Verdict.PASS, "R-10-2": Verdict.NOT_RUN, "R-H3-1": None, "R-16-1": None}


def test_margins_keep_the_least_of_each_limit() -> None:
    close, other = reduce_run(samples.whole_run()).margins
    assert (close.limit, close.limit_s, close.case) == (
        "limit.respond",
        10.0,
        "OSI/SRV/SES/BV-extended-user-data",
    )
    assert (close.margin_s, close.percent, close.close) == (0.04, 0.4, True)
    assert (other.limit, other.percent, other.close) == ("action.connect.limit", 40.0, False)
    assert (other.case, other.label) == ("OSI/SRV/ACSE/BI-no-baseline", "http")


def test_margins_keep_the_least_of_what_was_waited_for() -> None:
    waits = [
        Waited(t=1.0, limit="boot_time", limit_s=60.0, margin_s=margin, what=what)
        for margin, what in ((50.0, "first"), (12.0, "least"), (30.0, "last"))
    ]
    (margin,) = reduce_run([samples.run_started(), *waits, END]).margins
    assert (margin.label, margin.percent, margin.close, margin.case) == ("least", 20.0, False, "")


def test_ten_slowest() -> None:
    slowest = reduce_run(samples.whole_run(40)).slowest
    assert len(slowest) == 10
    assert slowest[0].id == "OSI/SRV/SES/BV-extended-user-data"


def test_actions_and_notes_are_kept() -> None:
    report = reduce_run(samples.whole_run())
    assert [(action.action, action.error) for action in report.actions] == [
        ("reset", ""),
        ("health", "connection refused"),
    ]
    assert report.notes[-1].data == {"frames": 412}


def test_second_verdict_of_an_attempt_hides_no_fail() -> None:
    events = run_of(Verdict.FAIL)
    events.insert(-1, samples.verdicted(CASE, Verdict.PASS, 1))
    case = the_case(reduce_run(events))
    assert (case.verdict, case.unstable) == (Verdict.FAIL, True)


def test_log_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = samples.whole_run()
    with EventLog(path) as log:
        for event in events:
            log.write(event)
    with path.open("ab") as file:
        file.write(b'{"event":"note","t":1')
    assert load_report(path) == reduce_run(events)


def test_log_that_says_nothing_is_an_incomplete_report() -> None:
    for events in ([], [Noted(t=1.0, text="alone")]):
        report = reduce_run(events)
        assert (report.complete, report.interrupted, report.cases) == (False, True, [])
        assert report.header.dut.vendor == ""


@settings(max_examples=80, deadline=None)
@given(samples.event_sequences())
def test_any_sequence_of_events_is_reduced(events: list[AnyEvent]) -> None:
    report = reduce_run(events)
    summary = report.summary
    counted = summary.passed + summary.fail + summary.inconclusive + summary.error
    assert counted + summary.not_applicable + summary.not_run == summary.total == len(report.cases)
    assert sum(summary.fail_by_severity.values()) == sum(summary.fail_by_basis.values()) == summary.fail
    for case in report.cases:
        if any(attempt.verdict is Verdict.FAIL for attempt in case.attempts):
            assert case.verdict is Verdict.FAIL
    assert msgspec.json.decode(msgspec.json.encode(report), type=RunReport) == report
