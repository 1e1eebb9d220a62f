"""What the tester finds in the SecPDUs of a device beside the checks that every receiver makes.

A receiver does not look whether an iv or a nonce comes again (8.6, 8.7), nor whether octets are written as
senders write them: a tester does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from conform62351.profiles.crypto.algorithms import understood
from conform62351.profiles.events import ReceivedPdu
from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.native.agreement import Agreed
from conform62351.profiles.native.secpdus import Handshake, Transfer, WithToken3
from conform62351.profiles.native.taken import Taken
from conform62351.profiles.native.tokens import ClearToken1, DhKey
from conform62351.profiles.policy import Fault, Finding, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.tlv import TlvError, walk
from conform62351.tooling.engine.native_evidence import shown_identifier, time_of
from conform62351.tooling.engine.native_written import written_findings

PREFIX: Final = "E2E.OWN"
IV: Final = f"{PREFIX}.1"
NONCE: Final = f"{PREFIX}.2"
FORM: Final = f"{PREFIX}.3"
ENCODING: Final = f"{PREFIX}.4"
TIMES: Final = f"{PREFIX}.5"
KEYS: Final = f"{PREFIX}.6"
ALGORITHM: Final = f"{PREFIX}.8"
FORESEEN: Final = f"{PREFIX}.9"
VALID: Final = f"{PREFIX}.10"
MAXIMUM_KEPT: Final = 100_000
CLOSE: Final = 1 << 32
"""Closer to the last one no iv of 16 random octets comes: it has been counted up or down."""


class OwnMemory:
    """Remembers the signed times of every identity, and public values, of all associations of a run.

    A time that comes again is a fault, and so is one before the last of the same association. That of another
    association may have been under way when the later one was signed: it is noted.

    Source: 13.3.1 (N), 11-decisions 29 (I).
    """

    def __init__(self) -> None:
        self._times: set[tuple[bytes, float]] = set()
        self._last: dict[bytes, tuple[float, object]] = {}
        self._keys: set[bytes] = set()

    def signed(self, identity: bytes, time: TimeReading, association: object) -> Iterator[Finding]:
        """Yield what is wrong with a time that ``identity`` has signed in an association."""
        last, where = self._last.get(identity, (time.unix, None))
        if (identity, time.unix) in self._times:
            yield self._fault(TIMES, "times-rise", f"{time} has been signed before", Reaction.ABORT)
        elif time.unix < last:
            reaction = Reaction.ABORT if where is association else Reaction.NOTE
            yield self._fault(TIMES, "times-rise", f"{time} is before the last signed time", reaction)
        if len(self._times) < MAXIMUM_KEPT:
            self._times.add((identity, time.unix))
        if time.unix >= last:
            self._last[identity] = (time.unix, association)

    def agrees_by(self, keys: Iterable[DhKey]) -> Iterator[Finding]:
        """Yield which of the public values have been used before."""
        for key in keys:
            if key.dhPublicKey in self._keys:
                detail = f"group {key.dhGroup}: a public value that was used before"
                yield self._fault(KEYS, "keys-fresh", detail, Reaction.ABORT)
            elif len(self._keys) < MAXIMUM_KEPT:
                self._keys.add(key.dhPublicKey)

    def _fault(self, step: str, name: str, detail: str, reaction: Reaction) -> Finding:
        return Finding(step, name, "13.3.1; 11-decisions 29", "I", Fault(detail, reaction))


class OwnChecks:
    """Remembers every iv and every nonce of one association, whatever key it was for.

    ``memory`` is that of all associations.

    One that comes again under the same keys is a fault, and of an iv of CBC under whatever keys. With another
    key GCM and GMAC may use a nonce again: that is noted.
    """

    def __init__(self, role: Role, memory: OwnMemory) -> None:
        self._role = role
        self._memory = memory
        self._seen: dict[tuple[str, bytes], int] = {}
        self._last_iv = b""
        self._last_block = b""

    def signed(self, taken: Taken) -> Iterator[Finding]:
        """Yield what is found in a signed SecPDU."""
        pdu = taken.pdu
        if not isinstance(pdu, Handshake | WithToken3):
            return
        yield from written_findings(pdu)
        token = pdu.token1 if isinstance(pdu, Handshake) else pdu.token3
        time = time_of(token)
        if time is not None:
            whom = token.pkCert if taken.certificate is None else taken.certificate.subject
            yield from self._memory.signed(whom, time, self)
        if isinstance(token, ClearToken1):
            yield from self._memory.agrees_by(token.dhKey)

    def transferred(
        self, pdu: Transfer, rekeys: int, *, is_ae: bool, sent_iv: bytes | None = None
    ) -> Iterator[Finding]:
        """Yield what is found in a data transfer that came after ``rekeys`` changes of keys.

        ``sent_iv`` is the iv of what the tester sent last.
        """
        iv, nonce = pdu.token2.iv, None if pdu.auth is None else pdu.auth.nonce
        if iv is not None:
            yield from self._again(IV, "iv-unique", "8.6", iv, rekeys, any_key=not is_ae)
            if not is_ae:
                yield from self._foreseen(iv, sent_iv)
                self._last_iv, self._last_block = iv, pdu.applData[-len(iv) :]
        if nonce is not None:
            yield from self._again(NONCE, "nonce-unique", "8.7", nonce, rekeys, any_key=False)
        if pdu.token2.rekey is not None:
            yield from self._memory.agrees_by((pdu.token2.rekey,))

    def _foreseen(self, iv: bytes, sent_iv: bytes | None) -> Iterator[Finding]:
        """Yield that an iv of CBC, which is to be random, could be told from what was on the wire before."""
        apart = int.from_bytes(iv, "big") - int.from_bytes(self._last_iv, "big")
        if iv == self._last_block:
            found = "the end of the last ciphertext"
        elif iv == sent_iv:
            found = "the iv of the message that came to the device last"
        elif self._last_iv and 0 < abs(apart) < CLOSE:
            found = f"the last one {apart:+d}"
        else:
            return
        detail = f"{iv.hex()} is {found}: it could be foreseen"
        yield Finding(FORESEEN, "iv-random", "13.2.3", "N", Fault(detail, Reaction.ABORT))

    def _again(
        self, step: str, name: str, clause: str, octets: bytes, rekeys: int, *, any_key: bool
    ) -> Iterator[Finding]:
        before = self._seen.get((step, octets))
        if len(self._seen) < MAXIMUM_KEPT:
            self._seen[step, octets] = rekeys
        if before is None:
            return
        # A client may go on under old keys for a while after its rekey has reached the tester.
        same_key = before == rekeys and (self._role is Role.CLIENT or not rekeys)
        reaction = Reaction.ABORT if any_key or same_key else Reaction.NOTE
        when = "" if before == rekeys else ", before the keys were changed"
        detail = f"{octets.hex()} was used before{when}"
        yield Finding(step, name, clause, "N", Fault(detail, reaction))


def algorithm_findings(pdu: Transfer, agreed: Agreed) -> Iterator[Finding]:
    """Yield that an Authenticator names its algorithm in other octets than were agreed: a note (I)."""
    if pdu.auth is None or agreed.integrity is None:
        return
    sent, due = pdu.auth.algorithm, agreed.integrity.identifier
    if sent != due and understood(sent) == agreed.integrity.algorithm:
        detail = f"the Authenticator does not name {shown_identifier(due)} in the octets of the handshake"
        yield Finding(ALGORITHM, "algorithm-repeated", "11-decisions 8", "I", Fault(detail, Reaction.NOTE))


def form_findings(deviations: tuple[str, ...]) -> Iterator[Finding]:
    """Yield the variants of form of a data transfer, which are read: all of them notes."""
    for deviation in deviations:
        yield Finding(FORM, "form", "13.2", "I", Fault(deviation, Reaction.NOTE))


def encoding_findings(pdu: ReceivedPdu) -> Iterator[Finding]:
    """Yield where a SecPDU is not written as senders write BER, lengths definite and minimal (I): notes, but
    for what is against X.690 itself, such as an INTEGER with an octet more than it needs (8.3.2).
    """
    try:
        anomalies = walk(pdu.octets).anomalies
    except TlvError:
        return
    for one in anomalies:
        detail = f"{pdu.name}, octet {one.offset}: {one.message}"
        if one.breaks_ber:
            yield Finding(VALID, "valid-BER", "15; X.690 8", "R", Fault(detail, Reaction.ABORT))
        else:
            yield Finding(ENCODING, "encoding", "15", "I", Fault(detail, Reaction.NOTE))
