"""Associations of native mode over OSI in every mode, group, kind of certificate, and piece of octets."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.crypto.algorithms import Algorithm, algorithm
from conform62351.profiles.environments.osi.events import KeysEstablished, PeerHandshake
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Codec
from conform62351.profiles.native.parameters import LocalPolicy, Mode
from conform62351.profiles.osi.association import State
from conform62351.profiles.osi.events import AssociateConfirm, AssociateIndication
from conform62351.suites.selfcheck.environment_osi_bench import (
    IDENTIFIED,
    IDENTIFY,
    INITIATE,
    INITIATED,
    NativePair,
    data,
    found,
    native,
    of_kind,
    secpdus,
    security,
)
from conform62351.suites.selfcheck.native_bench import credential
from conform62351.suites.selfcheck.native_toy_codec import Base64Codec

HMAC = algorithm("hmacWithSHA256")
GCM = [algorithm(name, tag) for name in ("aes128-GCM", "aes256-GCM") for tag in (12, 16)]
CBC = [algorithm(name) for name in ("aes128-CBC", "aes256-CBC")]
MODES: list[dict[str, Any]] = [
    *({"mode": Mode.AE, "ae": (one,)} for one in GCM),
    *(
        {"mode": Mode.SEPARATE, "encryption": (cipher,), "integrity": (icv,)}
        for cipher in CBC
        for icv in (HMAC, *GCM)
    ),
    *({"mode": Mode.CLEAR, "integrity": (icv,)} for icv in (HMAC, *GCM)),
]
GROUPS: dict[str, dict[str, Any]] = {
    "14": {"groups": ("modp-2048",)},
    "23": {"groups": ("secp256r1",)},
    "28": {"groups": ("brainpoolP256r1",)},
    "23-IKE": {"groups": ("modp-2048-224",), "ike": True},
}
KEYS = ("", "rsa", "brainpool")


def named(value: object) -> str | None:
    if not isinstance(value, dict):
        return None
    parts = [
        value.get("mode"),
        *value.get("ae", ()),
        *value.get("encryption", ()),
        *value.get("integrity", ()),
    ]
    return "+".join(
        f"{part.name}/{part.tag_length}" if isinstance(part, Algorithm) else part.value
        for part in parts
        if part is not None
    )


def talk(pair: NativePair) -> None:
    """Have a pair associate, exchange data and release; nothing is found."""
    pair.associated()
    assert pair.states() == (State.OPEN, State.OPEN)
    assert of_kind(pair.server_events, AssociateIndication)[0].user_data == INITIATE
    assert of_kind(pair.client_events, AssociateConfirm)[0].user_data == INITIATED
    for _ in range(3):
        pair.identifies()
    assert data(pair.server_events) == [IDENTIFY] * 3
    assert data(pair.client_events) == [IDENTIFIED] * 3
    pair.client.release()
    pair.carry()
    pair.server.accept_release()
    pair.carry()
    assert pair.states() == (State.CLOSED, State.ENDING)
    assert found(pair.client_events) == found(pair.server_events) == []


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("mode", MODES, ids=named)
def test_data_flow_in_every_mode_and_group(mode: dict[str, Any], group: str) -> None:
    local = mode | GROUPS[group]
    pair = NativePair(security("client", local=local), security("server", local=GROUPS[group]))
    talk(pair)
    agreed = pair.client.agreed
    assert agreed is not None
    assert pair.server.agreed == agreed
    assert agreed.group.name == GROUPS[group]["groups"][0]
    encryption, integrity = agreed.encryption, agreed.integrity
    wanted = LocalPolicy(**local)
    assert (encryption and encryption.algorithm) == {
        Mode.AE: wanted.ae[0],
        Mode.SEPARATE: wanted.encryption[0],
        Mode.CLEAR: None,
    }[wanted.mode]
    assert (integrity and integrity.algorithm) == (None if wanted.mode is Mode.AE else wanted.integrity[0])


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("server", KEYS)
@pytest.mark.parametrize("client", KEYS)
def test_each_side_signs_with_a_key_of_its_own_kind(client: str, server: str, tls: bool) -> None:
    sides = (
        security(name, native=native(name, credential=credential(name, key=key)), tls=tls)
        for name, key in (("client", client), ("server", server))
    )
    talk(NativePair(*sides))


def test_tls_on_one_side_alone_is_only_told() -> None:
    pair = NativePair(security("client", tls=True)).associated()
    assert pair.states() == (State.OPEN, State.OPEN)
    assert found(pair.server_events) == found(pair.client_events) == ["E2E.HS.23.4"]


def test_the_certificate_of_tls_is_refused_as_that_of_native_mode() -> None:
    client = security("client", tls=True)
    shown = client.native.credential.certificate.octets
    pair = NativePair(client, security("server", tls=True, tls_certificate=shown)).indicated()
    assert "E2E.HS.6.1" in found(pair.server_events)
    assert pair.states()[1] is State.ENDING


@pytest.mark.parametrize("piece", [1, 3, 64])
def test_any_split_of_the_octets_gives_the_same_events(piece: int) -> None:
    whole, split = NativePair(), NativePair()
    split.piece = piece
    for pair in (whole, split):
        talk(pair)
    names = [
        [[type(event).__name__ for event in events] for events in (pair.client_events, pair.server_events)]
        for pair in (whole, split)
    ]
    assert names[0] == names[1]


def test_events_of_the_handshake_come_before_those_of_the_association() -> None:
    pair = NativePair().associated()
    kinds = [type(event) for event in pair.client_events]
    assert kinds.index(PeerHandshake) < kinds.index(KeysEstablished) < kinds.index(AssociateConfirm)
    kinds = [type(event) for event in pair.server_events]
    assert kinds.index(PeerHandshake) < kinds.index(AssociateIndication) < kinds.index(KeysEstablished)
    client, server = (
        of_kind(events, KeysEstablished)[0].established for events in (pair.client_events, pair.server_events)
    )
    assert client.secret == server.secret
    assert client.agreed == server.agreed


def test_messages_name_their_pdus_with_the_secpdu_between() -> None:
    pair = NativePair().associated().identifies()
    assert pair.messages[2:] == [
        ("SES.CN", "PRES.CP", "ACSE.AARQ", "E2E.HandshakeReq", "MMS.initiate-RequestPDU"),
        ("SES.AC", "PRES.CPA", "ACSE.AARE", "E2E.HandshakeAcc", "MMS.initiate-ResponsePDU"),
        ("SES.DT", "PRES.TD", "E2E.EncrTransfer", "MMS.confirmed-RequestPDU"),
        ("SES.DT", "PRES.TD", "E2E.EncrTransfer", "MMS.confirmed-ResponsePDU"),
    ]
    assert secpdus(pair.server.take_received()) == ["E2E.HandshakeReq", "E2E.EncrTransfer"]
    assert secpdus(pair.client.take_received()) == ["E2E.HandshakeAcc", "E2E.EncrTransfer"]


@pytest.mark.parametrize("codec", [BerCodec(), Base64Codec()], ids=["BER", "toy"])
def test_the_codec_is_an_argument(codec: Codec) -> None:
    talk(NativePair(security("client", codec=codec), security("server", codec=codec)))
