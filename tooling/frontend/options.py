"""How to run, as either front end was told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conform62351.pics.selection import Selector
from conform62351.tooling.frontend.inputs import Files, UsageError


@dataclass(frozen=True)
class Options:
    """How to run; ``into`` continues the run in ``out``."""

    out: Path
    files: Files = field(default_factory=Files)
    selectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    into: bool = False
    explore: bool = False
    accepted_inconclusive: tuple[str, ...] = ()
    capture: bool = True
    seed: int | None = None
    command: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    fault_module: Path | None = None
    overrides: tuple[str, ...] = ()
    spec_data: Path | None = None

    def device_words(self) -> Iterator[str]:
        """Yield the words of a command line that name this device."""
        for option, value in (("--pics", self.files.pics), ("--pixit", self.files.pixit)):
            if value is not None:
                yield from (option, str(value))
        if self.explore:
            yield "--explore"
        for name in self.faults:
            yield from ("--fault", name)
        if self.fault_module is not None:
            yield from ("--fault-module", str(self.fault_module))
        for text in self.overrides:
            yield from ("--set", text)
        if self.spec_data is not None:
            yield from ("--spec-data", str(self.spec_data))


def selector(text: str) -> Selector:
    """Read a selector.

    Raises:
        UsageError: it is malformed.
    """
    try:
        return Selector.parse(text)
    except ValueError as error:
        raise UsageError(str(error)) from error
