"""Authentication as steps want it, against a device that checks it; without TLS, which is another matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.generalized_time import TimeError, read_time
from conform62351.profiles.policy import Policy
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import AuthenticationSeen
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.compatibility.conversations import (
    client_refuses,
    client_takes,
    rejected_with,
    server_refuses,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_request, server_connection
from conform62351.tooling.engine.actions import ActionFailed
from conform62351.tooling.engine.authenticate import Boundary, time_octets
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Edit,
    EditTlv,
    FlipBit,
    MutationError,
    Replay,
    SetField,
)
from conform62351.tooling.engine.outcomes import ASSOCIATED, TRANSPORT_CONNECTED, expect, reach
from conform62351.tooling.engine.player import HarnessError
from conform62351.tooling.engine.steps import (
    Associate,
    Authenticate,
    Close,
    Connect,
    NoFinding,
    OpenTransport,
    TimeForm,
    Verify,
)
from conform62351.tooling.proof.bench import Bench, Subject

REQUIREMENT = "R-CMP-signature"
NOON = 1_767_614_400.0
READ = {
    TimeForm.USUAL,
    TimeForm.NO_FRACTION,
    TimeForm.COMMA,
    TimeForm.DOT_WITHOUT_DIGITS,
    TimeForm.NO_Z,
    TimeForm.DOT_ALONE,
    TimeForm.ONE_DIGIT,
    TimeForm.SIX_DIGITS,
}
"""The forms that readers take (11-decisions 43)."""
REPLAYS: dict[str, tuple[AnyMutation, ...]] = {
    name: (Replay(pdu=name),) for name in ("SES.CN", "PRES.CP", "ACSE.AARQ", "CMP.value")
}


@pytest.fixture(scope="module")
def subject(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), {}) as made:
        yield made


@pytest.fixture
def alone(tmp_path: Path, workshop: Workshop) -> Iterator[Subject]:
    """Run a device of whose clock the tester knows nothing yet."""
    made = Bench(tmp_path, workshop)
    with made.device(Policy(), {}) as subject:
        yield subject
    made.close()


def outcome(subject: Subject, *steps: Steps, requirement: str = REQUIREMENT) -> Verdict:
    checks = subject.try_steps(requirement, *steps, configuration="a-profile")
    return checks[-1].verdict


def connected(on: int) -> Steps:
    return (Connect(on=on), OpenTransport(on=on), reach(TRANSPORT_CONNECTED, on=on))


def takes(subject: Subject, how: Authenticate) -> bool:
    """Return whether the device takes this authentication in both roles; it must do the same in either."""
    served = outcome(subject, server_connection, server_takes(REQUIREMENT, authentication=how))
    called = outcome(subject, client_request, client_takes(REQUIREMENT, authentication=how))
    assert served is called
    return served is Verdict.PASS


def refuses(subject: Subject, how: Authenticate) -> bool:
    served = outcome(subject, server_connection, server_refuses(REQUIREMENT, authentication=how))
    called = outcome(subject, client_request, client_refuses(REQUIREMENT, authentication=how))
    assert served is called
    return served is Verdict.PASS


@pytest.mark.parametrize(
    "how",
    [
        Authenticate(),
        Authenticate(credential="second"),
        Authenticate(credential="utf8-title"),
        Authenticate(signature_input="18"),
        Authenticate(signature_input="81"),
        Authenticate(signature_input="raw"),
        Authenticate(shift=-300),
        Authenticate(key="tester"),
    ],
    ids=str,
)
def test_what_is_right_in_its_way_is_taken(subject: Subject, how: Authenticate) -> None:
    assert takes(subject, how)


@pytest.mark.parametrize(
    "how",
    [
        Authenticate(key="second"),
        Authenticate(credential="second", key="tester"),
        Authenticate(other_time_signed=True),
        Authenticate(shift=-3600),
        Authenticate(shift=86400),
        Authenticate(credential="bad/expired"),
        Authenticate(credential="bad/unknown-ca"),
        Authenticate(credential="bad/secp256r1"),
        Authenticate(credential="bad/truncated"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(subject: Subject, how: Authenticate) -> None:
    assert refuses(subject, how)


@pytest.mark.parametrize("form", TimeForm)
def test_times_are_written_in_every_form(subject: Subject, form: TimeForm) -> None:
    how = Authenticate(time_form=form)
    assert takes(subject, how) if form in READ else refuses(subject, how)


@pytest.mark.parametrize("form", TimeForm)
def test_forms_that_can_be_read_name_the_same_moment(form: TimeForm) -> None:
    try:
        assert read_time(time_octets(NOON, form)).unix == NOON
    except TimeError:
        assert form not in READ


@pytest.mark.parametrize("offset", [0, 250, -4000])
@pytest.mark.parametrize("boundary", ["past", "future"])
def test_boundary_times_follow_the_clock_of_the_device(
    alone: Subject, offset: int, boundary: Boundary
) -> None:
    alone.device.clock.offset = timedelta(seconds=offset)
    usual = Authenticate(shift=float(offset))
    reading = (server_connection, Associate(authentication=usual), expect(REQUIREMENT, ASSOCIATED))
    assert alone.try_steps(REQUIREMENT, *reading, configuration="a-profile")[-1].verdict is Verdict.PASS
    known = alone.dut.known_clock.certain()
    assert abs(known.offset - offset) <= known.uncertainty
    inside = Authenticate(boundary=boundary, inside=True)
    outside = Authenticate(boundary=boundary, inside=False)
    assert outcome(alone, server_connection, server_takes(REQUIREMENT, authentication=inside)) is Verdict.PASS
    refused = server_refuses(REQUIREMENT, authentication=outside)
    assert outcome(alone, server_connection, refused) is Verdict.PASS


def test_without_a_signed_time_of_the_device_nothing_is_said_about_boundaries(alone: Subject) -> None:
    how = Authenticate(boundary="past")
    steps = (server_connection, Associate(authentication=how), expect(REQUIREMENT, ASSOCIATED))
    check = alone.try_steps(REQUIREMENT, *steps, configuration="a-profile")[-1]
    assert (check.verdict, check.reason) == (Verdict.INCONCLUSIVE, "clock")


def test_setting_the_clock_makes_it_unknown(alone: Subject) -> None:
    assert outcome(alone, server_connection, server_takes(REQUIREMENT)) is Verdict.PASS
    assert alone.dut.known_clock.offset is not None
    with pytest.raises(ActionFailed):
        alone.dut.start("set-clock")
    assert alone.dut.known_clock.offset is None


@pytest.mark.parametrize("same", [Authenticate(same_time_as=0), None], ids=["time", "value"])
def test_the_time_of_another_connection_is_a_replay(subject: Subject, same: Authenticate | None) -> None:
    mutations: tuple[AnyMutation, ...] = () if same else (Replay(pdu="CMP.value", of=0),)
    again = server_refuses(REQUIREMENT, *mutations, authentication=same, on=1)
    first = server_takes(REQUIREMENT)
    assert outcome(subject, server_connection, first, connected(1), again) is Verdict.PASS


def test_the_same_time_of_another_certificate_is_none_for_this_device(subject: Subject) -> None:
    other = Authenticate(credential="second", same_time_as=0)
    again = server_takes(REQUIREMENT, authentication=other, on=1)
    first = server_takes(REQUIREMENT)
    assert outcome(subject, server_connection, first, connected(1), again) is Verdict.PASS


@pytest.mark.parametrize("name", REPLAYS)
def test_a_whole_request_is_replayed_on_another_connection(subject: Subject, name: str) -> None:
    again = server_refuses(REQUIREMENT, *REPLAYS[name], on=1)
    first = (*server_takes(REQUIREMENT), Close())
    assert outcome(subject, server_connection, first, connected(1), again) is Verdict.PASS


def test_an_answer_is_replayed_to_a_client(subject: Subject) -> None:
    answered = client_takes(REQUIREMENT)
    asked = tuple(msgspec.structs.replace(step, on=1) for step in client_request)
    again = client_refuses(REQUIREMENT, Replay(pdu="ACSE.AARE", of=0), on=1)
    assert outcome(subject, client_request, answered, (Close(),), asked, again) is Verdict.PASS


def test_octets_of_the_value_are_mutated(subject: Subject) -> None:
    for mutation in (
        FlipBit(pdu="CMP.value", at=-1),
        EditTlv(pdu="CMP.value", path="a2/a0/a0/82", edit=Edit.CONTENT, octets=b"\0" * 256),
        SetField(pdu="CMP.value", field="signature", octets=b"\1"),
        SetField(pdu="CMP.unsigned", field="certificate", octets=b"\x30\0"),
    ):
        assert outcome(subject, server_connection, server_refuses(REQUIREMENT, mutation)) is Verdict.PASS


@pytest.mark.parametrize(
    ("fields", "diagnostic"),
    [
        ({"mechanism_name": None}, 12),
        ({"mechanism_name": "1.0.840.0.1.0.1.2"}, 11),
        ({"authentication_value": None}, 14),
    ],
)
def test_members_of_the_aarq_are_mutated(
    subject: Subject, fields: dict[str, str | None], diagnostic: int
) -> None:
    mutations = [SetField(pdu="ACSE.AARQ", field=name, value=value) for name, value in fields.items()]
    refused = server_refuses(REQUIREMENT, *mutations, forms=(rejected_with(diagnostic),))
    assert outcome(subject, server_connection, refused) is Verdict.PASS


def test_authentication_is_withheld(subject: Subject) -> None:
    how = Authenticate(withhold=True)
    refused = server_refuses(REQUIREMENT, authentication=how, forms=(rejected_with(12),))
    assert outcome(subject, server_connection, refused) is Verdict.PASS
    assert outcome(subject, client_request, client_refuses(REQUIREMENT, authentication=how)) is Verdict.PASS


def test_another_form_of_refusal_is_a_fail_of_form(subject: Subject) -> None:
    refused = server_refuses(REQUIREMENT, authentication=Authenticate(withhold=True))
    check = subject.try_steps(REQUIREMENT, server_connection, refused, configuration="a-profile")[-1]
    assert (check.verdict, check.severity) == (Verdict.FAIL, Severity.FORM)


def test_steps_look_into_what_the_device_showed(subject: Subject) -> None:
    seen = (
        Verify(requirement=REQUIREMENT, field="CMP.signed", is_in=("81",)),
        Verify(requirement=REQUIREMENT, field="CMP.offset_s", at_least=-5, at_most=5),
        Verify(requirement=REQUIREMENT, field="CMP.value.time"),
        Verify(requirement=REQUIREMENT, field="CMP.certificate.key.bits", is_in=(2048,)),
        NoFinding(requirement=REQUIREMENT, steps=("CMP",)),
    )
    assert outcome(subject, server_connection, server_takes(REQUIREMENT), seen) is Verdict.PASS


def test_a_step_that_names_nothing_sent_is_a_mistake_of_the_case(subject: Subject) -> None:
    with pytest.raises(MutationError, match="nothing was sent there"):
        outcome(subject, server_connection, server_refuses(REQUIREMENT, Replay(pdu="SES.CN", of=7)))


def test_authentication_needs_a_stack_that_has_it(subject: Subject) -> None:
    with pytest.raises(HarnessError, match="has no authentication"):
        subject.try_steps(
            REQUIREMENT, server_connection, server_takes(REQUIREMENT, authentication=Authenticate())
        )


def test_both_directions_are_on_record(alone: Subject, tmp_path: Path) -> None:
    how = Authenticate(credential="bad/truncated")
    outcome(alone, server_connection, server_takes(REQUIREMENT))
    outcome(alone, server_connection, server_refuses(REQUIREMENT, authentication=how))
    outcome(alone, server_connection, server_refuses(REQUIREMENT, authentication=Authenticate(withhold=True)))
    seen = [event for event in read_events(tmp_path / "1.jsonl") if isinstance(event, AuthenticationSeen)]
    assert [event.direction for event in seen] == ["sent", "received", "sent"]
    assert [event.signed for event in seen] == ["81", "81", "none"]
    assert [bool(event.chain[0].fault) for event in seen] == [False, False, True]
    assert seen[1].offset_s is not None
    assert abs(seen[1].offset_s) < 60
    assert seen[0].chain != seen[1].chain


def test_signed_times_are_never_the_same(alone: Subject, tmp_path: Path) -> None:
    for _ in range(3):
        outcome(alone, server_connection, server_takes(REQUIREMENT))
    seen = [event for event in read_events(tmp_path / "1.jsonl") if isinstance(event, AuthenticationSeen)]
    sent = [event.time for event in seen if event.direction == "sent"]
    assert len(set(sent)) == 3
    assert all(int(time[-2]) % 2 for time in sent)


def test_a_device_that_refused_an_authentication_may_lock_the_tester_out(
    alone: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[str] = []
    monkeypatch.setattr(alone.dut.pacing, "was_refused", lambda: locked.append("refused"))
    outcome(alone, server_connection, server_takes(REQUIREMENT), (Close(),))
    assert locked == []
    outcome(alone, server_connection, server_refuses(REQUIREMENT, authentication=Authenticate(key="second")))
    assert locked == ["refused"]
