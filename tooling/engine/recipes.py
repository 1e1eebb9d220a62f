"""Recipes: a failed conversation as a file, so that it can be played again elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from conform62351.pics.pixit import pixit_entries
from conform62351.pics.pixit_actions import STACKS
from conform62351.pics.requirements import requirements
from conform62351.profiles.events62351 import event_catalogue
from conform62351.reports.model.events import CheckMade
from conform62351.reports.model.verdict import UNDISTURBED, Verdict
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.steps import Conversation, JudgingStep, Logged

FORMAT = "conform62351 recipe 1"
MAXIMUM_RECIPE = 8 * 1024 * 1024


class RecipeError(Exception):
    """A recipe file cannot be used: the message names it and says why."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conversation with what it showed: times, nonces, keys and signatures are made afresh on replay."""

    format: str
    case: str
    attempt: int
    conversation: Conversation
    verdict: Verdict
    got: str
    requirement: str


def store_recipe(
    out: Path, case: Case, attempt: int, number: int, talk: Conversation, checks: list[CheckMade]
) -> Path:
    """Write the recipe of a conversation that did not pass below ``out`` and return its path."""
    shown = next(check for check in checks if check.verdict not in UNDISTURBED)
    recipe = Recipe(
        format=FORMAT,
        case=case.id,
        attempt=attempt,
        conversation=talk,
        verdict=shown.verdict,
        got=shown.got,
        requirement=shown.requirement,
    )
    folder = out / "evidence" / case.id.replace("/", "__")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"recipe-{attempt}-{number}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(recipe)))
    return path


class Stored(Protocol):
    """What is kept in a file, with the ``format`` that it was written in."""

    @property
    def format(self) -> str:
        """Name and version of the format."""


Kept = TypeVar("Kept", bound=Stored)


def read_stored(path: Path, kind: type[Kept], what: str, format_: str) -> Kept:
    """Read a ``kind``, which people call ``what``, as it is written in ``format_``.

    Raises:
        RecipeError: no such file, too large, or nothing of that kind and format.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(MAXIMUM_RECIPE + 1)
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from error
    if len(octets) > MAXIMUM_RECIPE:
        raise RecipeError(f"{path}: larger than {MAXIMUM_RECIPE} octets")
    try:
        stored = msgspec.json.decode(octets, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not a {what}: {error}") from error
    if stored.format != format_:
        raise RecipeError(f"{path}: made by another version: {stored.format!r}, not {format_!r}")
    return stored


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: no such file, too large, or no recipe of this version; the message has all faults.
    """
    recipe = read_stored(path, Recipe, "recipe", FORMAT)
    faults = list(_unknown_names(recipe.conversation))
    if faults:
        raise RecipeError("\n".join(f"{path}: {fault}" for fault in faults))
    return recipe


def _unknown_names(talk: Conversation) -> Iterator[str]:
    """Yield what the steps name and this version does not have."""
    judging = [step for step in talk.steps if isinstance(step, JudgingStep)]
    if not any(step.requirement for step in judging):
        yield "no step judges anything"
    for name in (step.requirement for step in judging):
        if name and name not in requirements():
            yield f"no requirement {name!r}"
    for step in talk.steps:
        for field in ("limit", "point", "pixit"):
            name = getattr(step, field, "")
            if name and name not in pixit_entries():
                yield f"no PIXIT entry {name!r}"
        for event in step.events if isinstance(step, Logged) else ():
            if event not in event_catalogue():
                yield f"no security event {event!r}"
        stack = getattr(step, "stack", "")
        if stack and stack not in STACKS:
            yield f"no stack {stack!r}"
