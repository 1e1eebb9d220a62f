"""The strict BER walker: structure, anomalies, limits, and nothing but TlvError on garbage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.profiles.tlv import (
    Anomaly,
    AnomalyCode,
    Header,
    Limits,
    Tlv,
    TlvError,
    Walk,
    header,
    parse_path,
    walk,
)
from conform62351.suites.selfcheck.ber_samples import Sample, samples

MANY = settings(max_examples=100, deadline=None)


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def assert_same(walked: Walk, node: Tlv, sample: Sample) -> None:
    assert node.identifier == sample.identifier
    assert walked.content(node) == sample.content
    assert walked.whole(node) == sample.octets
    assert len(node.children) == len(sample.children)
    for child, expected in zip(node.children, sample.children, strict=True):
        assert_same(walked, child, expected)


@MANY
@given(samples())
def test_finds_the_structure_that_was_written(sample: Sample) -> None:
    walked = walk(sample.octets)
    assert_same(walked, walked.root, sample)
    assert (not walked.anomalies) == sample.minimal
    assert sum(1 for _ in walked.nodes()) == sample.count()


@MANY
@given(samples(), st.binary(max_size=8), st.binary(min_size=1, max_size=8))
def test_offsets_count_from_the_start_of_the_input(sample: Sample, before: bytes, after: bytes) -> None:
    walked = walk(before + sample.octets + after, offset=len(before))
    assert_same(walked, walked.root, sample)
    assert walked.root.start == len(before)
    last = walked.anomalies[-1]
    assert (last.code, last.offset) == (AnomalyCode.TRAILING_OCTETS, len(before) + len(sample.octets))


@MANY
@given(samples(), st.data())
def test_no_prefix_is_a_value(sample: Sample, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(sample.octets) - 1))
    with pytest.raises(TlvError):
        walk(sample.octets[:cut])


@MANY
@given(st.binary(max_size=300))
def test_garbage_gives_nodes_within_each_other_or_an_error(garbage: bytes) -> None:
    try:
        walked = walk(garbage)
    except TlvError:
        return
    for _, node in walked.nodes():
        assert node.start < node.content <= node.content_end <= node.end <= len(garbage)
        position = node.content
        for child in node.children:
            assert child.start == position
            position = child.end
        assert not node.children or position == node.content_end
    offsets = [anomaly.offset for anomaly in walked.anomalies]
    assert offsets == sorted(offsets)


BEGUN = st.sampled_from([octets("30"), octets("04"), octets("BF 1F"), octets("BF 80 1F")])
Found = TypeVar("Found")
OF_A_HEADER = (AnomalyCode.NON_MINIMAL_TAG, AnomalyCode.NON_MINIMAL_LENGTH, AnomalyCode.INDEFINITE_LENGTH)


def outcome(read: Callable[[], Found]) -> Found | tuple[int, str]:
    """Return what ``read`` does, or where and why it fails."""
    try:
        return read()
    except TlvError as error:
        return error.offset, error.message


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=12) | st.builds(bytes.__add__, BEGUN, st.binary(max_size=8)))
@example(octets("04 81 01 00"))
@example(octets("30 80 02 01 05 00 00"))
@example(octets("BF 81 82 83 84 05 00"))
@example(octets("00 00"))
def test_a_header_is_that_of_the_walk(garbage: bytes) -> None:
    met: list[Anomaly] = []
    walked = outcome(lambda: walk(garbage))
    found = outcome(lambda: header(garbage, 0, len(garbage), met))
    if not isinstance(found, Header):
        assert walked == found
    elif isinstance(walked, Walk):
        end = None if walked.root.indefinite else walked.root.end
        assert found == (walked.root.tag, walked.root.content, end)
        here = [one for one in walked.anomalies if one.offset < found.content]
        assert met == [one for one in here if one.code in OF_A_HEADER]
    else:
        # What is wrong stands in the content, or is that there is no end of it.
        assert walked[0] >= found.content


@pytest.mark.parametrize(
    ("text", "code", "offset", "breaks_ber"),
    [
        ("30 81 03 02 01 05", "non-minimal-length", 1, False),
        ("30 82 00 03 02 01 05", "non-minimal-length", 1, False),
        ("30 80 02 01 05 00 00", "indefinite-length", 1, False),
        ("24 03 04 01 61", "constructed-string", 0, False),
        ("3A 03 04 01 61", "constructed-string", 0, False),
        ("01 01 01", "boolean-value", 2, False),
        ("03 02 04 F8", "bit-string-padding", 2, False),
        ("9F 1E 00", "non-minimal-tag", 0, True),
        ("9F 80 1F 00", "non-minimal-tag", 0, True),
        ("02 02 00 7F", "non-minimal-integer", 2, True),
        ("30 04 0A 02 FF 80", "non-minimal-integer", 4, True),
        ("06 02 80 01", "non-minimal-object-identifier", 2, True),
        ("06 03 2A 80 01", "non-minimal-object-identifier", 2, True),
        ("01 00", "content-length", 2, True),
        ("01 02 FF FF", "content-length", 2, True),
        ("02 00", "content-length", 2, True),
        ("03 00", "content-length", 2, True),
        ("03 01 01", "content-length", 2, True),
        ("03 02 08 00", "content-length", 2, True),
        ("05 01 00", "content-length", 2, True),
        ("06 00", "content-length", 2, True),
        ("06 01 81", "content-form", 2, True),
        ("21 03 01 01 FF", "content-form", 0, True),
        ("10 00", "content-form", 2, True),
        ("05 00 00", "trailing-octets", 2, True),
    ],
)
def test_anomalies(text: str, code: str, offset: int, breaks_ber: bool) -> None:
    (anomaly,) = walk(octets(text)).anomalies
    assert (anomaly.code, anomaly.offset, anomaly.breaks_ber) == (code, offset, breaks_ber)


@pytest.mark.parametrize(
    "text",
    [
        "01 01 FF",
        "01 01 00",
        "02 01 80",
        "02 02 00 80",
        "02 02 FF 7F",
        "03 01 00",
        "03 02 04 F0",
        "06 03 2A 81 00",
        "06 02 88 37",
        "04 81 80" + " 00" * 128,
        "9F 1F 00",
        "9F 81 00 00",
        "9F FF FF FF 7F 00",
        "31 00",
        "82 00",
    ],
)
def test_what_is_minimal_has_no_anomaly(text: str) -> None:
    assert walk(octets(text)).anomalies == ()


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "ends within identifier"),
        ("30", 0, "ends within identifier"),
        ("30 05 02 01 05", 2, "5 octets of content announced, 3 are there"),
        ("30 03 02 02 05 05", 4, "2 octets of content announced, 1 are there"),
        ("30 04 02 01 05 06", 5, "ends within identifier"),
        ("30 82 01", 1, "ends within length octets"),
        ("30 03 02 82 01 05", 3, "ends within length octets"),
        ("30 FF 01", 1, "FF is reserved"),
        ("04 80 00 00", 1, "a primitive with indefinite length"),
        ("30 80 02 01 05", 5, "ends within identifier"),
        ("30 80 02 01 05 00", 5, "ends within identifier"),
        ("30 02 30 80 00 00", 4, "ends within identifier"),
        ("30 02 00 00", 2, "end-of-contents octets where none can stand"),
        ("00 00", 0, "end-of-contents octets where none can stand"),
        ("30 80 20 00 00 00", 2, "end-of-contents octets where none can stand"),
        ("9F", 0, "ends within identifier"),
        ("9F 81", 0, "ends within identifier"),
        ("30 03 9F 81 01 00", 2, "ends within identifier"),
        ("9F 81 81 81 81 01 00", 0, "a tag of more than 5 octets"),
        ("04 88 FF FF FF FF FF FF FF FF", 10, "octets of content announced, 0 are there"),
    ],
)
def test_what_is_no_ber(text: str, offset: int, message: str) -> None:
    with pytest.raises(TlvError) as caught:
        walk(octets(text))
    assert (caught.value.offset, caught.value.layer) == (offset, "BER")
    assert message in caught.value.message


def nested(depth: int) -> bytes:
    value = b""
    for _ in range(depth):
        value = b"\x30" + bytes((len(value),)) + value
    return value


def test_depth_is_limited_at_the_level_that_is_named() -> None:
    assert [depth for depth, _ in walk(nested(60), limits=Limits(depth=60)).nodes()][-1] == 60
    with pytest.raises(TlvError, match="deeper than 59"):
        walk(nested(60), limits=Limits(depth=59))


@pytest.mark.parametrize("opening", [b"\x30\x80", b"\xbf\x1f\x80"])
def test_endless_nesting_ends_at_the_limit(opening: bytes) -> None:
    with pytest.raises(TlvError, match="deeper than 64"):
        walk(opening * 40_000)
    with pytest.raises(TlvError, match="deeper than 10000"):
        walk(opening * 40_000, limits=Limits(depth=10_000))


def test_the_count_includes_the_outermost() -> None:
    value = octets("30 06 02 01 01 02 01 02")
    assert len(walk(value, limits=Limits(count=3)).root.children) == 2
    with pytest.raises(TlvError, match="more than 2 TLVs") as caught:
        walk(value, limits=Limits(count=2))
    assert caught.value.offset == 5


def test_the_length_includes_what_trails() -> None:
    value = octets("05 00 00 00")
    assert walk(value, limits=Limits(length=4)).root.end == 2
    with pytest.raises(TlvError, match="longer than 3"):
        walk(value, limits=Limits(length=3))


def test_node_properties() -> None:
    walked = walk(octets("30 0D 02 01 05 BF 81 22 80 05 00 00 00 02 00"))
    first, second, third = walked.root.children
    assert (walked.root.tag, walked.root.tag_class, walked.root.constructed, walked.root.number) == (
        0x30,
        0,
        True,
        16,
    )
    assert (first.tag_class, first.constructed, first.number, first.indefinite) == (0, False, 2, False)
    assert (second.tag, second.tag_class, second.number) == (0xBF8122, 2, 0xA2)
    assert (second.indefinite, second.content_end, second.end) == (True, 11, 13)
    assert walked.root.child(0x02, 1) is third
    assert walked.root.child(0x02, 2) is None
    assert walked.root.child(0x02, -1) is third
    assert walked.root.child(0x02, -3) is None
    assert walked.root.child(0x04) is None
    assert "BF8122" in repr(second)


def test_find_by_path() -> None:
    walked = walk(octets("31 0C A2 0A 30 03 02 01 07 30 03 02 01 08"))
    found = walked.find("31/a2/30[1]/02")
    assert found is not None
    assert walked.content(found) == b"\x08"
    assert walked.find("31/a2/30[-1]/02") is found
    assert walked.find("31") is walked.root
    for missing in ("30", "31[1]", "31/a2/30[2]", "31/a3/30", "31/a2/30/02/02"):
        assert walked.find(missing) is None


def test_paths() -> None:
    assert parse_path("31/A2[0]/bf8122[12]/30[-1]") == ((0x31, 0), (0xA2, 0), (0xBF8122, 12), (0x30, -1))
    for wrong in ("", "/", "31/", "3", "zz", "31[", "31[-]", "31[--1]", "31[1", "31 /a2", "31[123456]"):
        with pytest.raises(ValueError, match="not a path"):
            parse_path(wrong)
