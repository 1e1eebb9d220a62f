"""An HTTP server whose threads, connections and patience are bounded, whatever its clients do."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final

from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import AddressUnavailable

MAX_CONNECTIONS: Final = 16
CONNECTION_LIMIT_S: Final = 30.0
"""How long a connection may last, whatever its client does."""
SILENCE_LIMIT_S: Final = 10.0
"""How long a client may say nothing; for the ``timeout`` of a handler."""
POLL_S: Final = 0.05
_BINDINGS: Final = 40


class BoundedHttpServer(ThreadingMixIn, TCPServer):
    """Answers by ``handler``, each connection in a thread of its own; a surplus connection is closed at once.

    ``name`` says in words what it is for.

    Raises:
        AddressUnavailable: the address cannot be bound.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self, name: str, host: str, port: int, handler: type[BaseHTTPRequestHandler], clock: Clock
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._clock = clock
        self._lock = threading.Lock()
        self._since: dict[socket.socket, float] = {}
        self._answering: set[threading.Thread] = set()
        self._refusing = False
        self.ended = threading.Event()
        """Set when the server stops: what waits before it answers need wait no longer."""
        self._serving = threading.Thread(target=self.serve_forever, args=(POLL_S,), name=name, daemon=True)
        try:
            super().__init__((host, port), handler)
        except OSError as error:
            raise AddressUnavailable(f"{name} at {host} port {port}: {error.strerror}") from error

    def start(self) -> None:
        """Begin to answer."""
        self._serving.start()

    def stop(self) -> None:
        """End all connections, wait for their threads, and free the port."""
        self.ended.set()
        if self._serving.is_alive():
            self.shutdown()
            self._serving.join()
        self.server_close()
        self._interrupt_all()
        for thread in tuple(self._answering):
            thread.join(SILENCE_LIMIT_S)

    def refuse(self, refusing: bool) -> None:
        """Have the host refuse connections from now on, and end those that there are; or take them again.

        The port stays this server's: a socket that is bound and does not listen takes the listener's place.

        Raises:
            AddressUnavailable: somebody else took the port at the same moment.
        """
        with self._lock:
            if refusing is self._refusing:
                return
            self._refusing = refusing
            if refusing:
                self._bind_anew()
            else:
                self.socket.listen(self.request_queue_size)
        if refusing:
            self._interrupt_all()

    def _bind_anew(self) -> None:
        _interrupt(self.socket)
        with socket.socket(self.address_family, socket.SOCK_STREAM) as fresh:
            os.dup2(fresh.fileno(), self.socket.fileno(), inheritable=False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for left in reversed(range(_BINDINGS)):
            try:
                self.socket.bind(self.server_address)
            except OSError as error:
                # The port is free once the thread that serves has looked away from the old socket.
                if not left:
                    raise AddressUnavailable(f"{self.server_address}: {error.strerror}") from error
                self.ended.wait(POLL_S)
            else:
                return

    def get_request(self) -> tuple[socket.socket, Any]:
        """Return the next connection. Raises OSError: none is taken, which is looked at again soon."""
        if self._refusing:
            self.ended.wait(POLL_S)
            raise ConnectionRefusedError
        return super().get_request()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread; while too many clients are there, close at once."""
        with self._lock:
            welcome = len(self._since) < MAX_CONNECTIONS
            if welcome:
                self._since[request] = self._clock.monotonic()
        if welcome:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer the requests of one connection."""
        self._answering.add(threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._since.pop(request, None)
            self._answering.discard(threading.current_thread())

    def service_actions(self) -> None:
        """End connections that last too long."""
        limit = self._clock.monotonic() - CONNECTION_LIMIT_S
        with self._lock:
            for request, since in self._since.items():
                if since < limit:
                    _interrupt(request)

    def _interrupt_all(self) -> None:
        with self._lock:
            for request in self._since:
                _interrupt(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that leave in the middle."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _interrupt(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)
