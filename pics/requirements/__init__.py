"""The requirements of the standard and of the texts that it rests on, read from the data files beside.

Each says in our own words what a device must do; test cases cite them by id. A requirement that no case
can show gives its ``reason`` from a closed list.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from conform62351.pics import conditions
from conform62351.pics.catalogue import ROLES, catalogue
from conform62351.pics.conditions import Condition
from conform62351.pics.provenance import Provenance

LEVELS = ("MUST", "SHOULD", "MAY")
REASONS = ("implicit", "not-observable", "out-of-scope", "contradictory", "text-not-public")
EDITIONS = ("any", "2018", "2018+A1")
_FIELDS = frozenset(
    {"clause", "document", "edition", "provenance", "level", "role", "condition", "text", "reason"}
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a device has to do.

    ``clause`` is the clause of IEC 62351-4, then behind `` / `` the place in the text that it rests on;
    ``document`` is where the rule stands (``field``: seen on the wire). ``edition`` is the edition of
    IEC 62351-4 that it belongs to, or ``any``. ``role`` is the role of the device: client, server or
    both. ``condition`` may hold ``{role}``; ask :meth:`applies_to`. ``reason`` says why no case covers
    it, or is empty.
    """

    id: str
    clause: str
    document: str
    edition: str
    provenance: Provenance
    level: str
    role: str
    condition: str
    text: str
    reason: str

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the device to which it applies."""
        return ROLES if self.role == "both" else (self.role,)

    def applies_to(self, role: str) -> Condition:
        """Return the condition over PICS codes under which it applies to a device in ``role``."""
        return conditions.parse(self.condition.replace("{role}", role))


@functools.cache
def requirements() -> Mapping[str, Requirement]:
    """Return the shipped requirements by id, in the order of the files.

    Raises:
        ValueError: a data file is wrong (a fault of the project, not of a user).
    """
    found: dict[str, Requirement] = {}
    folder = resources.files("conform62351.pics.requirements")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        for requirement in read_requirements(tomllib.loads(file.read_text("utf-8"))):
            if requirement.id in found:
                raise ValueError(f"{requirement.id}: stands twice")
            found[requirement.id] = requirement
    return found


def read_requirements(data: Mapping[str, Any]) -> Iterator[Requirement]:
    """Make requirements of the contents of one data file; ``[defaults]`` fills in what a table leaves out."""
    defaults = {"edition": "any", "reason": "", **data.get("defaults", {})}
    for identifier, raw in data.items():
        if identifier == "defaults":
            continue
        values = {**defaults, **raw}
        if set(values) != _FIELDS:
            raise ValueError(f"{identifier}: fields missing or unknown: {sorted(set(values) ^ _FIELDS)}")
        requirement = Requirement(identifier, **{**values, "provenance": Provenance(values["provenance"])})
        _check(requirement)
        yield requirement


def _check(requirement: Requirement) -> None:
    closed = (
        (requirement.level, LEVELS),
        (requirement.role, (*ROLES, "both")),
        (requirement.edition, EDITIONS),
        (requirement.reason, (*REASONS, "")),
    )
    for value, allowed in closed:
        if value not in allowed:
            raise ValueError(f"{requirement.id}: {value!r} is none of {allowed}")
    if not requirement.id.startswith("R-"):
        raise ValueError(f"{requirement.id}: ids start with R-")
    for role in requirement.roles:
        if unknown := [code for code in requirement.applies_to(role).codes if code not in catalogue()]:
            raise ValueError(f"{requirement.id}: condition over unknown items {unknown}")
