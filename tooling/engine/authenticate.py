"""How the tester authenticates in compatibility mode, as data: part of the steps that associate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Literal

import msgspec

from conform62351.profiles.generalized_time import write_time

TESTER = "tester"
"""The credential of the tester's folder that authenticates, unless a step names another."""
TESTER_TLS = "tester-tls"
"""The credential that it has for TLS: Annex G wants another than for the application."""
NO_CERTIFICATE = ""
"""The place of a credential for TLS when the tester, as client, shows no certificate."""
VERY_LONG = 4000
HOUR_S = 3600.0


class TimeForm(Enum):
    """How the time in the authentication value is written; all but the usual one are of a whole second."""

    USUAL = "YYYYMMDDhhmmss.mmmZ"
    NO_FRACTION = "YYYYMMDDhhmmssZ"
    COMMA = "a comma before the fraction"
    DOT_WITHOUT_DIGITS = "a dot without digits"
    NO_Z = "no Z"
    DOT_ALONE = "a dot without digits and no Z"
    ONE_DIGIT = "one digit of fraction"
    SIX_DIGITS = "six digits of fraction"
    NO_SECONDS = "YYYYMMDDhhmmZ"
    SECONDS_60 = "seconds 60"
    OFFSET = "local time with +0100"
    OFFSET_BEHIND = "local time with -0100"
    WITH_T = "a T between date and time"
    UTC_TIME = "UTCTime, YYMMDDhhmmssZ"
    IMPOSSIBLE_MONTH = "month 13"
    IMPOSSIBLE_DAY = "31 February"
    LETTERS = "letters among the digits"
    SMALL_Z = "a small z"
    SHORT_YEAR = "YYMMDDhhmmss.mmmZ"
    MORE_BEHIND = "a digit behind the Z"
    EMPTY = "nothing"
    VERY_LONG = "thousands of digits"


Boundary = Literal["", "past", "future"]
SignatureEncoding = Literal["", "81", "18", "raw"]


class Authenticate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands in the authentication value that the tester sends; by default everything is right.

    ``credential`` is the name of the one whose certificate is sent, and ``key`` of the one whose private key
    signs, if that is another. Every signed time is a new one, which no DUT can have met before. ``boundary``
    puts it near the limit of 10 minutes in the DUT's ``past`` or ``future``, by 5 s and what the measurement
    of its clock is uncertain by ``inside`` of it or outside; ``shift`` puts it that many seconds off our
    clock. ``same_time_as`` is the connection whose signed time is sent again, octet for octet unless
    ``time_form`` says how it is written. ``signature_input`` is what is signed: the TLV ``81``, the TLV
    ``18`` or the content octets (``raw``); empty: what the PIXIT says. ``signature_algorithm`` is the name of
    the one that signs, if it is not sha256WithRSAEncryption. ``other_time_signed``: the signature covers a
    time one second later than the one sent. ``withhold``: there is no member for authentication at all.

    Source: clause 11 (N), 11-decisions 29, 41 to 43 (I).
    """

    credential: str = TESTER
    key: str = ""
    boundary: Boundary = ""
    inside: bool = True
    shift: float = 0.0
    same_time_as: int | None = None
    time_form: TimeForm = TimeForm.USUAL
    signature_input: SignatureEncoding = ""
    signature_algorithm: str = ""
    other_time_signed: bool = False
    withhold: bool = False

    def __str__(self) -> str:
        if self.withhold:
            return "without authentication"
        parts = [f"authenticated as {self.credential}"]
        if self.key:
            parts.append(f"signed with the key of {self.key}")
        if self.boundary:
            side = "inside" if self.inside else "outside"
            parts.append(f"its time just {side} the window in the {self.boundary}")
        if self.shift:
            parts.append(f"its time {self.shift:+g} s off")
        if self.same_time_as is not None:
            parts.append(f"with the time of connection {self.same_time_as}")
        if self.time_form is not TimeForm.USUAL:
            parts.append(f"time written with {self.time_form.value}")
        if self.signature_input:
            parts.append(f"signed over {self.signature_input}")
        if self.signature_algorithm:
            parts.append(f"signed with {self.signature_algorithm}")
        if self.other_time_signed:
            parts.append("signed over another time")
        return ", ".join(parts)


def time_octets(unix: float, form: TimeForm) -> bytes:
    """Return the content octets of the time ``unix``, seconds since 1970 UTC, in ``form``."""
    writer = _WRITERS.get(form)
    return write_time(unix) if writer is None else writer(unix)


def _seconds(unix: float) -> bytes:
    return write_time(unix)[:14]


_WRITERS: Mapping[TimeForm, Callable[[float], bytes]] = {
    TimeForm.NO_FRACTION: lambda unix: _seconds(unix) + b"Z",
    TimeForm.COMMA: lambda unix: write_time(unix).replace(b".", b","),
    TimeForm.DOT_WITHOUT_DIGITS: lambda unix: _seconds(unix) + b".Z",
    TimeForm.NO_Z: lambda unix: write_time(unix)[:-1],
    TimeForm.DOT_ALONE: lambda unix: _seconds(unix) + b".",
    TimeForm.ONE_DIGIT: lambda unix: _seconds(unix) + b".0Z",
    TimeForm.SIX_DIGITS: lambda unix: write_time(unix)[:-1] + b"000Z",
    TimeForm.NO_SECONDS: lambda unix: _seconds(unix)[:12] + b"Z",
    TimeForm.SECONDS_60: lambda unix: _seconds(unix)[:12] + b"60.000Z",
    TimeForm.OFFSET: lambda unix: write_time(unix + HOUR_S)[:-1] + b"+0100",
    TimeForm.OFFSET_BEHIND: lambda unix: write_time(unix - HOUR_S)[:-1] + b"-0100",
    TimeForm.WITH_T: lambda unix: write_time(unix)[:8] + b"T" + write_time(unix)[8:],
    TimeForm.UTC_TIME: lambda unix: _seconds(unix)[2:] + b"Z",
    TimeForm.IMPOSSIBLE_MONTH: lambda unix: write_time(unix)[:4] + b"13" + write_time(unix)[6:],
    TimeForm.IMPOSSIBLE_DAY: lambda unix: write_time(unix)[:4] + b"0231" + write_time(unix)[8:],
    TimeForm.MORE_BEHIND: lambda unix: write_time(unix) + b"0",
    TimeForm.LETTERS: lambda unix: write_time(unix)[:8] + b"hhmmss" + write_time(unix)[14:],
    TimeForm.SMALL_Z: lambda unix: write_time(unix)[:-1] + b"z",
    TimeForm.SHORT_YEAR: lambda unix: write_time(unix)[2:],
    TimeForm.EMPTY: lambda _: b"",
    TimeForm.VERY_LONG: lambda unix: _seconds(unix) + b"." + b"0" * VERY_LONG + b"Z",
}
