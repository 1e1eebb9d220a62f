"""TOML with positions: what tomllib reads, we read; what it refuses, we refuse with the line."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.pics.faults import MAX_FAULTS, DeclarationError, FileFault, did_you_mean
from conform62351.pics.tomlfile import MAX_SIZE, Document, read_document


def read(tmp_path: Path, text: str | bytes) -> Document:
    path = tmp_path / "file.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return read_document(path)


def nested(document: Document) -> dict[str, Any]:
    """The entries as the nested tables that tomllib makes; tables of an array by number."""
    made: dict[str, Any] = {}
    for entry in document.entries:
        inner = made
        for name in entry.path[:-1]:
            inner = inner.setdefault(name, {})
        inner[entry.path[-1]] = entry.value
    return made


def numbered(value: Any) -> Any:
    """Arrays of tables as tables by number, empty tables left out, as in :func:`nested`."""
    if isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
        value = {str(number): inner for number, inner in enumerate(value)}
    if isinstance(value, dict):
        cleaned = {name: numbered(inner) for name, inner in value.items()}
        return {name: inner for name, inner in cleaned.items() if inner != {}}
    return value


FEATURES = '''\
top = 1 # comment with = and "quotes"
"quoted key".'literal key'.bare-key_1 = "a \\" # b"
[header] # comment
vendor = \'C:\\new\'   # literal
long = """
two "quoted" lines \\
  # no comment
"""
other = \'\'\'
= [ not a key
\'\'\'
quotes = """"in quotes""""
date = 2027-03-31
list = [ "a", # comment with ]
  "b]", [1, 2],
]
inline = { x = 1, y.z = "two" }
[[deviation]]
case = "one"
sub.key = true
[[deviation]]
case = "two"
[deviation.inner]
deep = -0.5
'''


def test_it_reads_what_tomllib_reads(tmp_path: Path) -> None:
    document = read(tmp_path, FEATURES)
    assert not document.faults
    assert nested(document) == numbered(tomllib.loads(FEATURES))
    lines = {entry.name: entry.line for entry in document.entries}
    assert lines["top"] == 1
    assert lines["quoted key.literal key.bare-key_1"] == 2
    assert lines["header.long"] == 5
    assert lines["header.date"] == 13
    assert lines["header.inline.y.z"] == 17
    assert lines["deviation.1.inner.deep"] == 24
    assert document.headers[("deviation", "1")] == 21


def test_windows_files_are_read(tmp_path: Path) -> None:
    document = read(tmp_path, b'\xef\xbb\xbf[T6]\r\nOSI.server = "yes"\r\n')
    assert [(entry.name, entry.line) for entry in document.entries] == [("T6.OSI.server", 2)]
    assert not document.faults


names = st.sampled_from(["a", "b", "c"])
scalars = st.sampled_from(
    ['"yes"', "'no'", "1", "2.5", "true", "[1, 2]", "{ x = 1 }", '"""\nm\n"""', "2027-01-01"]
)
statements = st.one_of(
    st.tuples(st.lists(names, min_size=1, max_size=3).map(".".join), scalars).map(" = ".join),
    st.lists(names, min_size=1, max_size=2).map(lambda path: f"[{'.'.join(path)}]"),
    names.map(lambda name: f"[[{name}]]"),
    st.sampled_from(["", "# comment", "a =", "= 1", "a b = 1", "[a", 'x = "open', "y = [1", "z = yes"]),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(statements, max_size=8).map("\n".join))
def test_faults_are_found_exactly_where_tomllib_finds_some(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    document = read(tmp_path_factory.mktemp("toml"), text)
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert document.faults
        assert all(0 <= fault.line <= text.count("\n") + 1 for fault in document.faults)
    else:
        assert not document.faults
        assert nested(document) == numbered(whole)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=80) | st.text(alphabet="[]{}\"'=.#\n\\ab1,", max_size=80).map(str.encode))
@example(b"\r\r\n")
def test_any_octets_give_a_document_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, octets: bytes
) -> None:
    try:
        document = read(tmp_path_factory.mktemp("toml"), octets)
    except DeclarationError:
        return
    try:
        tomllib.loads(octets.decode("utf-8-sig"))
    except ValueError:
        assert document.faults
    else:
        assert not document.faults


def test_all_faults_of_a_file_are_found_in_one_reading(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        """\
good = "1"
bare = yes
good = "2"
[t]
x = "open
y = "kept"
[t]
x.y = 1
= 3
z
[u
""",
    )
    assert [fault.line for fault in document.faults] == [2, 3, 5, 7, 8, 9, 10, 11]
    assert [entry.name for entry in document.entries] == ["good", "t.y"]
    with pytest.raises(DeclarationError) as error:
        document.check()
    lines = str(error.value).splitlines()
    assert lines[0].endswith(
        "file.toml:2: bare: yes is no TOML value (Invalid value); texts stand in quotation marks"
    )
    assert lines[1].endswith(":3: good stands twice, first in line 1")
    assert lines[3].endswith(":7: the table [t] stands twice, first in line 4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "[" * 500, "nested deeper"),
        (".".join("a" * 500) + " = 1", "a key of more than"),
        ("[" + ".".join("a" * 500) + "]", "a key of more than"),
        ("x = " + "9" * 5000, "no TOML value"),
        ("x = [\n" * 40_000, "too many faults"),
        ('x = """\n' * 40_001, "too many faults"),
        ('x = "' + "a" * 100_000 + '"', "longer than"),
        ("\n".join(f"k{number}" for number in range(10_000)), "too many faults"),
        ("x = \x01", "no TOML value"),
    ],
)
def test_hostile_files_are_faults(tmp_path: Path, text: str, message: str) -> None:
    document = read(tmp_path, text)
    assert any(message in fault.message for fault in document.faults)


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"a = 1\n\xff\xfe", "file.toml:2: is not UTF-8 text"),
        (b"a = 1\nb = 2\n\x00", "file.toml:3: is not text"),
        (b"#" * (MAX_SIZE + 1), f"is larger than {MAX_SIZE} octets"),
    ],
)
def test_what_is_no_text_file_is_refused(tmp_path: Path, octets: bytes, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        read(tmp_path, octets)


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"#" * MAX_SIZE).entries == []


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, message in (
        ("missing", "there is no such file"),
        (".", "is a directory"),
        ("pipe", "not a regular file"),
        ("x" * 5000, "cannot be read"),
        ("nul\0", "cannot be read"),
    ):
        with pytest.raises(DeclarationError, match=message):
            read_document(tmp_path / name)


def test_a_long_list_of_faults_is_cut() -> None:
    error = DeclarationError(FileFault(Path("f"), line, "wrong") for line in range(1, MAX_FAULTS + 8))
    assert str(error).splitlines()[-1] == "… and 7 more"
    assert len(error.faults) == MAX_FAULTS + 7


def test_did_you_mean() -> None:
    assert (
        did_you_mean("T6.osi.server", ["T6.OSI.server", "T6.OSI.client"]) == "; did you mean T6.OSI.server?"
    )
    assert did_you_mean("completely else", ["T6.OSI.server"]) == ""
    assert did_you_mean("x" * 100_000, ["x" * 79]) == ""
