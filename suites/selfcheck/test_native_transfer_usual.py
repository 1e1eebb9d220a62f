"""Data transfers that are judged at once: never other than by the table of checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.native import transfer
from conform62351.profiles.native.transfer import ReceivedTransfer
from conform62351.profiles.native.transfer_shortcut import UsualTransfer, usual_transfer
from conform62351.profiles.policy import CheckTable, Context, Policy, Step
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import KINDS, Peers


class StepByStep(Policy):
    """Has every step of a table looked at."""

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        return list(table.steps)


class Conversation:
    """What one pair of peers makes of a row of acts."""

    def __init__(self, kind: str, policy: type[Policy]) -> None:
        self.peers = Peers(kind, client_policy=policy(), server_policy=policy())
        self.came: list[ReceivedTransfer] = []
        self.sent: list[tuple[Role, bytes]] = []

    def act(self, act: str, number: int) -> None:
        peers, role = self.peers, Role.CLIENT if number % 2 else Role.SERVER
        match act:
            case "wait":
                peers.clock.now += number / 100
            case "wait long":
                peers.clock.now += number
            case "rekey":
                peers.client.rekey()
            case "ask":
                peers.server.ask_for_rekey()
            case "send" if not peers.side(role).ended:
                self.sent.append((role, peers.sent(role)))
                self.deliver(len(self.sent) - 1, None)
            case "again" | "damage" if self.sent:
                self.deliver(number % len(self.sent), number if act == "damage" else None)

    def deliver(self, index: int, damaged: int | None) -> None:
        role, octets = self.sent[index]
        if damaged is not None:
            at = damaged % len(octets)
            octets = octets[:at] + bytes((octets[at] ^ 1 << damaged % 8,)) + octets[at + 1 :]
        self.came.append(self.peers.other(role).receive(octets))


ACTS = st.tuples(
    st.sampled_from(["send"] * 6 + ["wait", "wait", "wait long", "rekey", "ask", "again", "damage"]),
    st.integers(0, 1500),
)


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from(KINDS), acts=st.lists(ACTS, max_size=14))
def test_the_outcome_is_that_of_the_table(kind: str, acts: list[tuple[str, int]]) -> None:
    usual, table = Conversation(kind, Policy), Conversation(kind, StepByStep)
    for act, number in acts:
        usual.act(act, number)
        table.act(act, number)
        assert usual.sent == table.sent
        assert usual.came == table.came


@pytest.mark.parametrize("kind", KINDS)
def test_usual_data_are_judged_at_once_and_no_others(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[UsualTransfer | None] = []

    def judged(*given: Any) -> UsualTransfer | None:
        found.append(usual_transfer(*given))
        return found[-1]

    monkeypatch.setattr(transfer, "usual_transfer", judged)
    talk = Conversation(kind, Policy)
    for number in (1, 0, 1, 0):
        talk.act("send", number)
    assert [one is not None for one in found] == [True] * 4
    talk.act("rekey", 0)
    talk.act("send", 1)
    assert found[-1] is None
    talk.act("again", 1)
    assert found[-1] is None
    assert talk.came[-1].fault is not None
