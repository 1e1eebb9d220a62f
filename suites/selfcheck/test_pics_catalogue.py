"""Tables 6 to 13 and our own items, and the requirements, as data."""

from __future__ import annotations

import re
import ssl
import tomllib
from importlib import resources

import pytest

from conform62351.pics.catalogue import ROLES, catalogue, read_tables
from conform62351.pics.conditions import Answer
from conform62351.pics.provenance import Provenance
from conform62351.pics.requirements import read_requirements, requirements

# The suites of Tables 9 and 12 with their code points and statuses, written down a second time.
TABLE_9 = {
    "0036": "m", "0030": "o", "000A": "o", "000D": "o", "0010": "o", "0013": "o", "0016": "o",
    "0005": "x", "0034": "x", "003A": "x", "0000": "x", "0001": "x", "0002": "o", "003B": "o",
}  # fmt: skip
TABLE_12 = {
    "003C": "m", "00A0": "m", "009E": "m", "C02B": "m",
    "003F": "o", "00A1": "o", "C02F": "o", "C030": "o", "C02C": "o",
}  # fmt: skip


def answers(*yes: str) -> dict[str, Answer]:
    return {item.code: Answer.YES if item.code in yes else Answer.NO for item in catalogue()}


def test_every_item_of_tables_6_to_13_is_there_for_both_roles() -> None:
    tables = {table.number: table for table in catalogue().tables if table.number}
    assert {number: len(table.items) for number, table in tables.items()} == {
        6: 4, 7: 4, 8: 4, 9: 28, 10: 4, 11: 4, 12: 18, 13: 24
    }  # fmt: skip
    for table in tables.values():
        rows = {role: [item.row for item in table.items if item.role == role] for role in ROLES}
        assert rows["client"] == rows["server"]


@pytest.mark.parametrize(("number", "suites"), [(9, TABLE_9), (12, TABLE_12)])
def test_suites_have_their_code_points_and_statuses(number: int, suites: dict[str, str]) -> None:
    items = [item for item in catalogue() if item.table == number]
    for role in ROLES:
        assert {item.suite: item.status for item in items if item.role == role} == suites


def test_suite_names_belong_to_their_code_points() -> None:
    # OpenSSL knows some of the code points under names of its own making.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    known = {cipher["id"] & 0xFFFF: cipher["name"] for cipher in context.get_ciphers()}
    ours = {int(item.suite, 16): item.row for item in catalogue() if item.suite}
    shared = set(known) & set(ours)
    assert len(shared) >= 8
    for code in shared:
        name = ours[code].removeprefix("TLS_").removeprefix("RSA_WITH_").replace("_WITH", "")
        for word, meant in (("_CBC", ""), ("AES_", "AES"), ("DH_anon", "ADH"), ("_", "-")):
            name = name.replace(word, meant)
        assert name == known[code]


def test_codes_can_be_written_as_bare_dotted_keys() -> None:
    for item in catalogue():
        assert re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){1,2}", item.code)
        assert item.code.endswith("." + item.role)
        assert item.reference
        assert item.question.endswith(("?", ".)"))


def test_a_status_follows_its_condition() -> None:
    item = catalogue()["T7.native.server"]
    assert item.status == "c.4"
    assert item.status_under(answers("ROLE.server", "T6.XMPP.server", "T6.OSI.server")) == "m"
    assert item.status_under(answers("ROLE.server", "T6.OSI.server")) == "o.7"
    assert item.status_under(answers("ROLE.server")) == "n/a"
    assert catalogue()["T7.compatibility.server"].status_under(answers("T6.XMPP.server")) == "n/a"
    unknown = {**answers(), "T6.XMPP.server": Answer.UNKNOWN}
    assert item.status_under(unknown) is None


def test_algorithms_follow_the_mode_of_encryption() -> None:
    native = ("T7.native.client", "T10.E2E-security.client")
    under = answers(*native, "T11.AE.client")
    assert catalogue()["T13.aes256-GCM.client"].status_under(under) == "m"
    assert catalogue()["T13.aes256-CBC.client"].status_under(under) == "n/a"
    under = answers(*native, "T11.non-AE.client")
    assert catalogue()["T13.hmacWithSHA256.client"].status_under(under) == "m"
    assert catalogue()["T13.aes256-CBC.client"].status_under(under) == "n/a"
    under = answers(*native, "T11.non-AE.client", "E2E.non-AE-encryption.client")
    assert catalogue()["T13.aes256-CBC.client"].status_under(under) == "m"


@pytest.mark.parametrize(
    ("code", "claimed", "status"),
    [
        ("E2E.policy-AE-required.server", ("T11.AE.server",), "n/a"),
        ("E2E.policy-AE-required.server", ("T11.AE.server", "T11.non-AE.server"), "o"),
        ("E2E.policy-encryption-required.server", ("T11.non-AE.server",), "n/a"),
        ("E2E.policy-encryption-required.server", ("T11.AE.server",), "o"),
        ("E2E.policy-no-encryption.server", ("T11.AE.server",), "n/a"),
        ("E2E.policy-no-encryption.server", ("T11.non-AE.server", "E2E.integrity-only.server"), "o"),
        ("E2E.integrity-only.server", ("T11.AE.server",), "n/a"),
        ("E2E.integrity-only.server", ("T11.non-AE.server",), "o.5"),
        ("E2E.tag-length-13.server", ("T11.AE.server",), "o"),
        ("E2E.OCSP.server", ("T11.AE.server",), "o.8"),
        ("COMB.E2E-security-alone.server", (), "o"),
    ],
)
def test_features_of_native_mode_follow_what_they_belong_to(
    code: str, claimed: tuple[str, ...], status: str
) -> None:
    native = ("T6.OSI.server", "T7.native.server", "T10.E2E-security.server")
    assert catalogue()[code].status_under(answers(*native, *claimed)) == status
    assert catalogue()[code].status_under(answers("T6.OSI.server", *claimed)) == "n/a"


def test_our_own_items_are_marked_as_inferred() -> None:
    assert {item.provenance for item in catalogue() if item.table is None} == {Provenance.INFERRED}


@pytest.mark.parametrize("row", [{"server": "c.9"}])
def test_a_condition_that_is_not_defined_is_refused(row: dict[str, str]) -> None:
    table = {"id": "T", "title": "", "provenance": "I", "claims": "R-PICS-wire"}
    with pytest.raises(ValueError, match="not defined"):
        read_tables({"table": {**table, "row": [{"name": "r", "reference": "", "provenance": "I", **row}]}})


def test_requirements_are_complete_and_their_conditions_are_known() -> None:
    assert len(requirements()) > 150
    for requirement in requirements().values():
        assert requirement.text.endswith(".")
        assert re.match(r"[0-9]+|[A-Z]\.[0-9]+", requirement.clause)
        for role in requirement.roles:
            codes = requirement.applies_to(role).codes
            assert all(code in catalogue() for code in codes)
            assert all(code.endswith(role) for code in codes)


def test_requirements_of_the_tables_agree_with_the_tables_on_where_they_are_from() -> None:
    # A mandatory row that is known from the notes must not be judged as our own choice, nor the reverse.
    for item in catalogue():
        if item.status == "m":
            assert requirements()[item.mandatory].provenance is item.provenance, item.code
    for table in catalogue().tables:
        for group in table.groups:
            assert requirements()[group.requirement].provenance is group.provenance


def test_each_suite_has_a_requirement_that_says_what_its_row_is_on_the_wire() -> None:
    suites = [item for item in catalogue() if item.suite]
    assert {item.table for item in suites} == {9, 12}
    for item in suites:
        requirement = requirements()[item.requirement]
        assert f"{item.row} ({item.suite})" in requirement.text
        assert requirement.provenance is item.provenance
        assert requirement.applies_to(item.role).text == item.presupposes.text
    assert not [item.code for item in catalogue() if item.requirement and not item.suite]


def test_every_data_file_of_requirements_is_read() -> None:
    count = 0
    for file in resources.files("conform62351.pics.requirements").iterdir():
        if file.name.endswith(".toml"):
            count += sum(1 for _ in read_requirements(tomllib.loads(file.read_text("utf-8"))))
    assert count == len(requirements())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": "SHALL"}, "'SHALL' is none of"),
        ({"role": "peer"}, "'peer' is none of"),
        ({"reason": "too hard"}, "'too hard' is none of"),
        ({"edition": "2007"}, "'2007' is none of"),
        ({"provenance": "X"}, "'X' is not a valid"),
        ({"condition": "T6.OSI"}, "unknown items"),
        ({"colour": "red"}, "fields missing or unknown"),
    ],
)
def test_a_wrong_requirement_is_refused(change: dict[str, str], message: str) -> None:
    raw = {
        "clause": "10", "document": "X.225", "provenance": "R", "level": "MUST", "role": "both",
        "condition": "always", "text": "It is.",
    }  # fmt: skip
    assert next(read_requirements({"R-X": raw})).id == "R-X"
    with pytest.raises(ValueError, match=message):
        next(read_requirements({"R-X": {**raw, **change}}))


def test_provenance_has_the_six_marks() -> None:
    assert [(provenance.mark, provenance.label) for provenance in Provenance] == [
        ("S", "preview"), ("N", "notes"), ("E", "events"), ("R", "public"), ("F", "field"), ("I", "inferred")
    ]  # fmt: skip
    assert all(provenance.meaning for provenance in Provenance)
