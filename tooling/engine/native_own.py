"""What the tester finds in the SecPDUs of a device beside the checks that every receiver makes.

A receiver does not look whether an iv or a nonce comes again (8.6, 8.7), nor whether octets are written as
senders write them: a tester does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.events import ReceivedPdu
from conform62351.profiles.native.secpdus import Transfer
from conform62351.profiles.policy import Fault, Finding, Reaction
from conform62351.profiles.role import Role
from conform62351.profiles.tlv import TlvError, walk

PREFIX: Final = "E2E.OWN"
IV: Final = f"{PREFIX}.1"
NONCE: Final = f"{PREFIX}.2"
FORM: Final = f"{PREFIX}.3"
ENCODING: Final = f"{PREFIX}.4"
MAXIMUM_KEPT: Final = 100_000


class OwnChecks:
    """Remembers every iv and every nonce of one association, whatever key it was for.

    One that comes again under the same keys is a fault, and of an iv of CBC under whatever keys. With another
    key GCM and GMAC may use a nonce again: that is noted.
    """

    def __init__(self, role: Role) -> None:
        self._role = role
        self._seen: dict[tuple[str, bytes], int] = {}

    def transferred(self, pdu: Transfer, rekeys: int, *, is_ae: bool) -> Iterator[Finding]:
        """Yield what is found in a data transfer that came after ``rekeys`` changes of keys."""
        iv, nonce = pdu.token2.iv, None if pdu.auth is None else pdu.auth.nonce
        if iv is not None:
            yield from self._again(IV, "iv-unique", "8.6", iv, rekeys, any_key=not is_ae)
        if nonce is not None:
            yield from self._again(NONCE, "nonce-unique", "8.7", nonce, rekeys, any_key=False)

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


def form_findings(deviations: tuple[str, ...]) -> Iterator[Finding]:
    """Yield the variants of form of a data transfer, which are read: all of them notes."""
    for deviation in deviations:
        yield Finding(FORM, "form", "13.2", "I", Fault(deviation, Reaction.NOTE))


def encoding_findings(pdu: ReceivedPdu) -> Iterator[Finding]:
    """Yield where a SecPDU is not written as senders write BER: lengths definite and minimal (I)."""
    try:
        anomalies = walk(pdu.octets).anomalies
    except TlvError:
        return
    for one in anomalies:
        detail = f"{pdu.name}, octet {one.offset}: {one.message}"
        yield Finding(ENCODING, "encoding", "15", "I", Fault(detail, Reaction.NOTE))
