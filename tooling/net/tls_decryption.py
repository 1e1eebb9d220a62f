"""Captured TLS connections (1.2 and 1.3) to the octets inside them, with the secrets of a key log."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from conform62351.profiles.tls.records import (
    HEADER_LENGTH,
    MAX_FRAGMENT,
    MAX_MESSAGE,
    ContentType,
    HandshakeType,
)
from conform62351.profiles.tls.suites import suite_name
from conform62351.tooling.net.reassembly import Connection, Piece, Stream
from conform62351.tooling.net.tls_keys import (
    TLS_1_2,
    TLS_1_3,
    KeyLog,
    NotDecrypted,
    Protection,
    Suite,
    next_secret,
    protection_1_3,
    protections_1_2,
)

_KINDS: Final = frozenset(ContentType)
_ENCRYPT_THEN_MAC: Final = 22
_SUPPORTED_VERSIONS: Final = 43
_RETRY: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a HelloRetryRequest (RFC 8446 4.1.3)."""
_VERSIONS: Final = {
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    TLS_1_2: "TLS 1.2",
    TLS_1_3: "TLS 1.3",
}


@dataclass(frozen=True, slots=True)
class Plain:
    """What a TLS connection carried: ``connection`` as if there had been no TLS.

    ``version`` and ``suite`` are those of the last handshake, empty when none was seen.
    """

    connection: Connection
    version: str
    suite: str


def is_tls(stream: Stream) -> bool:
    """Return whether a stream begins with a handshake record."""
    octets = stream.pieces[0].octets if stream.pieces else b""
    return len(octets) > 5 and octets[0] == ContentType.HANDSHAKE and octets[1] == 3 and octets[5] in (1, 2)


def decrypt(connection: Connection, key_log: KeyLog) -> Plain:
    """Return what ``connection`` carried as far as it decrypts; remarks of its streams tell where it ends.

    Never raises for what a capture holds.
    """
    return _Decryption(connection, key_log).run()


@dataclass(frozen=True, slots=True)
class _Hello:
    random: bytes
    version: int = 0
    suite: int = 0
    mac_last: bool = False


@dataclass(slots=True)
class _Side:
    """One direction: what is left to read, its keys, and what came out."""

    stream: Stream
    label: str
    records: Iterator[tuple[int, bytes, int]]
    waiting: tuple[int, bytes, int] | None = None
    handshake: bytearray = field(default_factory=bytearray)
    hellos: list[_Hello] = field(default_factory=list)
    changes: int = 0
    protection: Protection | None = None
    secret: bytes = b""
    finished: bool = False
    parts: list[bytes] = field(default_factory=list)
    marks: list[tuple[int, int, float]] = field(default_factory=list)
    length: int = 0
    remarks: list[str] = field(default_factory=list)
    done: bool = False

    def stop(self, why: str) -> None:
        self.done = True
        self.remarks.append(why)

    def carried(self, octets: bytes, offset: int) -> None:
        self.parts.append(octets)
        self.length += len(octets)
        number, at = self.stream.pieces[0].frame_of(offset)
        self.marks.append((self.length, number, at))

    def plain(self) -> Stream:
        octets = b"".join(self.parts)
        pieces = [Piece(0, octets, self.marks)] if octets else []
        remarks = [*self.stream.remarks, *self.remarks]
        return Stream(self.stream.source, self.stream.target, pieces, remarks, self.stream.end)


class _Blocked(Exception):
    """What this direction needs has to come from the other one first."""


class _Decryption:
    def __init__(self, connection: Connection, key_log: KeyLog) -> None:
        self._connection = connection
        self._key_log = key_log
        self._client = _side(connection.client, "CLIENT")
        self._server = _side(connection.server, "SERVER")

    def run(self) -> Plain:
        """Read both directions in turn, each until it needs something from the other."""
        sides = (self._client, self._server)
        progress = True
        while progress:
            progress = False
            for side in sides:
                while not side.done and self._step(side):
                    progress = True
        for side in sides:
            if not side.done:
                side.remarks.append("TLS: not decrypted further, the other direction is not whole")
        hello = self._server.hellos[-1] if self._server.hellos else _Hello(b"")
        return Plain(
            Connection(self._connection.first_frame, self._client.plain(), self._server.plain()),
            _VERSIONS.get(hello.version, f"TLS version {hello.version:04X}") if hello.random else "",
            suite_name(hello.suite) if hello.random else "",
        )

    def _step(self, side: _Side) -> bool:
        """Take one record; False when the direction has ended or is blocked."""
        record = side.waiting or next(side.records, None)
        side.waiting = None
        if record is None:
            side.done = True
            return False
        kind, body, offset = record
        try:
            self._record(side, kind, body, offset)
        except _Blocked:
            side.waiting = record
            return False
        except NotDecrypted as error:
            side.stop(f"TLS: record at offset {offset}: {error}")
        return True

    def _record(self, side: _Side, kind: int, body: bytes, offset: int) -> None:
        version = self._server.hellos[-1].version if self._server.hellos else 0
        if kind == ContentType.CHANGE_CIPHER_SPEC:
            if version != TLS_1_3:
                self._change(side)
            return
        if kind == ContentType.APPLICATION_DATA and side.protection is None:
            if not self._server.hellos:
                raise _Blocked
            if version != TLS_1_3:
                raise NotDecrypted("application data before the handshake ended")
            self._traffic(side, "HANDSHAKE_TRAFFIC_SECRET")
        if side.protection is not None and (kind == ContentType.APPLICATION_DATA or version != TLS_1_3):
            kind, body = side.protection.open(kind, body)
        if kind == ContentType.HANDSHAKE:
            side.handshake += body
            if len(side.handshake) > MAX_MESSAGE:
                raise NotDecrypted("a handshake message longer than any")
            self._messages(side)
        elif kind == ContentType.ALERT and len(body) == 2:
            side.remarks.append(f"TLS alert {'fatal' if body[0] == 2 else 'warning'} {body[1]}")
        elif kind == ContentType.APPLICATION_DATA:
            side.carried(body, offset)

    def _change(self, side: _Side) -> None:
        """Put keys in force: those of the handshake that has the number of this ChangeCipherSpec."""
        number = side.changes
        if len(self._client.hellos) <= number or len(self._server.hellos) <= number:
            raise _Blocked
        side.changes += 1
        client, server = self._client.hellos[number], self._server.hellos[number]
        if server.version != TLS_1_2:
            raise NotDecrypted(f"{_VERSIONS.get(server.version, hex(server.version))} is not decrypted")
        suite = Suite.of(server.suite)
        master = self._key_log.secret("CLIENT_RANDOM", client.random)
        protections = protections_1_2(suite, master, client.random, server.random, mac_last=server.mac_last)
        side.protection = protections[0] if side is self._client else protections[1]

    def _traffic(self, side: _Side, label: str) -> None:
        hello = self._client.hellos[-1] if self._client.hellos else _Hello(b"")
        side.secret = self._key_log.secret(f"{side.label}_{label}", hello.random)
        side.protection = protection_1_3(Suite.of(self._server.hellos[-1].suite), side.secret)

    def _messages(self, side: _Side) -> None:
        """Take the whole handshake messages out of what has been read."""
        while len(side.handshake) >= 4:
            kind, length = side.handshake[0], int.from_bytes(side.handshake[1:4], "big")
            if len(side.handshake) < 4 + length:
                return
            body = bytes(side.handshake[4 : 4 + length])
            del side.handshake[: 4 + length]
            if kind == HandshakeType.CLIENT_HELLO and side is self._client:
                side.hellos.append(_client_hello(body))
            elif kind == HandshakeType.SERVER_HELLO and side is self._server:
                hello = _server_hello(body)
                if hello.random != _RETRY:
                    side.hellos.append(hello)
            elif self._server.hellos and self._server.hellos[-1].version == TLS_1_3:
                self._message_1_3(side, kind)

    def _message_1_3(self, side: _Side, kind: int) -> None:
        if kind == HandshakeType.FINISHED and not side.finished:
            side.finished = True
            self._traffic(side, "TRAFFIC_SECRET_0")
        elif kind == HandshakeType.KEY_UPDATE and side.finished:
            suite = Suite.of(self._server.hellos[-1].suite)
            side.secret = next_secret(suite, side.secret)
            side.protection = protection_1_3(suite, side.secret)


def _side(stream: Stream, label: str) -> _Side:
    side = _Side(stream, label, iter(()))
    side.records = _records(side)
    if len(stream.pieces) > 1:
        side.remarks.append("TLS: not decrypted behind the gap")
    return side


def _records(side: _Side) -> Iterator[tuple[int, bytes, int]]:
    """Yield type, content and offset of the last octet of each record."""
    octets = side.stream.pieces[0].octets if side.stream.pieces else b""
    position = 0
    while position + HEADER_LENGTH <= len(octets):
        kind, version, length = struct.unpack_from("!BHH", octets, position)
        if kind not in _KINDS or version >> 8 != 3 or length > MAX_FRAGMENT:
            side.stop(f"TLS: no record at offset {position}")
            return
        end = position + HEADER_LENGTH + length
        if end > len(octets):
            break
        yield kind, octets[position + HEADER_LENGTH : end], end - 1
        position = end
    if position < len(octets):
        side.remarks.append(f"TLS: the record at offset {position} is not whole")


def _client_hello(body: bytes) -> _Hello:
    if len(body) < 34:
        raise NotDecrypted("a ClientHello that is too short")
    return _Hello(body[2:34])


def _server_hello(body: bytes) -> _Hello:
    try:
        version, random, session = struct.unpack_from("!H32sB", body)
        (suite,) = struct.unpack_from("!H", body, 35 + session)
        position = 35 + session + 5
        mac_last = False
        while position + 4 <= len(body):
            kind, length = struct.unpack_from("!HH", body, position)
            position += 4 + length
            if kind == _SUPPORTED_VERSIONS and length == 2:
                (version,) = struct.unpack_from("!H", body, position - 2)
            mac_last = mac_last or kind == _ENCRYPT_THEN_MAC
    except struct.error as error:
        raise NotDecrypted("a ServerHello that is too short") from error
    return _Hello(random, version, suite, mac_last)
