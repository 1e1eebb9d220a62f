"""What a handshake has agreed serves data in both directions, a rekey among them."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.native.parameters import Mode
from conform62351.profiles.native.taken import Established
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_bench import BER, Handshakes, Stream, parameters
from conform62351.suites.selfcheck.pki_samples import NOW

READ = bytes.fromhex("a005020101a400")
MODES: list[dict[str, Any]] = [{"mode": mode} for mode in Mode]


def transfer(role: Role, established: Established | None) -> DataTransfer:
    assert established is not None
    return DataTransfer(
        role,
        established.agreed,
        established.own,
        established.peer_public,
        BER,
        clock=lambda: NOW,
        randomness=Stream(role.value),
    )


@pytest.mark.parametrize("group", ["secp256r1", "brainpoolP256r1", "modp-2048"])
@pytest.mark.parametrize("local", MODES, ids=lambda local: local["mode"].value)
def test_data_after_a_handshake(local: dict[str, Any], group: str) -> None:
    both = local | {"groups": (group,)}
    pair = Handshakes(parameters("client", local=both), parameters("server", local=both))
    taken, accepted = pair.run()
    client = transfer(Role.CLIENT, taken.established)
    server = transfer(Role.SERVER, accepted.established)
    for rekey in (False, True, False):
        if rekey:
            client.rekey()
        for sender, receiver in ((client, server), (server, client)):
            for sent in sender.protect(READ):
                received = receiver.receive(sent.octets)
                assert received.fault is None
                assert received.applData == READ
