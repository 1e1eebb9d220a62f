"""A PIXIT: what the tester must know of a device beside its claims, typed, with defaults.

The entries stand in ``pixit.toml``. Accessors take their dotted names, ``pixit.number("limit.respond")``;
a name that does not exist, or one of another type, is a mistake of the program: LookupError, TypeError.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from conform62351.pics import conditions
from conform62351.pics.conditions import Answers, Condition
from conform62351.pics.faults import DeclarationError, FileFault, did_you_mean
from conform62351.pics.pixit_actions import (
    Action,
    Configuration,
    read_actions,
    read_configurations,
)
from conform62351.pics.tomlfile import Document, Entry, read_document

__all__ = ["Action", "Configuration", "Pixit", "PixitEntry", "load_pixit", "pixit_entries"]

Value = str | int | float | bytes | tuple[str, ...]
Typed = TypeVar("Typed", bound=Value)

LONGEST_TEXT = 1000
REDACTED = "(not shown)"
_TITLE = re.compile(r"([01]\.[1-3]?\d|2\.(0|[1-9]\d{0,8}))(\.(0|[1-9]\d{0,8})){0,18}", re.ASCII)
_OBJECT = re.compile(r"[A-Za-z0-9_$]{1,129}/[A-Za-z0-9_$]{1,129}")
_HEX = re.compile(r"([0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class PixitEntry:
    """What the catalogue says of one entry; ``minimum`` and ``maximum`` count octets for type octets.

    ``required`` is the condition over PICS codes under which the entry must be given, None for never.
    """

    name: str
    type: str
    description: str
    default: Value
    unit: str = ""
    sensitive: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    required: Condition | None = None

    def read(self, raw: Any) -> Value:
        """Return the value that ``raw``, as it stands in TOML, means.

        Raises:
            ValueError: it is of another type or out of bounds; the message says what is wanted.
        """
        match self.type:
            case "integer" | "number":
                return self._number(raw)
            case "octets":
                return self._octets(raw)
            case "texts":
                return self._texts(raw)
            case _:
                return self._text(raw)

    def _number(self, raw: Any) -> int | float:
        wanted = (int,) if self.type == "integer" else (int, float)
        finite = not isinstance(raw, float) or math.isfinite(raw)
        if isinstance(raw, bool) or not isinstance(raw, wanted) or not finite:
            raise ValueError(f"{raw!r} is no {'whole ' if self.type == 'integer' else ''}number")
        if not _within(raw, self.minimum, self.maximum):
            raise ValueError(f"{raw!r} is not {_bounds(self.minimum, self.maximum)}")
        return raw if self.type == "integer" else float(raw)

    def _octets(self, raw: Any) -> bytes:
        if not isinstance(raw, str) or not _HEX.fullmatch(compact := "".join(raw.split())):
            raise ValueError("octets are written in hexadecimal, two digits each, in quotation marks")
        octets = bytes.fromhex(compact)
        if not _within(len(octets), self.minimum, self.maximum):
            raise ValueError(f"{len(octets)} octets are not {_bounds(self.minimum, self.maximum)}")
        return octets

    def _texts(self, raw: Any) -> tuple[str, ...]:
        if not isinstance(raw, list) or not all(isinstance(text, str) for text in raw):
            raise ValueError("a list of texts is wanted")
        for text in raw:
            if self.choices and text not in self.choices:
                near = did_you_mean(text, self.choices)
                raise ValueError(f"{text!r} is none of {', '.join(self.choices)}{near}")
        return tuple(raw)

    def _text(self, raw: Any) -> str:
        if not isinstance(raw, str):
            raise ValueError(f"{raw!r} is no text")
        if len(raw) > LONGEST_TEXT or not raw.isprintable():
            raise ValueError(f"longer than {LONGEST_TEXT} characters or not printable")
        if self.choices and raw not in self.choices:
            raise ValueError(f"{raw!r} is none of {', '.join(self.choices)}{did_you_mean(raw, self.choices)}")
        if raw and self.type == "title" and not _TITLE.fullmatch(raw):
            raise ValueError(f"{raw!r} is no object identifier in dotted form, such as 1.1.1.999.1")
        if raw and self.type == "object" and not _OBJECT.fullmatch(raw):
            raise ValueError(f"{raw!r} is no DOMAIN/ITEM")
        return raw


@functools.cache
def pixit_entries() -> Mapping[str, PixitEntry]:
    """Return the catalogue of entries by name.

    Raises:
        ValueError: the data file contradicts itself (a fault of the project, not of a user).
    """
    text = resources.files("conform62351.pics").joinpath("pixit.toml").read_text("utf-8")
    found: dict[str, PixitEntry] = {}
    for name, raw in tomllib.loads(text).items():
        values = {**raw, "choices": tuple(raw.get("choices", ()))}
        if "required" in raw:
            values["required"] = conditions.parse(raw["required"])
        entry = PixitEntry(name, **values)
        found[name] = PixitEntry(name, **{**values, "default": entry.read(raw["default"])})
    return found


@dataclass(frozen=True)
class Pixit:
    """The values of one device: ``given`` holds those that differ from the defaults or were written out."""

    given: Mapping[str, Value] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    configurations: Mapping[str, Configuration] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text; empty when it is not given and has no default."""
        return self._typed(name, str)

    def integer(self, name: str) -> int:
        """Return a whole number."""
        return self._typed(name, int)

    def number(self, name: str) -> float:
        """Return a number; durations are in seconds."""
        value = self._values.get(name)
        return value if isinstance(value, float) else self._typed(name, float)

    def octets(self, name: str) -> bytes:
        """Return octets."""
        return self._typed(name, bytes)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return self._typed(name, tuple)

    def value(self, name: str) -> Value:
        """Return the value of an entry of whatever type."""
        try:
            return self._values[name]
        except KeyError:
            raise LookupError(f"there is no PIXIT entry {name!r}") from None

    @functools.cached_property
    def _values(self) -> Mapping[str, Value]:
        defaults = {name: entry.default for name, entry in pixit_entries().items()}
        return {**defaults, **self.given}

    def is_set(self, name: str) -> bool:
        """Return whether the entry has a value other than an empty one."""
        return self.value(name) not in ("", b"", ())

    def with_overrides(self, values: Mapping[str, Value]) -> Pixit:
        """Return a copy with other values, of the entries' types.

        Raises:
            LookupError: there is no such entry.
            TypeError: a value is of another type.
        """
        for name, value in values.items():
            if type(value) is not type(_entry(name).default):
                raise TypeError(f"PIXIT entry {name} is a {_entry(name).type}, not {value!r}")
        return Pixit({**self.given, **values}, self.actions, self.configurations)

    def shown(self, name: str) -> str:
        """Return the value as a report may print it: sensitive ones are not shown."""
        entry, value = _entry(name), self.value(name)
        if entry.sensitive and self.is_set(name):
            return REDACTED
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, tuple):
            return ", ".join(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def missing(self, answers: Answers) -> list[str]:
        """Return the entries that a device with these PICS answers must give and that are not set."""
        return [
            name
            for name, entry in pixit_entries().items()
            if entry.required is not None and entry.required.truth(answers) and not self.is_set(name)
        ]

    def _typed(self, name: str, wanted: type[Typed]) -> Typed:
        value = self.value(name)
        if not isinstance(value, wanted):
            raise TypeError(f"PIXIT entry {name} is a {_entry(name).type}, not a {wanted.__name__}")
        return value


def load_pixit(path: Path, *, substitutions: Mapping[str, str] | None = None) -> Pixit:
    """Read the PIXIT at ``path``; ``substitutions`` replace values of its table ``[substitution]``.

    Raises:
        DeclarationError: with all faults of the file.
    """
    document = read_document(path)
    given: dict[str, Value] = {}
    lines: dict[str, int] = {}
    tables: dict[str, dict[str, dict[str, Entry]]] = {"action": {}, "configuration": {}}
    for header in document.headers:
        if len(header) == 2 and header[0] in tables:
            tables[header[0]].setdefault(header[1], {})
    own: dict[str, str] = {}
    for entry in document.entries:
        first = entry.path[0]
        if first in tables and len(entry.path) >= 3:
            tables[first].setdefault(entry.path[1], {})[".".join(entry.path[2:])] = entry
        elif first == "substitution":
            _substitution(document, entry, own)
        else:
            _value(document, entry, lines, given)
    values = {**own, **(substitutions or {})}
    actions = read_actions(document, tables["action"], values)
    configurations = read_configurations(document, tables["configuration"], values, actions)
    document.check()
    return Pixit(given, actions, configurations)


def check_required(path: Path, pixit: Pixit, answers: Answers) -> None:
    """Check that ``pixit``, read from ``path``, gives what a device with these PICS answers needs.

    Raises:
        DeclarationError: with a fault for each entry that is missing.
    """
    faults = [
        FileFault(path, 0, f"{name} is missing: {pixit_entries()[name].description}")
        for name in pixit.missing(answers)
    ]
    if faults:
        raise DeclarationError(faults)


def _value(document: Document, entry: Entry, lines: dict[str, int], given: dict[str, Value]) -> None:
    known = pixit_entries().get(entry.name)
    if known is None:
        names: Collection[str] = [*pixit_entries(), "action", "configuration", "substitution"]
        near = did_you_mean(entry.name, names) if len(document.faults) < 200 else ""
        document.fault(entry.line, f"{entry.name[:60]} is no PIXIT entry{near}")
        return
    if entry.name in lines:
        document.fault(entry.line, f"{entry.name} stands twice, first in line {lines[entry.name]}")
        return
    lines[entry.name] = entry.line
    try:
        given[entry.name] = known.read(entry.value)
    except ValueError as error:
        hidden = f"a {known.type} is wanted" if known.sensitive else str(error)[:300]
        document.fault(entry.line, f"{entry.name}: {hidden}")


def _substitution(document: Document, entry: Entry, own: dict[str, str]) -> None:
    name = ".".join(entry.path[1:])
    if not re.fullmatch(r"[a-z_]+", name):
        document.fault(entry.line, f"substitution.{name}: names hold lower-case letters and underscores")
    elif not isinstance(entry.value, str):
        document.fault(entry.line, f"substitution.{name}: {entry.value!r} is no text")
    else:
        own[name] = entry.value


def _entry(name: str) -> PixitEntry:
    entry = pixit_entries().get(name)
    if entry is None:
        raise LookupError(f"there is no PIXIT entry {name!r}")
    return entry


def _within(value: float, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _bounds(minimum: float | None, maximum: float | None) -> str:
    if minimum is None:
        return f"at most {maximum:.9g}"
    return f"at least {minimum:.9g}" if maximum is None else f"between {minimum:.9g} and {maximum:.9g}"
