"""What one side brings along to authenticate itself and its peer in compatibility mode."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from conform62351.profiles.compatibility.replay import ReplayMemory
from conform62351.profiles.compatibility.signing import SignatureInput
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.pki.revocation import RevocationData
from conform62351.profiles.signed_times import WINDOW


class RisingTimes:
    """Instants to sign, in whole milliseconds: the clock's, but never the same or an earlier one twice.

    A sender that signed two associations with one time would be taken for a replay (11-decisions 29).
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._last = 0

    def __call__(self) -> float:
        """Return the next instant in seconds since 1970 UTC."""
        self._last = max(round(self._now() * 1000), self._last + 1)
        return self._last / 1000


class CompatibilityParameters(msgspec.Struct, kw_only=True):
    """The parameters of a :class:`~conform62351.profiles.compatibility.association.CompatibilityAssociation`.

    ``credential`` is what this side shows, with its private key; without one it sends no authentication.
    ``trust`` is what it believes of the peer; ``revocation`` gives revocation data about a certificate, by
    default the lists of ``trust``. ``now`` is the local time in seconds since 1970 UTC. ``signing_time`` is
    the instant to sign, by default a rising one made of ``now``; it is kept where these parameters are
    copied, and belongs to one credential.

    ``signature_input`` is what this side signs. With ``raw_is_fault`` it takes no signature over raw content
    octets. ``window`` is how far a time may be away, in seconds. A side that does not make authentication
    ``required`` takes a peer without a mechanism name. ``memory`` belongs to all associations of a device;
    ``tls_certificate`` is what the peer showed in TLS, in DER.

    Raises ValueError for a credential without its private key.
    """

    now: Callable[[], float]
    credential: Credential | None = None
    trust: Trust = msgspec.field(default_factory=lambda: Trust(()))
    signing_time: Callable[[], float] | None = None
    revocation: Callable[[Certificate], RevocationData] | None = None
    signature_input: SignatureInput = SignatureInput.FIELD
    raw_is_fault: bool = False
    window: float = WINDOW
    required: bool = True
    memory: ReplayMemory = msgspec.field(default_factory=ReplayMemory)
    tls_certificate: bytes | None = None

    def __post_init__(self) -> None:
        if self.credential is not None and self.credential.key is None:
            raise ValueError("the credential to show has no private key")
        if self.signing_time is None:
            self.signing_time = RisingTimes(self.now)
