"""What is told while something goes on."""

from __future__ import annotations

import io
import os

from conform62351.tooling.cli.renewed_line import WIDTH, RenewedLine


def test_a_terminal_has_one_line_renewed() -> None:
    stream = io.StringIO()
    shown = RenewedLine(stream, live=True)
    shown.renew("1 of 2" + "." * WIDTH)
    shown.line("FAIL A/1")
    shown.renew("2 of 2")
    shown.clear()
    last = stream.getvalue().split("\n")
    assert [line.split("\x1b[K") for line in last] == [
        ["\r", ("1 of 2" + "." * WIDTH)[:WIDTH] + "\r", "FAIL A/1"],
        ["\r", "2 of 2\r", ""],
    ]


def test_elsewhere_all_are_lines() -> None:
    stream = io.StringIO()
    shown = RenewedLine(stream, live=False)
    shown.renew("1 of 2")
    shown.line("FAIL A/1")
    shown.clear()
    assert stream.getvalue() == "1 of 2\nFAIL A/1\n"


def test_a_reader_that_has_gone_ends_the_telling_and_nothing_else() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:
        shown = RenewedLine(stream, live=True)
        for number in range(3):
            shown.line(str(number))
        # What is still buffered must not fail in closing.
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), writing)
