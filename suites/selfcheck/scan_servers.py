"""Servers for the scan: OpenSSL's with a known configuration, Python's, and some that behave badly."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from conform62351.suites.selfcheck.peers import require_program

HOST: Final = "127.0.0.1"
START_S: Final = 20.0
_ACCEPT: Final = re.compile(r"ACCEPT \S*:(\d+)")

Behaviour = Callable[[socket.socket], None]


@contextmanager
def openssl_server(folder: Path, *arguments: str) -> Iterator[int]:
    """Run ``openssl s_server`` on a port of its own, which is yielded."""
    program = require_program("openssl")
    told = folder / f"s_server-{time.monotonic_ns()}.txt"
    line = [program, "s_server", "-accept", f"{HOST}:0", "-naccept", "100000", *arguments]
    with (
        told.open("wb") as out,
        # It ends every connection once its input has ended.
        subprocess.Popen(line, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield _port(told, process)
        finally:
            process.terminate()


def _port(told: Path, process: subprocess.Popen[bytes]) -> int:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        if found := _ACCEPT.search(told.read_text(errors="replace")):
            return int(found[1])
        time.sleep(0.01)
    raise AssertionError(f"s_server does not listen: {told.read_text(errors='replace')}")


@contextmanager
def server(behave: Behaviour) -> Iterator[int]:
    """Run a server that gives each connection to ``behave``, one after the other; yield its port."""
    with socket.create_server((HOST, 0), backlog=64) as listening:
        port: int = listening.getsockname()[1]
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):
                    connection, _ = listening.accept()
                    connection.settimeout(START_S)
                    with connection, suppress(OSError):
                        behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield port
        finally:
            ended.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(START_S)


@contextmanager
def python_server(certificate: Path, key: Path, configure: Callable[[ssl.SSLContext], None]) -> Iterator[int]:
    """Run a server over Python's ``ssl``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    configure(context)

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    with server(behave) as port:
        yield port


def silent(connection: socket.socket) -> None:
    """Read, and say nothing until the client has gone."""
    while connection.recv(65536):
        continue


def garbage(connection: socket.socket) -> None:
    """Answer with what is no TLS."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def closing(connection: socket.socket) -> None:
    """Close at once."""


def resetting(connection: socket.socket) -> None:
    """Reset once something has come."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def flooding(connection: socket.socket) -> None:
    """Send warnings and empty records without end."""
    connection.recv(65536)
    flood = bytes((22, 3, 3, 0x40, 0, 11, 0x03, 0, 0)) + bytes(0x3FFC)
    while True:
        connection.sendall(flood)


def dripping(connection: socket.socket) -> None:
    """Send a record octet by octet, too slowly to ever come to its end."""
    connection.recv(65536)
    for octet in bytes((22, 3, 3, 0x40, 0)) + bytes(0x4000):
        connection.sendall(bytes((octet,)))
        time.sleep(0.02)


def records(*octets: bytes) -> Behaviour:
    """Answer each hello with these octets, then close."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"".join(octets))

    return behave
