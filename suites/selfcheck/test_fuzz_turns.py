"""Turns: every base gets one, every moment as many as another, and dear configurations are kept longer."""

from __future__ import annotations

from collections import Counter
from random import Random

from conform62351.pics.pixit_actions import Configuration
from conform62351.profiles.role import Role
from conform62351.tooling.engine.steps import Conversation
from conform62351.tooling.fuzz.bases import Base, Moment
from conform62351.tooling.fuzz.turns import ROUND, Turns


def base(moment: Moment, number: int, configuration: str = "default") -> Base:
    return Base(
        name=f"server/plain/{moment.value}/{number}",
        role=Role.SERVER,
        stack="plain",
        moment=moment,
        conversation=Conversation(label="", steps=()),
        configuration=configuration,
    )


MANY = [base(Moment.DATA, number) for number in range(20)] + [base(Moment.OPENING, 0)]


def test_every_base_is_named_once_and_the_same_ones_first_by_the_same_chance() -> None:
    turns = Turns(MANY, {})
    drawn = [*turns.of(0, Random("1"))]
    assert sorted(one.name for one in drawn) == sorted(one.name for one in MANY)
    assert [*turns.of(0, Random("1"))] == drawn


def test_a_moment_with_few_bases_is_first_as_often_as_one_with_many() -> None:
    turns = Turns(MANY, {})
    first = Counter(next(turns.of(0, Random(seed))).moment for seed in range(400))
    assert 150 < first[Moment.OPENING] < 250


def test_a_dear_configuration_is_kept_for_longer() -> None:
    bases = [base(Moment.DATA, 0), base(Moment.DATA, 0, "native")]
    for cost, kept in ((0.0, ROUND), (60.0, 60 * 50 // 24)):
        known = {"native": Configuration("native", "configure", cost=cost)}
        turns = Turns(bases, known)
        firsts = [next(turns.of(stretch, Random(0))).configuration for stretch in range(2 * kept + 1)]
        assert firsts == ["default"] * kept + ["native"] * kept + ["default"]
