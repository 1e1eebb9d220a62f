"""The matrix: which faulty device fails which case, what is missing in it, and its JSON."""

from __future__ import annotations

import json
from typing import Final

import msgspec

FORMAT: Final = 1
SCHEMA_FILE: Final = "matrix.schema.json"


class NotJudged(msgspec.Struct, frozen=True):
    """A case that says nothing here, and why: the correct device does not pass it, for instance."""

    case: str
    reason: str


class FaultRow(msgspec.Struct, frozen=True, kw_only=True):
    """A faulty device.

    ``declared`` are the cases that it has to fail, ``unknown`` those of them that do not exist, ``missed``
    those that it does not fail. ``caught_by`` are the cases that it fails; those of them in which no failing
    check is about the fault's requirement are ``collateral``, None where that requirement is not known.
    ``baseline`` are cases whose valid conversation it spoils, so that they say nothing; ``undecided`` those
    that stay inconclusive. ``planned`` and ``played`` count cases. ``error`` says what is wrong with the
    fault's own code, or with a case in the tester.
    """

    name: str
    clause: str
    requirement: str
    roles: list[str]
    wrong: str
    own: bool
    declared: list[str]
    unknown: list[str]
    caught_by: list[str]
    collateral: list[str] | None
    missed: list[str]
    baseline: list[str]
    undecided: list[str]
    planned: int
    played: int
    error: str = ""

    @property
    def unnoticed(self) -> bool:
        """Whether all was played that there is to play, and no case fails."""
        return not self.caught_by and not self.error and self.played == self.planned


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """All faulty devices against the cases of a scope.

    ``scope`` is that of a module's faults, ``own_scope`` that of ours.
    ``cases`` were played against a correct device, ``cases_never_failed`` are those that none of the faulty
    ones fails. ``unnoticed`` names faults. ``columns_judged`` tells that a case which never failed is a gap:
    all of our faults were there. ``complete`` is false where somebody has interrupted it.
    """

    format: int = FORMAT
    version: str
    scope: str
    own_scope: str
    jobs: int
    started: str
    elapsed_s: float
    complete: bool
    columns_judged: bool
    faults: list[FaultRow]
    unnoticed: list[str]
    cases: list[str]
    cases_never_failed: list[str]
    not_judged: list[NotJudged]

    @property
    def gaps(self) -> bool:
        """Whether a row or a column is empty, or something is wrong with a fault."""
        wrong = any(row.error or row.missed for row in self.faults)
        return wrong or bool(self.unnoticed) or (self.columns_judged and bool(self.cases_never_failed))


def render(matrix: Matrix) -> bytes:
    """Return the matrix as JSON; its shape is that of :func:`schema`."""
    return msgspec.json.format(msgspec.json.encode(matrix), indent=1) + b"\n"


def schema() -> bytes:
    """Return the JSON schema (draft 2020-12) of a matrix, as kept in ``matrix.schema.json``."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:conform62351:matrix:{FORMAT}",
        "title": "conform62351 faults",
        **msgspec.json.schema(Matrix),
    }
    return (json.dumps(document, indent=2) + "\n").encode()
