"""Octets that belong to no protocol of the stack, and the layer over which they are sent."""

from __future__ import annotations

HTTP = b"GET / HTTP/1.1\r\nHost: device\r\n\r\n"
TLS_CLIENT_HELLO = (
    bytes.fromhex("16 03 01 00 2F 01 00 00 2B 03 03")
    + bytes(range(32))
    + bytes.fromhex("00 00 02 00 FF 01 00 00 00")
)
TEXT = b"the quick brown fox jumps over the lazy dog, " * 20

GARBAGE: tuple[tuple[str, str, bytes], ...] = (
    ("an HTTP request", "tcp", HTTP),
    ("a TLS ClientHello", "tcp", TLS_CLIENT_HELLO),
    ("a thousand zeros", "tcp", bytes(1000)),
    ("a thousand octets FF", "tcp", b"\xff" * 1000),
    ("text in a packet", "tpkt", TEXT),
    ("octets FF in a packet", "tpkt", b"\xff" * 64),
    ("text in a TSDU", "cotp", TEXT),
    ("octets FF in a TSDU", "cotp", b"\xff" * 64),
    ("text as a PPDU", "session", TEXT),
    ("nested tags as a PPDU", "session", b"\x30\x80" * 400),
)
"""Label, layer as in the step ``inject``, and octets."""
