"""The unbuffered report control block: what it refuses, whose it is, what enabling and disabling do."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.mms.data import bit_string
from conform62351.profiles.mms.model import Model
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.names import DataAccessError
from conform62351.suites.selfcheck.mms_pair import LD, NOW
from conform62351.suites.selfcheck.mms_reporting_pair import (
    BLOCK,
    FALSE,
    IND1,
    TRUE,
    Reporting,
)

LATER = DataAccessError.TEMPORARILY_UNAVAILABLE
DENIED = DataAccessError.OBJECT_ACCESS_DENIED


@pytest.mark.parametrize(
    ("attribute", "data", "failure"),
    [
        ("ConfRev", ("unsigned", 9), DENIED),
        ("SqNum", ("unsigned", 9), DENIED),
        ("GI", TRUE, LATER),
        ("RptEna", ("integer", 1), DataAccessError.TYPE_INCONSISTENT),
        ("DatSet", ("visible-string", f"{LD}/LLN0$none"), DataAccessError.OBJECT_VALUE_INVALID),
        ("RptID", ("visible-string", "x" * 130), DataAccessError.OBJECT_VALUE_INVALID),
        ("IntgPd", ("unsigned", 1 << 32), DataAccessError.OBJECT_VALUE_INVALID),
        ("OptFlds", bit_string("1" * 11), DataAccessError.TYPE_INCONSISTENT),
    ],
)
def test_writes_that_a_block_refuses(attribute: str, data: Any, failure: DataAccessError) -> None:
    pair = Reporting()
    before = pair.read(BLOCK)
    assert pair.set(attribute, data) is failure
    assert pair.read(BLOCK) == before


@pytest.mark.parametrize(
    ("attribute", "data"),
    [
        ("RptID", ("visible-string", "x")),
        ("DatSet", ("visible-string", f"{LD}/LLN0$settings")),
        ("OptFlds", bit_string("0")),
        ("BufTm", ("unsigned", 1)),
        ("TrgOps", bit_string("0")),
        ("IntgPd", ("unsigned", 1)),
        ("Resv", FALSE),
    ],
)
def test_an_enabled_block_keeps_its_settings(attribute: str, data: Any) -> None:
    pair = Reporting()
    pair.enable()
    assert pair.set(attribute, data) is LATER
    assert pair.set("RptEna", FALSE) is None
    assert pair.set(attribute, data) is None


def test_general_interrogation_wants_its_trigger() -> None:
    pair = Reporting()
    pair.triggers("data-change")
    pair.enable()
    assert pair.set("GI", TRUE) is LATER
    assert pair.set("GI", FALSE) is None


def test_without_a_data_set_a_block_cannot_be_enabled() -> None:
    pair = Reporting()
    assert pair.set("DatSet", ("visible-string", "")) is None
    assert pair.set("RptEna", TRUE) is DataAccessError.OBJECT_ATTRIBUTE_INCONSISTENT


def test_another_data_set_raises_the_configuration_revision() -> None:
    pair = Reporting()
    assert pair.get("ConfRev") == 1
    assert pair.set("DatSet", ("visible-string", f"{LD}/LLN0$settings")) is None
    assert pair.set("DatSet", ("visible-string", f"{LD}/LLN0$settings")) is None
    assert pair.get("ConfRev") == 2


def two() -> tuple[Model, Reporting, Reporting]:
    model = reference_model()
    return model, Reporting(model=model), Reporting(model=model)


@pytest.mark.parametrize("take", ["Resv", "RptEna"])
def test_a_block_belongs_to_one_association(take: str) -> None:
    model, mine, other = two()
    assert mine.set(take, TRUE) is None
    assert mine.get("Resv") is True
    for attribute in ("Resv", "RptEna", "GI"):
        assert other.set(attribute, TRUE) is LATER
    assert other.set("RptID", ("visible-string", "x")) is LATER
    mine.enable()
    model.change(LD, f"{IND1}$stVal", TRUE, NOW)
    assert other.wait(0) == []
    assert other.server.next_due() is None
    assert mine.server.next_due() is not None
    assert len(mine.wait(0)) == 1


@pytest.mark.parametrize("take", ["Resv", "RptEna"])
def test_the_end_of_the_association_frees_the_block(take: str) -> None:
    _, mine, other = two()
    assert mine.set("Resv", TRUE) is None
    assert mine.set(take, TRUE) is None
    other.server.close()
    assert other.set("RptEna", TRUE) is LATER
    mine.server.close()
    assert (other.get("Resv"), other.get("RptEna")) == (False, False)
    other.enable()
    assert len(other.change(f"{IND1}$stVal", TRUE)) == 1


def test_disabling_frees_the_block_unless_it_was_reserved() -> None:
    _, mine, other = two()
    mine.enable()
    assert mine.set("RptEna", FALSE) is None
    assert mine.get("Resv") is False
    assert other.set("Resv", TRUE) is None
    other.enable()
    assert other.set("RptEna", FALSE) is None
    assert other.get("Resv") is True
    assert mine.set("RptEna", TRUE) is LATER
    assert other.set("Resv", FALSE) is None
    mine.enable()


def test_enabling_an_enabled_block_changes_nothing() -> None:
    pair = Reporting()
    pair.enable()
    assert len(pair.change(f"{IND1}$stVal", TRUE)) == 1
    pair.enable()
    assert pair.get("SqNum") == 1
