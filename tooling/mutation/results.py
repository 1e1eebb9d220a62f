"""What became of mutants, a line each in a file that a killed run loses nothing of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from conform62351.tooling.mutation.judging import Judged, Outcome
from conform62351.tooling.mutation.mutants import Mutant
from conform62351.tooling.mutation.source import read_module

DEVICE: Final = ("profiles", "fixtures/device", "tooling/net", "pics")
TESTER: Final = ("suites", "tooling/engine", "fixtures/pki", "fixtures/faults")
"""Folders that decide on what a case has a device do; their own tests left out."""


def digest(folders: Iterable[str] = (*DEVICE, *TESTER)) -> str:
    """Return a hash of all files in ``folders`` of this package."""
    package = find_spec("conform62351.profiles")
    assert package is not None
    assert package.origin is not None
    root = Path(package.origin).parents[1]
    found = sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc" and "selfcheck" not in path.parts:
                found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the mutant ``key``: found with the module and with all sources of these hashes."""

    key: str
    module: str
    sources: str
    judged: Judged

    def holds(self, module: str, sources: str, cases: Iterable[str]) -> bool:
        """Return whether it still says something of modules and sources with these hashes.

        A kill does as long as its module is the same and its case is there; a mutant that survived may be
        killed by any other case, and has to be tried again when anything has changed.
        """
        if self.judged.outcome is Outcome.KILLED:
            return self.module == module and self.judged.by in cases
        return self.module == module and self.sources == sources


class Results:
    """The results in ``path``, to which others are added; the last one of a mutant counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, Result] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                result = _read(line)
                if result is not None:
                    self._found[result.key] = result

    def of(self, mutant: Mutant, sources: str, cases: Mapping[str, Any]) -> Result | None:
        """Return what is known of ``mutant`` that still holds."""
        found = self._found.get(mutant.key)
        return (
            found if found is not None and found.holds(module_hash(mutant.module), sources, cases) else None
        )

    def survived(self, mutant: Mutant) -> bool:
        """Return whether ``mutant`` survived the last time, whatever has changed since."""
        found = self._found.get(mutant.key)
        return found is not None and found.judged.outcome is not Outcome.KILLED

    def killer(self, mutant: Mutant) -> str:
        """Return the case that killed ``mutant`` the last time, whatever has changed since; else empty."""
        found = self._found.get(mutant.key)
        return "" if found is None else found.judged.by

    def add(self, mutant: Mutant, sources: str, judged: Judged) -> None:
        """Write down what became of ``mutant``."""
        result = Result(mutant.key, module_hash(mutant.module), sources, judged)
        self._found[result.key] = result
        line = {
            "key": result.key,
            "module": result.module,
            "sources": sources,
            "place": f"{mutant.module}:{mutant.line} {mutant.function}",
            "change": mutant.change,
            "outcome": judged.outcome.value,
            "by": judged.by,
            "why": judged.why,
            "tried": judged.tried,
            "seconds": judged.seconds,
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def module_hash(name: str) -> str:
    """Return a hash of the source of the module called ``name``."""
    return sha256(read_module(name).octets).hexdigest()[:16]


def _read(line: str) -> Result | None:
    """Return the result in ``line``, None if it was cut off when the run was killed."""
    try:
        found = json.loads(line)
        judged = Judged(
            Outcome(found["outcome"]), found["by"], found["why"], tuple(found["tried"]), found["seconds"]
        )
        return Result(found["key"], found["module"], found["sources"], judged)
    except (ValueError, KeyError, TypeError):
        return None
