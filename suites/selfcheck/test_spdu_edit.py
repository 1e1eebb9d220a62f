"""SPDUs taken apart and changed: exact octets, and nothing but EditError whatever is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.osi import session
from conform62351.profiles.osi.spdu import ConnectSpdu
from conform62351.profiles.osi.spdu_edit import SpduTree
from conform62351.profiles.tlv_edit import EditError

MODEST = settings(max_examples=100, deadline=None)

CN = bytes.fromhex("0d18 0506 130100 160102 14020002 33020001 34020002 c102aabb")
DT = bytes.fromhex("0100 0100 61023000")

Change = Callable[[SpduTree], SpduTree]


@pytest.mark.parametrize(
    ("change", "octets"),
    [
        (lambda tree: tree.drop("13/20"), "0d14 0506 130100 160102 33020001 34020002 c102aabb"),
        (lambda tree: tree.drop("13/5/22"), "0d15 0503 130100 14020002 33020001 34020002 c102aabb"),
        (
            lambda tree: tree.double("13/5/19"),
            "0d1b 0509 130100 130100 160102 14020002 33020001 34020002 c102aabb",
        ),
        (
            lambda tree: tree.replace("13/193", b"\xc2\x00"),
            "0d16 0506 130100 160102 14020002 33020001 34020002 c200",
        ),
        (
            lambda tree: tree.insert("13/51", b"\x20\x00"),
            "0d1a 0506 130100 160102 14020002 2000 33020001 34020002 c102aabb",
        ),
        (
            lambda tree: tree.append("13/193", b"\xcc"),
            "0d19 0506 130100 160102 14020002 33020001 34020002 c103aabbcc",
        ),
        (
            lambda tree: tree.append("13/5", b"\xff"),
            "0d19 0507 130100 160102 ff 1402000233020001 34020002 c102aabb",
        ),
        (
            lambda tree: tree.set_content("13/5", b""),
            "0d12 0500 14020002 33020001 34020002 c102aabb",
        ),
        (
            lambda tree: tree.swap("13/5/19", "13/20"),
            "0d18 0507 14020002 160102 130100 33020001 34020002 c102aabb",
        ),
        (
            lambda tree: tree.retag("13", 14),
            "0e18 0506 130100 160102 14020002 33020001 34020002 c102aabb",
        ),
        (
            lambda tree: tree.set_non_minimal("13/5").set_non_minimal("13"),
            "0dff001a 05ff0006 130100 160102 14020002 33020001 34020002 c102aabb",
        ),
        (
            lambda tree: tree.shift_length("13/193", 1),
            "0d18 0506 130100 160102 14020002 33020001 34020002 c103aabb",
        ),
        (
            lambda tree: tree.shift_length("13", -24),
            "0d00 0506 130100 160102 14020002 33020001 34020002 c102aabb",
        ),
        (
            lambda tree: tree.set_length("13", b"\xff\x00"),
            "0dff00 0506 130100 160102 14020002 33020001 34020002 c102aabb",
        ),
    ],
)
def test_changes_do_what_they_say_and_lengths_around_them_follow(change: Change, octets: str) -> None:
    assert change(SpduTree(CN)).encode() == bytes.fromhex(octets)


def test_the_path_of_user_data_leads_to_the_extended_ones_where_there_are_no_others() -> None:
    extended = bytes.fromhex("0d0a 0503 160102 c203 aabbcc")
    assert SpduTree(extended).shift_length("13/193", 1).encode().hex() == "0d0a0503160102c204aabbcc"
    both = bytes.fromhex("0d06 c201aa c101bb")
    assert SpduTree(both).drop("13/193").encode().hex() == "0d03c201aa"


def test_data_transfer_is_found_behind_give_tokens() -> None:
    assert SpduTree(DT).append("1[1]", b"\x19\x01\x01").encode() == bytes.fromhex("0100 0103190101 61023000")
    assert SpduTree(DT).drop("1").encode() == bytes.fromhex("0100 61023000")


def test_a_long_length_indicator_that_is_not_needed_stays() -> None:
    octets = bytes.fromhex("0dff0006 05ff0002 1300")
    assert SpduTree(octets).encode() == octets


def test_octets_behind_the_spdu_and_parameters_cut_off_stay() -> None:
    for octets in (CN + b"\x61\x00", bytes.fromhex("0d03 c1ff00 99")):
        assert SpduTree(octets).encode() == octets


@pytest.mark.parametrize("octets", ["", "0d", "0d03c100", "0dff", "0dff0001"])
def test_without_a_whole_spdu_there_is_nothing_to_change(octets: str) -> None:
    with pytest.raises(EditError):
        SpduTree(bytes.fromhex(octets))


@pytest.mark.parametrize("path", ["", "13/", "x", "14", "13/99", "13/5[1]", "13/193/1", "1313131313"])
def test_a_path_that_leads_nowhere_is_an_error(path: str) -> None:
    with pytest.raises(EditError):
        SpduTree(CN).find(path)


@pytest.mark.parametrize("by", [-25, 0x10000])
def test_a_length_that_no_indicator_holds_is_an_error(by: int) -> None:
    with pytest.raises(EditError):
        SpduTree(CN).shift_length("13", by).encode()


@pytest.mark.parametrize(("path", "other"), [("13/5", "13/5/22"), ("13/5/22", "13"), ("13/5", "13/5")])
def test_what_holds_the_other_cannot_swap_with_it(path: str, other: str) -> None:
    with pytest.raises(EditError):
        SpduTree(CN).swap(path, other)


@given(st.binary(max_size=40) | st.just(CN) | st.just(DT))
@MODEST
def test_unchanged_octets_come_back(octets: bytes) -> None:
    try:
        tree = SpduTree(octets)
    except EditError:
        return
    assert tree.encode() == octets


@given(st.binary(max_size=1200), st.binary(max_size=16))
@MODEST
def test_the_reader_reads_what_was_changed(user_data: bytes, selector: bytes) -> None:
    octets = session.encode(ConnectSpdu(calling_selector=b"\x01", user_data=user_data))
    changed = SpduTree(octets).set_content("13/51", selector).encode()
    spdu, deviations = session.decode(changed)
    assert isinstance(spdu, ConnectSpdu)
    assert (spdu.calling_selector, spdu.user_data, deviations) == (selector, user_data, ())
