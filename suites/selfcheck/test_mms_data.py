"""Data and types of MMS: octets of values, whether data are of a type, nesting."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.mms import data as mms
from conform62351.profiles.mms.names import DataAccessError, bit_names, bits
from conform62351.profiles.mms.report import OPTIONS


@settings(max_examples=50, deadline=None)
@given(st.text("01", max_size=40))
def test_bits_go_to_octets_and_back(text: str) -> None:
    octets, length = mms.bits_of(text)
    assert (len(octets), length) == ((len(text) + 7) // 8, len(text))
    assert "".join(f"{octet:08b}" for octet in octets) == text.ljust(8 * len(octets), "0")


def test_bits_are_refused_when_they_are_none() -> None:
    with pytest.raises(ValueError, match="0 and 1"):
        mms.bits_of("012")


@settings(max_examples=50, deadline=None)
@given(st.frozensets(st.sampled_from(sorted(OPTIONS))))
def test_named_bits_go_to_octets_and_back(names: frozenset[str]) -> None:
    assert bit_names(bits(names, OPTIONS, 10), OPTIONS) == names


def test_bits_past_the_end_are_not_set() -> None:
    assert bit_names((b"\xff", 3), {"second": 1, "fourth": 3}) == {"second"}
    assert bit_names((b"", 0), {"first": 0}) == frozenset()


@settings(max_examples=50, deadline=None)
@given(st.floats(allow_nan=False), st.sampled_from([32, 64]))
def test_floating_point_goes_to_octets_and_back(number: float, width: int) -> None:
    kind, octets = mms.floating_point(number, width)
    assert kind == "floating-point"
    again = mms.float_of(octets)
    if width == 64:
        assert again == number
    elif math.isfinite(again):
        assert again == pytest.approx(number, rel=1e-6, abs=1e-40)
    else:
        assert math.copysign(math.inf, number) == again


def test_known_octets_of_times_and_numbers() -> None:
    assert mms.floating_point(1.0) == ("floating-point", bytes.fromhex("083f800000"))
    assert mms.utc_time(1.5) == ("utc-time", bytes.fromhex("000000018000000a"))
    assert mms.utc_of(bytes.fromhex("000000018000000a")) == 1.5
    day = 86_400
    assert mms.binary_time(5113 * day) == ("binary-time", bytes(6))
    assert mms.binary_time(5114 * day + 0.001) == ("binary-time", bytes.fromhex("000000010001"))
    assert mms.binary_time(0.0) == ("binary-time", bytes(6))
    assert mms.binary_time_of(bytes.fromhex("000000010001")) == 5114 * day + 0.001


@pytest.mark.parametrize("read", [mms.float_of, mms.utc_of, mms.binary_time_of])
@pytest.mark.parametrize("octets", [b"", b"\x09\0\0\0\0", b"\x08\0\0\0"])
def test_octets_of_another_form_are_refused(read: Any, octets: bytes) -> None:
    with pytest.raises(ValueError, match="octets"):
        read(octets)


INCONSISTENT = DataAccessError.TYPE_INCONSISTENT
INVALID = DataAccessError.OBJECT_VALUE_INVALID


PAIR = (
    "structure",
    {"components": [{"componentType": ("boolean", None)}, {"componentType": ("integer", 8)}]},
)


ROW = ("array", {"numberOfElements": 2, "elementType": ("integer", 8)})


@pytest.mark.parametrize(
    ("specification", "data", "expected"),
    [
        (("boolean", None), ("boolean", True), None),
        (("boolean", None), ("integer", 1), INCONSISTENT),
        (("integer", 8), ("integer", 127), None),
        (("integer", 8), ("integer", 128), INVALID),
        (("integer", 8), ("integer", -129), INVALID),
        (("unsigned", 8), ("unsigned", 255), None),
        (("unsigned", 8), ("unsigned", 256), INVALID),
        (("unsigned", 8), ("unsigned", -1), INVALID),
        (("bit-string", -13), mms.bit_string("1"), None),
        (("bit-string", -13), mms.bit_string("1" * 14), INCONSISTENT),
        (("bit-string", 2), mms.bit_string("1"), INCONSISTENT),
        (("visible-string", -2), ("visible-string", "ab"), None),
        (("visible-string", -2), ("visible-string", "abc"), INVALID),
        (("visible-string", -2), ("visible-string", "ä"), INVALID),
        (("octet-string", 2), ("octet-string", b"a"), INVALID),
        (("floating-point", {"format-width": 32, "exponent-width": 8}), mms.floating_point(1.0), None),
        (
            ("floating-point", {"format-width": 32, "exponent-width": 8}),
            mms.floating_point(1.0, 64),
            INCONSISTENT,
        ),
        (("utc-time", None), ("utc-time", bytes(8)), None),
        (("utc-time", None), ("utc-time", bytes(7)), INCONSISTENT),
        (("binary-time", True), ("binary-time", bytes(6)), None),
        (("binary-time", True), ("binary-time", bytes(4)), INCONSISTENT),
        (PAIR, ("structure", [("boolean", True), ("integer", 1)]), None),
        (PAIR, ("structure", [("boolean", True)]), INCONSISTENT),
        (PAIR, ("structure", [("boolean", True), ("integer", 1000)]), INVALID),
        (ROW, ("array", [("integer", 1), ("integer", 2)]), None),
        (ROW, ("array", [("integer", 1)]), INCONSISTENT),
        (ROW, ("structure", [("integer", 1), ("integer", 2)]), INCONSISTENT),
    ],
)
def test_data_against_its_type(specification: Any, data: Any, expected: DataAccessError | None) -> None:
    assert mms.mismatch(specification, data) is expected


def test_nesting_counts_levels() -> None:
    assert mms.nesting(("boolean", True)) == 0
    assert mms.nesting(("structure", [])) == 1
    assert mms.nesting(("structure", [("boolean", True), ("array", [("structure", [])])])) == 3
