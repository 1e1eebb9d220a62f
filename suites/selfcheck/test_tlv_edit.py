"""Editing BER by path: nothing changes by itself, and each change changes what it names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.tlv import Limits, TlvError, walk
from conform62351.profiles.tlv_edit import EditError, Tree, length_octets
from conform62351.suites.selfcheck.ber_samples import Sample, samples

MANY = settings(max_examples=100, deadline=None)
TAIL = "A1 06 80 01 06 80 01 07"
VALUE = f"30 0D A0 03 02 01 05 {TAIL}"


def edited(change: Callable[[Tree], object], text: str = VALUE) -> str:
    tree = Tree(bytes.fromhex(text))
    change(tree)
    return tree.encode().hex(" ").upper()


@MANY
@given(samples(), st.binary(max_size=8))
def test_unchanged_is_identical(sample: Sample, after: bytes) -> None:
    assert Tree(sample.octets + after).encode() == sample.octets + after


@MANY
@given(st.binary(max_size=200))
def test_unchanged_garbage_is_identical_or_refused(garbage: bytes) -> None:
    try:
        tree = Tree(garbage)
    except TlvError:
        return
    assert tree.encode() == garbage


@MANY
@given(samples(), st.data())
def test_every_element_can_be_found_and_replaced(sample: Sample, data: st.DataObject) -> None:
    tree = Tree(sample.octets)
    paths = list(tree.paths())
    assert len(set(paths)) == len(paths) == sample.count()
    path = data.draw(st.sampled_from(paths))
    node = walk(sample.octets).find(path)
    assert node is not None
    assert tree.find(path).encode() == sample.octets[node.start : node.end]
    below = walk(sample.octets[node.start : node.end])
    walked = walk(tree.replace(path, b"\x04\x02\xca\xfe").encode())
    nodes = [walked.whole(other) for _, other in walked.nodes()]
    assert b"\x04\x02\xca\xfe" in nodes
    assert len(nodes) == sample.count() - sum(1 for _ in below.nodes()) + 1


@MANY
@given(samples(), st.data())
def test_outer_lengths_follow(sample: Sample, data: st.DataObject) -> None:
    tree = Tree(sample.octets)
    path = data.draw(st.sampled_from(list(tree.paths())))
    content = data.draw(st.binary(max_size=300))
    element = tree.find(path)
    if element.children is not None:
        content = b"\x04" + length_octets(len(content)) + content
    changed = tree.set_content(path, content).encode()
    walked = walk(changed)
    assert walked.root.end == len(changed)
    found = walked.find(path)
    assert found is not None
    assert walked.content(found) == content


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda tree: tree.drop("30/a0"), f"30 08 {TAIL}"),
        (lambda tree: tree.drop("30/a1/80[1]"), "30 0A A0 03 02 01 05 A1 03 80 01 06"),
        (lambda tree: tree.drop("30/a1/80[-2]"), "30 0A A0 03 02 01 05 A1 03 80 01 07"),
        (lambda tree: tree.drop("30/a1/80").drop("30/a1/80"), "30 07 A0 03 02 01 05 A1 00"),
        (lambda tree: tree.drop("30"), ""),
        (lambda tree: tree.double("30/a0/02"), f"30 10 A0 06 02 01 05 02 01 05 {TAIL}"),
        (lambda tree: tree.double("30"), " ".join([VALUE, VALUE])),
        (lambda tree: tree.replace("30/a1", b"\x05\x00"), "30 07 A0 03 02 01 05 05 00"),
        (lambda tree: tree.replace("30/a1", b"\xff"), "30 06 A0 03 02 01 05 FF"),
        (lambda tree: tree.replace("30", b"\x05\x00"), "05 00"),
        (lambda tree: tree.insert("30/a1", b"\x05\x00"), f"30 0F A0 03 02 01 05 05 00 {TAIL}"),
        (lambda tree: tree.append("30/a0", b"\x05\x00"), f"30 0F A0 05 02 01 05 05 00 {TAIL}"),
        (lambda tree: tree.append("30/a0/02", b"\x06"), f"30 0E A0 04 02 02 05 06 {TAIL}"),
        (lambda tree: tree.swap("30/a0", "30/a1"), "30 0D A1 06 80 01 06 80 01 07 A0 03 02 01 05"),
        (lambda tree: tree.swap("30/a0/02", "30/a1/80[1]"), "30 0D A0 03 80 01 07 A1 06 80 01 06 02 01 05"),
        (lambda tree: tree.swap("30/a0", "30/a0"), VALUE),
        (lambda tree: tree.retag("30/a0", 0xBF55), f"30 0E BF 55 03 02 01 05 {TAIL}"),
        (lambda tree: tree.retag("30/a0", 0x80).drop("30/80/02"), f"30 0A 80 00 {TAIL}"),
        (lambda tree: tree.wrap("30/a0", 0x30), f"30 0F 30 05 A0 03 02 01 05 {TAIL}"),
        (lambda tree: tree.wrap("30/a1/80[1]", 0xA2), "30 0F A0 03 02 01 05 A1 08 80 01 06 A2 03 80 01 07"),
        (lambda tree: tree.wrap("30", 0xBF55), f"BF 55 0F {VALUE}"),
        (lambda tree: tree.wrap("30/a0", 0x30).drop("30/30/a0"), f"30 0A 30 00 {TAIL}"),
        (lambda tree: tree.unwrap("30/a0"), f"30 0B 02 01 05 {TAIL}"),
        (lambda tree: tree.strip("30/a0/02", b"\x05"), f"30 0C A0 02 02 00 {TAIL}"),
        (lambda tree: tree.set_content("30/a0", b""), f"30 0A A0 00 {TAIL}"),
        (lambda tree: tree.set_content("30/a0/02", b"\x00\x05"), f"30 0E A0 04 02 02 00 05 {TAIL}"),
        (lambda tree: tree.set_length("30/a0", 4), f"30 0D A0 04 02 01 05 {TAIL}"),
        (lambda tree: tree.set_length("30/a0", 300), f"30 0F A0 82 01 2C 02 01 05 {TAIL}"),
        (lambda tree: tree.set_length("30/a0", b"\xff"), f"30 0D A0 FF 02 01 05 {TAIL}"),
        (lambda tree: tree.set_indefinite("30/a0"), f"30 0F A0 80 02 01 05 00 00 {TAIL}"),
        (lambda tree: tree.set_indefinite("30"), "30 80 A0 03 02 01 05 A1 06 80 01 06 80 01 07 00 00"),
        (lambda tree: tree.set_non_minimal("30/a0", 2), f"30 0F A0 82 00 03 02 01 05 {TAIL}"),
    ],
)
def test_changes(change: Callable[[Tree], object], result: str) -> None:
    assert edited(change) == result


def test_what_was_put_in_can_be_edited() -> None:
    def change(tree: Tree) -> None:
        tree.append("30", bytes.fromhex("A2 03 02 01 09")).set_content("30/a2/02", b"\x01\x02")

    assert edited(change).endswith("A2 04 02 02 01 02")


def test_a_length_keeps_its_form_when_its_content_changes() -> None:
    assert edited(lambda tree: tree.set_content("30/02", b""), "30 82 00 03 02 01 05") == "30 82 00 02 02 00"
    assert edited(lambda tree: tree.drop("30/02"), "30 80 02 01 05 00 00") == "30 80 00 00"
    long = "30 81 84 04 81 81" + " 00" * 129
    assert edited(lambda tree: tree.set_content("30/04", b""), long) == "30 02 04 00"


def test_indefinite_and_non_minimal_exclude_each_other() -> None:
    assert edited(lambda tree: tree.set_non_minimal("30"), "30 80 00 00") == "30 81 00"
    assert edited(lambda tree: tree.set_indefinite("30"), "30 81 00") == "30 80 00 00"


def test_trailing_octets_are_elements_where_they_can_be() -> None:
    assert edited(lambda tree: tree.drop("05[1]"), "05 00 05 00 FF") == "05 00 FF"
    assert edited(lambda tree: tree.drop("05").drop("05"), "05 00 05 00 FF") == "FF"
    assert edited(lambda tree: tree.drop("05[-1]"), "05 00 04 00 05 00") == "05 00 04 00"
    assert edited(lambda tree: tree.replace("04", b"\2\0"), "05 00 04 00 05 00") == "05 00 02 00 05 00"


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.drop("31"),
        lambda tree: tree.drop("30/a2"),
        lambda tree: tree.drop("30/a1/80[2]"),
        lambda tree: tree.drop("30/a1/80[-3]"),
        lambda tree: tree.drop("30/a0/02/02"),
        lambda tree: tree.drop("no path"),
        lambda tree: tree.swap("30", "30/a0"),
        lambda tree: tree.swap("30/a0/02", "30/a0"),
        lambda tree: tree.retag("30/a0", 0),
        lambda tree: tree.set_length("30/a0", -1),
        lambda tree: tree.set_non_minimal("30/a0", 0),
        lambda tree: tree.set_non_minimal("30/a0", 126),
    ],
)
def test_what_cannot_be_changed_is_refused_and_changes_nothing(change: Callable[[Tree], object]) -> None:
    tree = Tree(bytes.fromhex(VALUE))
    with pytest.raises(EditError):
        change(tree)
    assert tree.encode() == bytes.fromhex(VALUE)


def test_a_length_without_room_is_refused() -> None:
    tree = Tree(bytes.fromhex("04 FE" + " 00" * 126))
    with pytest.raises(EditError, match="octets"):
        tree.set_content("04", bytes(128)).encode()


def test_deep_values_need_no_stack() -> None:
    value = b"\x30\x80" * 5_000 + b"\0\0" * 5_000
    tree = Tree(value, limits=Limits(depth=5_000))
    assert tree.encode() == value
    assert sum(1 for _ in tree.paths()) == 5_000
