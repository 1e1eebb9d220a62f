"""The items of the PICS: Tables 6 to 13 and our own, read from ``tables/*.toml``.

A code is ``table.row.role``, for example ``T13.aes256-GCM.server``. Client and server are columns of the
tables and hence items of their own. Table numbers are those of edition 2018; where edition 2018+A1
renumbered a table the data file says so.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from conform62351.pics import conditions
from conform62351.pics.conditions import ALWAYS, Answers, Condition
from conform62351.pics.provenance import Provenance

ROLES = ("client", "server")
TABLE_FILES = (*(f"table{number:02}.toml" for number in range(6, 14)), "ours.toml")
NOT_APPLICABLE = "n/a"


@dataclass(frozen=True, slots=True)
class StatusCase:
    """One branch of a status: under ``condition`` the status is m, o, x, i or a group ``o.n``."""

    condition: Condition
    status: str


@dataclass(frozen=True, slots=True)
class Item:
    """One cell of a table: a row in the client or the server column.

    ``table`` is the number in edition 2018, None for our own; ``section`` is the first part of the code.
    ``status`` is the tables' notation (m, o, o.n, c.n, x, i); ``condition`` tells in words what a c.n
    means. ``presupposes`` is what the item rests on: where it is false the status is n/a. ``cases`` are
    the branches of the status under it; where none holds the status is n/a too. ``suite`` is the TLS
    code point in hexadecimal. ``mandatory`` and ``excluded`` name the requirements behind m and x;
    ``not_secure`` names the one that warns of a combination which the standard lists and calls not secure,
    ``requirement`` the one that says what the row is on the wire; they are empty where there is none.
    """

    code: str
    table: int | None
    section: str
    row: str
    role: str
    status: str
    condition: str
    reference: str
    provenance: Provenance
    question: str
    suite: str
    presupposes: Condition
    cases: tuple[StatusCase, ...]
    mandatory: str
    excluded: str
    not_secure: str
    requirement: str

    def status_under(self, answers: Answers) -> str | None:
        """Return the status (m, o, o.n, x, i or n/a) under ``answers``, None when they leave it open."""
        applies = self.presupposes.truth(answers)
        if applies is not True:
            return None if applies is None else NOT_APPLICABLE
        for case in self.cases:
            truth = case.condition.truth(answers)
            if truth is not False:
                return case.status if truth else None
        return NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Group:
    """Items of which at least one must be supported (o.n): ``least`` says it in words.

    ``role`` is empty for a group across both roles.
    """

    id: str
    section: str
    name: str
    role: str
    codes: tuple[str, ...]
    least: str
    requirement: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Table:
    """A table: ``number`` in edition 2018 and ``number_amended`` in 2018+A1, None for ours or unknown.

    ``claims`` names the requirement that rows are claimed only with what they rest on.
    """

    id: str
    number: int | None
    number_amended: int | None
    title: str
    provenance: Provenance
    items: tuple[Item, ...]
    groups: tuple[Group, ...]
    claims: str

    @property
    def heading(self) -> str:
        """``Table 9 (8 in 2018+A1): TLS suites, compatibility mode``, or the title for ours."""
        if self.number is None:
            return self.title
        amended = f" ({self.number_amended} in 2018+A1)" if self.number_amended else ""
        return f"Table {self.number}{amended}: {self.title}"


@dataclass(frozen=True)
class Catalogue:
    """All tables, roles first, then by number, then ours; and all items by code."""

    tables: tuple[Table, ...]

    @functools.cached_property
    def items(self) -> Mapping[str, Item]:
        """Items by code, in the order of the tables."""
        return {item.code: item for table in self.tables for item in table.items}

    def __getitem__(self, code: str) -> Item:
        return self.items[code]

    def __contains__(self, code: object) -> bool:
        return code in self.items

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items.values())

    def __len__(self) -> int:
        return len(self.items)


@functools.cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue.

    Raises:
        ValueError: a data file contradicts itself (a fault of the project, not of a user).
    """
    tables: list[Table] = []
    for name in TABLE_FILES:
        text = resources.files("conform62351.pics.tables").joinpath(name).read_text("utf-8")
        tables.extend(read_tables(tomllib.loads(text)))
    tables.sort(key=lambda table: (table.id != "ROLE", table.number is None))
    made = Catalogue(tuple(tables))
    if len(made.items) != sum(len(table.items) for table in tables):
        raise ValueError("a PICS code occurs twice in the tables")
    for item in made:
        known = [*item.presupposes.codes, *(code for case in item.cases for code in case.condition.codes)]
        if unknown := [code for code in known if code not in made]:
            raise ValueError(f"{item.code}: condition over unknown items {unknown}")
    return made


def read_tables(data: Mapping[str, Any]) -> list[Table]:
    """Make tables of the contents of one data file: ``[table]`` or several ``[[table]]``."""
    raw = data["table"]
    return [_table(table) for table in (raw if isinstance(raw, list) else [raw])]


def _table(raw: Mapping[str, Any]) -> Table:
    items = tuple(_item(raw, row, role) for row in raw["row"] for role in ROLES if role in row)
    named: Mapping[str, Any] = raw.get("groups", {})
    groups = tuple(group for name, value in named.items() for group in _groups(name, value, items))
    return Table(
        raw["id"],
        raw.get("number"),
        raw.get("number_amended"),
        raw["title"],
        Provenance(raw["provenance"]),
        items,
        groups,
        raw["claims"],
    )


def _item(table: Mapping[str, Any], row: Mapping[str, Any], role: str) -> Item:
    status: str = row[role]
    named = table.get("conditions", {}).get(status) if status.startswith("c.") else None
    if status.startswith("c.") and named is None:
        raise ValueError(f"{table['id']}.{row['name']}: {status} is not defined")
    cases = (
        tuple(StatusCase(_condition(case["if"], role), case["then"]) for case in named["cases"])
        if named
        else (StatusCase(ALWAYS, status),)
    )
    gates = [gate for gate in (table.get("when"), row.get("when")) if gate]
    if len(gates) > 1:
        gates = [f"({gate})" if " or " in gate else gate for gate in gates]
    presupposes = " and ".join(gates)
    question: str = row.get("question", table.get("question", ""))
    return Item(
        ".".join(part for part in (table["id"], row["name"], role) if part),
        table.get("number"),
        table["id"],
        row["name"],
        role,
        status,
        named["text"] if named else "",
        row["reference"],
        Provenance(row["provenance"]),
        question.replace("{row}", row["name"]),
        row.get("suite", ""),
        _condition(presupposes, role) if presupposes else ALWAYS,
        cases,
        row.get("mandatory", table.get("mandatory", "")),
        row.get("excluded", table.get("excluded", "")),
        row.get("not_secure", ""),
        table.get("requirement", "").replace("{row}", row["name"]),
    )


def _groups(identifier: str, raw: Mapping[str, Any], items: tuple[Item, ...]) -> Iterator[Group]:
    for roles in [ROLES] if raw.get("across_roles") else [(role,) for role in ROLES]:
        members = [item for item in items if item.role in roles]
        codes = tuple(item.code for item in members if any(case.status == identifier for case in item.cases))
        if codes:
            yield Group(
                identifier,
                items[0].section,
                raw["name"],
                roles[0] if len(roles) == 1 else "",
                codes,
                raw["least"],
                raw["requirement"],
                Provenance(raw["provenance"]),
            )


def _condition(text: str, role: str) -> Condition:
    return conditions.parse(text.replace("{role}", role))
