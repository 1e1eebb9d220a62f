"""GeneralizedTime as the signed times of IEC 62351-4 use it: written strictly, read as decision 43 says.

What is written is always ``YYYYMMDDhhmmss.mmmZ``. What is read may have any fraction or none, a separator
without digits behind it, a comma for the dot, and no Z; each of these is reported.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from conform62351.profiles.errors import EncodingError, ProtocolError

MAX_OCTETS: Final = 64
"""Octets of a time at most; real ones have up to 19."""
MILLISECONDS_DIGITS: Final = 3

_LAYER: Final = "TIME"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORM: Final = re.compile(rb"([0-9]{14})([.,])?([0-9]*)(Z)?")


class TimeError(ProtocolError):
    """Octets that are no time, or none that is taken."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(_LAYER, offset, message)


class TimeReading(msgspec.Struct, frozen=True):
    """A time that was read.

    ``seconds`` and ``fraction`` are the instant exactly: whole seconds since 1970 UTC, and the digits behind
    the separator without trailing zeros. ``deviations`` are sentences for people.
    """

    seconds: int
    fraction: str
    deviations: tuple[str, ...] = ()

    @property
    def unix(self) -> float:
        """Seconds since 1970 UTC."""
        return self.seconds + float(f"0.{self.fraction or 0}")

    @property
    def milliseconds(self) -> int:
        """Milliseconds since 1970 UTC; finer digits are cut off."""
        return self.seconds * 1000 + int(self.fraction[:MILLISECONDS_DIGITS].ljust(MILLISECONDS_DIGITS, "0"))

    @property
    def instant(self) -> tuple[int, str]:
        """What two readings of the same instant have in common, however they are written."""
        return self.seconds, self.fraction

    def __str__(self) -> str:
        moment = (_EPOCH + timedelta(seconds=self.seconds)).replace(tzinfo=None)
        return f"{moment.isoformat()}{'.' if self.fraction else ''}{self.fraction}Z"


def write_time(unix: float) -> bytes:
    """Return the content octets ``YYYYMMDDhhmmss.mmmZ`` of an instant in seconds since 1970 UTC.

    Raises EncodingError for an instant outside the years 1 to 9999.
    """
    try:
        seconds, milliseconds = divmod(round(unix * 1000), 1000)
        return b"%b.%03dZ" % (_second(seconds), milliseconds)
    except (OverflowError, ValueError) as error:
        raise EncodingError(_LAYER, f"{unix} is no instant that can be written") from error


@lru_cache(maxsize=64)
def _second(unix: int) -> bytes:
    """Return the digits down to the second, which is that of the message before most of the time."""
    return b"%04d%02d%02d%02d%02d%02d" % (_EPOCH + timedelta(seconds=unix)).timetuple()[:6]


def moment_text(unix: float) -> str:
    """Return an instant in seconds since 1970 UTC in words: ISO 8601, to the second.

    Certificates can name instants outside the years 1 to 9999: of these the seconds are told.
    """
    try:
        moment = _EPOCH + timedelta(seconds=unix)
    except OverflowError:
        return f"{unix:.0f} s since 1970"
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def read_time(octets: bytes) -> TimeReading:
    """Return the instant that content octets of a GeneralizedTime name (11-decisions 43, provenance I, F).

    Raises TimeError for anything else: an offset, missing seconds, a date that does not exist.
    """
    if len(octets) > MAX_OCTETS:
        raise TimeError(MAX_OCTETS, f"{len(octets)} octets, a time has at most {MAX_OCTETS}")
    match = _FORM.fullmatch(octets)
    if match is None:
        raise TimeError(0, f"{octets!r} is not of the form YYYYMMDDhhmmss.mmmZ")
    numbers, separator, digits, zone = match.groups()
    if digits and not separator:
        raise TimeError(14, f"{octets!r} has digits behind the seconds without a dot")
    try:
        seconds = _seconds(numbers)
    except ValueError as error:
        raise TimeError(0, f"{octets!r} names no instant: {error}") from error
    return TimeReading(seconds, digits.rstrip(b"0").decode(), _deviations(separator, digits, zone))


@lru_cache(maxsize=256)
def _seconds(digits: bytes) -> int:
    """Return the seconds since 1970 that YYYYMMDDhhmmss are. Raises ValueError for no date or no time."""
    year, rest = int(digits[:4]), (int(digits[at : at + 2]) for at in range(4, 14, 2))
    return (datetime(year, *rest, tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)  # type: ignore[misc, arg-type]


def _deviations(separator: bytes | None, digits: bytes, zone: bytes | None) -> tuple[str, ...]:
    if separator == b"." and len(digits) == MILLISECONDS_DIGITS and zone:
        return ()
    found = []
    if not separator:
        found.append("a time without a fraction")
    elif not digits:
        found.append("a time without digits after the dot")
    elif len(digits) != MILLISECONDS_DIGITS:
        found.append(f"a time with {len(digits)} digits after the dot")
    if separator == b",":
        found.append("a time with a comma for the dot")
    if not zone:
        found.append("a time without Z, read as UTC")
    return tuple(found)
