"""TLS 1.0 to 1.2 in either role, behind the interface of :mod:`profiles.tls.interface` (RFC 5246; R).

It measures and protects nothing: see the package. What it checks of a peer stands in tables of steps, and a
policy may leave a step out, keep a fault from ending the connection, and change, withhold or double whatever
is sent. The names of messages are ``TLS.`` and the name in the RFC; a whole flight of records is
``TLS.record``. Values that it rewrites besides are the parameters themselves (``TLS.parameters``), what a
signature covers (``TLS.signed``) and the premaster secret of an RSA key exchange (``TLS.premaster``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tls.alerts import CLOSE_NOTIFY, FATAL, WARNING
from conform62351.profiles.tls.engine.connection import Ended
from conform62351.profiles.tls.engine.course import Course
from conform62351.profiles.tls.engine.incoming import Incoming
from conform62351.profiles.tls.engine.parameters import EngineParameters
from conform62351.profiles.tls.engine.sessions import Session
from conform62351.profiles.tls.interface import (
    Established,
    TlsEvent,
    TlsFailed,
    TlsStateError,
    Truncated,
)

PARAMETERS: Final = "TLS.parameters"
_INTERNAL_ERROR: Final = "internal_error"


class EngineTls:
    """One side of one TLS connection.

    A driver that uses intervals calls :meth:`tick` when :meth:`due` says so, besides what every TLS machine
    wants.
    """

    def __init__(self, role: Role, parameters: EngineParameters, policy: Policy | None = None) -> None:
        policy = policy or Policy()
        self._course = Course(role, policy.rewrite(PARAMETERS, parameters), policy)
        self._connection = self._course.connection
        self._link = self._course.link
        self._incoming = Incoming(self._course)

    @property
    def parameters(self) -> EngineParameters:
        """What this side goes by."""
        return self._connection.parameters

    def change(self, parameters: EngineParameters) -> None:
        """Go by other parameters from the next handshake on, but for intervals and time-outs (tester)."""
        self._connection.parameters = parameters

    @property
    def established(self) -> Established | None:
        """See :class:`profiles.tls.interface.TlsMachine`."""
        return self._connection.established

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """See the interface."""
        return self._connection.peer_chain

    @property
    def session(self) -> Session | None:
        """See the interface; it goes into the parameters of another machine."""
        return self._connection.session

    def start(self) -> list[TlsEvent]:
        """See the interface."""
        return self._do(self._course.begin)

    def receive(self, octets: bytes) -> list[TlsEvent]:
        """See the interface."""
        if not self._course.reading:
            return []
        return self._do(lambda: self._incoming.take(octets))

    def receive_eof(self) -> list[TlsEvent]:
        """See the interface."""
        if not self._course.reading:
            return []
        self._course.reading = False
        if self.established is not None:
            return [Truncated()]
        self._course.writing = False
        return [TlsFailed("the connection ended within the handshake")]

    def send(self, octets: bytes) -> list[TlsEvent]:
        """See the interface; once this side has changed its cipher, data wait for the peer's Finished."""
        self._course.send(octets)
        return self._give()

    def close_notify(self) -> list[TlsEvent]:
        """See the interface."""
        if self.established is not None and self._course.writing:
            self._link.alert(WARNING, CLOSE_NOTIFY)
            self._course.writing = False
        return self._give()

    def take_output(self) -> bytes:
        """See the interface."""
        return self._link.take_output()

    def renegotiate(self, *, resume: bool = False, soon: bool = False) -> list[TlsEvent]:
        """Begin a renegotiation as a client, ask for one by HelloRequest as a server.

        ``resume`` has a client offer the session of this connection instead of a full handshake (tester).
        With ``soon`` it comes behind the handshake that is under way, if one is.

        Raises:
            TlsStateError: no handshake is complete, one is under way, or this side has ended.
        """
        if soon and self.established is not None and not self._course.idle and self._course.writing:
            self._course.again = True
            return []
        if not self._course.idle or not self._course.writing:
            raise TlsStateError("no renegotiation can begin now")
        return self._do(lambda: self._course.renegotiate(resume=resume))

    def alert(self, level: str, description: str) -> list[TlsEvent]:
        """Send an alert; a fatal one ends this side."""
        self._link.alert(level, description)
        if level == FATAL:
            self._course.stop()
            self._connection.forget()
        return self._give()

    def inject(self, kind: int, octets: bytes) -> None:
        """Send records of a type, protected as records are now and without regard to the state (tester)."""
        self._link.put(kind, octets)
        self._link.end_flight()

    def tick(self) -> list[TlsEvent]:
        """Do what is due by the clock, and return the events of it."""
        return self._do(self._course.tick) if self._course.reading and self._course.writing else []

    def due(self) -> float | None:
        """Return the moment, by the clock of the parameters, from which :meth:`tick` has something to do.

        None: it has nothing, as things are.
        """
        return self._course.deadlines.due() if self._course.reading and self._course.writing else None

    def _do(self, act: Callable[[], None]) -> list[TlsEvent]:
        """Act, and return the events of it; what cannot be done ends the connection."""
        try:
            act()
        except Ended as ended:
            self._course.end(ended)
        except ProtocolError as error:
            self._course.end(Ended(str(error), _INTERNAL_ERROR))
        return self._give()

    def _give(self) -> list[TlsEvent]:
        self._link.end_flight()
        return self._link.take_events()
