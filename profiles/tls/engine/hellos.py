"""ClientHello and ServerHello (RFC 5246 7.4.1.2 and 7.4.1.3; the same since SSL 3.0) (R).

What a peer may send but should not, an unknown version or two extensions of one kind, is kept for the checks.
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.tls.engine.extensions import Extension, read_extensions, write_extensions
from conform62351.profiles.tls.engine.wire import (
    Reader,
    numbers16,
    vector8,
    vector16,
    write8,
    write16,
)

RANDOM_LENGTH: Final = 32
MAX_SESSION_ID: Final = 32


class ClientHello(msgspec.Struct, frozen=True):
    """What the client offers; ``version`` is 0303 in TLS 1.2, ``extensions`` None without a list of them."""

    version: int
    random: bytes
    session_id: bytes
    suites: tuple[int, ...]
    compression: tuple[int, ...] = (0,)
    extensions: tuple[Extension, ...] | None = None


class ServerHello(msgspec.Struct, frozen=True):
    """What the server has chosen."""

    version: int
    random: bytes
    session_id: bytes
    suite: int
    compression: int = 0
    extensions: tuple[Extension, ...] | None = None


def encode_client_hello(hello: ClientHello) -> bytes:
    """Return the body; raises EncodingError for what does not fit its field."""
    return b"".join(
        (
            write16(hello.version),
            hello.random,
            vector8(hello.session_id),
            vector16(b"".join(map(write16, hello.suites))),
            vector8(b"".join(map(write8, hello.compression))),
            write_extensions(hello.extensions),
        )
    )


def decode_client_hello(body: bytes) -> ClientHello:
    """Read a body; raises TlsDecodeError."""
    reader = Reader(body, "ClientHello")
    return ClientHello(
        reader.u16(),
        reader.take(RANDOM_LENGTH),
        reader.vector8(0, MAX_SESSION_ID),
        numbers16(reader.vector16(2), "ClientHello"),
        tuple(reader.vector8(1)),
        read_extensions(reader),
    )


def encode_server_hello(hello: ServerHello) -> bytes:
    """Return the body; raises EncodingError for what does not fit its field."""
    return b"".join(
        (
            write16(hello.version),
            hello.random,
            vector8(hello.session_id),
            write16(hello.suite),
            write8(hello.compression),
            write_extensions(hello.extensions),
        )
    )


def decode_server_hello(body: bytes) -> ServerHello:
    """Read a body; raises TlsDecodeError."""
    reader = Reader(body, "ServerHello")
    return ServerHello(
        reader.u16(),
        reader.take(RANDOM_LENGTH),
        reader.vector8(0, MAX_SESSION_ID),
        reader.u16(),
        reader.u8(),
        read_extensions(reader),
    )
