"""What tests of the independent peer share: credentials, both sides of a conversation, ways to spoil PDUs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from conform62351.suites.selfcheck.independent.authority import Authority
from conform62351.suites.selfcheck.independent.certificates import Identity
from conform62351.suites.selfcheck.independent.handshake import accept, connect
from conform62351.suites.selfcheck.independent.osi import Titles
from conform62351.suites.selfcheck.independent.peer import Association, Settings

CLIENT, SERVER = Titles("1.1.1.999.1", 12), Titles("1.1.1.999.2", 34)
MODES: dict[str, dict[str, Any]] = {
    "aes128-GCM": {"aea": ("aes128-GCM",)},
    "aes256-GCM/16": {"aea": ("aes256-GCM/16",)},
    "aes128-CBC+HMAC": {"encr": ("aes128-CBC",), "icv": ("hmacWithSHA256",)},
    "aes256-CBC+GMAC": {"encr": ("aes256-CBC",), "icv": ("aes256-GCM",)},
    "HMAC": {"icv": ("hmacWithSHA256",)},
    "GMAC": {"icv": ("aes128-GCM/16",)},
}
ALL = {
    "aea": ("aes128-GCM", "aes256-GCM/16", "aes256-GCM"),
    "encr": ("aes128-CBC", "aes256-CBC"),
    "icv": ("hmacWithSHA256", "aes128-GCM/16", "aes256-GCM"),
}


@dataclass
class Lab:
    """An authority, an identity of each side and kind, and both sides of conversations."""

    root: Authority
    clients: dict[str, Identity]
    servers: dict[str, Identity]
    pool: ThreadPoolExecutor

    def settings(self, side: str, kind: str = "p256", **members: Any) -> Settings:
        """Settings with a fresh memory of replays."""
        identity = (self.clients if side == "client" else self.servers)[kind]
        wanted: dict[str, Any] = (
            {"called": SERVER, "groups": (23,)} if side == "client" else {**ALL, "asso_id": 41}
        )
        if side == "client" and not {"aea", "icv"} & members.keys():
            wanted |= MODES["HMAC"]
        return Settings(identity, self.root.trusted(), **(wanted | members))

    def converse(
        self,
        client: Callable[[socket.socket], Any],
        server: Callable[[socket.socket], Any],
    ) -> tuple[Future[Any], Future[Any]]:
        """Run both sides; return what became of them."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            near = socket.create_connection(listener.getsockname())
            far, _ = listener.accept()
        with near, far:
            served = self.pool.submit(server, far)
            asked = self.pool.submit(client, near)
            asked.exception(20)
            served.exception(20)
        return asked, served


def served(settings: Settings) -> Callable[[socket.socket], Association]:
    """A server that answers until the client has released."""

    def run(sock: socket.socket) -> Association:
        made = accept(sock, settings)
        made.serve()
        return made

    return run


def asked(settings: Settings) -> Callable[[socket.socket], Association]:
    """A client that identifies, reads, and releases."""

    def run(sock: socket.socket) -> Association:
        made = connect(sock, settings)
        assert made.identify()[:1] == b"\xa1"
        assert made.read("LD0", "GGIO1$ST$Ind1$stVal").endswith(b"\x83\1\xff")
        assert made.release() is None
        return made

    return run


def results(*futures: Future[Any]) -> list[Association]:
    return [future.result() for future in futures]


@contextmanager
def make_lab() -> Iterator[Lab]:
    """Make the credentials once for the tests of a module."""
    root = Authority.root("root")
    with ThreadPoolExecutor(2) as pool:
        kinds = ("p256", "brainpool", "rsa")
        clients = {kind: root.identity(CLIENT, kind) for kind in kinds}
        servers = {kind: root.identity(SERVER, kind) for kind in kinds}
        yield Lab(root, clients, servers, pool)
