"""From a handshake to data: what both sides agreed on carries every mode, rekeys and the search."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.crypto.algorithms import Algorithm, algorithm
from conform62351.profiles.native.derivation import Derivation, Extent, Zero, transcript, transcript_salt
from conform62351.profiles.native.derivation_search import search_derivation
from conform62351.profiles.native.parameters import Mode
from conform62351.profiles.native.taken import Established
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_bench import (
    BER,
    INITIATE,
    Handshakes,
    Stream,
    parameters,
    replaced,
)
from conform62351.suites.selfcheck.pki_samples import NOW

HMAC, GMAC = algorithm("hmacWithSHA256"), algorithm("aes256-GCM", 16)


def both(mode: Mode, group: str, integrity: Algorithm = HMAC) -> dict[Role, Established]:
    """Return what each side takes for agreed."""
    local: dict[str, Any] = {"mode": mode, "groups": (group,), "integrity": (integrity,)}
    handshakes = Handshakes(*(parameters(role.value, local=local) for role in Role))
    taken, accepted = handshakes.run()
    assert taken.established is not None
    assert accepted.established is not None
    return {Role.CLIENT: taken.established, Role.SERVER: accepted.established}


def data_transfer(role: Role, made: Established, **changes: Any) -> DataTransfer:
    return DataTransfer(
        role,
        changes.pop("agreed", made.agreed),
        made.own,
        made.peer_public,
        BER,
        clock=lambda: NOW,
        randomness=Stream(role.value),
        **changes,
    )


@pytest.mark.parametrize("group", ["modp-2048", "secp256r1", "brainpoolP256r1"])
@pytest.mark.parametrize(
    ("mode", "integrity"),
    [(Mode.AE, HMAC), (Mode.SEPARATE, HMAC), (Mode.SEPARATE, GMAC), (Mode.CLEAR, HMAC), (Mode.CLEAR, GMAC)],
)
def test_what_is_agreed_carries_data(mode: Mode, integrity: Algorithm, group: str) -> None:
    made = both(mode, group, integrity)
    client, server = (data_transfer(role, made[role]) for role in Role)
    client.rekey()
    for sender, receiver in ((client, server), (server, client), (client, server)):
        (outgoing,) = sender.protect(INITIATE)
        received = receiver.receive(outgoing.octets)
        assert (received.applData, received.fault) == (INITIATE, None)


@pytest.mark.parametrize("mode", Mode)
def test_a_device_of_another_reading_is_found_after_a_handshake(mode: Mode) -> None:
    made = both(mode, "secp256r1")
    reading = Derivation(zero=Zero.NOTHING, handshake=Extent.WHOLE, transfer=Extent.WHOLE)
    server = made[Role.SERVER]
    tbs = transcript(server.request_tbs, server.response_tbs)
    assert transcript_salt(tbs) == server.agreed.salt
    salted = replaced(server.agreed, salt=transcript_salt(tbs, reading))
    device = data_transfer(Role.CLIENT, made[Role.CLIENT], agreed=salted, derivation=reading)
    (outgoing,) = device.protect(INITIATE)
    found = search_derivation(outgoing.octets, Role.SERVER, server.agreed, server.secret, tbs, BER)
    assert found is not None
    assert (found.derivation.zero, found.derivation.handshake) == (Zero.NOTHING, Extent.WHOLE)
    tester = data_transfer(Role.SERVER, server)
    tester.adopt(found.agreed, found.derivation)
    assert tester.receive(outgoing.octets).applData == INITIATE
    (answer,) = tester.protect(INITIATE)
    assert device.receive(answer.octets).applData == INITIATE
