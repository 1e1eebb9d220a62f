"""Faulty devices: what the building blocks change, and what the catalogue takes and refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from conform62351.fixtures.faults import building
from conform62351.fixtures.faults.registry import FaultError, fault, fault_catalogue, policy_of
from conform62351.profiles.policy import CheckTable, Fault, Policy, Reaction, Step


class Pdu(msgspec.Struct, frozen=True):
    size: int
    source: int = 0


def step(identifier: str, limit: int) -> Step[Pdu]:
    def test(pdu: Pdu) -> Fault | None:
        return Fault(f"over {limit}", Reaction.CLOSE, (("reason", 1),)) if pdu.size > limit else None

    return Step(identifier, "size", "7.1", "I", test)


TABLE = CheckTable("T", (step("T.1", 10), step("T.2", 5), step("T.3", 0)))


def found(policy: Policy, pdu: Pdu) -> list[str]:
    return [finding.step for finding in TABLE.findings(pdu, policy)]


def test_correct_device_stops_at_the_first_fault() -> None:
    assert found(Policy(), Pdu(20)) == ["T.1"]


def test_left_out_check_is_not_made() -> None:
    assert found(building.LeaveOut("T.1"), Pdu(20)) == ["T.2"]
    assert found(building.LeaveOut("T.1", "T.2", "T.3"), Pdu(20)) == []


def test_reordered_checks_share_their_places() -> None:
    policy = building.Reorder("T.3", "T.1")
    assert [item.id for item in policy.steps(TABLE)] == ["T.3", "T.2", "T.1"]
    assert building.Reorder("X.1").steps(TABLE) is TABLE.steps


def test_added_check_comes_first_in_its_table_only() -> None:
    policy = building.AddStep("T", step("T.0", 15))
    assert [item.id for item in policy.steps(TABLE)] == ["T.0", "T.1", "T.2", "T.3"]
    assert len(policy.steps(replace(TABLE, name="U"))) == 3


def test_replaced_reaction_keeps_what_it_does_not_name() -> None:
    policy = building.ReplaceReaction("T.1", Reaction.ABORT, diagnostic=2)
    (finding,) = TABLE.findings(Pdu(20), policy)
    assert finding.fault == Fault("over 10", Reaction.ABORT, (("reason", 1), ("diagnostic", 2)))
    assert found(policy, Pdu(7)) == ["T.2"]
    (finding,) = TABLE.findings(Pdu(20), building.ReplaceReaction("T.1", reason=9))
    assert finding.fault == Fault("over 10", Reaction.CLOSE, (("reason", 9),))


def test_field_is_rewritten_in_structs_and_mappings_of_the_pdu_meant() -> None:
    policy = building.RewriteField("PRES.CP", source=3)
    assert policy.rewrite("PRES.CP", Pdu(1)) == Pdu(1, 3)
    assert policy.rewrite("PRES.CP", {"size": 1}) == {"size": 1, "source": 3}
    assert policy.rewrite("PRES.CPA", Pdu(1)) == Pdu(1)
    with pytest.raises(TypeError, match=r"PRES\.CP is a bytes"):
        policy.rewrite("PRES.CP", b"")


def test_octets_are_rewritten_or_withheld() -> None:
    policy = building.RewriteOctets("TPKT", lambda octets: octets[::-1])
    assert policy.rewrite_octets("TPKT", b"ab") == b"ba"
    assert policy.rewrite_octets("COTP.DT", b"ab") == b"ab"
    assert building.Withhold("COTP.CC").rewrite_octets("COTP.CC", b"ab") is None


def test_message_is_late_when_the_pdu_is_part_of_it() -> None:
    policy = building.Delay("SES.AC", 2.5)
    assert policy.delay(("TPKT", "COTP.DT", "SES.AC")) == 2.5
    assert policy.delay(("TPKT", "COTP.CC")) == 0


def test_faults_combine_in_order() -> None:
    policy = building.Combine(
        building.LeaveOut("T.1"),
        building.AddStep("T", step("T.1", 30)),
        building.RewriteOctets("TPKT", lambda octets: octets + b"c"),
        building.RewriteOctets("TPKT", lambda octets: octets * 2),
        building.RewriteField("PRES.CP", source=3),
        building.Delay("TPKT", 1.0),
        building.Delay("TPKT", 0.5),
    )
    assert found(policy, Pdu(20)) == ["T.2"]
    assert found(policy, Pdu(31)) == ["T.1"]
    assert policy.rewrite_octets("TPKT", b"ab") == b"abcabc"
    assert policy.rewrite("PRES.CP", Pdu(1)) == Pdu(1, 3)
    assert policy.delay(("TPKT",)) == 1.5
    assert building.Combine(building.Withhold("TPKT"), policy).rewrite_octets("TPKT", b"a") is None


MODULE = '''
from conform62351.fixtures.faults.building import LeaveOut
from conform62351.fixtures.faults.registry import fault
from conform62351.profiles.policy import Policy


@fault("deaf", clause="1", requirement="R", caught_by=("OSI/SRV/X/BI-y",), roles=("server",))
def deaf() -> Policy:
    """The device does not look at class.

    It takes any.
    """
    return LeaveOut("COTP.CR.2")
'''


def test_module_of_the_user_adds_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "ours.py"
    path.write_text(MODULE)
    catalogue = fault_catalogue(path)
    assert len(catalogue) == len(fault_catalogue()) + 1
    entry = catalogue["deaf"]
    assert entry.wrong.startswith("The device does not look at class.\n\nIt takes")
    assert entry.caught_by == ("OSI/SRV/X/BI-y",)
    assert entry.roles == ("server",)
    policy = policy_of(["deaf"], catalogue)
    assert found(policy, Pdu(20)) == ["T.1"]
    table = CheckTable("COTP.CR", (step("COTP.CR.2", 1),))
    assert policy.steps(table) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ours.py: declares no fault"),
        ("def f(:\n", "ours.py:1: "),
        ("\nx = 1 / 0\n", "ours.py:2: ZeroDivisionError"),
        ("import sys\nsys.exit(3)\n", "ours.py:2: SystemExit"),
        (MODULE.replace('"deaf"', '"Deaf!"'), "ours.py:7: FaultError: fault 'Deaf!': a name is"),
        (MODULE.replace('"""', "#"), "ours.py"),
        (MODULE + MODULE.replace("def deaf", "def other"), "fault deaf exists already"),
        (MODULE.replace('("server",)', '"server"'), "roles are"),
        (MODULE.replace('("OSI/SRV/X/BI-y",)', '"OSI/SRV/X/BI-y"'), "caught_by is a list"),
    ],
)
def test_broken_module_is_one_typed_error(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ours.py"
    path.write_text(text)
    with pytest.raises(FaultError) as raised:
        fault_catalogue(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_module_of_the_user_need_not_know_our_names(tmp_path: Path) -> None:
    path = tmp_path / "ours.py"
    path.write_text(MODULE.replace(' requirement="R", caught_by=("OSI/SRV/X/BI-y",),', ""))
    entry = fault_catalogue(path)["deaf"]
    assert (entry.requirement, entry.caught_by) == ("", ())


def test_missing_module_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match=r"none\.py: No such file"):
        fault_catalogue(tmp_path / "none.py")
    with pytest.raises(FaultError, match=r"ends with \.py"):
        fault_catalogue(tmp_path / "none.txt")


def test_unknown_and_doubled_names_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ours.py"
    path.write_text(MODULE)
    catalogue = fault_catalogue(path)
    with pytest.raises(FaultError, match="no fault nonsense, other"):
        policy_of(["nonsense", "deaf", "other"], catalogue)
    with pytest.raises(FaultError, match="named twice"):
        policy_of(["deaf", "deaf"], catalogue)


def test_without_faults_the_policy_is_that_of_a_correct_device() -> None:
    assert type(policy_of([], fault_catalogue())) is Policy


def test_fault_without_docstring_is_refused() -> None:
    mark: Callable[[Callable[[], Policy]], Callable[[], Policy]]
    mark = fault("silent", clause="1", requirement="R", caught_by=("X",))

    def factory() -> Policy:
        return Policy()

    with pytest.raises(FaultError, match="no docstring"):
        mark(factory)


def test_a_combination_cuts_data_as_its_members_do() -> None:
    halves = building.CutData(lambda left, room: room // 2)
    unlimited = building.CutData(lambda left, room: left)
    assert building.Combine(halves).dt_length(100, 10) == 5
    assert building.Combine(halves, Policy()).dt_length(100, 10) == 5
    assert building.Combine(unlimited, halves).dt_length(100, 10) == 50
    assert building.Combine().dt_length(100, 10) == 10


def test_a_device_falls_silent_when_it_has_seen_enough() -> None:
    policy = building.MuteAfter("T", lambda context: context == "bad")
    table: CheckTable[str] = CheckTable("T", ())
    assert table.findings("good", policy) == ()
    assert policy.rewrite_octets("TPKT", b"x") == b"x"
    assert table.findings("bad", policy) == ()
    assert table.findings("good", policy) == ()
    assert policy.rewrite_octets("TPKT", b"x") is None
    assert policy.rewrite_octets("COTP.DT", b"x") == b"x"
