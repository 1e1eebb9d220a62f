"""What a row is: for each role faulty devices that do not keep to it, or why there is none.

A row is a check of the standard, a decision on details, or a sentence about what devices do. The modules
``fault_rows_…`` have them by area.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Reason(Enum):
    """Why no faulty device is against a row in a role."""

    OTHER_ROLE = "only the other role does it"
    NOT_VISIBLE = "no octet on the wire and no event would differ"
    NOT_STEERED = "a client cannot be told over which of its associations to send"
    LEFT_OPEN = "a peer may do either, and the cases hold under both"
    WARNED = "who does otherwise passes with a warning"
    NO_SETUP = "the folder of a device that is tried cannot be made so"
    OF_TESTER = "it is about the tester"


Shown = tuple[str, ...] | Reason
"""The names of faulty devices, or why there is none."""


class Row(NamedTuple):
    """Faulty devices by their role; ``both`` are those that are so in either role."""

    both: Shown = ()
    server: Shown = ()
    client: Shown = ()

    def of(self, role: str) -> Shown:
        """Return the faulty devices of a role (``server`` or ``client``), or why there is none."""
        own = self.server if role == "server" else self.client
        if isinstance(own, Reason):
            return own
        return (own or self.both) if isinstance(self.both, Reason) else (*self.both, *own)
