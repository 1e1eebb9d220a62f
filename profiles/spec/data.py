"""The data that a machine goes by where the standard's text is not public: one value, given to whoever asks.

This project's own are inferred in part (mark I). What an owner of the standard puts in their place is not
inferred any more, and reports say so.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

from conform62351.profiles.asn1.notation import Notation
from conform62351.profiles.identifiers import IDENTIFIERS, Identifiers
from conform62351.profiles.spec.diagnostics import USUAL_EDITION, Diagnostics, diagnostics_of

BUILT_IN: Final = "built in"
MODULE: Final = "e2e.asn"
VARIANTS: Final = "e2e_variants.asn"
NAMES: Final = "names.toml"
IDENTIFIER_TABLE: Final = "identifiers.toml"
DIAGNOSTIC_TABLE: Final = "diagnostics.toml"
PROTOCOL_TABLE: Final = "protocols.toml"
_FOLDERS: Final = {
    MODULE: "conform62351.profiles.asn1",
    VARIANTS: "conform62351.profiles.asn1",
    IDENTIFIER_TABLE: "conform62351.profiles",
    DIAGNOSTIC_TABLE: "conform62351.profiles.spec",
    PROTOCOL_TABLE: "conform62351.profiles.spec",
}
OVER_OSI: Final = "mms-over-osi"


class ProtectedProtocol(msgspec.Struct, frozen=True):
    """A protected protocol: its value of pp."""

    pp: str
    provenance: str


class SpecData(msgspec.Struct, frozen=True, kw_only=True):
    """What machines go by; ``source`` says for reports where it comes from.

    ``protocols`` go by their names in protocols.toml, ``diagnostics`` by edition. ``tags_inferred``: the
    notation is this project's own, in which some tags are inferred.
    """

    notation: Notation
    identifiers: Identifiers
    diagnostics: Mapping[str, Diagnostics]
    protocols: Mapping[str, ProtectedProtocol]
    source: str = BUILT_IN
    tags_inferred: bool = True

    @property
    def mms_over_osi(self) -> str:
        """The value of pp for MMS in the OSI environment."""
        return self.protocols[OVER_OSI].pp

    def pp(self, declared: str) -> str:
        """Return the value of pp of a device: what its PIXIT declares, unless that is just our own."""
        return self.mms_over_osi if declared == own_data().mms_over_osi else declared


def own_files() -> tuple[str, ...]:
    """Return the names of the files with this project's own data."""
    return tuple(_FOLDERS)


@functools.cache
def own_text(name: str) -> str:
    """Return the text of one of these files. Raises KeyError for another name."""
    return resources.files(_FOLDERS[name]).joinpath(name).read_text("utf-8")


@functools.cache
def own_notation(*, strict: bool = False) -> Notation:
    """Return the notation of this project; a ``strict`` one reads no variants of components."""
    return Notation(own_text(MODULE), "" if strict else own_text(VARIANTS))


@functools.cache
def own_data() -> SpecData:
    """Return this project's own data."""
    protocols = tomllib.loads(own_text(PROTOCOL_TABLE))
    return SpecData(
        notation=own_notation(),
        identifiers=IDENTIFIERS,
        diagnostics=diagnostics_of(own_notation(), tomllib.loads(own_text(DIAGNOSTIC_TABLE))),
        protocols=msgspec.convert(protocols, dict[str, ProtectedProtocol]),
    )


def usual_diagnostics() -> Diagnostics:
    """Return this project's own diagnostics of the usual edition."""
    return own_data().diagnostics[USUAL_EDITION]
