"""Selectors: what a person writes to pick test cases.

``OSI/SRV`` an identifier or the beginning of one, up to a slash or hyphen; ``table:13/aes256-GCM`` cases that
a PICS item decides, ``table:7`` or ``table:LOG`` any of a table; ``clause:11.2`` a clause and everything
under it; ``role:server``; ``event:IEC62351-4:1.3``; ``requirement:R-TPKT-version``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from conform62351.pics.catalogue import ROLES
from conform62351.pics.faults import did_you_mean

KINDS = ("id", "table", "clause", "role", "event", "requirement")
MAX_LENGTH = 200

_PREFIX = re.compile(r"[a-z]+(?=:)")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._/-]+")
_CLAUSE = re.compile(r"[0-9A-Z]+(\.[0-9]+)*")
_CLAUSES = re.compile(r"(?:^|, ?)([0-9A-Z]+(?:\.[0-9]+)*)")
_TABLE = re.compile(
    r"(?P<table>[0-9]+|[A-Z][A-Z0-9]*)(/(?P<row>[A-Za-z0-9_-]+)(\.(?P<role>client|server))?)?"
)


class CaseFacts(Protocol):
    """What a selector looks at; test cases are such."""

    @property
    def id(self) -> str:
        """The identifier."""

    @property
    def clause(self) -> str:
        """The clause of IEC 62351-4, then perhaps `` / `` and the place in another text."""

    @property
    def role(self) -> str:
        """The role of the device: client, server or both."""

    @property
    def pics_codes(self) -> Collection[str]:
        """The PICS codes of the condition."""

    @property
    def requirements(self) -> Collection[str]:
        """The ids of the requirements cited."""

    @property
    def events(self) -> Collection[str]:
        """The ids of the security events provoked."""


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector; ``kind`` is one of :data:`KINDS` and ``value`` what stands behind the colon."""

    text: str
    kind: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Read a selector.

        Raises:
            ValueError: it is malformed; the message says what is wanted.
        """
        if len(text) > MAX_LENGTH:
            raise ValueError(f"a selector of more than {MAX_LENGTH} characters")
        prefix = _PREFIX.match(text)
        kind = prefix.group() if prefix else "id"
        value = text[prefix.end() + 1 :] if prefix else text
        if prefix and (kind == "id" or kind not in KINDS):
            raise ValueError(f"{text!r}: there is no selector {kind}:{did_you_mean(kind, KINDS[1:])}")
        if problem := _problem(kind, value):
            raise ValueError(f"{text!r}: {problem}")
        return cls(text, kind, value)

    def matches(self, case: CaseFacts) -> bool:
        """Return whether the selector picks ``case``."""
        match self.kind:
            case "id":
                return _begins(case.id, self.value, "/-")
            case "table":
                return any(self._names(code) for code in case.pics_codes)
            case "clause":
                own = _CLAUSES.findall(case.clause.partition(" / ")[0])
                return any(_begins(clause, self.value, ".") for clause in own)
            case "role":
                return case.role == self.value
            case "event":
                return self.value in case.events
            case _:
                return self.value in case.requirements

    def _names(self, code: str) -> bool:
        match = _TABLE.fullmatch(self.value)
        section, *rest = code.split(".")
        if match is None or section not in (match["table"], f"T{match['table']}"):
            return False
        row, role = (rest[0] if len(rest) > 1 else ""), rest[-1]
        return match["row"] in (None, row) and match["role"] in (None, role)


def _problem(kind: str, value: str) -> str:
    if not value:
        return "nothing stands behind it"
    if kind == "role" and value not in (*ROLES, "both"):
        return "a role is client, server or both"
    if kind == "clause" and not _CLAUSE.fullmatch(value):
        return "a clause is written as 11.2 or G.6"
    if kind == "table" and not _TABLE.fullmatch(value):
        return "a table is written as 13, 13/aes256-GCM or 13/aes256-GCM.server"
    if kind == "id" and not _IDENTIFIER.fullmatch(value):
        return "an identifier holds letters, digits, dots, hyphens and slashes"
    return ""


def _begins(whole: str, start: str, separators: str) -> bool:
    """Return whether ``start`` is ``whole`` or a beginning of it that ends where a part ends."""
    if not whole.startswith(start):
        return False
    return len(whole) == len(start) or start[-1] in separators or whole[len(start)] in separators
