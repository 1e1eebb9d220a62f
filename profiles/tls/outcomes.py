"""What is due when a check of TLS finds a fault, and what is logged: the table ``outcomes.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

EVENT_PREFIX: Final = "IEC62351-3:"


class Outcome(msgspec.Struct, frozen=True):
    """What a fault is answered with and logged as.

    ``alert`` is the description of an alert, empty where none is sent. ``event`` is the identifier in the
    log's catalogue, ``IEC62351-3:1.4`` for instance, None for none. ``provenance`` is that of the pairing.
    """

    alert: str
    event: str | None
    provenance: str


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alert: str
    mark: str
    event: str | None = None


@functools.cache
def outcomes() -> Mapping[str, Outcome]:
    """Return the outcomes of all steps by their ids, in the order of the table."""
    text = resources.files("conform62351.profiles.tls").joinpath("outcomes.toml").read_text("utf-8")
    lines = msgspec.convert(tomllib.loads(text), dict[str, _Line])
    return {
        step: Outcome(line.alert, None if line.event is None else EVENT_PREFIX + line.event, line.mark)
        for step, line in lines.items()
    }


def outcome_of(step: str) -> Outcome:
    """Return what is due for the step of an id such as ``TLS.CH.1``. Raises KeyError: there is none."""
    return outcomes()[step]
