"""A bounded number of connections served at once, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from conform62351.tooling.net.channel import Channel, Listener

ACCEPT_INTERVAL_S = 0.5


class Service:
    """Accepts on ``listener`` and runs ``serve(channel)`` in a thread for every connection.

    At most ``bound`` connections are served; a further one is accepted and closed at once, so that its
    peer is not left waiting. The channel is closed when ``serve`` returns or raises; an exception goes to
    ``threading.excepthook``.
    """

    def __init__(self, listener: Listener, serve: Callable[[Channel], None], *, bound: int = 64) -> None:
        self.listener = listener
        self._serve = serve
        self._bound = bound
        self._lock = threading.Lock()
        self._served: dict[Channel, threading.Thread] = {}
        self._stopping = False
        self._acceptor = threading.Thread(target=self._accept, name="acceptor", daemon=True)

    @property
    def connections(self) -> int:
        """How many connections are being served."""
        with self._lock:
            return len(self._served)

    def start(self) -> None:
        """Begin to accept."""
        self._acceptor.start()

    def stop(self, limit: float) -> bool:
        """Stop listening, end all connections and wait up to ``limit`` seconds for their threads.

        Return whether all of them ended.
        """
        self._stopping = True
        self.listener.close()
        with self._lock:
            served = dict(self._served)
        for channel in served:
            channel.interrupt()
        clock = self.listener.clock
        deadline = clock.monotonic() + limit
        threads = [self._acceptor, *served.values()]
        for thread in threads:
            thread.join(max(deadline - clock.monotonic(), 0))
        return not any(thread.is_alive() for thread in threads)

    def _accept(self) -> None:
        while not self._stopping:
            channel = self.listener.accept(ACCEPT_INTERVAL_S)
            if channel is None:
                continue
            with self._lock:
                welcome = len(self._served) < self._bound and not self._stopping
                if welcome:
                    thread = threading.Thread(target=self._run, args=(channel,), daemon=True)
                    self._served[channel] = thread
            if welcome:
                thread.start()
            else:
                channel.close()

    def _run(self, channel: Channel) -> None:
        try:
            self._serve(channel)
        finally:
            channel.close()
            with self._lock:
                del self._served[channel]
