"""What the tests of the transport machine share."""

from __future__ import annotations

from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.transport import cotp, tpkt
from conform62351.profiles.transport.connection import TransportConnection
from conform62351.profiles.transport.cotp import Tpdu
from conform62351.profiles.transport.tpkt import Tpkt


class Lenient(Policy):
    """A tester: notes every finding and goes on."""

    def reacts(self, finding: Finding) -> bool:
        return False


def packet(tpdu: Tpdu | bytes) -> bytes:
    """Return a TPDU, or any octets, in a packet."""
    return tpkt.encode(Tpkt(tpdu if isinstance(tpdu, bytes) else cotp.encode(tpdu)))


def sent(machine: TransportConnection) -> list[Tpdu]:
    """Return the TPDUs in the output, each of which is one packet."""
    return [cotp.decode(outgoing.octets[4:]) for outgoing in machine.take_output()]
