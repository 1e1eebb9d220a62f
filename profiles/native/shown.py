"""How numbers that a peer has sent are shown: Python writes none of thousands of digits."""

from __future__ import annotations

from typing import Final

SHOWN_BITS: Final = 64


def shown_number(number: int) -> str:
    """Return a number that a peer has sent; one that fits no use is told by its size, whatever that is."""
    return str(number) if number.bit_length() <= SHOWN_BITS else f"of {number.bit_length()} bits"
