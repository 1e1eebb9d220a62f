"""An association of the device, in a thread: it answers, and does what it is asked to meanwhile."""

from __future__ import annotations

import os
import queue
import select
import socket
import sys
import threading
import time
from collections.abc import Callable

from conform62351.suites.selfcheck.independent import mms
from conform62351.suites.selfcheck.independent.errors import Broken, Ended, EnvironmentBroken
from conform62351.suites.selfcheck.independent.handshake import NoInitiate, accept, connect
from conform62351.suites.selfcheck.independent.link import LIMIT_S
from conform62351.suites.selfcheck.independent.peer import Association, Settings

ENDS = (Broken, EnvironmentBroken, Ended, NoInitiate, EOFError, OSError)
"""How an association ends that is not released."""


class Conversation(threading.Thread):
    """One association over ``sock``; as client it has asked for it, and reads ``variable`` when told to."""

    def __init__(
        self,
        sock: socket.socket,
        settings: Settings,
        server: mms.Server,
        variable: tuple[str, str] | None,
        ended: Callable[[Conversation], None],
    ) -> None:
        super().__init__(daemon=True)
        self._sock, self._settings, self._server, self._variable = sock, settings, server, variable
        self._ended = ended
        self._wishes: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._woken, self._waker = os.pipe()
        self._made: Association | None = None
        self._invoke = 0
        self._rekey = self._concluding = False
        self._due: float | None = None

    @property
    def is_client(self) -> bool:
        """Whether this side has asked for the association."""
        return self._variable is not None

    @property
    def is_established(self) -> bool:
        """Whether it is established and has not ended."""
        return self._made is not None and not self._made.stack.draining

    @property
    def goes_on(self) -> bool:
        """Whether it is established, or may be yet."""
        return self._made is None or not self._made.stack.draining

    def ask(self, wish: str) -> None:
        """Have it do something as soon as it is established: a method of this class."""
        self._wishes.put(wish)
        os.write(self._waker, b"\0")

    def cut(self) -> None:
        """End it at once."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            """It has ended by itself."""

    def run(self) -> None:
        """Associate, and go on until it has ended."""
        side = "client" if self.is_client else "server"
        try:
            self._made = (connect if self.is_client else accept)(self._sock, self._settings)
            while self._goes_on(self._made):
                pass
            sys.stderr.write(f"{side}: released\n")
        except ENDS as error:
            sys.stderr.write(f"{side}: {type(error).__name__}: {error}\n")
        finally:
            self._sock.close()
            self._ended(self)
            os.close(self._woken)
            os.close(self._waker)

    def _goes_on(self, made: Association) -> bool:
        limit = None if self._due is None else max(0.0, self._due - time.monotonic())
        both: list[socket.socket | int] = [self._sock, self._woken]
        ready, _, _ = select.select(both, [], [], limit)
        if not ready:
            made.abort("ApplAbort")
            raise EOFError("no answer within the limit (11-decisions 19)")
        if self._sock not in ready:
            os.read(self._woken, 1)
            return bool(getattr(self, self._wishes.get())(made))
        pdu = made.receive()
        if pdu is None:
            return False
        self._due = None
        if pdu == mms.CONCLUDED and self._concluding:
            made.release(conclude=False)
            return False
        answer = self._server.answer(pdu)
        if answer is not None:
            self._send(made, answer)
        elif made.data.asked:
            self.identify(made)
        return True

    def _send(self, made: Association, pdu: bytes) -> None:
        rekey, self._rekey = self._rekey, False
        made.send(pdu, rekey=rekey and self.is_client, req_rekey=rekey and not self.is_client)

    def _request(self, made: Association, pdu: bytes) -> bool:
        self._send(made, pdu)
        self._due = time.monotonic() + LIMIT_S
        return True

    def identify(self, made: Association) -> bool:
        """Send an identify, for want of anything else to say."""
        self._invoke += 1
        return self._request(made, mms.identify(self._invoke))

    def read(self, made: Association) -> bool:
        """Read the variable."""
        assert self._variable is not None
        self._invoke += 1
        return self._request(made, mms.read_variable(self._invoke, *self._variable))

    def renew(self, made: Association) -> bool:
        """Renew the keys, with an identify for want of anything else to say, or ask for it."""
        self._rekey = True
        return self.identify(made) if self.is_client else True

    def conclude(self, made: Association) -> bool:
        """Conclude; the release follows upon the answer."""
        self._concluding = True
        return self._request(made, mms.CONCLUDE)

    def abort(self, made: Association) -> bool:
        """Abort."""
        made.abort("ApplAbort")
        raise EOFError("aborted")
