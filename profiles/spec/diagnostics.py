"""The numbers of diagnostics, by the edition of the standard (clause 14, annexes B and D)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from conform62351.profiles.asn1.notation import Notation

HANDSHAKE: Final = "HandshakeDiagnostics"
TRANSFER: Final = "DtDiagnostics"
TYPES: Final = (HANDSHAKE, TRANSFER)
EDITIONS: Final = ("2018", "2018+A1")
USUAL_EDITION: Final = "2018+A1"
"""The edition that the built-in device has, and that machines have where nothing else is said."""
MAXIMUM_NUMBER: Final = (1 << 31) - 1


class DiagnosticNumbers(msgspec.Struct, frozen=True):
    """The diagnostics of one type: their numbers by name, and whose numbers are ``inferred``."""

    numbers: Mapping[str, int]
    inferred: frozenset[str] = frozenset()

    def number(self, name: str) -> int:
        """Return the number of a diagnostic. Raises KeyError when there is none of that name."""
        return self.numbers[name]

    def name(self, number: int) -> str | None:
        """Return the name of a diagnostic, None when the number has none."""
        return next((name for name, one in self.numbers.items() if one == number), None)


class Diagnostics(msgspec.Struct, frozen=True):
    """The diagnostics of one edition."""

    edition: str
    handshake: DiagnosticNumbers
    transfer: DiagnosticNumbers


class DiagnosticFault(msgspec.Struct, frozen=True):
    """What is wrong in a table of diagnostics, and the path of the value where it stands."""

    path: tuple[str, ...]
    message: str


def diagnostics_of(notation: Notation, table: Mapping[str, Any]) -> Mapping[str, Diagnostics]:
    """Return the diagnostics by edition: numbers of a notation, under a table without faults."""
    found = {}
    for edition in EDITIONS:
        kinds = {kind: _numbers(notation, kind, table.get(edition, {}).get(kind, {})) for kind in TYPES}
        found[edition] = Diagnostics(edition, kinds[HANDSHAKE], kinds[TRANSFER])
    return found


def _numbers(notation: Notation, kind: str, entry: Mapping[str, Any]) -> DiagnosticNumbers:
    numbers = {**notation.numbers(kind), **entry.get("numbers", {})}
    return DiagnosticNumbers(numbers, frozenset(entry.get("inferred", ())))


def table_faults(notation: Notation, table: Mapping[str, Any]) -> Iterator[DiagnosticFault]:
    """Yield what is wrong with a table of diagnostics, as it was read from TOML."""
    for edition, kinds in table.items():
        if edition not in EDITIONS:
            yield DiagnosticFault((edition,), f"{edition} is no edition: {' or '.join(EDITIONS)}")
        elif not isinstance(kinds, Mapping):
            yield DiagnosticFault((edition,), f"{edition} is no table")
        else:
            for kind, entry in kinds.items():
                yield from _entry_faults(notation, (edition, kind), entry)


def _entry_faults(notation: Notation, path: tuple[str, str], entry: Any) -> Iterator[DiagnosticFault]:
    kind = path[1]
    if kind not in TYPES:
        yield DiagnosticFault(path, f"{kind} is none of {' and '.join(TYPES)}")
        return
    if not isinstance(entry, Mapping):
        yield DiagnosticFault(path, f"{kind} is no table")
        return
    known = notation.numbers(kind)
    for name in entry.keys() - {"inferred", "numbers"}:
        yield DiagnosticFault((*path, name), f"{name} is neither inferred nor numbers")
    inferred, numbers = entry.get("inferred", []), entry.get("numbers", {})
    if not isinstance(inferred, list):
        yield DiagnosticFault((*path, "inferred"), "inferred is no list")
        inferred = []
    for name in inferred:
        if name not in known:
            yield DiagnosticFault((*path, "inferred"), f"{kind} has no {name!r}")
    if not isinstance(numbers, Mapping):
        yield DiagnosticFault((*path, "numbers"), "numbers is no table")
        return
    wrong = False
    for name, number in numbers.items():
        if name not in known:
            wrong = True
            yield DiagnosticFault((*path, "numbers", name), f"{kind} has no {name!r}")
        elif isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MAXIMUM_NUMBER:
            wrong = True
            yield DiagnosticFault(
                (*path, "numbers", name), f"{name}: {number!r} is no number of a diagnostic"
            )
    if not wrong:
        yield from _doubles(path, {**known, **numbers}, kind)


def _doubles(path: tuple[str, str], numbers: Mapping[str, int], kind: str) -> Iterator[DiagnosticFault]:
    first: dict[int, str] = {}
    for name, number in numbers.items():
        other = first.setdefault(number, name)
        if other != name:
            yield DiagnosticFault((*path, "numbers"), f"{kind}: {other} and {name} are both {number}")
