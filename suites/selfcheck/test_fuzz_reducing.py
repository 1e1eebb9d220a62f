"""A failing input becomes smaller as long as it fails, and no longer than the budget allows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.tooling.engine.mutations import AnyMutation, Append, FlipBit, Repeat, SetField
from conform62351.tooling.engine.steps import Associate, Connect, OpenTransport, Request, conversation
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.reducing import (
    Budget,
    Spent,
    smaller_mutations,
    smallest,
    with_fewer_mutations,
    with_fewer_steps,
    with_smaller_values,
)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.data())
def test_exactly_the_parts_that_matter_are_left(count: int, data: st.DataObject) -> None:
    culprits = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=4))
    tried: list[Sequence[int]] = []

    def fails(parts: Sequence[int]) -> bool:
        tried.append(parts)
        return culprits <= set(parts)

    assert smallest(range(count), fails) == tuple(sorted(culprits))
    assert all(list(parts) == sorted(parts) for parts in tried)


def test_one_part_in_many_is_found_in_few_trials() -> None:
    tried: list[Sequence[int]] = []

    def fails(parts: Sequence[int]) -> bool:
        tried.append(parts)
        return 700 in parts

    assert smallest(range(1024), fails) == (700,)
    assert len(tried) <= 20


def test_a_budget_that_ends_leaves_the_best_until_then() -> None:
    budget = Budget(plays=3, resets=10)

    def fails(parts: Sequence[int]) -> bool:
        budget.play()
        return 5 in parts

    kept = smallest(range(64), fails)
    assert 5 in kept
    assert 1 < len(kept) < 64
    assert budget.plays == 0


def test_without_resets_nothing_more_is_played() -> None:
    budget = Budget(plays=9, resets=1)
    budget.play()
    budget.reset()
    with pytest.raises(Spent):
        budget.play()


FLIP = FlipBit(pdu="TPKT", at=2)
LONG = Append(pdu="COTP.CR", octets=bytes(range(64)))
TIMES = Repeat(pdu="COTP.CR", times=500)


def case(*mutations: AnyMutation) -> Case:
    talk = conversation(
        Connect(), OpenTransport(mutations=mutations), Associate(), Request(service="read", point="data.read")
    )
    return Case(base="server/plain/opening", layer="COTP", mutators=("test",), conversation=talk)


def test_mutations_that_are_not_needed_go() -> None:
    reduced = with_fewer_mutations(
        case(FLIP, LONG, TIMES), lambda one: any(placed.mutation == LONG for placed in one.mutations)
    )
    assert [placed.mutation for placed in reduced.mutations] == [LONG]


def test_steps_that_are_not_needed_go_but_the_connection_stays() -> None:
    reduced = with_fewer_steps(
        case(LONG), lambda one: any(placed.mutation == LONG for placed in one.mutations)
    )
    assert [type(step) for step in reduced.conversation.steps] == [Connect, OpenTransport]


def test_values_become_as_small_as_they_may_be() -> None:
    def fails(one: Case) -> bool:
        longest = max((len(m.octets) for _, m in ordered(one) if isinstance(m, Append)), default=0)
        most = max((m.times for _, m in ordered(one) if isinstance(m, Repeat)), default=0)
        return longest >= 7 and most >= 33

    reduced = with_smaller_values(case(LONG, TIMES), fails)
    assert [m for _, m in ordered(reduced)] == [
        Append(pdu="COTP.CR", octets=bytes(7)),
        Repeat(pdu="COTP.CR", times=33),
    ]


def ordered(one: Case) -> list[tuple[int, AnyMutation]]:
    return [(placed.step, placed.mutation) for placed in one.mutations]


@pytest.mark.parametrize(
    "mutation",
    [LONG, TIMES, SetField(pdu="COTP.CR", field="reference", value=65535), FlipBit(pdu="TPKT", at=-3, bit=7)],
    ids=str,
)
def test_what_is_smaller_is_another_mutation_at_the_same_place(mutation: AnyMutation) -> None:
    for smaller in smaller_mutations(mutation):
        assert smaller != mutation
        assert type(smaller) is type(mutation)
        assert getattr(smaller, "at", None) == getattr(mutation, "at", None)
