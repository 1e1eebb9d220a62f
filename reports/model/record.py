"""The base of all parts of a report."""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What all parts of a report share: immutable, made by keyword."""
