"""The memory of signed times that are used up (IEC 62351-4 clause 11, N; 11-decisions 41)."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.signed_times import MAX_TIMES, WINDOW, SignedTimes

ReplayKey = Callable[[Certificate, TimeReading], Hashable]
"""Makes of a certificate and a time what must not come twice."""


def certificate_and_time(certificate: Certificate, time: TimeReading) -> Hashable:
    """Return the key under which the same time is fresh again for another certificate (I).

    A certificate is known by its public key: its octets can be changed where its issuer has not signed them,
    and the signature over the time fits every certificate for that key.
    """
    return certificate.spki, time.instant


def time_alone(_: Certificate, time: TimeReading) -> Hashable:
    """Return the key of devices that take no time twice, whoever signed it."""
    return time.instant


class ReplayMemory(SignedTimes):
    """The times that were received, and those that this side has signed, in all associations of a device."""

    def __init__(self, maximum: int = MAX_TIMES, key: ReplayKey = certificate_and_time) -> None:
        super().__init__(maximum)
        self._key = key

    def holds(self, certificate: Certificate, time: TimeReading, now: float) -> bool:
        """Return whether the time has been received or signed before, and is to be remembered still."""
        return self.has(self._key(certificate, time), now)

    def remember(
        self, certificate: Certificate, time: TimeReading, now: float, window: float = WINDOW
    ) -> None:
        """Remember a time whose signature verifies, for the window of ``window`` seconds behind it.

        Without room for it nothing happens.
        """
        self.put(self._key(certificate, time), time, now, window)
