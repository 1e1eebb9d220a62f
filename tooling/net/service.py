"""A bounded number of connections served at once, each in a thread of its own while it lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from conform62351.tooling.net.channel import Channel, Listener

ACCEPT_INTERVAL_S = 0.5
MAXIMUM_IDLE = 4
"""Threads that wait for a next connection: to start one takes longer than to accept."""
IDLE: Final = "idle"
"""The name of a thread while it waits for a next connection."""


class Service:
    """Accepts on ``listener`` and runs ``serve(channel)`` in a thread that has no other connection.

    Up to `MAXIMUM_IDLE` threads stay for the next connections; they are named `IDLE` meanwhile.

    At most ``bound`` connections are served; a further one is accepted and closed at once, so that its
    peer is not left waiting. The channel is closed when ``serve`` returns or raises; an exception goes to
    ``threading.excepthook``.
    """

    def __init__(self, listener: Listener, serve: Callable[[Channel], None], *, bound: int = 64) -> None:
        self.listener = listener
        self._serve = serve
        self._bound = bound
        self._lock = threading.Lock()
        self._served: set[Channel] = set()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._next: SimpleQueue[Channel | None] = SimpleQueue()
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
        self.listener.close()
        clock = self.listener.clock
        deadline = clock.monotonic() + limit
        with self._lock:
            self._stopping = True
        # Only the acceptor starts threads: once it has ended, there are those that there are.
        self._acceptor.join(limit)
        with self._lock:
            served, threads = tuple(self._served), [self._acceptor, *self._threads]
            for _ in range(self._idle):
                self._next.put(None)
            self._idle = 0
        for channel in served:
            channel.interrupt()
        for thread in threads:
            thread.join(max(deadline - clock.monotonic(), 0))
        return not any(thread.is_alive() for thread in threads)

    def _accept(self) -> None:
        while not self._stopping:
            channel = self.listener.accept(ACCEPT_INTERVAL_S)
            if channel is not None and not self._hand_over(channel):
                channel.close()

    def _hand_over(self, channel: Channel) -> bool:
        """Have a thread serve a connection; return whether there is room for it."""
        with self._lock:
            if len(self._served) >= self._bound or self._stopping:
                return False
            self._served.add(channel)
            if self._idle:
                self._idle -= 1
                self._next.put(channel)
                return True
            thread = threading.Thread(target=self._work, args=(channel,), daemon=True)
            self._threads.add(thread)
        thread.start()
        return True

    def _work(self, first: Channel) -> None:
        try:
            channel: Channel | None = first
            while channel is not None and self._run(channel):
                channel = self._next.get()
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _run(self, channel: Channel) -> bool:
        """Serve a connection; return whether the thread is counted as idle from now on."""
        broken = True
        thread = threading.current_thread()
        thread.name = "connection"
        try:
            self._serve(channel)
            broken = False
        finally:
            # Room before the end: a peer that saw its connection end meets an idle thread.
            with self._lock:
                self._served.discard(channel)
                idle = not (broken or self._stopping) and self._idle < MAXIMUM_IDLE
                self._idle += idle
            if idle:
                thread.name = IDLE
            channel.close()
        return idle
