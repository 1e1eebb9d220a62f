"""TOML files of a person, read statement by statement so that every fault has its line.

``tomllib`` gives no positions and stops at the first fault. So this module cuts the file into headers and
assignments and has ``tomllib`` read one value at a time; a file without faults is read by ``tomllib``
as a whole as well, so nothing is accepted here that is no TOML.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conform62351.pics.faults import DeclarationError, FileFault

MAX_SIZE = 1 << 20
"""Largest file read, in octets."""
MAX_VALUE = 1 << 14
"""Longest value, in characters."""
MAX_DEPTH = 20
"""Deepest nesting of brackets and longest dotted key."""
MAX_SYNTAX_FAULTS = 400
"""After so many faults of syntax the rest of the file is not looked at."""

Path_ = tuple[str, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)+")
_SPACE = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|\Z)")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\[^\n])*\"|'[^'\n]*'")
_PIECE = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\[^\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}\n]"
    r"|[^\[\]{}\n\"'#]+",
    re.DOTALL,
)
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value: ``path`` from the top of the document, tables of an array by number; ``line`` of its key."""

    path: Path_
    value: Any
    line: int

    @property
    def name(self) -> str:
        """The path with dots."""
        return ".".join(self.path)


@dataclass
class Document:
    """What stands in a file.

    ``entries`` are the values in the order of the file, without those that had faults; ``named`` holds the
    line of every key, faulty ones too; ``headers`` the line of every table header.
    """

    path: Path
    entries: list[Entry] = field(default_factory=list)
    named: dict[Path_, int] = field(default_factory=dict)
    headers: dict[Path_, int] = field(default_factory=dict)
    faults: list[FileFault] = field(default_factory=list)

    def fault(self, line: int, message: str) -> None:
        """Note a fault."""
        self.faults.append(FileFault(self.path, line, message))

    def check(self) -> None:
        """Raise the faults, in the order of the file.

        Raises:
            DeclarationError: there is at least one fault.
        """
        if self.faults:
            raise DeclarationError(sorted(self.faults, key=lambda fault: (fault.line == 0, fault.line)))


class _SyntaxFault(Exception):
    """A statement that cannot be read; the next line is tried."""


def read_document(path: Path) -> Document:
    """Read the TOML file at ``path``; faults of syntax and duplicates are in the document's ``faults``.

    Raises:
        DeclarationError: the file cannot be read at all: missing, a directory, too large, not text.
    """
    text = read_text(path)
    document = Document(path)
    _Reader(document, text).read()
    if not document.faults:
        try:
            tomllib.loads(text)
        except ValueError as error:
            message, line = _tomllib_message(error)
            document.fault(line, f"not TOML: {message}")
    return document


def read_text(path: Path) -> str:
    """Return the text of a file, with line ends of one kind.

    Raises:
        DeclarationError: it is missing, a directory, too large, or no UTF-8 text.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise DeclarationError([FileFault(path, 0, "is a directory, not a file")])
        if not stat.S_ISREG(mode):
            raise DeclarationError([FileFault(path, 0, "is not a regular file")])
        with path.open("rb") as file:
            octets = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise DeclarationError([FileFault(path, 0, "there is no such file")])
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DeclarationError([FileFault(path, 0, f"cannot be read: {reason}")])
    if len(octets) > MAX_SIZE:
        raise DeclarationError(
            [FileFault(path, 0, f"is larger than {MAX_SIZE} octets, which no declaration is")]
        )
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise DeclarationError([FileFault(path, line, "is not UTF-8 text")])
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DeclarationError([FileFault(path, line, "is not text: it holds a NUL")])
    return text.replace("\r\n", "\n")


class _Reader:
    """Cuts one text into statements."""

    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._text = text
        self._position = 0
        self._line = 1
        self._counted = 0
        self._table: Path_ = ()
        self._arrays: dict[Path_, int] = {}
        self._inner: dict[Path_, int] = {}

    def read(self) -> None:
        while True:
            self._match(_BLANK)
            if self._position >= len(self._text):
                return
            start = self._position
            line = self._line_at(start)
            try:
                if self._text[start] == "[":
                    self._header(line)
                else:
                    self._assignment(line)
            except _SyntaxFault as fault:
                self._document.fault(line, str(fault))
                end = self._text.find("\n", start)
                self._position = len(self._text) if end < 0 else end
                if len(self._document.faults) >= MAX_SYNTAX_FAULTS:
                    self._document.fault(line, "too many faults: the rest of the file is not looked at")
                    return

    def _header(self, line: int) -> None:
        array = self._text.startswith("[[", self._position)
        self._position += 1 + array
        key = self._key()
        if not self._text.startswith("]]" if array else "]", self._position):
            raise _SyntaxFault(f"the table header {_dotted(key)!r} is not closed")
        self._position += 1 + array
        self._end_of_line()
        path = self._resolve(key)
        if array:
            self._arrays[path] = self._arrays.get(path, -1) + 1
            path = (*path, str(self._arrays[path]))
        elif path in self._document.headers:
            self._document.fault(
                line,
                f"the table [{_dotted(path)}] stands twice, first in line {self._document.headers[path]}",
            )
        self._document.headers.setdefault(path, line)
        self._table = path

    def _resolve(self, key: Path_) -> Path_:
        """Replace each array of tables in ``key`` by its latest table; the last name stays as it is."""
        path: Path_ = ()
        for name in key[:-1]:
            path = (*path, name)
            if path in self._arrays:
                path = (*path, str(self._arrays[path]))
        return (*path, key[-1])

    def _assignment(self, line: int) -> None:
        path = (*self._table, *self._key())
        first = self._document.named.setdefault(path, line)
        if not self._text.startswith("=", self._position):
            raise _SyntaxFault(f"{_dotted(path)}: expected = and a value")
        self._position += 1
        value = self._value(path)
        if first != line:
            raise _SyntaxFault(f"{_dotted(path)} stands twice, first in line {first}")
        above = next((path[:size] for size in range(1, len(path)) if self._is_value(path[:size])), None)
        if above:
            where = self._document.named[above]
            raise _SyntaxFault(f"{_dotted(path)}: {_dotted(above)} is a value, in line {where}")
        if path in self._inner:
            raise _SyntaxFault(f"{_dotted(path)} is a table, in line {self._inner[path]}")
        for size in range(1, len(path)):
            self._inner.setdefault(path[:size], line)
        for leaf in _leaves(path, value, line):
            self._document.named.setdefault(leaf.path, line)
            self._document.entries.append(leaf)

    def _is_value(self, path: Path_) -> bool:
        return path in self._document.named and path not in self._inner

    def _key(self) -> Path_:
        names: list[str] = []
        while True:
            self._match(_SPACE)
            if match := self._match(_BARE):
                names.append(match)
            elif match := self._match(_QUOTED):
                names.append(str(self._tomllib(match, "a key")))
            else:
                raise _SyntaxFault(f"expected a key, found {self._excerpt()}")
            self._match(_SPACE)
            if len(names) > MAX_DEPTH:
                raise _SyntaxFault(f"a key of more than {MAX_DEPTH} names")
            if not self._text.startswith(".", self._position):
                return tuple(names)
            self._position += 1

    def _value(self, path: Path_) -> Any:
        self._match(_SPACE)
        start, depth = self._position, 0
        while piece := _PIECE.match(self._text, self._position, start + MAX_VALUE):
            text = piece.group()
            if text == "\n" and depth <= 0:
                break
            depth += (text in "[{") - (text in "]}")
            if depth > MAX_DEPTH:
                raise _SyntaxFault(f"{_dotted(path)}: brackets nested deeper than {MAX_DEPTH}")
            self._position = piece.end()
        value = self._text[start : self._position]
        ended = self._position >= len(self._text) or self._text[self._position] == "\n"
        if depth > 0 or not ended:
            limit = f"or the value is longer than {MAX_VALUE} characters"
            raise _SyntaxFault(f"{_dotted(path)}: a bracket or quotation mark is not closed, {limit}")
        if not value.strip() or value.lstrip().startswith("#"):
            raise _SyntaxFault(f"{_dotted(path)}: no value behind =")
        return self._tomllib(value, _dotted(path))

    def _tomllib(self, text: str, name: str) -> Any:
        try:
            return tomllib.loads(f"value = {text}\n")["value"]
        except ValueError as error:
            shown = text.strip().partition("\n")[0]
            shown = shown if len(shown) <= 40 else shown[:39] + "…"
            message, _ = _tomllib_message(error)
            raise _SyntaxFault(
                f"{name}: {shown} is no TOML value ({message}); texts stand in quotation marks"
            )

    def _end_of_line(self) -> None:
        if not _REST.match(self._text, self._position):
            raise _SyntaxFault(f"expected the end of the line, found {self._excerpt()}")

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._position)
        if not match:
            return ""
        self._position = match.end()
        return match.group()

    def _excerpt(self) -> str:
        rest = self._text[self._position : self._position + 20].partition("\n")[0]
        return repr(rest) if rest else "the end of the line"

    def _line_at(self, position: int) -> int:
        self._line += self._text.count("\n", self._counted, position)
        self._counted = position
        return self._line


def _leaves(path: Path_, value: Any, line: int) -> Iterator[Entry]:
    """Yield ``value``, or in place of an inline table what it holds."""
    if not isinstance(value, Mapping):
        yield Entry(path, value, line)
        return
    for name, inner in value.items():
        yield from _leaves((*path, name), inner, line)


def _dotted(path: Path_) -> str:
    text = ".".join(path)
    return text if len(text) <= 120 else text[:119] + "…"


def _tomllib_message(error: ValueError) -> tuple[str, int]:
    """Return a message of ``tomllib`` without its position, and the line."""
    text = str(error)
    where = _WHERE.search(text)
    if not where:
        return text.partition("\n")[0], 0
    return text[: where.start()], int(where.group(1) or 0)
