"""Waiting for the end of a process that serves until it is told to end."""

from __future__ import annotations

import os
import signal
from typing import Final

ENDING: Final = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Is asked for by SIGTERM or SIGINT from then on, which stay caught, and by :meth:`ask`.

    It is made in the main thread.

    The pipe is written to as a signal comes. Its handler runs later, and not before a wait that begins in
    between, which it was to end.
    """

    def __init__(self) -> None:
        self._asked, self._asking = os.pipe()
        os.set_blocking(self._asking, False)
        signal.set_wakeup_fd(self._asking, warn_on_full_buffer=False)
        for number in ENDING:
            signal.signal(number, lambda *_: None)

    def ask(self) -> None:
        """Have :meth:`wait` return; from any thread."""
        os.write(self._asking, b"\0")

    def wait(self) -> None:
        """Wait until it is asked for."""
        os.read(self._asked, 1)
