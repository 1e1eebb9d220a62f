"""What a fault would change is found out without playing it, and what comes out of its code is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from conform62351.fixtures.faults import building
from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.policy import CheckTable, Context, Fault, Finding, Policy, Reaction, Step
from conform62351.suites.loading import load
from conform62351.tooling.proof import watching
from conform62351.tooling.proof.bench import HASTY_LIMITS, Bench
from conform62351.tooling.proof.judging import try_correct
from conform62351.tooling.proof.watching import Guarded, Shadow, overridden

EVERY = 25
"""Of the cases, one in so many is tried whenever the tests run."""


def step(identifier: str, limit: int) -> Step[int]:
    def test(context: int) -> Fault | None:
        return Fault("too large", Reaction.ABORT) if context > limit else None

    return Step(identifier, identifier.lower(), "1", "S", test)


TABLE: CheckTable[int] = CheckTable("T", (step("T.1", 10), step("T.2", 20)))


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take for slow what no busy machine makes of a hook that does nothing."""
    monkeypatch.setattr(watching, "HELD_UP_S", 1.0)


class Answers(Policy):
    """Answers a question of its own accord."""

    def keeps(self, tables: Iterable[CheckTable[Any]]) -> bool:
        return True


class Slow(Policy):
    """Takes its time, and changes nothing."""

    def rewrite(self, name: str, value: Any) -> Any:
        time.sleep(1.1 * watching.HELD_UP_S)
        return value


class Patient(Policy):
    """Finds a fault and goes on."""

    def reacts(self, finding: Finding) -> bool:
        return False


class Raises(Policy):
    """Goes wrong wherever it is asked."""

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        raise KeyError(table.name)

    def rewrite(self, name: str, value: Any) -> Any:
        raise ValueError("odd")


class Odd:
    """Cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise TypeError("no")

    __hash__ = None  # type: ignore[assignment]


def touched(policy: Policy, ask: Callable[[Policy], object]) -> bool:
    shadow = Shadow({"it": policy})
    ask(shadow)
    return shadow.touched() == {"it"}


def check(value: int) -> Callable[[Policy], object]:
    return lambda policy: TABLE.findings(value, policy)


@pytest.mark.parametrize(
    ("policy", "value", "changes"),
    [
        (building.LeaveOut("T.1"), 15, True),
        (building.LeaveOut("T.1"), 5, False),
        (building.LeaveOut("T.2"), 15, False),
        (building.LeaveOut("X.1"), 15, False),
        (building.LeaveOutWhen("T.1", lambda value: value == 15), 15, True),
        (building.LeaveOutWhen("T.1", lambda value: value == 15), 16, False),
        (building.ReplaceReaction("T.1", Reaction.CLOSE), 15, True),
        (building.ReplaceReaction("T.1", Reaction.CLOSE), 5, False),
        (building.Reorder("T.2", "T.1"), 25, True),
        (building.Reorder("T.2", "T.1"), 15, False),
        (building.AddStep.when("T", lambda value: value == 1, Reaction.ABORT), 1, True),
        (building.AddStep.when("T", lambda value: value == 1, Reaction.ABORT), 2, False),
        (building.Combine(building.LeaveOut("T.1"), building.Delay("X", 1.0)), 15, True),
        (Raises(), 5, True),
        (Policy(), 15, False),
    ],
)
def test_checks_count_where_they_end_otherwise(policy: Policy, value: int, changes: bool) -> None:
    assert touched(policy, check(value)) is changes


@pytest.mark.parametrize(
    ("policy", "ask"),
    [
        (building.Rewrite("P", lambda _: 2), lambda policy: policy.rewrite("P", 1)),
        (building.Rewrite("P", lambda _: True), lambda policy: policy.rewrite("P", 1)),
        (building.Rewrite("P", lambda _: Odd()), lambda policy: policy.rewrite("P", Odd())),
        (building.Withhold("P"), lambda policy: policy.rewrite_octets("P", b"a")),
        (building.OverRead("P"), lambda policy: policy.read_octets("P", b"a")),
        (building.Delay("P", 0.1), lambda policy: policy.delay(("TPKT", "P"))),
        (building.CutData(lambda left, room: 1), lambda policy: policy.dt_length(9, 5)),
        (Patient(), lambda policy: policy.reacts(Finding("T.1", "t", "1", "S", Fault("", Reaction.ABORT)))),
        (Slow(), lambda policy: policy.rewrite("P", 1)),
        (Raises(), lambda policy: policy.rewrite("P", 1)),
        (Answers(), lambda policy: policy.keeps((TABLE,))),
    ],
)
def test_other_hooks_count_where_they_change_something(
    policy: Policy, ask: Callable[[Policy], object]
) -> None:
    assert touched(policy, ask)
    assert not touched(Policy(), ask)


@pytest.mark.parametrize(
    ("policy", "ask"),
    [
        (building.Rewrite("P", lambda _: 1), lambda policy: policy.rewrite("P", 1)),
        (building.Withhold("P"), lambda policy: policy.rewrite_octets("Q", b"a")),
        (building.Delay("P", 0.1), lambda policy: policy.delay(("TPKT",))),
        (building.CutData(min), lambda policy: policy.dt_length(9, 5)),
    ],
)
def test_what_stays_as_it_is_does_not_count(policy: Policy, ask: Callable[[Policy], object]) -> None:
    assert not touched(policy, ask)


def test_a_shadow_behaves_like_a_correct_device() -> None:
    shadow = Shadow({"a": building.LeaveOut("T.1"), "b": building.Withhold("P"), "c": Raises()})
    assert TABLE.findings(15, shadow) == TABLE.findings(15, Policy())
    assert shadow.rewrite_octets("P", b"a") == b"a"
    assert shadow.rewrite("P", 1) == 1
    assert shadow.dt_length(9, 5) == 5
    assert shadow.touched() == {"a", "b", "c"}


def test_a_table_that_is_only_looked_at_counts() -> None:
    shadow = Shadow({"a": building.LeaveOut("T.1"), "b": building.LeaveOut("X.1")})
    assert {"T.1", "T.2"} <= {step.id for step in shadow.steps(TABLE)}
    assert shadow.touched() == {"a"}


def test_a_fault_sees_what_it_would_have_seen() -> None:
    muted = building.MuteAfter("T", lambda value: value > 10)
    shadow = Shadow({"a": muted})
    TABLE.findings(5, shadow)
    shadow.rewrite_octets("TPKT", b"a")
    assert shadow.touched() == set()
    TABLE.findings(15, shadow)
    shadow.rewrite_octets("TPKT", b"a")
    assert shadow.touched() == {"a"}


def test_overridden_names_the_methods_of_its_own() -> None:
    assert overridden(Policy()) == ()
    assert overridden(Raises()) == ("steps", "rewrite")
    assert overridden(building.Delay("P", 0.1)) == ("delay",)


def test_a_guard_does_the_same_and_keeps_what_is_raised() -> None:
    guard = Guarded(building.LeaveOut("T.1"))
    assert TABLE.findings(15, guard) == ()
    assert not guard.keeps((TABLE,))
    assert Guarded(building.LeaveOut("X.1")).keeps((TABLE,))
    assert Guarded(building.Delay("P", 0.1)).delay(("P",)) == 0.1
    assert guard.trouble == ""
    guard = Guarded(Raises())
    with pytest.raises(ValueError, match="odd"):
        guard.rewrite("P", 1)
    with pytest.raises(KeyError):
        guard.steps(TABLE)
    assert guard.trouble == "rewrite of P raises ValueError: odd"


def test_what_makes_a_pdu_undecodable_is_no_trouble() -> None:
    def unreadable(octets: bytes) -> bytes:
        raise ProtocolError("BER", 0, "no such octets")

    guard = Guarded(building.ReadOctets("P", unreadable))
    with pytest.raises(ProtocolError):
        guard.read_octets("P", b"a")
    assert guard.trouble == ""


DECLARED = {
    identifier: [fault for fault in fault_catalogue().values() if identifier in fault.caught_by]
    for identifier, case in load().items()
    if case.review is None
}


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param(identifier, marks=() if place % EVERY == 0 else pytest.mark.deep)
        for place, identifier in enumerate(DECLARED)
    ],
)
def test_a_fault_changes_something_in_each_case_that_catches_it(bench: Bench, identifier: str) -> None:
    case = load()[identifier]
    shadow = Shadow({fault.name: fault.make() for fault in DECLARED[identifier]})
    with bench.device_for(case, shadow, HASTY_LIMITS) as subject:
        trial = try_correct(subject, case, load()[case.baseline] if case.baseline else None)
    assert trial.verdict.value == "pass", trial.shown
    assert shadow.touched() == {fault.name for fault in DECLARED[identifier]}
