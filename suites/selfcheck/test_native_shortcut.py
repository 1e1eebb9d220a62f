"""The usual data transfers, read and written by hand: the same as by the notation, or left to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.profiles.asn1.notation import Notation
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, algorithm, identifier
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.ber_shortcut import TransferShortcut
from conform62351.profiles.native.codec import Carrier, SecPduError
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer, Transfer
from conform62351.profiles.native.tokens import MAXIMUM_SEQ, Authenticator, ClearToken2, DhKey
from conform62351.profiles.role import Role
from conform62351.profiles.spec.data import own_notation
from conform62351.profiles.tlv_edit import Tree
from conform62351.suites.selfcheck.native_bench import replaced
from conform62351.suites.selfcheck.native_transfer_bench import KINDS, STATUS, Peers
from conform62351.suites.selfcheck.pki_samples import mutated

USUAL = BerCodec()


class General(BerCodec):
    """Goes the general way always."""

    def __init__(self, notation: Notation | None = None) -> None:
        super().__init__(notation)
        self._shortcut = None


GENERAL = General()
SHORTCUT = TransferShortcut(own_notation())
ALGORITHMS = [identifier(algorithm(name)) for name in ("hmacWithSHA256", "aes128-GCM", "aes256-GCM")]
TOKENS = st.builds(
    ClearToken2,
    assoID=st.sampled_from(["7:41", "0:0", "", "é", "x" * 127, "x" * 128]),
    time=st.sampled_from([b"20261122200000.000Z", b"", bytes(127), bytes(128)]),
    seq=st.sampled_from([0, 1, 127, 128, 255, 256, 32768, MAXIMUM_SEQ, MAXIMUM_SEQ + 1, -1]),
    iv=st.none() | st.sampled_from([b"", bytes(12), bytes(127), bytes(128)]),
    rekey=st.none() | st.none() | st.just(DhKey(23, b"xy")),
    reqRekey=st.booleans(),
    changedKey=st.booleans(),
)
AUTHENTICATORS = st.builds(
    Authenticator,
    algorithm=st.sampled_from([*ALGORITHMS, AlgorithmIdentifier("1.2.3", bytes.fromhex("0403010203"))]),
    icv=st.sampled_from([b"", bytes(12), bytes(32), bytes(200)]),
    nonce=st.none() | st.sampled_from([b"", bytes(12), bytes(64), bytes(300)]),
)
DATA = [
    STATUS,
    b"\xa0\x00",
    b"\xa0\x81\x83\x04\x81\x80" + bytes(128),
    b"\x04\x83\x01\x11\x70" + bytes(70_000),
]


def transfers(kind: type[ClearTransfer] | type[EncrTransfer]) -> st.SearchStrategy[Transfer]:
    return st.builds(kind, token2=TOKENS, applData=st.sampled_from(DATA), auth=st.none() | AUTHENTICATORS)


PDUS = transfers(ClearTransfer) | transfers(EncrTransfer)


def written(codec: BerCodec, pdu: Transfer) -> Any:
    """Return all that a codec makes of a data transfer, or the error."""
    try:
        tbp = codec.tbp(pdu)
        return codec.aad(pdu), tbp, codec.transfer(pdu, tbp.octets)
    except EncodingError:
        return EncodingError


def read(codec: BerCodec, octets: bytes) -> Any:
    try:
        return codec.decode(Carrier.DATA, octets)
    except SecPduError:
        return SecPduError


@settings(max_examples=300, deadline=None)
@given(pdu=PDUS)
def test_both_ways_write_the_same(pdu: Transfer) -> None:
    assert written(USUAL, pdu) == written(GENERAL, pdu)


@settings(max_examples=200, deadline=None)
@given(pdu=PDUS)
def test_both_ways_read_what_was_written(pdu: Transfer) -> None:
    made = written(GENERAL, pdu)
    if made is not EncodingError:
        assert read(USUAL, made[2]) == read(GENERAL, made[2])


@settings(max_examples=400, deadline=None)
@given(kind=st.sampled_from(KINDS), draw=st.data())
def test_both_ways_read_damaged_octets_alike(kind: str, draw: st.DataObject) -> None:
    octets = draw.draw(mutated(SENT[kind]))
    usual, general = SHORTCUT.read(octets), read(GENERAL, octets)
    if usual is not None and general is not SecPduError:
        assert general.pdu == usual
        assert general.deviations == ()
    elif usual is not None:
        # Only what the protected protocol's PDU consists of is no matter of the shortcut.
        whole = replaced(usual, applData=STATUS)
        assert isinstance(whole, ClearTransfer)
        again = GENERAL.transfer(whole, GENERAL.tbp(whole).octets)
        assert read(GENERAL, again).pdu.token2 == usual.token2


SENT = {kind: Peers(kind).sent(Role.CLIENT) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sent_takes_the_short_way(kind: str) -> None:
    pdu = SHORTCUT.read(SENT[kind])
    assert pdu is not None
    assert GENERAL.decode(Carrier.DATA, SENT[kind]).pdu == pdu
    assert SHORTCUT.token2(pdu.token2) == pdu.aad
    protected = SHORTCUT.tbp(pdu)
    assert protected is not None
    assert protected.content == pdu.tbp
    assert SHORTCUT.transfer(pdu.auth, protected.octets) == SENT[kind]


ENCRYPTED = [kind for kind in KINDS if isinstance(SHORTCUT.read(SENT[kind]), EncrTransfer)]


@pytest.mark.parametrize("kind", ENCRYPTED)
def test_ciphertext_in_parts_is_no_clear_data(kind: str) -> None:
    usual = SHORTCUT.read(SENT[kind])
    assert usual is not None
    in_parts = Tree(USUAL.tbp(usual).octets).wrap("30/04", 0x24).encode()
    received = USUAL.decode(Carrier.DATA, USUAL.transfer(usual, in_parts)).pdu
    assert isinstance(received, EncrTransfer)
    assert received.applData == usual.applData


DAMAGED = ["a00402010209", "300402010209", "a003020500", "bf1f03020900", "a08002010500"]
"""PDUs of the protected protocol whose inside is no BER, and one of which there is no end."""


@pytest.mark.parametrize("damaged", DAMAGED[:-1])
@pytest.mark.parametrize("form", ["usual", "with a rekey", "a length in more octets", "indefinite"])
def test_a_pdu_that_does_not_decode_is_for_the_protected_protocol(damaged: str, form: str) -> None:
    data = bytes.fromhex(damaged)
    pdu = SHORTCUT.read(SENT["HMAC"])
    assert isinstance(pdu, ClearTransfer)
    rekey = DhKey(23, b"\4" + bytes(64)) if form == "with a rekey" else None
    sent = replaced(pdu, applData=data, token2=replaced(pdu.token2, rekey=rekey))
    tbp = USUAL.tbp(sent)
    if form == "a length in more octets":
        tbp = replaced(tbp, octets=b"\x30\x82" + len(tbp.content).to_bytes(2, "big") + tbp.content)
    elif form == "indefinite":
        tbp = replaced(tbp, octets=b"\x30\x80" + tbp.content + b"\0\0")
    octets = USUAL.transfer(sent, tbp.octets)
    assert (SHORTCUT.read(octets) is not None) == (form in ("usual", "a length in more octets"))
    received = USUAL.decode(Carrier.DATA, octets).pdu
    assert isinstance(received, ClearTransfer)
    assert received.applData == data
    assert received.token2 == sent.token2
    assert received.auth == sent.auth
    assert tbp.content in received.tbp


@pytest.mark.parametrize("data", [DAMAGED[-1], "a009020100", "a0"])
def test_a_pdu_without_an_end_is_a_fault_of_the_data_transfer(data: str) -> None:
    pdu = SHORTCUT.read(SENT["HMAC"])
    assert pdu is not None
    sent = replaced(pdu, applData=bytes.fromhex(data), token2=replaced(pdu.token2, reqRekey=True))
    with pytest.raises(SecPduError):
        USUAL.decode(Carrier.DATA, USUAL.transfer(sent, USUAL.tbp(sent).octets))


@settings(max_examples=200, deadline=None)
@example(octets=bytes.fromhex("300630020c001f81"))
@example(octets=bytes.fromhex("300530020c00bf"))
@example(octets=bytes.fromhex("300530020c0004"))
@example(octets=bytes.fromhex("30bf0000"))
@given(octets=st.binary(max_size=80) | st.sampled_from(list(SENT.values())).flatmap(mutated))
def test_whatever_comes_is_a_data_transfer_or_an_error(octets: bytes) -> None:
    read(GENERAL, octets)


def test_algorithms_that_a_peer_names_do_not_fill_the_memory() -> None:
    shortcut = TransferShortcut(own_notation())
    pdu = SHORTCUT.read(SENT["HMAC"])
    assert pdu is not None
    assert pdu.auth is not None
    for number in range(100):
        auth = replaced(pdu.auth, algorithm=AlgorithmIdentifier(f"1.2.{number}"))
        protected = GENERAL.tbp(pdu).octets
        shortcut.transfer(auth, protected)
        octets = GENERAL.transfer(replaced(pdu, auth=auth), protected)
        assert (shortcut.read(octets) is None) == (number >= 16)
    assert len(shortcut._read) == len(shortcut._written) == 16


def test_another_notation_has_no_short_way() -> None:
    assert BerCodec(own_notation(strict=True))._shortcut is None
