"""GeneralizedTime: written in one form, read in the forms that products send, everything else refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.generalized_time import MAX_OCTETS, TimeError, moment_text, read_time, write_time

MANY = settings(max_examples=200, deadline=None)
INSTANT = datetime(2026, 9, 29, 14, 14, 4, tzinfo=UTC).timestamp()
MILLISECONDS = st.integers(-62_135_596_800_000, 253_402_300_799_999)


@pytest.mark.parametrize(
    ("unix", "octets"),
    [
        (INSTANT, b"20260929141404.000Z"),
        (INSTANT + 0.5, b"20260929141404.500Z"),
        (INSTANT + 0.007, b"20260929141404.007Z"),
        (INSTANT + 0.9996, b"20260929141405.000Z"),
        (0.0, b"19700101000000.000Z"),
        (-0.001, b"19691231235959.999Z"),
        (-62_135_596_800.0, b"00010101000000.000Z"),
    ],
)
def test_is_written_with_three_digits_and_z(unix: float, octets: bytes) -> None:
    assert write_time(unix) == octets


@pytest.mark.parametrize("unix", [1e12, -1e12, float("nan"), float("inf"), 1e300])
def test_an_instant_of_no_year_is_not_written(unix: float) -> None:
    with pytest.raises(EncodingError):
        write_time(unix)


@pytest.mark.parametrize(
    ("octets", "fraction", "deviations"),
    [
        (b"20260929141404.000Z", "", ()),
        (b"20260929141404.120Z", "12", ()),
        (b"20260929141404Z", "", ("a time without a fraction",)),
        (b"20260929141404.Z", "", ("a time without digits after the dot",)),
        (b"20260929141404.1Z", "1", ("a time with 1 digits after the dot",)),
        (b"20260929141404.123456789Z", "123456789", ("a time with 9 digits after the dot",)),
        (b"20260929141404.123", "123", ("a time without Z, read as UTC",)),
        (b"20260929141404,123Z", "123", ("a time with a comma for the dot",)),
        (
            b"20260929141404.",
            "",
            ("a time without digits after the dot", "a time without Z, read as UTC"),
        ),
        (b"20260929141404", "", ("a time without a fraction", "a time without Z, read as UTC")),
    ],
)
def test_is_read_in_the_forms_of_products(octets: bytes, fraction: str, deviations: tuple[str, ...]) -> None:
    reading = read_time(octets)
    assert (reading.seconds, reading.fraction, reading.deviations) == (INSTANT, fraction, deviations)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"Z",
        b"20260929141404.123z",
        b"20260929141404.123+0100",
        b"20260929141404.123-00",
        b"20260929T141404.123Z",
        b"20260929 141404.123Z",
        b"202609291414Z",
        b"2026092914Z",
        b"260929141404Z",
        b"020260929141404.123Z",
        b"20260929141404123Z",
        b"20260929141404..123Z",
        b"20260929141404.123.Z",
        b"20260929141404.12 Z",
        b"20260929141404.123ZZ",
        b"20260929141404.123Z\0",
        b" 20260929141404.123Z",
        b"20260229000000.000Z",
        b"20261301000000.000Z",
        b"20260900000000.000Z",
        b"20260929240000.000Z",
        b"20260929146004.000Z",
        b"20260929141460.000Z",
        b"00000101000000.000Z",
        b"-0260929141404.000Z",
        "\N{ARABIC-INDIC DIGIT TWO}0260929141404.000Z".encode(),
        b"20260929141404." + b"1" * MAX_OCTETS + b"Z",
        b"\xff" * 19,
        b"9" * 1_000_000,
    ],
)
def test_anything_else_is_refused(octets: bytes) -> None:
    with pytest.raises(TimeError):
        read_time(octets)


@MANY
@given(MILLISECONDS)
def test_what_is_written_reads_as_the_same_instant(milliseconds: int) -> None:
    reading = read_time(write_time(milliseconds / 1000))
    assert reading.milliseconds == milliseconds
    assert reading.deviations == ()
    assert reading.unix == pytest.approx(milliseconds / 1000, abs=1e-4)


@MANY
@given(MILLISECONDS, st.text("0123456789", max_size=12), st.sampled_from([".", ","]), st.booleans())
def test_one_instant_is_one_instant_in_every_form(
    milliseconds: int, more: str, separator: str, zoned: bool
) -> None:
    seconds = write_time(milliseconds // 1000).decode()[:14]
    reading = read_time(f"{seconds}{separator}{more}{'Z' if zoned else ''}".encode())
    longer = read_time(f"{seconds}.{more}000Z".encode())
    assert reading.instant == longer.instant == (milliseconds // 1000, more.rstrip("0"))


@MANY
@given(st.one_of(st.binary(max_size=80), st.from_regex(rb"[0-9]{0,20}[.,]?[0-9]{0,9}[Z+-]?", fullmatch=True)))
@example(b"20260929141404.")
def test_any_octets_are_a_time_or_refused(octets: bytes) -> None:
    try:
        reading = read_time(octets)
    except TimeError:
        return
    assert str(reading).startswith(f"{octets[:4].decode()}-")
    assert write_time(reading.seconds)[:14] == octets[:14]


@pytest.mark.parametrize(
    ("unix", "text"),
    [
        (0.0, "1970-01-01T00:00:00Z"),
        (1_800_000_000.999, "2027-01-15T08:00:00Z"),
        (-62_135_596_800.0, "0001-01-01T00:00:00Z"),
        (-62_135_596_801.0, "-62135596801 s since 1970"),
        (253_402_300_800.0, "253402300800 s since 1970"),
    ],
)
def test_every_instant_has_words(unix: float, text: str) -> None:
    assert moment_text(unix) == text
