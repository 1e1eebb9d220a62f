"""The row of cases that a device has seen since it was last started or brought back, as far as it is kept."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from conform62351.tooling.fuzz.case import Case

MOST_CASES: Final = 256
MOST_OCTETS: Final = 1024 * 1024
"""Octets of a row as it is stored: a finding that holds all of it can still be read again."""


class Row:
    """The last cases, oldest first; long ones push out more of those before them."""

    def __init__(self) -> None:
        self._cases: deque[tuple[Case, int]] = deque()
        self._size = 0

    def add(self, case: Case) -> None:
        """Append a case."""
        size = len(msgspec.json.encode(case))
        self._cases.append((case, size))
        self._size += size
        while self._cases and (len(self._cases) > MOST_CASES or self._size > MOST_OCTETS):
            self._size -= self._cases.popleft()[1]

    def clear(self) -> None:
        """Forget all of them: the device has seen none."""
        self._cases.clear()
        self._size = 0

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases."""
        return tuple(case for case, _ in self._cases)
