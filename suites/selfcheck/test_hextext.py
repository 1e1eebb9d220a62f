"""Octets as people paste them: hexadecimal in every spelling, dumps, and what is neither."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conform62351.suites.selfcheck.decode_bench import CONNECT, MANY, written
from conform62351.suites.selfcheck.peers import require_program
from conform62351.tooling.cli.hextext import HexTextError, octets_of


@pytest.mark.parametrize(
    "text",
    [
        "030000070 2f0\n80",
        "03:00:00:07:02:f0:80",
        "03-00-00-07-02-F0-80",
        "0x03 0x00 0x0 0x07, 0x2, 0xf0, 0x80",
        "{0x03, 0x00, 0x00, 0x07, 0x02, 0xf0, 0x80}; // C",
        r'"\x03\x00\x00\x07\x02\xf0\x80"',
        "03000007 # comment with words\n02f080",
        "\N{ZERO WIDTH NO-BREAK SPACE}03000007 02f080\r\n",
        "00000000  03 00 00 07 02 f0 80                              |.......|\n00000007\n",
        "00000000: 0300 0007 02f0 80                        .......\n",
        "00000000: 03 00 00 07 02 f0 80                     abcdef 0\n",
        "0000  03 00 00 07 02 f0 80                              .......\n",
        "0000000 03 00 00 07 02 f0 80\n0000007\n",
        "000000 03 00 00 07 02 f0 80\n000007\n",
    ],
)
def test_pasted_octets_are_read(text: str) -> None:
    assert octets_of(text).hex() == "0300000702f080"


def printable(octets: bytes) -> str:
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in octets)


def like_xxd(octets: bytes) -> str:
    rows = [octets[start : start + 16] for start in range(0, len(octets), 16)]
    return "".join(
        f"{16 * number:08x}: {row.hex(' ', -2):<39}  {printable(row)}\n" for number, row in enumerate(rows)
    )


def like_hexdump(octets: bytes) -> str:
    """The form of ``hexdump -C``, rows that repeat in place of a star."""
    lines: list[str] = []
    before = b""
    for start in range(0, len(octets), 16):
        row = octets[start : start + 16]
        halves = f"{row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}"
        if row != before:
            lines.append(f"{start:08x}  {halves}  |{printable(row)}|")
        elif lines[-1] != "*":
            lines.append("*")
        before = row
    return "\n".join([*lines, f"{len(octets):08x}", ""])


@pytest.mark.parametrize("form", [like_xxd, like_hexdump])
@given(octets=st.binary(min_size=1, max_size=70) | st.builds(bytes, st.integers(1, 200)))
@MANY
def test_dumps_are_read(form: Callable[[bytes], str], octets: bytes) -> None:
    assert octets_of(form(octets)) == octets


@pytest.mark.parametrize("options", [["-A", "x", "-t", "x1z"], ["-t", "x1"], ["-A", "x", "-t", "x1", "-w8"]])
def test_dumps_of_od_are_read(tmp_path: Path, options: list[str]) -> None:
    octets = CONNECT + bytes(100) + b" 12 34  ab cd|  ef" + bytes(100)
    command = [require_program("od"), *options, str(written(tmp_path, octets))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert octets_of(done.stdout) == octets


@MANY
@given(st.binary(min_size=1, max_size=100), st.sampled_from(["", " ", ":", ", ", "\n"]))
def test_what_is_spelt_is_read(octets: bytes, separator: str) -> None:
    assert (
        octets_of(
            octets.hex(separator) if separator == ":" else separator.join(f"{octet:02x}" for octet in octets)
        )
        == octets
    )


@MANY
@given(st.text(max_size=60) | st.text(alphabet="0123456789abcdef:x* |\n", max_size=80))
def test_any_text_is_octets_or_a_typed_error(text: str) -> None:
    try:
        assert isinstance(octets_of(text), bytes)
    except HexTextError as error:
        assert 1 <= error.line <= max(len(text.splitlines()), 1)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("03 0g", "line 1: '0g' is not hexadecimal"),
        ("03\n0", "line 2: an odd number of digits"),
        ("0000 03 00\n0003 00", "line 2: offset 0003 where 2 octets have been read"),
        ("0000000 0003 0700", "line 1: 16-bit words"),
        ("0000: 030", "line 1: '030' is an odd number of digits"),
    ],
)
def test_what_is_no_hexadecimal_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(HexTextError) as raised:
        octets_of(text)
    assert message in str(raised.value)
