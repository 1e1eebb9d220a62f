"""A policy that changes nothing and notes what it is asked: what there is to hook for a fault."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conform62351.profiles.policy import CheckTable, Context, Policy, Step
from conform62351.tooling.proof.messages import TableSeen, ValueSeen


class Recorder(Policy):
    """Notes the tables that are run, and the types of what passes under each name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: dict[str, TableSeen] = {}
        self._values: dict[tuple[str, str], dict[str, list[str]]] = {}

    def tables(self) -> list[TableSeen]:
        """Return the tables by name."""
        return [self._tables[name] for name in sorted(self._tables)]

    def values(self) -> list[ValueSeen]:
        """Return what passed each hook."""
        return [ValueSeen(hook, name, types) for (hook, name), types in sorted(self._values.items())]

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        """Return the steps of the table."""
        with self._lock:
            if table.name not in self._tables:
                steps = [(step.id, step.name, step.clause) for step in table.steps]
                self._tables[table.name] = TableSeen(table.name, steps)
        return table.steps

    def rewrite(self, name: str, value: Any) -> Any:
        """Return ``value``."""
        self._note("rewrite", name, value)
        return value

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Return ``octets``."""
        self._note("rewrite_octets", name, octets)
        return octets

    def read_octets(self, name: str, octets: bytes) -> bytes:
        """Return ``octets``."""
        self._note("read_octets", name, octets)
        return octets

    def delay(self, names: Sequence[str]) -> float:
        """Return 0."""
        for name in names:
            self._note("delay", name, None)
        return 0.0

    def _note(self, hook: str, name: str, value: object) -> None:
        with self._lock:
            types = self._values.setdefault((hook, name), {})
            if value is not None:
                types.setdefault(type(value).__name__, _fields(value))


def _fields(value: object) -> list[str]:
    """Return the names of what :class:`~conform62351.fixtures.faults.building.RewriteField` can change."""
    if isinstance(value, msgspec.Struct):
        return list(value.__struct_fields__)
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        return sorted(map(str, value))
    return []
