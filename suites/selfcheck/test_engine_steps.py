"""Steps that send again what was sent, and that serve the device while they wait for something else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.faults.building import Delay, RewriteField
from conform62351.profiles.osi import acse
from conform62351.profiles.osi.apdu import RLRE
from conform62351.profiles.osi.parameters import ACSE_CONTEXT
from conform62351.profiles.osi.ppdu import Pdv
from conform62351.profiles.policy import Policy
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import Sent
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.osi.conversations import (
    client_association,
    client_first_request,
    server_association,
    server_connection,
)
from conform62351.tooling.engine.case import Catalogue
from conform62351.tooling.engine.mutations import Append
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ENDED,
    RELEASE_REQUESTED,
    RELEASED,
    REQUEST,
    RESPONSE,
    expect,
    one,
)
from conform62351.tooling.engine.player import HarnessError
from conform62351.tooling.engine.steps import (
    Act,
    AnyStep,
    Connect,
    Conversation,
    Fill,
    Release,
    Request,
    Respond,
    SendAgain,
    conversation,
)
from conform62351.tooling.proof.bench import Bench, Subject

REQUIREMENT = "R-SES-out-of-place"
A_MOMENT_S = 0.2
MAX_ASSOCIATIONS = 5
"""Of the PIXIT of the device."""


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Subject]:
    bench = Bench(tmp_path)
    with bench.device(Policy(), {}) as made:
        yield made
    bench.close()


def play(
    subject: Subject,
    *steps: AnyStep | tuple[AnyStep, ...],
    case: str = "OSI/SRV/SELF/BV-try",
) -> list[Verdict]:
    cases = Catalogue()

    @cases.case(case, REQUIREMENT, pics="always")
    def make() -> Conversation:
        """Try."""
        return conversation(*steps)

    return [check.verdict for check in subject.play(cases[case])]


def test_what_was_sent_is_sent_again_octet_for_octet(subject: Subject, tmp_path: Path) -> None:
    verdicts = play(subject, server_association, SendAgain(pdu="SES.CN"), expect(REQUIREMENT, ABORTED))
    assert verdicts[-1] is Verdict.PASS
    connects = [
        event.octets
        for event in read_events(tmp_path / "1.jsonl")
        if isinstance(event, Sent) and "SES.CN" in event.pdus
    ]
    assert len(connects) == 2
    assert connects[0] == connects[1]


def test_what_was_never_sent_cannot_be_sent_again(subject: Subject) -> None:
    with pytest.raises(HarnessError, match=r"SES\.CN"):
        play(subject, server_connection, SendAgain(pdu="SES.CN"), expect(REQUIREMENT, ABORTED))


def test_requests_are_answered_while_something_else_is_waited_for(subject: Subject) -> None:
    verdicts = play(
        subject,
        client_association,
        Act(action="release"),
        expect(REQUIREMENT, RELEASE_REQUESTED, serve=True),
    )
    assert verdicts[-1] is Verdict.PASS


def test_without_that_a_request_is_what_came(subject: Subject) -> None:
    steps = (client_association, Act(action="send-request"))
    assert play(subject, *steps, expect(REQUIREMENT, RELEASED))[-1] is Verdict.FAIL


def test_an_apdu_that_comes_as_data_is_seen_as_what_it_is(tmp_path: Path) -> None:
    rlre = acse.encode(RLRE())
    bench = Bench(tmp_path)
    with bench.device(RewriteField("PRES.TD", user_data=(Pdv(ACSE_CONTEXT, rlre),)), {}) as subject:
        request = Request(service="read", point="data.read")
        verdicts = play(
            subject, server_association, request, expect(REQUIREMENT, one(Kind.ANSWER, "ACSE.RLRE"))
        )
    bench.close()
    assert verdicts[-1] is Verdict.PASS


def test_a_request_that_is_waited_for_is_not_passed_over(subject: Subject) -> None:
    steps = (client_association, Act(action="send-request"))
    assert play(subject, *steps, expect(REQUIREMENT, REQUEST, serve=True))[-1] is Verdict.PASS


def test_a_device_that_was_filled_has_room_again_before_anything_else(
    subject: Subject, tmp_path: Path
) -> None:
    assert play(subject, Fill(requirement=REQUIREMENT)) == [Verdict.PASS]
    sent = [event for event in read_events(tmp_path / "1.jsonl") if isinstance(event, Sent)]
    connects = [event.connection for event in sent if "SES.CN" in event.pdus]
    finishes = [event.connection for event in sent if "SES.FN" in event.pdus]
    assert len(connects) == MAX_ASSOCIATIONS + 1
    assert finishes == [connects[-1]]


def test_a_request_that_crosses_a_release_is_left_without_an_answer(tmp_path: Path) -> None:
    asked = Act(action="send-request", first=True)
    bench = Bench(tmp_path)
    with bench.device(Delay("ACSE.RLRE", A_MOMENT_S), {}) as subject:
        verdicts = play(
            subject,
            *(client_first_request, Respond(), asked, Release(), expect(REQUIREMENT, RELEASED, serve=True)),
            case="OSI/CLI/SELF/BV-try",
        )
    bench.close()
    assert set(verdicts) == {Verdict.PASS}


def test_a_conversation_takes_steps_and_tuples_of_them_and_nothing_else() -> None:
    nested: Any = ((Connect(),),)
    with pytest.raises(TypeError, match="no step"):
        conversation(nested)
    assert len(conversation(Connect(), (Connect(), Connect())).steps) == 3


def test_a_mutation_that_comes_when_the_association_has_ended_is_no_mistake_of_the_case(
    subject: Subject,
) -> None:
    mutation = Append(pdu="MMS.confirmed-RequestPDU", octets=b"\0")
    late = Request(service="identify", mutations=(mutation,), may_break=True)
    ended = (SendAgain(pdu="SES.CN"), expect(REQUIREMENT, ABORTED))
    verdicts = play(subject, server_association, *ended, late, expect(REQUIREMENT, ENDED))
    assert verdicts[-1] is Verdict.INCONCLUSIVE
    mistaken = Request(service="identify", mutations=(Append(pdu="MMS.identify", octets=b"\0"),))
    with pytest.raises(HarnessError, match="never applied"):
        play(subject, server_association, mistaken, expect(REQUIREMENT, RESPONSE))
