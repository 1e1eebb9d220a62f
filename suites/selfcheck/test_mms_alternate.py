"""Alternate access to parts of a variable of the reference model."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.mms import data as mms
from conform62351.profiles.mms.alternate import select
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.nodes import Node
from conform62351.suites.selfcheck.mms_pair import LD


def harmonics() -> Node:
    model = reference_model()
    node = model.find(LD, "MHAI1$MX$HA$phsAHar")
    assert node is not None
    for number, leaf in enumerate(leaf for leaf in node.leaves() if leaf.name == "f"):
        leaf.data = mms.floating_point(number)
    return node


def access(how: str, which: Any = None) -> tuple[str, Any]:
    return "unnamed", ("selectAccess", (how, which))


def inner(how: str, which: Any, *further: tuple[str, Any]) -> tuple[str, Any]:
    detail = {"accessSelection": (how, which), "alternateAccess": list(further)}
    return "unnamed", ("selectAlternateAccess", detail)


def span(low: int, count: int) -> dict[str, int]:
    return {"lowIndex": low, "numberOfElements": count}


def test_alternate_access_selects_parts() -> None:
    node = harmonics()
    number = [("structure", [("structure", [mms.floating_point(n)])]) for n in range(4)]
    value = inner("component", "cVal", inner("component", "mag", access("component", "f")))
    assert select(node, [access("index", 2)]) == node.read()[1][2]
    assert select(node, [access("indexRange", span(1, 2))]) == ("array", node.read()[1][1:3])
    assert select(node, [access("allElements")]) == node.read()
    assert select(node, [inner("index", 3, access("component", "cVal"))]) == number[3]
    assert select(node, [inner("index", 3, value)]) == mms.floating_point(3)
    assert select(node, [inner("indexRange", span(0, 2), access("component", "cVal"))]) == (
        "array",
        number[:2],
    )
    named = ("named", {"componentName": "x", "access": ("selectAccess", ("index", 1))})
    assert select(node, [named]) == node.read()[1][1]
    assert select(node, [access("index", 0), named]) == ("structure", node.read()[1][:2])


@pytest.mark.parametrize(
    "selection",
    [
        [],
        [access("index", 4)],
        [access("component", "cVal")],
        [access("indexRange", span(3, 2))],
        [access("indexRange", span(0, 0))],
        [access("index", 0), access("index", 9)],
        [inner("index", 9, access("component", "cVal"))],
        [inner("index", 0, access("component", "no"))],
        [inner("index", 0, access("index", 0))],
        [inner("allElements", None, access("component", "no"))],
        [inner("index", 0)],
        [access("index", 0)] * 2001,
        [inner("allElements", None, *[access("component", "cVal")] * 50)] * 10,
    ],
)
def test_alternate_access_to_what_is_not_there_or_too_much_selects_nothing(selection: list[Any]) -> None:
    assert select(harmonics(), selection) is None
