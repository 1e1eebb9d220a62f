"""RFC 1006, transport class 0 and session version 2 on a blocking socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from conform62351.suites.selfcheck.independent.errors import EnvironmentBroken

CN, AC, RF, FN, DN, AB, AA, DT = 13, 14, 12, 9, 10, 25, 26, 1
TRANSPORT, SESSION = b"\0\1", b"\0\1"
LIMIT_S = 10.0
CLOSE_LIMIT_S = 5.0
CONNECT_HEAD = bytes.fromhex("050613010016010214020002")
Spoil = Mapping[str, Callable[[bytes], bytes]]


class Link:
    """One connection. ``spoil`` alters PDUs by name on their way out; ``notes`` says what was tolerated.

    ``exponent`` is the TPDU size that a client offers, as a power of 2.
    """

    exponent = 13
    draining = False
    """Whether it has said its last word."""

    def __init__(self, sock: socket.socket, spoil: Spoil) -> None:
        self.sock, self.spoil = sock, spoil
        self.notes: list[str] = []
        self.segment = 65531 - 3
        sock.settimeout(LIMIT_S)

    def out(self, name: str, octets: bytes) -> bytes:
        """Let ``spoil`` alter what is sent."""
        return self.spoil[name](octets) if name in self.spoil else octets

    def _send_tpdu(self, tpdu: bytes) -> None:
        self.sock.sendall(b"\x03\0" + (len(tpdu) + 4).to_bytes(2, "big") + tpdu)

    def _exactly(self, size: int) -> bytes:
        octets = b""
        while len(octets) < size:
            try:
                more = self.sock.recv(size - len(octets))
            except TimeoutError:
                raise EnvironmentBroken(0, "no answer within the limit (11-decisions 19)") from None
            except ConnectionResetError:
                more = b""
            if not more:
                raise EOFError("the partner closed the connection")
            octets += more
        return octets

    def _receive_tpdu(self) -> bytes:
        header = self._exactly(4)
        size = int.from_bytes(header[2:], "big")
        if header[0] != 3 or size < 7:
            raise EnvironmentBroken(0, f"TPKT header {header.hex()} (2-osi)")
        tpdu = self._exactly(size - 4)
        if tpdu[0] >= len(tpdu):
            raise EnvironmentBroken(0, "COTP length indicator beyond the TPDU")
        return tpdu

    def open_transport(self) -> None:
        """Send a CR and read the CC."""
        selectors = b"\xc1\x02" + TRANSPORT + b"\xc2\x02" + TRANSPORT
        parameters = bytes((0xC0, 1, self.exponent)) + selectors
        self._send_tpdu(bytes((6 + len(parameters),)) + b"\xe0\0\0\0\1\0" + parameters)
        tpdu = self._receive_tpdu()
        if tpdu[1] != 0xD0 or tpdu[2:4] != b"\0\1" or tpdu[6]:
            raise EnvironmentBroken(0, f"a CC of class 0 is due: {tpdu.hex()}")
        self._negotiate(tpdu)

    def accept_transport(self) -> None:
        """Read a CR and answer it."""
        tpdu = self._receive_tpdu()
        if tpdu[1] != 0xE0 or tpdu[6]:
            raise EnvironmentBroken(0, f"a CR of class 0 is due: {tpdu.hex()}")
        answer = self._negotiate(tpdu)
        self._send_tpdu(bytes((6 + len(answer),)) + b"\xd0" + tpdu[4:6] + b"\0\2\0" + answer)

    def _negotiate(self, tpdu: bytes) -> bytes:
        offset, kept = 7, b""
        while offset < tpdu[0] + 1:
            code, size = tpdu[offset : offset + 2]
            value = tpdu[offset + 2 : offset + 2 + size]
            offset += 2 + size
            if code == 0xC0:
                exponent = min(value[0], 13)
                self.segment = (1 << exponent) - 3
                kept += bytes((0xC0, 1, exponent))
            elif code in (0xC1, 0xC2):
                kept += bytes((code, size)) + value
        return kept

    def send_tsdu(self, spdu: bytes) -> None:
        """Send an SPDU in as many DTs as its size asks for."""
        while len(spdu) > self.segment:
            self._send_tpdu(b"\x02\xf0\0" + spdu[: self.segment])
            spdu = spdu[self.segment :]
        self._send_tpdu(b"\x02\xf0\x80" + spdu)

    def receive_spdu(self) -> tuple[int, dict[int, bytes], bytes]:
        """Return SI, parameters and user data of the next SPDU but ABORT ACCEPT; GT and DT are one."""
        tsdu, last = b"", 0
        while not last:
            tpdu = self._receive_tpdu()
            if tpdu[:2] != b"\x02\xf0" or tpdu[2] & 0x7F:
                raise EnvironmentBroken(0, f"a DT is due: {tpdu[:8].hex()}")
            last = tpdu[2]
            tsdu += tpdu[3:]
        if tsdu[:4] == b"\1\0\1\0":
            return DT, {}, tsdu[4:]
        parameters: dict[int, bytes] = {}
        si, content, offset = _parameter(tsdu, 0)
        if si == AA:
            return self.receive_spdu()
        if offset != len(tsdu):
            raise EnvironmentBroken(0, f"octets behind the SPDU {tsdu[:8].hex()}")
        offset = 0
        while offset < len(content):
            code, value, offset = _parameter(content, offset)
            parameters[code] = value
        return si, parameters, parameters.get(193, parameters.get(194, b""))

    def send_spdu(self, si: int, head: bytes, data: bytes) -> None:
        """Send an SPDU with user data behind its other parameters."""
        long = si == CN and len(data) > 512
        self.send_tsdu(self.out(f"SPDU {si}", item(si, head + item(194 if long else 193, data))))

    def drain(self) -> None:
        """Wait until the partner closes, and close (11-decisions 17)."""
        self.draining = True
        with suppress(OSError):
            self.sock.settimeout(CLOSE_LIMIT_S)
            while self.sock.recv(4096):
                pass
        self.sock.close()

    def close(self) -> None:
        """Close TCP at once, as the receiver of ABORT, REFUSE or DISCONNECT does."""
        self.sock.close()


def item(code: int, value: bytes) -> bytes:
    """An SPDU or a parameter: code, length of one octet or three, value."""
    if len(value) < 0xFF:
        return bytes((code, len(value))) + value
    return bytes((code, 0xFF)) + len(value).to_bytes(2, "big") + value


def _parameter(octets: bytes, offset: int) -> tuple[int, bytes, int]:
    head = octets[offset : offset + 4]
    start = offset + (4 if head[1:2] == b"\xff" else 2)
    size = int.from_bytes(head[2:4], "big") if head[1:2] == b"\xff" else head[1] if len(head) > 1 else 0
    if start + size > len(octets):
        raise EnvironmentBroken(0, "a session parameter is cut off")
    return octets[offset], octets[start : start + size], start + size
