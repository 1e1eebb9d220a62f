"""The plain part of TLS's record layer, read from octets alone, and its registries."""

from __future__ import annotations

import re
import struct
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tls.alerts import DESCRIPTIONS, Alert
from conform62351.profiles.tls.records import MAX_MESSAGE, PlainRecords, RecordBorders, certificate_list
from conform62351.profiles.tls.suites import CODES, SUITES, suite_name
from conform62351.suites.selfcheck.peers import require_program

UNKNOWN_CA = bytes((2, 48))
CHANGE = bytes((20, 3, 3, 0, 1, 1))


def record(kind: int, fragment: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0303, len(fragment)) + fragment


def vector(octets: bytes) -> bytes:
    return len(octets).to_bytes(3, "big") + octets


def certificate_message(*certificates: bytes) -> bytes:
    return b"\x0b" + vector(vector(b"".join(map(vector, certificates))))


def in_pieces(octets: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    return [octets[start:end] for start, end in pairwise(places)]


@settings(max_examples=80, deadline=None)
@given(
    certificates=st.lists(st.binary(min_size=1, max_size=60), max_size=4),
    fragment=st.integers(1, 90),
    cuts=st.lists(st.integers(0, 1000), max_size=20),
)
def test_any_split_gives_the_same(certificates: list[bytes], fragment: int, cuts: list[int]) -> None:
    messages = b"\x02" + vector(b"hello") + certificate_message(*certificates) + b"\x0e" + vector(b"")
    octets = b"".join(
        record(22, messages[start : start + fragment]) for start in range(0, len(messages), fragment)
    )
    octets += record(21, UNKNOWN_CA) + CHANGE + record(21, bytes(26))
    records = PlainRecords()
    alerts = [alert for piece in in_pieces(octets, cuts) for alert in records.take(piece)]
    assert alerts == [Alert("fatal", "unknown_ca")]
    assert records.certificates == tuple(certificates)
    assert records.ended, "behind the ChangeCipherSpec nothing is plain"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=10), st.booleans())
def test_anything_is_survived(pieces: list[bytes], as_records: bool) -> None:
    records = PlainRecords()
    for piece in pieces:
        records.take(record(22, piece) if as_records else piece)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x03\x00\x00\x16\x11\xe0",
        b"\x16\x02\x00\x00\x01\x00",
        b"\x16\x03\x03\xff\xff",
        record(22, b"\x0b" + (MAX_MESSAGE + 1).to_bytes(3, "big")),
        record(22, b"\x0b" + vector(vector(b"\x00\x00\x09x"))),
        record(23, b"x"),
    ],
    ids=["TPKT", "SSL 2", "record too long", "message too long", "list that does not fit", "protected"],
)
def test_what_is_not_plain_tls_ends_the_reading(octets: bytes) -> None:
    records = PlainRecords()
    assert records.take(octets) == []
    assert records.ended
    assert records.take(record(21, UNKNOWN_CA)) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x00",
        b"\x00\x00\x01",
        b"\x00\x00\x03\x00\x00\x00",
        vector(b"\x00\x00\x05abc"),
        vector(b"\x00"),
    ],
)
def test_malformed_certificate_lists_are_typed_errors(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="TLS"):
        certificate_list(body)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=6), st.data())
def test_borders_never_reach_into_the_next_record(fragments: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(record(22, fragment) for fragment in fragments)
    ends = [sum(5 + len(fragment) for fragment in fragments[: n + 1]) for n in range(len(fragments))]
    borders = RecordBorders()
    position = 0
    while position < len(stream):
        wanted = borders.wanted
        assert wanted > 0
        assert position + wanted <= min(end for end in ends if end > position)
        taken = data.draw(st.integers(1, wanted))
        borders.take(stream[position : position + taken])
        position += taken
    assert borders.wanted == 5


def test_alerts_without_a_name_show_their_numbers() -> None:
    assert Alert.of(bytes((7, 200))) == Alert("level 7", "alert 200")
    assert str(Alert.of(UNKNOWN_CA)) == "fatal unknown_ca"
    assert len(set(DESCRIPTIONS.values())) == len(DESCRIPTIONS)


def test_suites_bear_the_names_that_openssl_prints() -> None:
    command = [require_program("openssl"), "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.findall(r"0x(..),0x(..) - (\S+)", printed)
    named = {int(high + low, 16): name for high, low, name in found}
    both = named.keys() & SUITES.keys()
    assert len(both) > 40
    assert {code: SUITES[code] for code in both} == {code: named[code] for code in both}
    assert len(CODES) == len(SUITES)
    assert suite_name(0xC0FF) == "suite C0FF"
