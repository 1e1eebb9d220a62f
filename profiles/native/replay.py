"""The memory of signed times that are used up: one store for all signed SecPDUs (decision 29; N, I)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.signed_times import MAX_TIMES, WINDOW, SignedTimes

__all__ = ["MAX_DOUBTFUL", "WINDOW", "ReplayStore"]

MAX_DOUBTFUL: Final = 4096
"""How many times are remembered of PDUs that a check before that of replays has refused."""


class ReplayStore(SignedTimes):
    """What has been received under a signature that verifies: subject of pkCert, assoID and time.

    It belongs to all associations of a device.

    Anybody can sign with a certificate of his own making. What a check before row 11 has refused, such as
    that of the certificate's path, is therefore kept apart, and the newest of it takes the place of the
    oldest when there is no more room: the same check would refuse it again. It counts for its own
    certificate alone, so that nobody uses up the times of a subject that is not his. What has passed those
    checks is never given up before its time. Thus nobody without a certificate that is trusted can have
    something forgotten, fill the memory, or have others refused (I). Entries are of one size, however long a
    subject is.
    """

    def __init__(self, maximum: int = MAX_TIMES, doubtful: int = MAX_DOUBTFUL) -> None:
        super().__init__(maximum)
        self._most_doubtful = doubtful
        self._doubtful: dict[bytes, int] = {}

    def __len__(self) -> int:
        return super().__len__() + len(self._doubtful)

    def holds(self, certificate: Certificate, asso_id: str | None, time: TimeReading, now: float) -> bool:
        """Return whether the same has been received before, and is to be remembered still."""
        if self.has(_key(certificate.subject, asso_id, time), now):
            return True
        return self._doubtful.get(_key(certificate.octets, asso_id, time), -1) >= round(now * 1000)

    def enter(
        self,
        certificate: Certificate,
        asso_id: str | None,
        time: TimeReading,
        now: float,
        window: float = WINDOW,
        *,
        doubtful: bool = False,
    ) -> None:
        """Remember what has verified for ``window`` seconds behind its time.

        ``doubtful`` says that a check before that of replays has refused it. Without room, what is not
        doubtful is not remembered: :meth:`is_full` told so before.
        """
        if not doubtful:
            self.put(_key(certificate.subject, asso_id, time), time, now, window)
            return
        key = _key(certificate.octets, asso_id, time)
        self._doubtful.pop(key, None)
        self._doubtful[key] = time.milliseconds + round(window * 1000)
        if len(self._doubtful) > self._most_doubtful:
            del self._doubtful[next(iter(self._doubtful))]


def _key(signer: bytes, asso_id: str | None, time: TimeReading) -> bytes:
    number = "" if asso_id is None else f"={asso_id}"
    rest = f"{time.seconds}.{time.fraction} {number}".encode()
    return sha256(sha256(signer).digest() + rest).digest()
