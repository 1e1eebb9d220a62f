"""Devices that live outside and behave badly now and then: a server before a device that is in order."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from conform62351.fixtures.device.process import DeviceProcess
from conform62351.fixtures.subprocesses import free_port
from conform62351.tooling.frontend.inputs import device_file

Mood = Callable[["Front", socket.socket], None]
LINGER_NOT = b"\x01\x00\x00\x00\x00\x00\x00\x00"
CALM_AT_FIRST = 12
"""Connections that are served as they should be, before every third one is not."""
HTTP_ANSWER = 204


class Front:
    """Listens before a device, and hands most connections on to it; ``mood`` has the others."""

    def __init__(self, device: DeviceProcess, mood: Mood) -> None:
        self.device = device
        self.connections = 0
        self.resets = 0
        self.away_until = 0.0
        self._mood = mood
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", free_port()))
        self.port: int = self._server.getsockname()[1]

    def serve(self) -> None:
        """Serve until the end."""
        while not self._over.is_set():
            if self._server.fileno() < 0:
                if time.monotonic() < self.away_until:
                    time.sleep(0.02)
                    continue
                self._server = socket.create_server(("127.0.0.1", self.port))
            self._server.settimeout(0.1)
            with contextlib.suppress(OSError):
                peer, _ = self._server.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(peer, self.connections))
                thread.start()
                self._threads.append(thread)

    def _serve(self, peer: socket.socket, number: int) -> None:
        peer.settimeout(10)
        with peer, contextlib.suppress(OSError):
            if number > CALM_AT_FIRST and number % 3 == 0:
                self._mood(self, peer)
            else:
                self.hand_on(peer)

    def hand_on(self, peer: socket.socket, most: int = -1) -> None:
        """Hand octets on in both directions, ``most`` of what the device says, until either side ends."""
        address = self.device.address
        with socket.create_connection((address.host, address.port), timeout=10) as behind:

            def forth() -> None:
                with contextlib.suppress(OSError):
                    while octets := peer.recv(65536):
                        behind.sendall(octets)
                with contextlib.suppress(OSError):
                    behind.shutdown(socket.SHUT_WR)

            thread = threading.Thread(target=forth)
            thread.start()
            said = 0
            with contextlib.suppress(OSError):
                while said != most and (octets := behind.recv(65536)):
                    octets = octets if most < 0 else octets[: most - said]
                    peer.sendall(octets)
                    said += len(octets)
            if said == most:
                reset(self, peer)
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            thread.join()

    def leave(self, seconds: float) -> None:
        """Stop listening for a while."""
        self.away_until = time.monotonic() + seconds
        self._server.close()

    def end(self) -> None:
        """Serve no longer."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._server.close()


def garbage(front: Front, peer: socket.socket) -> None:
    """Answer noise, some of it in TPKTs."""
    noise = random.Random(front.connections)
    peer.recv(4096)
    for _ in range(20):
        octets = noise.randbytes(noise.randrange(1, 400))
        whole = noise.random() < 0.5
        peer.sendall(
            b"\x03\x00" + (len(octets) + 7).to_bytes(2) + b"\x02\xf0\x80" + octets if whole else octets
        )
        time.sleep(0.001)


def flood(_: Front, peer: socket.socket) -> None:
    """Send empty data without end."""
    while True:
        peer.sendall(b"\x03\x00\x00\x07\x02\xf0\x80" * 5000)


def endless(_: Front, peer: socket.socket) -> None:
    """Begin a TSDU that never ends."""
    while True:
        peer.sendall((b"\x03\x00\x04\x07\x02\xf0\x00" + bytes(1024)) * 50)


def silence(_: Front, peer: socket.socket) -> None:
    """Read, and say nothing."""
    while peer.recv(4096):
        """It says nothing."""


def deaf(_: Front, peer: socket.socket) -> None:
    """Neither read nor say anything."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    time.sleep(2)


def reset(_: Front, peer: socket.socket) -> None:
    """Reset the connection."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    peer.close()


def resets_somewhere(front: Front, peer: socket.socket) -> None:
    """Reset after some octets, another number of them each time."""
    front.hand_on(peer, front.connections * 7 % 200)


def reboots(front: Front, peer: socket.socket) -> None:
    """Reset the connection and be away for a while."""
    front.leave(1.0)
    reset(front, peer)


def crawls(front: Front, peer: socket.socket) -> None:
    """Answer octet by octet."""
    address = front.device.address
    with socket.create_connection((address.host, address.port), timeout=10) as behind:
        behind.sendall(peer.recv(65536))
        for octet in behind.recv(65536):
            peer.sendall(bytes((octet,)))
            time.sleep(0.02)


MOODS: dict[str, Mood] = {
    mood.__name__: mood
    for mood in (garbage, flood, endless, silence, deaf, reset, resets_somewhere, reboots, crawls)
}


@contextlib.contextmanager
def hostile(device: DeviceProcess, mood: Mood, folder: Path) -> Iterator[tuple[Front, list[str]]]:
    """Run a server of this mood; yield it and the words that have the fuzzer speak to it.

    It is reset over HTTP, and switched off and on by a command.
    """
    front = Front(device, mood)

    class Control(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            front.resets += 1
            self.send_response(HTTP_ANSWER)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Control) as control:
        pixit = folder / "hostile.pixit.toml"
        limits = "".join(f"{name} = 0.5\n" for name in ("connect", "associate", "respond", "close"))
        pixit.write_text(
            f'boot_time = 3.0\n[dut]\nhost = "127.0.0.1"\nport = {front.port}\n'
            '[data]\nread = "IEDREF1LD0/GGIO1$ST$IntIn1$stVal"\n'
            f"[limit]\n{limits}"
            f'[action.reset]\nkind = "http"\nurl = "http://127.0.0.1:{control.server_port}/reset"\n'
            '[action.power-cycle]\nkind = "command"\ncommand = ["true"]\n'
        )
        threads = [threading.Thread(target=front.serve), threading.Thread(target=control.serve_forever)]
        for thread in threads:
            thread.start()
        try:
            pics = str(device_file("pics.toml"))
            yield front, ["--pics", pics, "--pixit", str(pixit), "--explore", "--unattended"]
        finally:
            front.end()
            control.shutdown()
            for thread in threads:
                thread.join()
