"""Cipher suites by their numbers in the IANA registry (R), all of them: a device may have any.

Which of them a device must, may and must not have stands in the tables of ``pics``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final

SUITES_FILE: Final = "suites.txt"
NOT_SUITES: Final = frozenset((0x00FF, 0x5600))
"""Numbers of the registry that a ClientHello uses for signals: RFC 5746 and RFC 7507 (R)."""
TLS_1_3_SUITES: Final = frozenset(
    (*range(0x1301, 0x1308), 0x00C6, 0x00C7, 0xC0B4, 0xC0B5, *range(0xC103, 0xC107))
)
"""Those of TLS 1.3, which no other version can use (RFC 8446 B.4 and the registry, R)."""


def _read() -> Mapping[int, str]:
    text = resources.files(__package__).joinpath(SUITES_FILE).read_text("ascii")
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return MappingProxyType({int(code, 16): name for code, name in lines})


SUITES: Final = _read()
CODES: Final[Mapping[str, int]] = {name: code for code, name in SUITES.items()}


def suite_name(code: int) -> str:
    """Return the registry's name of a suite, or its number as ``suite C0FF`` where it is not known here."""
    return SUITES.get(code, f"suite {code:04X}")
