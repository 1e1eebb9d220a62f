"""What the tables of checks are made of: faults by their reaction, and steps numbered in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from conform62351.profiles.policy import CheckTable, Context, Fault, Reaction, Step
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_2
from conform62351.profiles.tls.engine.signing import SHA_1

PART_3: Final = "IEC 62351-3"
RFC_5246: Final = "RFC 5246"
VERSIONS: Final = {
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    0x0304: "TLS 1.3",
}

Row = tuple[str, str, str, Callable[[Context], Fault | None]]
"""Name, clause, provenance mark and test of a step."""


def table(name: str, rows: Sequence[Row[Context]]) -> CheckTable[Context]:
    """Return a table whose steps are ``name.1``, ``name.2`` and so on."""
    steps = (
        Step(f"{name}.{number}", called, clause, mark, test)
        for number, (called, clause, mark, test) in enumerate(rows, start=1)
    )
    return CheckTable(name, tuple(steps))


def refuse(detail: str) -> Fault:
    """Return a fault that ends the connection with the alert of its step."""
    return Fault(detail, Reaction.REFUSE)


def note(detail: str) -> Fault:
    """Return a fault that is logged only."""
    return Fault(detail, Reaction.NOTE)


def ignore(detail: str) -> Fault:
    """Return a fault for which a message, or the resumption it asks for, is passed over."""
    return Fault(detail, Reaction.IGNORE)


def version_name(version: int) -> str:
    """Return how a version is written for people."""
    return VERSIONS.get(version, f"version {version:04X}")


def deprecated_signature(version: int, pair: tuple[int, int]) -> bool:
    """Return whether a signature that is named by ``pair`` is by MD5 or SHA-1, as all before TLS 1.2 are."""
    return version < TLS_1_2 or pair[0] <= SHA_1
