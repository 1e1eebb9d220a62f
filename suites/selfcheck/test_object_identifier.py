"""Object identifiers as they stand in octets: read as asn1crypto writes them, within bounds."""

from __future__ import annotations

import pytest
from asn1crypto.core import ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.object_identifier import MAX_SUBIDENTIFIER, read_object_identifier

ARC = st.integers(0, 1 << 128)
ROOTS = st.one_of(st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), ARC))


@settings(max_examples=100, deadline=None)
@given(root=ROOTS, rest=st.lists(ARC, max_size=12))
def test_what_another_writer_writes_is_read(root: tuple[int, int], rest: list[int]) -> None:
    dotted = ".".join(map(str, (*root, *rest)))
    found = read_object_identifier(ObjectIdentifier(dotted).contents)
    assert (found.dotted, found.padded) == (dotted, ())


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x2a\x86", bytes([0x81]) * MAX_SUBIDENTIFIER + b"\x01"])
def test_what_is_none_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="subidentifier"):
        read_object_identifier(content)


def test_superfluous_octets_are_told_by_their_place() -> None:
    found = read_object_identifier(bytes.fromhex("2a 80 80 05 86 48 80 01"))
    assert found == ("1.2.5.840.1", (1, 6), 3)


def test_the_longest_arc_that_is_read() -> None:
    content = b"\x2a" + bytes([0xFF]) * (MAX_SUBIDENTIFIER - 1) + b"\x7f"
    assert read_object_identifier(content).dotted == f"1.2.{(1 << 7 * MAX_SUBIDENTIFIER) - 1}"
