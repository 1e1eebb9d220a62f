"""The search for the reading that a device was built to, and what a reading changes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conform62351.profiles.native.agreement import Agreed, OwnKey
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.native.derivation import (
    Derivation,
    Extent,
    KeyOrder,
    Secret,
    Zero,
    association_keys,
    derivations,
    transcript,
    transcript_salt,
)
from conform62351.profiles.native.derivation_search import search_derivation
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    BASE,
    CLEAR,
    CODEC,
    KINDS,
    SEPARATE,
    SEPARATE_GMAC,
    STATUS,
    agreement,
    counting,
)

TRANSCRIPT = transcript(b"request", b"response")


def secret_of(agreed: Agreed, peer: int) -> bytes:
    return agreed.group.shared_secret(5, agreed.group.public_value(peer))


def peer_number(*, zero: bool) -> int:
    """Return a private number with which Z begins with a zero octet, or does not."""
    agreed = agreement(AE)
    return next(n for n in range(6, 2000) if secret_of(agreed, n).startswith(b"\0") == zero)


def device(role: Role, mode: str, derivation: Derivation, peer: int) -> DataTransfer:
    agreed = replace(agreement(mode), salt=transcript_salt(TRANSCRIPT, derivation))
    group = agreed.group
    own, other = (5, peer) if role is Role.CLIENT else (peer, 5)
    return DataTransfer(
        role,
        agreed,
        OwnKey(own, group.public_value(own)),
        group.public_value(other),
        CODEC,
        clock=lambda: BASE,
        randomness=counting(),
        derivation=derivation,
    )


def test_there_are_48_readings_and_the_default_is_the_first() -> None:
    readings = list(derivations())
    assert len(set(readings)) == len(readings) == 48
    assert readings[0] == Derivation()
    assert len({str(reading) for reading in readings}) == 48


def test_what_each_choice_changes() -> None:
    made = transcript(b"request", b"response")
    assert made.request == Protected(b"\x30\x07request", b"request")
    assert made.response == Protected(b"\x30\x08response", b"response")
    salts = {
        (reading.zero, reading.handshake): transcript_salt(TRANSCRIPT, reading) for reading in derivations()
    }
    assert len(set(salts.values())) == 6
    agreed = agreement(SEPARATE)
    base = association_keys(agreed, b"\0Z")
    by_side = association_keys(agreed, b"\0Z", Derivation(order=KeyOrder.BY_SIDE))
    assert by_side.client.integrity == base.client.integrity
    assert by_side.client.encryption == base.server.integrity[:16]
    stripped = association_keys(agreed, b"\0Z", Derivation(secret=Secret.STRIPPED))
    assert stripped == association_keys(agreed, b"Z")
    assert stripped != base


@pytest.mark.parametrize("mode", KINDS)
@pytest.mark.parametrize("role", Role)
def test_every_reading_is_found(mode: str, role: Role) -> None:
    """A reading, or one that comes to the same where a choice does not matter."""
    for peer in (peer_number(zero=True), peer_number(zero=False)):
        agreed = replace(agreement(mode), salt=transcript_salt(TRANSCRIPT))
        secret = secret_of(agreed, peer)
        for reading in derivations():
            sender = device(Role.SERVER if role is Role.CLIENT else Role.CLIENT, mode, reading, peer)
            octets = sender.protect(STATUS)[0].octets
            found = search_derivation(octets, role, agreed, secret, TRANSCRIPT, CODEC, readable=STATUS.__eq__)
            assert found is not None
            assert found.agreed.salt == transcript_salt(TRANSCRIPT, reading)
            assert found.derivation.transfer == reading.transfer
            assert association_keys(found.agreed, secret, found.derivation) == association_keys(
                found.agreed, secret, reading
            )


@pytest.mark.parametrize("mode", KINDS)
def test_a_tester_goes_on_with_what_it_has_found(mode: str) -> None:
    reading = Derivation(
        order=KeyOrder.BY_SIDE,
        zero=Zero.HASH,
        handshake=Extent.WHOLE,
        secret=Secret.STRIPPED,
        transfer=Extent.WHOLE,
    )
    peer = peer_number(zero=True)
    client = device(Role.CLIENT, mode, reading, peer)
    tester = device(Role.SERVER, mode, Derivation(), peer)
    octets = client.protect(STATUS)[0].octets
    secret = secret_of(tester.agreed, peer)
    found = search_derivation(octets, Role.SERVER, tester.agreed, secret, TRANSCRIPT, CODEC)
    assert found is not None
    tester.adopt(found.agreed, found.derivation)
    assert tester.derivation == found.derivation
    assert tester.receive(octets).applData == STATUS
    client.rekey()
    assert tester.receive(client.protect(STATUS)[0].octets).applData == STATUS
    received = client.receive(tester.protect(STATUS)[0].octets)
    assert (received.applData, received.keys_changed) == (STATUS, True)


def test_what_verifies_under_no_reading() -> None:
    agreed = replace(agreement(AE), salt=transcript_salt(TRANSCRIPT))
    secret = secret_of(agreed, 9)
    octets = device(Role.CLIENT, AE, Derivation(), 9).protect(STATUS)[0].octets
    spoilt = octets[:-1] + bytes((octets[-1] ^ 1,))
    clear = device(Role.CLIENT, CLEAR, Derivation(), 9).protect(STATUS)[0].octets
    separate = device(Role.CLIENT, SEPARATE_GMAC, Derivation(), 9).protect(STATUS)[0].octets
    for given in (spoilt, clear, separate, b"", b"\x30\x00", octets[:20]):
        assert search_derivation(given, Role.SERVER, agreed, secret, TRANSCRIPT, CODEC) is None
    assert search_derivation(octets, Role.CLIENT, agreed, secret, TRANSCRIPT, CODEC) is None


def test_padding_alone_does_not_tell_the_orders_apart() -> None:
    """The ICV of a client verifies in both orders; one time in 256 the padding of the wrong one is good."""
    reading = Derivation(order=KeyOrder.BY_SIDE)
    agreed = replace(agreement(SEPARATE), salt=transcript_salt(TRANSCRIPT))
    secret = secret_of(agreed, 9)
    client = device(Role.CLIENT, SEPARATE, reading, 9)
    mistaken = 0
    for _ in range(1500):
        octets = client.protect(STATUS)[0].octets
        plain = search_derivation(octets, Role.SERVER, agreed, secret, TRANSCRIPT, CODEC)
        found = search_derivation(
            octets, Role.SERVER, agreed, secret, TRANSCRIPT, CODEC, readable=STATUS.__eq__
        )
        assert found is not None
        assert found.derivation == reading
        mistaken += plain is not None and plain.derivation != reading
    assert mistaken


@pytest.mark.parametrize("mode", KINDS)
def test_a_reading_that_is_known_stays_where_it_fits_as_well_as_others(mode: str) -> None:
    known = Derivation(order=KeyOrder.BY_SIDE, zero=Zero.NOTHING)
    peer = peer_number(zero=False)
    agreed = replace(agreement(mode), salt=transcript_salt(TRANSCRIPT))
    octets = device(Role.CLIENT, mode, known, peer).protect(STATUS)[0].octets
    found = search_derivation(
        octets,
        Role.SERVER,
        agreed,
        secret_of(agreed, peer),
        TRANSCRIPT,
        CODEC,
        readable=STATUS.__eq__,
        first=known,
    )
    assert found is not None
    assert found.derivation == known
