"""The process that writes what a tap hears into a pcapng file.

``python -m conform62351.tooling.net.sniffer TAP FILE INTERFACE`` takes over a packet socket and an open file
by their descriptors. It ends when its standard input ends, after all that the socket has queued by then,
and prints one JSON line: ``{"frames": n, "lost": m}``.

It is a process of its own so that a run's threads never wait for it.
"""

from __future__ import annotations

import errno
import json
import select
import signal
import socket
import struct
import sys
from typing import BinaryIO, Final

from conform62351.tooling.net.interfaces import (
    PACKET_STATISTICS,
    SOL_PACKET,
    has_link_header,
    time_of,
)
from conform62351.tooling.net.pcapng import LINK_ETHERNET, LINK_RAW_IP, PcapngWriter

FLUSH_AFTER_S: Final = 0.2
LARGEST_FRAME: Final = 262_144
BATCH: Final = 256
APPLICATION: Final = "conform62351"


def sniff(tap: socket.socket, file: BinaryIO, interface: str, stop: int) -> tuple[int, int]:
    """Write the frames of ``tap`` to ``file`` until the descriptor ``stop`` is readable and none is left.

    Return how many frames were written and how many the kernel had to drop.
    """
    writer = PcapngWriter(file, application=APPLICATION, comment=f"sniffed on {interface}")
    link_type = LINK_ETHERNET if has_link_header(tap) else LINK_RAW_IP
    number = writer.interface(interface, "sniffed", link_type)
    file.flush()
    tap.setblocking(False)
    waiting = select.poll()
    waiting.register(tap, select.POLLIN)
    waiting.register(stop, select.POLLIN | select.POLLHUP)
    frames = 0
    stopping = False
    while True:
        taken = _drain(tap, writer, number)
        frames += taken
        if taken == BATCH:
            continue
        if stopping:
            break
        ready = waiting.poll(FLUSH_AFTER_S * 1000)
        stopping = any(descriptor == stop for descriptor, _ in ready)
        if not ready:
            file.flush()
    file.flush()
    _, lost = struct.unpack("=II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    return frames, lost


def _drain(tap: socket.socket, writer: PcapngWriter, interface: int) -> int:
    """Write what is queued, at most BATCH frames, and return how many they were."""
    for taken in range(BATCH):
        try:
            octets, ancillary, _, _ = tap.recvmsg(LARGEST_FRAME, 64)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ENETDOWN):
                return taken
            raise
        writer.frame(interface, time_of(ancillary), octets)
    return BATCH


def main() -> None:
    """Run as described above."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tap_descriptor, file_descriptor, interface = sys.argv[1:4]
    with socket.socket(fileno=int(tap_descriptor)) as tap, open(int(file_descriptor), "wb") as file:
        frames, lost = sniff(tap, file, interface, sys.stdin.fileno())
    sys.stdout.write(json.dumps({"frames": frames, "lost": lost}) + "\n")


if __name__ == "__main__":
    main()
