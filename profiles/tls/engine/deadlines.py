"""The intervals and time-outs of a connection, by the clock of its parameters (IEC 62351-3; N)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.tls.engine.checks_state import CLIENT_HELLO, Waiting
from conform62351.profiles.tls.engine.parameters import EngineParameters

_MINUTE: Final = 60.0


class Deadlines:
    """When this side renegotiates or refreshes the keys, until when it waits for the peer, and how often the
    peer has asked.
    """

    def __init__(self, parameters: EngineParameters) -> None:
        self._parameters = parameters
        self._renegotiation: float | None = None
        self._key_refresh: float | None = None
        self._answer: float | None = None
        self._awaited = ""
        self._asked: list[float] = []

    @property
    def awaits_hello(self) -> bool:
        """Whether a ClientHello is awaited that a HelloRequest has asked for."""
        return self._awaited == CLIENT_HELLO

    def completed(self, *, refreshed: bool = False) -> None:
        """A handshake is complete: the next one is an interval away.

        One that has only ``refreshed`` the keys of the connection stands for no renegotiation.
        """
        self.answered()
        if refreshed:
            self.put_off_refresh()
        else:
            self.put_off()

    def put_off(self) -> None:
        """Renegotiate, or ask for it again, after another interval."""
        self._renegotiation = self._after(self._parameters.renegotiation_interval)
        self.put_off_refresh()

    def put_off_refresh(self) -> None:
        """Refresh the keys by resumption, or ask for it again, after another interval."""
        self._key_refresh = self._after(self._parameters.key_refresh_interval)

    def _after(self, interval: float | None) -> float | None:
        return None if interval is None else self._parameters.now() + interval

    def await_answer(self, what: str) -> None:
        """Wait for a ClientHello or a change of cipher from now on."""
        limit = self._parameters.answer_limit
        self._awaited = what
        self._answer = None if limit is None else self._parameters.now() + limit

    def answered(self) -> None:
        """Wait for nothing more."""
        self._awaited = ""
        self._answer = None

    def waiting(self, *, renegotiation: bool, refused: bool = False) -> Waiting:
        """Return what is waited for, as the checks see it."""
        return Waiting(self._awaited, self._parameters.answer_limit or 0.0, renegotiation, refused)

    @property
    def answer_due(self) -> bool:
        """Whether the peer's time is up."""
        return self._answer is not None and self._parameters.now() >= self._answer

    @property
    def renegotiation_due(self) -> bool:
        """Whether the interval is over."""
        return self._renegotiation is not None and self._parameters.now() >= self._renegotiation

    @property
    def refresh_due(self) -> bool:
        """Whether the interval of the keys is over."""
        return self._key_refresh is not None and self._parameters.now() >= self._key_refresh

    def due(self) -> float | None:
        """Return the next moment at which something is due, None when nothing will be."""
        moments = (self._renegotiation, self._key_refresh, self._answer)
        return min((moment for moment in moments if moment is not None), default=None)

    def count_asked(self) -> int:
        """Note that the peer wants a renegotiation, and return how often it did within a minute.

        At most one more than may be is remembered.
        """
        now = self._parameters.now()
        recent = [moment for moment in self._asked if now - moment < _MINUTE]
        self._asked = [*recent, now][-self._parameters.renegotiations_per_minute - 1 :]
        return len(self._asked)
