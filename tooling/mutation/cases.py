"""The cases that are played on mutants, with those conversations that only a device of another PICS plays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from conform62351.fixtures.device.configuration import device_file
from conform62351.pics.declaration import load_declaration
from conform62351.suites.loading import load
from conform62351.tooling.engine.case import Case
from conform62351.tooling.proof.setup import Setup, setup_of, variants


@cache
def playable() -> Mapping[str, tuple[Case, Setup]]:
    """Return what can be played by its name, and what it needs of the device.

    These are all cases but those of the static review, and the variants of each.
    """
    answers = load_declaration(device_file("pics.toml")).answers
    found: dict[str, tuple[Case, Setup]] = {}
    for name, case in load().items():
        if case.review is None:
            found[name] = case, setup_of(case, answers)
            found |= {variant.id: (variant, setup) for variant, setup in variants(case, answers)}
    return found
