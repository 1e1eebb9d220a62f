"""Captured TLS is decrypted: connections of Python's and OpenSSL's stacks over real sockets."""

from __future__ import annotations

import select
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.suites.selfcheck.peers import require_program
from conform62351.suites.selfcheck.tls_samples import (
    CLOCK,
    LIMIT,
    TlsClient,
    certificate,
    client_context,
    tls_server,
)
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.errors import CaptureError, NetError
from conform62351.tooling.net.reassembly import Connection, Piece, Stream, reassemble
from conform62351.tooling.net.scapy_room.reading import CaptureFile
from conform62351.tooling.net.tls_decryption import Plain, decrypt, is_tls
from conform62351.tooling.net.tls_keys import KeyLog

QUESTION = bytes.fromhex("0300000702f080") * 3
ANSWER = bytes.fromhex("0300000902f0800100")
NO_ENCRYPT_THEN_MAC = 0x80000
"""SSL_OP_NO_ENCRYPT_THEN_MAC, which the ssl module does not name."""


@pytest.fixture(scope="module")
def rsa_pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("pki"), "rsa")


@pytest.fixture(scope="module")
def ec_pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("pki"), "ec")


class Tap:
    """Clients whose connections are captured, and what decrypts out of the capture."""

    def __init__(self, folder: Path) -> None:
        self.key_log = folder / "keys"
        self.path = folder / "run.pcapng"
        self.capture = Capture.start(self.path, interface=None, clock=CLOCK)

    def client(
        self,
        port: int,
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        ciphers: str | None = None,
        session: ssl.SSLSession | None = None,
        context: ssl.SSLContext | None = None,
    ) -> TlsClient:
        context = context or client_context(self.key_log, version, ciphers)
        return TlsClient(context, port, self.capture.recorder, session)

    def connections(self) -> list[Connection]:
        self.capture.stop()
        return reassemble(CaptureFile(self.path).segments())

    def plains(self) -> list[Plain]:
        connections = self.connections()
        assert all(is_tls(connection.client) for connection in connections)
        return [decrypt(connection, KeyLog.read(self.key_log)) for connection in connections]


@pytest.fixture
def tap(tmp_path: Path) -> Tap:
    return Tap(tmp_path)


def talk(client: TlsClient, times: int = 2) -> None:
    for _ in range(times):
        client.send(QUESTION)
        assert client.receive() == ANSWER


def assert_plain(plain: Plain, question: bytes = QUESTION * 2, answer: bytes = ANSWER * 2) -> None:
    connection = plain.connection
    assert (connection.client.octets, connection.server.octets) == (question, answer)
    assert [*connection.client.remarks, *connection.server.remarks] == []


@pytest.mark.parametrize(
    ("ciphers", "options"),
    [
        ("ECDHE-RSA-AES128-GCM-SHA256", 0),
        ("ECDHE-RSA-AES256-GCM-SHA384", 0),
        ("ECDHE-RSA-CHACHA20-POLY1305", 0),
        ("ECDHE-RSA-AES256-SHA384", 0),
        ("AES128-SHA256", 0),
        ("AES128-SHA256", NO_ENCRYPT_THEN_MAC),
        ("AES256-SHA", NO_ENCRYPT_THEN_MAC),
        ("AES128-GCM-SHA256", 0),
        ("AES128-CCM", 0),
        ("NULL-SHA256:@SECLEVEL=0", 0),
    ],
)
def test_tls_1_2(tap: Tap, rsa_pem: Path, ciphers: str, options: int) -> None:
    with tls_server(rsa_pem, lambda _: ANSWER, ciphers=ciphers, options=options) as port:
        client = tap.client(port, ssl.TLSVersion.TLSv1_2, ciphers)
        talk(client)
        client.close()
    (plain,) = tap.plains()
    assert_plain(plain)
    assert plain.version == "TLS 1.2"
    assert plain.suite.endswith(("_GCM_SHA256", "_GCM_SHA384", "_SHA256", "_SHA384", "_SHA", "_CCM"))


def test_tls_1_2_with_ecdsa_and_a_message_over_many_records(tap: Tap, ec_pem: Path) -> None:
    long = bytes(range(256)) * 300
    with tls_server(ec_pem, lambda _: long) as port:
        client = tap.client(port, ssl.TLSVersion.TLSv1_2)
        client.send(QUESTION)
        got = b""
        while len(got) < len(long):
            got += client.receive()
        client.close()
    (plain,) = tap.plains()
    assert_plain(plain, QUESTION, long)
    assert "ECDHE_ECDSA" in plain.suite


def test_resumed_session_of_tls_1_2(tap: Tap, rsa_pem: Path) -> None:
    with tls_server(rsa_pem, lambda _: ANSWER) as port:
        context = client_context(tap.key_log, ssl.TLSVersion.TLSv1_2)
        first = tap.client(port, context=context)
        talk(first)
        session = first.tls.session
        first.close()
        second = tap.client(port, context=context, session=session)
        assert second.tls.session_reused
        talk(second)
        second.close()
    for plain in tap.plains():
        assert_plain(plain)


def test_tls_1_3(tap: Tap, rsa_pem: Path) -> None:
    with tls_server(rsa_pem, lambda _: ANSWER) as port:
        client = tap.client(port, ssl.TLSVersion.TLSv1_3)
        talk(client)
        client.close()
    (plain,) = tap.plains()
    assert_plain(plain)
    assert (plain.version, plain.suite) == ("TLS 1.3", "TLS_AES_256_GCM_SHA384")


@contextmanager
def openssl_server(pem: Path, *arguments: str) -> Iterator[tuple[int, Callable[..., None]]]:
    """Run ``openssl s_server`` and give its port and a way to type into it.

    A command is recognised when it is all that one read returns: what a client is told of it is waited for.
    """
    program = require_program("openssl")
    command = [program, "s_server", "-accept", "127.0.0.1:0", "-cert", str(pem), *arguments]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def typed(text: str, told: TlsClient | None = None) -> None:
        stdin.write(text.encode())
        stdin.flush()
        if told is not None:
            assert select.select([told.channel], [], [], LIMIT)[0]

    try:
        line = next(line for line in stdout if line.startswith(b"ACCEPT"))
        yield int(line.rpartition(b":")[2]), typed
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"])
def test_tls_1_3_with_updated_keys(tap: Tap, rsa_pem: Path, suite: str) -> None:
    with openssl_server(rsa_pem, "-ciphersuites", suite) as (port, typed):
        client = tap.client(port, ssl.TLSVersion.TLSv1_3)
        for line in ("one\n", "two\n"):
            typed(line)
            assert client.receive() == line.encode()
            client.send(QUESTION)
            typed("K\n", client)
        typed("end\n")
        assert client.receive() == b"end\n"
        client.send(ANSWER)
        client.close()
    (plain,) = tap.plains()
    assert_plain(plain, QUESTION * 2 + ANSWER, b"one\ntwo\nend\n")
    assert plain.suite == suite


def test_renegotiated_tls_1_2(tap: Tap, rsa_pem: Path) -> None:
    with openssl_server(rsa_pem, "-tls1_2") as (port, typed):
        client = tap.client(port, ssl.TLSVersion.TLSv1_2)
        typed("one\n")
        assert client.receive() == b"one\n"
        client.send(QUESTION)
        typed("r\n", client)
        typed("two\n")
        assert client.receive() == b"two\n"
        client.send(ANSWER)
        client.close()
    (plain,) = tap.plains()
    assert_plain(plain, QUESTION + ANSWER, b"one\ntwo\n")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, rsa_pem: Path) -> tuple[Connection, bytes]:
    """A captured connection of TLS 1.3 and its key log."""
    tap = Tap(tmp_path_factory.mktemp("sample"))
    with tls_server(rsa_pem, lambda _: ANSWER) as port:
        client = tap.client(port, ssl.TLSVersion.TLSv1_3)
        talk(client)
        client.close()
    (connection,) = tap.connections()
    return connection, tap.key_log.read_bytes()


def test_missing_and_wrong_secrets_are_told(sample: tuple[Connection, bytes]) -> None:
    connection, log = sample
    plain = decrypt(connection, KeyLog())
    assert plain.connection.client.octets == b""
    assert any("no CLIENT_HANDSHAKE_TRAFFIC_SECRET" in remark for remark in plain.connection.client.remarks)
    wrong = [line[:-8] + line[-4:] + line[-8:-4] for line in log.splitlines()]
    plain = decrypt(connection, KeyLog(b"\n".join(wrong)))
    assert any("does not decrypt" in remark for remark in plain.connection.server.remarks)


@settings(max_examples=80, deadline=None)
@given(
    changes=st.lists(st.tuples(st.booleans(), st.integers(0, 4000), st.integers(0, 255)), max_size=10),
    cut=st.integers(0, 4000),
)
def test_altered_streams_never_raise(
    sample: tuple[Connection, bytes], changes: list[tuple[bool, int, int]], cut: int
) -> None:
    connection, log = sample
    ends = connection.client, connection.server
    octets = [bytearray(end.octets) for end in ends]
    for of_server, place, value in changes:
        octets[of_server][place % len(octets[of_server])] = value
    streams = [
        Stream(end.source, end.target, [Piece(0, bytes(altered)[:cut], [(1 << 20, 1, 0.0)])])
        for end, altered in zip(ends, octets, strict=True)
    ]
    plain = decrypt(Connection(1, *streams), KeyLog(log))
    assert (QUESTION * 2).startswith(plain.connection.client.octets), "what decrypts is what was sent"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_key_logs_take_anything(text: bytes) -> None:
    KeyLog(text + b"\nCLIENT_RANDOM zz 00\nCLIENT_RANDOM 00 11\n\xff \xff \xff")


def test_key_log_files_without_secrets_are_typed_errors(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"# nothing\n")
    for name in ("empty", "missing"):
        with pytest.raises(CaptureError, match=name):
            KeyLog.read(tmp_path / name)
    assert issubclass(CaptureError, NetError)


def test_tshark_opens_a_capture_with_its_secrets(tap: Tap, rsa_pem: Path) -> None:
    tshark = require_program("tshark")
    with tls_server(rsa_pem, lambda _: ANSWER) as port:
        client = tap.client(port, ssl.TLSVersion.TLSv1_3)
        talk(client)
        client.close()
    tap.capture.key_log().write_bytes(tap.key_log.read_bytes())
    (connection,) = tap.connections()
    as_tpkt = ["-d", f"tcp.port=={port},tls", "-d", f"tls.port=={port},tpkt"]
    fields = ["-Y", "cotp", "-T", "fields", "-e", "cotp.type"]
    command = [tshark, "-r", str(tap.path), *as_tpkt, *fields]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert len(done.stdout.split()) == 4
    file = CaptureFile(tap.path)
    list(file.segments())
    assert_plain(decrypt(connection, KeyLog(file.secrets)))
