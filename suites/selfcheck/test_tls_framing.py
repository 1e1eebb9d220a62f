"""Records and handshake messages in streams: cut and glued at any octet, without end and too long."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.tls.engine.framing import (
    MAX_MESSAGES,
    MAX_PLAIN,
    Message,
    MessageJoiner,
    Record,
    RecordReader,
    fragments,
    write_message,
    write_record,
)
from conform62351.profiles.tls.engine.wire import TlsDecodeError
from conform62351.profiles.tls.records import MAX_FRAGMENT, MAX_MESSAGE
from conform62351.suites.selfcheck.spoiling import cut, spoilt

MEGABYTE = 1 << 20
PIECE = 4096

records_drawn = st.lists(
    st.builds(
        Record,
        st.sampled_from([20, 21, 22, 23, 24]),
        st.sampled_from([0x0300, 0x0301, 0x0303, 0x0304]),
        st.binary(max_size=40),
    ),
    max_size=5,
)
messages_drawn = st.lists(st.builds(Message, st.integers(0, 255), st.binary(max_size=40)), max_size=5)
places = st.lists(st.integers(0, 300), max_size=8)


def read_records(reader: RecordReader, pieces: list[bytes]) -> list[Record]:
    """Feed pieces and return all records that came whole."""
    found: list[Record] = []
    for piece in pieces:
        reader.feed(piece)
        while (record := reader.next()) is not None:
            found.append(record)
    return found


def join(joiner: MessageJoiner, pieces: list[bytes]) -> list[Message]:
    """Feed fragments and return all messages that came whole."""
    found: list[Message] = []
    for piece in pieces:
        joiner.feed(piece)
        while (message := joiner.next()) is not None:
            found.append(message)
    return found


@settings(max_examples=100, deadline=None)
@given(records_drawn, places)
def test_records_are_the_same_wherever_the_stream_is_cut(sent: list[Record], ends: list[int]) -> None:
    reader = RecordReader()
    assert read_records(reader, cut(b"".join(record.octets for record in sent), ends)) == sent
    assert reader.pending == 0


@settings(max_examples=100, deadline=None)
@given(messages_drawn, places)
def test_messages_are_the_same_wherever_they_are_cut(sent: list[Message], ends: list[int]) -> None:
    joiner = MessageJoiner()
    pieces = [piece for piece in cut(b"".join(message.octets for message in sent), ends) if piece]
    assert join(joiner, pieces) == sent
    assert joiner.pending == 0


@settings(max_examples=100, deadline=None)
@given(records_drawn, places, st.data())
def test_a_spoilt_stream_gives_records_or_an_error(
    sent: list[Record], ends: list[int], data: st.DataObject
) -> None:
    octets = data.draw(spoilt(b"".join(record.octets for record in sent)) | st.binary(max_size=60))
    outcomes: list[object] = []
    for pieces in (cut(octets, ends), [octets]):
        reader = RecordReader()
        try:
            found = read_records(reader, pieces)
        except TlsDecodeError as error:
            outcomes.append(error.alert)
        else:
            assert b"".join(record.octets for record in found) == octets[: len(octets) - reader.pending]
            outcomes.append(found)
    assert outcomes[0] == outcomes[1]
    if isinstance(outcomes[0], str):
        assert outcomes[0] in ("unexpected_message", "protocol_version", "record_overflow")


@pytest.mark.parametrize(
    ("octets", "alert"),
    [
        ("19", "unexpected_message"),
        ("80", "unexpected_message"),
        ("47", "unexpected_message"),
        ("1602", "protocol_version"),
        ("1603034001", "record_overflow"),
    ],
)
def test_a_header_that_is_none_is_refused_at_its_first_wrong_octet(octets: str, alert: str) -> None:
    reader = RecordReader()
    reader.feed(bytes.fromhex(octets)[:-1])
    assert reader.next() is None
    reader.feed(bytes.fromhex(octets)[-1:])
    for _ in range(2):
        with pytest.raises(TlsDecodeError) as caught:
            reader.next()
        assert caught.value.alert == alert


@pytest.mark.parametrize(("protected", "most"), [(False, MAX_PLAIN), (True, MAX_FRAGMENT)])
def test_a_record_may_be_as_long_as_its_direction_has_it(protected: bool, most: int) -> None:
    reader = RecordReader()
    reader.protected = protected
    assert read_records(reader, [write_record(23, 0x0303, bytes(most))]) == [Record(23, 0x0303, bytes(most))]
    reader.feed(write_record(23, 0x0303, bytes(most + 1)))
    with pytest.raises(TlsDecodeError, match=str(most + 1)):
        reader.next()


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=50), st.integers(1, 60))
def test_fragments_hold_all_octets_in_order(octets: bytes, size: int) -> None:
    written = fragments(22, 0x0302, octets, size=size)
    found = read_records(RecordReader(), written)
    assert b"".join(record.fragment for record in found) == octets
    assert [len(record.fragment) for record in found[:-1]] == [size] * (len(found) - 1)
    assert len(found) == max(1, -(-len(octets) // size))


def test_protection_gets_every_fragment_with_what_stands_in_its_header() -> None:
    asked: list[tuple[int, bytes, int]] = []

    def protect(kind: int, fragment: bytes, version: int) -> bytes:
        asked.append((kind, fragment, version))
        return fragment[::-1] + b"tag"

    written = fragments(23, 0x0303, b"abcde", protect=protect, size=3)
    assert asked == [(23, b"abc", 0x0303), (23, b"de", 0x0303)]
    assert [octets[5:] for octets in written] == [b"cbatag", b"edtag"]


def test_an_empty_record_of_handshake_is_refused() -> None:
    with pytest.raises(TlsDecodeError, match="empty"):
        MessageJoiner().feed(b"")


def test_an_endless_handshake_ends() -> None:
    joiner = MessageJoiner()
    hello_request = write_message(0, b"")
    assert len(join(joiner, [hello_request] * MAX_MESSAGES)) == MAX_MESSAGES
    joiner.feed(hello_request)
    for _ in range(2):
        with pytest.raises(TlsDecodeError, match=str(MAX_MESSAGES)) as caught:
            joiner.next()
        assert caught.value.alert == "unexpected_message"
    joiner.restart()
    assert joiner.next() == Message(0, b"")


def test_a_chain_of_a_megabyte_is_refused_at_its_header() -> None:
    joiner = MessageJoiner()
    chain = write_message(11, bytes(MEGABYTE))
    joiner.feed(chain[:3])
    assert joiner.next() is None
    joiner.feed(chain[3:4])
    with pytest.raises(TlsDecodeError) as caught:
        joiner.next()
    assert caught.value.alert == "illegal_parameter"
    assert joiner.pending == 4


def test_a_message_of_the_largest_size_comes_whole() -> None:
    largest = Message(11, bytes(MAX_MESSAGE))
    assert join(
        MessageJoiner(), [piece for piece in cut(largest.octets, range(0, MAX_MESSAGE, PIECE)) if piece]
    ) == [largest]


def test_a_megabyte_of_records_leaves_no_memory_behind() -> None:
    reader = RecordReader()
    stream = b"".join(fragments(23, 0x0303, bytes(MEGABYTE)))
    tracemalloc.start()
    try:
        for start in range(0, len(stream), PIECE):
            read_records(reader, [stream[start : start + PIECE]])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MAX_PLAIN
    assert reader.pending == 0
