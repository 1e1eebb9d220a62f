"""Why survivors survive: one line each in the files of ``explanations``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from conform62351.tooling.mutation.mutants import Mutant
from conform62351.tooling.mutation.scope import PROFILES

FOLDER: Final = "conform62351.tooling.mutation.explanations"
MEMBERS: Final = ("module", "function", "text", "operator", "change", "occurrence")


class ExplanationError(Exception):
    """A file cannot be read: the message says where."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One entry: mutants that have all of ``members`` survive because of ``reason``."""

    members: Mapping[str, Any]
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Return whether it is about ``mutant``."""
        return all(
            mutant.module == PROFILES + value if name == "module" else getattr(mutant, name) == value
            for name, value in self.members.items()
        )

    def __str__(self) -> str:
        return ", ".join(str(value) for value in self.members.values())


def explanations() -> tuple[Explanation, ...]:
    """Return the entries of all files of ``explanations``.

    Raises:
        ExplanationError: one of them is no such file.
    """
    found: list[Explanation] = []
    for file in sorted(resources.files(FOLDER).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            try:
                found += read_explanations(file.read_text(encoding="utf-8"))
            except ExplanationError as error:
                raise ExplanationError(f"{file.name}: {error}") from error
    return tuple(found)


def read_explanations(text: str) -> tuple[Explanation, ...]:
    """Return the entries of ``text``.

    Each names ``module`` (below profiles) and ``reason``; ``function``, ``text`` of the line, ``operator``,
    ``change`` and ``occurrence`` as the report prints them narrow it down, and are left out where the reason
    holds for all of them.

    Raises:
        ExplanationError: it is no such file.
    """
    try:
        entries = tomllib.loads(text).get("survivor", [])
    except tomllib.TOMLDecodeError as error:
        raise ExplanationError(str(error)) from error
    found = []
    for number, entry in enumerate(entries, start=1):
        unknown = set(entry) - {*MEMBERS, "reason"}
        if unknown or not entry.get("module") or not entry.get("reason"):
            raise ExplanationError(
                f"survivor {number}: {', '.join(sorted(unknown)) or 'no module or no reason'}"
            )
        found.append(Explanation({name: entry[name] for name in MEMBERS if name in entry}, entry["reason"]))
    return tuple(found)


def reason_for(mutant: Mutant, known: Iterable[Explanation]) -> str:
    """Return why ``mutant`` survives, empty if nothing says so."""
    return next((one.reason for one in known if one.covers(mutant)), "")
