"""Data transfer of native mode, of either role: protection, checks, refresh of keys (13.2.3 to 13.4.2).

Clock, randomness and codec are given, so that it is the same over OSI and XMPP and can be made again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from conform62351.profiles.crypto.keys import AssociationKeys
from conform62351.profiles.events import Outgoing
from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.native.agreement import Agreed, OwnKey
from conform62351.profiles.native.codec import Carrier, Codec, Decoded, SecPduError
from conform62351.profiles.native.derivation import Derivation, association_keys
from conform62351.profiles.native.direction import Direction, Nonces
from conform62351.profiles.native.protection import Protector
from conform62351.profiles.native.rekey import (
    LONGEST_INTERVAL_S,
    ClientKeys,
    Epoch,
    RefreshTimer,
    ServerKeys,
    Turn,
)
from conform62351.profiles.native.replay import WINDOW
from conform62351.profiles.native.secpdus import Transfer
from conform62351.profiles.native.sequence import ReceivedSequence, SendingSequence
from conform62351.profiles.native.tokens import ClearToken2, DhKey
from conform62351.profiles.native.transfer_checks import TRANSFER_TABLE
from conform62351.profiles.native.transfer_examination import TransferExamination
from conform62351.profiles.native.transfer_shortcut import UsualTransfer, usual_transfer
from conform62351.profiles.policy import Finding, Policy, Reaction
from conform62351.profiles.role import Role

NONCE_OCTETS: Final = 12
"""Octets of the nonces that are sent for GCM and GMAC (recommended, N)."""


class TransferEnded(Exception):
    """Nothing is sent after a fault has ended the association (11-decisions 32)."""


class Refused(msgspec.Struct, frozen=True):
    """What becomes of the PDU in data at fault: it is dropped, or handed on before the association ends."""

    handed_on: bool = False


class ReceivedTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of received octets.

    ``fault`` is the finding that ends the association, with the abort to send; None when it goes on. Then
    ``applData`` is the PDU of the protected protocol. It is None where a policy has the association go on
    although nothing could be read; beside a ``fault`` it is there where a policy hands it on. ``noted`` are
    findings that were passed over, ``deviations`` sentences about the form. ``pdu`` is None when the octets
    do not decode. ``newest`` tells that it verifies under the newest keys that both sides have.
    """

    applData: bytes | None = None
    fault: Finding | None = None
    noted: tuple[Finding, ...] = ()
    pdu: Transfer | None = None
    deviations: tuple[str, ...] = ()
    keys_changed: bool = False
    newest: bool = True


class DataTransfer:
    """The data of one association, from the handshake on.

    ``own_key`` and ``peer_public`` are those of the handshake. ``clock`` gives seconds since 1970 UTC,
    ``randomness`` as many octets as it is asked for. Keys are due for a refresh after ``interval`` seconds,
    from 15 minutes to 24 hours. ``secret`` is Z of the handshake, for one who has it already.

    Beside what :class:`Protector` asks for, a policy is asked for ``E2E.keys`` (AssociationKeys), the keys of
    the handshake and of each rekey, and that of a server for ``E2E.turn`` (:class:`Turn`) when new keys are
    there. Where data are at fault it is asked for ``E2E.refused`` (:class:`Refused`).

    Raises:
        PublicValueError: ``peer_public`` is no value of the agreed group, and there is no ``secret``.
        ValueError: another interval.
    """

    def __init__(
        self,
        role: Role,
        agreed: Agreed,
        own_key: OwnKey,
        peer_public: bytes,
        codec: Codec,
        *,
        clock: Callable[[], float],
        randomness: Callable[[int], bytes],
        policy: Policy | None = None,
        derivation: Derivation | None = None,
        interval: float = LONGEST_INTERVAL_S,
        window: float = WINDOW,
        secret: bytes | None = None,
    ) -> None:
        self.role = role
        self.agreed = agreed
        self._own_key = own_key
        self._peer_public = peer_public
        self._codec = codec
        self._clock = clock
        self._randomness = randomness
        self._policy = policy or Policy()
        self._derivation = derivation or Derivation()
        self._window = window
        self._timer = RefreshTimer(clock, interval)
        self._sent = SendingSequence(clock)
        self._received = ReceivedSequence(window)
        self._protector = Protector(agreed, codec, randomness, self._policy)
        self._secret = self._secret_of_rekey(peer_public) if secret is None else secret
        self._offered = b""
        self._rekeys = 0
        self._keys = self._begin()
        self._ended = False

    @property
    def secret(self) -> bytes:
        """Z of the newest keys that both sides have: those of the handshake, or of the last rekey."""
        return self._secret

    @property
    def rekeys(self) -> int:
        """How many times keys have been refreshed.

        A client counts when it has verified changedKey, a server when it has taken rekey.
        """
        return self._rekeys

    @property
    def has_word(self) -> bool:
        """Whether the next message carries rekey, reqRekey or changedKey."""
        keys = self._keys
        return keys.is_due or (isinstance(keys, ServerKeys) and keys.asks)

    @property
    def awaits_rekey(self) -> bool:
        """Whether a server has sent reqRekey, and no rekey has come."""
        return isinstance(self._keys, ServerKeys) and self._keys.waits and not self._keys.asks

    @property
    def refresh_in(self) -> float | None:
        """How many seconds it is until a refresh is needed, None while one is under way."""
        return None if self._keys.is_under_way else self._timer.left

    @property
    def ended(self) -> bool:
        """Whether a fault has ended the association."""
        return self._ended

    @property
    def derivation(self) -> Derivation:
        """The reading that keys and protected octets go by."""
        return self._derivation

    @property
    def needs_refresh(self) -> bool:
        """Whether the keys have been in use for the whole interval, and no new ones are on their way."""
        return self._timer.is_due and not self._keys.is_under_way

    def adopt(self, agreed: Agreed, derivation: Derivation) -> None:
        """Go on with keys by another reading, which a search has found, before any rekey."""
        self.agreed, self._derivation = agreed, derivation
        self._protector = Protector(agreed, self._codec, self._randomness, self._policy)
        self._keys = self._begin()

    def rekey(self) -> None:
        """Have the next message offer a fresh key; nothing happens while a rekey is open.

        Raises:
            ValueError: this side is a server, which asks instead.
        """
        if not isinstance(self._keys, ClientKeys):
            raise ValueError("a server sends no rekey")
        self._keys.ask()

    def ask_for_rekey(self) -> None:
        """Have the next message ask the client for a fresh key.

        Raises:
            ValueError: this side is a client, which sends rekey itself.
        """
        if not isinstance(self._keys, ServerKeys):
            raise ValueError("a client does not ask for a rekey")
        self._keys.ask()

    def protect(self, appl_data: bytes) -> list[Outgoing]:
        """Return the data transfer for a PDU of the protected protocol; none when a policy withholds it.

        Raises:
            TransferEnded: a fault has ended the association.
            RandomnessError: the randomness repeats itself.
            EncodingError: a policy's value, or the time of the clock, cannot be written.
        """
        if self._ended:
            raise TransferEnded("the association has ended")
        rekey, requested, changed = None, False, False
        if isinstance(self._keys, ServerKeys):
            requested = self._keys.asks
            changed = self._keys.is_due and self._policy.rewrite("E2E.turn", Turn()).changes
            epoch = self._keys.send(changes=changed)
            if changed:
                self._timer.restart()
        else:
            epoch = self._keys.current
            if self._keys.is_due:
                rekey = self._offer(self._keys)
        time, seq = self._sent.advance()
        token = ClearToken2(
            assoID=self.agreed.assoID,
            time=time,
            seq=seq,
            rekey=rekey,
            reqRekey=requested,
            changedKey=changed,
        )
        outgoing = self._protector.protect(token, appl_data, epoch)
        return [] if outgoing is None else [outgoing]

    def receive(self, octets: bytes) -> ReceivedTransfer:
        """Return what becomes of the octets of a data transfer; after a fault nothing is looked at."""
        if self._ended:
            return ReceivedTransfer()
        decoded: Decoded | SecPduError
        try:
            decoded = self._codec.decode(Carrier.DATA, octets)
        except SecPduError as error:
            decoded = error
        now = self._clock()
        usual = self._usual(octets, decoded, now)
        if usual is not None:
            self._received.remember(usual.time, usual.pdu.token2.seq, now)
            return ReceivedTransfer(applData=usual.applData, pdu=usual.pdu)
        examination = TransferExamination(
            octets,
            decoded,
            role=self.role,
            agreed=self.agreed,
            keys=self._keys,
            sequence=self._received,
            shared_secret=self._secret_of_rekey,
            now=now,
            window=self._window,
        )
        findings = TRANSFER_TABLE.findings(examination, self._policy)
        if findings and self._stands(findings[-1]):
            self._ended = True
            refused = self._policy.rewrite("E2E.refused", Refused())
            return ReceivedTransfer(
                applData=examination.applData if refused.handed_on else None,
                fault=findings[-1],
                noted=findings[:-1],
                pdu=examination.pdu,
                deviations=examination.deviations,
            )
        newest = examination.is_under_newest_keys
        return ReceivedTransfer(
            applData=examination.applData,
            noted=findings,
            pdu=examination.pdu,
            deviations=examination.deviations,
            keys_changed=self._take(examination),
            newest=newest,
        )

    def _usual(self, octets: bytes, decoded: Decoded | SecPduError, now: float) -> UsualTransfer | None:
        """Return a data transfer in which the checks, all of which are made, find nothing."""
        epoch = self._keys.only
        if epoch is None or isinstance(decoded, SecPduError) or not self._policy.keeps((TRANSFER_TABLE,)):
            return None
        return usual_transfer(octets, decoded, self.agreed, epoch, self._received, now, self._window)

    def _stands(self, finding: Finding) -> bool:
        return finding.fault.reaction is not Reaction.NOTE and self._policy.reacts(finding)

    def _take(self, examination: TransferExamination) -> bool:
        """Remember a message that the association goes on after; return whether keys have changed."""
        token, time = examination.token, examination.time
        if token is None:
            return False
        if isinstance(time, TimeReading):
            self._received.remember(time, token.seq, examination.now)
        if isinstance(self._keys, ServerKeys):
            secret = examination.rekey_secret if examination.rekey_is_in_place else None
            fresh = self._epoch(secret) if isinstance(secret, bytes) else None
            self._keys.received(examination.epoch, fresh)
            if isinstance(secret, bytes):
                self._renewed(secret)
            return False
        switched = self._keys.received(changed=token.changedKey, asked=token.reqRekey)
        if switched:
            self._timer.restart()
            self._renewed(self._offered)
        return switched

    def _renewed(self, secret: bytes) -> None:
        self._secret = secret
        self._rekeys += 1

    def _begin(self) -> ClientKeys | ServerKeys:
        epoch = self._epoch(self._secret)
        return ClientKeys(epoch) if self.role is Role.CLIENT else ServerKeys(epoch)

    def _offer(self, keys: ClientKeys) -> DhKey:
        """Return the public value of a fresh key; its keys are kept until the server has changed to them."""
        group = self.agreed.group
        private = group.private_key(self._randomness(group.private_octets))
        self._offered = group.shared_secret(private, self._peer_public)
        keys.offer(self._epoch(self._offered))
        return DhKey(self.agreed.dhGroup, group.public_value(private))

    def _secret_of_rekey(self, public: bytes) -> bytes:
        return self.agreed.group.shared_secret(self._own_key.private, public)

    def _epoch(self, secret: bytes) -> Epoch:
        keys: AssociationKeys = association_keys(self.agreed, secret, self._derivation)
        keys = self._policy.rewrite("E2E.keys", keys)
        own, peer = (keys.client, keys.server) if self.role is Role.CLIENT else (keys.server, keys.client)
        extent = self._derivation.transfer
        nonces = Nonces(self._randomness(NONCE_OCTETS))
        return Epoch(Direction(self.agreed, own, extent), nonces, Direction(self.agreed, peer, extent))
