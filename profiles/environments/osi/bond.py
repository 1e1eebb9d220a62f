"""What one association of native mode holds: its number, its handshake, its keys, and the limits on them."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.environments.osi.events import KeysChanged, KeysEstablished
from conform62351.profiles.environments.osi.parameters import NativeSecurity
from conform62351.profiles.native.derivation import Derivation, transcript, transcript_salt
from conform62351.profiles.native.derivation_search import search_derivation
from conform62351.profiles.native.handshake import ClientHandshake, ServerHandshake
from conform62351.profiles.native.parameters import Connection
from conform62351.profiles.native.secpdus import HandshakeReq
from conform62351.profiles.native.taken import Established, Taken
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tlv import TlvError, walk

NO_REASON: Final = 0
"""no-reason-given of DtDiagnostics."""


class Bond:
    """The state of native mode in one association.

    ``client`` and ``server`` are the two kinds of handshake, one of which there is from the beginning of the
    association on. ``transfer`` is there when it has keys.
    """

    def __init__(self, role: Role, security: NativeSecurity, policy: Policy) -> None:
        self.client: ClientHandshake | None = None
        self.server: ServerHandshake | None = None
        self.established: Established | None = None
        self.transfer: DataTransfer | None = None
        self._role = role
        self._security = security
        self._policy = policy
        self._number: int | None = None
        self._met: tuple[bytes, str] | None = None
        self._searching = security.search
        self.unfit = False
        """Whether a search has found no reading by which the peer's first message verifies."""
        self._rekeys = 0
        self._asked: float | None = None

    @property
    def exchange(self) -> ClientHandshake | ServerHandshake | None:
        """The signed SecPDUs of the association, None before it begins."""
        return self.client or self.server

    def request(self, peer: str | None) -> ClientHandshake:
        """Begin the association as a client; ``peer`` is the title of the other side.

        Raises NumbersTakenError.
        """
        self._number = self._security.numbers.take()
        self.client = ClientHandshake(
            self._security.native, self._security.codec, self._connection(peer), self._number, self._policy
        )
        return self.client

    def indicate(self, peer: str | None) -> ServerHandshake:
        """Begin the association as a server; ``peer`` is the title of the other side.

        Raises NumbersTakenError.
        """
        self._number = self._security.numbers.take()
        self.server = ServerHandshake(
            self._security.native, self._security.codec, self._connection(peer), self._number, self._policy
        )
        return self.server

    def meets(self, taken: Taken) -> bool:
        """Take note of the number in a HandshakeReq; return whether the same client has it in use already."""
        if not isinstance(taken.pdu, HandshakeReq) or taken.certificate is None:
            return False
        self._met = (taken.certificate.subject, taken.pdu.token1.assoID)
        return self._security.numbers.meet(*self._met)

    def establish(self, established: Established) -> KeysEstablished:
        """Take the keys that the handshake has agreed."""
        self.established = established
        derivation = self._security.derivation
        agreed = established.agreed
        if derivation != Derivation():
            salt = transcript_salt(transcript(established.request_tbs, established.response_tbs), derivation)
            agreed = msgspec.structs.replace(agreed, salt=salt)
        native = self._security.native
        self.transfer = DataTransfer(
            self._role,
            agreed,
            established.own,
            established.peer_public,
            self._security.codec,
            clock=native.now,
            randomness=native.randomness,
            policy=self._policy,
            derivation=derivation,
            interval=self._security.refresh_interval,
            window=native.window,
            secret=established.secret,
        )
        return KeysEstablished(established, derivation)

    def search(self, octets: bytes) -> KeysEstablished | None:
        """Look for the reading that the peer's first message verifies by; None where nothing changes."""
        established, transfer = self.established, self.transfer
        if not self._searching or established is None or transfer is None:
            return None
        self._searching = False
        found = search_derivation(
            octets,
            self._role,
            established.agreed,
            established.secret,
            transcript(established.request_tbs, established.response_tbs),
            self._security.codec,
            readable=_is_one_value,
            first=transfer.derivation,
        )
        self.unfit = found is None
        if found is None or found.derivation == transfer.derivation:
            return None
        transfer.adopt(found.agreed, found.derivation)
        return KeysEstablished(established, found.derivation)

    def change(self) -> KeysChanged | None:
        """Return the change of keys that the last message has brought, None when it has not."""
        transfer = self.transfer
        if transfer is None or transfer.rekeys == self._rekeys:
            return None
        self._rekeys = transfer.rekeys
        self._asked = None
        return KeysChanged(transfer.rekeys, transfer.secret)

    def refresh(self) -> None:
        """Have the next message ask for new keys when theirs have been in use long enough."""
        transfer = self.transfer
        if transfer is not None and transfer.needs_refresh:
            if self._role is Role.CLIENT:
                transfer.rekey()
            else:
                transfer.ask_for_rekey()

    def sent(self) -> None:
        """Take note that a message went out, and perhaps the question for new keys with it."""
        if self._asked is None and self.transfer is not None and self.transfer.awaits_rekey:
            self._asked = self._security.native.now()

    def overdue(self) -> bool:
        """Return whether a rekey that was asked for has not come in time; that is told once."""
        left = self._limit_left
        if left is None or left > 0:
            return False
        self._asked = None
        return True

    @property
    def due(self) -> float | None:
        """Seconds until there is something to do without a message, None for never."""
        refresh = None if self.transfer is None else self.transfer.refresh_in
        times = [time for time in (refresh, self._limit_left) if time is not None]
        return max(0.0, min(times)) if times else None

    def end(self) -> None:
        """Give the numbers of both sides back."""
        if self._number is not None:
            self._security.numbers.give_back(self._number)
            self._number = None
        if self._met is not None:
            self._security.numbers.forget(*self._met)
            self._met = None

    @property
    def _limit_left(self) -> float | None:
        limit = self._security.rekey_limit
        if limit is None or self._asked is None:
            return None
        return self._asked + limit - self._security.native.now()

    def _connection(self, peer: str | None) -> Connection:
        security = self._security
        return Connection(lambda: peer, security.tls, security.tls_certificate)


def _is_one_value(octets: bytes) -> bool:
    """Return whether octets are one value in BER, as every PDU of MMS is."""
    try:
        return walk(octets).root.end == len(octets)
    except TlvError:
        return False
