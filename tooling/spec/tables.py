"""The tables of spec data: identifiers, diagnostics, values of pp."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from conform62351.pics.faults import did_you_mean
from conform62351.pics.tomlfile import Document, read_document, read_text
from conform62351.profiles.asn1.notation import Notation
from conform62351.profiles.identifiers import SPEC, IdentifierError, Identifiers
from conform62351.profiles.spec.data import DIAGNOSTIC_TABLE, ProtectedProtocol, own_text
from conform62351.profiles.spec.diagnostics import EDITIONS, TYPES, Diagnostics, diagnostics_of, table_faults

_SOURCE: Final = "spec data"
_MAXIMUM_PP: Final = 200
_PP: Final = re.compile(r"[^\x00-\x1f\x7f]+")


def read_identifiers(path: Path, own: Identifiers) -> Identifiers:
    """Read ``identifiers.toml``: tables of the form of ours for the identifiers that it replaces.

    Raises:
        DeclarationError: with all its faults.
    """
    document = read_document(path)
    oids: dict[str, str] = {}
    for name, (line, members) in _tables(document, own.names(), ("oid", "provenance", "source")).items():
        oid = members.get("oid")
        if oid is None:
            document.fault(line, f"{name} has no oid")
            continue
        entry = own[name]
        mark = members.get("provenance", SPEC)
        if mark not in (entry.provenance, SPEC):
            document.fault(line, f"{name}: provenance is {entry.provenance} or {SPEC}, not {mark[:20]!r}")
        try:
            own.check(name, oid[:200])
        except IdentifierError as error:
            document.fault(line, str(error))
            continue
        twin = next((one for one, other in oids.items() if other == oid), None)
        if twin is not None:
            document.fault(line, f"{name} and {twin} are both {oid}")
        if oid != entry.oid or mark == SPEC:
            oids[name] = oid
    document.check()
    settled = own.settled(oids, _SOURCE)
    for name in oids:
        twin = settled.name_of(oids[name])
        if twin not in (None, name):
            document.fault(0, f"{name} and {twin} are both {oids[name]}")
    document.check()
    return settled


def read_protocols(path: Path, own: Mapping[str, ProtectedProtocol]) -> Mapping[str, ProtectedProtocol]:
    """Read ``protocols.toml``. Raises DeclarationError with all its faults."""
    document = read_document(path)
    found = dict(own)
    for name, (line, members) in _tables(document, tuple(own), ("pp", "provenance")).items():
        pp, mark = members.get("pp"), members.get("provenance", SPEC)
        if pp is None:
            document.fault(line, f"{name} has no pp")
        elif len(pp) > _MAXIMUM_PP or not _PP.fullmatch(pp):
            document.fault(line, f"{name}: pp is a text of 1 to {_MAXIMUM_PP} printable characters")
        elif mark not in (own[name].provenance, SPEC):
            document.fault(line, f"{name}: provenance is {own[name].provenance} or {SPEC}, not {mark[:20]!r}")
        else:
            changed = pp != own[name].pp or mark == SPEC
            found[name] = ProtectedProtocol(pp, SPEC if changed else mark)
    document.check()
    return found


def read_diagnostics(path: Path | None, notation: Notation) -> Mapping[str, Diagnostics]:
    """Read ``diagnostics.toml``; without one, what ours says holds for the numbers of ``notation``.

    An edition and type that it does not name stay as they are.

    Raises:
        DeclarationError: with all its faults.
    """
    table: dict[str, dict[str, Any]] = tomllib.loads(own_text(DIAGNOSTIC_TABLE))
    if path is not None:
        document = read_document(path)
        document.check()
        given = tomllib.loads(read_text(path))
        for fault in table_faults(notation, given):
            document.fault(_line(document, fault.path), fault.message)
        document.check()
        for edition in EDITIONS:
            table[edition] = {**table[edition], **given.get(edition, {})}
    for edition in EDITIONS:
        for kind in TYPES:
            _settle(table[edition][kind], notation, kind)
    return diagnostics_of(notation, table)


def _settle(entry: dict[str, Any], notation: Notation, kind: str) -> None:
    """Take out of ``inferred`` the diagnostics that an edition has been given a number for."""
    given = entry.get("numbers", {})
    entry["inferred"] = [name for name in entry.get("inferred", ()) if name not in given]
    known = notation.numbers(kind)
    entry["inferred"] = [name for name in entry["inferred"] if name in known]


def _line(document: Document, path: tuple[str, ...]) -> int:
    """Return the line of a value, or of what it stands in."""
    while path:
        line = document.named.get(path) or document.headers.get(path)
        if line:
            return line
        path = path[:-1]
    return 0


def _tables(
    document: Document, known: tuple[str, ...], members: tuple[str, ...]
) -> dict[str, tuple[int, dict[str, str]]]:
    """Return the tables of a document by name, with their lines; what is not known is noted as a fault."""
    found: dict[str, tuple[int, dict[str, str]]] = {}
    for path, line in document.headers.items():
        if path[0] in known and len(path) == 1:
            found[path[0]] = (line, {})
        else:
            document.fault(line, f"nothing is called {'.'.join(path)[:80]}{did_you_mean(path[0], known)}")
    for entry in document.entries:
        name = entry.path[0]
        if name not in known:
            if entry.path[:1] not in document.headers:
                near = did_you_mean(name, known)
                document.fault(entry.line, f"nothing is called {name[:80]}{near}")
        elif len(entry.path) != 2 or entry.path[1] not in members:
            rest = ".".join(entry.path[1:])[:80]
            document.fault(entry.line, f"{name} has no {rest}: only {', '.join(members)}")
        elif not isinstance(entry.value, str):
            document.fault(entry.line, f"{entry.name} is no text")
        else:
            found.setdefault(name, (entry.line, {}))[1][entry.path[1]] = entry.value
    return found
