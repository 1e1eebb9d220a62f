"""Faults of the files that a person hands in: all of them in one error, each with file and line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Loaded = TypeVar("Loaded")
MAX_FAULTS = 300
"""So many faults are listed, more than a PICS has items; of more only the number is told."""
_LONGEST_COMPARED = 80


@dataclass(frozen=True, slots=True)
class FileFault:
    """One fault; ``line`` counts from 1 and is 0 where the fault is of the file as a whole."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


class DeclarationError(Exception):
    """A declaration (PICS, PIXIT or deviations) cannot be used; ``faults`` holds everything wrong with it."""

    def __init__(self, faults: Iterable[FileFault]) -> None:
        self.faults = tuple(faults)
        lines = [str(fault) for fault in self.faults[:MAX_FAULTS]]
        if len(self.faults) > MAX_FAULTS:
            lines.append(f"… and {len(self.faults) - MAX_FAULTS} more")
        super().__init__("\n".join(lines))


class Faults:
    """Collects the faults of several files, so that one error can tell them all."""

    def __init__(self) -> None:
        self._found: list[FileFault] = []

    def attempt(self, load: Callable[[], Loaded]) -> Loaded | None:
        """Return what ``load`` returns, or None after keeping the faults that it raised."""
        try:
            return load()
        except DeclarationError as error:
            self._found.extend(error.faults)
            return None

    def extend(self, faults: Iterable[FileFault]) -> None:
        """Keep further faults."""
        self._found.extend(faults)

    def check(self) -> None:
        """Raise what was kept.

        Raises:
            DeclarationError: there is at least one fault.
        """
        if self._found:
            raise DeclarationError(self._found)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` with the known word that is closest to ``word``, or nothing."""
    if len(word) > _LONGEST_COMPARED:
        return ""
    candidates = list(known)
    folded = {candidate.lower(): candidate for candidate in candidates}
    near = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]}?" if near else ""
