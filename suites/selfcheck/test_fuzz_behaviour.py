"""Reactions as the fuzzer compares them, the map of behaviour, and the corpus that grows with it."""

from __future__ import annotations

import random

import pytest

from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.mutations import FlipBit
from conform62351.tooling.engine.outcomes import REQUEST, reach
from conform62351.tooling.engine.steps import Act, Associate, Connect, OpenTransport, Respond, conversation
from conform62351.tooling.fuzz.behaviour import Behaviour
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.corpus import Corpus, Entry
from conform62351.tooling.fuzz.oracles import unsteady
from conform62351.tooling.fuzz.reactions import MALFORMED, Pace, Reaction, flaps, reaction_of

LIMIT = 2.0
BASE = "server/plain/associating"
LINE = (
    "<105>1 2026-11-23T05:00:00.000Z relay dev - IEC62351-14:1 "
    '[62351-14@41912 ID="IEC62351-4:1.3" MNEMONIC="INV_SIG_ASS_REQ" SqNum="{}" PeerInfo="127.0.0.1:{}"]'
)


def delivered(*seen: Observation, complete: bool = True, events: tuple[str, ...] = ()) -> Delivered:
    return Delivered(observations=seen, complete=complete, seconds=0.1, events=events)


def fuzzed(at: int = 0, layer: str = "acse", mutations: int = 1) -> Case:
    changes = tuple(FlipBit(pdu="ACSE.AARQ", at=at + one) for one in range(mutations))
    talk = conversation(Connect(), OpenTransport(), Associate(mutations=changes))
    return Case(base=BASE, layer=layer, mutators=("flip",), conversation=talk)


def rejected(diagnostic: int, after_s: float = 0.01) -> Observation:
    return Observation(Kind.REJECTED, "ACSE.AARE", fields={"diagnostic": diagnostic}, after_s=after_s)


def answer(invoke_id: int) -> Observation:
    fields = {"invokeID": invoke_id, "service": "read", "access": "success"}
    return Observation(Kind.ANSWER, "confirmed-ResponsePDU", fields=fields, after_s=0.001 * invoke_id)


def test_times_numbers_and_addresses_make_no_other_reaction() -> None:
    one = reaction_of(delivered(answer(1), Observation(Kind.CLOSED), events=(LINE.format(1, 5001),)), LIMIT)
    other = reaction_of(delivered(answer(7), Observation(Kind.CLOSED), events=(LINE.format(9, 5044),)), LIMIT)
    assert one == other
    assert one.events == ("IEC62351-4:1.3",)


@pytest.mark.parametrize(
    "other",
    [
        delivered(rejected(2), Observation(Kind.CLOSED)),
        delivered(rejected(1)),
        delivered(rejected(1, after_s=1.0), Observation(Kind.CLOSED)),
        delivered(rejected(1), Observation(Kind.RESET)),
        delivered(rejected(1), Observation(Kind.CLOSED), events=(LINE.format(1, 5001),)),
        delivered(rejected(1), Observation(Kind.CLOSED), complete=False),
        delivered(rejected(1), answer(1), Observation(Kind.CLOSED)),
    ],
    ids=["diagnostic", "stays-open", "slower", "reset", "logs", "incomplete", "goes-on"],
)
def test_what_a_device_does_otherwise_is_another_reaction(other: Delivered) -> None:
    usual = reaction_of(delivered(rejected(1), Observation(Kind.CLOSED)), LIMIT)
    assert reaction_of(other, LIMIT).key != usual.key


def test_a_device_that_says_nothing_and_keeps_the_connection_is_silent() -> None:
    silence = reaction_of(delivered(Observation(Kind.TIMEOUT, after_s=LIMIT)), LIMIT)
    assert silence.silent
    assert silence.pace is Pace.LIMIT
    refused = reaction_of(delivered(rejected(1), Observation(Kind.TIMEOUT, after_s=LIMIT)), LIMIT)
    assert not refused.silent


def test_a_line_of_the_log_that_cannot_be_read_is_told() -> None:
    assert reaction_of(delivered(events=("garbage",)), LIMIT).events == (MALFORMED,)


def test_a_flood_makes_no_endless_reaction() -> None:
    flood = [rejected(number % 7) for number in range(1000)]
    assert len(reaction_of(delivered(*flood), LIMIT).deeds) == 64


def test_only_a_device_that_goes_back_on_its_decision_flaps() -> None:
    taken = reaction_of(delivered(answer(1)), LIMIT)
    refused = reaction_of(delivered(rejected(1), Observation(Kind.CLOSED)), LIMIT)
    also_refused = reaction_of(delivered(rejected(1), Observation(Kind.RESET)), LIMIT)
    assert flaps([taken, refused, taken])
    assert not flaps([taken, refused, also_refused])
    assert not flaps([taken, taken])


def test_a_report_in_between_is_no_turn() -> None:
    talk = conversation(Connect(), OpenTransport())
    report = Observation(Kind.ANSWER, "unconfirmed-PDU")
    taken, reported, refused = (
        reaction_of(delivered(*seen), 1.0)
        for seen in ((answer(1),), (report, answer(2)), (rejected(3), answer(3)))
    )
    assert unsteady(talk, [taken, refused, taken]) is not None
    assert flaps([taken, reported, taken])
    assert unsteady(talk, [taken, reported, taken]) is None


def test_a_client_that_is_told_to_ask_need_not_have_read_what_came() -> None:
    """Whether its request or its abort comes first is chance; what it does when it has read is not."""
    asked = Observation(Kind.REQUEST, "confirmed-RequestPDU")
    ended = Observation(Kind.CLOSED)
    before, aborted, rejects = (
        reaction_of(delivered(asked, *seen), LIMIT) for seen in ((), (rejected(1), ended), (answer(2),))
    )
    waited = conversation(Respond(), reach(REQUEST), Act(action="send-request"))
    hastened = conversation(Respond(), Act(action="send-request"), reach(REQUEST))
    assert unsteady(waited, [before, aborted, before]) is not None
    assert unsteady(hastened, [before, aborted, before]) is None
    assert unsteady(hastened, [rejects, aborted, rejects]) is not None


def test_what_was_seen_before_is_not_new_and_the_map_is_bounded() -> None:
    behaviour = Behaviour(room=3)
    first = reaction_of(delivered(rejected(1)), LIMIT)
    assert behaviour.take(fuzzed(), first).new
    assert not behaviour.take(fuzzed(5), first).new
    for diagnostic in range(2, 50):
        behaviour.take(fuzzed(), reaction_of(delivered(rejected(diagnostic)), LIMIT))
    assert len(behaviour) == 3
    assert not behaviour.take(fuzzed(), reaction_of(delivered(rejected(99)), LIMIT)).new


def test_a_corpus_keeps_what_brought_something_new() -> None:
    corpus = Corpus()
    for number in range(40):
        reaction = reaction_of(delivered(rejected(number % 4)), LIMIT)
        _, entry = corpus.take(number, fuzzed(number), reaction)
        assert (entry is not None) == (number < 4)
    assert [entry.number for entry in corpus.entries] == [0, 1, 2, 3]


def test_the_same_seed_chooses_the_same_cases() -> None:
    def chosen(seed: int) -> list[Entry | None]:
        corpus = Corpus()
        for number in range(20):
            corpus.take(number, fuzzed(number), reaction_of(delivered(rejected(number)), LIMIT))
        draw = random.Random(seed)
        return [corpus.choose(draw, BASE) for _ in range(50)]

    assert chosen(1) == chosen(1)
    assert chosen(1) != chosen(2)


def test_rare_and_deep_cases_are_chosen_more_often() -> None:
    corpus = Corpus()
    common = reaction_of(delivered(rejected(1)), LIMIT)
    corpus.take(0, fuzzed(0, "tpkt"), common)
    for number in range(1, 200):
        corpus.take(number, fuzzed(number, "tpkt"), common)
    rare = reaction_of(delivered(answer(1), rejected(9)), LIMIT)
    corpus.take(200, fuzzed(0, "token2"), rare)
    assert len(corpus) == 2
    draw = random.Random(1)
    picked = []
    for _ in range(40):
        one = corpus.choose(draw, BASE)
        assert one is not None
        corpus.spend(one.number)
        picked.append(one.case)
    assert picked.count(fuzzed(0, "token2")) > 2 * picked.count(fuzzed(0, "tpkt"))
    assert picked.count(fuzzed(0, "tpkt"))


def test_a_corpus_is_bounded_and_chooses_by_layer() -> None:
    corpus = Corpus(room=10)
    for number in range(30):
        layer = "mms" if number % 2 else "cotp"
        corpus.take(number, fuzzed(number, layer), reaction_of(delivered(rejected(number)), LIMIT))
    assert len(corpus) == 10
    found = corpus.choose(random.Random(1), BASE, ["mms"])
    assert found is not None
    assert found.case.layer == "mms"
    assert corpus.choose(random.Random(1), BASE, ["tls"]) is None


def test_cases_of_other_bases_are_told_apart() -> None:
    corpus = Corpus()
    corpus.take(0, fuzzed(), reaction_of(delivered(rejected(1)), LIMIT))
    other = "server/plain/opening"
    assert corpus.choose(random.Random(1), other) is None
    assert corpus.choose_other(random.Random(1), BASE, ["acse"]) is None
    assert corpus.choose_other(random.Random(1), other, ["tpkt"]) is None
    found = corpus.choose_other(random.Random(1), other, ["tpkt", "acse"])
    assert found is not None
    assert found.number == 0


def test_what_is_chosen_often_is_chosen_less() -> None:
    corpus = Corpus()
    for number in range(2):
        corpus.take(number, fuzzed(number), reaction_of(delivered(rejected(number)), LIMIT))
    for _ in range(20):
        corpus.spend(0)
    draw = random.Random(1)
    picked = [one.number for _ in range(40) if (one := corpus.choose(draw, BASE))]
    assert picked.count(1) > 3 * picked.count(0) > 0


def test_cases_without_mutations_or_with_too_many_are_not_mutated_further() -> None:
    corpus = Corpus()
    assert corpus.take(0, fuzzed(mutations=0), Reaction())[1] is not None
    assert corpus.take(1, fuzzed(mutations=13), reaction_of(delivered(rejected(1)), LIMIT))[1] is not None
    assert corpus.choose(random.Random(1), BASE) is None
