"""The static review: every rule can be broken, and an honest, conforming PICS breaks none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.device.configuration import device_file
from conform62351.pics.catalogue import catalogue
from conform62351.pics.conditions import Answer, parse
from conform62351.pics.declaration import Declaration, Header, load_declaration
from conform62351.pics.deviations import load_deviations
from conform62351.pics.requirements import requirements
from conform62351.pics.static_review import NOT_SECURE, Rule, rules, static_review

HEADER = Header("V", "P", "1", "2", "2018+A1")


def declare(*yes: str, unknown: tuple[str, ...] = ()) -> Declaration:
    answers = {item.code: Answer.YES if item.code in yes else Answer.NO for item in catalogue()}
    return Declaration(HEADER, answers | dict.fromkeys(unknown, Answer.UNKNOWN))


def conforming() -> set[str]:
    """Both roles, both environments, both modes, everything that is allowed."""
    answers = {item.code: Answer.YES for item in catalogue()}
    return {item.code for item in catalogue() if item.status_under(answers) not in ("x", "n/a")}


def broken(*yes: str) -> set[str]:
    return {finding.id for finding in static_review(declare(*yes))}


def test_who_claims_everything_that_is_allowed_breaks_nothing() -> None:
    assert broken(*conforming()) == set()


def test_who_has_the_mandatory_items_of_native_mode_alone_breaks_nothing() -> None:
    chosen = {"ROLE.server", "T6.OSI.server", "T7.native.server", "T11.AE.server", "E2E.CRL.server"}
    while True:
        answers = declare(*chosen).answers
        needed = {item.code for item in catalogue() if item.status_under(answers) == "m"}
        if needed <= chosen:
            break
        chosen |= needed
    assert broken(*chosen) == set()
    assert "T13.aes128-GCM.server" in chosen
    assert "T13.aes128-CBC.server" not in chosen


@pytest.mark.parametrize(
    "rule",
    [rule for rule in rules() if rule.kind != NOT_SECURE],
    ids=lambda rule: rule.id.removeprefix("PICS/STATIC/"),
)
def test_every_rule_is_broken_by_a_pics_and_names_its_items(rule: Rule) -> None:
    everything = conforming()
    match rule.kind:
        case "mandatory" | "at-least-one":
            claimed = everything - set(rule.codes)
            if rule.id.startswith("PICS/STATIC/T7.mode"):
                claimed -= {"T6.XMPP.client", "T6.XMPP.server"}
        case "excluded":
            claimed = everything | set(rule.codes)
        case _:
            claimed = set(rule.codes)
    declaration = declare(*claimed)
    finding = rule.finding(declaration)
    assert finding is not None
    assert set(finding.codes) <= set(rule.codes)
    assert all(code in finding.text for code in finding.codes)
    assert finding.requirement in requirements()
    assert finding.provenance is requirements()[finding.requirement].provenance
    assert rule.violation(declaration) == finding.text
    assert parse(rule.pics).holds(declaration.answers)


@pytest.mark.parametrize("role", ["client", "server"])
def test_authentication_without_tls_breaks_nothing_and_is_called_not_secure(role: str) -> None:
    code = f"COMB.A-security-profile-alone.{role}"
    (rule,) = [rule for rule in rules() if rule.kind == NOT_SECURE and rule.codes == (code,)]
    everything = conforming()
    assert rule.finding(declare(*everything)) is None
    assert "not secure" in str(rule.warning(declare(*everything)))
    assert rule.warning(declare(*everything - {code})) is None
    assert [other.id for other in rules() if other.warning(declare(*everything - {code}))] == [
        rule.id.replace(role, "server" if role == "client" else "client")
    ]
    needless = declare("ROLE.server", "T6.OSI.server", code)
    assert f"PICS/STATIC/COMB.{role}-prerequisites" in {finding.id for finding in static_review(needless)}


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from([item.code for item in catalogue()])))
def test_a_rule_applies_where_its_items_have_the_status_it_is_about(claimed: set[str]) -> None:
    declaration = declare(*claimed)
    answers = declaration.answers
    for rule in rules():
        if rule.kind in ("prerequisites", NOT_SECURE):
            applies = any(code in claimed for code in rule.codes)
        else:
            applies = any(catalogue()[code].status_under(answers) == rule.status for code in rule.codes)
        assert parse(rule.pics).truth(answers) is applies, rule.id
        assert applies or rule.finding(declaration) is None


@settings(deadline=None, max_examples=40)
@given(st.sets(st.sampled_from([item.code for item in catalogue()])))
def test_unknown_answers_break_nothing(claimed: set[str]) -> None:
    unknown = tuple(item.code for item in catalogue() if item.code not in claimed)
    for finding in static_review(declare(*claimed, unknown=unknown)):
        assert finding.id.endswith(("-excluded", "-prerequisites"))
        assert set(finding.codes) <= claimed


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (set(), {"ROLE.at-least-one"}),
        ({"ROLE.server"}, {"T6.environment.server-at-least-one"}),
        ({"ROLE.client", "T6.OSI.client"}, {"T7.mode.client-at-least-one"}),
        ({"ROLE.client", "T6.OSI.server"}, {"T6.environment.client-at-least-one", "T6.server-prerequisites",
                                            "T7.mode.server-at-least-one"}),
        ({"ROLE.client", "T6.XMPP.client"}, {"T7.native.client-mandatory"}),
        ({"ROLE.client", "T6.XMPP.client", "T7.compatibility.client"},
         {"T7.native.client-mandatory", "T7.client-prerequisites", "T8.T-security.client-mandatory",
          "T8.A-security-profile.client-mandatory"}),
    ],
)  # fmt: skip
def test_what_is_said_of_roles_environments_and_modes(claimed: set[str], expected: set[str]) -> None:
    assert broken(*claimed) == {f"PICS/STATIC/{name}" for name in expected}


def test_findings_read_well() -> None:
    findings = {
        finding.id.removeprefix("PICS/STATIC/"): finding.text
        for finding in static_review(
            declare(
                "ROLE.server", "T6.OSI.server", "T7.compatibility.server", "T8.T-security.server",
                "T9.TLS_RSA_WITH_RC4_128_SHA.server", "T13.aes256-GCM.server", "T7.native.client",
            )
        )
    }  # fmt: skip
    assert findings == {
        "T7.client-prerequisites": "T7.native.client is claimed without T6.XMPP.client",
        "T8.A-security-profile.server-mandatory": "T8.A-security-profile.server is mandatory and answered no",
        "T9.TLS_DH_DSS_WITH_AES_256_CBC_SHA.server-mandatory": (
            "T9.TLS_DH_DSS_WITH_AES_256_CBC_SHA.server is mandatory and answered no"
        ),
        "T9.TLS_RSA_WITH_RC4_128_SHA.server-excluded": (
            "T9.TLS_RSA_WITH_RC4_128_SHA.server is excluded and answered yes"
        ),
        "T10.T-security.client-mandatory": "T10.T-security.client is mandatory and answered no",
        "T10.E2E-security.client-mandatory": "T10.E2E-security.client is mandatory and answered no",
        "T13.server-prerequisites": "T13.aes256-GCM.server is claimed without T7.native.server",
        "TLS.renegotiation-request.server-mandatory": (
            "TLS.renegotiation-request.server is mandatory and answered no"
        ),
        "TLS.CRL.server-mandatory": "TLS.CRL.server is mandatory and answered no",
    }


def test_identifiers_are_unique_readable_and_hold_no_numbers_of_their_own() -> None:
    assert len({rule.id for rule in rules()}) == len(rules())
    for rule in rules():
        assert re.fullmatch(r"PICS/STATIC/[A-Za-z0-9._-]+", rule.id)
        assert rule.title
        assert rule.text.endswith(".")
        assert rule.source.startswith("pics/tables/")


def test_every_requirement_on_the_pics_has_a_rule() -> None:
    cited = {rule.requirement for rule in rules()}
    stated = {name for name in requirements() if name.startswith("R-PICS-")}
    assert stated - cited == {"R-PICS-wire"}
    assert cited <= stated


def test_the_reference_device_declares_exactly_its_findings() -> None:
    declaration = load_declaration(device_file("pics.toml"))
    findings = static_review(declaration)
    deviations = load_deviations(device_file("deviations.toml")).of(declaration.header)
    assert {finding.id for finding in findings} == {entry.case for entry in deviations.entries}
    for finding in findings:
        assert deviations.match(finding.id, "fail", [finding.requirement])
