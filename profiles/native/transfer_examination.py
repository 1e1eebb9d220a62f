"""A data transfer that came, and all that the checks want to know about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from conform62351.profiles.compatibility.once import once
from conform62351.profiles.crypto.errors import CryptoError
from conform62351.profiles.crypto.groups import PublicValueError
from conform62351.profiles.crypto.protection import ProtectionError
from conform62351.profiles.generalized_time import TimeError, TimeReading
from conform62351.profiles.native.agreement import Agreed
from conform62351.profiles.native.codec import Decoded, SecPduError
from conform62351.profiles.native.direction import Opened, can_be_opened
from conform62351.profiles.native.rekey import ClientKeys, Epoch, ServerKeys
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer, Transfer
from conform62351.profiles.native.sequence import ReceivedSequence
from conform62351.profiles.native.shown import shown_number
from conform62351.profiles.native.timestamp import reading_of
from conform62351.profiles.native.tokens import ClearToken2
from conform62351.profiles.role import Role

_TRANSFERS: Final = (ClearTransfer, EncrTransfer)


class Verified(msgspec.Struct, frozen=True):
    """What a data transfer carries, and the keys that it verifies with."""

    opened: Opened
    epoch: Epoch


class TransferExamination:
    """A data transfer that ``role`` received, as the checks ask for it; parts are made when first asked for.

    ``decoded`` is the error where the octets are no data transfer. ``shared_secret`` makes Z of a public
    value that comes in a rekey, and raises PublicValueError.
    """

    def __init__(
        self,
        octets: bytes,
        decoded: Decoded | SecPduError,
        *,
        role: Role,
        agreed: Agreed,
        keys: ClientKeys | ServerKeys,
        sequence: ReceivedSequence,
        shared_secret: Callable[[bytes], bytes],
        now: float,
        window: float,
    ) -> None:
        self.octets = octets
        self.decoded = decoded
        self.role = role
        self.agreed = agreed
        self.keys = keys
        self.sequence = sequence
        self.now = now
        self.window = window
        self._shared_secret = shared_secret
        found = decoded.pdu if isinstance(decoded, Decoded) else None
        self.pdu: Transfer | None = found if isinstance(found, _TRANSFERS) else None
        """The data transfer, None where it does not decode."""
        self.token: ClearToken2 | None = None if self.pdu is None else self.pdu.token2
        """The token of the data transfer."""

    @once
    def pdu_name(self) -> str:
        """The name of the data transfer; where it cannot be told, of what was agreed."""
        if self.pdu is not None:
            return type(self.pdu).__name__
        return (EncrTransfer if self.agreed.encryption is not None else ClearTransfer).__name__

    @once
    def time(self) -> TimeReading | TimeError | None:
        """The time of the token."""
        return None if self.token is None else reading_of(self.token.time)

    @once
    def verified(self) -> Verified | ProtectionError | None:
        """What the data transfer carries, or that it does not verify; None where that cannot be tried."""
        pdu = self.pdu
        if pdu is None or not can_be_opened(self.agreed, pdu):
            return None
        refused = ProtectionError("no keys to try")
        for epoch in self._candidates:
            try:
                return Verified(epoch.receiving.open(pdu, self.octets), epoch)
            except ProtectionError as error:
                refused = error
        return refused

    @property
    def _candidates(self) -> tuple[Epoch, ...]:
        """The keys that the data transfer may be under, in the order in which they are tried."""
        if isinstance(self.keys, ServerKeys):
            return self.keys.candidates()
        return self.keys.candidates(changed=self.token is not None and self.token.changedKey)

    @property
    def epoch(self) -> Epoch | None:
        """The keys that the data transfer verifies with, None where it does not."""
        return self.verified.epoch if isinstance(self.verified, Verified) else None

    @property
    def is_under_newest_keys(self) -> bool:
        """Whether the data transfer verifies, and under the newest keys that it may be under."""
        return self.epoch is not None and self.epoch is self._candidates[0]

    @property
    def applData(self) -> bytes | None:
        """What is carried, even if it does not verify: the checks tell. None where nothing can be read."""
        if isinstance(self.verified, Verified):
            return self.verified.opened.applData
        return None if self.pdu is None else self._candidates[0].receiving.unverified(self.pdu)

    @once
    def rekey_secret(self) -> bytes | CryptoError | None:
        """Z of the rekey, or what is wrong with its group or public value; None without a rekey."""
        rekey = None if self.token is None else self.token.rekey
        if rekey is None:
            return None
        group = self.agreed.group
        if rekey.dhGroup not in (group.number, *group.aliases):
            return CryptoError(f"group {shown_number(rekey.dhGroup)}, agreed is {self.agreed.dhGroup}")
        try:
            return self._shared_secret(rekey.dhPublicKey)
        except PublicValueError as error:
            return error

    @property
    def rekey_is_in_place(self) -> bool:
        """Whether a server may take a rekey now."""
        return isinstance(self.keys, ServerKeys) and self.keys.takes_rekey(self.epoch)

    @property
    def deviations(self) -> tuple[str, ...]:
        """What is odd about the form and still read, as sentences for people.

        No secret is computed of a rekey that does not verify.
        """
        found = list(self.decoded.deviations) if isinstance(self.decoded, Decoded) else []
        if isinstance(self.time, TimeReading):
            found += self.time.deviations
        rekey = None if self.token is None or self.epoch is None else self.token.rekey
        if (
            rekey is not None
            and rekey.dhGroup != self.agreed.dhGroup
            and isinstance(self.rekey_secret, bytes)
        ):
            found.append(f"rekey names its group {rekey.dhGroup}, the handshake {self.agreed.dhGroup}")
        return tuple(found)
