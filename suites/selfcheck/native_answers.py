"""A device that claims all of native mode, whatever the PICS of the built-in one says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from conform62351.pics.catalogue import catalogue
from conform62351.pics.conditions import Answer

_AREAS: Final = ("T7.native", "T10.", "T11.", "T13.", "E2E.", "COMB.E2E-security-alone")

EVERYTHING: Final[Mapping[str, Answer]] = MappingProxyType(
    {code: Answer.YES for code in catalogue().items if code.startswith(_AREAS)}
)
