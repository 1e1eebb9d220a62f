"""A fuzz case: what it has beyond its base, how it is stored, and what is left without some of it."""

from __future__ import annotations

import msgspec
import pytest

from conform62351.tooling.engine.mutations import Cut, FlipBit, Repeat, SetField
from conform62351.tooling.engine.outcomes import TRANSPORT_CONNECTED, reach
from conform62351.tooling.engine.steps import Connect, OpenTransport, conversation
from conform62351.tooling.engine.tls import Tls
from conform62351.tooling.fuzz.case import Case, Placed, Unplaceable, bare_conversation, with_mutations

BARE = conversation(Connect(tls=Tls()), OpenTransport(), reach(TRANSPORT_CONNECTED))
HELLO = Placed(0, Cut(pdu="TLS.ClientHello", keep=9))
FIELD = Placed(1, SetField(pdu="COTP.CR", field="src_ref", value=7))
BIT = Placed(1, FlipBit(pdu="TPKT", at=3))
CASE = Case(
    base="server/tls/opening",
    layer="cotp",
    mutators=("references", "bits"),
    conversation=with_mutations(BARE, (HELLO, FIELD, BIT)),
)


def test_the_mutations_of_a_case_are_told_step_by_step_and_in_words() -> None:
    assert CASE.mutations == (HELLO, FIELD, BIT)
    assert str(FIELD) == "step 1: COTP.CR.src_ref = 7"
    assert "COTP.CR.src_ref = 7" in CASE.recipe()[1]


def test_a_case_is_read_as_it_was_stored() -> None:
    assert msgspec.json.decode(msgspec.json.encode(CASE), type=Case) == CASE


@pytest.mark.parametrize(
    ("drop", "kept"),
    [((), (HELLO, FIELD, BIT)), ((0,), (FIELD, BIT)), ((0, 1, 2), ()), ((7,), CASE.mutations)],
)
def test_mutations_are_left_out_by_their_places(drop: tuple[int, ...], kept: tuple[Placed, ...]) -> None:
    assert CASE.without(drop).mutations == kept


def test_nothing_but_mutations_is_taken_from_a_conversation() -> None:
    assert bare_conversation(CASE.conversation) == BARE


def test_further_mutations_come_behind_those_that_are_there() -> None:
    again = Placed(1, Repeat(pdu="TPKT", times=2))
    assert with_mutations(CASE.conversation, (again,)) == with_mutations(BARE, (HELLO, FIELD, BIT, again))


@pytest.mark.parametrize(
    ("placed", "why"),
    [
        (Placed(2, BIT.mutation), "sends nothing"),
        (Placed(3, BIT.mutation), "not a number 3"),
        (Placed(0, BIT.mutation), "sends nothing"),
    ],
)
def test_a_mutation_goes_only_into_a_step_that_sends(placed: Placed, why: str) -> None:
    with pytest.raises(Unplaceable, match=why):
        with_mutations(BARE, (placed,))


def test_messages_of_tls_are_changed_only_where_the_testers_engine_does_it() -> None:
    with pytest.raises(Unplaceable, match="engine does no TLS"):
        with_mutations(conversation(Connect()), (HELLO,))
