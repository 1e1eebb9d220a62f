"""What the catalogue says of its cover: events by role, rows of the PICS, the share in the report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conform62351.pics.catalogue import catalogue
from conform62351.pics.requirements import REASONS
from conform62351.profiles.events62351 import event_catalogue
from conform62351.reports.model.events import Coverage
from conform62351.suites.loading import load
from conform62351.suites.native.conversations import NATIVE
from conform62351.suites.selfcheck.report_samples import run_started
from conform62351.suites.selfcheck.test_report_html import Page, rendered
from conform62351.tooling.cli.main import main
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.steps import Connect, Conversation, Logged
from conform62351.tooling.frontend.coverage import (
    State,
    _data,
    _matches,
    event_coverage,
    provoked,
    shares,
    table_coverage,
)

FIRST, BESIDE = "IEC62351-4:1.6", "IEC62351-4:1.7"
ALIKE = ("IEC62351-4:1.18", "IEC62351-4:1.21")


def case_of(role: str, *events: str, pics: str = "T11.AE.server", declared: tuple[str, ...] = ()) -> Case:
    steps = (Connect(), Logged(requirement="R-LOG-event", events=events, aspects=("event",)))
    talk = Conversation(label="", steps=steps)
    return Case(
        id=f"E2E/{role}/X/BI-x",
        title="",
        purpose="",
        pics=pics,
        requirements=("R-LOG-event",),
        make=lambda: (talk,),
        configuration=NATIVE,
        events=declared,
    )


def states(*cases: Case) -> dict[str, State]:
    found = {case.id: case for case in cases}
    return {row.id: row.state for row in (*event_coverage(found), *table_coverage(found))}


def test_a_case_provokes_what_it_declares_and_what_its_look_at_the_log_is_about() -> None:
    assert provoked(case_of("SRV", FIRST, BESIDE, declared=(ALIKE[0],))) == (ALIKE[0], FIRST)


def test_an_event_is_covered_in_the_roles_that_can_log_it() -> None:
    found = states(case_of("SRV", FIRST, BESIDE))
    assert found[f"{FIRST}, server"] is State.COVERED
    assert found[f"{BESIDE}, server"] is State.OPEN
    assert f"{FIRST}, client" not in found
    assert found["IEC62351-4:10.1, server"] is found["IEC62351-4:10.1, client"] is State.OPEN
    assert found["IEC62351-4:15.8, client"] is State.REASONED


def test_a_case_of_the_other_role_does_not_cover_an_event() -> None:
    assert states(case_of("CLI", "IEC62351-4:11.5"))["IEC62351-4:11.5, server"] is State.OPEN


def test_events_that_are_read_for_one_another_are_covered_together() -> None:
    found = states(case_of("SRV", ALIKE[0]))
    assert [found[f"{event}, server"] for event in ALIKE] == [State.COVERED, State.COVERED]


def test_a_row_is_covered_by_cases_that_meet_the_device_alone() -> None:
    found = states(case_of("SRV", FIRST))
    assert found["T11.AE.server"] is State.COVERED
    assert found["T11.AE.client"] is State.OPEN
    assert found["ROLE.server"] is State.REASONED
    static = {name: case for name, case in load().items() if case.review}
    assert static
    rows = table_coverage(static)
    assert all(row.state is not State.COVERED for row in rows)
    assert any(row.reviews for row in rows)


def test_a_row_is_covered_by_who_cites_what_it_is_on_the_wire() -> None:
    case = replace(case_of("SRV", pics="ROLE.server"), requirements=("R-TLS_RSA_WITH_RC4_128_SHA",))
    found = states(case)
    assert found["T9.TLS_RSA_WITH_RC4_128_SHA.server"] is State.COVERED
    assert found["T9.TLS_RSA_WITH_RC4_128_SHA.client"] is State.OPEN
    assert found["T9.TLS_RSA_WITH_3DES_EDE_CBC_SHA.server"] is State.OPEN


def test_every_reason_and_every_role_is_about_something() -> None:
    names = [*event_catalogue(), *(item.code for item in catalogue())]
    patterns = [*_data().roles, *(name for entry in _data().reason for name in entry.names)]
    for pattern in patterns:
        assert any(_matches(pattern, name) for name in names), pattern
    assert {entry.reason for entry in _data().reason} <= set(REASONS)
    assert set(_data().roles.values()) <= {"server", "client"}


def test_every_event_that_a_case_provokes_is_one_that_its_role_can_log() -> None:
    wanted = {row.id for row in event_coverage(load())}
    strange = [
        (case.id, event)
        for case in load().values()
        for event in provoked(case)
        if case.role in ("server", "client") and f"{event}, {case.role}" not in wanted
    ]
    assert strange == []


@pytest.mark.parametrize(("option", "subject"), [("--events", "events in a role"), ("--tables", "rows")])
def test_the_command_lists_and_counts(option: str, subject: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", option]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["catalogue", option, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    counts = [f"{sum(row['state'] == state.value for row in rows)} {state.value}" for state in State]
    assert lines[-1].startswith(f"{len(rows)} {subject}: {', '.join(counts)} (")
    assert all(row["cases"] or row["state"] != "covered" for row in rows)


def test_the_share_goes_to_the_report() -> None:
    found = shares(load())
    assert [share.subject for share in found] == [
        "requirements",
        "events of the log, by role",
        "rows of the PICS",
    ]
    assert found[1].covered + found[1].reasoned + found[1].open == len(event_coverage(load()))


def test_the_page_shows_the_share_where_a_run_is_no_selection() -> None:
    share = Coverage(subject="rows of the PICS", covered=17, reasoned=4, open=1)
    assert "Rows of the PICS 17 4 1" in Page(rendered([run_started(coverage=[share])])).said
    assert "What all cases of this version cover" not in Page(rendered([run_started()])).said


def test_nothing_of_tls_is_open() -> None:
    rows = [*event_coverage(load()), *table_coverage(load())]
    tls = [row for row in rows if row.id.startswith(("IEC62351-3:", "T8.", "T9.", "T10.", "T12.", "TLS."))]
    assert len(tls) > 100
    assert [row.id for row in tls if row.state is State.OPEN] == []
