"""Every check of session, presentation and ACSE: found, answered as is due, left out, and only noted."""

from __future__ import annotations

from collections import Counter

import pytest

from conform62351.fixtures.faults.building import ReplaceReaction
from conform62351.profiles.events import CloseRequested, Undecodable
from conform62351.profiles.osi import acse_checks, presentation_checks, session_checks
from conform62351.profiles.osi.association import State
from conform62351.profiles.osi.events import AssociationEvent
from conform62351.profiles.policy import Reaction
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_catalogue import STIMULI
from conform62351.suites.selfcheck.osi_pairing import Bent, Pair, faults, is_over, notes, rest
from conform62351.suites.selfcheck.osi_stimuli import FLOWS, Stimulus, play

TABLES = {**session_checks.TABLES, **presentation_checks.TABLES, **acse_checks.TABLES}
PLACE_STEPS = {"SES.DT.4", *(f"SES.{name}.5" for name in ("CN", "AC", "RF", "FN", "DN"))}
"""Tried in every state by test_association_states."""
LAST_WORDS = ("reject", "answer release", "abort", "abort by provider")

every_stimulus = pytest.mark.parametrize("stimulus", STIMULI, ids=lambda stimulus: stimulus.name)


def receiver(pair: Pair, stimulus: Stimulus) -> tuple[State, list[AssociationEvent]]:
    if stimulus.sender is Role.CLIENT:
        return pair.server.state, pair.server_events
    return pair.client.state, pair.client_events


def test_every_step_has_a_stimulus_and_an_identifier_of_its_own() -> None:
    steps = [step.id for table in TABLES.values() for step in table.steps]
    assert [name for name, count in Counter(steps).items() if count > 1] == []
    assert {stimulus.step for stimulus in STIMULI} | PLACE_STEPS == set(steps)
    assert all(
        step.id == f"{table.name}.{place}"
        for table in TABLES.values()
        for place, step in enumerate(table.steps, 1)
    )


@every_stimulus
def test_a_fault_is_found_and_answered(stimulus: Stimulus) -> None:
    pair = play(stimulus, Bent())
    state, events = receiver(pair, stimulus)
    answers = pair.messages[1:]
    if stimulus.answer is None:
        assert stimulus.step in notes(events)
        assert faults(events) == []
        assert answers == []
        return
    assert faults(events) == [stimulus.step]
    assert answers == ([stimulus.answer] if stimulus.answer else [])
    if stimulus.step == "SES.AA.2":
        assert state is State.OPEN
        return
    assert rest(events) == [CloseRequested()]
    assert state is (State.ENDING if stimulus.answer else State.CLOSED)
    sender = pair.client if stimulus.sender is Role.CLIENT else pair.server
    received = {pdu.name: pdu.value for pdu in sender.take_received()}
    for name, field, value in stimulus.fields:
        assert getattr(received[name], field) == value


@every_stimulus
def test_a_check_that_is_left_out_finds_nothing(stimulus: Stimulus) -> None:
    pair = play(stimulus, Bent(without=(stimulus.step,)))
    _, events = receiver(pair, stimulus)
    assert stimulus.step not in faults(events) + notes(events)


@every_stimulus
def test_a_tester_notes_the_fault_and_goes_on(stimulus: Stimulus) -> None:
    pair = play(stimulus, Bent(reacting=False))
    state, events = receiver(pair, stimulus)
    assert stimulus.step in notes(events)
    assert faults(events) == []
    assert pair.messages[1:] == []
    if stimulus.flow not in LAST_WORDS and stimulus.label != "in ACCEPT" and stimulus.step != "ACSE.AARE.7":
        assert state not in (State.ENDING, State.CLOSED)
    if stimulus.step.endswith(".1") and not stimulus.step.startswith("SES.A"):
        assert any(isinstance(event, Undecodable) for event in events)


def test_deviations_that_are_read_leave_the_association_usable() -> None:
    for stimulus in STIMULI:
        if stimulus.answer is None and stimulus.flow in ("associate", "accept", "data", "release"):
            pair = play(stimulus, Bent())
            over = is_over(pair.client) or is_over(pair.server)
            assert over == (stimulus.label == "in ACCEPT"), stimulus.name


def test_every_reaction_that_a_policy_may_choose_is_carried_out() -> None:
    answered = {
        Reaction.CLOSE: (State.CLOSED, []),
        Reaction.ERROR_AND_CLOSE: (State.CLOSED, []),
        Reaction.DISCONNECT: (State.CLOSED, []),
        Reaction.REFUSE: (State.ENDING, ["SES.RF"]),
        Reaction.ABORT: (State.ENDING, ["SES.AB"]),
        Reaction.IGNORE: (State.INDICATED, []),
    }
    for table in ("SES.CN", "PRES.CP", "ACSE.AARQ"):
        step = {"SES.CN": "SES.CN.7", "PRES.CP": "PRES.CP.6", "ACSE.AARQ": "ACSE.AARQ.7"}[table]
        stimulus = next(item for item in STIMULI if item.step == step)
        for reaction, (state, answers) in answered.items():
            policy = ReplaceReaction(step, reaction)
            pair = Pair(client_policy=(bent := Bent()), server_policy=policy)
            FLOWS["associate"](pair, stimulus, bent)
            pair.carry()
            expected = State.CONNECTED if (table, reaction) == ("SES.CN", Reaction.IGNORE) else state
            assert pair.server.state is expected, (table, reaction)
            assert [names[0] for names in pair.messages[1:]] == answers, (table, reaction)
