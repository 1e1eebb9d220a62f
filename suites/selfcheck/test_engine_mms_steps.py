"""The steps that judge MMS: names, claims, types; conversations that depend on the PICS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.pics.conditions import Answer
from conform62351.pics.declaration import Declaration, load_declaration
from conform62351.profiles.mms.names import SERVICE_BITS, SERVICES, bits
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case, CaseError, Catalogue
from conform62351.tooling.engine.claims import claims
from conform62351.tooling.engine.judging import MISSING, Observation, judge, verify, verify_type
from conform62351.tooling.engine.listing import MAXIMUM_PARTS, Listing
from conform62351.tooling.engine.outcomes import RESPONSE, expect, one, refuse
from conform62351.tooling.engine.planner import make_plan
from conform62351.tooling.engine.steps import (
    Claimed,
    Conversation,
    ListNames,
    NoFinding,
    Request,
    Verify,
    conversation,
)


def part(names: Sequence[str], more: bool) -> dict[str, Any]:
    return {"listOfIdentifier": list(names), "moreFollows": more}


def listed(*parts: dict[str, Any], step: ListNames | None = None, same: Sequence[str] | None = None) -> str:
    """Return what is wrong with a list that comes in these parts; empty: nothing."""
    listing = Listing(step or ListNames(requirement="R", object_class="NAMED_VARIABLE", point="p"), "LD0/b")
    for each in parts:
        assert listing.more
        listing.take(each)
    assert not listing.more
    judgement = listing.judge(same)
    assert (judgement.verdict is Verdict.PASS) == (judgement.severity is None)
    return "" if judgement.verdict is Verdict.PASS else judgement.got


def test_a_list_may_come_in_parts() -> None:
    assert listed(part("ab", more=False)) == ""
    assert listed(part("a", more=True), part("b", more=False), same=["a", "b"]) == ""
    assert listed(part(["LD0"], more=False), step=ListNames(requirement="R", point="p")) == ""


@pytest.mark.parametrize(
    ("parts", "same", "wrong"),
    [
        ([part("a", more=False)], None, "b is not listed"),
        ([part("", more=True)], None, "after a part without a name"),
        ([part("ab", more=True), part("ab", more=True)], None, "the list does not end"),
        ([part("ab", more=True), part("b", more=False)], None, "listed twice"),
        ([part("ab", more=False)], ["a", "b", "c"], "2 names, 3 in the other list: c"),
        ([part("ba", more=False)], ["a", "b"], "2 names, 2 in the other list"),
    ],
)
def test_lists_that_are_wrong(parts: list[dict[str, Any]], same: Sequence[str] | None, wrong: str) -> None:
    assert wrong in listed(*parts, same=same)


def test_a_list_without_end_is_given_up() -> None:
    listing = Listing(ListNames(requirement="R", point="p"), "LD0/b")
    count = 0
    while listing.more:
        listing.take(part([f"n{count}"], more=True))
        count += 1
    assert count == MAXIMUM_PARTS


def test_a_list_that_takes_too_long_is_given_up() -> None:
    listing = Listing(ListNames(requirement="R", point="p"), "LD0/b")
    listing.take(part(["LD0"], more=True))
    listing.give_up()
    assert not listing.more
    assert listing.judge(None).verdict is Verdict.FAIL


# Claims


def declared(**answers: Answer) -> Declaration:
    declaration = load_declaration(device_file("pics.toml"))
    changed = {code.replace("_", "."): answer for code, answer in answers.items()}
    return replace(declaration, answers={**declaration.answers, **changed})


@pytest.mark.parametrize(
    ("value", "answers", "wrong"),
    [
        ("read", {}, ""),
        ("read", {"MMS_read_client": Answer.NO}, "read is there, and the PICS denies it (MMS.read.client)"),
        ("fileOpen", {}, ""),
        (MISSING, {}, "F is absent"),
    ],
)
def test_a_service_named_must_be_claimed(value: Any, answers: dict[str, Answer], wrong: str) -> None:
    judgement = claims(Claimed(requirement="R", field="F", role="client"), value, declared(**answers))
    assert (judgement.verdict is Verdict.PASS) == (not wrong)
    assert wrong in judgement.got


def test_services_listed_must_be_just_those_claimed_of_those_that_the_pics_knows() -> None:
    step = Claimed(requirement="R", field="F", role="server")
    own = InitiateParameters().services | {"fileOpen"}
    assert claims(step, bits(own, SERVICES, SERVICE_BITS), declared()).verdict is Verdict.PASS
    fewer = claims(step, bits(own - {"write"}, SERVICES, SERVICE_BITS), declared())
    assert (fewer.got, fewer.severity) == (
        "write is not there, and the PICS claims it (MMS.write.server)",
        Severity.DECLARATION,
    )
    more = claims(step, bits(own, SERVICES, SERVICE_BITS), declared(MMS_cancel_server=Answer.NO))
    assert (more.got, more.severity) == (
        "cancel is there, and the PICS denies it (MMS.cancel.server)",
        Severity.DECLARATION,
    )


# Steps


def test_a_value_is_judged_by_the_type_told() -> None:
    step = Verify(requirement="R", field="F", of_type=True)
    assert verify_type(step, ("integer", 5), ("integer", 8)).verdict is Verdict.PASS
    for value, told in (
        (("integer", 500), ("integer", 8)),
        (MISSING, ("integer", 8)),
        (("integer", 5), None),
    ):
        assert verify_type(step, value, told).verdict is Verdict.FAIL


def test_values_compare_and_lists_count() -> None:
    wanted = ("structure", [("boolean", True)])
    assert verify(Verify(requirement="R", field="F", is_in=(wanted,)), wanted).verdict is Verdict.PASS
    other = ("structure", [("boolean", False)])
    assert verify(Verify(requirement="R", field="F", is_in=(wanted,)), other).verdict is Verdict.FAIL
    assert verify(Verify(requirement="R", field="F", at_least=2), [1, 2]).verdict is Verdict.PASS
    assert verify(Verify(requirement="R", field="F", at_least=2), [1]).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("identifier", "concerned"),
    [("MMS.1", True), ("MMS.15", False), ("COTP.CC.2", True), ("COTP.CC", True), ("COTP.CCX", False)],
)
def test_checks_are_named_whole_or_up_to_a_dot(identifier: str, concerned: bool) -> None:
    assert NoFinding(requirement="R", steps=("MMS.1", "COTP.CC")).concerns(identifier) is concerned


def test_a_case_may_know_the_severity_better() -> None:
    other, accepted = Observation(Kind.ANSWER, "rejectPDU"), Observation(Kind.ANSWER, "confirmed-ResponsePDU")
    declaration = Severity.DECLARATION
    assert judge(expect("R", RESPONSE, severity=declaration), other).severity is declaration
    assert judge(refuse("R", one(Kind.CLOSED), severity=declaration), accepted).severity is declaration
    assert judge(refuse("R", one(Kind.CLOSED), severity=declaration), other).severity is Severity.FORM


@pytest.mark.parametrize(
    "case", [case for name, case in load().items() if "/MMS-" in name], ids=lambda case: case.id
)
def test_conversations_survive_storage(case: Case) -> None:
    for talk in case.conversations:
        stored = msgspec.json.decode(msgspec.json.encode(talk), type=Conversation)
        assert msgspec.json.encode(stored) == msgspec.json.encode(talk)
        assert stored.recipe() == talk.recipe()


# Conversations that depend on the PICS


def try_of(point: str, pics: str) -> Conversation:
    steps = (Request(service="read", point=point), expect("R-MMS-read", RESPONSE))
    return conversation(*steps, label=pics, pics=pics)


def catalogue_of(*talks: Conversation) -> Catalogue:
    cases = Catalogue()

    @cases.case("OSI/SRV/SELF/BV-try", "R-MMS-read", pics="always")
    def make() -> tuple[Conversation, ...]:
        """Try."""
        return talks

    return cases


def test_only_conversations_for_this_pics_are_played_and_need_means() -> None:
    case = catalogue_of(try_of("data.read", "MMS.read.server"), try_of("data.write", "not MMS.read.server"))[
        "OSI/SRV/SELF/BV-try"
    ]
    for answer, label, means in (
        (Answer.YES, "MMS.read.server", ("data.read",)),
        (Answer.NO, "not MMS.read.server", ("data.write",)),
    ):
        answers = {"MMS.read.server": answer}
        assert [talk.label for talk in case.conversations_for(answers)] == [label]
        assert case.means_for(answers) == means


def test_a_case_without_a_conversation_for_this_pics_is_not_applicable() -> None:
    cases = catalogue_of(try_of("data.read", "not MMS.read.server"))
    selected = [(case, False) for case in cases.values()]
    (entry,) = make_plan(selected, declared(), ["data.read"], {"default": 0.0}).entries
    assert entry.not_applicable == "MMS.read.server"


def test_a_conversation_for_an_unknown_item_is_a_mistake() -> None:
    cases = catalogue_of(try_of("data.read", "MMS.nothing-such.server"))
    with pytest.raises(CaseError, match="no PICS item"):
        _ = cases["OSI/SRV/SELF/BV-try"].conversations
