"""The files that a person hands in, read together so that all their faults come in one message."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from conform62351.pics.declaration import Declaration, load_declaration
from conform62351.pics.deviations import Deviations, load_deviations
from conform62351.pics.faults import Faults, did_you_mean
from conform62351.pics.pixit import Pixit, Value, check_required, load_pixit, pixit_entries
from conform62351.profiles.spec.data import SpecData
from conform62351.tooling.spec.loading import load_spec_data


class UsageError(Exception):
    """The command cannot be carried out as given; the message may have several lines."""


@dataclass(frozen=True)
class Files:
    """Paths of the declarations; None for the built-in device's own."""

    pics: Path | None = None
    pixit: Path | None = None
    deviations: Path | None = None

    @property
    def builtin(self) -> bool:
        """Whether the built-in reference device is meant."""
        return self.pics is None and self.pixit is None


@dataclass(frozen=True)
class Inputs:
    """What was read from the files, with their hashes for the report."""

    declaration: Declaration
    pixit: Pixit
    deviations: Deviations
    hashes: dict[str, str]
    spec: SpecData


def device_file(name: str) -> Path:
    """Return the path of a declaration of the built-in device: pics.toml, pixit.toml or deviations.toml."""
    return Path(str(resources.files("conform62351.fixtures.device") / name))


def load_inputs(
    files: Files,
    *,
    explore: bool,
    substitutions: Mapping[str, str] | None = None,
    overrides: Sequence[str] = (),
    spec_data: Path | None = None,
) -> Inputs:
    """Read PICS, PIXIT and deviations; ``overrides`` are PIXIT values of this run, each ``NAME=VALUE``.

    ``spec_data`` is a folder with data of the standard in the place of our own.

    Raises:
        UsageError: one of PICS and PIXIT is missing, or an override is wrong.
        DeclarationError: with all faults of all files.
    """
    if (files.pics is None) != (files.pixit is None):
        missing = "--pixit" if files.pixit is None else "--pics"
        raise UsageError(f"{missing} is missing: a device is described by its PICS and its PIXIT together")
    pics = files.pics or device_file("pics.toml")
    pixit = files.pixit or device_file("pixit.toml")
    deviations = files.deviations or (device_file("deviations.toml") if files.builtin else None)
    faults = Faults()
    spec = faults.attempt(lambda: load_spec_data(spec_data))
    declared = faults.attempt(lambda: load_declaration(pics, explore=explore))
    values = faults.attempt(lambda: _overridden(load_pixit(pixit, substitutions=substitutions), overrides))
    known = faults.attempt(lambda: load_deviations(deviations) if deviations else Deviations(()))
    if declared is not None and values is not None:
        faults.attempt(lambda: check_required(pixit, values, declared.answers))
    faults.check()
    assert declared is not None
    assert values is not None
    assert known is not None
    assert spec is not None
    hashes = {"pics": _hash(pics), "pixit": _hash(pixit)}
    if deviations:
        hashes["deviations"] = _hash(deviations)
    return Inputs(declared, values, known.of(declared.header), hashes, spec)


def _overridden(pixit: Pixit, overrides: Sequence[str]) -> Pixit:
    return pixit.with_overrides(dict(map(_override, overrides)))


def _override(text: str) -> tuple[str, Value]:
    """Read ``NAME=VALUE``; a value that is not TOML is taken as text."""
    name, _, raw = text.partition("=")
    entry = pixit_entries().get(name)
    if entry is None:
        raise UsageError(f"--set {text}: no PIXIT entry {name!r}{did_you_mean(name, pixit_entries())}")
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw
    try:
        return name, entry.read(value)
    except ValueError as error:
        raise UsageError(f"--set {text}: {error}") from error


def _hash(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
