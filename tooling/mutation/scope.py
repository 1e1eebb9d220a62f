"""What is mutated: compatibility and native mode of the reference implementation, as a device has them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from conform62351.tooling.mutation.mutants import Mutant, mutants_of
from conform62351.tooling.mutation.reach import reached_names
from conform62351.tooling.mutation.source import read_module

PROFILES: Final = "conform62351.profiles."
PACKAGES: Final = tuple(f"{PROFILES}{name}." for name in ("compatibility", "native", "environments.osi"))
"""Check tables, tokens and state machines of both modes; a module that no device imports is the tester's."""


def modules_of_device() -> tuple[str, ...]:
    """Return the modules of this project that a device imports, in alphabetical order."""
    said = subprocess.run(
        [sys.executable, "-m", "conform62351.tooling.mutation.fork_server"], capture_output=True, check=True
    )
    return tuple(sorted(json.loads(said.stdout)))


def mutable(modules: Sequence[str]) -> tuple[str, ...]:
    """Return those of ``modules`` that are mutated."""
    return tuple(name for name in modules if name.startswith(PACKAGES))


def all_mutants(modules: Sequence[str]) -> tuple[Mutant, ...]:
    """Return the mutants of a device that imports ``modules``, by module and line."""
    reached = reached_names(map(read_module, modules))
    return tuple(mutant for name in mutable(modules) for mutant in mutants_of(name, reached))


def in_chance_order(mutants: Sequence[Mutant], seed: int) -> list[Mutant]:
    """Return ``mutants`` in an order in which every beginning is a sample of all; ``seed`` chooses it."""
    return random.Random(seed).sample(mutants, len(mutants))
