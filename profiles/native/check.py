"""One check on a signed SecPDU, before it stands in a table: the tables of tokens 1 and 3 share them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from conform62351.profiles.native.examination import Examination
from conform62351.profiles.policy import Fault, Reaction

UNDECODED: Final = "1.1"
"""The row that looks at octets which are no SecPDU; every other one finds nothing in them."""

SHOWN_CHARACTERS: Final = 64
SHOWN_ENTRIES: Final = 8

Examined = TypeVar("Examined", bound=Examination, contravariant=True)
Test = Callable[[Examined], str | None]
"""What finds a fault: a sentence about it, or None."""


@dataclass(frozen=True, slots=True)
class Check(Generic[Examined]):
    """A check by its row in clause 14's table, with a second number where the row holds several.

    What it finds is only noted when ``noted``: a form that is read although it is not the one to send.
    """

    row: str
    name: str
    provenance: str
    test: Test[Examined]
    noted: bool = False
    decisions: str = ""

    @property
    def clause(self) -> str:
        """The text that it comes from."""
        decisions = f"; {self.decisions}" if self.decisions else ""
        return f"IEC 62351-4, 14, row {self.row.partition('.')[0]}{decisions}"


def note(detail: str) -> Fault:
    """Return a fault that is only reported."""
    return Fault(detail, Reaction.NOTE)


def listed(texts: Sequence[str]) -> str:
    """Return what a peer has listed, as far as it is of use to people."""
    shown = ", ".join(one[:SHOWN_CHARACTERS] for one in texts[:SHOWN_ENTRIES])
    left = len(texts) - SHOWN_ENTRIES
    return f"{shown} and {left} more" if left > 0 else shown
