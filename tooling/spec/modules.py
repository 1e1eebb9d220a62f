"""The ASN.1 modules of spec data: whether machines find in them what they ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from conform62351.pics.faults import DeclarationError, FileFault, did_you_mean
from conform62351.pics.tomlfile import Document, Entry, read_document
from conform62351.profiles.asn1.notation import VARIANTS_SOURCE, Names, Notation, NotationError, NotationFault
from conform62351.profiles.asn1.shape import shape_faults
from conform62351.profiles.native.ber import TYPES
from conform62351.profiles.spec.data import MODULE, NAMES, VARIANTS, own_notation, own_text
from conform62351.tooling.spec.trial import unreadable

_TABLES: Final = ("types", "members")


def load_notation(
    folder: Path, modules: Mapping[str, str], variants: str | None, names_file: Path | None
) -> Notation:
    """Return the notation of modules, by the names of their files, or that of ours where there are none.

    Raises:
        DeclarationError: with everything that is missing in them or cannot be used.
    """
    names = None if names_file is None else read_names(names_file)
    texts = modules or {MODULE: own_text(MODULE)}
    if variants is None:
        variants = "" if modules else own_text(VARIANTS)
    try:
        lazy = Notation(texts, names=names, wanted=())
        faults = [fault for name in TYPES for fault in _unusable(lazy, name)]
        usable = [name for name in TYPES if not _unusable(lazy, name)]
        faults += shape_faults(own_notation(), lazy, usable)
        notation = lazy if faults else Notation(texts, variants, names=names, wanted=TYPES)
        if not faults:
            faults += map(NotationFault, unreadable(notation))
    except NotationError as error:
        faults = list(error.faults)
    if faults:
        raise DeclarationError(_located(folder, faults))
    return notation


def _unusable(notation: Notation, name: str) -> tuple[NotationFault, ...]:
    if name not in notation.names:
        near = did_you_mean(name, notation.names)
        return (NotationFault(f"there is no type {name}{near} ({NAMES} can say what it is called)"),)
    try:
        notation.type(name)
    except NotationError as error:
        return error.faults
    except RecursionError:
        return (notation.place(name).fault(f"{name} is nested too deep"),)
    return ()


def _located(folder: Path, faults: Iterable[NotationFault]) -> list[FileFault]:
    return [
        FileFault(_file(folder, fault.source), fault.line, fault.message) for fault in dict.fromkeys(faults)
    ]


def _file(folder: Path, source: str) -> Path:
    if not source:
        return folder
    return folder / (VARIANTS if source == VARIANTS_SOURCE else source)


def read_names(path: Path) -> Names:
    """Read ``names.toml``: under ``[types]`` our names of types and theirs, under ``[members.TYPE]`` members.

    Raises:
        DeclarationError: with all its faults.
    """
    document = read_document(path)
    own = own_notation()
    types: dict[str, str] = {}
    members: dict[str, dict[str, str]] = {}
    lines: dict[tuple[str, ...], int] = {}
    for entry in document.entries:
        table, *place = entry.path
        wanted = {"types": 1, "members": 2}.get(table)
        if wanted is None:
            document.fault(entry.line, f"{table} is neither types nor members{did_you_mean(table, _TABLES)}")
        elif len(place) != wanted or not isinstance(entry.value, str):
            example = 'our name = "theirs"'
            document.fault(entry.line, f"{entry.name}: under [types] and [members.TYPE] stands {example}")
        elif _taken(document, entry, types if wanted == 1 else members.get(place[0], {})):
            continue
        elif wanted == 1 and place[0] not in own.names:
            document.fault(entry.line, f"we have no type {place[0]}{did_you_mean(place[0], own.names)}")
        elif wanted == 1:
            types[place[0]] = entry.value
            lines[(place[0],)] = entry.line
        else:
            members.setdefault(place[0], {})[place[1]] = entry.value
            lines[(place[0], place[1])] = entry.line
    document.check()
    return Names(types, members, NAMES, lines)


def _taken(document: Document, entry: Entry, names: Mapping[str, str]) -> bool:
    """Return whether two of our names go to one of theirs, which is a fault."""
    other = next((own for own, theirs in names.items() if theirs == entry.value), None)
    if other is not None:
        document.fault(entry.line, f"{entry.value} is {other} already")
    return other is not None
