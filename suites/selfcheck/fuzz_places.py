"""What the bases of the fuzzer send to the built-in device, for all who make cases of it."""

from __future__ import annotations

from collections.abc import Mapping

from conform62351.profiles.policy import Policy
from conform62351.tooling.engine.mutating import Reissue
from conform62351.tooling.fuzz.bases import Base, bases_for
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.fuzz.places import Place, find_places
from conform62351.tooling.net.authority_keys import AuthorityKeys
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.proof.bench import Bench

NAMES = (
    "server/plain/opening",
    "server/plain/associating",
    "server/plain/data/read",
    "server/plain/release",
    "server/plain/after/abort",
    "server/tls/opening",
    "server/a-profile/associating",
    "server/native/ae/associating",
    "server/native/ae/data/read",
    "server/native/ae/release",
    "server/native/separate/associating",
    "server/native/separate/data/read",
    "server/native/clear/rekey",
)
"""Bases that together send every kind of PDU that the tester sends as a client."""


class Sampled:
    """Bases with the places that were found in them, and what signs the tester's certificates again."""

    def __init__(self, found: Mapping[str, tuple[Base, tuple[Place, ...]]], reissue: Reissue) -> None:
        self.found = dict(found)
        self.reissue = reissue

    @property
    def places(self) -> list[Place]:
        """All places, those of one kind of PDU once for each stack."""
        known: dict[tuple[str, str, str], Place] = {}
        for name, (_, places) in self.found.items():
            stack = "/".join(name.split("/")[:3])
            for place in places:
                known.setdefault((place.pdu, place.kind, stack), place)
        return list(known.values())


def sample(bench: Bench, folder: CredentialFolder) -> Sampled:
    """Play the bases against a device of ``bench`` and return what they have sent."""
    found = {}
    configured = "default"
    with bench.device(Policy(), {}) as subject:
        delivery = Delivery(subject.dut, subject.log)
        bases = {base.name: base for base in bases_for(subject.dut)}
        for name in NAMES:
            base = bases[name]
            if base.configuration != configured:
                configured = base.configuration
                subject.dut.configure(configured)
            found[name] = base, find_places(delivery, base)
    return Sampled(found, AuthorityKeys.beside(folder.path).reissue)
