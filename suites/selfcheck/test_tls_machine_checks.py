"""Every step of the engine's tables: a peer that gives cause for it, what follows, and what without it."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.policy import Policy, Reaction
from conform62351.profiles.tls.alerts import CLOSE_NOTIFY, FATAL, WARNING
from conform62351.profiles.tls.certificate_rules import PEER_CHAIN
from conform62351.profiles.tls.engine.checks_client_hello import CLIENT_HELLO
from conform62351.profiles.tls.engine.checks_exchange import (
    CERTIFICATE_REQUEST,
    CERTIFICATE_VERIFY,
    CLIENT_KEY_EXCHANGE,
    FINISHED,
    SERVER_KEY_EXCHANGE,
)
from conform62351.profiles.tls.engine.checks_renegotiation import ASKED, RENEGOTIATION, RESUMPTION
from conform62351.profiles.tls.engine.checks_server_hello import SERVER_CHAIN, SERVER_HELLO
from conform62351.profiles.tls.engine.checks_state import STATE, TIME
from conform62351.profiles.tls.interface import AlertSent, Found, TlsFailed
from conform62351.profiles.tls.outcomes import outcome_of, outcomes
from conform62351.suites.selfcheck.tls_engine_bench import Lenient
from conform62351.suites.selfcheck.tls_stimuli import STIMULI, Altering, Scene, Stimulus, change

TABLES = (
    CLIENT_HELLO,
    SERVER_HELLO,
    SERVER_CHAIN,
    SERVER_KEY_EXCHANGE,
    CERTIFICATE_REQUEST,
    CLIENT_KEY_EXCHANGE,
    CERTIFICATE_VERIFY,
    FINISHED,
    ASKED,
    RENEGOTIATION,
    RESUMPTION,
    STATE,
    TIME,
)
STEPS = [step.id for table in TABLES for step in table.steps]
each = pytest.mark.parametrize("stimulus", STIMULI, ids=lambda stimulus: stimulus.step)


def found(scene: Scene) -> dict[str, Reaction]:
    events = scene.pair.of(scene.finder, Found)
    return {event.finding.step: event.finding.fault.reaction for event in events}


def test_every_step_has_a_stimulus_and_an_outcome() -> None:
    assert [stimulus.step for stimulus in STIMULI if stimulus.step not in STEPS] == []
    assert set(STEPS) == {stimulus.step for stimulus in STIMULI}
    assert set(outcomes()) == {*STEPS, *(step.id for step in PEER_CHAIN.steps)}


@each
def test_a_fault_is_found_and_answered_as_the_table_says(stimulus: Stimulus) -> None:
    scene = stimulus.play(Policy())
    reactions = found(scene)
    assert stimulus.step in reactions
    alert = outcome_of(stimulus.step).alert
    sent = [(event.level, event.description) for event in scene.pair.of(scene.finder, AlertSent)]
    failed = scene.pair.of(scene.finder, TlsFailed)
    match reactions[stimulus.step]:
        case Reaction.REFUSE:
            level = WARNING if alert == CLOSE_NOTIFY else FATAL
            assert sent[-1] == (level, alert)
            assert [event.alert for event in failed] == [alert]
            assert stimulus.step in failed[0].reason
        case Reaction.IGNORE:
            assert alert in ("", "no_renegotiation")
            assert sent == ([(WARNING, alert)] if alert else [])
        case reaction:
            assert reaction is Reaction.NOTE
            assert not alert
            assert scene.finder.established is not None or failed


@pytest.mark.parametrize(
    ("side", "members"),
    [
        ("server", {"values": {"TLS.ClientHello": change(version=0x0302)}}),
        ("client", {"values": {"TLS.ServerHello": change(version=0x0302)}}),
    ],
)
@pytest.mark.parametrize("resumed", [True, False])
def test_a_change_of_version_is_told_as_such_where_the_other_is_disabled_too(
    side: str, members: dict[str, Any], resumed: bool
) -> None:
    if resumed:
        stimulus = Stimulus("TLS.RES.2", side, first={}, **members)
    else:
        stimulus = Stimulus(
            "TLS.RENEG.6", side, later=True, act=lambda scene: scene.renegotiate(scene.pair.client), **members
        )
    failed = (scene := stimulus.play(Policy())).pair.of(scene.finder, TlsFailed)
    assert [event.reason.split()[0] for event in failed] == [stimulus.step]
    assert outcome_of(stimulus.step).event == "IEC62351-3:1.5"


@each
def test_a_device_that_leaves_the_step_out_does_not_find_it(stimulus: Stimulus) -> None:
    scene = stimulus.play(Altering({}, {}, (stimulus.step,), armed=True))
    assert stimulus.step not in found(scene)


@each
def test_a_tester_notes_the_fault_and_goes_on_where_it_can(stimulus: Stimulus) -> None:
    scene = stimulus.play(Lenient())
    assert stimulus.step in found(scene)
    failed = scene.pair.of(scene.finder, TlsFailed)
    assert all(not event.reason.startswith("TLS.") for event in failed)
