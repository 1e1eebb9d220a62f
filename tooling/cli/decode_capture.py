"""The connections of a capture as conversations of dissected messages, in the order of the frames."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from conform62351.profiles.dissection import (
    Anomaly,
    AuthenticationFacts,
    Message,
    Node,
    SecPduFacts,
    StreamDissector,
    dissect,
)
from conform62351.profiles.dissection import Conversation as Talk
from conform62351.profiles.dissection.stream import packets
from conform62351.profiles.transport import tpkt
from conform62351.tooling.net.errors import CaptureError
from conform62351.tooling.net.reassembly import Connection, Piece, Stream, reassemble
from conform62351.tooling.net.scapy_room.reading import CaptureFile
from conform62351.tooling.net.tls_decryption import decrypt, is_tls
from conform62351.tooling.net.tls_keys import KeyLog

_HEADER: Final = bytes((tpkt.VERSION, 0))
_SEARCHED: Final = 65_536
"""Octets behind a gap in which the next packet is looked for."""


@dataclass(frozen=True, slots=True)
class Dissected:
    """A message as a tree; ``heading`` and ``facts`` say where in a capture it stands."""

    node: Node
    anomalies: tuple[Anomaly, ...]
    heading: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    authentications: tuple[AuthenticationFacts, ...] = ()
    secpdus: tuple[SecPduFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A connection with its messages, to be taken once; ``remarks`` say what is not shown whole."""

    title: str
    facts: dict[str, Any]
    messages: Iterator[Dissected]
    remarks: list[str]


def conversations(
    capture: CaptureFile,
    key_log: KeyLog,
    begin: Callable[[], Talk],
    *,
    port: int | None,
    layer: str | None,
) -> Iterator[Conversation]:
    """Yield the connections of ``capture`` that carry TPKT or TLS, or all with ``port``.

    ``begin`` gives for each what is known beforehand of its associations of native mode.

    Raises:
        CaptureError: it is no capture, or nothing in it can be shown.
    """
    found = [
        connection
        for connection in reassemble(capture.segments())
        if port is None or port in (connection.client.source.port, connection.server.source.port)
    ]
    key_log.add(capture.secrets)
    number = 0
    for connection in found:
        native = begin()
        talk = _conversation(connection, key_log, native, number + 1, layer, anything=port is not None)
        if talk is not None:
            number += 1
            yield talk
    if capture.damage:
        yield Conversation("", {}, iter(()), [f"the capture is damaged: {capture.damage}"])
    elif not number:
        where = f"with port {port}" if port is not None else "that carries TPKT or TLS"
        raise CaptureError(f"{capture.name}: {capture.frames} frames, no TCP connection {where}")


def _conversation(
    connection: Connection,
    key_log: KeyLog,
    native: Talk,
    number: int,
    layer: str | None,
    *,
    anything: bool,
) -> Conversation | None:
    tls = ""
    if is_tls(connection.client) or is_tls(connection.server):
        plain = decrypt(connection, key_log)
        connection = plain.connection
        tls = f"{plain.version} {plain.suite}".strip() or "TLS"
    elif not anything and not _carries_tpkt(connection.client) and not _carries_tpkt(connection.server):
        return None
    ends = {"client": connection.client, "server": connection.server}
    facts: dict[str, Any] = {
        "connection": number,
        "client": str(connection.client.source),
        "server": str(connection.server.source),
        "first_frame": connection.first_frame,
        "tls": tls or None,
    }
    title = (
        f"connection {number}: {facts['client']} to {facts['server']}, from frame {connection.first_frame}"
    )
    remarks = [f"{who}: {remark}" for who, stream in ends.items() for remark in stream.remarks]
    remarks += [f"{who}: {stream.end}" for who, stream in ends.items() if stream.end == "RST"]
    messages = _messages(connection, native, number, layer, remarks)
    return Conversation(f"{title}, {tls}" if tls else title, facts, messages, remarks)


def _carries_tpkt(stream: Stream) -> bool:
    return bool(stream.pieces) and stream.pieces[0].octets[:1] == bytes((tpkt.VERSION,))


def _messages(
    connection: Connection, native: Talk, number: int, layer: str | None, remarks: list[str]
) -> Iterator[Dissected]:
    """Yield the messages of both directions by frame; contexts and keys of one are known to the other.

    What is not whole is added to ``remarks`` when its end is reached.
    """
    contexts: dict[int, str] = {}
    directions = (("client", connection.client), ("server", connection.server))
    streams = [_of_stream(who, stream, native, layer, contexts, remarks) for who, stream in directions]
    for waiting in heapq.merge(*streams, key=lambda waiting: waiting.frame):
        for message in waiting.messages():
            yield _placed(message, waiting, number)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What one side sent up to a frame, dissected when all that came before it is."""

    who: str
    frame: int
    at: float
    messages: Callable[[], list[Message]]


def _of_stream(
    who: str,
    stream: Stream,
    native: Talk,
    layer: str | None,
    contexts: dict[int, str],
    remarks: list[str],
) -> Iterator[_Waiting]:
    for index, piece in enumerate(stream.pieces):
        if layer not in (None, "TPKT"):
            yield _waiting(who, piece, len(piece.octets), partial(_whole, piece, layer, contexts, native))
            continue
        dissector = StreamDissector(contexts, talk=native)
        for start, end in packets(piece.octets, _next_packet(piece.octets) if index else 0):
            yield _waiting(who, piece, end, partial(_packet, dissector, piece, start))
        if dissector.unfinished is not None:
            remarks.append(f"{who}: the end of a TSDU is missing")


def _waiting(who: str, piece: Piece, end: int, messages: Callable[[], list[Message]]) -> _Waiting:
    frame, at = piece.frame_of(piece.offset + end - 1)
    return _Waiting(who, frame, at, messages)


def _packet(dissector: StreamDissector, piece: Piece, start: int) -> list[Message]:
    return [dissector.message(piece.octets, start)]


def _whole(piece: Piece, layer: str | None, contexts: dict[int, str], native: Talk) -> list[Message]:
    found = dissect(piece.octets, layer=layer, contexts=contexts, talk=native)
    return [Message(node, found.anomalies, found.authentications, found.secpdus) for node in found.nodes]


def _next_packet(octets: bytes) -> int:
    """Return where the first packet after a gap begins: two headers in a row, or one that ends the octets."""
    for start in range(min(len(octets), _SEARCHED)):
        second = start + max(int.from_bytes(octets[start + 2 : start + 4], "big"), tpkt.MIN_LENGTH)
        if octets[start : start + 2] == _HEADER and octets[second : second + 2] in (_HEADER, b""):
            return start
    return 0


def _placed(message: Message, waiting: _Waiting, number: int) -> Dissected:
    who, frame, at = waiting.who, waiting.frame, waiting.at
    moment = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S.%f}Z" if 0 < at < 1e11 else ""
    facts = {"connection": number, "frame": frame, "time": moment, "from": who}
    heading = f"frame {frame}  {moment}  from {who}"
    found = (message.authentications, message.secpdus)
    return Dissected(message.node, message.anomalies, heading, facts, *found)
