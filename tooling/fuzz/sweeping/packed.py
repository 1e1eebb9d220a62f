"""Rows of changes in little memory: a campaign has hundreds of thousands ahead, and asks for a few."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, TypeVar

Row = TypeVar("Row")

BLOCK: Final = 32
"""Rows that are packed together: most of what they say is the same in all of them."""
LEVEL: Final = 1
BETWEEN: Final = b"\n"
"""What lies between rows: JSON has none of it within."""


class Packed(Generic[Row]):
    """Rows that are packed as they are stored (JSON); ``read`` makes each of them what it was.

    Those before a number can be forgotten.
    """

    def __init__(self, rows: Iterable[bytes], read: Callable[[bytes], Row]) -> None:
        self._read = read
        self._blocks = deque(zlib.compress(BETWEEN.join(block), LEVEL) for block in _blocks(rows))
        self._forgotten = 0
        self._at = -1
        self._open: list[bytes] = []

    def __getitem__(self, number: int) -> Row:
        """Return row ``number``, which is there and not forgotten."""
        block, within = divmod(number, BLOCK)
        if block != self._at:
            self._open = zlib.decompress(self._blocks[block - self._forgotten]).split(BETWEEN)
            self._at = block
        return self._read(self._open[within])

    def forget(self, number: int) -> None:
        """Keep nothing of the rows before ``number``, as far as whole blocks go."""
        while self._blocks and self._forgotten < number // BLOCK:
            self._blocks.popleft()
            self._forgotten += 1
        if self._at < self._forgotten:
            self._at, self._open = -1, []


def _blocks(rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for row in rows:
        block.append(row)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block
