"""The steps about the log in whole conversations: with and without a log, and with one that is wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from conform62351.fixtures.faults.building import Combine, Rewrite
from conform62351.fixtures.faults.log import local_time, not_escaped, old_syslog
from conform62351.pics.conditions import Answer
from conform62351.pics.pixit import Action, Pixit, Value
from conform62351.profiles.policy import Policy
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import CheckMade, LogRecordRead
from conform62351.reports.model.verdict import Verdict, worst
from conform62351.suites.log.conversations import (
    FAILURE,
    FAILURES,
    REFUSALS,
    SUCCESS,
    server_refusal,
)
from conform62351.suites.osi.conversations import client_association, client_usable, server_association
from conform62351.tooling.engine.actions import Actions, Operator
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.log_access import log_means, open_log
from conform62351.tooling.engine.log_sources import LogUnreadable
from conform62351.tooling.engine.log_steps import OF_AN_EVENT, REQUIREMENTS, logged, not_logged
from conform62351.tooling.engine.outcomes import RELEASED, reach
from conform62351.tooling.engine.recipes import FORMAT, Recipe, RecipeError, load_recipe
from conform62351.tooling.engine.security import Security
from conform62351.tooling.engine.steps import (
    AnyStep,
    Close,
    Collector,
    Conversation,
    Release,
    Restart,
    Wait,
    conversation,
)
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.proof.bench import Bench

SHORT: Mapping[str, Value] = {"log.latency": 0.7}
"""For what is waited for in vain."""
PATIENT: Mapping[str, Value] = {"log.latency": 20.0}
"""For what comes, be the machine as busy as it may."""
NO = {"LOG.security-events.server": Answer.NO}
OPEN = {"LOG.security-events.server": Answer.UNKNOWN}
NOBODY = Rewrite("LOG.event", lambda _: None)


def about(peer: str) -> Policy:
    return Rewrite("LOG.event", lambda record: replace(record, peer_info=peer))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def case(*steps: AnyStep | tuple[AnyStep, ...], role: str = "SRV") -> Case:
    talk = conversation(*steps)
    return Case(
        id=f"LOG/{role}/TEST/BV-x",
        title="",
        purpose="",
        pics="always",
        requirements=("R-LOG-event",),
        make=lambda: (talk,),
    )


ASSOCIATED = case(server_association, logged("R-LOG-success", SUCCESS))
REFUSED = case(server_refusal, logged("R-LOG-event", *REFUSALS))
IN_ORDER = case(server_association, not_logged("R-LOG-no-false-event", *FAILURES))


def last(checks: list[CheckMade]) -> CheckMade:
    return checks[-1]


def test_each_aspect_is_a_check(bench: Bench) -> None:
    with bench.device(Policy(), PATIENT) as subject:
        checks = subject.play(REFUSED)
    assert worst(check.verdict for check in checks) is Verdict.PASS
    judged = [check.requirement for check in checks][-len(OF_AN_EVENT) :]
    assert judged == [REQUIREMENTS[aspect] for aspect in OF_AN_EVENT]


def test_log_that_is_denied_is_not_applicable(bench: Bench) -> None:
    with bench.device(Policy(), SHORT, says=NO) as subject:
        for tried in (ASSOCIATED, IN_ORDER):
            checks = subject.play(tried)
            assert worst(check.verdict for check in checks) is Verdict.PASS
            assert last(checks).verdict is Verdict.NOT_APPLICABLE
            assert last(checks).reason == "LOG.security-events.server"


def test_log_that_is_claimed_and_unreadable_is_inconclusive(bench: Bench) -> None:
    with bench.device(Policy(), {**SHORT, "log.access": "none"}) as subject:
        checks = subject.play(ASSOCIATED)
    assert last(checks).verdict is Verdict.INCONCLUSIVE
    assert (last(checks).reason, last(checks).got) == (
        "prerequisite:security-event log",
        "log.access is none",
    )


def test_log_that_the_pics_leaves_open_need_not_be_readable(bench: Bench, tmp_path: Path) -> None:
    nowhere = {**SHORT, "log.access": "file", "log.file": str(tmp_path / "nowhere")}
    with bench.device(Policy(), nowhere, says=OPEN) as subject:
        checks = subject.play(ASSOCIATED)
    assert last(checks).verdict is Verdict.NOT_APPLICABLE
    assert "No such file" in last(checks).got


def test_log_may_be_read_from_its_file(bench: Bench, tmp_path: Path) -> None:
    with bench.device(
        Policy(), {**PATIENT, "log.access": "file", "log.file": str(tmp_path / "1.log")}
    ) as subject:
        checks = subject.play(ASSOCIATED)
    assert worst(check.verdict for check in checks) is Verdict.PASS


@pytest.mark.parametrize("tried", [ASSOCIATED, IN_ORDER])
def test_absence_is_not_judged_of_a_log_that_says_nothing(bench: Bench, tried: Case) -> None:
    with bench.device(NOBODY, SHORT) as subject:
        checks = subject.play(tried)
    assert last(checks).verdict is Verdict.INCONCLUSIVE
    assert "nor any later event" in last(checks).got


def test_end_that_the_tester_makes_is_not_held_against_the_device(bench: Bench) -> None:
    with bench.device(Policy(), SHORT) as subject:
        checks = subject.play(IN_ORDER)
        assert last(checks).verdict is Verdict.PASS
        assert last(checks).got.startswith("not logged before IEC62351-14:4.")
        before = (server_association, Close(), Wait(seconds=0.2))
        checks = subject.play(case(*before, not_logged("R-LOG-event", *FAILURES)))
    assert last(checks).verdict is Verdict.FAIL
    assert last(checks).got == "IEC62351-14:4.2 COMM_FAIL"


def test_event_of_another_partner_is_none_of_ours(bench: Bench) -> None:
    stranger = about("192.0.2.7:1")
    with bench.device(stranger, SHORT) as subject:
        assert last(subject.play(case(server_refusal, not_logged("R-LOG-event", *REFUSALS)))).verdict is (
            Verdict.PASS
        )
        checks = subject.play(REFUSED)
    assert [check.requirement for check in checks if check.verdict is Verdict.FAIL] == ["R-LOG-peer"]


def test_event_that_was_found_does_not_count_again(bench: Bench) -> None:
    twice = case(server_association, logged("R-LOG-success", SUCCESS), logged("R-LOG-success", SUCCESS))
    with bench.device(Policy(), SHORT) as subject:
        checks = subject.play(twice)
    assert last(checks).verdict is Verdict.FAIL
    assert "not logged within log.latency, but IEC62351-14:4.1 COMM_SUCCESS" in last(checks).got


def test_client_is_watched_by_its_own_role(bench: Bench) -> None:
    tried = case(client_association, client_usable(""), logged("R-LOG-success", SUCCESS), role="CLI")
    with bench.device(Policy(), SHORT, says=NO) as subject:
        checks = subject.play(tried)
    assert worst(check.verdict for check in checks) is Verdict.PASS
    assert Verdict.NOT_APPLICABLE not in [check.verdict for check in checks]


def test_what_a_client_logs_late_of_its_last_connection_is_held_against_no_other(bench: Bench) -> None:
    in_order = case(
        client_association,
        client_usable(""),
        Wait(seconds=0.2),
        Release(),
        reach(RELEASED, serve=True),
        not_logged("R-LOG-no-false-event", *FAILURES),
        role="CLI",
    )
    with bench.device(Policy(), SHORT) as subject:
        partner = str(subject.dut.listener.address)
        late = threading.Timer(0.1, subject.device.log.write, (FAILURE, partner, "connection lost"))
        late.start()
        checks = subject.play(in_order)
        late.join()
    assert worst(check.verdict for check in checks) is Verdict.PASS


def test_line_that_cannot_be_read_fails_by_its_form_alone(bench: Bench) -> None:
    for policy in (not_escaped(), old_syslog()):
        with bench.device(policy, PATIENT) as subject:
            checks = subject.play(REFUSED)
        failed = [check.requirement for check in checks if check.verdict is Verdict.FAIL]
        assert failed == ["R-LOG-form"]


def test_each_wrong_aspect_fails_by_itself(bench: Bench) -> None:
    silent = about("nobody")
    with bench.device(Combine(local_time(), silent), SHORT) as subject:
        checks = subject.play(REFUSED)
    failed = [check.requirement for check in checks if check.verdict is Verdict.FAIL]
    assert failed == ["R-LOG-time", "R-LOG-peer"]


def test_what_was_read_is_evidence(bench: Bench, tmp_path: Path) -> None:
    with bench.device(Policy(), PATIENT) as subject:
        subject.play(REFUSED)
        subject.play(ASSOCIATED)
    records = [event for event in read_events(tmp_path / "1.jsonl") if isinstance(event, LogRecordRead)]
    assert [(record.id, record.severity, record.sequence) for record in records] == [
        ("IEC62351-14:4.3", "error", 1),
        ("IEC62351-14:4.1", "notice", 2),
    ]
    assert all(record.case == "LOG/SRV/TEST/BV-x" and record.time.endswith("Z") for record in records)


def test_steps_about_the_log_are_stored_and_read_back(tmp_path: Path) -> None:
    steps = (
        Collector(away=True),
        Restart(),
        not_logged("R-LOG-event", *REFUSALS),
        *ASSOCIATED.conversations[0].steps,
    )
    talk = conversation(*steps)
    assert msgspec.json.decode(msgspec.json.encode(talk), type=Conversation) == talk
    assert talk.recipe()[:3] == [
        "let the collector of the log be unreachable",
        "restart the device by action reset, and wait until it associates",
        "check that the log has no IEC62351-14:4.3 or IEC62351-14:4.4 or IEC62351-14:4.2",
    ]


def test_recipe_that_names_no_event_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    recipe = Recipe(
        format=FORMAT,
        case="LOG/SRV/TEST/BV-x",
        attempt=1,
        conversation=conversation(logged("R-LOG-event", "IEC62351-14:99.9")),
        verdict=Verdict.FAIL,
        got="",
        requirement="R-LOG-event",
    )
    path.write_bytes(msgspec.json.encode(recipe))
    with pytest.raises(RecipeError, match=r"no security event 'IEC62351-14:99\.9'"):
        load_recipe(path)


@pytest.mark.parametrize("kind", ["question", "wait", "none"])
def test_action_that_answers_nothing_is_no_access(kind: str) -> None:
    action = Action(name="read-log", kind=kind, question="?", seconds=0.0)
    actions = Actions({"read-log": action}, dict, Operator(lambda _: "yes"), Clock())
    pixit = Pixit().with_overrides({"log.access": "action"})
    assert log_means(pixit, actions) == []
    with pytest.raises(LogUnreadable, match="there is no action read-log that answers with the log"):
        open_log(pixit, actions, Clock(), Security(pixit, Clock()))
    collected = Pixit().with_overrides({"log.access": "collector", "pki.folder": "/nowhere"})
    assert log_means(collected, actions) == ["security-event log", "log collector"]
    with pytest.raises(LogUnreadable, match=r"the log cannot be collected: .*no such folder"):
        open_log(collected, actions, Clock(), Security(collected, Clock()))
