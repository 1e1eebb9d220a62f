"""Whether a signed SecPDU is one: its decoding, its lists, and the form of its time (row 1)."""

from __future__ import annotations

from collections import Counter
from typing import Final

from conform62351.profiles.generalized_time import TimeError, TimeReading
from conform62351.profiles.native.check import Check
from conform62351.profiles.native.examination import (
    Examination,
    HandshakeExamination,
    Token3Examination,
)
from conform62351.profiles.native.identity import is_accepted, is_requested
from conform62351.profiles.native.shown import shown_number
from conform62351.profiles.native.tokens import Aea


def _decodes(it: Examination) -> str | None:
    return None if it.error is None else f"octet {it.error.offset}: {it.error.message}"


def _asso_id(it: HandshakeExamination) -> str | None:
    if it.token1 is None:
        return None
    asso_id = it.token1.assoID
    if it.request is None:
        return None if is_requested(asso_id) else f"assoID {asso_id[:32]!r} is not one number"
    own = it.request.token1.assoID
    return None if is_accepted(asso_id, own) else f"assoID {asso_id[:32]!r} is not {own}, ':' and one number"


def _expected_asso_id(it: Token3Examination) -> str | None:
    if it.token is None or it.token.assoID in it.expected:
        return None
    asso_id = it.token.assoID
    return "no assoID" if asso_id is None else f"assoID {asso_id[:32]!r} is not that of the association"


def _lists(it: HandshakeExamination) -> str | None:
    if it.token1 is None:
        return None
    mode = it.token1.encr_mode
    sizes = {"dhKey": len(it.token1.dhKey)}
    if isinstance(mode, Aea):
        sizes["aea"] = len(mode.algorithms)
    else:
        sizes["icvAlgID"] = len(mode.icvAlgID)
        sizes["encr"] = 1 if mode.encr is None else len(mode.encr)
    empty = next((name for name, size in sizes.items() if not size), None)
    return None if empty is None else f"an empty list {empty}"


def _groups_differ(it: HandshakeExamination) -> str | None:
    groups = () if it.token1 is None else (key.dhGroup for key in it.token1.dhKey)
    for number, count in Counter(groups).items():
        if count > 1:
            return f"group {shown_number(number)} is offered {count} times"
    return None


def _time_reads(it: Examination) -> str | None:
    return f"time: {it.time.message}" if isinstance(it.time, TimeError) else None


def _variants(it: Examination) -> str | None:
    return "; ".join(it.variants) or None


def _time_form(it: Examination) -> str | None:
    return "; ".join(it.time.deviations) or None if isinstance(it.time, TimeReading) else None


_READS: Final[Check[Examination]] = Check("1.1", "decodes", "N", _decodes)
_TIME: Final[Check[Examination]] = Check("1.5", "time-reads", "N", _time_reads, decisions="decision 10")
_NOTED: Final[tuple[Check[Examination], ...]] = (
    Check("1.6", "variants", "I", _variants, noted=True),
    Check("1.7", "time-form", "I", _time_form, noted=True, decisions="decision 10"),
)

HANDSHAKE_FORM: Final[tuple[Check[HandshakeExamination], ...]] = (
    _READS,
    Check("1.2", "assoID", "I", _asso_id, decisions="decision 23"),
    Check("1.3", "lists-not-empty", "I", _lists, decisions="decision 6"),
    Check("1.4", "groups-differ", "I", _groups_differ, decisions="decision 6"),
    _TIME,
    *_NOTED,
)
TOKEN3_FORM: Final[tuple[Check[Token3Examination], ...]] = (
    _READS,
    Check("1.2", "assoID", "I", _expected_asso_id, decisions="decision 23"),
    _TIME,
    *_NOTED,
)
