"""Sessions to be resumed: by identifiers from a store, or by tickets that hold them (RFC 5077; R)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAX_TICKET: Final = 0xFFFF
_KEY: Final = 32
_NONCE: Final = 12
_NAME: Final = b"conform62351-1"
"""Begins every ticket, as the key_name of RFC 5077 4 does, and is authenticated with it."""


class Session(msgspec.Struct, frozen=True):
    """What a handshake has agreed and an abbreviated one takes up again.

    ``id`` is empty and ``ticket`` is not where the server keeps nothing; a client may hold both. ``extended``
    tells an extended master secret (RFC 7627). ``peer_chain`` are the peer's certificates in DER, and
    ``made_at`` the moment of the full handshake by the clock of the parameters.
    """

    id: bytes
    ticket: bytes
    master: bytes
    suite: int
    version: int
    extended: bool
    peer_chain: tuple[bytes, ...]
    made_at: float

    def __repr__(self) -> str:
        return f"Session({self.id.hex() or 'ticket'}, {self.suite:04X})"


class SessionStore:
    """The sessions of a server and the key of its tickets; all connections of a server share one.

    At most ``capacity`` sessions are kept, the oldest go first. How long one may be resumed is a matter of
    the parameters: the store forgets nothing by the clock, so that what is too old can be told from what
    never was. ``ticket_key`` are 32 octets, drawn by ``random`` where none are given.

    Raises:
        ValueError: a key of another length.
    """

    def __init__(
        self, random: Callable[[int], bytes], *, capacity: int = 1000, ticket_key: bytes | None = None
    ) -> None:
        key = random(_KEY) if ticket_key is None else ticket_key
        if len(key) != _KEY:
            raise ValueError(f"a ticket key of {len(key)} octets, not {_KEY}")
        self._random = random
        self._capacity = capacity
        self._tickets = AESGCM(key)
        self._sessions: dict[bytes, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def remember(self, session: Session) -> None:
        """Keep a session under its identifier; without one it is passed over."""
        if not session.id:
            return
        self._sessions.pop(session.id, None)
        self._sessions[session.id] = session
        for oldest in tuple(self._sessions)[: -self._capacity]:
            self._sessions.pop(oldest, None)

    def find(self, identifier: bytes) -> Session | None:
        """Return the session of an identifier, None for one that is not known."""
        return self._sessions.get(identifier)

    def forget(self, identifier: bytes) -> None:
        """Drop a session: it ended by a fatal alert (RFC 5246 7.2.2) or is not to be resumed."""
        self._sessions.pop(identifier, None)

    def seal(self, session: Session) -> bytes:
        """Return a ticket that holds the session; b"" when it would be longer than a ticket can be."""
        nonce = self._random(_NONCE)
        state = msgspec.msgpack.encode(session)
        ticket = _NAME + nonce + self._tickets.encrypt(nonce, state, _NAME)
        return ticket if len(ticket) <= MAX_TICKET else b""

    def unseal(self, ticket: bytes) -> Session | None:
        """Return the session that a ticket holds, None when it is none of this store's."""
        if not ticket.startswith(_NAME) or len(ticket) > MAX_TICKET:
            return None
        nonce, sealed = ticket[len(_NAME) :][:_NONCE], ticket[len(_NAME) + _NONCE :]
        try:
            return msgspec.msgpack.decode(self._tickets.decrypt(nonce, sealed, _NAME), type=Session)
        except (InvalidTag, ValueError, msgspec.DecodeError):
            return None
