"""What an association of compatibility mode tells about its peer."""

from __future__ import annotations

from conform62351.profiles.compatibility.signing import SignatureInput
from conform62351.profiles.compatibility.value import AuthenticationValue
from conform62351.profiles.generalized_time import TimeReading
from conform62351.profiles.osi.events import PeerIdentity
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.revocation import Remark


class PeerAuthenticated(PeerIdentity, frozen=True):
    """The peer is who its certificate says: every check is passed, or not made.

    ``chain`` begins with the certificate; ``context`` is the indirect reference of the EXTERNAL, None without
    one. ``deviations`` tell the form of value, certificate and time;
    ``remarks`` are about revocation data, some with the security event that goes with them.
    """

    certificate: Certificate
    chain: tuple[Certificate, ...]
    value: AuthenticationValue
    context: int | None
    time: TimeReading
    signature_input: SignatureInput
    deviations: tuple[str, ...]
    remarks: tuple[Remark, ...]


class PeerDoubtful(PeerIdentity, frozen=True):
    """A check failed or could not be made, and the policy had the association go on.

    What could not be read is None; without a ``signature_input`` the signature verifies over no known octets.
    """

    certificate: Certificate | None
    chain: tuple[Certificate, ...]
    value: AuthenticationValue | None
    context: int | None
    time: TimeReading | None
    signature_input: SignatureInput | None
    deviations: tuple[str, ...]
    remarks: tuple[Remark, ...]
