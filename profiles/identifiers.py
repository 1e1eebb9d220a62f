"""The object identifiers by name, with their provenance; the inferred ones can be overridden.

The table is ``identifiers.toml``. A device whose maker owns the standard may use other arcs than those
inferred there: its PIXIT names them, and :meth:`Identifiers.overridden` gives the table to use against it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Final

INFERRED: Final = "I"
SPEC: Final = "spec"
"""The mark of what an owner of the standard has put in the place of what is inferred."""
_DOTTED: Final = re.compile(r"(?:[01]\.[0-3]?\d|2\.\d{1,9})(?:\.\d{1,40}){0,31}")


class IdentifierError(ValueError):
    """An identifier that does not exist, is no dotted object identifier, or is not ours to change."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One object identifier: its name in the standard, its dotted form, provenance mark and source."""

    name: str
    oid: str
    provenance: str
    source: str


class Identifiers:
    """A table of object identifiers."""

    def __init__(self, entries: Mapping[str, Identifier]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Identifier:
        """Return the entry called ``name``. Raises IdentifierError when there is none."""
        try:
            return self._entries[name]
        except KeyError:
            raise IdentifierError(f"no object identifier is called {name}") from None

    def oid(self, name: str) -> str:
        """Return the dotted form of the identifier called ``name``. Raises IdentifierError."""
        return self[name].oid

    def names(self) -> tuple[str, ...]:
        """Return every name, in the order of the table."""
        return tuple(self._entries)

    def name_of(self, oid: str) -> str | None:
        """Return the name of a dotted object identifier, None when it is not in the table."""
        return next((entry.name for entry in self._entries.values() if entry.oid == oid), None)

    def overridden(self, oids: Mapping[str, str]) -> Identifiers:
        """Return the table with other dotted forms for the inferred identifiers named in ``oids``.

        Raises IdentifierError for a name that is unknown or not inferred, or a value that is no identifier.
        """
        entries = dict(self._entries)
        for name, oid in oids.items():
            self.check(name, oid)
            entries[name] = replace(self[name], oid=oid)
        return Identifiers(entries)

    def check(self, name: str, oid: str) -> None:
        """Raise IdentifierError unless ``oid`` can stand in the place of the identifier called ``name``."""
        entry = self[name]
        if not _DOTTED.fullmatch(oid):
            raise IdentifierError(f"{name}: {oid} is no dotted object identifier")
        if entry.provenance not in (INFERRED, SPEC) and oid != entry.oid:
            raise IdentifierError(f"{name} is {entry.oid} ({entry.source}) and cannot be overridden")

    def settled(self, oids: Mapping[str, str], source: str) -> Identifiers:
        """Return the table with what ``source``, an owner's copy of the standard, says of inferred ones.

        Raises IdentifierError as :meth:`overridden`.
        """
        entries = dict(self.overridden(oids)._entries)
        for name in oids:
            if entries[name].provenance == INFERRED:
                entries[name] = replace(entries[name], provenance=SPEC, source=source)
        return Identifiers(entries)


def _load() -> Identifiers:
    text = resources.files(__package__).joinpath("identifiers.toml").read_text(encoding="utf-8")
    entries = {name: Identifier(name=name, **values) for name, values in tomllib.loads(text).items()}
    return Identifiers(entries)


IDENTIFIERS: Final = _load()
"""The identifiers as this project takes them to be."""
