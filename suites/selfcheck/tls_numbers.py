"""Octets in place of random ones, the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable


def counting(start: int = 0) -> Callable[[int], bytes]:
    """Return a source of octets that are neither random nor all the same."""
    given = start

    def octets(count: int) -> bytes:
        nonlocal given
        given += 1
        return hashlib.shake_256(given.to_bytes(8, "big")).digest(count)

    return octets
