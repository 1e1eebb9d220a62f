"""Key files of native mode: what is written is read back, what is wrong is told with its line."""

from __future__ import annotations

import stat
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.crypto.algorithms import algorithm, names
from conform62351.profiles.native.keyfile import (
    LABEL,
    MAX_LINE,
    MAX_LINES,
    KeyFileError,
    KeyLine,
    key_line,
    read_key_lines,
    write_key_line,
)
from conform62351.suites.selfcheck.native_transfer_bench import MODES, agreement
from conform62351.tooling.net.e2e_keys import KeyFileWriter, read_key_file
from conform62351.tooling.net.errors import CaptureError

MANY = settings(max_examples=100, deadline=None)
REQUEST = "ab" * 32
ALGORITHMS = st.one_of(
    st.none(),
    st.sampled_from([algorithm(name) for name in names() if "CBC" in name]),
    st.builds(algorithm, st.sampled_from(["aes128-GCM", "aes256-GCM"]), st.integers(12, 16)),
)
LINES = st.builds(
    KeyLine,
    request=st.binary(min_size=32, max_size=32),
    epoch=st.integers(0, 999_999),
    secret=st.binary(min_size=1, max_size=256),
    asso_id=st.one_of(st.none(), st.from_regex(r"[0-9]{1,3}:[0-9]{1,3}", fullmatch=True)),
    salt=st.one_of(st.none(), st.binary(min_size=32, max_size=32)),
    encryption=ALGORITHMS,
    integrity=st.one_of(st.none(), st.just(algorithm("hmacWithSHA256"))),
)


@MANY
@given(lines=st.lists(LINES, max_size=5, unique_by=lambda line: (line.request, line.epoch)))
def test_what_is_written_is_read_back(lines: list[KeyLine]) -> None:
    text = "\n".join(write_key_line(line) for line in lines)
    assert read_key_lines(text) == tuple(lines)
    assert read_key_lines(f"# made by a test\r\n\r\n{text}\n".replace("\n", "\r\n")) == tuple(lines)


@MANY
@given(st.one_of(st.text(), st.text().map(lambda text: f"{LABEL} {text}"), st.binary().map(repr)))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    told = KeyFileError(1, "")
    try:
        assert all(isinstance(line, KeyLine) for line in read_key_lines(text))
    except KeyFileError as error:
        told = error
    assert 1 <= told.line <= text.count("\n") + 1
    assert str(told).isprintable()


@pytest.mark.parametrize("mode", MODES)
def test_line_of_an_association_tells_what_was_agreed(mode: str) -> None:
    agreed = agreement(mode)
    (line,) = read_key_lines(key_line(b"tbs", agreed, b"\0" + b"Z" * 31, 3))
    selected = (agreed.encryption, agreed.integrity)
    assert line == KeyLine(
        request=sha256(b"tbs").digest(),
        epoch=3,
        secret=b"\0" + b"Z" * 31,
        asso_id="7:41",
        salt=agreed.salt,
        encryption=None if selected[0] is None else selected[0].algorithm,
        integrity=None if selected[1] is None else selected[1].algorithm,
    )


def test_what_is_secret_is_not_in_the_representation() -> None:
    line = KeyLine(request=bytes(32), epoch=0, secret=b"\xde\xad\xbe\xef")
    assert "deadbeef" not in repr(line).lower()
    assert repr(line).endswith("epoch 0)")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("CLIENT_RANDOM 00 00", f"does not begin with {LABEL}"),
        (f"E2E-SECRET-2 {REQUEST} 0 00", "E2E-SECRET-2 is not known"),
        (f"{LABEL} {REQUEST} 0", "request, epoch and Z are wanted"),
        (f"{LABEL} {REQUEST[2:]} 0 00", "request has 31 octets in place of 32"),
        (f"{LABEL} {REQUEST} 00 00", "the epoch is no number from 0 to 999999"),
        (f"{LABEL} {REQUEST} 0 0x", "Z is not hexadecimal"),
        (f"{LABEL} {REQUEST} 0 {'00' * 257}", "Z has 257 octets in place of 1 to 256"),
        (f"{LABEL} {REQUEST} 0 00 salt=00", "salt has 1 octets in place of 32"),
        (f"{LABEL} {REQUEST} 0 00 asso-id=", "asso-id is not 1 to 64 characters that print"),
        (f"{LABEL} {REQUEST} 0 00 asso-id=1 asso-id=1", "asso-id stands twice"),
        (f"{LABEL} {REQUEST} 0 00 encryption=des", "encryption: no algorithm is written des"),
        (f"{LABEL} {REQUEST} 0 00 encryption=aes128-GCM:11", "no algorithm is written aes128-GCM:11"),
        (f"{LABEL} {REQUEST} 0 00 encryption=aes128-CBC:12", "aes128-CBC:12 is not for that"),
        (f"{LABEL} {REQUEST} 0 00 encryption=hmacWithSHA256", "hmacWithSHA256 is not for that"),
        (f"{LABEL} {REQUEST} 0 00 integrity=aes128-CBC", "aes128-CBC is not for that"),
        (f"{LABEL} {REQUEST} 0 00 key=00", "none of asso-id, salt, encryption, integrity with a value"),
        (f"{LABEL} {REQUEST} 0 00{' ' * MAX_LINE}", f"longer than {MAX_LINE} characters"),
    ],
)
def test_faults_are_told_with_their_line(line: str, message: str) -> None:
    with pytest.raises(KeyFileError, match=r"^line 3: ") as told:
        read_key_lines(f"# comment\n{LABEL} {'cd' * 32} 0 00\n{line}\n")
    assert message in str(told.value)


def test_contradiction_and_length_of_files_are_told() -> None:
    line = f"{LABEL} {REQUEST} 0 00"
    assert len(read_key_lines(f"{line}\n{line}")) == 1
    with pytest.raises(KeyFileError, match="line 2: another Z for epoch 0"):
        read_key_lines(f"{line}\n{line}00")
    with pytest.raises(KeyFileError, match=f"more than {MAX_LINES} lines"):
        read_key_lines("\n" * MAX_LINES)


def test_fuller_line_for_the_same_secret_counts() -> None:
    bare = KeyLine(request=bytes(32), epoch=0, secret=b"Z")
    full = KeyLine(request=bytes(32), epoch=0, secret=b"Z", salt=bytes(32))
    for order in ((bare, full), (full, bare)):
        assert read_key_lines("\n".join(map(write_key_line, order))) == (full,)


def test_file_is_shared_by_its_writers_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with KeyFileWriter(path) as first, KeyFileWriter(path) as second:
        threads = [
            Thread(target=lambda writer=writer, side=side: fill(writer, side))
            for side, writer in enumerate((first, second, first))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    second.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read_key_file(path)) == 150


def fill(writer: KeyFileWriter, side: int) -> None:
    for epoch in range(50):
        writer.add(write_key_line(KeyLine(request=bytes([side]) * 32, epoch=epoch, secret=b"Z" * 256)))


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for content, message in (
        (b"", "no line with a secret"),
        (b"\xff", "octet 0 is no text"),
        (b"\nnonsense", r"keys, line 2: does not begin with"),
    ):
        (tmp_path / "keys").write_bytes(content)
        with pytest.raises(CaptureError, match=message):
            read_key_file(tmp_path / "keys")
    with pytest.raises(CaptureError, match="No such file"):
        read_key_file(tmp_path / "none")
    with pytest.raises(CaptureError, match="Is a directory"):
        KeyFileWriter(tmp_path)
