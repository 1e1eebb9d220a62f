"""Following a log: a file that grows, is renamed or emptied, and the end of a log read again and again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.tooling.engine import log_sources
from conform62351.tooling.engine.log_sources import EndSource, FileSource, LogUnreadable, SourceLine
from conform62351.tooling.net.clock import Clock

CLOCK = Clock()


def octets(lines: list[SourceLine] | tuple[SourceLine, ...]) -> list[bytes]:
    return [line.octets for line in lines]


def add(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "security.log"


def test_file_is_read_from_its_present_end(path: Path) -> None:
    add(path, b"before\n")
    source = FileSource(path, CLOCK)
    assert source.read() == []
    add(path, b"one\r\n\ntwo\nhal")
    assert octets([*source.read()]) == [b"one", b"two"]
    add(path, b"f\n")
    assert octets([*source.read()]) == [b"half"]
    source.close()


def test_line_that_had_begun_is_passed_over(path: Path) -> None:
    add(path, b"begun bef")
    source = FileSource(path, CLOCK)
    add(path, b"ore\nwhole\n")
    assert octets([*source.read()]) == [b"whole"]
    source.close()


def test_file_that_is_renamed_is_read_to_its_end_first(path: Path) -> None:
    add(path, b"")
    source = FileSource(path, CLOCK)
    add(path, b"old\n")
    path.rename(path.with_suffix(".1"))
    add(path, b"new\n")
    assert octets([*source.read()]) == [b"old", b"new"]
    add(path, b"newer\n")
    assert octets([*source.read()]) == [b"newer"]
    source.close()


def test_file_that_is_emptied_is_read_from_its_beginning(path: Path) -> None:
    add(path, b"a long line before\n")
    source = FileSource(path, CLOCK)
    path.write_bytes(b"short\n")
    assert octets([*source.read()]) == [b"short"]
    source.close()


def test_file_that_comes_later_is_read_from_its_beginning(path: Path) -> None:
    source = FileSource(path, CLOCK)
    with pytest.raises(LogUnreadable, match=r"security\.log: No such file"):
        source.read()
    add(path, b"first\n")
    assert octets([*source.read()]) == [b"first"]
    path.unlink()
    with pytest.raises(LogUnreadable, match="No such file"):
        source.read()
    add(path, b"again\n")
    assert octets([*source.read()]) == [b"again"]
    source.close()


def test_folder_in_place_of_a_file_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable):
        FileSource(tmp_path, CLOCK).read()


def test_line_without_end_is_taken_once_and_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_sources, "MAXIMUM_LINE", 10)
    add(path, b"")
    source = FileSource(path, CLOCK)
    add(path, b"x" * 11)
    assert octets([*source.read()]) == [b"x" * 11]
    add(path, b"y" * 30)
    assert octets([*source.read()]) == []
    add(path, b"z\nnext\n")
    assert octets([*source.read()]) == [b"next"]
    source.close()


class Log:
    """A log of which only the last ``window`` octets can be read, from a whole line on."""

    def __init__(self, window: int = 1000) -> None:
        self.text = b""
        self.window = window

    def end(self) -> bytes:
        if len(self.text) <= self.window:
            return self.text
        return self.text[-self.window :].partition(b"\n")[2]


def test_end_is_read_on_where_it_was_left() -> None:
    log = Log()
    log.text = b"before\n"
    source = EndSource(log.end, CLOCK)
    assert source.read() == []
    log.text += b"one\ntwo\nunfin"
    assert octets([*source.read()]) == [b"one", b"two"]
    log.text += b"ished\r\n"
    assert octets([*source.read()]) == [b"unfinished"]


def test_log_that_was_emptied_is_new_throughout() -> None:
    log = Log()
    log.text = b"before\n"
    source = EndSource(log.end, CLOCK)
    log.text = b""
    assert source.read() == []
    log.text = b"one\n"
    (line,) = source.read()
    assert (line.octets, line.behind_loss) == (b"one", False)


def test_place_that_has_left_the_window_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_sources, "WHOLE", 10)
    log = Log(window=20)
    log.text = b"before\n"
    source = EndSource(log.end, CLOCK)
    log.text += b"".join(b"line %d\n" % number for number in range(9))
    lines = source.read()
    assert octets([*lines]) == [b"line 7", b"line 8"]
    assert [line.behind_loss for line in lines] == [True, False]


def test_end_that_cannot_be_read_is_a_typed_error() -> None:
    def end() -> bytes:
        raise LogUnreadable("action read-log: HTTP 404")

    with pytest.raises(LogUnreadable, match="HTTP 404"):
        EndSource(end, CLOCK)


@settings(max_examples=80, deadline=None)
@given(
    before=st.lists(st.sampled_from("abc"), max_size=20),
    pieces=st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=6),
    window=st.integers(60, 100),
)
def test_every_new_line_is_read_once(before: list[str], pieces: list[list[str]], window: int) -> None:
    """Lines that differ, as those with a sequence number do, are found again however often they are read."""
    log = Log(window)
    number = 0

    def write(words: list[str]) -> list[bytes]:
        nonlocal number
        lines = []
        for word in words:
            number += 1
            lines.append(f"{number} {word}".encode())
        log.text += b"".join(line + b"\n" for line in lines)
        return lines

    write(before)
    source = EndSource(log.end, CLOCK)
    for words in pieces:
        assert octets([*source.read()]) == []
        written = write(words)
        assert octets([*source.read()]) == written
