"""How to fuzz, as the command line was told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.progress import Limits


@dataclass(frozen=True, kw_only=True)
class FuzzOptions:
    """How to fuzz the device that ``options`` name, in the folder ``options.out``.

    ``layers``, ``stacks`` and ``roles`` are words of the command line; all where none is named.
    ``workers`` processes do it, each with a built-in device of its own, or all at the one that is named.
    ``process_file`` holds the number of the device's process, ``errors_file`` is its standard error.
    """

    options: Options
    limits: Limits = field(default_factory=Limits)
    layers: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    resume: bool = False
    workers: int = 1
    process_file: Path | None = None
    errors_file: Path | None = None

    @property
    def shared(self) -> bool:
        """Whether several processes have one device together."""
        return self.workers > 1 and not self.options.files.builtin

    def words(self) -> Iterator[str]:
        """Yield the words of a command line that says the same, but for how many cases."""
        yield from ("--out", str(self.options.out), *self.options.device_words())
        yield from ("--workers", str(self.workers))
        for option, file in (("--pid-file", self.process_file), ("--stderr", self.errors_file)):
            if file is not None:
                yield from (option, str(file))
        for option, names in (("--layer", self.layers), ("--stack", self.stacks), ("--role", self.roles)):
            for name in names:
                yield from (option, name)
        if self.options.seed is not None:
            yield from ("--seed", str(self.options.seed))
        if self.limits.seconds is not None:
            yield from ("--for", f"{self.limits.seconds:f}s")
        if self.resume:
            yield "--resume"
