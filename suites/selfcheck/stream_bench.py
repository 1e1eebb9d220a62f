"""What tests of connections need, whether TLS is on them or not."""

from __future__ import annotations

from conform62351.tooling.net.flow import Stream

LIMIT_S = 10.0


def received(stream: Stream, wanted: int) -> bytes:
    """Return ``wanted`` octets or more, in however many pieces they come."""
    octets = b""
    while len(octets) < wanted:
        part = stream.receive(LIMIT_S)
        assert isinstance(part, bytes), part
        octets += part
    return octets
