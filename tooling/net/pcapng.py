"""Writing pcapng files: sections, interfaces, frames and the secrets that decrypt them.

The format is that of draft-ietf-opsawg-pcapng. Frames carry nanoseconds. Secrets stand in a Decryption
Secrets Block (4.7 there) as an NSS key log, which Wireshark reads by itself.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from conform62351.tooling.net.errors import CaptureError

LINK_ETHERNET: Final = 1
LINK_RAW_IP: Final = 101

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_FRAME: Final = 6
_SECRETS: Final = 0x0A
_BYTE_ORDER: Final = 0x1A2B3C4D
_TLS_KEY_LOG: Final = 0x544C534B
_COMMENT: Final = 1
_APPLICATION: Final = 4
_NAME: Final = 2
_DESCRIPTION: Final = 3
_TIME_RESOLUTION: Final = 9
_PREAMBLE: Final = frozenset({_SECTION, _INTERFACE, _SECRETS})
_MAX_BLOCK: Final = 16 * 1024 * 1024
_LARGEST_SECRETS: Final = 1024 * 1024


class PcapngWriter:
    """Writes one section to ``file``; the caller flushes and closes it.

    ``application`` and ``comment`` describe the file to whoever opens it.
    """

    def __init__(self, file: BinaryIO, *, application: str, comment: str = "") -> None:
        self._write = file.write
        self._interfaces = 0
        options = _option(_COMMENT, comment) + _option(_APPLICATION, application)
        self._write(_block(_SECTION, struct.pack("=IHHq", _BYTE_ORDER, 1, 0, -1), options))

    def interface(self, name: str, description: str, link_type: int = LINK_ETHERNET) -> int:
        """Describe an interface and return its number for :meth:`frame`."""
        options = (
            _option(_NAME, name) + _option(_DESCRIPTION, description) + _option(_TIME_RESOLUTION, b"\x09")
        )
        self._write(_block(_INTERFACE, struct.pack("=HHI", link_type, 0, 0), options))
        self._interfaces += 1
        return self._interfaces - 1

    def frame(self, interface: int, at_ns: int, octets: bytes, comment: str = "") -> None:
        """Write one frame; ``at_ns`` is nanoseconds since 1970-01-01 UTC."""
        size = len(octets)
        padded = -size % 4
        options = _end_options(_option(_COMMENT, comment)) if comment else b""
        total = 32 + size + padded + len(options)
        head = struct.pack("=IIIIIII", _FRAME, total, interface, at_ns >> 32, at_ns & 0xFFFFFFFF, size, size)
        self._write(b"".join((head, octets, bytes(padded), options, struct.pack("=I", total))))

    def secrets(self, key_log: bytes) -> None:
        """Write the lines of an NSS key log; they serve the frames that follow."""
        self._write(_secrets_blocks(key_log))


def insert_secrets(path: Path, key_log: bytes) -> None:
    """Put ``key_log`` into the pcapng file at ``path``, before its first frame.

    The file is replaced in one step. Raises CaptureError when it is no pcapng file of this machine's octet
    order, or cannot be read or written.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        with path.open("rb") as source:
            place = path.stat().st_size
            for offset, kind, _ in blocks(source):
                if kind not in _PREAMBLE:
                    place = offset
                    break
            source.seek(0)
            with temporary.open("wb") as target:
                target.write(source.read(place))
                target.write(_secrets_blocks(key_log))
                shutil.copyfileobj(source, target)
        temporary.replace(path)
    except OSError as error:
        raise CaptureError(f"{path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def frame_times(path: Path) -> list[int]:
    """Return when each frame of a file of :class:`PcapngWriter` was taken, in nanoseconds since 1970.

    An unfinished last block is passed over. Raises CaptureError as :func:`insert_secrets`.
    """
    try:
        with path.open("rb") as file:
            return [
                high << 32 | low
                for _, kind, body in blocks(file)
                if kind == _FRAME
                for high, low in [struct.unpack_from("=II", body, 4)]
            ]
    except OSError as error:
        raise CaptureError(f"{path}: {error.strerror}") from error


def blocks(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield (offset, type, body) of every block; an unfinished last one is passed over.

    Raises CaptureError when the file does not begin as pcapng of this machine's octet order does, or a
    block's length cannot be.
    """
    offset = 0
    while len(head := file.read(8)) == 8:
        kind, total = struct.unpack("=II", head)
        if not offset and kind != _SECTION:
            raise CaptureError("no pcapng file")
        if total % 4 or not 12 <= total <= _MAX_BLOCK:
            raise CaptureError(f"octet {offset}: a block of {total} octets")
        body = file.read(total - 8)
        if len(body) < total - 8:
            return
        if not offset and struct.unpack_from("=I", body)[0] != _BYTE_ORDER:
            raise CaptureError("a pcapng file of the other octet order")
        yield offset, kind, body[:-4]
        offset += total


def _block(kind: int, body: bytes, options: bytes = b"") -> bytes:
    if options:
        options = _end_options(options)
    total = struct.pack("=I", 12 + len(body) + len(options))
    return struct.pack("=I", kind) + total + body + options + total


def _secrets_blocks(key_log: bytes) -> bytes:
    """Return the blocks that hold the lines of ``key_log``, each line once: one block would be too large."""
    made = bytearray()
    lines = bytearray()
    for line in dict.fromkeys(key_log.splitlines()):
        lines += line + b"\n"
        if len(lines) >= _LARGEST_SECRETS:
            made += _secrets_block(bytes(lines))
            lines.clear()
    if lines:
        made += _secrets_block(bytes(lines))
    return bytes(made)


def _secrets_block(lines: bytes) -> bytes:
    body = struct.pack("=II", _TLS_KEY_LOG, len(lines)) + lines + bytes(-len(lines) % 4)
    return _block(_SECRETS, body)


def _option(code: int, value: str | bytes) -> bytes:
    octets = value.encode()[:65_535] if isinstance(value, str) else value
    if not octets:
        return b""
    return struct.pack("=HH", code, len(octets)) + octets + bytes(-len(octets) % 4)


def _end_options(options: bytes) -> bytes:
    return options + bytes(4)
