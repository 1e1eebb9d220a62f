"""Where what authenticates an association is made and judged.

ACSE carries authentication members; what they mean is the matter of an :class:`Authenticator`. The one of
this module is plain MMS: it sends what the parameters hold, if anything, and asks the peer for nothing.
"""

from __future__ import annotations

from conform62351.profiles.osi.apdu import AARE, AARQ
from conform62351.profiles.osi.events import PeerIdentity
from conform62351.profiles.osi.parameters import Authentication
from conform62351.profiles.osi.situation import Situation
from conform62351.profiles.policy import Finding


class Authenticator:
    """Makes the authentication members of one side of one association, and judges those of the other side."""

    def members(self, situation: Situation) -> Authentication | None:
        """Return the members for the AARQ or accepting AARE about to be sent; None withholds the message."""
        return situation.parameters.authentication

    def findings(self, apdu: AARQ | AARE, situation: Situation) -> tuple[Finding, ...]:  # noqa: ARG002
        """Return what is wrong with the members of an AARQ or accepting AARE that passed the checks of ACSE.

        As from :meth:`~conform62351.profiles.policy.CheckTable.findings`.
        """
        return ()

    def admit(self) -> PeerIdentity | None:
        """Return what is known of the peer: the association goes on, whatever was found about it."""
        return None
