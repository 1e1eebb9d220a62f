"""Classic BPF programs for sockets, so that the kernel drops what nobody wants to see."""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Collection
from typing import Final

MAX_PORTS: Final = 500
"""A program of the kernel has at most 4096 instructions; beyond this many ports all of TCP passes."""

_SO_ATTACH_FILTER: Final = 26
_PACKET_OUTGOING: Final = 4
_ETHERTYPE_IPV4: Final = 0x0800
_ETHERTYPE_IPV6: Final = 0x86DD
_TCP: Final = 6

# Opcodes, and the negative offsets that address packet metadata and the network header
# whatever link header is before it (linux/filter.h).
_LOAD_WORD: Final = 0x20
_LOAD_HALF: Final = 0x28
_LOAD_OCTET: Final = 0x30
_LOAD_HALF_INDEXED: Final = 0x48
_LOAD_X: Final = 0x01
_JUMP: Final = 0x05
_JUMP_EQUAL: Final = 0x15
_JUMP_SET: Final = 0x45
_AND: Final = 0x54
_SHIFT_LEFT: Final = 0x64
_RETURN: Final = 0x06
_TO_X: Final = 0x07
_METADATA: Final = 0xFFFFF000
_NETWORK: Final = 0xFFF00000

_DROP: Final = (_RETURN, 0, 0, 0)
_KEEP: Final = (_RETURN, 0, 0, 0x40000)

Program = tuple[tuple[int, int, int, int], ...]
"""Instructions: opcode, jump when true, jump when false, constant."""

DROP_ALL: Final[Program] = (_DROP,)


def tcp_ports(ports: Collection[int], *, loopback: bool) -> Program:
    """Return the program that keeps TCP segments from or to ``ports``, over IPv4 and IPv6.

    ``loopback`` drops the copy that the loopback interface shows on the way out. IPv6 extension headers and
    IP fragments after the first are not looked through.
    """
    tests: list[tuple[int, int, int, int]] = []
    for place in (0, 2):
        tests.append((_LOAD_HALF_INDEXED, 0, 0, _NETWORK + place))
        for port in sorted(ports):
            tests += ((_JUMP_EQUAL, 0, 1, port), _KEEP)
    verdict = (_KEEP,) if len(ports) > MAX_PORTS else (*tests, _DROP)
    not_twice = (
        (_LOAD_WORD, 0, 0, _METADATA + 4),
        (_JUMP_EQUAL, 0, 1, _PACKET_OUTGOING),
        _DROP,
    )
    ipv4 = (
        (_LOAD_OCTET, 0, 0, _NETWORK + 9),
        (_JUMP_EQUAL, 1, 0, _TCP),
        _DROP,
        (_LOAD_HALF, 0, 0, _NETWORK + 6),
        (_JUMP_SET, 0, 1, 0x1FFF),
        _DROP,
        (_LOAD_OCTET, 0, 0, _NETWORK),
        (_AND, 0, 0, 0x0F),
        (_SHIFT_LEFT, 0, 0, 2),
        (_TO_X, 0, 0, 0),
    )
    ipv6 = (
        (_JUMP_EQUAL, 1, 0, _ETHERTYPE_IPV6),
        _DROP,
        (_LOAD_OCTET, 0, 0, _NETWORK + 6),
        (_JUMP_EQUAL, 1, 0, _TCP),
        _DROP,
        (_LOAD_X, 0, 0, 40),
        (_JUMP, 0, 0, len(ipv4)),
    )
    by_version = (
        (_LOAD_HALF, 0, 0, _METADATA),
        (_JUMP_EQUAL, len(ipv6), 0, _ETHERTYPE_IPV4),
        *ipv6,
        *ipv4,
    )
    return (*(not_twice if loopback else ()), *by_version, *verdict)


def attach(sock: socket.socket, program: Program) -> None:
    """Let the kernel drop for ``sock`` what ``program`` does not keep; it replaces an earlier program."""
    octets = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(octets, len(octets))
    sock.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(buffer))
    )
