"""The texts of ASN.1 modules: parsed by asn1tools, merged, and with this project's names for what is in them.

Who puts other modules in the place of ours need not have our names in them: :class:`Names` says what is
called what there. Faults are gathered, so that one error tells them all.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import asn1tools
import msgspec

IMPLICIT: Final = "IMPLICIT"
EXPLICIT: Final = "EXPLICIT"
MAXIMUM_CHARACTERS: Final = 1 << 18
"""Longest text of a module: asn1tools takes a second for some 100 000 characters."""
_SYNTAX: Final = re.compile(r"Invalid ASN\.1 syntax at line (\d+), column \d+: (.*)", re.DOTALL)
_DEFINITION: Final = re.compile(r"\b([A-Z][A-Za-z0-9-]*)[ \t]*(?:\{[^{}\n]{0,200}\}[ \t]*)?\n?[ \t]*::=")
_SHOWN: Final = 160


class NotationFault(msgspec.Struct, frozen=True):
    """One fault: the text it stands in, and its line there, 0 where the fault is of the text as a whole."""

    message: str
    source: str = ""
    line: int = 0


class NotationError(ValueError):
    """Modules that are no ASN.1, or use what is not needed here; the message names the type."""

    def __init__(self, faults: Iterable[NotationFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in self.faults))


class Names(msgspec.Struct, frozen=True):
    """What other modules call things: by our name, theirs.

    ``members`` go by the type in whose definition they stand, under our name for it where we have one: they
    are components, alternatives, and what an ENUMERATED or BIT STRING has names for. ``source`` and
    ``lines`` say where each stands: a type by (name,), a member by (type, name).
    """

    types: Mapping[str, str] = {}
    members: Mapping[str, Mapping[str, str]] = {}
    source: str = ""
    lines: Mapping[tuple[str, ...], int] = {}

    def fault(self, place: tuple[str, ...], message: str) -> NotationFault:
        """Return a fault of one of them."""
        return NotationFault(message, self.source, self.lines.get(place, 0))


class TypeText(msgspec.Struct, frozen=True):
    """A type as asn1tools has parsed it, the default of its module for tags, and where it stands."""

    text: Mapping[str, Any]
    tagging: str
    source: str
    line: int

    def fault(self, message: str) -> NotationFault:
        """Return a fault of the type."""
        return NotationFault(message, self.source, self.line)


class Modules(msgspec.Struct, frozen=True):
    """The types of all modules by our names, and the module that each imported type is said to come from."""

    types: Mapping[str, TypeText]
    imports: Mapping[str, str] = {}


def read_modules(texts: Mapping[str, str], names: Names | None = None) -> Modules:
    """Return the types in ``texts``, which go by the names of their sources.

    Raises:
        NotationError: with everything that is wrong: a text is no ASN.1, a type is defined twice in different
            ways, or ``names`` speaks of what is not there.
    """
    names = names or Names()
    faults: list[NotationFault] = []
    types: dict[str, TypeText] = {}
    imports: dict[str, str] = {}
    ours = {theirs: own for own, theirs in names.types.items()}
    unused = set(names.types)
    members_unused = {(kind, own) for kind, members in names.members.items() for own in members}
    for source, text in texts.items():
        lines = _lines_of(text)
        for module in _parsed(source, text, faults):
            if module.get("tags") == "AUTOMATIC":
                faults.append(NotationFault("AUTOMATIC TAGS are not read", source))
            tagging = IMPLICIT if module.get("tags") == IMPLICIT else EXPLICIT
            for other, imported in module.get("imports", {}).items():
                imports.update((ours.get(name, name), other) for name in imported)
            for theirs, parsed in module["types"].items():
                own = ours.get(theirs, theirs)
                if theirs == names.types.get(own):
                    unused.discard(own)
                renaming = {there: here for here, there in names.members.get(own, {}).items()}
                met: set[str] = set()
                renamed = _renamed(parsed, ours, renaming, met)
                members_unused -= {(own, renaming[name]) for name in met}
                made = TypeText(renamed, tagging, source, lines.get(theirs, 0))
                before = types.setdefault(own, made)
                if (before.text, before.tagging) != (made.text, made.tagging):
                    where = f"{before.source}:{before.line}"
                    faults.append(made.fault(f"{own} is defined in another way in {where}"))
    faults.extend(_unused(names, unused, members_unused))
    if faults:
        raise NotationError(faults)
    return Modules(types, imports)


def _parsed(source: str, text: str, faults: list[NotationFault]) -> Sequence[Mapping[str, Any]]:
    if len(text) > MAXIMUM_CHARACTERS:
        faults.append(NotationFault(f"more than {MAXIMUM_CHARACTERS} characters", source))
        return ()
    try:
        return _parse(text)
    except RecursionError:
        faults.append(NotationFault("types are nested too deep", source))
    except (asn1tools.Error, ValueError, LookupError, TypeError, AttributeError) as error:
        faults.append(_syntax_fault(source, str(error)))
    return ()


@functools.lru_cache(maxsize=4)
def _parse(text: str) -> Sequence[Mapping[str, Any]]:
    """Return the modules of a text. They are not changed: a folder of them is read more than once."""
    return tuple(asn1tools.parse_string(text).values())


def _syntax_fault(source: str, message: str) -> NotationFault:
    found = _SYNTAX.match(message)
    if found is None:
        return NotationFault(f"no ASN.1: {message[:_SHOWN]}", source)
    return NotationFault(f"invalid ASN.1 syntax: {found[2][:_SHOWN]}", source, int(found[1]))


def _renamed(text: Any, types: Mapping[str, str], members: Mapping[str, str], met: set[str]) -> Any:
    """Return a parsed type with our names; ``met`` gathers the members that had another one."""
    if isinstance(text, list):
        return [_renamed(item, types, members, met) for item in text]
    if not isinstance(text, Mapping):
        return text
    made = {key: _renamed(value, types, members, met) for key, value in text.items()}
    if "type" in made:
        made["type"] = types.get(made["type"], made["type"])
    if made.get("name") in members:
        met.add(made["name"])
        made["name"] = members[made["name"]]
    for key in ("values", "named-bits"):
        if key in text:
            made[key] = [_renamed_entry(entry, members, met) for entry in text[key]]
    if isinstance(made.get("default"), list):
        made["default"] = [members.get(bit, bit) for bit in made["default"]]
    return made


def _renamed_entry(entry: Any, members: Mapping[str, str], met: set[str]) -> Any:
    if entry is None or entry[0] not in members:
        return entry
    met.add(entry[0])
    return (members[entry[0]], *entry[1:])


def _unused(
    names: Names, types: Iterable[str], members: Iterable[tuple[str, str]]
) -> Iterator[NotationFault]:
    for own in sorted(types):
        called = names.types[own]
        yield names.fault((own,), f"{own} is said to be called {called}, but there is no such type")
    for kind, own in sorted(members):
        called = names.members[kind][own]
        yield names.fault(
            (kind, own), f"{own} of {kind} is said to be called {called}, but there is no such member"
        )


def _lines_of(text: str) -> Mapping[str, int]:
    """Return the line in which each type is defined."""
    lines: dict[str, int] = {}
    line, counted = 1, 0
    for found in _DEFINITION.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        lines.setdefault(found[1], line)
    return lines
