"""Data transfer over a codec that is not BER: another environment needs no other machine."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from conform62351.profiles.crypto.keys import DirectionKeys
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Carrier, Decoded, Protected, SecPduError
from conform62351.profiles.native.derivation import Derivation, Extent
from conform62351.profiles.native.direction import Direction
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer, OsiFault, Transfer
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import (
    AE,
    CLEAR,
    CODEC,
    KINDS,
    SEPARATE,
    STATUS,
    Peers,
    agreement,
    told,
)


def text(octets: bytes) -> bytes:
    return b"<e2e " + octets.hex().encode() + b">"


class TextCodec(BerCodec):
    """Writes text, and protects text."""

    def aad(self, pdu: Transfer) -> bytes:
        return text(super().aad(pdu))

    def tbp(self, pdu: Transfer) -> Protected:
        protected = super().tbp(pdu)
        return Protected(protected.octets, text(protected.content))

    def transfer(self, pdu: Transfer, tbp: bytes) -> bytes:
        return text(super().transfer(pdu, tbp))

    def decode(self, carrier: Carrier, octets: bytes) -> Decoded:
        try:
            decoded = super().decode(carrier, bytes.fromhex(octets.removeprefix(b"<e2e ")[:-1].decode()))
        except ValueError as error:
            raise SecPduError(0, "no text") from error
        assert isinstance(decoded.pdu, ClearTransfer | EncrTransfer)
        pdu = replace(decoded.pdu, tbp=text(decoded.pdu.tbp), aad=text(decoded.pdu.aad))
        return Decoded(pdu, decoded.deviations)


class OtherPduCodec(BerCodec):
    """Takes data for something else."""

    def decode(self, carrier: Carrier, octets: bytes) -> Decoded:
        return Decoded(OsiFault(diagnostic=1))


@pytest.mark.parametrize("mode", KINDS)
def test_another_encoding_is_protected_and_refreshed_alike(mode: str) -> None:
    peers = Peers(mode, codec=TextCodec())
    peers.client.rekey()
    for role in (Role.CLIENT, Role.SERVER, Role.CLIENT):
        received = peers.exchange(role)
        assert (received.applData, received.fault) == (STATUS, None)
    assert told(Peers(mode, codec=TextCodec()).server.receive(b"\xff"))[:2] == ("E2E.DT.1", 1)
    assert told(Peers(mode, codec=TextCodec()).server.receive(Peers(mode).sent(Role.CLIENT)))[1] == 1


@pytest.mark.parametrize("mode", KINDS)
def test_octets_around_the_content_are_a_matter_of_ber(mode: str) -> None:
    """A sender cannot be read that covers them; a reader finds none and goes by the content."""

    def peers() -> Peers:
        whole = {"derivation": Derivation(transfer=Extent.WHOLE)}
        return Peers(mode, codec=TextCodec(), client_changes=whole)

    assert told(peers().exchange(Role.CLIENT))[:2] == ("E2E.DT.6", None)
    assert peers().exchange(Role.SERVER).applData == STATUS


@pytest.mark.parametrize("mode", [AE, CLEAR])
def test_another_pdu_is_no_data_transfer(mode: str) -> None:
    peers = Peers(mode, codec=OtherPduCodec())
    assert told(peers.exchange(Role.CLIENT))[:2] == ("E2E.DT.1", 1)


def test_no_icv_is_made_where_none_was_agreed() -> None:
    with pytest.raises(ValueError, match="no ICV"):
        Direction(agreement(AE), DirectionKeys(b"", bytes(16))).icv(b"", None)


def test_what_cannot_be_decrypted_gives_nothing_unverified() -> None:
    sent = CODEC.decode(Carrier.DATA, Peers(SEPARATE).sent(Role.CLIENT)).pdu
    assert isinstance(sent, EncrTransfer)
    without = replace(sent, token2=replace(sent.token2, iv=None))
    assert Direction(agreement(SEPARATE), DirectionKeys(bytes(32), bytes(16))).unverified(without) is None
