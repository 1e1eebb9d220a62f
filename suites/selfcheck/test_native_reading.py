"""A policy sees the octets of signed SecPDUs before they are read."""

from __future__ import annotations

from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.native_bench import Handshakes, parameters, steps_of


class Reader(Policy):
    """Reads nothing in the place of what comes as ``broken``, and remembers what it was asked about."""

    def __init__(self, broken: str = "") -> None:
        self.asked: list[str] = []
        self._broken = broken

    def read_octets(self, name: str, octets: bytes) -> bytes:
        self.asked.append(name)
        return b"\x05\x00" if name == self._broken else octets


def test_a_policy_is_asked_about_what_the_carrier_holds() -> None:
    server, client = Reader(), Reader()
    pair = Handshakes(parameters("client"), parameters("server"), client_policy=client, server_policy=server)
    pair.run()
    assert (server.asked, client.asked) == (["E2E.HandshakeReq"], ["E2E.HandshakeRsp"])


def test_what_a_policy_reads_is_what_is_taken() -> None:
    pair = Handshakes(parameters("client"), parameters("server"), server_policy=Reader("E2E.HandshakeReq"))
    assert steps_of(pair.requested())[-1] == "E2E.HS.1.1"
