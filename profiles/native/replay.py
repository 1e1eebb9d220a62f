"""The memory of signed times that are used up: one store for all signed SecPDUs (decision 29; N, I)."""

from __future__ import annotations

from collections.abc import Hashable

from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.signed_times import WINDOW, SignedTimes

__all__ = ["WINDOW", "ReplayStore"]


class ReplayStore(SignedTimes):
    """What has been received under a signature that verifies: subject of pkCert, assoID and time.

    It belongs to all associations of a device.
    """

    def holds(self, certificate: Certificate, asso_id: str | None, time: TimeReading, now: float) -> bool:
        """Return whether the same has been received before, and is to be remembered still."""
        return self.has(_key(certificate, asso_id, time), now)

    def enter(
        self,
        certificate: Certificate,
        asso_id: str | None,
        time: TimeReading,
        now: float,
        window: float = WINDOW,
    ) -> None:
        """Remember what has verified for ``window`` seconds behind its time; without room nothing happens."""
        self.put(_key(certificate, asso_id, time), time, now, window)


def _key(certificate: Certificate, asso_id: str | None, time: TimeReading) -> Hashable:
    return certificate.subject, asso_id, time.instant
