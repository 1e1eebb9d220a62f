"""Mutants of a module: what is changed, what is left alone, and what they are called."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import replace

import pytest

from conform62351.tooling.mutation.mutants import Mutant, mutants_of
from conform62351.tooling.mutation.operators import changes
from conform62351.tooling.mutation.overlay import Overlay
from conform62351.tooling.mutation.reach import reached_names
from conform62351.tooling.mutation.source import Source, read_module

CHECKS = "conform62351.profiles.compatibility.checks"


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


def made(text: str) -> list[str]:
    """Return ``text`` as each change leaves it."""
    source = Source("a.module", text.encode())
    found = changes(source, {"Colour": Colour})
    return [
        (source.octets[: one.start] + one.text.encode() + source.octets[one.end :]).decode() for one in found
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = b == c", ["a = b != c"]),
        ("a = b < c", ["a = b <= c", "a = b >= c"]),
        ("a = b not in c", ["a = b in c"]),
        ("a = b is not c", ["a = b is c"]),
        ("a = b and c", ["a = True and c", "a = b and True"]),
        ("a = b or c", ["a = False or c", "a = b or False"]),
        ("a = b or ()", []),
        ("a = 0.0", ["a = 1.0"]),
        ("a = not b", ["a = b"]),
        ("a = b + c", ["a = (b)", "a = (c)"]),
        ("a = b - c", ["a = b + c"]),
        ("a = 5", ["a = 6", "a = 4"]),
        ("a = 0", ["a = 1"]),
        ("a = True", ["a = False"]),
        ("a = b'xy'", ["a = b'xx'"]),
        ("a = Colour.RED", ["a = Colour.BLUE"]),
        ("a = (b, c)", ["a = (c)", "a = (b, )"]),
        ("if a:\n    b()", ["if (not a):\n    b()", "if a:\n    pass"]),
        ("def f():\n    a.b = c", ["def f():\n    pass"]),
        ("def f():\n    a += c", ["def f():\n    pass"]),
        (
            "def f() -> bool:\n    return a",
            ["def f() -> bool:\n    return True", "def f() -> bool:\n    return False"],
        ),
        ("for a in b:\n    continue", ["for a in b:\n    break"]),
    ],
)
def test_a_node_is_changed(text: str, expected: Sequence[str]) -> None:
    assert made(text) == expected


def test_what_may_be_none_becomes_none() -> None:
    text = "def f(a):\n    if a.b:\n        return None\n    return a"
    assert "def f(a):\n    if a.b:\n        return None\n    return None" in made(text)


@pytest.mark.parametrize(
    "text",
    [
        '"""A text with 1 number."""',
        'a = "a name"',
        'a = f"{b + 1} octets"',
        'a = "some text" if b else "another text"',
        "def f(a: int = b) -> int | None: ...",
        "class A:\n    def __repr__(self) -> str:\n        return b + 1",
        "assert a == 1",
        "Test = Callable[[int], int | None]",
        "@dataclass(frozen=True)\nclass A: ...",
        "if TYPE_CHECKING:\n    a = 1",
    ],
)
def test_texts_and_types_are_left_alone(text: str) -> None:
    assert made(text) == []


def test_what_an_error_is_raised_with_is_a_text() -> None:
    assert made("def f():\n    raise Error(1, a + b)") == ["def f():\n    pass"]


def test_functions_are_reached_by_their_names() -> None:
    device = Source("conform62351.fixtures.device.a", b"def run():\n    start().go\n")
    other = Source(
        "b",
        b"def start():\n    inner()\ndef inner(): ...\ndef unused():\n    alone()\ndef alone(): ...\n"
        b"def texts():\n    raise E(f'{shown(1)}')\ndef shown(a): ...\n",
    )
    reached = reached_names([device, other])
    assert {"start", "inner", "go"} <= reached
    assert not {"unused", "alone", "texts", "shown"} & reached


@pytest.fixture(scope="module")
def mutants() -> tuple[Mutant, ...]:
    source = read_module(CHECKS)
    names = {word for word in source.octets.decode().replace("(", " ").split() if word.isidentifier()}
    return mutants_of(CHECKS, names)


def test_mutants_differ_from_each_other_and_compile(mutants: Sequence[Mutant]) -> None:
    source = read_module(CHECKS)
    changed = {mutant.source(source) for mutant in mutants}
    assert len(changed) == len(mutants) > 50
    assert source.octets not in changed
    assert len({mutant.key for mutant in mutants}) == len(mutants)


def test_a_mutant_shows_its_line(mutants: Sequence[Mutant]) -> None:
    found = next(one for one in mutants if one.function == "_not_expired" and one.change == "<= → <")
    before, after = found.difference(read_module(CHECKS))
    assert before == "if examination.now <= certificate.not_after:"
    assert after == "if examination.now < certificate.not_after:"


def test_a_name_outlives_changes_elsewhere(mutants: Sequence[Mutant]) -> None:
    found = next(one for one in mutants if one.function == "_not_expired" and one.change == "<= → <")
    moved = replace(found, line=1, start=0, end=0, new="", statement=(1, 1), body=None)
    assert moved.key == found.key


def test_the_overlay_has_one_module_alone() -> None:
    overlay = Overlay("conform62351.profiles.role", b"MARK = 1\n")
    package = read_module("conform62351.profiles.role")
    assert package.octets != b"MARK = 1\n"
    import conform62351.profiles

    found = overlay.find_spec("conform62351.profiles.role", list(conform62351.profiles.__path__))
    assert found is not None
    assert found.loader is not None
    assert found.loader.get_source("conform62351.profiles.role") == "MARK = 1\n"  # type: ignore[attr-defined]
    assert overlay.find_spec("conform62351.profiles.policy", list(conform62351.profiles.__path__)) is None
