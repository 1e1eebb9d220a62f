"""Interfaces, routes and raw taps of this machine (Linux): what capturing and raw segments stand on."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from conform62351.tooling.net import bpf
from conform62351.tooling.net.errors import CaptureError, PrivilegeMissing

LOOPBACK: Final = "lo"
_ALL_PROTOCOLS: Final = 0x0003
_SO_RCVBUFFORCE: Final = 33
SO_TIMESTAMPNS: Final = 35
_STAMP_TRIES: Final = 100
"""How often it is looked whether frames get their time when they arrive, up to a fifth of a second in all."""
_STAMP_PAUSE_S: Final = 0.002
SOL_PACKET: Final = 263
PACKET_STATISTICS: Final = 6
_TAP_BUFFER: Final = 32 * 1024 * 1024
_ARPHRD_RAW_IP: Final = frozenset({512, 519, 768, 769, 776, 778, 65534})
"""Interface types without a link header: PPP, RAWIP, tunnels, GRE, TUN."""


def interface_towards(host: str) -> str | None:
    """Return the interface over which packets to ``host`` (numeric address) leave; None without a route.

    Addresses of this machine give ``lo``.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        address = socket.inet_pton(family, host.partition("%")[0])
        index = _route(family, address)
        return socket.if_indextoname(index) if index else None
    except (OSError, ValueError):
        return None


def _route(family: int, address: bytes) -> int:
    """Ask the kernel (rtnetlink RTM_GETROUTE) for the index of the outgoing interface; 0 when it has none."""
    rtm_getroute, nlm_f_request, rta_dst, rta_oif, rtm_newroute = 26, 1, 1, 4, 24
    attribute = struct.pack("=HH", 4 + len(address), rta_dst) + address
    message = struct.pack("=BBBBBBBBI", family, len(address) * 8, 0, 0, 0, 0, 0, 0, 0) + attribute
    header = struct.pack("=IHHII", 16 + len(message), rtm_getroute, nlm_f_request, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.settimeout(1.0)
        netlink.send(header + message)
        answer = netlink.recv(8192)
    if len(answer) < 28 or struct.unpack_from("=H", answer, 4)[0] != rtm_newroute:
        return 0
    position = 28
    while position + 4 <= len(answer):
        length, kind = struct.unpack_from("=HH", answer, position)
        if kind == rta_oif and length == 8:
            return int(struct.unpack_from("=I", answer, position + 4)[0])
        position += max((length + 3) & ~3, 4)
    return 0


def require_raw_sockets() -> None:
    """Return when this process may open raw sockets.

    Raises:
        PrivilegeMissing: it may not.
    """
    _packet_socket().close()


def open_tap(interface: str, ports: Collection[int]) -> socket.socket:
    """Return a packet socket that hears the TCP segments from and to ``ports`` on ``interface``.

    Each datagram is a frame; the kernel's time stamp comes as ancillary data (SO_TIMESTAMPNS).

    Raises:
        PrivilegeMissing: this process may not open raw sockets.
        CaptureError: there is no such interface.
    """
    tap = _packet_socket()
    try:
        watch_ports(tap, interface, ports)
        tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        try:
            tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _TAP_BUFFER)
        except OSError:
            tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _TAP_BUFFER)
        tap.bind((interface, _ALL_PROTOCOLS))
    except OSError as error:
        tap.close()
        raise CaptureError(f"interface {interface}: {error.strerror}") from error
    _await_stamps()
    return tap


def _await_stamps() -> None:
    """Wait until frames get their time when they arrive.

    The kernel begins with that a moment after it was asked to; until then a frame has the time at which it is
    read, which a busy machine does much later.
    """
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        probe.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        probe.settimeout(_STAMP_PAUSE_S)
        for _ in range(_STAMP_TRIES):
            probe.sendto(b"?", probe.getsockname())
            time.sleep(_STAMP_PAUSE_S)
            read_at = time.time_ns()
            _, ancillary, _, _ = probe.recvmsg(1, 64)
            if time_of(ancillary) < read_at:
                return


def time_of(ancillary: Sequence[tuple[int, int, bytes]]) -> int:
    """Return the time that came with a frame, in nanoseconds since 1970 UTC; 0 without one."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("@ll", data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return 0


def has_link_header(tap: socket.socket) -> bool:
    """Return whether the frames of ``tap`` begin with an Ethernet header; otherwise they begin with IP."""
    return tap.getsockname()[3] not in _ARPHRD_RAW_IP


def watch_ports(tap: socket.socket, interface: str, ports: Collection[int]) -> None:
    """Let ``tap`` hear these TCP ports from now on, in place of those before."""
    bpf.attach(tap, bpf.tcp_ports(ports, loopback=interface == LOOPBACK))


def _packet_socket() -> socket.socket:
    try:
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError as error:
        raise PrivilegeMissing("raw sockets need root or CAP_NET_RAW") from error
    except (OSError, AttributeError) as error:
        raise PrivilegeMissing(f"no packet sockets here: {error}") from error
