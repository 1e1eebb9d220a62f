"""Which cases are known to kill mutants of a function: the file ``hints.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources

from conform62351.tooling.mutation.scope import PROFILES


def hints() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the cases to try first on mutants, by the module of these and the function."""
    text = resources.files("conform62351.tooling.mutation").joinpath("hints.toml").read_text(encoding="utf-8")
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for hint in tomllib.loads(text)["hint"]:
        for function in hint["functions"]:
            key = PROFILES + hint["module"], function
            found[key] = (*found.get(key, ()), *hint["cases"])
    return found
