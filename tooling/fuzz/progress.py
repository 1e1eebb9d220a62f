"""How far a campaign is, and when it ends."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a campaign is; ``doing`` says what it does besides drawing cases, empty for nothing."""

    cases: int
    seconds: float
    behaviours: int
    corpus: int
    findings: int
    unconfirmed: int
    doing: str = ""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """When a campaign ends: after so many cases in all, or after so many seconds in all."""

    cases: int | None = None
    seconds: float | None = None


class Interrupted(Exception):
    """Somebody has ended the campaign: the case under way is played again when it goes on."""


Tell = Callable[[Progress], None]
