"""A PICS as its owner hands it in: a header and an answer to every item of the catalogue.

The file is TOML. ``[header]`` names the device; every other key is a PICS code, dotted or as tables::

    [T6]
    OSI.server = "yes"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from conform62351.pics.catalogue import catalogue
from conform62351.pics.conditions import Answer
from conform62351.pics.faults import did_you_mean
from conform62351.pics.tomlfile import Document, Entry, read_document

EDITIONS = ("2018", "2018+A1")
MAX_HEADER = 200
"""Longest value in the header, in characters."""


@dataclass(frozen=True, slots=True)
class Header:
    """Whose PICS it is; ``edition`` is the edition of IEC 62351-4 that the device claims."""

    vendor: str
    product: str
    hardware_version: str
    software_version: str
    edition: str


HEADER_FIELDS = tuple(field.name for field in fields(Header))


@dataclass(frozen=True)
class Declaration:
    """A complete PICS: ``answers`` holds every code of the catalogue."""

    header: Header
    answers: Mapping[str, Answer]

    def claims(self, code: str) -> bool:
        """Return whether the item is answered yes; ``code`` must be in the catalogue."""
        return self.answers[code] is Answer.YES


def load_declaration(path: Path, *, explore: bool = False) -> Declaration:
    """Read the PICS at ``path``; only an exploring run takes the answer ``unknown``.

    Raises:
        DeclarationError: with all faults: syntax, duplicates, unknown and unanswered codes, wrong types,
            an incomplete header, or a file that cannot be read.
    """
    document = read_document(path)
    header: dict[str, Entry] = {}
    answers: dict[str, Answer] = {}
    lines: dict[str, int] = {}
    for entry in document.entries:
        if entry.path[0] == "header":
            header[".".join(entry.path[1:])] = entry
        else:
            _answer(document, entry, lines, answers, explore=explore)
    values = _header(document, header)
    _unanswered(document, lines)
    document.check()
    return Declaration(Header(**values), {item.code: answers[item.code] for item in catalogue()})


def _answer(
    document: Document, entry: Entry, lines: dict[str, int], answers: dict[str, Answer], *, explore: bool
) -> None:
    code = entry.name
    if code not in catalogue():
        near = did_you_mean(code, catalogue().items) if len(document.faults) < 200 else ""
        document.fault(entry.line, f"{_short(code)} is no PICS code{near}")
        return
    if code in lines:
        document.fault(entry.line, f"{code} is answered twice, first in line {lines[code]}")
        return
    lines[code] = entry.line
    allowed = ('"yes"', '"no"', '"unknown"') if explore else ('"yes"', '"no"')
    if entry.value == "":
        document.fault(entry.line, f"{code} is not answered: write {' or '.join(allowed)}")
    elif entry.value == Answer.UNKNOWN and not explore:
        document.fault(entry.line, f'{code}: "unknown" is for exploring runs only (--explore)')
    elif not isinstance(entry.value, str) or entry.value not in tuple(Answer):
        document.fault(
            entry.line, f"{code}: {_shown(entry.value)} is no answer: write {' or '.join(allowed)}"
        )
    else:
        answers[code] = Answer(entry.value)


def _header(document: Document, found: Mapping[str, Entry]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, entry in found.items():
        if name not in HEADER_FIELDS:
            document.fault(
                entry.line, f"header.{_short(name)} is no header field{did_you_mean(name, HEADER_FIELDS)}"
            )
        elif not isinstance(entry.value, str):
            document.fault(entry.line, f"header.{name}: {_shown(entry.value)} is no text")
        elif not entry.value.strip():
            document.fault(entry.line, f"header.{name} is empty")
        elif len(entry.value) > MAX_HEADER or not entry.value.isprintable():
            document.fault(
                entry.line, f"header.{name} is longer than {MAX_HEADER} characters or not printable"
            )
        elif name == "edition" and entry.value not in EDITIONS:
            document.fault(
                entry.line,
                f"header.edition: {_shown(entry.value)} is neither {' nor '.join(map(repr, EDITIONS))}",
            )
        else:
            values[name] = entry.value
    line = document.headers.get(("header",), 0)
    for name in HEADER_FIELDS:
        if ("header", name) not in document.named:
            document.fault(line, f"header.{name} is missing")
    return values


def _unanswered(document: Document, lines: Mapping[str, int]) -> None:
    """Report the codes that do not occur, a fault for each table; those with faults of syntax do occur."""
    occurring = {*lines, *(".".join(path) for path in document.named)}
    for table in catalogue().tables:
        missing = [item.code for item in table.items if item.code not in occurring]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            line = document.headers.get((table.id,), 0)
            document.fault(line, f"{', '.join(missing)} {verb} not answered")


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _shown(value: Any) -> str:
    return _short(repr(value)) if not isinstance(value, bool) else str(value).lower()
