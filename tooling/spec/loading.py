"""Reads a folder of spec data, and finds everything that is wrong with it at once.

The folder holds any of: ASN.1 modules (``*.asn``) in the place of e2e.asn, ``names.toml`` with what they call
things, ``e2e_variants.asn``, ``identifiers.toml``, ``diagnostics.toml`` and ``protocols.toml``. What it does
not hold stays this project's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from conform62351.pics.faults import DeclarationError, Faults, FileFault, did_you_mean
from conform62351.pics.tomlfile import read_text
from conform62351.profiles.spec.data import (
    DIAGNOSTIC_TABLE,
    IDENTIFIER_TABLE,
    MODULE,
    NAMES,
    PROTOCOL_TABLE,
    VARIANTS,
    SpecData,
    own_data,
    own_text,
)
from conform62351.tooling.spec.modules import load_notation
from conform62351.tooling.spec.tables import read_diagnostics, read_identifiers, read_protocols

TABLES: Final = (NAMES, IDENTIFIER_TABLE, DIAGNOSTIC_TABLE, PROTOCOL_TABLE)
MAXIMUM_FILES: Final = 64
MAXIMUM_OCTETS: Final = 1 << 20
"""Of all modules together."""
_MODULE_SUFFIX: Final = ".asn"
Read = TypeVar("Read")


class Folder(msgspec.Struct, frozen=True):
    """The files of a folder: what is read, by name, and what is not."""

    path: Path
    texts: Mapping[str, str]
    ignored: tuple[str, ...]

    @property
    def modules(self) -> Mapping[str, str]:
        """The modules that take the place of ours."""
        return {
            name: text
            for name, text in self.texts.items()
            if name.endswith(_MODULE_SUFFIX) and name != VARIANTS
        }

    @property
    def source(self) -> str:
        """What reports say of the folder: which files, and a hash over their names and texts."""
        digest = hashlib.sha256()
        for name, text in sorted(self.texts.items()):
            octets = text.encode()
            digest.update(f"{name}\0{len(octets)}\0".encode() + octets)
        return f"spec data ({', '.join(sorted(self.texts))}) sha256:{digest.hexdigest()}"


def load_spec_data(path: Path | None) -> SpecData:
    """Return the spec data in a folder, or without one this project's own.

    Raises:
        DeclarationError: with everything that is missing, superfluous, of another kind, or not readable.
    """
    return own_data() if path is None else use_folder(read_folder(path))


def read_folder(path: Path) -> Folder:
    """Read the files of a folder of spec data. Raises DeclarationError as :func:`load_spec_data`."""
    try:
        found = sorted(path.iterdir())
    except NotADirectoryError:
        raise DeclarationError([FileFault(path, 0, "is no directory: an archive has to be unpacked")])
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DeclarationError([FileFault(path, 0, f"cannot be read: {reason}")])
    if len(found) > MAXIMUM_FILES:
        raise DeclarationError([FileFault(path, 0, f"holds more than {MAXIMUM_FILES} files")])
    faults = Faults()
    texts: dict[str, str] = {}
    ignored: list[str] = []
    for file in found:
        if file.name in TABLES or (file.suffix == _MODULE_SUFFIX):
            text = faults.attempt(lambda file=file: read_text(file))  # type: ignore[misc]
            texts[file.name] = text or ""
        elif file.suffix == ".toml":
            known = f"spec data are modules (*.asn), {', '.join(TABLES)}"
            message = f"is no part of spec data{did_you_mean(file.name, TABLES)} ({known})"
            faults.extend([FileFault(file, 0, message)])
        else:
            ignored.append(file.name)
    folder = Folder(path, texts, tuple(ignored))
    faults.extend(_faults_of(folder))
    faults.check()
    return folder


def _faults_of(folder: Folder) -> list[FileFault]:
    if not folder.texts:
        known = f"modules (*.asn), {', '.join(TABLES)}"
        return [FileFault(folder.path, 0, f"holds no spec data, which are {known}")]
    if sum(map(len, folder.modules.values())) > MAXIMUM_OCTETS:
        return [FileFault(folder.path, 0, f"holds modules of more than {MAXIMUM_OCTETS} octets")]
    if NAMES in folder.texts and not folder.modules:
        message = f"says what modules call things, and there is none in the place of {MODULE}"
        return [FileFault(folder.path / NAMES, 0, message)]
    return []


def use_folder(folder: Folder) -> SpecData:
    """Return the spec data in a folder. Raises DeclarationError as :func:`load_spec_data`."""
    own = own_data()
    faults = Faults()

    def table(name: str, read: Callable[[Path], Read]) -> Read | None:
        return faults.attempt(lambda: read(folder.path / name)) if name in folder.texts else None

    names = folder.path / NAMES if NAMES in folder.texts else None
    notation = faults.attempt(
        lambda: load_notation(folder.path, folder.modules, folder.texts.get(VARIANTS), names)
    )
    known = notation or own.notation
    identifiers = table(IDENTIFIER_TABLE, lambda path: read_identifiers(path, own.identifiers))
    diagnostics = faults.attempt(
        lambda: read_diagnostics(
            folder.path / DIAGNOSTIC_TABLE if DIAGNOSTIC_TABLE in folder.texts else None, known
        )
    )
    protocols = table(PROTOCOL_TABLE, lambda path: read_protocols(path, own.protocols))
    faults.check()
    assert notation is not None
    assert diagnostics is not None
    return SpecData(
        notation=notation,
        identifiers=identifiers or own.identifiers,
        diagnostics=diagnostics,
        protocols=protocols or own.protocols,
        source=folder.source,
        tags_inferred=set(folder.modules.values()) <= {own_text(MODULE)},
    )
