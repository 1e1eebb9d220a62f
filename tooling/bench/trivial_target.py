"""A TCP server that does next to nothing: it answers whatever comes with the same octets each time.

A session CONNECT gets an ACCEPT, a FINISH the DISCONNECT that belongs to it, and everything else a COTP CC:
a tester that makes sure now and then that the device still associates finds that it does.

Run as a program it listens on a free port of the loopback, which it prints; it serves all connections side by
side, each as long as its peer keeps it.
"""

from __future__ import annotations

import selectors
import socket
from typing import Final

CC: Final = bytes.fromhex("030000130ed00000001000c1020001c2020001")
AC: Final = bytes.fromhex(
    "030000a602f0800e9d0506130100160102140200023302000134020001c187318184a003800101a27d830400000001a5123007"
    "800100810251013007800100810251016161305f020101a05a615880020780a107060528ca220203a203020100a305a1030201"
    "00a40706052901876701a50302010cbe2f282d020103a028a926800300fde881010582010583010aa416800101810305f10082"
    "0c03ee08000000000000000118"
)
"""ACCEPT, with CPA, AARE and the initiate-Response of MMS in it."""
DN: Final = bytes.fromhex("0300001902f0800a10c10e610c300a020101a0056303800100")
"""DISCONNECT, with RLRE in it."""
ANSWERS: Final = {bytes.fromhex("02f0800d"): AC, bytes.fromhex("02f08009"): DN}
"""What is answered to a DT that begins so: its header, and the kind of the SPDU."""
HEADERS: Final = slice(4, 8)
"""Where these stand behind the header of TPKT."""
BACKLOG: Final = 128
MOST: Final = 65536


def main() -> None:
    """Serve until the process is ended."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listening,
        selectors.DefaultSelector() as selector,
    ):
        print(listening.getsockname()[1], flush=True)
        selector.register(listening, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listening:
                    selector.register(listening.accept()[0], selectors.EVENT_READ)
                elif isinstance(key.fileobj, socket.socket) and not answered(key.fileobj):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()


def answered(connection: socket.socket) -> bool:
    """Answer what has come; return whether the connection goes on."""
    try:
        octets = connection.recv(MOST)
        if octets:
            connection.sendall(ANSWERS.get(octets[HEADERS], CC))
    except OSError:
        return False
    return bool(octets)


if __name__ == "__main__":
    main()
