"""What cases on negotiation rest on: public values that are none, and what is denied on either side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conform62351.fixtures.device.configuration import device_file
from conform62351.fixtures.faults.building import AddStep, LeaveOut, ReplaceReaction, Rewrite
from conform62351.pics.conditions import Answer
from conform62351.pics.declaration import load_declaration
from conform62351.profiles.crypto.groups import PublicValueError, groups
from conform62351.profiles.native.examination import HandshakeExamination
from conform62351.profiles.policy import Policy, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.securitylog import EventRecord
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import Severity, Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.native.public_values import (
    COORDINATE_OCTETS,
    CURVES,
    no_point_forms,
    no_points,
    of_other_length,
    out_of_range,
    outside_subgroup,
    valid,
)
from conform62351.tooling.engine.planner import make_plan
from conform62351.tooling.proof.bench import Bench

PRIVATE = 5
MODP = ("modp-2048", "modp-2048-224")
INVALID = [
    *((name, each(name)) for name in CURVES for each in (no_points, no_point_forms)),
    *((name, each(name)) for name in MODP for each in (out_of_range, of_other_length)),
    (MODP[1], outside_subgroup(MODP[1])),
]
DENIALS = [
    ("E2E/SRV/GROUP/BI-not-supported", "E2E.group-23.server"),
    ("E2E/SRV/GROUP/BI-not-supported", "E2E.group-28.server"),
    ("E2E/CLI/GROUP/BI-not-offered", "E2E.group-23.client"),
    ("E2E/CLI/GROUP/BI-not-offered", "E2E.group-28.client"),
    ("E2E/SRV/SELECT/BI-AE-algorithms", "T11.AE.server"),
    ("E2E/SRV/SELECT/BI-AE-algorithms", "T13.aes128-GCM.server"),
    ("E2E/SRV/SELECT/BI-AE-algorithms", "E2E.tag-length-13.server"),
    ("E2E/SRV/SELECT/BI-encryption-algorithms", "E2E.non-AE-encryption.server"),
    ("E2E/SRV/SELECT/BI-encryption-algorithms", "T13.aes128-CBC.server"),
    ("E2E/SRV/SELECT/BI-encryption-algorithms", "T11.non-AE.server"),
    ("E2E/SRV/SELECT/BI-ICV-algorithms", "E2E.integrity-only.server"),
    ("E2E/SRV/SELECT/BI-ICV-algorithms", "T13.aes256-GCM-ICV.server"),
    ("E2E/SRV/SELECT/BI-ICV-algorithms", "E2E.tag-length-15.server"),
    ("E2E/SRV/SELECT/BI-ICV-algorithms", "T11.non-AE.server"),
    ("E2E/CLI/SELECT/BI-AE-algorithm", "E2E.tag-length-14.client"),
    ("E2E/CLI/SELECT/BI-ICV-algorithm-separate", "E2E.tag-length-14.client"),
    ("E2E/CLI/SELECT/BI-ICV-algorithm-integrity", "E2E.tag-length-14.client"),
]
"""Cases that try what an item of the PICS denies."""


LIMITED = {
    "no AE": ("T11.AE", "E2E.policy-AE-required", "T13.aes128-GCM", "T13.aes256-GCM"),
    "AE alone": (
        "T11.non-AE",
        "E2E.non-AE-encryption",
        "E2E.integrity-only",
        "E2E.policy-no-encryption",
        "E2E.policy-AE-required",
        *(f"T13.{name}" for name in ("aes128-CBC", "aes256-CBC", "hmacWithSHA256")),
        *(f"T13.aes{bits}-GCM-ICV" for bits in (128, 256)),
    ),
    "always encrypted": ("E2E.integrity-only", "E2E.policy-no-encryption", "E2E.tag-length-14"),
    "no GMAC and one group": ("T13.aes128-GCM-ICV", "T13.aes256-GCM-ICV", "E2E.group-23", "E2E.group-28"),
}
"""Devices that have less, by what their PICS denies in both roles."""
NEGOTIATION = "conform62351.suites.native.negotiation_"
ALIKE = {"IEC62351-4:1.18": "IEC62351-4:1.21", "IEC62351-4:1.21": "IEC62351-4:1.18"}
"""Events that say the same (11-decisions 46)."""
ENCRYPTION_NOT_REQUIRED = 6
PROTOCOL_ERROR = 1


def exchanged(record: EventRecord) -> EventRecord:
    return replace(record, id=ALIKE.get(record.id, record.id))


def bad(checks: list[CheckMade]) -> list[tuple[str, Severity | None]]:
    return [(check.label, check.severity) for check in checks if check.verdict is not Verdict.PASS]


@pytest.mark.parametrize(("group", "values"), INVALID)
def test_what_is_no_public_value_gives_no_secret(group: str, values: dict[str, bytes]) -> None:
    for value in values.values():
        with pytest.raises(PublicValueError):
            groups()[group].shared_secret(PRIVATE, value)


@pytest.mark.parametrize("group", [*CURVES, *MODP])
def test_the_value_that_others_are_made_from_gives_one(group: str) -> None:
    assert groups()[group].shared_secret(PRIVATE, valid(group))


@pytest.mark.parametrize("group", CURVES)
def test_a_coordinate_is_not_reduced_and_nothing_else_is_wrong(group: str) -> None:
    value = no_points(group)["x not reduced"]
    x = int.from_bytes(value[1 : 1 + COORDINATE_OCTETS], "big") - CURVES[group].p
    reduced = value[:1] + x.to_bytes(COORDINATE_OCTETS, "big") + value[1 + COORDINATE_OCTETS :]
    assert groups()[group].shared_secret(PRIVATE, reduced)


@pytest.mark.parametrize(("identifier", "item"), DENIALS)
def test_what_is_denied_and_not_there_is_refused_as_it_should_be(
    bench: Bench, identifier: str, item: str
) -> None:
    answer = {item: Answer.NO}
    with bench.device(Policy(), {}, has=answer, says=answer) as subject:
        checks = subject.play(load()[identifier])
    assert worst(check.verdict for check in checks) is Verdict.PASS, bad(checks)
    assert any(check.label.endswith(", denied") for check in checks)


@pytest.mark.parametrize(("identifier", "item"), DENIALS)
def test_what_is_denied_and_there_is_a_mismatch_of_the_declaration(
    bench: Bench, identifier: str, item: str
) -> None:
    with bench.device(Policy(), {}, says={item: Answer.NO}) as subject:
        (label, severity), *_ = bad(subject.play(load()[identifier]))
    assert label.endswith(", denied")
    assert severity is Severity.DECLARATION


def test_that_authenticated_encryption_is_missing_has_a_diagnostic_of_its_own(bench: Bench) -> None:
    answer = {"T11.AE.server": Answer.NO}
    with bench.device(LeaveOut("E2E.HS.15"), {}, has=answer, says=answer) as subject:
        (label, severity), *_ = bad(subject.play(load()["E2E/SRV/SELECT/BI-AE-algorithms"]))
    assert label == "authenticated encryption, denied"
    assert severity is Severity.FORM


@pytest.mark.parametrize("denied", LIMITED.values(), ids=LIMITED)
def test_a_device_that_has_less_and_says_so_passes(bench: Bench, denied: tuple[str, ...]) -> None:
    answers = {f"{item}.{role.value}": Answer.NO for item in denied for role in Role}
    cases = [case for case in load().values() if case.source.startswith(NEGOTIATION)]
    with bench.device(Policy(), {}, has=answers, says=answers) as subject:
        declared = subject.dut.declaration.answers
        tried = [case for case in cases if not subject.why_not(case) and case.conversations_for(declared)]
        found = {case.id: bad(subject.play(case)) for case in tried}
    assert len(tried) > len(cases) // 3
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("name", ["unwanted-encryption", "unwanted-applProtected"])
def test_events_that_say_the_same_are_read_for_one_another(bench: Bench, name: str) -> None:
    with bench.device(Rewrite("LOG.event", exchanged), {}) as subject:
        checks = subject.play(load()[f"E2E/SRV/MODE/BI-{name}"])
    assert "R-LOG-event" in {check.requirement for check in checks}
    assert bad(checks) == []


def test_unwanted_encryption_with_authentication_may_be_called_unwanted_encryption(bench: Bench) -> None:
    policy = ReplaceReaction("E2E.HS.16", diagnostic=ENCRYPTION_NOT_REQUIRED)
    with bench.device(policy, {}) as subject:
        assert bad(subject.play(load()["E2E/SRV/MODE/BI-unwanted-AE"])) == []


def test_a_server_may_look_at_more_public_values_than_it_has_to(bench: Bench) -> None:
    def two(it: HandshakeExamination) -> bool:
        return it.token1 is not None and len(it.token1.dhKey) == 2

    policy = AddStep.when("E2E.HS", two, Reaction.REFUSE, diagnostic=PROTOCOL_ERROR)
    with bench.device(policy, {}) as subject:
        checks = subject.play(load()["E2E/SRV/PUBLIC/BV-not-selected"])
    assert bad(checks) == []
    assert [check.label for check in checks if check.warnings] == ["the bad one behind"]


@pytest.mark.parametrize(("reading", "excluded"), [("secp256r1", "native.group23"), ("rfc5114", "")])
def test_a_case_on_the_other_reading_of_a_number_is_not_applicable(reading: str, excluded: str) -> None:
    case = load()["E2E/SRV/PUBLIC/BI-23-RFC-5114-subgroup"]
    declaration = load_declaration(device_file("pics.toml"))
    offered = [f"group 23 as {reading}"]
    (entry,) = make_plan([(case, False)], declaration, offered, {"native": 0.0}, {"native": "native"}).entries
    assert entry.not_applicable == excluded
