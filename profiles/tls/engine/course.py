"""The course of a connection: the handshake that is under way, renegotiations, and how it ends."""

from __future__ import annotations

from typing import Literal

from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.checks_renegotiation import ASKED, Asked
from conform62351.profiles.tls.engine.checks_state import CHANGE_OF_CIPHER, CLIENT_HELLO, TIME
from conform62351.profiles.tls.engine.client import ClientHandshake
from conform62351.profiles.tls.engine.connection import Connection, Ended
from conform62351.profiles.tls.engine.deadlines import Deadlines
from conform62351.profiles.tls.engine.handshake import Handshake
from conform62351.profiles.tls.engine.messages import HelloRequest
from conform62351.profiles.tls.engine.parameters import EngineParameters
from conform62351.profiles.tls.engine.server import ServerHandshake
from conform62351.profiles.tls.interface import RenegotiationAsked, TlsFailed, TlsStateError


class Course:
    """Where a connection stands; ``reading`` and ``writing`` end with it, or one by one by close_notify."""

    def __init__(self, role: Role, parameters: EngineParameters, policy: Policy) -> None:
        self.connection = Connection(role, parameters, policy)
        self.link = self.connection.link
        self.deadlines = Deadlines(parameters)
        self.handshake: Handshake | None = None
        self.reading = True
        self.writing = True
        self.again = False
        """Whether a renegotiation is to follow the handshake that is under way."""
        self._unsent: list[bytes] = []

    @property
    def idle(self) -> bool:
        """Whether a handshake is complete and none is under way."""
        return self.connection.established is not None and self.handshake is None

    def begin(self) -> None:
        """Begin the first handshake, if it has not begun."""
        if self.handshake is not None or self.connection.established is not None or not self.reading:
            return
        if self.connection.role is Role.SERVER:
            self.handshake = ServerHandshake(self.connection)
        else:
            self.begin_as_client()

    def begin_as_client(self, *, resume: bool = False) -> None:
        """Send a ClientHello; one that a policy withholds begins nothing."""
        handshake = ClientHandshake(self.connection)
        self.link.joiner.restart()
        if handshake.start(resume=resume):
            self.handshake = handshake
            self.deadlines.await_answer(CHANGE_OF_CIPHER)

    def client_begins(self) -> bool:
        """Prepare for the client's ClientHello; return whether it is to be taken. Raises Ended."""
        if self.handshake is None:
            if not self.may_renegotiate("ClientHello"):
                return False
            self.link.joiner.restart()
            self.handshake = ServerHandshake(self.connection)
        self.deadlines.await_answer(CHANGE_OF_CIPHER)
        return True

    def renegotiate(self, *, resume: bool = False) -> None:
        """Begin a renegotiation as a client, ask for one as a server. Raises Ended.

        ``resume``: it is to resume the session of the connection.
        """
        self.connection.full_due = self.connection.full_due or not resume
        if self.connection.role is Role.CLIENT:
            self.begin_as_client(resume=resume)
        elif self.link.say(HelloRequest()) is not None:
            self.deadlines.await_answer(CLIENT_HELLO)

    def may_renegotiate(self, by: Literal["HelloRequest", "ClientHello"]) -> bool:
        """Return whether the peer gets the renegotiation that it wants; if not, it has been told.

        After the own close_notify nothing is said to it any more.

        Raises:
            Ended: it wants too many.
        """
        idle, parameters = self.handshake is None, self.connection.parameters
        if idle:
            self.connection.tell(RenegotiationAsked(by))
        if not self.writing:
            return False
        recent, most = self.deadlines.count_asked() if idle else 0, parameters.renegotiations_per_minute
        if idle and recent <= most:
            # What is asked for is no part of the handshake before, also when it is refused.
            self.link.joiner.restart()
        asked = Asked(by, idle, parameters.renegotiation_allowed, self.connection.secure, recent, most)
        return self.connection.judge(ASKED, asked) is None and idle

    def give_up(self) -> None:
        """Give the renegotiation up that the peer refuses. Raises Ended."""
        renegotiating = self.handshake is not None and self.handshake.renegotiation
        if not self.deadlines.awaits_hello and not renegotiating:
            return
        waiting = self.deadlines.waiting(renegotiation=True, refused=True)
        self.deadlines.answered()
        self.handshake = None
        self.connection.judge(TIME, waiting)

    def settle(self) -> None:
        """Go over from a handshake to data, or to the next one, once it is complete. Raises Ended."""
        if self.handshake is None or not self.handshake.done:
            return
        refreshed = self.handshake.renegotiation and self.handshake.resumed is not None
        if not refreshed:
            self.connection.full_due = False
        self.handshake = None
        self.deadlines.completed(refreshed=refreshed)
        unsent, self._unsent = self._unsent, []
        for octets in unsent if self.writing else ():
            self.link.data(octets)
        if self.again and self.writing:
            self.again = False
            self.renegotiate()

    def send(self, octets: bytes) -> None:
        """Send data; once this side has changed its cipher they wait for the peer's Finished.

        Raises:
            TlsStateError: no handshake is complete, or this side has ended.
        """
        if self.connection.established is None or not self.writing:
            raise TlsStateError("no handshake is complete" if self.writing else "this side has ended")
        if self.handshake is not None and self.handshake.own_changed:
            self._unsent.append(octets)
        else:
            self.link.data(octets)

    def tick(self) -> None:
        """Do what is due by the clock. Raises Ended."""
        if self.deadlines.answer_due:
            renegotiation = self.connection.established is not None
            waiting = self.deadlines.waiting(renegotiation=renegotiation)
            self.deadlines.answered()
            self.connection.judge(TIME, waiting)
        if self.deadlines.renegotiation_due:
            self.deadlines.put_off()
            if self.idle:
                self.renegotiate()
        elif self.deadlines.refresh_due:
            self.deadlines.put_off_refresh()
            if self.idle:
                self.renegotiate(resume=True)

    def stop(self) -> None:
        """Read and write nothing more."""
        self.reading = self.writing = False

    def end(self, ended: Ended) -> None:
        """End the connection: send the alert that is due, and tell why."""
        self.connection.end(ended)
        self.stop()
        self.connection.tell(TlsFailed(ended.reason, ended.alert or None))
