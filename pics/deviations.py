"""Declared deviations: failures that somebody knows of, with reason, ticket and the date of the next look.

They are shown as such in reports and never turn a fail into a pass. The file is TOML, an entry each::

    [[deviation]]
    case = "OSI/SRV/TPKT/BI-version"
    verdict = "fail"
    reason = "the device ignores the packet instead of closing"
    ticket = "RTU-1234"
    review = 2027-03-31
"""

from __future__ import annotations

import datetime
import fnmatch
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conform62351.pics.declaration import Header
from conform62351.pics.faults import did_you_mean
from conform62351.pics.requirements import requirements
from conform62351.pics.tomlfile import Document, Entry, read_document

VERDICTS = ("fail", "inconclusive")
LONGEST = 500
REVIEW_AFTER = datetime.timedelta(days=180)
"""When a new entry is to be looked at again, unless its author says otherwise."""

_TEXTS = ("case", "requirement", "product", "software", "verdict", "reason", "ticket")
_FIELDS = (*_TEXTS, "review")
_MANDATORY = ("case", "verdict", "reason", "ticket", "review")


@dataclass(frozen=True, slots=True)
class Deviation:
    """One expected failure.

    ``requirement`` narrows it to checks of one requirement, or is empty. ``product`` and ``software`` are
    patterns (``*``, ``?``, ``[…]``) for product and software version of the device.
    """

    case: str
    verdict: str
    reason: str
    ticket: str
    review: datetime.date
    requirement: str = ""
    product: str = "*"
    software: str = "*"
    line: int = 0


@dataclass(frozen=True)
class Deviations:
    """The deviations of a file."""

    entries: tuple[Deviation, ...]

    def of(self, header: Header) -> Deviations:
        """Return those that are for the device with this PICS header."""
        return Deviations(
            tuple(
                entry
                for entry in self.entries
                if fnmatch.fnmatchcase(header.product, entry.product)
                and fnmatch.fnmatchcase(header.software_version, entry.software)
            )
        )

    def match(self, case: str, verdict: str, failing: Collection[str] = ()) -> Deviation | None:
        """Return the deviation that declares ``verdict`` of ``case``, or None.

        ``failing`` holds the requirements of the checks that failed. Entries that name a requirement
        declare the verdict only when together they name all of them.
        """
        entries = [entry for entry in self.entries if entry.case == case and entry.verdict == verdict]
        general = next((entry for entry in entries if not entry.requirement), None)
        named = {entry.requirement for entry in entries if entry.requirement}
        if general or not named or not set(failing) or not set(failing) <= named:
            return general
        return next(entry for entry in entries if entry.requirement in failing)

    def stale(self, outcomes: Mapping[str, tuple[str, Collection[str]]]) -> list[Deviation]:
        """Return those whose case ran and did not end as declared.

        ``outcomes`` gives for each case that ran its verdict and the requirements of its failed checks.
        """
        return [
            entry
            for entry in self.entries
            if entry.case in outcomes and not _met(entry, *outcomes[entry.case])
        ]

    def unknown(self, cases: Collection[str]) -> list[Deviation]:
        """Return those whose case is none of ``cases``, all that there are."""
        return [entry for entry in self.entries if entry.case not in cases]

    def overdue(self, today: datetime.date) -> list[Deviation]:
        """Return those whose review date has passed."""
        return [entry for entry in self.entries if entry.review < today]


def load_deviations(path: Path) -> Deviations:
    """Read the deviations at ``path``.

    Raises:
        DeclarationError: with all faults of the file.
    """
    document = read_document(path)
    found: dict[str, dict[str, Entry]] = {
        header[1]: {} for header in document.headers if len(header) == 2 and header[0] == "deviation"
    }
    for entry in document.entries:
        if entry.path[0] != "deviation" or len(entry.path) != 3:
            document.fault(entry.line, f"{entry.name[:60]} belongs to no [[deviation]]")
        elif entry.path[2] not in _FIELDS:
            near = did_you_mean(entry.path[2], _FIELDS)
            document.fault(entry.line, f"{entry.path[2][:60]} is no field of a deviation{near}")
        else:
            found.setdefault(entry.path[1], {})[entry.path[2]] = entry
    entries = [
        made
        for number, raw in found.items()
        if (made := _deviation(document, document.headers.get(("deviation", number), 0), number, raw))
    ]
    document.check()
    return Deviations(tuple(entries))


def ready_to_paste(
    case: str, verdict: str, failing: Iterable[str], header: Header, today: datetime.date
) -> str:
    """Return entries for a new failure, one for each failing requirement; reason and ticket are left open.

    An entry whose reason or ticket is left empty is refused when it is read.
    """
    blocks = []
    for requirement in [*dict.fromkeys(failing)] or [""]:
        lines = ["[[deviation]]", f"case = {_quoted(case)}"]
        if requirement:
            lines.append(f"requirement = {_quoted(requirement)}")
        lines += [
            f"product = {_quoted(_literal(header.product))}",
            f"software = {_quoted(_literal(header.software_version))}",
            f"verdict = {_quoted(verdict)}",
            'reason = ""',
            'ticket = ""',
            f"review = {today + REVIEW_AFTER}",
        ]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _met(entry: Deviation, verdict: str, failing: Collection[str]) -> bool:
    return entry.verdict == verdict and (not entry.requirement or entry.requirement in failing)


def _deviation(document: Document, line: int, number: str, raw: Mapping[str, Entry]) -> Deviation | None:
    before = len(document.faults)
    for name in _MANDATORY:
        if name not in raw and ("deviation", number, name) not in document.named:
            document.fault(line, f"deviation: {name} is missing")
    values: dict[str, Any] = {}
    for name, entry in raw.items():
        problem = _problem(name, entry.value)
        if problem:
            document.fault(entry.line, f"deviation: {name}: {problem}")
        else:
            values[name] = _date(entry.value) if name == "review" else entry.value
    complete = all(name in values for name in _MANDATORY)
    return Deviation(**values, line=line) if complete and len(document.faults) == before else None


def _problem(name: str, value: Any) -> str:
    if name == "review":
        return "" if _date(value) else "a date is wanted, such as 2027-03-31"
    if not isinstance(value, str) or not value.strip():
        return "a text is wanted"
    if len(value) > LONGEST:
        return f"longer than {LONGEST} characters"
    if name == "verdict" and value not in VERDICTS:
        return f"{value[:40]!r} is neither {' nor '.join(map(repr, VERDICTS))}"
    if name == "requirement" and value not in requirements():
        return f"{value[:60]!r} is no requirement{did_you_mean(value, requirements())}"
    return ""


def _date(value: Any) -> datetime.date | None:
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime) else None


def _literal(text: str) -> str:
    """Return ``text`` as a pattern that matches it alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
