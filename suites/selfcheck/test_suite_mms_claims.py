"""What a PICS claims and denies of MMS is judged by the wire, in both directions and both roles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.pics.conditions import Answer
from conform62351.profiles.policy import Policy
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Severity, Verdict, worst
from conform62351.suites.loading import load
from conform62351.tooling.proof.bench import Bench

SERVER = "OSI/SRV/MMS-CLAIMS/BV-services"
CLIENT = "OSI/CLI/MMS-CLAIMS/BV-services"
LISTED = "OSI/SRV/MMS-INITIATE/BV-services"
SERVICES = ("status", "identify", "getNameList", "getVariableAccessAttributes", "write", "conclude", "cancel")
DENIED = {f"MMS.{service}.server": Answer.NO for service in SERVICES}
NO_CONCLUDE = {"MMS.conclude.client": Answer.NO}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def play(
    bench: Bench, identifier: str, *, has: dict[str, Answer], says: dict[str, Answer]
) -> list[CheckMade]:
    with bench.device(Policy(), {}, has=has, says=says) as subject:
        return subject.play(load()[identifier])


@pytest.mark.parametrize(
    ("identifier", "answers"), [(SERVER, DENIED), (LISTED, DENIED), (CLIENT, NO_CONCLUDE)]
)
def test_what_is_denied_and_not_there_passes(
    bench: Bench, identifier: str, answers: dict[str, Answer]
) -> None:
    checks = play(bench, identifier, has=answers, says=answers)
    assert worst(check.verdict for check in checks) is Verdict.PASS, checks[-1].got


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_denied_and_works_is_a_matter_of_declaration(bench: Bench, service: str) -> None:
    checks = play(bench, SERVER, has={}, says={f"MMS.{service}.server": Answer.NO})
    assert (checks[-1].label, checks[-1].severity) == (f"{service}, denied", Severity.DECLARATION)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_claimed_and_missing_is_a_matter_of_declaration(bench: Bench, service: str) -> None:
    checks = play(bench, SERVER, has={f"MMS.{service}.server": Answer.NO}, says={})
    assert (checks[-1].label, checks[-1].severity) == (f"{service}, claimed", Severity.DECLARATION)


@pytest.mark.parametrize(
    ("has", "says", "got"),
    [
        (Answer.YES, Answer.NO, "identify is there, and the PICS denies it (MMS.identify.server)"),
        (Answer.NO, Answer.YES, "identify is not there, and the PICS claims it (MMS.identify.server)"),
    ],
)
def test_the_services_listed_must_be_those_claimed(bench: Bench, has: Answer, says: Answer, got: str) -> None:
    code = "MMS.identify.server"
    checks = play(bench, LISTED, has={code: has}, says={code: says})
    assert (checks[-1].got, checks[-1].severity) == (got, Severity.DECLARATION)


@pytest.mark.parametrize(("has", "says"), [(Answer.YES, Answer.NO), (Answer.NO, Answer.YES)])
def test_a_client_concludes_just_if_it_says_so(bench: Bench, has: Answer, says: Answer) -> None:
    code = "MMS.conclude.client"
    checks = play(bench, CLIENT, has={code: has}, says={code: says})
    assert (checks[-1].verdict, checks[-1].severity) == (Verdict.FAIL, Severity.DECLARATION)
