"""Octet counting of syslog on a stream: any split gives the same messages, and garbage a fault."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.syslog_framing import MAXIMUM_FRAME, FrameReader, frame


def test_frame_has_the_octets_of_rfc_5425() -> None:
    assert frame(b"<107>1 - x") == b"10 <107>1 - x"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.lists(st.integers(1, 9), max_size=40))
def test_any_split_gives_the_same_messages(messages: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(frame(message) for message in messages)
    reader = FrameReader()
    got: list[bytes] = []
    for size in sizes:
        got += reader.receive(stream[:size])
        stream = stream[size:]
    got += reader.receive(stream)
    reader.receive_eof()
    assert got == messages
    assert reader.fault == ""


@pytest.mark.parametrize(
    ("stream", "messages", "fault"),
    [
        (b"<107>1 - no count", [], "octet 0: "),
        (b"3 abcx", [b"abc"], "octet 5: "),
        (b"3 abc03 abc", [b"abc"], "octet 5: "),
        (b"0 ", [], "octet 0: "),
        (b"3  abc", [b" ab"], "octet 5: "),
        (b"1234567890", [], "octet 0: "),
        (b"999999 x", [], f"octet 0: a message of 999999 octets is longer than {MAXIMUM_FRAME}"),
        (b"\n", [], "octet 0: "),
    ],
)
def test_what_is_no_frame_ends_the_reading(stream: bytes, messages: list[bytes], fault: str) -> None:
    reader = FrameReader()
    assert reader.receive(stream) == messages
    assert reader.fault.startswith(fault)
    assert reader.receive(frame(b"later")) == []


@pytest.mark.parametrize("stream", [b"3 ab", b"12", b"3 abc4"])
def test_end_within_a_frame_is_a_fault(stream: bytes) -> None:
    reader = FrameReader()
    reader.receive(stream)
    assert reader.fault == ""
    reader.receive_eof()
    assert "the stream ends within a frame" in reader.fault


@settings(max_examples=80, deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=8))
def test_any_octets_are_messages_or_a_fault(pieces: list[bytes]) -> None:
    whole, split = FrameReader(), FrameReader()
    messages = whole.receive(b"".join(pieces))
    assert [message for piece in pieces for message in split.receive(piece)] == messages
    assert split.fault == whole.fault
