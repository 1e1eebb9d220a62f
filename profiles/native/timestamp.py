"""TimeStamp in the tokens: ``YYYYMMDDhhmmss.mmmZ``, read as decision 10 says (N; reading I)."""

from __future__ import annotations

import re
from typing import Final

from conform62351.profiles.generalized_time import TimeError, TimeReading, read_time

_FORM: Final = re.compile(rb"[0-9]{14}(?:[.,][0-9]{0,6})?Z")


def read_timestamp(octets: bytes) -> TimeReading:
    """Return the instant that a token names; other forms than the one that is sent are its deviations.

    A comma is not among them: both separators conform. Raises TimeError for a time without Z, with an offset
    or a T, of more than six digits behind the separator, or of no instant.
    """
    if _FORM.fullmatch(octets) is None:
        raise TimeError(0, f"{octets[:32]!r} is not of the form YYYYMMDDhhmmss.mmmZ")
    return read_time(octets.replace(b",", b"."))


def reading_of(octets: bytes) -> TimeReading | TimeError:
    """Return the instant that a token names, or the error that says why it names none."""
    try:
        return read_timestamp(octets)
    except TimeError as error:
        return error
